"""One page per student and lesson: the call, what it returned, what helps. Hidden cases stay hidden."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from course_lib.checking.exercise import Exercise
from course_lib.checking.render import WORDS as CHECK_WORDS
from course_lib.grading.assignment import exercises_by_id, title_of
from course_lib.grading.pages import page
from course_lib.grading.plain_text import file_name
from course_lib.grading.scoring.gradebook import Final, Gradebook
from course_lib.grading.scoring.results import ExerciseGrade
from course_lib.grading.tables import number

WORDS = CHECK_WORDS | {
    "missing": ("?", "Not found"),
    "stopped": ("■", "Stopped"),
    "not graded": ("?", "Not graded"),
}
"""The sign and the word of every status: those of the checks, and two that only grading knows."""


def write_feedback(folder: Path, book: Gradebook) -> None:
    """Write ``folder/STUDENT/NN_slug.html`` for every grade."""
    for final in book.finals:
        path = folder / file_name(final.grade.student) / file_name(f"{final.grade.assignment}.html")
        page.write_page(
            path,
            "feedback.html.j2",
            title_of(final.grade.assignment),
            final=final,
            penalty=_penalty(final),
            exercises=_exercises(final),
        )


def what_helps(grade: ExerciseGrade) -> str:
    """Return what to do about a wrong answer, in addition to its message; empty if there is nothing to add."""
    if grade.status == "passed":
        return ""
    if grade.status == "missing":
        return "Keep the exercise's cell and the name of its function as they were handed out."
    name = grade.exercise_id
    if grade.status == "not attempted":
        return f'Write it where the cell says "YOUR CODE HERE". hint("{name}") helps you start.'
    if "check(" in grade.message or grade.status == "stopped":
        return f'In the notebook, hint("{name}") helps.'
    return f'In the notebook, check("{name}") shows a case that fails and hint("{name}") helps.'


def _penalty(final: Final) -> str:
    if not final.penalty:
        return ""
    days = "1 day" if final.days_late == 1 else f"{final.days_late} days"
    return (
        f"{number(final.raw_score)} points before the late penalty; handed in {days} late, which costs "
        f"{number(final.penalty)}."
    )


def _exercises(final: Final) -> list[dict[str, Any]]:
    known = exercises_by_id(final.grade.assignment)
    return [
        _shown(grade, known.get(grade.exercise_id), final.comments.get(grade.exercise_id, ""))
        for grade in final.grade.exercises
    ]


def _shown(grade: ExerciseGrade, exercise: Exercise | None, comment: str) -> dict[str, Any]:
    """Return what the template shows of a grade."""
    sign, word = WORDS.get(grade.status, ("?", grade.status))
    says_why = grade.status == "passed" and exercise and exercise.why not in grade.message
    return {
        "grade": grade,
        "heading": f"{sign} {word}: {exercise.title if exercise else grade.exercise_id}",
        "help": what_helps(grade),
        "why": exercise.why if exercise and says_why else "",
        "comment": comment,
    }
