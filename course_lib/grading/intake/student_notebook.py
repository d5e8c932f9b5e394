"""Reading a student's notebook, whatever became of it: code cells and written answers, without outputs."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from course_lib.former_names import current_id
from course_lib.lessons import is_lesson_name, lesson_files
from course_lib.paths import course_root

MOST_BYTES = 512 << 20
MOST_CODE = 2 << 20
MOST_CELLS = 5_000
_DROPPED = {"outputs", "attachments", "output", "prompt_outputs"}
_CHECKED = re.compile(r"""^\s*check\(\s*["']([\w-]+)["']""", re.MULTILINE)
_DEFINED = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)", re.MULTILINE)


class NotebookError(ValueError):
    """A file that cannot be read as a notebook; the message says why."""


@dataclass(frozen=True)
class Notebook:
    """What grading needs of a notebook.

    Attributes:
        code: number (from 1, over all cells) and source of each code cell that is run.
        written: id of each written answer, and its text.
        lesson: the lesson that it says it is, such as ``"03"``, or nothing.
        ids: the ids of exercises whose cells it has, and the names that its cells define.
        notes: what was odd.
        digest: of the file.
    """

    code: tuple[tuple[int, str], ...]
    written: tuple[tuple[str, str], ...] = ()
    lesson: str = ""
    ids: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    digest: str = ""


def read_notebook(path: Path) -> Notebook:
    """Read a student's notebook.

    Raises:
        NotebookError: it is none.
    """
    data = _read_file(path)
    notebook = parse_notebook(data)
    return Notebook(**{**vars(notebook), "digest": hashlib.sha256(data).hexdigest()})


def _read_file(path: Path) -> bytes:
    """Read a plain file that is no link, and not too large."""
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
            raise NotebookError("it is no plain file")
        if about.st_size > MOST_BYTES:
            raise NotebookError(f"it has {about.st_size >> 20} MB; {MOST_BYTES >> 20} MB can be read")
        return file.read(MOST_BYTES)


def parse_notebook(data: bytes) -> Notebook:
    """Read a notebook's bytes; outputs are dropped while they are parsed.

    Raises:
        NotebookError: they are no notebook.
    """
    notes: list[str] = []
    content = _parse_json(data, notes)
    if not isinstance(content, dict):
        raise NotebookError("it is JSON, but no notebook")
    cells = _cells_of(content, notes)
    code: list[tuple[int, str]] = []
    written: dict[str, str] = {}
    ids: set[str] = set()
    size = 0
    for number, cell in enumerate(cells[:MOST_CELLS], 1):
        source, kind, metadata = _source(cell), _kind(cell), _mapping(cell.get("metadata"))
        marks = _mapping(metadata.get("nbgrader"))
        grade_id = str(marks.get("grade_id", ""))[:200]
        if kind == "code":
            size += len(source)
            if size > MOST_CODE:
                raise NotebookError(f"it has more than {MOST_CODE >> 20} MB of code")
            ids |= set(map(current_id, (grade_id.removesuffix("-check"), *_CHECKED.findall(source))))
            ids |= set(_DEFINED.findall(source))
            if "trains" in _tags(metadata):
                notes.append(f"cell {number} trains, and is left out")
            elif source.strip():
                code.append((number, source))
        elif marks.get("grade") and marks.get("solution"):
            if grade_id in written:
                notes.append(f"the written answer {grade_id} stands there twice; the longer one is read")
            written[grade_id] = max(written.get(grade_id, ""), source, key=len)
    if len(cells) > MOST_CELLS:
        notes.append(f"it has {len(cells)} cells; the first {MOST_CELLS} are read")
    lesson = _mapping(_mapping(content.get("metadata")).get("course")).get("lesson", "")
    return Notebook(tuple(code), tuple(written.items()), str(lesson)[:2], frozenset(ids - {""}), tuple(notes))


def _parse_json(data: bytes, notes: list[str]) -> Any:
    encoding = json.detect_encoding(data)
    text = data.decode(encoding, "replace")
    if "\ufffd" in text and encoding.startswith("utf-8"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            notes.append("some of its bytes are no UTF-8")
    if not text.strip():
        raise NotebookError("it is empty")
    try:
        return json.loads(text, object_pairs_hook=_without_outputs, strict=False)
    except json.JSONDecodeError as error:
        raise NotebookError(f"it is no JSON: {error.msg}, line {error.lineno}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise NotebookError(f"it is no JSON that can be read ({type(error).__name__})") from None


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
        notes.append("some of its cells are no cells")
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


# --- What was handed out -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Released:
    """A lesson's notebook as students got it.

    Attributes:
        spare: number (below 0) and source of each code cell that is no answer: they stand in for deleted ones.
        stubs: the sources of the answers' cells.
        ids: as in :class:`Notebook`.
    """

    spare: tuple[tuple[int, str], ...]
    stubs: tuple[str, ...]
    ids: frozenset[str]


def assignments() -> list[str]:
    """Return the names of all lessons' notebooks."""
    return [path.stem for path in lesson_files(course_root() / "notebooks", ".ipynb")]


@lru_cache(maxsize=64)
def released(assignment: str) -> Released:
    """Return what was handed out."""
    path = course_root() / "notebooks" / f"{assignment}.ipynb"
    if not is_lesson_name(assignment) or not path.is_file():
        return Released((), (), frozenset())
    notebook = read_notebook(path)
    answers = _answer_numbers(path)
    spare = [(number - 1_000_000, source) for number, source in notebook.code if number not in answers]
    stubs = [source for number, source in notebook.code if number in answers]
    return Released(tuple(spare), tuple(stubs), notebook.ids)


def _answer_numbers(path: Path) -> set[int]:
    cells = json.loads(path.read_bytes())["cells"]
    return {
        number
        for number, cell in enumerate(cells, 1)
        if cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("solution")
    }


def recognise(notebook: Notebook) -> str:
    """Return the assignment that a notebook is, going by what it holds; nothing where it is none."""
    fitting = {name: len(notebook.ids & released(name).ids) for name in assignments()}
    claimed = [name for name in fitting if name[:2] == notebook.lesson]
    best = max(fitting, key=lambda name: (fitting[name], name in claimed), default="")
    if best and fitting[best] > 0:
        return best
    return claimed[0] if claimed else ""
