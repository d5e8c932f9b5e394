"""Which of several files for the same work counts: the newest attempt. Files in different folders are not versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any


@dataclass(frozen=True)
class Version:
    """One file for a student's work.

    Attributes:
        name: the file's path.
        attempt: sorts attempts by time; "" if no time is known.
        rank: of two files in one folder the one with the higher rank counts.
    """

    name: str
    attempt: str
    rank: Any

    @property
    def folder(self) -> str:
        """The folder that holds the file."""
        return self.name.rpartition("/")[0]


def choose(versions: Sequence[Version]) -> tuple[Version | None, list[tuple[Version, str]]]:
    """Return the version that counts, and the others, each with the reason why it does not.

    None counts if several are in different folders of which none contains the others.
    """
    newest = max(version.attempt for version in versions)
    latest = [version for version in versions if version.attempt == newest]
    outer = min({version.folder for version in latest}, key=len)
    if all(PurePosixPath(version.folder).is_relative_to(outer) for version in latest):
        kept = max((version for version in latest if version.folder == outer), key=lambda one: one.rank)
        return kept, [(one, _why_not(one, kept)) for one in versions if one is not kept]
    names = ", ".join(sorted(version.name for version in latest)[:3])
    apart = f"the same work is in different folders ({names}): keep one of them"
    return None, [(one, apart if one.attempt == newest else "there is a newer attempt") for one in versions]


def _why_not(version: Version, kept: Version) -> str:
    if version.attempt == kept.attempt and version.folder != kept.folder:
        return f"another one, further up, counts: {kept.name}"
    return f"there is a newer one: {kept.name}"
