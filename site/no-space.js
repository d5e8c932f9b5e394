// Says in an open lesson that the browser saves nothing any more, and hands out the notebook as it is on the page.
// JupyterLite itself is silent: a cell that writes a file, as each check does, waits for an answer that never comes.

(() => {
  const TOLD =
    "The browser could not save this lesson, as when it has no space left, and a running cell may never end: download the " +
    "notebook, free some space, load this page again, and import the notebook on the page Your progress.";
  const STYLE =
    "position: fixed; inset: auto 0 0 0; z-index: 10000; padding: 12px 24px; border-top: 6px solid #a4262c; " +
    "background: #fff; color: #1a1a1a; font: 16px/1.5 system-ui, sans-serif";
  let told = false;

  const begin = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (...which) {
    const transaction = begin.apply(this, which);
    if (transaction.mode === "readwrite") {
      transaction.addEventListener("abort", tell);
    }
    return transaction;
  };

  function tell() {
    if (told) {
      return;
    }
    told = true;
    const bar = document.createElement("div");
    bar.setAttribute("role", "alert");
    bar.style.cssText = STYLE;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Download the notebook";
    button.addEventListener("click", download);
    bar.append(TOLD, " ", button);
    document.body.append(bar);
  }

  function download() {
    const { model, path } = window.jupyterapp.shell.currentWidget.context;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(model.toJSON(), null, 1)], { type: "application/json" }));
    link.download = path.slice(path.lastIndexOf("/") + 1);
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // some browsers read it after the click
  }
})();
