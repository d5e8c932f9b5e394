"""Finding what students handed in: as platforms pack it, nbgrader's folders or flat, renamed files, no links."""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from course_lib.grading.intake.identity import check_identities, folder_name
from course_lib.grading.intake.platforms import Owner, Package, Reading, read_package
from course_lib.grading.intake.platforms.base import copy_number, lesson_in
from course_lib.grading.intake.report import Intake, intake_of
from course_lib.grading.intake.student_notebook import NotebookError, assignments, read_notebook, recognise
from course_lib.grading.intake.versions import Version, choose

_DEEPEST = 8
_IGNORED = {"__MACOSX", "__pycache__"}
_MOST_BYTES = 64 << 20  # of a file that says whose the others are


@dataclass(frozen=True)
class Submission:
    """One student's notebook of one lesson, or the place where there should be one.

    Attributes:
        student: the name of a folder, or the part of a file's name that is not a lesson's.
        assignment: the lesson's name, ``NN_slug``; something else where it is not known.
        path: the notebook; None where there is none.
        source: its path below the submissions' folder.
        reason: why it cannot be graded; empty where it can.
        notes: what was odd.
    """

    student: str
    assignment: str
    path: Path | None
    source: str
    reason: str = ""
    notes: tuple[str, ...] = ()

    @property
    def lesson(self) -> str:
        """The lesson's two digits, or nothing."""
        return self.assignment[:2] if self.assignment in assignments() else ""


def find_submissions(folder: Path, lessons: Sequence[str] = ()) -> list[Submission]:
    """Return all submissions of a folder, by assignment and student; see :func:`read_class`."""
    return read_class(folder, lessons)[0]


def read_class(folder: Path, lessons: Sequence[str] = ()) -> tuple[list[Submission], Intake]:
    """Return all submissions of a folder, by assignment and student, and what was read, counted.

    ``STUDENT/NN_slug/NN_slug.ipynb`` is nbgrader's layout; ``STUDENT/NN_slug.ipynb``, ``STUDENT_NN_slug.ipynb``,
    ``STUDENT.ipynb`` and what platforms pack do as well. A notebook with another name is recognised by what it holds.

    Args:
        folder: what was collected.
        lessons: two digits of those that are wanted; by default all.

    Raises:
        FileNotFoundError: there is no such folder, or nothing in it.
        ValueError: it cannot be told whose the files are, or two students could be taken for one.
    """
    files = _Files(folder)
    reading = files.read()
    found: list[Submission] = []
    left = [(name, reason) for name, reason in reading.left.items() if name in files.notebooks]
    groups: dict[tuple[str, str], list[tuple[str, Owner, Submission]]] = defaultdict(list)
    for name in files.notebooks:
        for owner in reading.owners.get(name, ()):
            one = _described(files.notebooks[name], name, files.lesson(name), _student(owner))
            groups[one.student, one.assignment].append((name, owner, one))
    for group in groups.values():
        one, others = _counting(group)
        found.append(one)
        left += others
    found += _without_notebooks(reading, found)
    if not found:
        raise FileNotFoundError(f"There is no notebook in {folder}." if not left else _nobodys(folder, left))
    wanted = [one for one in found if not lessons or one.lesson in lessons or not one.lesson]
    if not wanted:
        there = ", ".join(sorted({one.lesson for one in found}))
        raise FileNotFoundError(
            f"There is no notebook of lesson {', '.join(lessons)} in {folder}; there is {there}."
        )
    left += [(one.source, one.reason) for one in wanted if one.reason]
    graded = [one.assignment for one in wanted if not one.reason]
    students = len({one.student for one in wanted})
    return sorted(wanted, key=lambda one: (one.assignment, one.student)), intake_of(
        reading.platform, students, graded, sorted(set(left))
    )


class _Files:
    """The files of a folder, as a package; links are named and not followed."""

    def __init__(self, folder: Path) -> None:
        if folder.is_file():
            raise FileNotFoundError(f"{folder} is not a folder: if it is a zip, `course collect` unpacks it.")
        if not folder.is_dir():
            raise FileNotFoundError(f"There is no folder {folder}.")
        self._folder = folder
        self._lessons: dict[str, str] = {}
        self._paths = {_name(folder, path): path for path in _walk(folder)}
        self.notebooks = {
            name: path
            for name, path in self._paths.items()
            if name.lower().endswith(".ipynb") or path.is_symlink()
        }

    def read(self) -> Reading:
        """Find out whose each file is."""
        student = _readable(self._folder.resolve().name)
        reading = read_package(Package([*self._paths], assignments(), self._work, self._bytes, student))
        check_identities(owner for owned in reading.owners.values() for owner in owned)
        return reading

    def _work(self, name: str) -> str:
        return (self.lesson(name) or f"?{PurePosixPath(name).name}") if name in self.notebooks else ""

    def lesson(self, name: str) -> str:
        """Return the lesson that a notebook is; it is read once at most."""
        if name not in self._lessons:
            self._lessons[name] = _lesson(self.notebooks[name], name)
        return self._lessons[name]

    def _bytes(self, name: str) -> bytes:
        path = self._paths[name]
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return b""
        return path.read_bytes()


def _walk(folder: Path) -> Iterator[Path]:
    """Yield all files, links and empty folders; hidden ones are passed over."""
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
    """Return a path below a folder with slashes; that of a folder, empty or linked, ends with one."""
    name = "/".join(map(_text, path.relative_to(folder).parts))
    return f"{name}/" if path.is_dir() else name


def _student(owner: Owner) -> str:
    """Return whose a file is as the name of a folder; a folder's own name stays what it is."""
    student = _readable(owner.student)
    return student if owner.place.endswith(owner.student) else folder_name(student) or "_"


def _lesson(path: Path, name: str) -> str:
    """Return the lesson that a notebook is: by its name, what it holds, or the folders that it lies in."""
    parts = [lesson_in(part, assignments()) for part in reversed(PurePosixPath(name).parts)]
    if parts[0] or path.is_symlink():
        return next(filter(None, parts), "")
    try:
        recognised = recognise(read_notebook(path))
    except NotebookError:
        recognised = ""
    return recognised or next(filter(None, parts), "")


def _described(path: Path, name: str, assignment: str, student: str) -> Submission:
    submission = Submission(student, assignment or _readable(path.stem), path, _readable(name))
    if path.is_symlink():
        return replace(submission, path=None, reason="It is a link; links are not followed.")
    if not assignment:
        return replace(
            submission,
            reason="It is not known which lesson this is: nothing in it belongs to one of the course.",
        )
    if lesson_in(path.stem, assignments()):
        return submission
    note = f"the file is named {_readable(path.name)}; it was recognised by what it holds"
    return replace(submission, notes=(note,))


def _text(name: str) -> str:
    """Return a name as text that every file can hold."""
    return os.fsencode(name).decode("utf-8", "replace")


def _readable(name: str) -> str:
    """Return a name with accents and letters composed."""
    return unicodedata.normalize("NFC", _text(name))


def _counting(group: Sequence[tuple[str, Owner, Submission]]) -> tuple[Submission, list[tuple[str, str]]]:
    """Return the one notebook per student and lesson that is graded, and why the others are not.

    In one folder the one with the lesson's own name counts; of several attempts the newest one; of notebooks in
    different folders none, unless one lies above the others.
    """
    kept, left = choose([Version(name, owner.attempt, _rank(one, owner)) for name, owner, one in group])
    others = [(_readable(version.name), reason) for version, reason in left]
    if not kept:
        reason = others[0][1]
        return replace(group[0][2], path=None, reason=f"{reason[0].upper()}{reason[1:]}."), []
    one = next(one for name, _, one in group if name == kept.name)
    names = ", ".join(name for name, _ in others[:5])
    return (
        replace(one, notes=(*one.notes, f"there is also {names}, which is not graded")) if others else one
    ), others


def _rank(one: Submission, owner: Owner) -> tuple[bool, bool, int, tuple[int, ...]]:
    """Rank notebooks of one folder: in a student's own the lesson's name counts, in a common one the newest copy."""
    exact = bool(owner.place) and PurePosixPath(one.source).stem == one.assignment
    newer = 0 if owner.place else copy_number(owner.file)
    return not one.reason, exact, newer, tuple(-ord(letter) for letter in one.source)


def _without_notebooks(reading: Reading, found: Sequence[Submission]) -> list[Submission]:
    """Return a line for each student who handed in no notebook."""
    students = {one.student for one in found}
    names = {one.assignment for one in found if one.lesson}
    assignment = names.pop() if len(names) == 1 else "nothing"
    places = {
        _student(owner): _readable(owner.place)
        for owned in reading.owners.values()
        for owner in owned
        if owner.place
    }
    reason = "There is no notebook in the folder."
    return [
        Submission(student, assignment, None, place, reason)
        for student, place in sorted(places.items())
        if student not in students
    ]


def _nobodys(folder: Path, left: Sequence[tuple[str, str]]) -> str:
    name, reason = left[0]
    return f"There is no student's notebook in {folder}: {name} and {len(left) - 1} more: {reason}."
