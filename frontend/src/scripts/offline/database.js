// A store in the browser's own database: `stores` are its tables, with their options. What is written is on the disk.
export function storeOf(name, stores) {
  const names = Object.keys(stores);
  let opening;

  function open() {
    opening ??= new Promise((done, fail) => {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => names.forEach((each) => request.result.createObjectStore(each, stores[each]));
      request.onsuccess = () => {
        request.result.onclose = () => (opening = undefined);
        done(request.result);
      };
      request.onerror = () => fail(request.error);
    });
    opening.catch(() => (opening = undefined));
    return opening;
  }

  /** Do `work(table, …)` in one transaction over all tables; the result of the request that it gives. */
  return async function act(mode, work) {
    const opened = await open();
    return new Promise((done, fail) => {
      // Strict: kept means on the disk, also when the battery ends in the next moment.
      const transaction = opened.transaction(names, mode, { durability: "strict" });
      const request = work(...names.map((each) => transaction.objectStore(each)));
      transaction.oncomplete = () => done(request?.result);
      transaction.onabort = () => fail(transaction.error);
      // At once: the page may be on its way out. Not where something is read: Chromium would be done before a large value is there.
      if (mode === "readwrite") transaction.commit();
    });
  };
}
