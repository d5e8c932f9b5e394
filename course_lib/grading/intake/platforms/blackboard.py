"""Blackboard: ``ASSIGNMENT_USERNAME_attempt_YYYY-MM-DD-HH-MM-SS_FILE``, and for each attempt a text without ``_FILE``.

Both ASSIGNMENT and USERNAME may hold underscores. The text names the user: ``Name: Ada Lovelace (lovelace)``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from itertools import takewhile

from course_lib.grading.intake.platforms.base import Owner, Owners, Package, Platform, file_of
from course_lib.grading.plain_text import one_line

_ATTEMPT = re.compile(r"(?P<who>.+?)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|(?P<text>\.txt))")
_NAME = re.compile(r"^Name:[ \t]*(?P<name>.*?)[ \t]*\((?P<user>[^()]+)\)\s*$", re.MULTILINE)


def _recognise(package: Package) -> Owners:
    found = {name: _ATTEMPT.fullmatch(file_of(name)) for name in package.names}
    matches = {name: match for name, match in found.items() if match}
    people = _people({match["who"]: package.read(name) for name, match in matches.items() if match["text"]})
    unsaid = {match["who"] for match in matches.values()} - people.keys()
    people |= {who: (_user(who, people, unsaid), "") for who in unsaid}
    owners = {}
    for name, match in matches.items():
        user, full_name = people[match["who"]]
        owners[name] = [Owner(user, match["file"] or "", attempt=match["time"], name=full_name)]
    return owners


def _people(texts: Mapping[str, bytes]) -> dict[str, tuple[str, str]]:
    """Return the username and full name that each attempt's text states, by ``ASSIGNMENT_USERNAME``."""
    people = {}
    for who, text in texts.items():
        said = _NAME.search(text.decode("utf-8-sig", "replace"))
        if said and who.endswith(f"_{said['user']}"):
            people[who] = (said["user"], one_line(said["name"]))
    return people


def _user(who: str, people: Mapping[str, tuple[str, str]], unsaid: Collection[str]) -> str:
    """Return the username if no text states it: the part that is left without the assignment's name."""
    assignments = {said.removesuffix(user) for said, (user, _) in people.items()}
    fitting = [each for each in assignments if who.startswith(each) and who != each]
    if fitting:
        return who.removeprefix(max(fitting, key=len))
    columns = zip(*(each.split("_")[:-1] for each in unsaid), strict=False)
    common = len(list(takewhile(lambda column: len(set(column)) == 1, columns)))
    return "_".join(who.split("_")[common:])


BLACKBOARD = Platform("Blackboard", _recognise)
