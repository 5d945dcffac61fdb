// A form as it was written: read from the page, and put back into one.
import { fieldsOf } from "../values.js";

/** {fields: [[name, value]], files: [{field, name, type, modified, bytes}]}. Throws where a file can no longer be read. */
export async function contentOf(form, submitter) {
  const fields = [], files = [];
  const entries = [...new FormData(form)];
  if (submitter?.name) entries.push([submitter.name, submitter.value]);
  for (const [name, value] of entries) {
    if (name === "csrf_token") continue; // a fresh one is asked for
    if (typeof value === "string") fields.push([name, value]);
    else if (value.name) files.push({ field: name, name: value.name, type: value.type, modified: value.lastModified, bytes: await value.arrayBuffer() });
  }
  return { fields, files };
}

/** What a person reads of the form: [label, text], empty fields left out. */
export function linesOf(form) {
  const lines = [];
  for (const field of fieldsOf(form)) {
    const box = field.type === "checkbox" || field.type === "radio";
    if (box ? !field.checked : !field.value) continue;
    const name = wordsOf(field.labels?.[0]) || field.getAttribute("aria-label") || field.name;
    if (!box) lines.push([name, field.selectedOptions ? [...field.selectedOptions].map(wordsOf).join(" ") : field.value]);
    else {
      const group = wordsOf(field.closest("fieldset")?.querySelector("legend"));
      const last = lines.at(-1);
      if (group && last?.[0] === group) last[1] += ` / ${name}`;
      else lines.push([group || name, group ? name : "✓"]);
    }
  }
  return lines;
}

const wordsOf = (element) => element?.textContent.replace(/\s+/g, " ").trim();

export function fillIn(form, fields) {
  const left = new Map();
  for (const [name, value] of fields) left.set(name, [...(left.get(name) || []), value]);
  for (const field of form.elements) {
    if (!field.name || field.name === "csrf_token" || ["file", "submit", "button", "fieldset"].includes(field.type)) continue;
    const values = left.get(field.name) || [];
    if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
    else if (field.type === "select-multiple") for (const option of field.options) option.selected = values.includes(option.value);
    else if (values.length) field.value = values.shift();
    // What was written lies open, also where it is behind a summary.
    if (field.type !== "hidden" && (field.checked || field.value)) field.closest("details")?.setAttribute("open", "");
  }
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Chosen files go back into their inputs: [{field, file}]. They are drawn small already. */
export function fillFiles(form, files) {
  const left = [...files];
  for (const input of form.querySelectorAll("input[type=file]")) {
    const chosen = new DataTransfer();
    for (const each of files) {
      if (each.field !== input.name || !left.includes(each) || (chosen.files.length && !input.multiple)) continue;
      chosen.items.add(each.file);
      left.splice(left.indexOf(each), 1);
    }
    if (!chosen.files.length) continue;
    input.files = chosen.files;
    input.dispatchEvent(new Event("shrunk", { bubbles: true }));
  }
  if (!left.length) for (const notice of form.querySelectorAll("[data-files-lost]")) notice.remove();
}
