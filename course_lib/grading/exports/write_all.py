"""Everything that a graded class leaves behind: tables for other systems, pages for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from course_lib.files import write_text
from course_lib.grading.handout import exercises_of, title_of
from course_lib.grading.intake.report import Intake
from course_lib.grading.pages.feedback import WORDS, what_helps, write_feedback
from course_lib.grading.pages.summary import summary_text, write_summary
from course_lib.grading.pages.written import write_written
from course_lib.grading.plain_text import clean, file_name
from course_lib.grading.scoring.apply_policy import close_grades
from course_lib.grading.scoring.gradebook import Final, Gradebook, Person
from course_lib.grading.scoring.results import ExerciseGrade, SubmissionGrade
from course_lib.grading.tables import Value, key_of, number, points, write_table

NBGRADER_COLUMNS = (
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


def write_all(
    out: Path, grades: list[SubmissionGrade], policy: Path | None = None, intake: Intake | None = None
) -> None:
    """Write all that comes after scoring; the same grades and policy give the same bytes.

    In ``out``: ``grades.csv``, ``canvas.csv``, ``gradescope/STUDENT.json``, ``feedback/STUDENT/NN_slug.html``,
    ``summary.html``, ``summary.txt``, and ``written.html`` with ``written.csv`` where answers are written.

    Args:
        out: the folder of grades.
        grades: what the checks found.
        policy: ``policy.toml``, see :mod:`course_lib.grading.scoring.policy`.
        intake: what was read before anything was graded, for the summary.

    Raises:
        FileNotFoundError, ValueError: the policy, or a table that it names, is odd; nothing is written then.
    """
    book = replace(close_grades(out, grades, policy), intake=intake)
    write_grades_csv(out / "grades.csv", book)
    write_canvas_csv(out / "canvas.csv", book)
    write_gradescope(out / "gradescope", book)
    write_feedback(out / "feedback", book)
    write_written(out, book)
    write_summary(out / "summary.html", book)
    write_text(out / "summary.txt", summary_text(book))


def write_grades_csv(path: Path, book: Gradebook) -> None:
    """Write nbgrader's export columns, then one column an exercise; blank where a lesson has no such exercise."""
    columns = list(dict.fromkeys(name for lesson in book.assignments for name in book.columns(lesson)))
    rows = [(*_nbgrader_row(final, book), *_scores(final, columns)) for final in book.finals]
    write_table(path, (*NBGRADER_COLUMNS, *columns), rows)


def _nbgrader_row(final: Final, book: Gradebook) -> tuple[Value, ...]:
    person = book.people.get(key_of(final.grade.student), Person())
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


def write_canvas_csv(path: Path, book: Gradebook) -> None:
    """Write what Canvas's gradebook imports: a line a student, a column an assignment, the points possible first.

    Canvas finds a student by ID, SIS User ID or SIS Login ID; without a roster the folder's name is the login. What is
    no lesson of the course has no column.
    """
    header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    known = [name for name in book.assignments if any(final.max_score for final in book.of(name))]
    header += [book.canvas_names.get(name, name) for name in known]
    possible: list[Value] = ["    Points Possible", "", "", "", ""]
    possible += [max(final.max_score for final in book.of(name)) for name in known]
    rows = [possible]
    scores = {(final.grade.student, final.grade.assignment): final.score for final in book.finals}
    for student in book.students:
        person = book.people.get(key_of(student), Person())
        name = ", ".join(part for part in (person.last_name, person.first_name) if part) or student
        ids = (person.canvas_id, person.sis_user_id, person.sis_login_id)
        row: list[Value] = [name, *(ids if any(ids) else ("", "", student)), person.section]
        rows.append(row + [scores.get((student, assignment)) for assignment in known])
    write_table(path, header, rows)


def write_gradescope(folder: Path, book: Gradebook) -> None:
    """Write Gradescope's results.json, one a student; what is for the instructor alone is hidden there."""
    for student in book.students:
        finals = [final for final in book.finals if final.grade.student == student]
        text = json.dumps(_results(finals), indent=1, ensure_ascii=False, sort_keys=True)
        write_text(folder / f"{file_name(student)}.json", text + "\n")


def _results(finals: list[Final]) -> dict[str, Any]:
    return {
        "score": points(sum(final.score for final in finals)),
        "output": "\n".join(_headline(final) for final in finals),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [test for final in finals for test in _tests(final)],
        "extra_data": {final.grade.assignment: final.score for final in finals},
    }


def _headline(final: Final) -> str:
    line = f"{title_of(final.grade.assignment)}: {number(final.score)} of {number(final.max_score)} points."
    if final.penalty:
        line += f" {number(final.penalty)} points were taken for {final.days_late} days of lateness."
    return clean(f"{line} {final.grade.reason}".strip())


def _tests(final: Final) -> Iterator[dict[str, Any]]:
    known = exercises_of(final.grade.assignment)
    for place, grade in enumerate(final.grade.exercises, 1):
        exercise = known.get(grade.exercise_id)
        yield {
            "name": exercise.title if exercise else clean(grade.exercise_id),
            "number": f"{final.grade.lesson.lstrip('0') or 0}.{place}",
            "score": points(grade.score),
            "max_score": points(grade.max_score),
            "status": "passed" if grade.status == "passed" else "failed",
            "output": _output(grade, final.comments.get(grade.exercise_id, "")),
            "output_format": "text",
            "visibility": "visible",
        }
    for manual in final.manual:
        yield {
            "name": clean(manual.id),
            "score": points(manual.score or 0),
            "max_score": points(manual.max_score),
            "output": clean(
                manual.comment if manual.score is not None else "A person will give these points."
            ),
            "output_format": "text",
            "visibility": "visible",
        }
    private = [f"{grade.exercise_id}: {flag}" for grade in final.grade.exercises for flag in grade.flags]
    private += final.grade.notes
    if private:
        yield {
            "name": f"{final.grade.assignment}: for the instructor",
            "output": clean("\n".join(private)),
            "output_format": "text",
            "visibility": "hidden",
        }


def _output(grade: ExerciseGrade, comment: str) -> str:
    sign, word = WORDS.get(grade.status, ("?", grade.status))
    lines = [f"{sign} {word}", grade.message, *(f"{name}: {value}" for name, value in grade.worked)]
    return clean("\n".join(line for line in [*lines, what_helps(grade), comment] if line))
