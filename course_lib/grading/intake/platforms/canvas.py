"""Canvas: ``NAME[_LATE]_USERID_FILEID_FILE``, or ``[LATE_]anon_XXXXX_FILEID_FILE`` where students are anonymous.

NAME, which may be a group's, and FILE may hold underscores and numbers as well.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from course_lib.grading.intake.platforms.base import (
    Owner,
    Owners,
    Package,
    Platform,
    file_of,
    lesson_in,
    starts_with_lesson,
)

_ANONYMOUS = re.compile(r"(?P<late>LATE_)?(?P<student>anon_[A-Za-z0-9]{5})_(?P<file_id>\d+)_(?P<file>.+)")
_NUMBER = re.compile(r"[1-9][0-9]*")


@dataclass(frozen=True)
class _Split:
    """One way to read a name: the student, the numbers of user and file, the student's own name for the file."""

    student: str
    user_id: str
    file_id: str
    file: str

    def owner(self) -> Owner:
        name = self.student.removesuffix("_LATE") or self.student
        late = name != self.student
        return Owner(f"{name}_{self.user_id}", self.file, id=self.user_id, canvas_id=self.user_id, late=late)


def _recognise(package: Package) -> Owners:
    owners: dict[str, list[Owner]] = {}
    splits: dict[str, list[_Split]] = {}
    for name in package.names:
        anonymous = _ANONYMOUS.fullmatch(file_of(name))
        if anonymous:
            late = bool(anonymous["late"])
            owners[name] = [Owner(anonymous["student"], anonymous["file"], late=late)]
        elif found := _splits(file_of(name), package.lessons):
            splits[name] = found
    owners |= {name: [split.owner()] for name, split in _settled(splits, package.lessons).items()}
    return owners if _lie_together(owners) else {}


def _splits(name: str, lessons: Sequence[str]) -> list[_Split]:
    """Return every way to read a name: wherever two numbers follow one another; a date is not a student."""
    parts = name.split("_")
    found = [
        _Split("_".join(parts[:place]), parts[place], parts[place + 1], "_".join(parts[place + 2 :]))
        for place in range(1, len(parts) - 2)
        if _NUMBER.fullmatch(parts[place]) and _NUMBER.fullmatch(parts[place + 1])
    ]
    return [
        split for split in found if any(map(str.isalpha, split.student)) or lesson_in(split.file, lessons)
    ]


def _settled(splits: Mapping[str, Sequence[_Split]], lessons: Sequence[str]) -> dict[str, _Split]:
    """Choose one way per name: one whose file name begins with a lesson's, or as the other names are read, or the last.

    A file's number never appears twice, and in one download these numbers have about the same length.
    """
    times = Counter(split.file_id for found in splits.values() for split in found)
    lengths = {len(found[0].file_id) for found in splits.values() if len(found) == 1}
    rules: tuple[Callable[[_Split], bool], ...] = (
        lambda split: starts_with_lesson(split.file, lessons),
        lambda split: times[split.file_id] == 1,
        lambda split: any(abs(len(split.file_id) - length) <= 1 for length in lengths),
    )
    settled = {}
    for name, found in splits.items():
        for rule in rules:
            found = [split for split in found if rule(split)] or found
        settled[name] = found[-1]
    return settled


def _lie_together(owners: Owners) -> bool:
    """Return whether files of several students are in one folder, as in a download; a single file counts as well."""
    students = defaultdict(set)
    for name, (owner,) in owners.items():
        students[name.rpartition("/")[0]].add(owner.student)
    return len(students) == 1 or any(len(there) > 1 for there in students.values())


CANVAS = Platform("Canvas", _recognise)
