// Each form that is opened has a key, made here and not on the server: a copy is opened many times. Sent twice under one
// key, a form is saved once.

export const keyOf = (form) => form.dataset.key;

export function giveKey(form, key) {
  form.dataset.key = key;
  const field = form.querySelector('input[type="hidden"][name="key"]');
  if (field) field.value = key;
}
