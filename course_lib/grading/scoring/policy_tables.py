"""The tables that a policy names: people's points, times of submission, the roster."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from math import isfinite
from pathlib import Path

from course_lib.former_names import current_id
from course_lib.grading.intake.identity import check_one, identity
from course_lib.grading.scoring.gradebook import Person
from course_lib.grading.tables import Row, points, read_table

_PEOPLE = ("last_name", "first_name", "email", "canvas_id", "sis_user_id", "sis_login_id", "section")
_IDS = ("email", "canvas_id", "sis_user_id", "sis_login_id")


@dataclass(frozen=True)
class Override:
    """Points that a person gave."""

    student: str
    exercise: str
    score: float
    comment: str
    place: str


def read_overrides(paths: Collection[Path]) -> list[Override]:
    """Read people's points. Of two lines for the same student and exercise the later counts; a blank score does not.

    Raises:
        FileNotFoundError, ValueError: a file is missing, or a line is wrong; the message names it.
    """
    found = {}
    for path in paths:
        for row in read_table(path, ("student", "exercise", "score")):
            if not row["student"] or not row["exercise"]:
                raise ValueError(f"{row.place}: the line needs a student and an exercise.")
            if row["score"]:
                score, exercise = read_score(row), current_id(row["exercise"])
                found[row["student"], exercise] = Override(
                    row["student"], exercise, score, row["comment"], row.place
                )
    return list(found.values())


def read_score(row: Row) -> float:
    """Return the score of a line; the decimal separator may be a comma.

    Raises:
        ValueError: it is not a number of 0 or more.
    """
    try:
        score = float(row["score"].replace(",", "."))
    except ValueError:
        score = -1.0
    if not isfinite(score) or score < 0:
        raise ValueError(f"{row.place}: the score is {row['score']!r}, but it must be a number of 0 or more.")
    return points(score)


def read_times(path: Path | None, zone: tzinfo) -> dict[tuple[str, str], datetime]:
    """Read when work was handed in, by student and assignment; a line without an assignment holds for all of them.

    Of several times for the same work the latest counts.

    Raises:
        FileNotFoundError, ValueError: the file is missing, or a time is wrong; the message names the line.
    """
    found: dict[tuple[str, str], datetime] = {}
    for row in read_table(path, ("student", "submitted")) if path else ():
        if row["submitted"]:
            key, time = (row["student"], row["assignment"]), _time(row, zone)
            found[key] = max(time, found.get(key, time))
    return found


def _time(row: Row, zone: tzinfo) -> datetime:
    try:
        time = datetime.fromisoformat(row["submitted"])
    except ValueError:
        raise ValueError(
            f"{row.place}: the time is {row['submitted']!r}, but it must look like 2026-11-20 23:59:00."
        ) from None
    return time if time.tzinfo else time.replace(tzinfo=zone)


def read_roster(path: Path | None) -> dict[str, Person]:
    """Read who the students are; unknown columns are kept in ``extra``.

    A student may have several lines, as in ``collected.csv``, as long as they agree about the student.

    Raises:
        FileNotFoundError, ValueError: the file is missing, has no column ``student``, or gives one student two
            ids, or two students the same id.
    """
    people: dict[str, Person] = {}
    names: dict[str, str] = {}
    ids: dict[str, str] = {}
    for row in read_table(path, ("student",)) if path else ():
        student = row["student"]
        extra = {name: cell for name, cell in row.cells.items() if name not in ("student", *_PEOPLE)}
        person = Person(**{name: row[name] for name in _PEOPLE}, extra=extra)
        known = people.setdefault(student, person)
        if replace(known, extra={}) != replace(person, extra={}):
            raise ValueError(
                f"{row.place}: {student} has another line with different values; keep one of them."
            )
        try:
            check_one(
                names, identity(student), student, "their names differ only in case, in accents or in spaces"
            )
            for column in _IDS:
                if row[column]:
                    check_one(
                        ids, f"{column} {row[column]}", student, f"both have the {column} {row[column]}"
                    )
        except ValueError as error:
            raise ValueError(f"{row.place}: {error}") from None
    return people
