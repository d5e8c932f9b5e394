"""Progress over all lessons, as HTML and as plain text with the same content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from course_lib.templates import render

_BAR = 10  # characters


@dataclass(frozen=True)
class LessonProgress:
    """What is done of a lesson, or of all of them.

    Attributes:
        number: two digits; nothing for all lessons together.
        title: what a reader calls it.
        notebook: the file's name, which stands beside the other notebooks.
        done: exercises that are passed, of
        exercises: so many.
        points: that they gave, of
        most: so many.
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
        """What is done, in a word."""
        return "done" if self.done == self.exercises else "begun" if self.done and self.number else ""

    @property
    def name(self) -> str:
        """Number and title."""
        return f"{self.number} {self.title}".strip()

    def filled(self, whole: int) -> int:
        """Return how much of a bar is filled: all of it only where all is done, some of it where anything is."""
        share = round(whole * self.done / max(1, self.exercises))
        return min(max(share, self.done > 0), whole if self.state == "done" else whole - 1)


@dataclass(frozen=True)
class Following:
    """The exercise to do next."""

    title: str
    exercise_id: str
    lesson: LessonProgress


class Overview:
    """All lessons, their sum, and what is next: a panel in a notebook, lines elsewhere."""

    title = "Your progress"

    def __init__(self, lessons: Sequence[LessonProgress], following: Following | None) -> None:
        self.lessons, self.following = lessons, following
        sums = (sum(getattr(lesson, name) for lesson in lessons) for name in _COUNTED)
        self.total = LessonProgress("", "all lessons", "", *sums)

    @property
    def rows(self) -> list[LessonProgress]:
        """The lessons, and their sum."""
        return [*self.lessons, self.total]

    @property
    def next_text(self) -> str:
        """What is next, in a sentence."""
        if self.following is None:
            return "Everything is passed."
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
