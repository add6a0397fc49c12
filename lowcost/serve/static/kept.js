// Photographs that were not sent yet, kept in the browser: a phone may close the page while its camera is open.

const STORE = "photographs";

/** Opens the store; null where the browser has none to give, as in a private window. */
function open() {
  return new Promise((resolve) => {
    const request = indexedDB.open("lowcost", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key", autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null);
  });
}

const database = open();

async function does(mode, act) {
  const opened = await database;
  if (!opened) return undefined;
  return new Promise((resolve) => {
    const transaction = opened.transaction(STORE, mode);
    const request = act(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => resolve(undefined); // no room: the photograph is sent all the same
  });
}

/** Keeps a photograph with where it is sent to; returns its key, to be given again when it changes. */
export function keep(photograph) {
  return does("readwrite", (store) => store.put(photograph));
}

/** Forgets a photograph that the station has. */
export function forget(key) {
  return does("readwrite", (store) => store.delete(key));
}

/** Returns the photographs of a slide that were not sent. */
export async function kept(slide) {
  const all = (await does("readonly", (store) => store.getAll())) ?? [];
  return all.filter((photograph) => photograph.slide === slide);
}
