// Serves the page "Your progress" where the network does not answer: from what the page itself has put into this cache.
// It is in the site's root, because a script like this serves no folder above its own.

self.addEventListener("fetch", (event) => {
  if (event.request.method === "GET") {
    event.respondWith(fetch(event.request).catch(() => kept(event.request)));
  }
});

async function kept(request) {
  const cache = await caches.open("progress");
  return (await cache.match(request)) ?? Response.error();
}
