// Forms not sent yet, in the browser's own database. A form's files lie apart, so that a list is read without them, and
// as bytes: Safari does not keep every Blob.
let opening;

/** One cache a person, with the pages kept for them and, under LIST, what they are. Filled by the worker. */
export const PAGES = "tidu-pages-";
export const LIST = "/tidu-list";

function database() {
  opening ??= new Promise((done, fail) => {
    const request = indexedDB.open("tidu", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("forms", { keyPath: "key" });
      request.result.createObjectStore("files");
    };
    request.onsuccess = () => {
      request.result.onclose = () => (opening = undefined);
      done(request.result);
    };
    request.onerror = () => fail(request.error);
  });
  opening.catch(() => (opening = undefined));
  return opening;
}

async function act(mode, work) {
  const opened = await database();
  return new Promise((done, fail) => {
    // Strict: kept means on the disk, also when the battery ends in the next moment.
    const transaction = opened.transaction(["forms", "files"], mode, { durability: "strict" });
    const request = work(transaction.objectStore("forms"), transaction.objectStore("files"));
    transaction.oncomplete = () => done(request?.result);
    transaction.onabort = () => fail(transaction.error);
  });
}

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
