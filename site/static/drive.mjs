// The files that lessons write in this browser. JupyterLite keeps them in IndexedDB by localForage: the store "files"
// has an entry for each file, under its path, in the form that Jupyter gives to a file's contents.

const STORE = "files";

export const NO_STORAGE =
  "This browser keeps nothing for this site, as in some private windows or where cookies are blocked, so no lesson can " +
  "run here and no progress can be kept: let the site store data, or use another browser.";
export const FULL =
  "The browser could not store this, as when it has no space left, so nothing was changed: export your progress, " +
  "download your notebooks, and free some space.";

export class Drive {
  constructor(database) {
    this.database = database;
  }

  // Return the text of every file, by its path. It throws an Error that says NO_STORAGE.
  async read() {
    const database = await opened(this.database);
    const files = database ? await textsOf(database.transaction(STORE).objectStore(STORE)) : new Map();
    database?.close();
    return files;
  }

  // Write some files and remove others, all of it or nothing: `decide` gets the text of every file and returns the
  // new ones, null for a file to remove. It throws what `decide` throws, or an Error that says NO_STORAGE or FULL.
  async change(decide) {
    const database = await opened(this.database, { create: true });
    const transaction = database.transaction(STORE, "readwrite");
    const ended = end(transaction);
    try {
      const store = transaction.objectStore(STORE);
      for (const [path, text] of decide(await textsOf(store))) {
        put(store, path, text);
      }
      await ended;
    } finally {
      database.close();
    }
  }
}

// Return whether the browser keeps anything for this site.
export async function isStorageThere() {
  try {
    await answer(indexedDB.deleteDatabase("nothing has this name"));
    return true;
  } catch {
    return false;
  }
}

// Return the database; null if nothing was ever kept and none is to be created.
async function opened(name, { create = false } = {}) {
  try {
    const database = await answer(request(name, undefined, create));
    if (database.objectStoreNames.contains(STORE)) {
      return database;
    }
    database.close();
    return create ? await answer(request(name, database.version + 1, create)) : null;
  } catch (error) {
    if (!create && error?.name === "AbortError") {
      return null;
    }
    throw new Error(NO_STORAGE);
  }
}

function request(name, version, create) {
  const asked = indexedDB.open(name, version);
  asked.onupgradeneeded = () => {
    if (create) {
      asked.result.createObjectStore(STORE);
    } else {
      asked.transaction.abort(); // a database that is not there is not made by looking
    }
  };
  return asked;
}

async function textsOf(store) {
  const [paths, entries] = await Promise.all([answer(store.getAllKeys()), answer(store.getAll())]);
  const files = paths.map((path, at) => [path, entries[at]]).filter(([, entry]) => entry.type !== "directory");
  return new Map(files.map(([path, entry]) => [path, textOf(entry)]));
}

function textOf({ format, content }) {
  if (format === "base64") {
    return new TextDecoder().decode(Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0)));
  }
  return format === "json" ? JSON.stringify(content, null, 1) : content;
}

function put(store, path, text) {
  if (text === null) {
    store.delete(path);
    return;
  }
  const folder = path.slice(0, path.lastIndexOf("/"));
  if (path.includes("/")) {
    store.put(entry(folder, { type: "directory", format: "json", mimetype: "", content: null, size: 0 }), folder);
  }
  const size = new TextEncoder().encode(text).length;
  const model = path.endsWith(".ipynb")
    ? { type: "notebook", format: "json", content: JSON.parse(text) }
    : { type: "file", format: "text", content: text };
  store.put(entry(path, { ...model, mimetype: "application/json", size }), path);
}

function entry(path, model) {
  const now = new Date().toISOString();
  return { name: path.slice(path.lastIndexOf("/") + 1), path, created: now, last_modified: now, writable: true, ...model };
}

function answer(asked) {
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

function end(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(new Error(FULL));
  });
}
