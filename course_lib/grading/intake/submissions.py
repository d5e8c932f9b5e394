"""Finding what students handed in: nbgrader's folders or a flat one, renamed files, no links."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from course_lib.grading.intake.released import assignments, recognise
from course_lib.grading.intake.student_notebook import NotebookError, read_notebook

_DEEPEST = 8
_IGNORED = {"__MACOSX", "__pycache__"}


@dataclass(frozen=True)
class Submission:
    """One student's notebook of one lesson, or the place where there should be one.

    Attributes:
        student: a folder's name, or the part of a file's name that is no lesson.
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
    """Return all submissions of a folder, by assignment and student.

    ``STUDENT/NN_slug/NN_slug.ipynb`` is nbgrader's layout; ``STUDENT/NN_slug.ipynb``, ``STUDENT_NN_slug.ipynb`` and
    ``STUDENT.ipynb`` do as well. A notebook with another name is recognised by what it holds.

    Args:
        folder: what was collected.
        lessons: two digits of those that are wanted; by default all.

    Raises:
        FileNotFoundError: there is no such folder, or nothing in it.
    """
    if folder.is_file():
        raise FileNotFoundError(f"{folder} is no folder: if it is a zip, `course collect` unpacks it.")
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder}.")
    found = [_described(folder, path) for path in _notebooks(folder)]
    found = _without_doubles(found)
    found += _without_notebooks(folder, {one.student for one in found}, found)
    if not found:
        raise FileNotFoundError(f"There is no notebook in {folder}.")
    wanted = [one for one in found if not lessons or one.lesson in lessons or not one.lesson]
    if not wanted:
        there = ", ".join(sorted({one.lesson for one in found}))
        raise FileNotFoundError(
            f"There is no notebook of lesson {', '.join(lessons)} in {folder}; there is {there}."
        )
    return sorted(wanted, key=lambda one: (one.assignment, one.student))


def _notebooks(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        depth = len(Path(place).relative_to(folder).parts)
        linked = [name for name in folders if Path(place, name).is_symlink()]
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and name not in _IGNORED and name not in linked and depth < _DEEPEST
        )
        for name in sorted([*files, *linked]):
            path = Path(place, name)
            if not name.startswith(".") and (name.lower().endswith(".ipynb") or path.is_symlink()):
                yield path


def _described(folder: Path, path: Path) -> Submission:
    parts = path.relative_to(folder).parts
    named = _lesson_in(path.stem)
    student = parts[0] if len(parts) > 1 else _student_in(path.stem, named) or folder.resolve().name
    submission = Submission(_readable(student), named, path, "/".join(map(_readable, parts)))
    if path.is_symlink():
        assignment = (
            named or next((name for name in map(_lesson_in, parts) if name), "") or _readable(path.stem)
        )
        return replace(
            submission, assignment=assignment, path=None, reason="It is a link; links are not followed."
        )
    if path.stem == named:
        return submission
    try:
        recognised = recognise(read_notebook(path))
    except NotebookError:
        recognised = ""
    in_folders = next((name for name in map(_lesson_in, parts[:-1]) if name), "")
    assignment = named or recognised or in_folders
    if not assignment:
        return replace(
            submission,
            assignment=_readable(path.stem),
            reason="It is not known which lesson this is: nothing in it belongs to one of the course.",
        )
    note = () if named else (f"the file is named {_readable(path.name)}; it was recognised by what it holds",)
    return replace(submission, assignment=assignment, notes=note)


def _lesson_in(name: str) -> str:
    """Return the assignment whose name a file's or folder's name holds."""
    return next((known for known in assignments() if known in name), "")


def _student_in(stem: str, assignment: str) -> str:
    """Return what is left of a name without the assignment's: ``ada_03_iou_and_dice_by_hand`` is ada's."""
    left = stem.replace(assignment, "") if assignment else stem
    return re.sub(r"^[\s_-]+|[\s_-]+$|\s*\(\d+\)$", "", left)


def _readable(name: str) -> str:
    """Return a name as text that every file can hold, accents and letters composed."""
    return unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "replace"))


def _without_doubles(found: list[Submission]) -> list[Submission]:
    """Keep one notebook a student and lesson: the one with the lesson's own name, in the place nearest the top."""
    groups: dict[tuple[str, str], list[Submission]] = {}
    for one in found:
        groups.setdefault((one.student, one.assignment), []).append(one)
    kept = []
    for group in groups.values():
        group.sort(key=_rank)
        others = [other.source for other in group[1:]]
        notes = (f"there is also {', '.join(others[:5])}, which is not graded",) if others else ()
        kept.append(replace(group[0], notes=(*group[0].notes, *notes)))
    return kept


def _rank(one: Submission) -> tuple[bool, bool, int, str]:
    stem = Path(one.source).stem
    return bool(one.reason), stem != one.assignment, one.source.count("/"), one.source


def _without_notebooks(folder: Path, students: set[str], found: Sequence[Submission]) -> list[Submission]:
    """Return a line for each student's folder in which there is no notebook."""
    names = {one.assignment for one in found if one.lesson}
    assignment = names.pop() if len(names) == 1 else "nothing"
    empty = [
        path
        for path in sorted(folder.iterdir())
        if path.is_dir()
        and not path.is_symlink()
        and not path.name.startswith(".")
        and path.name not in _IGNORED
    ]
    return [
        Submission(
            _readable(path.name),
            assignment,
            None,
            _readable(path.name),
            "There is no notebook in the folder.",
        )
        for path in empty
        if _readable(path.name) not in students
    ]
