// The service worker. Before it the server puts `self.tidu`: the built files and the addresses (crm/desk/offline/routes.py).
// Pages come from the network and, where there is none, from the copies kept for the one person who is signed in.
import { sendAll } from "./scripts/offline/send.js";
import { announce, LIST, PAGES } from "./scripts/offline/store.js";

const { assets, home, day, nothing, pages, session, unsent } = self.tidu;
const FILES = "tidu-files";
const PATIENCE = 4_000; // then the copy is shown; without a copy the network may take its time
const FRESH = 5 * 60_000; // so old a copy is not asked for again when the day is opened
const OLDEST = 14 * 86_400_000; // as long as a session lives

addEventListener("install", (event) => event.waitUntil(keepFiles().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(dropOldFiles().then(() => clients.claim())));
addEventListener("message", (event) => {
  if (event.data?.keep) event.waitUntil(navigator.locks.request("tidu:keeping", () => keepPages(event.data.keep)));
});
addEventListener("sync", (event) => {
  event.waitUntil(sendAll(session).then((done) => done || Promise.reject(new Error("not everything is sent"))));
});
addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (assets.some((each) => each.split("?")[0] === address.pathname)) event.respondWith(file(request));
});

// --- built files: their address carries their fingerprint ----------------------------------------------------------

async function keepFiles() {
  const kept = await caches.open(FILES);
  await Promise.all(assets.map(async (each) => (await kept.match(each)) || kept.add(each)));
  await kept.put(nothing, await fetch(nothing, { credentials: "omit", cache: "no-store" }));
}

async function dropOldFiles() {
  const kept = await caches.open(FILES);
  const wanted = new Set([...assets, nothing].map((each) => new URL(each, location.href).href));
  for (const request of await kept.keys()) if (!wanted.has(request.url)) await kept.delete(request);
}

async function file(request) {
  const kept = await caches.open(FILES);
  return (await kept.match(request)) || fetch(request).catch(async () => (await kept.match(request, { ignoreSearch: true })) || Response.error());
}

// --- pages ---------------------------------------------------------------------------------------------------------

async function page(event) {
  const { request } = event;
  const copies = await copiesHere();
  const copy = await copyOf(copies, request.url);
  const asked = fetch(request);
  asked.then((answer) => copy && event.waitUntil(renew(copies, request.url, answer.clone())), () => {});
  try {
    const answer = await (copy ? Promise.race([asked, patience()]) : asked);
    // A gateway whose server is away is no network either.
    return copy && (answer.status === 502 || answer.status === 504) ? shown(copy) : answer;
  } catch {
    return copy ? shown(copy) : instead(copies, request.url);
  }
}

function patience() {
  return new Promise((_, fail) => setTimeout(fail, PATIENCE));
}

async function copiesHere() {
  const name = (await caches.keys()).find((each) => each.startsWith(PAGES));
  return name && caches.open(name);
}

async function copyOf(copies, address) {
  const copy = copies && ((await copies.match(address)) || (await copies.match(address, { ignoreSearch: true })));
  return copy && Date.now() - keptAt(copy) < OLDEST ? copy : undefined;
}

const keptAt = (copy) => Number(copy.headers.get("Kept-At"));

// The page itself says that it is a copy, and of when: scripts/offline/device.js reads it.
async function shown(copy, more = "") {
  const html = await copy.text();
  const at = new Date(keptAt(copy) || Date.now()).toISOString();
  const headers = new Headers(copy.headers); // the content policy among them
  headers.delete("Content-Length");
  return new Response(html.replace("<head>", `<head><meta name="kept-at" content="${at}">${more}`), { headers });
}

async function instead(copies, address) {
  const copy = copies && (await copies.match(day)) && new URL(address).pathname === home;
  if (copy) return Response.redirect(day);
  const own = copies && (await copies.match(unsent));
  const fallback = own || (await (await caches.open(FILES)).match(nothing));
  return fallback ? shown(fallback, '<meta name="missing" content="yes">') : Response.error();
}

async function renew(copies, address, answer) {
  const name = (await caches.keys()).find((each) => each.startsWith(PAGES));
  if (name) await keep(copies, address, answer, name.slice(PAGES.length)).catch(() => {});
}

/** Keep a page if it is this person's. Throws for any other: the sign-in page, another person's, an error. */
async function keep(copies, address, answer, person) {
  const html = answer.ok && !answer.redirected ? await answer.text() : "";
  if (!html.includes(`<meta name="person" content="${person}">`)) throw new Error(`no page of ${person}: ${address}`);
  const headers = new Headers(answer.headers);
  headers.set("Kept-At", String(Date.now()));
  headers.delete("Content-Encoding"); // the text is unpacked
  await copies.put(address, new Response(html, { headers }));
}

// --- what one person's device keeps, asked for whenever they open their day ----------------------------------------

async function keepPages(person) {
  const name = PAGES + person;
  try {
    const list = await (await fetch(pages)).json();
    if (list.person !== person) throw new Error("another person");
    const copies = await caches.open(name);
    const wanted = [unsent, day, list.pick, ...list.firms.flatMap(({ brief, form }) => [form, brief])].filter(Boolean);
    await copies.put(LIST, new Response(JSON.stringify(list)));
    for (const { url } of await copies.keys()) {
      const address = url.slice(location.origin.length);
      if (address !== LIST && !wanted.includes(address)) await copies.delete(url);
    }
    for (const [done, address] of wanted.entries()) {
      announce({ keeping: { done, all: wanted.length } });
      const copy = await copies.match(address);
      if (copy && address !== day && Date.now() - keptAt(copy) < FRESH) continue;
      const answer = await fetch(address, { cache: "no-store", headers: { "Tidu-Keep": "yes" } });
      if (answer.status === 404 || answer.status >= 500) continue;
      await keep(copies, address, answer, person);
    }
    // Signed out while this went on: what was kept after that goes as well.
    const here = await (await fetch(session)).json();
    if (here.person !== person) throw new Error("signed out");
    await copies.put(LIST, new Response(JSON.stringify(list), { headers: { "Kept-At": String(Date.now()) } })); // all is here
  } catch (error) {
    if (!(error instanceof TypeError)) await caches.delete(name); // a TypeError: the network went; what is here stays
  }
  announce({ kept: true });
}
