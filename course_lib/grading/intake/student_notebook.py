"""Read a student's notebook, in whatever state it is: its cells, without outputs."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_lib.former_names import current_id

MOST_BYTES = 512 << 20
MOST_CODE = 2 << 20
MOST_TEXT = 100_000
MOST_CELLS = 5_000
_DROPPED = {"outputs", "attachments", "output", "prompt_outputs"}
_CHECKED = re.compile(r"""^\s*check\(\s*["']([\w-]+)["']""", re.MULTILINE)
_DEFINED = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)", re.MULTILINE)


class NotebookError(ValueError):
    """A file that cannot be read as a notebook; the message says why."""


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        number: from 1, over all cells.
        kind: ``"code"``, ``"markdown"`` or ``"raw"``.
        source: the cell's text; only the first 100,000 characters if it is not code.
        grade_id: the id in nbgrader's metadata; empty if there is none.
        id: the cell's own id; empty if it has none.
        is_written: whether the metadata say that a person grades the cell.
        is_answer: whether the metadata say that the cell belongs to an exercise.
        trains: whether the cell is skipped because it trains.
    """

    number: int
    kind: str
    source: str
    grade_id: str = ""
    id: str = ""
    is_written: bool = False
    is_answer: bool = False
    trains: bool = False

    @property
    def defines(self) -> list[str]:
        """The functions and classes that its text defines without indentation."""
        return _DEFINED.findall(self.source)


@dataclass(frozen=True)
class Notebook:
    """The parts of a notebook that grading needs.

    Attributes:
        cells: the cells, also the empty ones.
        lesson: the lesson that its metadata name, such as ``"03"``, or nothing.
        ids: the ids of exercises whose cells it has, and the names that its cells define.
        notes: remarks on anything unusual.
        digest: the digest of the file.
    """

    cells: tuple[Cell, ...]
    lesson: str = ""
    ids: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    digest: str = ""

    @property
    def code(self) -> tuple[tuple[int, str], ...]:
        """Number and source of each code cell that is run."""
        return tuple(
            (cell.number, cell.source)
            for cell in self.cells
            if cell.kind == "code" and cell.source.strip() and not cell.trains
        )


def read_notebook(path: Path) -> Notebook:
    """Read a student's notebook.

    Raises:
        NotebookError: it is not a notebook.
    """
    data = _read_file(path)
    notebook = parse_notebook(data)
    return Notebook(**{**vars(notebook), "digest": hashlib.sha256(data).hexdigest()})


def _read_file(path: Path) -> bytes:
    """Read a plain file that is neither a link nor too large."""
    flags = (
        os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    try:
        if path.is_symlink():
            raise NotebookError("it is a link; links are not followed")
        handle = os.open(path, flags)
    except OSError as error:
        raise NotebookError(f"it cannot be opened ({error.strerror})") from None
    with os.fdopen(handle, "rb") as file:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise NotebookError("it is not a plain file")
        if about.st_size > MOST_BYTES:
            raise NotebookError(f"it has {about.st_size >> 20} MB; at most {MOST_BYTES >> 20} MB can be read")
        return file.read(MOST_BYTES)


def parse_notebook(data: bytes) -> Notebook:
    """Read a notebook's bytes; outputs are dropped while they are parsed.

    Raises:
        NotebookError: they are not a notebook.
    """
    notes: list[str] = []
    content = _parse_json(data, notes)
    if not isinstance(content, dict):
        raise NotebookError("it is JSON, but not a notebook")
    found = _cells_of(content, notes)
    if len(found) > MOST_CELLS:
        notes.append(f"it has {len(found)} cells; only the first {MOST_CELLS} are read")
    cells = tuple(_read_cell(number, cell) for number, cell in enumerate(found[:MOST_CELLS], 1))
    if sum(len(cell.source) for cell in cells if cell.kind == "code") > MOST_CODE:
        raise NotebookError(f"it has more than {MOST_CODE >> 20} MB of code")
    notes += [f"cell {cell.number} trains, and is left out" for cell in cells if cell.trains]
    lesson = _mapping(_mapping(content.get("metadata")).get("course")).get("lesson", "")
    return Notebook(cells, str(lesson)[:2], frozenset(_ids_in(cells)), tuple(notes))


def _read_cell(number: int, cell: dict[str, Any]) -> Cell:
    kind, source, metadata = _kind(cell), _source(cell), _mapping(cell.get("metadata"))
    marks = _mapping(metadata.get("nbgrader"))
    is_solution, is_graded = bool(marks.get("solution")), bool(marks.get("grade"))
    return Cell(
        number,
        kind,
        source if kind == "code" else source[:MOST_TEXT],
        grade_id=_current(str(marks.get("grade_id", ""))[:200]),
        id=str(cell.get("id", ""))[:200],
        is_written=is_solution and is_graded,
        is_answer=is_solution and not is_graded,
        trains=kind == "code" and "trains" in _tags(metadata),
    )


def _ids_in(cells: Iterable[Cell]) -> Iterator[str]:
    for cell in cells:
        if cell.grade_id:
            yield cell.grade_id.removesuffix("-check")
        if cell.kind == "code":
            yield from (*map(current_id, _CHECKED.findall(cell.source)), *cell.defines)


def _current(grade_id: str) -> str:
    """Return a cell's grade_id with the exercise's present id; the grade_id of a check has an ending."""
    ending = "-check" if grade_id.endswith("-check") else ""
    return current_id(grade_id.removesuffix("-check")) + ending


def _parse_json(data: bytes, notes: list[str]) -> Any:
    encoding = json.detect_encoding(data)
    text = data.decode(encoding, "replace")
    if "\ufffd" in text and encoding.startswith("utf-8"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            notes.append("some of its bytes are not UTF-8")
    if not text.strip():
        raise NotebookError("it is empty")
    try:
        return json.loads(text, object_pairs_hook=_without_outputs, strict=False)
    except json.JSONDecodeError as error:
        raise NotebookError(f"it is not JSON: {error.msg}, line {error.lineno}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise NotebookError(f"it is not JSON that can be read ({type(error).__name__})") from None


def _without_outputs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {key: value for key, value in pairs if key not in _DROPPED}


def _cells_of(content: dict[str, Any], notes: list[str]) -> list[dict[str, Any]]:
    cells = content.get("cells")
    if cells is None and isinstance(content.get("worksheets"), list):  # format 3
        notes.append("it is a notebook of format 3")
        sheets = [_mapping(sheet).get("cells") for sheet in content["worksheets"]]
        cells = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    if not isinstance(cells, list):
        raise NotebookError("it is JSON, but has no cells")
    if not all(isinstance(cell, dict) for cell in cells):
        notes.append("some of its cells are not valid cells")
    return [cell for cell in cells if isinstance(cell, dict)]


def _kind(cell: dict[str, Any]) -> str:
    return str(cell.get("cell_type", "code" if "input" in cell or "execution_count" in cell else "markdown"))


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    parts = source if isinstance(source, list) else [source]
    text = "".join(part for part in parts if isinstance(part, str))
    return text.encode("utf-8", "replace").decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")


def _tags(metadata: dict[str, Any]) -> list[Any]:
    tags = metadata.get("tags")
    return tags if isinstance(tags, list) else []


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
