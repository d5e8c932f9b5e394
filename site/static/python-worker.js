// The worker of python.js: loads the Pyodide that JupyterLite uses, too, and runs one program after the other.
const PYODIDE = new URL("../lite/static/pyodide/", import.meta.url).href;
const FLUSH = 50; // milliseconds between two messages with output

let python = null;

/** Rejected when a file cannot be fetched, for which Pyodide would wait forever. */
const missing = new Promise((_, reject) => {
  const fetched = self.fetch;
  self.fetch = async (...request) => {
    try {
      const response = await fetched(...request);
      if (!response.ok) throw new Error(`${response.url} answers ${response.status}`);
      return response;
    } catch (error) {
      reject(error);
      throw error;
    }
  };
});

async function load() {
  const { loadPyodide } = await import(`${PYODIDE}pyodide.mjs`);
  const runner = fetch(new URL("example_runner.py", import.meta.url));
  const loaded = await loadPyodide({ indexURL: PYODIDE, stdin: () => null });
  const names = loaded.toPy({});
  loaded.runPython(await (await runner).text(), { globals: names });
  return { loaded, runExample: names.get("run_example") };
}

/** Gathers what a program prints, because a message for each line would be slow. */
class Output {
  #text = "";
  #last = -Infinity;

  constructor(run) {
    this.run = run;
  }

  write(text) {
    this.#text += text;
    if (performance.now() - this.#last > FLUSH) this.flush();
  }

  flush() {
    if (this.#text) postMessage({ run: this.run, output: this.#text });
    this.#text = "";
    this.#last = performance.now();
  }
}

async function runProgram(run, code) {
  if (!python) postMessage({ run, state: "Loading Python. This happens once and takes some seconds." });
  python ??= Promise.race([load(), missing]);
  const { loaded, runExample } = await python;
  await loaded.loadPackagesFromImports(code, {
    messageCallback: (text) => text.startsWith("Loading") && postMessage({ run, state: `${text}.` }),
    errorCallback: () => {}, // the program's import says what is missing
  });
  postMessage({ run, state: "Running." });
  const output = new Output(run);
  const began = performance.now();
  const error = runExample(code, (text) => output.write(text));
  const seconds = (performance.now() - began) / 1000;
  output.flush();
  postMessage({ run, done: { error, seconds } });
}

let queue = Promise.resolve();
onmessage = ({ data: { run, code } }) => {
  queue = queue.then(() => runProgram(run, code)).catch((error) => postMessage({ run, broken: String(error) }));
};
