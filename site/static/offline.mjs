// Keeps the page that is read, with all its pictures, so that it opens without a network: offline.js serves it then.
// Where a browser does not allow that, the page works as well, and nothing is lost.

const ROOT = new URL("../", import.meta.url);

async function keep() {
  await navigator.serviceWorker.register(new URL("offline.js", ROOT));
  await navigator.serviceWorker.ready;
  const loaded = performance.getEntriesByType("resource").map((resource) => resource.name);
  const shown = [...document.images].map((image) => image.src);
  const icon = document.querySelector("link[rel~=icon]").href;
  const ours = [...loaded, ...shown, icon].filter((url) => url.startsWith(ROOT.href));
  const cache = await caches.open("pages");
  const wanted = [...new Set([location.href.replace(/[?#].*/, ""), ...ours])];
  const kept = await Promise.all(wanted.map((url) => cache.match(url)));
  await cache.addAll(wanted.filter((url, at) => !kept[at]));
}

if (document.readyState !== "complete") {
  await new Promise((resolve) => addEventListener("load", resolve));
}
keep().catch(() => {});
