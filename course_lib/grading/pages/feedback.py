"""One page a student and lesson: what was called, what came back, what helps. Hidden cases stay hidden."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from course_lib.checking.exercise import Exercise
from course_lib.checking.render import WORDS as CHECK_WORDS
from course_lib.grading.handout import exercises_of, title_of
from course_lib.grading.pages import page
from course_lib.grading.plain_text import file_name
from course_lib.grading.scoring.gradebook import Final, Gradebook, Manual
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
        page.write_page(path, title_of(final.grade.assignment), list(_parts(final)))


def what_helps(grade: ExerciseGrade) -> str:
    """Return what to do about a wrong answer, beside its message; empty where nothing is to be done."""
    if grade.status == "passed":
        return ""
    if grade.status == "missing":
        return "Keep the cell of the exercise, and the name of its function, as they were handed out."
    name = grade.exercise_id
    if grade.status == "not attempted":
        return f'Write it where "YOUR CODE HERE" stands. hint("{name}") gives a start.'
    if "check(" in grade.message or grade.status == "stopped":
        return f'In the notebook, hint("{name}") helps.'
    return f'In the notebook, check("{name}") shows a case that fails and hint("{name}") helps.'


def _parts(final: Final) -> Iterator[str]:
    yield page.paragraph(f"Feedback for {final.grade.student}")
    yield f"<p><strong>{number(final.score)} of {number(final.max_score)} points</strong></p>"
    if final.penalty:
        days = "1 day" if final.days_late == 1 else f"{final.days_late} days"
        yield page.paragraph(
            f"{number(final.raw_score)} points were reached; handed in {days} late, which costs "
            f"{number(final.penalty)}."
        )
    if final.grade.reason:
        yield page.section("This could not be scored", page.paragraph(final.grade.reason), "other")
    known = exercises_of(final.grade.assignment)
    for grade in final.grade.exercises:
        yield _exercise(grade, known.get(grade.exercise_id), final.comments.get(grade.exercise_id, ""))
    for manual in final.manual:
        yield _manual(manual)


def _exercise(grade: ExerciseGrade, exercise: Exercise | None, comment: str) -> str:
    sign, word = WORDS.get(grade.status, ("?", grade.status))
    title = exercise.title if exercise else grade.exercise_id
    content = [_points(grade.score, grade.max_score)]
    if grade.cases:
        content.append(page.paragraph(f"{grade.cases_passed} of {grade.cases} cases right."))
    content.append(page.paragraph(grade.message))
    content.append(page.facts(grade.worked))
    content.append(page.paragraph(what_helps(grade)))
    if grade.status == "passed" and exercise and exercise.why not in grade.message:
        content.append(page.paragraph(exercise.why))
    content.append(page.paragraph(comment))
    kind = "passed" if grade.status == "passed" and grade.score else "other"
    return page.section(f"{sign} {word}: {title}", "\n".join(part for part in content if part), kind)


def _manual(manual: Manual) -> str:
    if manual.score is None:
        state = (
            "No answer was found."
            if manual.written and not manual.text
            else "A person will give these points."
        )
        content = [page.paragraph(f"Up to {number(manual.max_score)} points. {state}")]
    else:
        content = [_points(manual.score, manual.max_score), page.paragraph(manual.comment)]
    if manual.text:
        content.append(f"<p>Your answer:</p>\n<pre>{page.text(manual.text)}</pre>")
    return page.section(
        manual.id, "\n".join(part for part in content if part), "passed" if manual.score else ""
    )


def _points(score: float, most: float) -> str:
    return f"<p><strong>{number(score)} of {number(most)} points</strong></p>"
