// Load a Pyodide folder as a browser would, run one Python file in it with the course, and print what it returns.
// node judge_in_pyodide.mjs FOLDER FILE EXERCISE...
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, file, ...exercises] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
const python = await loadPyodide({ indexURL: folder, stdout: () => {}, stderr: () => {} });
const code = readFileSync(file, "utf8");
await python.loadPackagesFromImports(code);
python.globals.set("exercise_ids", python.toPy(exercises));
console.log(python.runPython(code));
