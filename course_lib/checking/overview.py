"""Progress over all lessons, as HTML and as plain text with the same content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from course_lib.templates import render

_BAR = 10  # characters


@dataclass(frozen=True)
class LessonProgress:
    """What a learner has done in a lesson, or in all of them.

    Attributes:
        number: two digits; empty for all lessons together.
        title: the lesson's title.
        notebook: the name of its file, which is in the same folder as the other notebooks.
        done: exercises passed.
        exercises: exercises in the lesson.
        points: points earned.
        most: points available.
    """

    number: str
    title: str
    notebook: str
    done: int
    exercises: int
    points: int
    most: int

    @property
    def state(self) -> str:
        """How far the lesson is, in one word."""
        return "done" if self.done == self.exercises else "started" if self.done and self.number else ""

    @property
    def name(self) -> str:
        """Number and title."""
        return f"{self.number} {self.title}".strip()

    def filled(self, whole: int) -> int:
        """Return how much of a bar is filled: all of it only if all is done, some of it if anything is."""
        share = round(whole * self.done / max(1, self.exercises))
        return min(max(share, self.done > 0), whole if self.state == "done" else whole - 1)


@dataclass(frozen=True)
class Following:
    """The exercise to do next."""

    title: str
    exercise_id: str
    lesson: LessonProgress


class Overview:
    """All lessons, their total, and what is next: a panel in a notebook, lines elsewhere."""

    title = "Your progress"

    def __init__(self, lessons: Sequence[LessonProgress], following: Following | None) -> None:
        self.lessons, self.following = lessons, following
        sums = (sum(getattr(lesson, name) for lesson in lessons) for name in _COUNTED)
        self.total = LessonProgress("", "all lessons", "", *sums)

    @property
    def rows(self) -> list[LessonProgress]:
        """The lessons, and their total."""
        return [*self.lessons, self.total]

    @property
    def next_text(self) -> str:
        """What is next, in a sentence."""
        if self.following is None:
            return "You have passed everything."
        exercise = self.following
        return f"Next: {exercise.title} ({exercise.exercise_id}), in {exercise.lesson.notebook}."

    def text(self) -> str:
        """Return one line per lesson, and what is next."""
        width = max(len(lesson.title) for lesson in self.rows)
        return "\n".join([*(_line(lesson, width) for lesson in self.rows), self.next_text])

    def __repr__(self) -> str:
        return f"{self.title}\n{self.text()}"

    def _repr_html_(self) -> str:
        return render("checking/templates/overview.html.j2", overview=self)


_COUNTED = ("done", "exercises", "points", "most")


def _line(lesson: LessonProgress, width: int) -> str:
    bar = f"[{'#' * lesson.filled(_BAR):<{_BAR}}]"
    exercises = f"{lesson.done:>2} of {lesson.exercises:>2} exercises"
    points = f"{lesson.points:>3} of {lesson.most:>3} points"
    name = f"{lesson.number:>2}  {lesson.title:<{width}}"
    return "  ".join((name, bar, exercises, points, lesson.state)).rstrip()
