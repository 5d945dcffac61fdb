// A form as it was written: read from the page, and put back into one.
import { changed, fieldsOf, layOpen } from "../values.js";
import { fileFrom } from "./send.js";

/** {fields: [[name, value]], files: [{field, name, type, modified, bytes}]}. Throws where a file can no longer be read. */
export async function contentOf(form, submitter) {
  const fields = [];
  const entries = [...new FormData(form)];
  if (submitter?.name) entries.push([submitter.name, submitter.value]);
  for (const [name, value] of entries) {
    if (name === "csrf_token") continue; // a fresh one is asked for
    if (typeof value === "string") fields.push([name, value]);
  }
  return { fields, files: await filesIn(form) };
}

/** The files chosen in a form, as they are kept. Throws where one can no longer be read. */
export async function filesIn(form) {
  const files = [];
  for (const input of form.querySelectorAll("input[type=file]:enabled")) {
    for (const file of input.files) {
      files.push({ field: input.name, name: file.name, type: file.type, modified: file.lastModified, bytes: await file.arrayBuffer() });
    }
  }
  return files;
}

/** Nothing was written: the form is as it came, without a file. One that came back from the server says what was written. */
export function untouched(form) {
  if (form.querySelector(".error-summary, .conflict")) return false;
  return !fieldsOf(form).some(changed) && ![...form.querySelectorAll("input[type=file]")].some((input) => input.files.length);
}

const WORDS = ["text", "textarea", "date", "number"];
const rowOf = (field) => field.name.match(/^.+-\d+-/)?.[0]; // needs-0-text: of the first need

/** What a person reads of the form: [label, text], empty fields left out, and rows in which nothing is written. */
export function linesOf(form) {
  const lines = [];
  const fields = fieldsOf(form);
  const written = new Set(fields.filter((field) => WORDS.includes(field.type) && field.value).map(rowOf));
  for (const field of fields) {
    if (rowOf(field) && !written.has(rowOf(field))) continue;
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
  }
  layOpen(form);
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Files that were kept go back into their inputs. They are drawn small already. */
export function fillFiles(form, kept) {
  const files = kept.map((each) => ({ field: each.field, file: fileFrom(each) }));
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
