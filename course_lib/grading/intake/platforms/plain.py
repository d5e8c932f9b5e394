"""Work packed by hand, and nbgrader's ``submitted/``: folders or files that are named after students.

``STUDENT/FILE``, ``STUDENT/NN_slug/FILE``, ``STUDENT.ipynb``, ``STUDENT_NN_slug.ipynb``, ``NN_slug_STUDENT.ipynb``,
each within any folders. If it is unclear which folders are the students', nothing is guessed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from course_lib.grading.intake.platforms.base import COPY, Owner, Package, Reading, split_at_lesson

NAME = "folders or files named after students"
_NUMBERED = "week|lab|hw|homework|assignment|lesson|exercise|sheet|task|unit|project"
_HOLDER = re.compile(
    r"submissions?|submitted|inbound|downloads?|exports?|uploads?|collected|handed[ _-]?in|course|class|students"
    rf"|assignment_\d+_export|(?:section|tutorial|{_NUMBERED})s?[ _.-]*\d*",
    re.IGNORECASE,
)
_PART = re.compile(
    r"work|notebooks?|src|predictions|(?:runs?|old|new|final|draft|backup|copy|version|v|attempt|try"
    rf"|{_NUMBERED})[ _.-]*\d*",
    re.IGNORECASE,
)
WHOSE = "its owner is unclear: no student's folder, no name before the lesson"
BESIDE = "it is beside the students' folders"

Parts = tuple[str, ...]


class LayoutError(ValueError):
    """It is unclear which folders are the students'; the message says what was seen and what to do."""


def read_plain(package: Package) -> Reading:
    """Find the students' folders and files.

    Raises:
        LayoutError: one folder may be a student's or hold students.
    """
    work = {parts: package.work(name) for name, parts in _split(package.names) if not name.endswith("/")}
    tree = _Tree({parts: kind for parts, kind in work.items() if kind}, package)
    roots = tree.roots(())
    owners: dict[str, list[Owner]] = {}
    left: dict[str, str] = {}
    for name, parts in _split(package.names):
        root = max((root for root in roots if parts[: len(root)] == root), key=len, default=None)
        owner = None if root is None else _owner(package, parts, len(root))
        if owner:
            owners[name] = [owner]
        else:
            left[name] = BESIDE if root is None else WHOSE
    alone = {name: [Owner(package.student, name)] for name in left if package.student and package.work(name)}
    if alone and not any(package.work(name) for name in owners):
        return Reading(NAME, alone, {name: reason for name, reason in left.items() if name not in alone})
    tree.refuse_folders_of_students({owner.place for (owner,) in owners.values() if owner.place})
    return Reading(NAME, owners, left)


def _split(names: Iterable[str]) -> list[tuple[str, Parts]]:
    return [(name, tuple(name.split("/"))) for name in names]


def _owner(package: Package, parts: Parts, depth: int) -> Owner | None:
    """Return the owner of a file; the first ``depth`` folders of its path hold students."""
    rest = parts[depth:]
    if len(rest) == 1:
        student = _student_in(rest[0], package) if rest[0].lower().endswith(".ipynb") else ""
        return Owner(student, rest[0]) if student else None
    if package.lesson_in(rest[0]) == rest[0]:
        if len(rest) < 3 or package.lesson_in(rest[1]):
            return None
        return Owner(rest[1], "/".join([rest[0], *rest[2:]]), "/".join(parts[: depth + 2]))
    if rest[0] == "predictions":
        return None
    return Owner(rest[0], "/".join(rest[1:]), "/".join(parts[: depth + 1]))


def _student_in(file: str, package: Package) -> str:
    """Return the student in a file's name, such as ``ada_03_iou_and_dice_by_hand.ipynb``; "" for none."""
    stem = _without_browser_copy(PurePosixPath(file).stem)
    lesson = package.lesson_in(stem)
    if not lesson:
        return stem
    before, after = split_at_lesson(stem, lesson)
    before = re.sub(r"(?: - |[ _-])$", "", before)
    after = "" if COPY.fullmatch(after) else re.sub(r"^(?: - |[ _-])", "", after)
    return before if before.strip("_- ") else after if after.strip("_- ") else ""


def _without_browser_copy(stem: str) -> str:
    copy = COPY.search(stem)
    return stem[: copy.start()] if copy and copy["browser"] else stem


class _Tree:
    """The files that are students' work, and which work each is."""

    def __init__(self, work: dict[Parts, str], package: Package) -> None:
        self.work = work
        self.package = package
        self._files: dict[Parts, list[Parts]] = defaultdict(list)
        for parts in work:
            for depth in range(len(parts)):
                self._files[parts[:depth]].append(parts)

    def roots(self, root: Parts) -> list[Parts]:
        """Return the folders that hold students, at ``root`` or below it."""
        folders = self._folders(root)
        if len(folders) == 1 and self._holds_students((*root, folders[0])):
            return self.roots((*root, folders[0]))
        if len(folders) > 1 and not self._direct(root):
            below = [(*root, folder) for folder in folders]
            if all(self._is_lesson(folder) for folder in folders) or (
                all(_HOLDER.fullmatch(folder) for folder in folders) and not any(map(self._all_parts, below))
            ):
                return [found for folder in below for found in self.roots(folder)]
        return [root]

    def refuse_folders_of_students(self, places: Iterable[str]) -> None:
        """Raise if half of the students have the same work in different folders: they may be groups of students."""
        students = [tuple(place.split("/")) for place in places]
        groups = [student for student in students if self._clash(student)]
        if groups and 2 * len(groups) >= len(students):
            first, second = self._clash(groups[0])
            raise LayoutError(
                f"{groups[0][-1]} holds {'/'.join(first)} and {'/'.join(second)}: it is unclear whether "
                f"{groups[0][-1]} is a student with two versions or a folder of students; give the folder of "
                "students itself, or leave one version per student."
            )

    def _holds_students(self, folder: Parts) -> bool:
        """Return whether a folder with no other beside it holds students, and is not a student's."""
        name, inner, direct = folder[-1], self._folders(folder), self._direct(folder)
        if self._is_lesson(name):
            return True
        if _HOLDER.fullmatch(name):
            if not self._all_parts(folder) or any(map(self._is_lesson, inner)):
                return True
            self._refuse(folder, inner[0])
        if not inner:
            return self._is_flat_class(direct)
        if self._clash(folder):
            return not any(_PART.fullmatch(each) for each in inner)
        lessons = [each for each in inner if self._is_lesson(each)]
        if lessons:
            return any(self._clash((*folder, each)) for each in lessons)
        if direct or self._all_parts(folder):
            return False
        if all(map(self._has_lesson_folders, ((*folder, each) for each in inner))):
            return True
        if len(inner) == 1 and self._holds_students((*folder, inner[0])):
            return True
        return self._refuse(folder, inner[0])

    def _refuse(self, folder: Parts, inner: str) -> bool:
        raise LayoutError(
            f"{'/'.join(folder)} is the only folder with work, and {inner} is in it: it is unclear which of the "
            "two is a student; give one folder per student, with the notebooks directly in it."
        )

    def _is_flat_class(self, direct: Sequence[Parts]) -> bool:
        """Return whether files in one folder belong to several students, as their names say."""
        groups = defaultdict(set)
        for parts in direct:
            groups[self.work[parts]].add(_student_in(parts[-1], self.package))
        students = next((found for found in groups.values() if len(found) > 1), set())
        named = [parts for parts in direct if self._lesson(parts[-1])]
        if students and not named:
            raise LayoutError(
                f"{'/'.join(direct[0][:-1])} holds {direct[0][-1]} and {len(direct) - 1} more of the same lesson: it "
                "is unclear whether they are one student's versions or several students' work; give the folder "
                "that holds the students' folders, or name the files STUDENT_NN_slug.ipynb."
            )
        return bool(students) and "" not in students

    def _clash(self, folder: Parts) -> tuple[Parts, ...]:
        """Return the places of two files that are the same work, in different folders of one; () for none."""
        seen: dict[str, Parts] = {}
        for parts, work in self._below(folder):
            if len(parts) < 2:
                continue
            first = seen.setdefault(work, parts)
            if first[0] != parts[0]:
                return first, parts
        return ()

    def _below(self, folder: Parts) -> list[tuple[Parts, str]]:
        return [(parts[len(folder) :], self.work[parts]) for parts in self._files.get(folder, ())]

    def _folders(self, folder: Parts) -> list[str]:
        return sorted({parts[0] for parts, _ in self._below(folder) if len(parts) > 1})

    def _direct(self, folder: Parts) -> list[Parts]:
        return [(*folder, *parts) for parts, _ in self._below(folder) if len(parts) == 1]

    def _all_parts(self, folder: Parts) -> bool:
        """Return whether the folders in a folder are parts of one student's work, such as ``week 3``."""
        folders = self._folders(folder)
        return bool(folders) and all(self._is_lesson(each) or _PART.fullmatch(each) for each in folders)

    def _has_lesson_folders(self, folder: Parts) -> bool:
        return any(map(self._is_lesson, self._folders(folder)))

    def _is_lesson(self, name: str) -> bool:
        return self._lesson(name) == name

    def _lesson(self, name: str) -> str:
        return self.package.lesson_in(name)
