"""The lessons' notebooks as students got them; a student's notebook is compared with these."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from course_lib.grading.assignment import assignment_names
from course_lib.grading.intake.student_notebook import Cell, Notebook, read_notebook
from course_lib.lessons import is_lesson_name
from course_lib.paths import course_root


@dataclass(frozen=True)
class Released:
    """A lesson's notebook as students got it.

    Attributes:
        cells: the notebook's cells.
        ids: as in :class:`Notebook`.
    """

    cells: tuple[Cell, ...] = ()
    ids: frozenset[str] = frozenset()

    @property
    def spare(self) -> tuple[tuple[int, str], ...]:
        """Number (below 0) and source of each code cell that is not an answer: these replace deleted cells."""
        code = [
            cell for cell in self.cells if cell.kind == "code" and not cell.trains and cell.source.strip()
        ]
        return tuple((cell.number - 1_000_000, cell.source) for cell in code if not _is_filled_in(cell))

    @property
    def stubs(self) -> tuple[str, ...]:
        """The sources of the answers' cells."""
        return tuple(cell.source for cell in self.cells if cell.kind == "code" and _is_filled_in(cell))


def _is_filled_in(cell: Cell) -> bool:
    return cell.is_answer or cell.is_written


@lru_cache(maxsize=64)
def released(assignment: str) -> Released:
    """Return what was handed out."""
    path = course_root() / "notebooks" / f"{assignment}.ipynb"
    if not is_lesson_name(assignment) or not path.is_file():
        return Released()
    return read_released(path)


def read_released(path: Path) -> Released:
    """Read a notebook as it was handed out.

    Raises:
        NotebookError: it cannot be read.
    """
    notebook = read_notebook(path)
    return Released(notebook.cells, notebook.ids)


def recognise(notebook: Notebook) -> str:
    """Return the assignment that a notebook is, going by what it holds; nothing if it is none of them."""
    fitting = {name: len(notebook.ids & released(name).ids) for name in assignment_names()}
    claimed = [name for name in fitting if name[:2] == notebook.lesson]
    best = max(fitting, key=lambda name: (fitting[name], name in claimed), default="")
    if best and fitting[best] > 0:
        return best
    return claimed[0] if claimed else ""
