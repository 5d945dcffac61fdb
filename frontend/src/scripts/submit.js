// Forms: no second submit while the first is under way; filters send themselves; empty filters stay out of the address.
const sent = new WeakSet();
const PATIENCE = 30_000; // milliseconds: as long as the server may take

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (sent.has(form)) return event.preventDefault();
  sent.add(form);
  submitter?.setAttribute("aria-disabled", "true");
  // Nothing tells of a person who stopped the loading: give the button back.
  setTimeout(() => release(form, submitter), PATIENCE);
});

addEventListener("pageshow", (event) => {
  if (event.persisted) for (const button of document.querySelectorAll('[type="submit"][aria-disabled]')) release(button.form, button);
});

function release(form, button) {
  sent.delete(form);
  button?.removeAttribute("aria-disabled");
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-autosubmit]");
  // Unfolded on a phone, several are chosen before the button is pressed.
  if (form?.querySelector("[data-fold][open]")?.offsetParent) return;
  if (form && event.target.matches("select, input[type=checkbox], input[type=radio]")) form.requestSubmit();
});

document.addEventListener("formdata", ({ target: form, formData }) => {
  if (form.method !== "get") return;
  for (const name of new Set(formData.keys())) if (formData.getAll(name).every((value) => value === "")) formData.delete(name);
});
