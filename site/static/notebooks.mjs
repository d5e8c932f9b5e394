// Which lesson a notebook belongs to, and which release of the course: its set-up cell says both.

const OPENED = /open_lesson\("(\d\d)", release="([^"]+)"/;

// Return the path at which this site opens a notebook. An Error says in one sentence why it is refused.
export function notebookOf(text, name, catalogue) {
  const number = setUp(text)?.[1];
  if (number === undefined) {
    throw new Error(`${name} is not a notebook of this course, so nothing was changed: choose the notebook of a lesson.`);
  }
  const lesson = catalogue.lessons.find((lesson) => lesson.number === number);
  if (!lesson?.notebook) {
    throw new Error(`${name} is of lesson ${number}, which does not run in a browser: open it on a laptop, in work/.`);
  }
  return lesson.notebook;
}

// Return the release that a notebook was handed out with, or null.
export function releaseOf(text) {
  return setUp(text)?.[2] ?? null;
}

function setUp(text) {
  try {
    const sources = JSON.parse(text).cells.map((cell) => [cell.source].flat().join(""));
    return sources.map((source) => OPENED.exec(source)).find(Boolean) ?? null;
  } catch {
    return null;
  }
}
