// What a person typed into a form: no files, no passwords, no tokens.

export function fieldsOf(form) {
  return [...form.elements].filter((field) => field.name && field.name !== "csrf_token" && !["hidden", "password", "file", "submit", "button", "fieldset"].includes(field.type));
}

/** One entry a field, in the order of the form: [name, value] (a box or choice: its value and whether it is ticked). */
export function valuesOf(form) {
  return fieldsOf(form).map((field) => [field.name, stateOf(field)]);
}

function stateOf(field) {
  if (field.type === "checkbox" || field.type === "radio") return [field.value, field.checked];
  if (field.type === "select-multiple") return [...field.selectedOptions].map((option) => option.value);
  return field.value;
}

export function restore(form, values) {
  fieldsOf(form).forEach((field, position) => {
    const [name, state] = values[position] || [];
    if (name !== field.name) return;
    if (field.type === "checkbox" || field.type === "radio") field.checked = state[1];
    else if (field.type === "select-multiple") for (const option of field.options) option.selected = state.includes(option.value);
    else field.value = state;
  });
  form.dispatchEvent(new Event("input", { bubbles: true }));
}
