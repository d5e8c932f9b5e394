"""Answers that are in the notebook, but not where they can be run: what happened to them, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from course_lib.grading.intake.released import Released
from course_lib.grading.intake.student_notebook import Cell, Notebook

_KINDS = {"markdown": "Markdown", "raw": "raw text"}
_KEEPING_MAGICS = ("time", "prun", "capture")
_CELL_MAGIC = re.compile(r"\s*%%(\w+)")
_INDENTED = re.compile(r"(?:[ \t]*\n)*[ \t]+\S")


def answer_names(handed_out: Released) -> dict[str, str]:
    """Return the id of each exercise of a lesson, and the name that its answer must have."""
    return {
        cell.grade_id: cell.defines[0]
        for cell in handed_out.cells
        if cell.kind == "code" and cell.is_answer and cell.defines
    }


def misplaced(
    notebook: Notebook, handed_out: Released, names: Mapping[str, str], problems: Mapping[int, str]
) -> dict[str, str]:
    """Explain what happened to answers that no cell defines when it is run.

    Args:
        notebook: a student's notebook.
        handed_out: the notebook as it was handed out.
        names: the name of the answer, by the exercise's id.
        problems: why a cell cannot be run, by the cell's number, such as ``"is not Python: invalid syntax"``.

    Returns:
        A sentence about each exercise's answer that was found misplaced, by the exercise's id.
    """
    given = {cell.source.strip() for cell in handed_out.cells if cell.kind != "code"}
    own = [cell for cell in notebook.cells if cell.kind == "code" or cell.source.strip() not in given]
    places = {cell.id: cell.grade_id for cell in handed_out.cells if cell.id and cell.is_answer}
    sentences = {}
    for exercise_id, name in names.items():
        found = [cell for cell in own if name in cell.defines]
        found += [cell for cell in own if _id_of(cell, places) == exercise_id and cell not in found]
        sentence = next(_sentences(found, exercise_id, name, problems), "")
        if sentence:
            sentences[exercise_id] = sentence
    return sentences


def _id_of(cell: Cell, places: Mapping[str, str]) -> str:
    """Return the exercise whose cell it is: by its metadata or, if they were lost, by the cell's id."""
    return cell.grade_id or places.get(cell.id, "")


def _sentences(
    cells: Sequence[Cell], exercise_id: str, name: str, problems: Mapping[int, str]
) -> Iterator[str]:
    for cell in cells:
        place = f"The cell of {exercise_id} (cell {cell.number})"
        magic = _CELL_MAGIC.match(cell.source)
        if cell.kind != "code":
            kind = _KINDS.get(cell.kind, cell.kind)
            yield f"{place} is {kind}, not code: turn it back (click beside it, press Esc, then Y) and run it."
        elif cell.trains:
            yield f"{place} has the tag `trains`, and such cells are not run: write the answer in another cell."
        elif magic and magic[1] not in _KEEPING_MAGICS:
            yield f"{place} begins with %%{magic[1]}, which defines nothing in the notebook: delete that line."
        elif cell.number in problems:
            yield f"{place} {problems[cell.number]}."
        elif cell.defines and name not in cell.defines:
            yield f"{place} defines `{cell.defines[0]}`, not `{name}`: give it the name that was asked for."


def split_answers(notebook: Notebook, names: Mapping[str, str]) -> dict[str, str]:
    """Say which answers look as if they were split: the code cell below them begins indented.

    Returns:
        The sentence about each such exercise, by the exercise's id.
    """
    code = [cell for cell in notebook.cells if cell.kind == "code" and cell.source.strip()]
    return {
        exercise_id: f"`{name}` looks as if it was split: cell {below.number} begins indented. Put cells "
        f"{cell.number} and {below.number} into one again (select both, then Shift and M)."
        for cell, below in pairwise(code)
        for exercise_id, name in names.items()
        if name in cell.defines[-1:] and _INDENTED.match(below.source)
    }
