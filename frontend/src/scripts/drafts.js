// form[data-draft="key"]: what is typed is kept in this browser, for this person, until it was really saved.
import { ask } from "./confirm.js";
import { plain, say } from "./messages.js";
import { giveKey, keyOf } from "./offline/key.js";
import { text } from "./texts.js";
import { restore, valuesOf } from "./values.js";

const person = document.querySelector('meta[name="person"]')?.content;
const all = "tidu:draft:";
const prefix = `${all}${person}:`;
const DAYS = 14;

export function drafts(root) {
  if (!person) return unsend(keys(all));
  const forms = [...root.querySelectorAll("form[data-draft]")];
  const shown = new Set(forms.map((form) => prefix + form.dataset.draft));
  if (root === document) {
    for (const key of keys()) {
      const { sent, at } = read(key);
      // Sent, and the answer is a page without the form: it was saved.
      if ((sent && !shown.has(key)) || Date.now() - at > DAYS * 86400000) localStorage.removeItem(key);
    }
  }
  unsend(keys().filter((key) => shown.has(key)));
  forms.forEach(keep);
}

// The form came back with errors, or the sign-in page came instead: what was sent is not saved.
function unsend(stored) {
  for (const key of stored) write(key, { ...read(key), sent: false });
}

function keep(form) {
  const key = prefix + form.dataset.draft;
  const empty = JSON.stringify(valuesOf(form));
  const draft = read(key);
  if (draft && JSON.stringify(draft.values) !== empty) offer(form, key, draft);
  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => write(key, draftOf(form)), 400);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    write(key, { ...draftOf(form), sent: true });
  });
}

function offer(form, key, draft) {
  const bar = document.createElement("div");
  bar.className = "draft";
  bar.setAttribute("role", "status");
  const words = document.createElement("span");
  words.textContent = text("draft", { at: new Date(draft.at).toLocaleString(document.documentElement.lang) });
  bar.append(words, choice("restore", taken), choice("discard", () => localStorage.removeItem(key)));
  form.prepend(bar);

  function taken() {
    // Under the key it was written: if it was sent before the browser went, it is not saved a second time.
    if (draft.form) giveKey(form, draft.form);
    restore(form, draft.values);
    if (draft.files) say(plain(text("files_again")));
  }

  function choice(name, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-quiet";
    button.textContent = text(name);
    button.addEventListener("click", () => {
      act();
      bar.remove();
    });
    return button;
  }
}

function draftOf(form) {
  const files = [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length); // they are not in it
  return { values: valuesOf(form), files, at: Date.now(), form: keyOf(form) };
}

/** What the server refused is a draft again. */
export function remember(form) {
  if (form.dataset.draft) write(prefix + form.dataset.draft, draftOf(form));
}

/** The draft of a form that is kept elsewhere now. */
export function forget(form) {
  if (form.dataset.draft) localStorage.removeItem(prefix + form.dataset.draft);
}

// Signing out leaves nothing of a firm's affairs in a shared browser.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-sign-out]") || !person) return;
  if (!keys().length) return;
  event.preventDefault();
  if (await ask(text("draft_lost", { count: keys().length }), true)) {
    keys().forEach((key) => localStorage.removeItem(key));
    form.requestSubmit();
  }
}, true);

function keys(start = prefix) {
  return Object.keys(localStorage).filter((key) => key.startsWith(start));
}

function read(key) {
  return JSON.parse(localStorage.getItem(key) || "null");
}

function write(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // The browser's store is full or forbidden: typing goes on without a draft.
  }
}
