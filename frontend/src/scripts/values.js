// What a person typed into a form: no files, no passwords, no tokens.

export function fieldsOf(form) {
  return [...form.elements].filter((field) => field.name && field.name !== "csrf_token" && !["hidden", "password", "file", "submit", "button", "fieldset"].includes(field.type));
}

/** Whether the field holds something else than the page came with. */
export function changed(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (!field.options) return field.value !== field.defaultValue;
  const first = [...field.options].some((option) => option.defaultSelected) || field.multiple ? null : field.options[0];
  return [...field.options].some((option) => option.selected !== (first ? option === first : option.defaultSelected));
}

/** What was written lies open, also where it is behind one summary in another. */
export function layOpen(form) {
  for (const field of fieldsOf(form)) {
    if (!changed(field)) continue;
    for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  }
}

/** One entry a field, in the order of the form: [name, value] (a box or choice: its value and whether it is ticked). */
export function valuesOf(form) {
  return kept(form).map((field) => [field.name, stateOf(field)]);
}

// The phone's place is hidden, and was taken by a person's tap all the same.
const kept = (form) => [...fieldsOf(form), ...form.querySelectorAll("[data-position] input[type=hidden]")];

function stateOf(field) {
  if (field.type === "checkbox" || field.type === "radio") return [field.value, field.checked];
  if (field.type === "select-multiple") return [...field.selectedOptions].map((option) => option.value);
  return field.value;
}

/** Each field takes what a field of its name held, in their order: the form may have other fields by now. */
export function restore(form, values) {
  const left = new Map();
  for (const entry of values) left.set(entry[0], [...(left.get(entry[0]) || []), entry]);
  for (const field of kept(form)) {
    const held = left.get(field.name) || [];
    if (field.type === "checkbox" || field.type === "radio") {
      const same = held.find(([, [value]]) => value === field.value);
      if (same) field.checked = same[1][1];
    } else if (held.length) {
      const state = held.shift()[1];
      if (field.type === "select-multiple") for (const option of field.options) option.selected = state.includes(option.value);
      else field.value = state;
    }
  }
  layOpen(form);
  form.dispatchEvent(new Event("input", { bubbles: true }));
}
