// A learner's record: what is passed of every exercise, and when a question is due again. No browser is needed here.
// course_lib/learner/carry.py reads and merges it in the same way on a laptop. Tests give both the same cases.

const CHOOSE = "choose the file that Export on this page, or `course progress --export` on a laptop, has written.";
const DAMAGED =
  "The record in this browser, work/progress.json, is damaged: import one that you have exported, or check an exercise " +
  "again; the damaged one is kept beside it.";

class NewerRelease extends Error {}

// Return what a file records. The catalogue is what the site was built with: see site/progress_page.py.
// An Error says in one sentence why the file is refused.
export function readRecord(text, name, catalogue) {
  const written = parsed(text, name);
  if (written.version > catalogue.version) {
    throw new NewerRelease(
      `${name} is of a newer release of the course, in form ${written.version}, where this site reads ` +
        `${catalogue.version}: keep the file, and import it again when the site is of that release.`,
    );
  }
  try {
    return {
      exercises: readExercises(written.exercises, catalogue.former),
      questions: readQuestions(written.questions ?? {}, catalogue.days),
    };
  } catch (error) {
    throw refusal(name, error.message);
  }
}

// Return the record that lessons have written, from the texts of their two files, undefined where there is none. As on
// a laptop a damaged file counts as empty; `damage` is an Error that says so. A newer release's is not to be touched.
export function readOwn(progress, questions, catalogue) {
  const record = { exercises: {}, questions: answered(questions, catalogue.days) };
  try {
    const { exercises } = progress === undefined ? record : readRecord(progress, "progress.json", catalogue);
    return { record: { ...record, exercises }, damage: null };
  } catch (error) {
    if (error instanceof NewerRelease) {
      throw error;
    }
    return { record, damage: new Error(DAMAGED) };
  }
}

// Return one record of what was done in two places. Nothing that was passed, earned or tried is lost.
export function merged(ours, theirs) {
  return {
    exercises: mergedBy(ours.exercises, theirs.exercises, (one, other) => ({
      passed: one.passed || other.passed,
      best_score: Math.max(one.best_score, other.best_score),
      tries: [...new Set([...one.tries, ...other.tries])],
      hints: Math.max(one.hints, other.hints),
    })),
    questions: mergedBy(ours.questions, theirs.questions, (one, other) => {
      const sooner = one.day === other.day ? other.due < one.due : other.day > one.day;
      return sooner ? other : one;
    }),
  };
}

// Return the text of the file that is exported. Without its questions it is what the lessons write.
export function asText(record, catalogue) {
  return `${JSON.stringify({ version: catalogue.version, ...record }, null, 1)}\n`;
}

// Return what is done of each lesson and of all, what is next, and which questions are due on a day, "2026-03-02".
export function overview(record, catalogue, today) {
  const isPassed = (exercise) => record.exercises[exercise.id]?.passed ?? false;
  const lessons = catalogue.lessons.map((lesson) => {
    const done = lesson.exercises.filter(isPassed);
    return {
      number: lesson.number,
      done: done.length,
      exercises: lesson.exercises.length,
      points: sum(done),
      most: sum(lesson.exercises),
      due: lesson.questions.filter((id) => isDue(record.questions[id], today)).length,
      next: lesson.exercises.find((exercise) => !isPassed(exercise))?.id ?? null,
    };
  });
  const total = {};
  for (const name of ["done", "exercises", "points", "most", "due"]) {
    total[name] = lessons.reduce((sum, lesson) => sum + lesson[name], 0);
  }
  return { lessons, total, next: lessons.find((lesson) => lesson.next)?.next ?? null };
}

function parsed(text, name) {
  let written;
  try {
    written = JSON.parse(text);
  } catch {
    throw refusal(name, "it is not JSON");
  }
  if (isObject(written) && "cells" in written) {
    throw refusal(name, "it is a notebook");
  }
  if (!isObject(written) || !("exercises" in written) || !Number.isInteger(written.version)) {
    throw refusal(name, "it has no version or no exercises");
  }
  return written;
}

function refusal(name, why) {
  return new Error(`${name} is not a record of progress, because ${why}: ${CHOOSE}`);
}

function readExercises(entries, former) {
  if (!isObject(entries)) {
    throw new Error("its exercises are not listed by their ids");
  }
  const isFormer = (id) => Object.hasOwn(former, id);
  const found = Object.entries(entries).sort(([one], [other]) => isFormer(other) - isFormer(one));
  return sorted(found.map(([id, entry]) => [isFormer(id) ? former[id] : id, readExercise(id, entry)]));
}

function readExercise(id, entry) {
  const { passed = false, best_score = 0, tries = [], hints = 0, ...unknown } = isObject(entry) ? entry : {};
  const isWhole = (number) => Number.isInteger(number) && number >= 0;
  const isRecord =
    isObject(entry) &&
    Object.keys(unknown).length === 0 &&
    typeof passed === "boolean" &&
    typeof best_score === "number" &&
    best_score >= 0 &&
    Array.isArray(tries) &&
    [...tries, hints].every(isWhole);
  if (!isRecord) {
    throw new Error(`its record of '${id}' is damaged`);
  }
  return { passed, best_score, tries, hints };
}

function readQuestions(entries, days) {
  if (!isObject(entries)) {
    throw new Error("its questions are not listed by their ids");
  }
  return sorted(Object.entries(entries).map(([id, entry]) => [id, readQuestion(id, entry, days)]));
}

function readQuestion(id, entry, days) {
  const written = isObject(entry) && "box" in entry ? ofBox(entry, days) : entry;
  const { day, due, stability, difficulty } = isObject(written) ? written : {};
  const isPositive = (number) => Number.isFinite(number) && number > 0;
  if (![day, due].every(isDay) || due < day || ![stability, difficulty].every(isPositive)) {
    throw new Error(`its record of the question '${id}' is damaged`);
  }
  return { day, due, stability, difficulty };
}

// Return a history as it is written now, from one that an earlier release wrote: a box and a day.
function ofBox({ box, day }, days) {
  const waits = Number.isInteger(box) ? days[box] : undefined;
  return waits && { day, due: plusDays(day, waits), stability: waits, difficulty: 5 };
}

function answered(text, days) {
  try {
    return readQuestions(JSON.parse(text), days);
  } catch {
    return {};
  }
}

function mergedBy(ours, theirs, merge) {
  const isBoth = (id) => Object.hasOwn(ours, id) && Object.hasOwn(theirs, id);
  const all = Object.entries({ ...theirs, ...ours });
  return sorted(all.map(([id, entry]) => [id, isBoth(id) ? merge(ours[id], theirs[id]) : entry]));
}

function isDue(answered, today) {
  return answered !== undefined && answered.due <= today;
}

function isDay(text) {
  return text !== "" && plusDays(text, 0) === text;
}

// Return the day that comes some days after another; anything that is no such day gives "".
function plusDays(day, count) {
  const date = /^\d{4}-\d\d-\d\d$/.test(day) ? new Date(`${day}T00:00:00Z`) : new Date(NaN);
  date.setUTCDate(date.getUTCDate() + count);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString().slice(0, 10);
}

function sorted(entries) {
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)));
}

function sum(exercises) {
  return exercises.reduce((points, exercise) => points + exercise.points, 0);
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
