"""``gradescope/STUDENT.json``: Gradescope's results.json, one per student."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course_lib.files import write_text
from course_lib.grading.assignment import exercises_by_id, title_of
from course_lib.grading.pages.feedback import WORDS, what_helps
from course_lib.grading.plain_text import clean, file_name
from course_lib.grading.scoring.gradebook import Final, Gradebook
from course_lib.grading.scoring.results import ExerciseGrade
from course_lib.grading.tables import number, points


def write_gradescope(out: Path, book: Gradebook) -> None:
    """Write a file per student; remarks for the instructor are hidden in it."""
    for student in book.students:
        finals = [final for final in book.finals if final.grade.student == student]
        text = json.dumps(_results(finals), indent=1, ensure_ascii=False, sort_keys=True)
        write_text(out / "gradescope" / f"{file_name(student)}.json", text + "\n")


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
    known = exercises_by_id(final.grade.assignment)
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
