"""Gradescope: ``submission_N/FILE`` beside ``submission_metadata.yml``, which names the owners of each submission."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import yaml

from course_lib.grading.intake.platforms.base import Owner, Owners, Package, Platform, file_of
from course_lib.grading.plain_text import one_line

METADATA = "submission_metadata.yml"
_FOLDER = re.compile(r"submission_(?P<number>\d+)")


class _Loader(yaml.SafeLoader):
    """Reads Ruby's types as the plain values that they hold."""


def _plain(loader: _Loader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


_Loader.add_multi_constructor("!", _plain)


def _recognise(package: Package) -> Owners:
    owners: dict[str, list[Owner]] = {}
    for metadata in sorted(name for name in package.names if file_of(name) == METADATA):
        top = metadata.removesuffix(METADATA)
        entries = _entries(metadata, package.read(metadata))
        people = {folder: _people(entry) for folder, entry in entries.items()}
        names = Counter(person.student for owned in people.values() for person in owned)
        for name in package.names:
            folder, _, file = name.removeprefix(top).partition("/")
            match = _FOLDER.fullmatch(folder) if name.startswith(top) else None
            if match:
                found = people.get(folder) or [Owner(folder, "")]
                owners[name] = [
                    _owner(person, match["number"], names[person.student] > 1, file, top + folder)
                    for person in found
                ]
    return owners


def _entries(name: str, data: bytes) -> dict[str, Any]:
    try:
        entries = yaml.load(data.decode("utf-8-sig", "replace"), _Loader)  # a subclass of a safe loader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(
            f"{name} is not YAML ({one_line(error, 200)}): export the assignment again."
        ) from None
    return {str(key): value for key, value in entries.items()} if isinstance(entries, dict) else {}


def _people(entry: Any) -> list[Owner]:
    """Return the submitters of one submission; several for a group's."""
    submitters = _value(entry, "submitters")
    found = []
    for one in submitters if isinstance(submitters, Sequence) and not isinstance(submitters, str) else ():
        name, sid, email = (one_line(_value(one, key) or "", 200) for key in ("name", "sid", "email"))
        known = "_".join(part for part in (name, sid or email) if part)
        if known:
            attempt = str(_value(entry, "created_at") or "")
            found.append(Owner(known, "", id=sid or email, attempt=attempt, name=name, email=email))
    return found


def _owner(person: Owner, number: str, is_shared: bool, file: str, place: str) -> Owner:
    """Return the owner of one file; people who have only a name, and the same one, get the submission's number."""
    student = f"{person.student}_{number}" if is_shared and not person.id else person.student
    return Owner(
        student, file, place, person.id, attempt=person.attempt, name=person.name, email=person.email
    )


def _value(table: Any, key: str) -> Any:
    """Return a value by a key that Ruby wrote as a symbol, ``:name``, or as a plain word."""
    return table.get(f":{key}", table.get(key)) if isinstance(table, dict) else None


GRADESCOPE = Platform("Gradescope", _recognise)
