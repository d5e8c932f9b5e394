"""Progress over all lessons, as HTML and as plain text with the same content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from course_lib.checking.render import panel

_BAR = 10  # characters
# A finger or a trembling hand finds a link that is 24 pixels high.
_LINK = "color:#00558c;text-decoration:underline;display:inline-block;padding:4px 0"
_INK = "color:#111;background:#fff;border:1px solid #fff"
_CELL = f"padding:2px 14px 2px 0;text-align:left;vertical-align:baseline;{_INK}"
_NUMBER = _CELL.replace("left", "right") + ";white-space:nowrap"


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

    def text(self) -> str:
        """Return a line a lesson, and what is next."""
        width = max(len(lesson.title) for lesson in (*self.lessons, self.total))
        return "\n".join([*(_line(lesson, width) for lesson in (*self.lessons, self.total)), self._next()])

    def __repr__(self) -> str:
        return f"{self.title}\n{self.text()}"

    def _repr_html_(self) -> str:
        heads = "".join(
            f'<th scope="col" style="{style}">{name}</th>'
            for name, style in zip(("lesson", "done", "exercises", "points"), _STYLES, strict=True)
        )
        rows = "".join(_row(lesson) for lesson in (*self.lessons, self.total))
        table = f'<table style="border-collapse:collapse;margin:6px 0;background:#fff"><tr>{heads}</tr>{rows}</table>'
        following = escape(self._next())
        if self.following:
            lesson = self.following.lesson
            link = _link(lesson.notebook, f"Open lesson {lesson.number}, {lesson.title}")
            following = f"{following} {link}"
        return panel(f'<div style="font-weight:700">{self.title}</div>{table}<div>{following}</div>')

    def _next(self) -> str:
        if self.following is None:
            return "Everything is passed."
        exercise = self.following
        return f"Next: {exercise.title} ({exercise.exercise_id}), in {exercise.lesson.notebook}."


_COUNTED = ("done", "exercises", "points", "most")
_STYLES = (_CELL, _CELL, _NUMBER, _NUMBER)


def _line(lesson: LessonProgress, width: int) -> str:
    bar = f"[{'#' * _filled(lesson, _BAR):<{_BAR}}]"
    exercises = f"{lesson.done:>2} of {lesson.exercises:>2} exercises"
    points = f"{lesson.points:>3} of {lesson.most:>3} points"
    name = f"{lesson.number:>2}  {lesson.title:<{width}}"
    return "  ".join((name, bar, exercises, points, lesson.state)).rstrip()


def _row(lesson: LessonProgress) -> str:
    name = f"{lesson.number} {lesson.title}".strip()
    named = _link(lesson.notebook, name) if lesson.notebook else f"<strong>{escape(name)}</strong>"
    share = f"width:{_filled(lesson, 100)}%;height:100%;background:#005a8c"
    frame = "width:7em;height:0.8em;border:1px solid #595959;background:#fff"
    bar = f'<div aria-hidden="true" style="{frame}"><div style="{share}"></div></div>'
    counts = f"{lesson.done} of {lesson.exercises}", f"{lesson.points} of {lesson.most}"
    cells = (f'<span style="white-space:nowrap">{bar}</span>', *counts)
    state = f" ({lesson.state})" if lesson.state else ""
    rest = "".join(f'<td style="{style}">{cell}</td>' for style, cell in zip(_STYLES[1:], cells, strict=True))
    return f'<tr><th scope="row" style="{_CELL};font-weight:400">{named}{state}</th>{rest}</tr>'


def _filled(lesson: LessonProgress, whole: int) -> int:
    """Return how much of a bar is filled: all of it only where all is done, some of it where anything is."""
    share = round(whole * lesson.done / max(1, lesson.exercises))
    return min(max(share, lesson.done > 0), whole if lesson.state == "done" else whole - 1)


def _link(notebook: str, words: str) -> str:
    return f'<a href="{escape(notebook)}" style="{_LINK}">{escape(words)}</a>'
