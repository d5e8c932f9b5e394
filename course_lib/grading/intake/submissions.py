"""Find what students handed in: as platforms pack it, in nbgrader's folders, or flat; also renamed, but no links."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from course_lib.grading.assignment import assignment_names
from course_lib.grading.intake.class_folder import read_folder, readable, student_of
from course_lib.grading.intake.intake_report import Intake, intake_of
from course_lib.grading.intake.platforms import Owner, Reading
from course_lib.grading.intake.platforms.base import copy_number, lesson_in
from course_lib.grading.intake.released import recognise
from course_lib.grading.intake.student_notebook import NotebookError, read_notebook
from course_lib.grading.intake.versions import Version, choose


@dataclass(frozen=True)
class Submission:
    """One student's notebook of one lesson, or the place where there should be one.

    Attributes:
        student: the name of a folder, or the part of a file's name that is not a lesson's.
        assignment: the lesson's name, ``NN_slug``; another text if the lesson is not known.
        path: the notebook; None if there is none.
        source: the notebook's path below the submissions' folder.
        reason: why it cannot be graded; empty if it can.
        notes: remarks on anything unusual.
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
        return self.assignment[:2] if self.assignment in assignment_names() else ""


def find_submissions(folder: Path, lessons: Sequence[str] = ()) -> list[Submission]:
    """Return all submissions of a folder, by assignment and student; see :func:`read_class`."""
    return read_class(folder, lessons)[0]


def read_class(folder: Path, lessons: Sequence[str] = ()) -> tuple[list[Submission], Intake]:
    """Return all submissions of a folder, by assignment and student, and a report of what was read.

    ``STUDENT/NN_slug/NN_slug.ipynb`` is nbgrader's layout; ``STUDENT/NN_slug.ipynb``, ``STUDENT_NN_slug.ipynb``,
    ``STUDENT.ipynb`` and files as platforms pack them are read as well. A notebook with another name is recognised by
    its content.

    Args:
        folder: the folder of submissions.
        lessons: two digits of each lesson to read; by default all.

    Raises:
        FileNotFoundError: there is no such folder, or nothing in it.
        ValueError: the owners of the files are unclear, or two students could be taken for one.
    """
    lessons_of: dict[str, str] = {}

    def work(name: str, path: Path) -> str:
        if not _is_notebook(path):
            return ""
        lessons_of[name] = _lesson(path, name)
        return lessons_of[name] or f"?{path.name}"

    reading, paths = read_folder(folder, work)
    notebooks = {name: path for name, path in paths.items() if _is_notebook(path)}
    found: list[Submission] = []
    left = [(name, reason) for name, reason in reading.left.items() if name in notebooks]
    groups: dict[tuple[str, str], list[tuple[str, Owner, Submission]]] = defaultdict(list)
    for name, path in notebooks.items():
        for owner in reading.owners.get(name, ()):
            one = _described(path, name, lessons_of[name], student_of(owner))
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
            f"There is no notebook of lesson {', '.join(lessons)} in {folder}, only of {there}."
        )
    left += [(one.source, one.reason) for one in wanted if one.reason]
    graded = [one.assignment for one in wanted if not one.reason]
    students = len({one.student for one in wanted})
    return sorted(wanted, key=lambda one: (one.assignment, one.student)), intake_of(
        reading.platform, students, graded, sorted(set(left))
    )


def _is_notebook(path: Path) -> bool:
    return path.is_symlink() or (path.name.lower().endswith(".ipynb") and not path.is_dir())


def _lesson(path: Path, name: str) -> str:
    """Return the lesson that a notebook is: by its name, its content, or the folders that it is in."""
    parts = [lesson_in(part, assignment_names()) for part in reversed(PurePosixPath(name).parts)]
    if parts[0] or path.is_symlink():
        return next(filter(None, parts), "")
    try:
        recognised = recognise(read_notebook(path))
    except NotebookError:
        recognised = ""
    return recognised or next(filter(None, parts), "")


def _described(path: Path, name: str, assignment: str, student: str) -> Submission:
    submission = Submission(student, assignment or readable(path.stem), path, readable(name))
    if path.is_symlink():
        return replace(submission, path=None, reason="It is a link; links are not followed.")
    if not assignment:
        return replace(
            submission,
            reason="The lesson is unknown: nothing in the notebook belongs to a lesson of the course.",
        )
    if lesson_in(path.stem, assignment_names()):
        return submission
    note = f"the file is named {readable(path.name)}; it was recognised by its content"
    return replace(submission, notes=(note,))


def _counting(group: Sequence[tuple[str, Owner, Submission]]) -> tuple[Submission, list[tuple[str, str]]]:
    """Return the one notebook per student and lesson that is graded, and why the others are not.

    In one folder the notebook with the lesson's own name counts. Of several attempts the newest counts. Of notebooks
    in different folders none counts, unless one is above the others.
    """
    kept, left = choose([Version(name, owner.attempt, _rank(one, owner)) for name, owner, one in group])
    others = [(readable(version.name), reason) for version, reason in left]
    if not kept:
        reason = others[0][1]
        return replace(group[0][2], path=None, reason=f"{reason[0].upper()}{reason[1:]}."), []
    one = next(one for name, _, one in group if name == kept.name)
    names = ", ".join(name for name, _ in others[:5])
    return (
        replace(one, notes=(*one.notes, f"there is also {names}, which is not graded")) if others else one
    ), others


def _rank(one: Submission, owner: Owner) -> tuple[bool, bool, int, tuple[int, ...]]:
    """Rank notebooks of one folder: in a student's folder by the lesson's name, in a shared one by the newest copy."""
    exact = bool(owner.place) and PurePosixPath(one.source).stem == one.assignment
    newer = 0 if owner.place else copy_number(owner.file)
    return not one.reason, exact, newer, tuple(-ord(letter) for letter in one.source)


def _without_notebooks(reading: Reading, found: Sequence[Submission]) -> list[Submission]:
    """Return a line for each student who handed in no notebook."""
    students = {one.student for one in found}
    names = {one.assignment for one in found if one.lesson}
    assignment = names.pop() if len(names) == 1 else "nothing"
    places = {
        student_of(owner): readable(owner.place)
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
