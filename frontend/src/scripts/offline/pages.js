// Keeping pages for the way without network. The worker does it (worker.js): it goes on when this page is left.
import { able, device, keptAt, missing, person } from "./device.js";
import { LIST, PAGES } from "./store.js";

if (able && !keptAt && !missing) forgetOthers();

if (able && device.worker) {
  navigator.serviceWorker.register(device.worker, { updateViaCache: "none" }).catch(() => {});
  if (!keptAt && location.pathname === device.day) navigator.serviceWorker.ready.then(({ active }) => active.postMessage({ keep: person }));
}

// A page that came from the server says who is signed in. What was kept of anyone else is removed: after signing out,
// after a session that was ended, and before the next person.
async function forgetOthers() {
  for (const name of await caches.keys()) if (name.startsWith(PAGES) && name !== PAGES + person) await caches.delete(name);
}

export async function forgetAll() {
  for (const name of await caches.keys()) if (name.startsWith(PAGES)) await caches.delete(name);
}

/** {day, firms: [{name, brief, form}]} of those pages that are here; `at`: when all of them were, null while some are not. */
export async function available() {
  if (!(await caches.has(PAGES + person))) return null;
  const kept = await caches.open(PAGES + person);
  const answer = await kept.match(LIST);
  const list = await answer?.json();
  const here = new Set((await kept.keys()).map(({ url }) => url.slice(location.origin.length)));
  const firms = (list?.firms || []).map(({ name, brief, form }) => ({ name, brief: here.has(brief) && brief, form: here.has(form) && form }));
  return { at: Number(answer?.headers.get("Kept-At")) || null, day: here.has(device.day) && device.day, firms: firms.filter(({ brief, form }) => brief || form) };
}
