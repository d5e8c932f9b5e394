// Serves the pages that were read before where the network does not answer. It is in the site's root, because a script
// like this serves no folder above its own. Lessons that are run have a worker of JupyterLite's own, in lite/.

const LITE = new URL("lite/", self.location).href;
const NOT_KEPT = `<!doctype html><html lang="en"><title>Offline</title><link rel="icon" href="data:,">
  <p>This computer is offline, and it has not kept this page, because you have not read it before.</p></html>`;
const HTML = { headers: { "Content-Type": "text/html; charset=utf-8" } };

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && url.startsWith(self.registration.scope) && !url.startsWith(LITE)) {
    event.respondWith(answer(event));
  }
});

async function answer(event) {
  const { request } = event;
  const cache = await caches.open("pages");
  try {
    const response = await fetch(request);
    if (response.ok) {
      event.waitUntil(cache.put(request, response.clone()).catch(() => {})); // a full store takes nothing, and all goes on
    }
    return response;
  } catch {
    const kept = await cache.match(request, { ignoreSearch: request.mode === "navigate" });
    return kept ?? (request.mode === "navigate" ? new Response(NOT_KEPT, HTML) : Response.error());
  }
}
