// Python in a worker of the page, which is started by the first run.

const TOO_OLD =
  "This browser is too old to run Python, or is not allowed to: use a newer one, or install the course.";
const OFFLINE = "Python could not be loaded, because this computer is offline. Connect it and press Run again.";
const BROKEN = "Python could not be loaded, or it broke down. Press Run to start it anew.";

/** Runs programs, one after the other. */
export class Python {
  #worker = null;
  #runs = new Map();
  #count = 0;

  /**
   * Run a program.
   * @param {string} code - the program.
   * @param {function(string)} tellState - is called with a sentence when something begins.
   * @param {function(string)} tellOutput - is called with each piece of output.
   * @returns {Promise<{end: string, text: string, seconds: number}>} `end` is "done", "stopped" or "failed" (no
   *   Python, `text` says why); if it is "done", `text` is what Python says of an error.
   */
  run(code, tellState, tellOutput) {
    if (window.isTooOldForPython) return Promise.resolve({ end: "failed", text: TOO_OLD });
    return new Promise((resolve) => {
      this.#runs.set(++this.#count, { tellState, tellOutput, resolve });
      tellState(this.#runs.size > 1 ? "Waiting for the other example." : "Running.");
      this.#started().postMessage({ run: this.#count, code });
    });
  }

  /** End what runs; Python starts anew at the next run. */
  stop() {
    this.#finish({ end: "stopped", text: "" });
  }

  #started() {
    if (!this.#worker) {
      this.#worker = new Worker(new URL("python-worker.js", import.meta.url), { type: "module" });
      this.#worker.onmessage = ({ data }) => this.#receive(data);
      this.#worker.onerror = () => this.#fail();
    }
    return this.#worker;
  }

  #receive({ run, state, output, done, broken }) {
    const waiting = this.#runs.get(run);
    if (!waiting) return; // it was stopped while this message was on its way
    if (broken) this.#fail();
    else if (state) waiting.tellState(state);
    else if (output) waiting.tellOutput(output);
    else {
      this.#runs.delete(run);
      waiting.resolve({ end: "done", text: done.error, seconds: done.seconds });
    }
  }

  #fail() {
    this.#finish({ end: "failed", text: navigator.onLine ? BROKEN : OFFLINE });
  }

  #finish(how) {
    this.#worker?.terminate();
    this.#worker = null;
    const runs = [...this.#runs.values()];
    this.#runs.clear();
    for (const { resolve } of runs) resolve(how);
  }
}
