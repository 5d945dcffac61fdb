// data-confirm on a button, a form or a link, and hx-confirm: a question in a dialog of our own.
import { text } from "./texts.js";

/** Ask; true when the person agrees. The safe answer has the focus. */
export function ask(question, danger = false) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  const sentence = document.createElement("p");
  sentence.className = "dialog__text";
  sentence.id = "dialog-text";
  sentence.textContent = question;
  dialog.setAttribute("aria-labelledby", sentence.id);
  const form = document.createElement("form");
  form.method = "dialog";
  form.className = "dialog__actions";
  form.append(button("yes", danger ? "btn btn-danger" : "btn btn-primary"), button("cancel", "btn btn-secondary"));
  dialog.append(sentence, form);
  document.body.append(dialog);
  dialog.showModal();
  form.lastElementChild.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

function button(value, style) {
  const made = document.createElement("button");
  made.value = value;
  made.className = style;
  made.textContent = text(value);
  return made;
}

const agreed = new WeakSet();

document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  const question = submitter?.dataset.confirm || form.dataset.confirm;
  if (!question || agreed.delete(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (await ask(question, submitter?.classList.contains("btn-danger"))) {
    agreed.add(form);
    form.requestSubmit(submitter);
  }
}, true);

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-confirm]");
  if (!link) return;
  event.preventDefault();
  if (await ask(link.dataset.confirm)) location.assign(link.href);
});

document.addEventListener("htmx:confirm", async (event) => {
  const { question, issueRequest } = event.detail;
  if (!question) return;
  event.preventDefault();
  if (await ask(question)) issueRequest(true);
});
