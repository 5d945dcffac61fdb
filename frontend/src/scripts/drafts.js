// form[data-draft="key"]: what is typed and the files that are chosen are kept on this device, for this person, until it
// was really saved: a phone that opens its camera may close the tab for it.
import { ask } from "./confirm.js";
import { plain, say } from "./messages.js";
import { storeOf } from "./offline/database.js";
import { fillFiles, filesIn } from "./offline/fill.js";
import { giveKey, keyOf } from "./offline/key.js";
import { text } from "./texts.js";
import { restore, valuesOf } from "./values.js";

const person = document.querySelector('meta[name="person"]')?.content;
const prefix = `${person}:`;
const DAYS = 14;
const act = storeOf("tidu-drafts", { drafts: { keyPath: "name" }, files: {} });
const done = new WeakSet(); // forms kept elsewhere by now: a file that is still being read is not written here again

const nameOf = (form) => prefix + form.dataset.draft;

export async function drafts(root) {
  const forms = person ? [...root.querySelectorAll("form[data-draft]")] : [];
  if (!forms.length && root !== document) return;
  const offers = new Map(forms.map((form) => [nameOf(form), keep(form)])); // listen before the store answers
  const kept = await all();
  if (root === document && person) {
    for (const { name, sent, at } of kept.filter(mine)) {
      // Sent, and the answer is a page without the form: it was saved.
      if ((sent && !offers.has(name)) || Date.now() - at > DAYS * 86400000) await remove(name);
    }
  }
  for (const draft of kept) {
    // The form came back with errors, or the sign-in page came instead: what was sent is not saved.
    if (draft.sent && (offers.has(draft.name) || !person)) await write({ ...draft, sent: false });
    offers.get(draft.name)?.(draft);
  }
}

/** Keep what is done in the form from now on. Gives what offers an earlier draft in it. */
function keep(form) {
  const empty = JSON.stringify(valuesOf(form));
  let timer;
  const now = () => {
    clearTimeout(timer);
    timer = null;
    write(draftOf(form));
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(now, 400);
  });
  document.addEventListener("visibilitychange", () => timer && now()); // the camera opens, another app is in front
  for (const chosen of ["change", "shrunk"]) form.addEventListener(chosen, ({ target }) => target.type === "file" && keepFiles(form));
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    timer = null;
    write({ ...draftOf(form), sent: true });
  });
  return (draft) => {
    if (JSON.stringify(draft.values) !== empty || (draft.files && !chosenIn(form))) offer(form, draft);
  };
}

function offer(form, draft) {
  const bar = document.createElement("div");
  bar.className = "draft";
  bar.setAttribute("role", "status");
  const words = document.createElement("span");
  words.textContent = text("draft", { at: new Date(draft.at).toLocaleString(document.documentElement.lang) });
  bar.append(words, choice("restore", taken), choice("discard", () => remove(draft.name)));
  form.prepend(bar);

  async function taken() {
    // Under the key it was written: if it was sent before the browser went, it is not saved a second time.
    if (draft.form) giveKey(form, draft.form);
    restore(form, draft.values);
    const files = draft.files ? await filesOf(draft.name) : [];
    fillFiles(form, files);
    if (files.length < draft.files) say(plain(text("files_again")));
  }

  function choice(name, work) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-quiet";
    button.textContent = text(name);
    button.addEventListener("click", () => {
      work();
      bar.remove();
    });
    return button;
  }
}

const chosenIn = (form) => [...form.querySelectorAll("input[type=file]")].reduce((sum, input) => sum + input.files.length, 0);

function draftOf(form) {
  return { name: nameOf(form), values: valuesOf(form), files: chosenIn(form), at: Date.now(), form: keyOf(form) };
}

async function keepFiles(form) {
  done.delete(form);
  const files = await filesIn(form).catch(() => []); // taken away meanwhile: it is said when the draft is opened
  if (!done.has(form)) await write(draftOf(form), files);
}

/** What the server refused is a draft again. */
export async function remember(form) {
  if (form.dataset.draft) await keepFiles(form);
}

/** The draft of a form that is kept elsewhere now. */
export function forget(form) {
  if (!form.dataset.draft) return;
  done.add(form);
  remove(nameOf(form));
}

// Signing out leaves nothing of a firm's affairs in a shared browser.
let leaving = false;
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-sign-out]") || !person || leaving) return;
  event.preventDefault();
  const kept = (await all()).filter(mine);
  if (kept.length && !(await ask(text("draft_lost", { count: kept.length }), true))) return;
  await Promise.all(kept.map(({ name }) => remove(name)));
  leaving = true;
  form.requestSubmit();
  leaving = false;
}, true);

// --- the store: full or forbidden, typing goes on without a draft --------------------------------------------------

const mine = ({ name }) => name.startsWith(prefix);
const all = () => act("readonly", (kept) => kept.getAll()).catch(() => []);
const filesOf = (name) => act("readonly", (_, files) => files.get(name)).then((files) => files || [], () => []);

function write(draft, files) {
  return act("readwrite", (kept, store) => {
    kept.put(draft);
    if (files) store.put(files, draft.name);
  }).catch(() => {});
}

function remove(name) {
  return act("readwrite", (kept, files) => {
    kept.delete(name);
    files.delete(name);
  }).catch(() => {});
}
