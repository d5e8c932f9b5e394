"""The files of a folder of submissions, and their owners; links are listed and not followed."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

from course_lib.grading.assignment import assignment_names
from course_lib.grading.intake.identity import check_identities, folder_name
from course_lib.grading.intake.platforms import Owner, Package, Reading, read_package

_DEEPEST = 8
_IGNORED = {"__MACOSX", "__pycache__"}
_MOST_BYTES = 64 << 20  # of a file that names the owners of others


def read_folder(folder: Path, work: Callable[[str, Path], str]) -> tuple[Reading, dict[str, Path]]:
    """Find out whose file each one in a folder is.

    Args:
        folder: the folder of submissions.
        work: returns which work a file or link is, from its name and path; "" for everything else.

    Returns:
        The owners of the files by name, and the paths of the files by the same names.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: the owners of the files are unclear, or two students could be taken for one.
    """
    if folder.is_file():
        raise FileNotFoundError(f"{folder} is not a folder: if it is a zip, `course collect` unpacks it.")
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder}.")
    paths = {_name(folder, path): path for path in _walk(folder)}
    kinds: dict[str, str] = {}

    def kind(name: str) -> str:
        if name not in kinds:
            kinds[name] = work(name, paths[name])
        return kinds[name]

    student = readable(folder.resolve().name)
    reading = read_package(
        Package([*paths], assignment_names(), kind, lambda name: _bytes(paths[name]), student)
    )
    check_identities(owner for owned in reading.owners.values() for owner in owned)
    return reading, paths


def student_places(folder: Path, reading: Reading) -> dict[str, Path]:
    """Return the students' folders by student; students whose files are in no folder have none."""
    owners = [owner for owned in reading.owners.values() for owner in owned if owner.place]
    return {student_of(owner): folder / owner.place for owner in owners}


def student_of(owner: Owner) -> str:
    """Return a student as the name of a folder; a folder's own name stays what it is."""
    student = readable(owner.student)
    return student if owner.place.endswith(owner.student) else folder_name(student) or "_"


def readable(name: str) -> str:
    """Return a name as text that every file can hold, with accents and letters composed."""
    return unicodedata.normalize("NFC", _text(name))


def _text(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "replace")


def _bytes(path: Path) -> bytes:
    if path.is_symlink() or not path.is_file() or path.stat().st_size > _MOST_BYTES:
        return b""
    return path.read_bytes()


def _walk(folder: Path) -> Iterator[Path]:
    """Yield all files, links and empty folders, except hidden ones."""
    for place, folders, files in os.walk(folder):
        depth = len(Path(place).relative_to(folder).parts)
        linked = [name for name in folders if Path(place, name).is_symlink()]
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and name not in _IGNORED and name not in linked and depth < _DEEPEST
        )
        shown = sorted(name for name in [*files, *linked] if not name.startswith("."))
        yield from (Path(place, name) for name in shown)
        if depth and not folders and not shown:
            yield Path(place)


def _name(folder: Path, path: Path) -> str:
    """Return a path below a folder, with slashes; the path of an empty or linked folder ends with one."""
    name = "/".join(map(_text, path.relative_to(folder).parts))
    return f"{name}/" if path.is_dir() else name
