// form[data-queue]: first kept on this device with its files, then sent. Whatever happens on the way, it is there.
import htmx from "htmx.org/dist/htmx.esm.js";
import { ask } from "../confirm.js";
import { forget as forgetDraft, remember as rememberDraft } from "../drafts.js";
import { plain, say } from "../messages.js";
import { text } from "../texts.js";
import { saved } from "../unsaved.js";
import { able, device, person } from "./device.js";
import { contentOf, fillFiles, fillIn, linesOf, untouched } from "./fill.js";
import { giveKey, keyOf } from "./key.js";
import { forgetAll } from "./pages.js";
import { CHANGED, CONFLICT, lockOf, REFUSED, send, session, UNSENT } from "./send.js";
import { show, unsentOfMine } from "./strip.js";
import { filesOf, formOf, forms, keep, remove } from "./store.js";

const OPENED = "#unsent-"; // …/edit#unsent-<key>: that form, opened again to look at or to mend
const busy = new WeakSet();

if (able && person) {
  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (event.defaultPrevented || !form.matches("form[data-queue]")) return;
    event.preventDefault();
    if (!busy.has(form)) submit(form, submitter);
  });
}

async function submit(form, submitter) {
  busy.add(form);
  submitter?.setAttribute("aria-disabled", "true");
  let leaving = false; // the next page is on its way: until it is here a second click does nothing
  try {
    leaving = await keepAndSend(form, submitter);
  } finally {
    if (!leaving) release(form, submitter);
  }
}

function release(form, submitter) {
  busy.delete(form);
  submitter?.removeAttribute("aria-disabled");
}

addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.querySelectorAll("form[data-queue]")) release(form);
});

/** True when another page takes the place of this one. */
async function keepAndSend(form, submitter) {
  if (untouched(form)) {
    forgetDraft(form);
    if (navigator.onLine) return leave(() => form.submit());
    say(plain(text("nothing_written")));
    return false;
  }
  await hold(keyOf(form));
  const waited = await formOf(keyOf(form)).catch(() => null);
  const kept = await keepForm(form, submitter);
  return kept ? deliver(kept, waited) : leave(() => form.submit()); // nowhere to keep it: as without script
}

function leave(go) {
  document.querySelectorAll("form[data-queue]").forEach(saved);
  go();
  return true;
}

async function keepForm(form, submitter) {
  try {
    const { fields, files } = await contentOf(form, submitter);
    const address = new URL(form.action);
    const kept = {
      key: keyOf(form), person, fields, state: UNSENT, written: Date.now(), photos: files.length,
      name: document.querySelector('meta[name="person-name"]').content,
      address: address.pathname + address.search,
      page: location.pathname + location.search,
      title: form.dataset.queueTitle || document.querySelector("h1")?.textContent.trim() || document.title,
      lines: linesOf(form),
    };
    await keep(kept, files);
    forgetDraft(form); // it would be offered again, and sent a second time
    navigator.storage?.persist?.();
    navigator.serviceWorker.ready.then((worker) => worker.sync?.register("tidu-unsent")).catch(() => {});
    return kept;
  } catch {
    if (navigator.onLine) return null;
    say(plain(text("not_kept")));
    throw new Error("neither kept nor sent");
  }
}

// Send it while the person waits, and show what they would see of a form sent in the ordinary way. Refused before their
// eyes it is a draft again; what had `waited` before stays until it is saved.
async function deliver(kept, waited) {
  let here = null;
  if (navigator.onLine) here = await session(device.session).catch(() => null);
  const answer = here?.person === person ? await send(kept, here.token) : {};
  if (answer.location) return leave(() => location.assign(answer.location));
  if (answer.html) {
    const form = await swap(kept.key, answer.html);
    if (waited || !form) return false;
    await rememberDraft(form);
    await remove(kept.key);
    return false;
  }
  const controlled = navigator.serviceWorker.controller;
  if (here || controlled) return leave(() => location.assign(device.unsent));
  // No page to go to: say it here, and let the form be.
  document.querySelectorAll("form[data-queue]").forEach((form) => (form.inert = true));
  await show();
  return false;
}

async function swap(key, html) {
  const main = document.getElementById("main");
  htmx.swap(main, html, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 0 }, { select: "#main" });
  const form = document.querySelector("form[data-queue]");
  giveKey(form, key);
  fillFiles(form, await filesOf(key));
  await show();
  return form;
}

/** No other tab sends this form while it is open here. */
function hold(key) {
  return new Promise((held) => {
    navigator.locks.request(lockOf(key), { ifAvailable: true }, (lock) => {
      held(Boolean(lock));
      return lock && new Promise(() => {});
    });
  });
}

/** Forms get their key; one that was opened again gets back what was written in it. */
export function queued(root) {
  if (!able || !person) return;
  for (const form of root.querySelectorAll("form[data-queue]")) if (!form.dataset.key) giveKey(form, crypto.randomUUID());
  if (root !== document) return;
  if (location.hash.startsWith(OPENED)) open(location.hash.slice(OPENED.length));
  else offerUnsent();
}

addEventListener("hashchange", () => location.hash.startsWith(OPENED) && location.reload());

// The same form was written before and waits: rather that one than a second.
async function offerUnsent() {
  const form = document.querySelector("form[data-queue]");
  if (!form) return;
  const { pathname } = new URL(form.action);
  const waiting = (await forms()).findLast((kept) => kept.person === person && kept.state !== CHANGED && kept.address.split("?")[0] === pathname);
  if (!waiting) return;
  const bar = document.createElement("p");
  bar.className = "draft";
  bar.setAttribute("role", "status");
  const link = document.createElement("a");
  link.href = `${waiting.page}${OPENED}${waiting.key}`;
  link.textContent = form.dataset.queueAgain;
  bar.append(link);
  form.prepend(bar);
}

async function open(key) {
  const form = document.querySelector("form[data-queue]");
  history.replaceState(null, "", location.pathname + location.search);
  await hold(key); // at once, before this page sends what waits
  const kept = await formOf(key);
  if (!form || kept?.person !== person) return;
  // What the server had to say of it is asked for again, before the form is shown: what is wrong, or what the other person saved.
  // Not where the form leads elsewhere by now, to the firm that this one was merged into: that is for the person to see first.
  const same = new URL(form.action).pathname === kept.address.split("?")[0];
  if (same && navigator.onLine && (kept.state === REFUSED || kept.state === CONFLICT)) {
    form.hidden = true;
    say(plain(text("comparing")));
    const here = await session(device.session).catch(() => null);
    const answer = here?.person === person ? await send(kept, here.token) : {};
    if (answer.location) return location.assign(answer.location);
    if (answer.html) return swap(key, answer.html);
    form.hidden = false;
  }
  fillIn(form, kept.fields);
  giveKey(form, key);
  fillFiles(form, await filesOf(key));
  say(plain(text(kept.state === CHANGED ? "was_saved" : "opened_again")));
}

// Signing out: nothing of the pages stays; what is unsent stays, unread, until its author is back.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!able || !form.matches("[data-sign-out]") || event.defaultPrevented) return;
  event.preventDefault();
  if (unsentOfMine() && !(await ask(text("unsent_stays", { count: unsentOfMine() })))) return;
  await forgetAll().catch(() => {});
  form.submit();
});
