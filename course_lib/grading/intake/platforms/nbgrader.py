"""nbgrader's exchange: ``STUDENT+ASSIGNMENT+TIMESTAMP+RANDOM/FILE``. Its ``submitted/`` holds plain folders."""

from __future__ import annotations

import re

from course_lib.grading.intake.platforms.base import Owner, Owners, Package, Platform

_TIME = r"\d{4}-\d\d-\d\d \d\d[:_-]\d\d[:_-]\d\d(?:\.\d+)? [A-Za-z0-9:_+-]*?"
_ATTEMPT = re.compile(rf"(?P<student>.+?)\+(?P<lesson>[^+]+)\+(?P<time>{_TIME})(?:\+(?P<random>[^+]*))?")


def _recognise(package: Package) -> Owners:
    found = {name: _owner(name) for name in package.names}
    return {name: [owner] for name, owner in found.items() if owner}


def _owner(name: str) -> Owner | None:
    parts = name.split("/")
    for place, part in enumerate(parts[:-1]):
        match = _ATTEMPT.fullmatch(part)
        if match:
            file = "/".join([match["lesson"], *parts[place + 1 :]])
            attempt = re.sub("[:_]", "-", match["time"])
            return Owner(match["student"], file, "/".join(parts[: place + 1]), attempt=attempt)
    return None


NBGRADER = Platform("nbgrader's exchange", _recognise)
