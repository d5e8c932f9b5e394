"""The input and the output of every platform's recogniser."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from string import ascii_lowercase, ascii_uppercase

_PLAIN = str.maketrans(ascii_uppercase + "- ", ascii_lowercase + "__")
COPY = re.compile(r"(?:-(?P<canvas>\d+)| ?\((?P<browser>\d+)\)|-Copy(?P<jupyter>\d+))$")
"""The ending that Canvas, browsers and Jupyter add to the name of a file that exists already."""


@dataclass(frozen=True)
class Owner:
    """The owner of a file.

    Attributes:
        student: the student's name in folder names or on the platform, with the platform's number if there is one.
        file: the file's path without the platform's prefix.
        place: the student's folder in the package; "" if the student has none.
        id: the platform's number for the student.
        canvas_id: the same number, if Canvas gave it.
        late: whether the platform marked the file as late.
        attempt: sorts a student's attempts by time; "" if the platform records none.
        name: the student's full name, if the platform states it separately.
        email: the student's email address.
    """

    student: str
    file: str
    place: str = ""
    id: str = ""
    canvas_id: str = ""
    late: bool = False
    attempt: str = ""
    name: str = ""
    email: str = ""


Owners = Mapping[str, Sequence[Owner]]
"""The owners of each file that a platform recognises; several for the work of a group."""


@dataclass(frozen=True)
class Package:
    """The files of a zip or a folder, before it is known how they are arranged.

    Attributes:
        names: paths below the top, with slashes; a folder without files ends with one.
        lessons: the names of the course's lessons, ``NN_slug``.
        work: returns which work a file is: a lesson, a file of the project, ``"?"`` and the file's name for a notebook
            of an unknown lesson, ``""`` for everything else.
        read: returns the bytes of a small file.
        student: the owner of files whose names do not name one; "" for nobody.
    """

    names: Sequence[str]
    lessons: Sequence[str]
    work: Callable[[str], str]
    read: Callable[[str], bytes]
    student: str = ""

    def lesson_in(self, name: str) -> str:
        """Return the lesson that a file's or folder's name holds, or ""."""
        return lesson_in(name, self.lessons)


@dataclass(frozen=True)
class Reading:
    """How a package was read: as which platform's, the owners of the files, and why the other files have none."""

    platform: str
    owners: Owners
    left: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Platform:
    """A platform's way to pack a class's work.

    Attributes:
        name: the platform's name, as an instructor would say it.
        recognise: returns the owners of the files that it recognises; empty if it recognises none.
    """

    name: str
    recognise: Callable[[Package], Owners]


def lesson_in(name: str, lessons: Sequence[str]) -> str:
    """Return the lesson that a name holds, in any case, with spaces or hyphens for underscores; "" for none."""
    plain = name.translate(_PLAIN)
    return next((lesson for lesson in lessons if lesson in plain), "")


def split_at_lesson(stem: str, lesson: str) -> tuple[str, str]:
    """Return the text before and after a lesson's name in the name of a file."""
    start = stem.translate(_PLAIN).index(lesson)
    return stem[:start], stem[start + len(lesson) :]


def starts_with_lesson(name: str, lessons: Sequence[str]) -> bool:
    """Return whether a file's name begins with the name of a lesson."""
    return name.translate(_PLAIN).startswith(tuple(lessons))


def file_of(name: str) -> str:
    """Return the last part of a path."""
    return PurePosixPath(name).name


def copy_number(file: str) -> int:
    """Return the number that tells a later copy of a file from an earlier one; 0 for none."""
    copy = COPY.search(PurePosixPath(file).stem)
    return int(copy["canvas"] or copy["browser"] or copy["jupyter"]) if copy else 0
