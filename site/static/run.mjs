// Where this browser cannot run lessons, the button that runs one gives way to a sentence that says why.

import { NO_STORAGE, isStorageThere } from "./drive.mjs";

const TOO_OLD =
  "This browser is too old to run Python, or is not allowed to, so lessons can only be read here: use a newer one.";

const buttons = document.querySelectorAll('a.run-button[href*="lite/"]');
if (buttons.length > 0) {
  const reason = "WebAssembly" in window ? ((await isStorageThere()) ? null : NO_STORAGE) : TOO_OLD;
  for (const button of reason ? buttons : []) {
    button.replaceWith(Object.assign(document.createElement("strong"), { textContent: reason }));
  }
}
