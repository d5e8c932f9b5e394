"""One name per student: a folder name that every system can hold, and no two students who could be mixed up."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from course_lib.grading.intake.platforms import Owner
from course_lib.grading.plain_text import file_name
from course_lib.grading.tables import key_of

_ALIKE = "their names differ only in case, in accents or in spaces"


def folder_name(student: str) -> str:
    """Return a student's name as a folder name that works on every system; a changed name gets a distinct ending.

    The result is "" if nothing of the name would be left.
    """
    student = unicodedata.normalize("NFC", student)
    name = re.sub(r'[<>:"|?*]', "_", file_name(student)).strip(". ")[:100].rstrip(". ")
    if not student.strip(". _"):
        return ""
    return (
        name
        if name == student
        else f"{name}~{hashlib.sha256(student.encode('utf-8', 'replace')).hexdigest()[:6]}"
    )


def identity(student: str) -> str:
    """Return a key that is equal for two names that a file system or a table would take for one."""
    return unicodedata.normalize("NFC", key_of(student).casefold())


def check_identities(owners: Iterable[Owner], there: Iterable[str] = ()) -> None:
    """Check that no two students could be taken for one.

    Args:
        owners: the owners of all files.
        there: the names of students' folders that exist already.

    Raises:
        ValueError: two names differ only in case, accents in one or two pieces, or spaces; or two names have the
            same number of the platform.
    """
    names: dict[str, str] = {}
    folders = {identity(student): unicodedata.normalize("NFC", student) for student in there}
    ids: dict[str, str] = {}
    for owner in owners:
        # A name with the platform's number in it may be written in two ways; the number says that it is one student.
        student = unicodedata.normalize("NFC", owner.student) if owner.id else owner.student
        check_one(names, identity(student), student, _ALIKE)
        check_one(folders, identity(folder_name(student)), folder_name(student), _ALIKE)
        if owner.id:
            check_one(ids, owner.id, student, f"both have the id {owner.id}")


def check_one(seen: dict[str, str], key: str, student: str, why: str) -> None:
    """Record the student that a key belongs to.

    Raises:
        ValueError: the key belongs to another student already.
    """
    other = seen.setdefault(key, student)
    if other != student:
        raise ValueError(
            f"{_shown(other)} and {_shown(student)} would be one student: {why}; rename one if they are two, or "
            "put the files of both together if they are one."
        )


def _shown(student: str) -> str:
    return student if student.isascii() else f"{student} ({student!a})"
