// npm ci && npm run build: bundle editor.mjs with CodeMirror into ../static/editor.js, which is committed.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { build } from "esbuild";

const hash = createHash("sha256");
for (const file of ["editor.mjs", "package-lock.json"]) hash.update(readFileSync(file));
await build({
  entryPoints: ["editor.mjs"],
  outfile: "../static/editor.js",
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2020",
  legalComments: "none",
  banner: {
    js: `// CodeMirror, MIT licence: editor.LICENSE.txt. Built by site/editor/build.mjs from ${hash.digest("hex")}`,
  },
});
