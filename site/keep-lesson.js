// Keeps an open lesson so that it opens without a network from the first visit on. JupyterLite's service worker keeps what
// passes through it, but at the first visit it starts after the page. What came before is asked for again, which costs
// nothing: the browser has just got it.

(() => {
  const worker = navigator.serviceWorker;
  if (!worker || worker.controller) {
    return; // the browser keeps nothing, or the service worker has seen everything
  }
  const lite = new URL("./", document.currentScript.src).href;
  const loaded = new Promise((resolve) => addEventListener("load", resolve));
  performance.setResourceTimingBufferSize(1000);

  worker.addEventListener("controllerchange", keep, { once: true });

  async function keep() {
    await loaded;
    const asked = performance.getEntriesByType("resource").map((entry) => entry.name);
    for (const address of new Set([location.href.replace(/#.*/, ""), ...asked])) {
      if (address.startsWith(lite)) {
        fetch(address, { cache: "force-cache" }).catch(() => {}); // without it the lesson works as well
      }
    }
  }
})();
