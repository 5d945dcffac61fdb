// Forms not sent yet, in the browser's own database. A form's files lie apart, so that a list is read without them, and
// as bytes: Safari does not keep every Blob.
import { storeOf } from "./database.js";

/** One cache a person, with the pages kept for them and, under LIST, what they are. Filled by the worker. */
export const PAGES = "tidu-pages-";
export const LIST = "/tidu-list";

const act = storeOf("tidu", { forms: { keyPath: "key" }, files: {} });

/** All forms, the oldest first, without their files. */
export async function forms() {
  return (await act("readonly", (kept) => kept.getAll())).sort((one, other) => one.written - other.written);
}

export const formOf = (key) => act("readonly", (kept) => kept.get(key));

/** [{field, name, type, modified, bytes}] */
export const filesOf = async (key) => (await act("readonly", (_, files) => files.get(key))) || [];

export async function keep(form, files) {
  await act("readwrite", (kept, store) => {
    kept.put(form);
    if (files) store.put(files, form.key);
  });
  announce();
}

export async function remove(key) {
  await act("readwrite", (kept, files) => {
    kept.delete(key);
    files.delete(key);
  });
  announce();
}

const channel = new BroadcastChannel("tidu");
let heard = () => {};
channel.onmessage = ({ data }) => heard(data);

/** Tell every open page, this one too. */
export function announce(news = {}) {
  channel.postMessage(news);
  heard(news);
}

export function listen(work) {
  heard = work;
}
