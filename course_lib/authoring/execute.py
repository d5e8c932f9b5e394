"""Run a solution, and keep the part of its outputs that is the same on every machine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from course_lib.authoring.lesson import LessonError
from course_lib.paths import course_root
from course_lib.run_notebook import CELL_SECONDS, started_kernel

ENVIRONMENT = {
    "COURSE_STRICT": "1",  # a check that does not pass raises
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "OMP_NUM_THREADS": "1",
    "PYTHONWARNINGS": "error::DeprecationWarning",  # as in CI: better to find out here
}
_WIDGET = "application/vnd.jupyter.widget-view+json"
_ADDRESS = re.compile(r"(?<= at )0x[0-9a-f]+")


def execute(notebook: NotebookNode, label: str) -> NotebookNode:
    """Run a notebook in a fresh process, one thread, in a folder of its own, and return it with its outputs.

    Args:
        notebook: with or without outputs; left as it is.
        label: the file, for messages.

    Raises:
        LessonError: a cell raised, an exercise's solution did not pass, or a cell took too long.
    """
    executed = nbformat.from_dict(notebook)
    with TemporaryDirectory(prefix="lesson-") as folder:
        with started_kernel(executed, Path(folder), environment=ENVIRONMENT) as client:
            for index, cell in enumerate(executed.cells):
                try:
                    client.execute_cell(cell, index)
                except CellExecutionError as error:
                    raise LessonError(f"{label}, cell {cell.id}: {error.ename}: {error.evalue}") from None
                except CellTimeoutError:
                    raise LessonError(
                        f"{label}, cell {cell.id}: not done in {CELL_SECONDS} seconds."
                    ) from None
                except DeadKernelError:
                    raise LessonError(f"{label}, cell {cell.id}: Python itself died here.") from None
        _tidy(executed, Path(folder))
    executed.metadata = nbformat.from_dict(notebook.metadata)
    return executed


def _tidy(notebook: NotebookNode, folder: Path) -> None:
    """Remove what differs from run to run: folders, addresses in memory, times."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata.pop("execution", None)
            cell.outputs = [_tidied(output, _replacements(folder)) for output in cell.outputs]


def _replacements(folder: Path) -> list[tuple[str, str]]:
    named = [(folder.resolve(), "work"), (folder, "work"), (course_root(), "."), (Path.home(), "~")]
    return [(f"{path}/", f"{name}/") for path, name in named]


def _tidied(value: Any, replacements: Sequence[tuple[str, str]]) -> Any:
    if isinstance(value, dict):
        return NotebookNode(
            {
                key: item if key.startswith("image/") else _tidied(item, replacements)
                for key, item in value.items()
                if key != _WIDGET  # a widget ends with its kernel; the still picture beside it is stored
            }
        )
    if isinstance(value, list):
        return [_tidied(item, replacements) for item in value]
    if not isinstance(value, str):
        return value
    for path, name in replacements:
        value = value.replace(path, name)
    return _ADDRESS.sub("0x...", value)
