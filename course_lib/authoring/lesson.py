"""Read a lesson: ``solutions/NN_slug.py`` in jupytext's percent format, its only file that is edited by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext

from course_lib.checking.exercise import Exercise
from course_lib.exercises import defined_in

_KNOWN_METADATA = {"tags", "exercise", "written", "points"}


class LessonError(ValueError):
    """A lesson cannot be built; the message names file and cell, and says what to do."""


@dataclass(frozen=True)
class Cell:
    """A cell as the author wrote it.

    Attributes:
        kind: ``"markdown"`` or ``"code"``.
        source: the cell's text.
        place: file, cell and line, for messages.
        tags: such as ``"nbval-check-output"``.
        exercise: id of the cell's exercise, or None.
        written: id of the cell's written answer, or None; a person gives its points.
        points: points for a written answer.
    """

    kind: str
    source: str
    place: str
    tags: tuple[str, ...] = ()
    exercise: str | None = None
    written: str | None = None
    points: int = 0


@dataclass(frozen=True)
class Lesson:
    """A lesson as the author wrote it."""

    path: Path
    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        """The name of its files, such as ``"03_iou_and_dice_by_hand"``."""
        return self.path.stem

    @property
    def number(self) -> str:
        """Two digits."""
        return self.name[:2]

    @property
    def folder(self) -> str:
        """The folder of its exercises, for messages."""
        return f"course_lib/exercises/l{self.name}"

    @property
    def label(self) -> str:
        """The file, for messages."""
        return f"{self.path.parent.name}/{self.path.name}"


def read_lesson(path: Path) -> Lesson:
    """Read a lesson.

    Raises:
        LessonError: it holds something that the builder does not know.
    """
    text = path.read_text(encoding="utf-8")
    found = jupytext.reads(text, fmt="py:percent").cells
    starts = [number for number, line in enumerate(text.splitlines(), 1) if line.startswith("# %%")]
    cells = []
    for number, cell in enumerate(found, 1):
        place = f"{path.parent.name}/{path.name}, cell {number}"
        if len(starts) == len(found):
            place += f" (line {starts[number - 1]})"
        cells.append(_read_cell(cell, place))
    return Lesson(path, tuple(cells))


def _read_cell(cell: Any, place: str) -> Cell:
    metadata = {key: value for key, value in cell.metadata.items() if key != "lines_to_next_cell"}
    unknown = sorted(set(metadata) - _KNOWN_METADATA)
    if unknown:
        raise LessonError(
            f'{place}: {", ".join(unknown)} is unknown after # %%: a cell may have tags=["..."], exercise="id", or '
            'written="id" points=2.'
        )
    if cell.cell_type not in ("markdown", "code"):
        raise LessonError(f"{place}: a {cell.cell_type} cell; use # %% or # %% [markdown].")
    written, points = metadata.get("written"), metadata.get("points", 0)
    if (written or points) and (
        cell.cell_type != "markdown" or not written or type(points) is not int or points < 1
    ):
        raise LessonError(
            f'{place}: a written answer is # %% [markdown] written="id" points=2, with whole points.'
        )
    tags = tuple(metadata.get("tags", ()))
    return Cell(cell.cell_type, cell.source, place, tags, metadata.get("exercise"), written, points)


def exercises_of(lesson: Lesson) -> tuple[Exercise, ...]:
    """Return the exercises that the files of a lesson's folder define, in the order of its cells.

    Raises:
        LessonError: an exercise is not registered as it should be.
    """
    try:
        defined = defined_in(lesson.name)
    except ValueError as error:
        raise LessonError(f"{lesson.folder}: {error}") from error
    in_cells = dict.fromkeys(cell.exercise for cell in lesson.cells if cell.exercise in defined)
    return tuple(defined[name] for name in in_cells | dict.fromkeys(defined))
