"""``grades.csv``: nbgrader's export columns, then one column per exercise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from course_lib.grading.scoring.gradebook import Final, Gradebook
from course_lib.grading.tables import Value, points, write_table

COLUMNS = (
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
)


def write_nbgrader(out: Path, book: Gradebook) -> None:
    """Write ``grades.csv``; a cell is blank if the lesson has no such exercise."""
    columns = list(dict.fromkeys(name for lesson in book.assignments for name in book.columns(lesson)))
    rows = [(*_nbgrader_row(final, book), *_scores(final, columns)) for final in book.finals]
    write_table(out / "grades.csv", (*COLUMNS, *columns), rows)


def _nbgrader_row(final: Final, book: Gradebook) -> tuple[Value, ...]:
    person = book.person(final.grade.student)
    return (
        final.grade.assignment,
        _time(final.due),
        _time(final.submitted),
        final.grade.student,
        person.last_name,
        person.first_name,
        person.email,
        final.raw_score,
        final.penalty,
        final.score,
        final.max_score,
    )


def _time(time: datetime | None) -> str:
    """Return a time as nbgrader writes it: in UTC, without saying so."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if time else ""


def _scores(final: Final, columns: list[str]) -> Iterator[Value]:
    found: dict[str, Value] = {grade.exercise_id: points(grade.score) for grade in final.grade.exercises}
    found |= {manual.id: manual.score for manual in final.manual}
    return (found.get(name) for name in columns)
