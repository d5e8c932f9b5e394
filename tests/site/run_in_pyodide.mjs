// Load a Pyodide folder as a browser would, run one Python file in it, and print what it returns.
// node run_in_pyodide.mjs FOLDER FILE ARGUMENT...
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, file, ...given] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
const python = await loadPyodide({ indexURL: folder, stdout: () => {}, stderr: () => {} });
const code = readFileSync(file, "utf8");
await python.loadPackagesFromImports(code);
python.globals.set("arguments", python.toPy(given));
console.log(python.runPython(code));
