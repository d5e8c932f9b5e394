// Read, merge and sum up records as the page "Your progress" does. Standard input and output are JSON.
import { readFileSync } from "node:fs";
import { asText, merged, overview, readRecord } from "../../site/static/record.mjs";

const { catalogue, pairs, texts, today } = JSON.parse(readFileSync(0, "utf8"));

function attempt(act) {
  try {
    return act();
  } catch (error) {
    return error.message;
  }
}

const read = (record) => readRecord(JSON.stringify(record), "progress.json", catalogue);
const both = pairs.map(([ours, theirs]) => merged(read(ours), read(theirs)));
const report = {
  merged: both.map((record) => JSON.parse(asText(record, catalogue))),
  overviews: both.map((record) => overview(record, catalogue, today)),
  refused: texts.map((text) => attempt(() => readRecord(text, "progress.json", catalogue))),
};
console.log(JSON.stringify(report));
