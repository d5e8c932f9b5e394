"""Find written answers: by nbgrader's id, whatever the cell's kind; else by the cell's own id; else by a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from course_lib.grading.assignment import WRITTEN_STUB
from course_lib.grading.intake.released import Released
from course_lib.grading.intake.student_notebook import Cell, Notebook

_SHOWN = 20_000  # characters of the text that a person looks through


@dataclass(frozen=True)
class Written:
    """The written answers of a notebook.

    Attributes:
        answers: the text of each answer, by the question's id.
        lost: what a person needs to look for an answer that was not found, by the question's id.
        numbers: the numbers of the cells that are answers.
        notes: remarks on anything unusual.
    """

    answers: dict[str, str]
    lost: dict[str, str]
    numbers: frozenset[int]
    notes: tuple[str, ...]


def find_written(notebook: Notebook, handed_out: Released) -> Written:
    """Find the answers to a lesson's written questions."""
    questions = [cell for cell in handed_out.cells if cell.is_written and cell.kind != "code"]
    answers = _of_other_lessons(notebook, questions)
    lost, notes = {}, []
    numbers: set[int] = set()
    new = _new_cells(notebook, handed_out)
    for question in questions:
        marked = _marked(notebook, question)
        if not marked:
            lost[question.grade_id] = _to_look_through(new)
            notes.append(f"the written answer {question.grade_id} could not be found: please look for it")
            continue
        cells = _with_neighbours(marked, new)
        texts = _distinct(cells)
        answers[question.grade_id] = "\n\n".join(texts) if texts else marked[0].source
        numbers |= {cell.number for cell in marked}
        if len(texts) > 1:
            places = ", ".join(str(cell.number) for cell in cells)
            notes.append(f"the written answer {question.grade_id} was put together from the cells {places}")
    return Written(answers, lost, frozenset(numbers), tuple(notes))


def _of_other_lessons(notebook: Notebook, questions: Sequence[Cell]) -> dict[str, str]:
    asked = {question.grade_id for question in questions}
    cells = [cell for cell in notebook.cells if cell.is_written and cell.kind != "code"]
    return {cell.grade_id: cell.source for cell in cells if cell.grade_id not in asked}


def _marked(notebook: Notebook, question: Cell) -> list[Cell]:
    """Return the cells with a question's id, whatever their kind; else those that still have only the cell's id."""
    by_mark = [cell for cell in notebook.cells if cell.grade_id == question.grade_id]
    return by_mark or [
        cell for cell in notebook.cells if cell.id and cell.id == question.id and not cell.grade_id
    ]


def _new_cells(notebook: Notebook, handed_out: Released) -> dict[int, Cell]:
    """Return, by number, the cells that were not handed out, and text that was added to cells that were."""
    texts = {cell.source.strip() for cell in handed_out.cells} - {"", WRITTEN_STUB}
    ids = {cell.id for cell in handed_out.cells if cell.id}
    new = {}
    for cell in notebook.cells:
        source = cell.source.strip()
        if not source or source in texts or cell.grade_id:
            continue
        above = max((text for text in texts if source.startswith(text)), key=len, default="")
        if above and cell.kind != "code":
            new[cell.number] = replace(cell, source=source.removeprefix(above).strip())
        elif cell.id not in ids:
            new[cell.number] = cell
    return new


def _with_neighbours(marked: Sequence[Cell], new: Mapping[int, Cell]) -> list[Cell]:
    """Return cells with the new ones right above and below; new code only if nothing else is an answer."""
    is_empty = not _distinct(marked)
    taken = {cell.number: cell for cell in marked}
    for start in list(taken):
        for step in (-1, 1):
            number = start + step
            while number in new and (new[number].kind != "code" or is_empty):
                taken[number] = new[number]
                number += step
    return [taken[number] for number in sorted(taken)]


def _distinct(cells: Sequence[Cell]) -> list[str]:
    """Return the text of the cells in order: nothing twice, and not the text that was handed out."""
    texts = [cell.source for cell in cells if cell.source.strip() not in ("", WRITTEN_STUB)]
    kept = [text for text in texts if not any(text != other and text.strip() in other for other in texts)]
    return list(dict.fromkeys(kept))


def _to_look_through(new: Mapping[int, Cell]) -> str:
    """Return the text for a person who looks for an answer."""
    texts = [f"Cell {cell.number}:\n{cell.source}" for cell in new.values() if cell.kind != "code"]
    begin = "This answer could not be found: please look into the notebook."
    if not texts:
        return f"{begin} It has no Markdown cells but those that were handed out."
    return f"{begin} Here are its unknown Markdown cells.\n\n" + "\n\n".join(texts)[:_SHOWN]
