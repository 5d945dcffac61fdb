// At the head of every page: that it is a copy and of when, what was just sent; in the frame: how much is unsent.
import { able, clock, device, keptAt, missing, person } from "./device.js";
import { sendAll, UNSENT } from "./send.js";
import { forms, listen } from "./store.js";
import { text } from "../texts.js";
import { markWritten } from "./written.js";

const again = 30_000;
const others = [];
const SAID = "tidu:sent";
let mine = 0, signedOut = false, timer, said = JSON.parse(sessionStorage.getItem(SAID));
sessionStorage.removeItem(SAID);

/** How many forms of this person are not sent, as last counted. */
export const unsentOfMine = () => mine;

export function startStrip() {
  if (!able) return;
  listen((news) => {
    if (news.sent) said = news;
    if ("signedIn" in news) signedOut = news.signedIn !== person;
    if (!news.keeping) show().then(() => news.sent && renewDay()); // else nothing became of a form
    for (const each of others) each(news);
  });
  addEventListener("online", () => attempt().then(() => keptAt && renewDay()));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && attempt());
  addEventListener("pageshow", ({ persisted }) => persisted && attempt());
  attempt();
}

export function onNews(work) {
  others.push(work);
}

// The day as it was before: what is sent is done by now. Anew, once nothing is on its way any more.
async function renewDay() {
  if (location.pathname !== device.day || (await forms()).some(waits)) return;
  if (said) sessionStorage.setItem(SAID, JSON.stringify(said));
  location.reload();
}

const waits = (form) => form.state === UNSENT && form.person === person;

/** Send what waits, and say what is left; while something is left, try again now and then. */
export async function attempt() {
  clearTimeout(timer);
  if (navigator.onLine) await sendAll(device.session).catch(() => {});
  await show();
  const waiting = (await forms()).some(waits);
  if (waiting && document.visibilityState === "visible") timer = setTimeout(attempt, again);
}

export async function show() {
  const all = await forms();
  mine = all.filter((form) => form.person === person).length;
  for (const link of document.querySelectorAll("[data-unsent]")) {
    link.hidden = !mine;
    link.querySelector("[data-unsent-count]").textContent = mine;
  }
  markWritten(all.filter((form) => form.person === person));
  strip(linesOf(all));
}

function linesOf(all) {
  const lines = [];
  if (missing || (keptAt && location.pathname === device.unsent)) lines.push([text("not_here")]); // drawn as it is now
  else if (keptAt) lines.push([text("kept", { at: clock(keptAt) })]);
  if (mine) lines.push([text(signedOut ? "unsent_sign_in" : "unsent", { count: mine }), device.unsent]);
  const strangers = all.filter((form) => form.person !== person);
  for (const name of new Set(strangers.map((form) => form.name))) {
    const count = strangers.filter((form) => form.name === name).length;
    lines.push([text("unsent_other", { name, count })]); // whose and how many; what is in them is theirs
  }
  if (said) lines.push([text("sent", { title: said.sent }), said.location]);
  return lines;
}

function strip(lines) {
  const main = document.getElementById("main");
  let place = document.querySelector(".strip");
  if (!lines.length) return place?.remove();
  if (!place) {
    place = document.createElement("div");
    place.className = "strip";
    place.setAttribute("role", "status");
  }
  if (main.firstElementChild !== place) main.prepend(place);
  place.replaceChildren(...lines.map(([words, href]) => {
    const line = document.createElement(href ? "a" : "span");
    if (href) line.href = href;
    line.textContent = words;
    return line;
  }));
}

// What a copy says of the day it was made is not so today.
function outdated() {
  document.getElementById("messages")?.replaceChildren();
  const now = new Date();
  const today = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
  for (const input of document.querySelectorAll("[data-today]")) input.value = input.defaultValue = today;
}

// Before anything looks at the form to see later what was written in it.
if (able && keptAt) outdated();
