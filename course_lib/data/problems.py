"""What `course data check` reports: a file, what is wrong with it, and whether that matters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Severity = Literal["note", "problem"]


@dataclass(frozen=True)
class Problem:
    """A remark about a file. A "problem" stops training or falsifies its score; a "note" does neither."""

    path: Path
    what: str
    severity: Severity

    def __str__(self) -> str:
        return f"{self.severity}: {self.path}: {self.what}"


def from_error(error: Exception, path: Path, severity: Severity = "problem") -> Problem:
    """Turn an error about a file into a problem; its message need not name the file again."""
    if isinstance(error, FileNotFoundError):
        return Problem(path, "is missing", severity)
    if isinstance(error, OSError):
        return Problem(path, f"cannot be opened: {error.strerror}", severity)
    return Problem(path, str(error).removeprefix(f"{path} "), severity)
