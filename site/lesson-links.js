// Leads out of an open lesson: to a lesson that runs here in the same interface, to the page of one that does not, and,
// at the top left, back to the course. JupyterLite itself knows its own notebooks and list of files only.

(() => {
  const LESSON = /\/((\d\d)_\w+)\.ipynb(#.*)?$/;
  const running = document.currentScript.dataset.running.split(" ");
  const site = new URL("../", document.currentScript.src).href;

  addEventListener(
    "click",
    (event) => {
      const found = LESSON.exec(event.target.closest?.("a[href]")?.href);
      if (found) {
        event.preventDefault();
        event.stopImmediatePropagation();
        window.open(addressOf(found[1], found[2]), "_blank");
      }
    },
    { capture: true }, // before JupyterLite
  );

  function addressOf(name, number) {
    const runs = running.includes(number);
    return site + (runs ? `lite/notebooks/index.html?path=${name}.ipynb` : `lessons/${name}.html`);
  }

  new MutationObserver((_, observer) => {
    const logo = document.getElementById("jp-NotebookLogo");
    if (logo) {
      observer.disconnect();
      logo.href = `${site}index.html`;
      logo.textContent = "← Course";
      logo.title = "Back to the course: your work is kept";
      logo.style.cssText = "display: flex; align-items: center; width: auto; padding: 0 8px; font-weight: 600";
    }
  }).observe(document, { childList: true, subtree: true });
})();
