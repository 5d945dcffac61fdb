// What a page knows of the device it is on. Without TLS, or in an old browser, nothing is kept and all works as without script.
const content = (name) => document.querySelector(`meta[name="${name}"]`)?.content;

export const person = Number(content("person")) || null;
/** Addresses: {worker, session, day, unsent}; worker, day and unsent for staff only. */
export const device = JSON.parse(content("device") || "{}");
/** This page is a copy from then; null: it has just come from the server. The worker says so (worker.js). */
export const keptAt = content("kept-at") ? new Date(content("kept-at")) : null;
/** The page asked for was not kept; this is what is shown instead. */
export const missing = content("missing");
export const able = Boolean(isSecureContext && window.indexedDB && navigator.locks && navigator.serviceWorker && device.session);

/** A moment as a person reads it: the time alone when it is today's. */
export function clock(at) {
  const moment = new Date(at);
  const day = moment.toDateString() === new Date().toDateString() ? {} : { month: "numeric", day: "numeric" };
  return moment.toLocaleString(document.documentElement.lang, { ...day, hour: "2-digit", minute: "2-digit" });
}
