// The page of what is unsent (templates/desk/offline/unsent.html): made here, from this device, with or without network.
import { ask } from "../confirm.js";
import { text } from "../texts.js";
import { able, clock, device, missing, person } from "./device.js";
import { available } from "./pages.js";
import { CHANGED, fileFrom, lockOf, send, session, UNSENT } from "./send.js";
import { filesOf, formOf, forms, remove } from "./store.js";
import { onNews } from "./strip.js";

const place = document.querySelector("[data-unsent-page]");

export function unsentPage() {
  if (!place || !able) return;
  for (const part of place.querySelectorAll("[data-if-missing]")) part.hidden = !missing;
  place.querySelector("[data-again]")?.addEventListener("click", () => location.reload());
  onNews((news) => news.keeping || draw());
  draw();
}

async function draw() {
  const mine = (await forms()).filter((form) => form.person === person);
  place.querySelector("[data-forms]").replaceChildren(...mine.map(cardOf));
  place.querySelector("[data-all-sent]").hidden = mine.length > 0;
  const here = await available();
  const links = [...(here?.day ? [pageLine("", [["day", here.day]])] : []), ...(here?.firms || []).map(({ name, brief, form }) => pageLine(name, [["brief", brief], ["form", form]]))];
  place.querySelector("[data-pages]").replaceChildren(...links);
  place.querySelector("[data-no-pages]").hidden = links.length > 0;
}

function copyOf(name) {
  return document.getElementById(name).content.firstElementChild.cloneNode(true);
}

function pageLine(name, links) {
  const line = copyOf("kept-page");
  line.querySelector("[data-name]").textContent = name;
  for (const link of line.querySelectorAll("a")) {
    const href = links.find(([kind]) => kind === link.dataset.kind)?.[1];
    if (href) link.href = href;
    else link.remove();
  }
  return line;
}

function cardOf(form) {
  const card = copyOf("unsent-form");
  card.querySelector("[data-title]").textContent = form.title;
  card.querySelector("[data-written]").textContent = clock(form.written);
  card.querySelector("[data-files]").hidden = !form.photos;
  card.querySelector("[data-files-count]").textContent = form.photos;
  for (const words of card.querySelectorAll("[data-state]")) if (words.dataset.state !== form.state) words.remove();
  for (const words of card.querySelectorAll("[data-status]")) if (!words.dataset.status.split(" ").includes(String(form.status))) words.remove();
  const tried = card.querySelector("[data-tried]");
  if (tried) tried.textContent = form.tried ? text("tried", { at: clock(form.tried) }) : "";
  for (const [name, value] of form.lines) {
    const [term, description] = [document.createElement("dt"), document.createElement("dd")];
    [term.textContent, description.textContent] = [name, value];
    card.querySelector("[data-lines]").append(term, description);
  }
  for (const link of card.querySelectorAll("[data-open]")) link.href = `${form.page}#unsent-${form.key}`;
  const saved = card.querySelector("[data-saved]");
  if (saved && form.location) saved.href = form.location;
  const act = (name, work) => card.querySelector(`[data-act="${name}"]`)?.addEventListener("click", ({ currentTarget }) => work(form, currentTarget));
  if (form.state !== UNSENT) card.querySelector('[data-act="send"]').remove();
  if (form.state === CHANGED) card.querySelectorAll("[data-open]").forEach((link) => link.remove());
  act("send", sendNow);
  act("copy", copyText);
  act("save", saveAsFile);
  act("delete", deleteForm);
  return card;
}

async function sendNow({ key }, button) {
  button.setAttribute("aria-disabled", "true");
  const here = await session(device.session).catch(() => null);
  if (here?.person === person) {
    await navigator.locks.request(lockOf(key), { ifAvailable: true }, async (lock) => {
      const form = lock && (await formOf(key));
      if (form) await send(form, here.token);
    });
  }
  // Signed out meanwhile: the page asks to sign in. Without network: it says that nothing was sent.
  if (here && here.person !== person) location.reload();
  else await draw();
}

const textOf = (form) => [form.title, clock(form.written), ...form.lines.map(([name, value]) => `${name}: ${value}`)].join("\n");

async function copyText(form, button) {
  await navigator.clipboard?.writeText(textOf(form));
  button.textContent = text("copied");
}

// One file that opens anywhere: the words, and the photos within it.
async function saveAsFile(form) {
  const page = document.implementation.createHTMLDocument(form.title);
  const words = page.createElement("pre");
  words.textContent = textOf(form);
  page.body.append(words);
  for (const file of await filesOf(form.key)) {
    const image = file.type.startsWith("image/");
    const part = page.createElement(image ? "img" : "a");
    part[image ? "src" : "href"] = await dataOf(fileFrom(file));
    if (image) part.alt = file.name;
    else part.textContent = part.download = file.name;
    page.body.append(part);
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`<!doctype html><meta charset="utf-8">${page.documentElement.outerHTML}`], { type: "text/html" }));
  link.download = `${form.title}.html`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function dataOf(file) {
  return new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.readAsDataURL(file);
  });
}

async function deleteForm(form) {
  if (await ask(text("delete_unsent", { title: form.title }), true)) await remove(form.key);
}
