// The page "Your progress": it shows the record that lessons write in this browser, and moves it from and to files.

import { Drive } from "./drive.mjs";
import { notebookOf, releaseOf } from "./notebooks.mjs";
import { asText, merged, overview, readOwn, readRecord } from "./record.mjs";

const RECORD = "work/progress.json";
const QUESTIONS = "work/questions.json";
const LITE = new URL("lite/", document.baseURI);

const byId = (id) => document.getElementById(id);
const catalogue = JSON.parse(byId("catalogue").textContent);
const drive = new Drive(`JupyterLite Storage - ${LITE.pathname}`);

byId("export").addEventListener("click", () => attempt(exportRecord));
byId("import").addEventListener("change", (event) => attempt(() => importFiles(event.target)));
document.addEventListener("visibilitychange", () => document.hidden || attempt(show)); // back from a lesson
await attempt(show);

// Do something, and say in a sentence what came of it or what was wrong.
async function attempt(act) {
  try {
    say(await act());
  } catch (error) {
    say(error.message, "wrong");
  }
}

function say(text, kind = "right") {
  if (text) {
    byId("said").textContent = text;
    byId("said").className = `said ${kind}`;
  }
}

// --- What is done ------------------------------------------------------------------------------------------

async function show() {
  const files = await drive.read();
  const { record, damage } = readOwn(files.get(RECORD), files.get(QUESTIONS), catalogue);
  byId("record").hidden = false;
  showLessons(record, overview(record, catalogue, dayOf(new Date())));
  showNotebooks(files);
  if (damage) {
    throw damage;
  }
}

function showLessons(record, { lessons, total, next }) {
  for (const lesson of lessons) {
    const item = document.querySelector(`[data-lesson="${lesson.number}"]`);
    item.querySelector("progress").value = lesson.done;
    item.querySelector("summary").textContent = counts(lesson);
    showDue(item.querySelector(".due"), lesson.due);
  }
  for (const item of document.querySelectorAll("[data-exercise]")) {
    item.querySelector(".state").textContent = stateOf(record.exercises[item.dataset.exercise]);
  }
  byId("due").hidden = total.due === 0;
  byId("due").querySelector("span").textContent = `${dueWords(total.due)}.`;
  byId("total").textContent = `All lessons: ${counts(total)}.`;
  byId("next").replaceChildren(...nextWords(next));
}

function counts({ done, exercises, points, most }) {
  return `${done} of ${exercises} exercises, ${points} of ${most} points`;
}

function showDue(link, count) {
  if (link) {
    link.hidden = count === 0;
    link.textContent = dueWords(count);
  }
}

function dueWords(count) {
  return count === 1 ? "1 question is due again" : `${count} questions are due again`;
}

function stateOf(exercise) {
  if (exercise?.passed) {
    return "✓ passed: ";
  }
  const tries = exercise?.tries.length ?? 0;
  return tries ? `${tries} ${tries === 1 ? "try" : "tries"}: ` : "";
}

function nextWords(id) {
  if (id === null) {
    return ["You have passed everything."];
  }
  const item = document.querySelector(`[data-exercise="${id}"]`);
  const lesson = item.closest("[data-lesson]").querySelector(".lesson");
  const run = lesson.querySelector(".run")?.cloneNode(true);
  const words = ["Next: ", item.querySelector("a").cloneNode(true), " in lesson ", lesson.querySelector("a").textContent];
  return [...words, ...(run ? [" (", run, ")"] : []), "."];
}

function showNotebooks(files) {
  const paths = [...files.keys()].filter((path) => path.endsWith(".ipynb")).sort();
  byId("none").hidden = paths.length > 0;
  byId("worked").replaceChildren(...paths.map((path) => notebookItem(path, files.get(path))));
}

function notebookItem(path, text) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = `${LITE.href}notebooks/index.html?path=${encodeURIComponent(path)}`;
  link.textContent = path;
  item.append(link, " ", button("Download", path, () => download(path, text)));
  if (catalogue.lessons.some((lesson) => lesson.notebook === path)) {
    item.append(" ", button("Start again", path, () => startAgain(path)));
    const release = releaseOf(text);
    if (release && release !== catalogue.release) {
      item.append(` from release ${release} of the course; "Start again" gives you that of ${catalogue.release}`);
    }
  }
  return item;
}

function button(words, path, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = words;
  made.setAttribute("aria-label", `${words}: ${path}`);
  made.addEventListener("click", () => attempt(act));
  return made;
}

// --- To and from files -------------------------------------------------------------------------------------

async function exportRecord() {
  const files = await drive.read();
  const { record, damage } = readOwn(files.get(RECORD), files.get(QUESTIONS), catalogue);
  if (damage) {
    throw damage;
  }
  return download("progress.json", asText(record, catalogue));
}

function download(path, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = path.slice(path.lastIndexOf("/") + 1);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // some browsers read it after the click
  return `${link.download} is saved where your browser puts downloads.`;
}

async function importFiles(input) {
  const said = [];
  const refused = [];
  for (const file of input.files) {
    const take = file.name.endsWith(".ipynb") ? importNotebook : importRecord;
    await take(await file.text(), file.name).then(
      (words) => said.push(words),
      (error) => refused.push(error.message),
    );
  }
  input.value = ""; // so that the same file can be chosen again
  await show();
  if (refused.length > 0) {
    throw new Error([...refused, ...said].join(" "));
  }
  return said.join(" ");
}

async function importRecord(text, name) {
  const theirs = readRecord(text, name, catalogue);
  await drive.change((files) => {
    const { record, damage } = readOwn(files.get(RECORD), files.get(QUESTIONS), catalogue);
    const { exercises, questions } = merged(record, theirs);
    const aside = damage ? [[backupOf("work/progress.json"), files.get(RECORD)]] : [];
    return [...aside, [RECORD, asText({ exercises }, catalogue)], [QUESTIONS, `${JSON.stringify(questions, null, 1)}\n`]];
  });
  return `${name} is merged with what was here.`;
}

async function importNotebook(text, name) {
  const path = notebookOf(text, name, catalogue);
  let kept = "";
  await drive.change((files) => {
    const before = files.get(path);
    kept = before && before !== text ? backupOf(path) : "";
    return [...(kept ? [[kept, before]] : []), [path, text]];
  });
  return `${name} is now your ${path}.${kept ? ` The one before is kept as ${kept}.` : ""}`;
}

async function startAgain(path) {
  const backup = backupOf(path);
  await drive.change((files) => [[backup, files.get(path)], [path, null]]);
  await show();
  return `${path} is as it was handed out, and yours is kept as ${backup}. Is it open in a lesson? Close that first.`;
}

function backupOf(path) {
  const now = new Date();
  const two = (number) => String(number).padStart(2, "0");
  const stamp = `${dayOf(now).replaceAll("-", "")}-${[now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join("")}`;
  return path.replace(/(\.\w+)$/, `.backup-${stamp}$1`);
}

// Return a time's day where the learner is, as Python's date.today() gives it to lessons.
function dayOf(time) {
  return new Date(time - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}
