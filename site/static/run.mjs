// Says beside the button that runs a lesson what would go wrong in this browser, and takes away a button that cannot work.

import { NO_STORAGE, isStorageThere } from "./drive.mjs";

const LITTLE_SPACE =
  "The browser has little space left for this site, and a lesson stops where it cannot save: free some space first.";
const ENOUGH = 10_000_000; // bytes, for notebooks with their pictures and for the record

const buttons = document.querySelectorAll('a.run-button[href*="lite/"]');
if (buttons.length > 0) {
  const reason = (await isStorageThere()) ? null : NO_STORAGE;
  const warning = !reason && (await bytesLeft()) < ENOUGH ? LITTLE_SPACE : null;
  for (const button of buttons) {
    if (reason) {
      button.replaceWith(said(reason));
    } else if (warning) {
      button.after(said(warning));
    }
  }
}

// Return how much the site may still store; as much as needed where the browser does not say.
async function bytesLeft() {
  const { quota = Infinity, usage = 0 } = (await navigator.storage?.estimate().catch(() => null)) ?? {};
  return quota - usage;
}

function said(words) {
  return Object.assign(document.createElement("strong"), { textContent: words });
}
