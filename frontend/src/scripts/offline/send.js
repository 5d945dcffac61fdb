// Sending what is kept: by any page, and by the worker when the browser wakes it. What an answer means is decided here.
import { announce, filesOf, formOf, forms, keep, remove } from "./store.js";

// UNSENT goes by itself when there is network; the others wait for their author to look.
export const UNSENT = "unsent", REFUSED = "refused", CONFLICT = "conflict", CHANGED = "changed";
const PATIENCE = 120_000; // a few photos on a bad line

/** Whoever holds it has the form: who sends it, or the page on which it is open. A closed tab lets go of it by itself. */
export const lockOf = (key) => `tidu:form:${key}`;

/** {person, token} of who is signed in. Throws without network, and for an answer that is not from this house. */
export async function session(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(20_000) });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

/** Send every form of the person signed in that still waits, one after the other. True when none of theirs is left. */
export async function sendAll(address) {
  const waiting = (await forms()).filter((form) => form.state === UNSENT);
  if (!waiting.length) return true;
  let here;
  try {
    here = await session(address);
  } catch {
    return false;
  }
  announce({ signedIn: here.person });
  const mine = waiting.filter((form) => form.person === here.person); // never one person's under another's name
  for (const { key } of mine) {
    await navigator.locks.request(lockOf(key), { ifAvailable: true }, async (lock) => {
      const form = lock && (await formOf(key)); // sent by another tab meanwhile?
      if (form?.state === UNSENT) await send(form, here.token);
    });
  }
  return !(await forms()).some((form) => form.state === UNSENT && form.person === here.person);
}

/**
 * Send one form and note what became of it. Its lock is held by the caller.
 * {location}: saved. {html}: the form's page with what is to be decided or corrected. {}: see the form's new state.
 */
export async function send(form, token) {
  let answer;
  try {
    answer = await fetch(form.address, {
      method: "POST",
      body: await bodyOf(form),
      headers: { "X-CSRFToken": token, "Tidu-Key": form.key },
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    return noted(form, UNSENT);
  }
  // Without the key it is the answer of a portal or a gateway on the way.
  if (answer.headers.get("Tidu-Key") !== form.key || answer.status >= 500 || answer.status === 401 || answer.status === 429) return noted(form, UNSENT);
  const location = answer.headers.get("Tidu-Location");
  if (answer.status === 204) {
    await remove(form.key);
    announce({ sent: form.title, location });
    return { location };
  }
  if (answer.status === 409 && location) return noted(form, CHANGED, { location });
  const html = await answer.text().catch(() => "");
  if (!html) return noted(form, UNSENT);
  const conflict = answer.status === 409 || html.includes('id="conflict"');
  if (conflict || answer.ok || answer.status === 422) {
    const shown = html.includes("data-queue=") ? { html } : {}; // the form again, with what is to be decided or corrected
    return { ...(await noted(form, conflict ? CONFLICT : REFUSED)), ...shown };
  }
  return noted(form, REFUSED, { status: answer.status });
}

async function bodyOf(form) {
  const body = new FormData();
  for (const [name, value] of form.fields) body.append(name, value);
  for (const file of await filesOf(form.key)) body.append(file.field, fileFrom(file));
  return body;
}

export function fileFrom({ bytes, name, type, modified }) {
  return new File([bytes], name, { type, lastModified: modified });
}

async function noted(form, state, more = {}) {
  await keep({ ...form, status: undefined, location: undefined, ...more, state, tried: Date.now() });
  return {};
}
