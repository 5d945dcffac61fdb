// form[data-dirty]: the browser asks before it leaves a page with unsaved changes.
import { valuesOf } from "./values.js";

const watched = new Map();

export function unsaved(root) {
  for (const form of root.querySelectorAll("form[data-dirty]")) {
    // A form that came back with errors, or with another person's changes, is not saved yet, whatever it holds.
    watched.set(form, root.querySelector(".error-summary, .conflict") ? "" : JSON.stringify(valuesOf(form)));
  }
}

/** What the form holds is kept: nobody is asked about it. */
export function saved(form) {
  watched.delete(form);
}

document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) saved(event.target);
});

addEventListener("beforeunload", (event) => {
  for (const [form, before] of watched) {
    const chosen = [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length);
    if (form.isConnected && (chosen || JSON.stringify(valuesOf(form)) !== before)) event.preventDefault();
  }
});
