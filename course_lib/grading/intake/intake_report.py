"""A report of the class's work that was read, shown before anything is graded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from course_lib.grading.plain_text import one_line
from course_lib.wording import counted

_SHOWN = 20


@dataclass(frozen=True)
class Intake:
    """How many students handed in how many notebooks of which lessons, and what was left out.

    Attributes:
        layout: how the files were arranged: a platform's name, or a phrase.
        students: the number of students.
        notebooks: the number of notebooks that count, by lesson.
        left: the files that were left out, and why.
    """

    layout: str
    students: int
    notebooks: Mapping[str, int] = field(default_factory=dict)
    left: tuple[tuple[str, str], ...] = ()

    def lines(self, at_most: int = _SHOWN) -> list[str]:
        """Return the report in plain lines, with the first of the files that were left out."""
        lessons = ", ".join(f"{count} of {name}" for name, count in sorted(self.notebooks.items()))
        read = f"{counted(self.students, 'student')}, {counted(sum(self.notebooks.values()), 'notebook')}"
        lines = [
            f"Read as: {self.layout}.",
            f"{read}: {lessons}." if lessons else f"{read}.",
            f"Left out: {counted(len(self.left), 'file')}{':' if self.left else '.'}",
        ]
        lines += [f"  {one_line(name, 200)}: {one_line(reason, 300)}" for name, reason in self.left[:at_most]]
        return [*lines, f"  and {len(self.left) - at_most} more."] if len(self.left) > at_most else lines


def intake_of(layout: str, students: int, lessons: Iterable[str], left: Iterable[tuple[str, str]]) -> Intake:
    """Count what was read."""
    return Intake(layout, students, dict(sorted(Counter(lessons).items())), tuple(left))
