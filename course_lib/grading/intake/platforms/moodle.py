"""Moodle: ``Full Name_ID_assignsubmission_file_/FILE``, or flat, ``Full Name_ID_assignsubmission_file_FILE``."""

from __future__ import annotations

import re

from course_lib.grading.intake.platforms.base import Owner, Owners, Package, Platform

_STUDENT = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_[a-z]+(?:_(?P<file>.*))?")


def _recognise(package: Package) -> Owners:
    found = {name: _owner(name) for name in package.names}
    return {name: [owner] for name, owner in found.items() if owner}


def _owner(name: str) -> Owner | None:
    parts = name.split("/")
    for place, part in enumerate(parts):
        match = _STUDENT.fullmatch(part)
        if match:
            below = "/".join(parts[place + 1 :])
            folder = "/".join(parts[: place + 1]) if place < len(parts) - 1 else ""
            student = f"{match['name']}_{match['id']}"
            return Owner(student, below or match["file"] or "", folder, match["id"], name=match["name"])
    return None


MOODLE = Platform("Moodle", _recognise)
