"""``course lint``: the rules that CI applies to lessons and their exercises."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from course_lib.authoring.build import ExercisesOf, pages_that_quote
from course_lib.authoring.lesson import LessonError, exercises_of, read_lesson
from course_lib.authoring.lint_exercises import Trial, check_form, place_of, try_answers
from course_lib.authoring.lint_figures import check_figures
from course_lib.authoring.lint_lessons import Draft, check_lesson
from course_lib.authoring.problems import Problem
from course_lib.authoring.quotes import as_written
from course_lib.checking.exercise import Exercise

NAMED_AT_LEAST = 0.9
"""The share of a lesson's misconceptions that must be recognised."""


@dataclass(frozen=True)
class Row:
    """A lesson's row in the table: its exercises and points, and how the answers that come with them were judged."""

    lesson: str
    exercises: int
    points: int
    rejected: int
    let_through: int
    named: int
    judged: int

    @property
    def share_named(self) -> float:
        """The share of misconceptions that were recognised."""
        return self.named / self.judged if self.judged else 1.0


@dataclass(frozen=True)
class Findings:
    """What the linter found in some lessons."""

    problems: tuple[Problem, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class _LessonFindings:
    """What was found in one lesson; where each exercise id is defined, because two lessons must not share one."""

    problems: list[Problem]
    rows: list[Row]
    places: list[tuple[str, str]]


def lint(paths: Sequence[Path], exercises_of: ExercisesOf = exercises_of, workers: int = 1) -> Findings:
    """Lint lessons, and their exercises.

    Args:
        paths: the lessons' sources.
        exercises_of: gives a lesson's exercises; with several workers it must be a function of a module.
        workers: processes that share the lessons.
    """
    lint_one = partial(_lint_lesson, exercises_of=exercises_of)
    if workers > 1:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            lessons = list(pool.map(lint_one, paths))
    else:
        lessons = [lint_one(path) for path in paths]
    problems = [problem for lesson in lessons for problem in lesson.problems]
    problems += _shared_ids([place for lesson in lessons for place in lesson.places])
    return Findings(tuple(problems), tuple(row for lesson in lessons for row in lesson.rows))


def _lint_lesson(path: Path, exercises_of: ExercisesOf) -> _LessonFindings:
    try:
        lesson = read_lesson(path)
        exercises = exercises_of(lesson)
        draft = Draft.of(lesson, exercises)
    except LessonError as error:
        place, _, message = str(error).partition(": ")
        return _LessonFindings([Problem(place, message)], [], [])
    problems = [*check_lesson(draft)]
    for exercise in exercises:
        problems += check_form(exercise, lesson.number)
    found, row = _judge_lesson(lesson.name, exercises)
    places = [(exercise.id, place_of(exercise)) for exercise in exercises]
    return _LessonFindings([*problems, *found], [row], places)


def _shared_ids(places: Sequence[tuple[str, str]]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for id, place in places:
        if id in first:
            yield Problem(place, f"{first[id]} has this id, too")
        first.setdefault(id, place)


def lint_pages(root: Path) -> list[Problem]:
    """Lint the figures that the README and the pages of ``docs/`` quote; those that they type are left to people."""
    return [
        problem
        for page in pages_that_quote(root)
        for problem in check_figures(
            as_written(page.read_text(encoding="utf-8")),
            page.relative_to(root).as_posix(),
            root,
            may_type=True,
        )
    ]


def _judge_lesson(name: str, exercises: Sequence[Exercise]) -> tuple[list[Problem], Row]:
    trials = [try_answers(exercise) for exercise in exercises]
    problems = [problem for trial in trials for problem in trial.problems]
    row = Row(
        name,
        len(exercises),
        sum(exercise.points for exercise in exercises),
        sum(trial.rejected for trial in trials),
        sum(trial.let_through for trial in trials),
        sum(trial.named for trial in trials),
        sum(trial.judged for trial in trials),
    )
    if row.share_named < NAMED_AT_LEAST:
        problems.append(Problem(f"lesson {name}", _too_few_named(row, trials)))
    return problems, row


def _too_few_named(row: Row, trials: Sequence[Trial]) -> str:
    unnamed = "; ".join(text for trial in trials for text in trial.unnamed)
    return (
        f"{row.share_named:.0%} of the misconceptions are recognised; at least {NAMED_AT_LEAST:.0%} "
        f"are expected: {unnamed}"
    )


def as_table(rows: Sequence[Row]) -> str:
    """Return the lessons as a Markdown table, with a row for all of them."""
    total = Row(
        "all",
        *(
            sum(getattr(row, column) for row in rows)
            for column in ("exercises", "points", "rejected", "let_through", "named", "judged")
        ),
    )
    header = (
        "| lesson | exercises | points | right answers rejected | misconceptions accepted "
        "| misconceptions recognised |\n|---|---|---|---|---|---|"
    )
    return "\n".join([header, *(_table_row(row) for row in (*rows, total))])


def _table_row(row: Row) -> str:
    named = f"{row.share_named:.0%} of {row.judged}"
    cells = (row.lesson, row.exercises, row.points, row.rejected, row.let_through, named)
    return f"| {' | '.join(map(str, cells))} |"
