"""What a learner has done: one small JSON file, written atomically, shared by notebooks that check at the same time."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from course_lib.files import write_text
from course_lib.former_names import current_id
from course_lib.paths import course_root

LOCK_SECONDS = 5.0
HONEST_TRIES = 3
"""The number of different tries that opens the solution."""


@dataclass
class Record:
    """One exercise's history.

    Attributes:
        passed: whether a check has ever passed.
        best_score: the most points that a check has given.
        tries: fingerprints of the different answers that were wrong.
        hints: how many hints were taken.
    """

    passed: bool = False
    best_score: float = 0.0
    tries: list[int] = field(default_factory=list)
    hints: int = 0

    @property
    def may_see_solution(self) -> bool:
        """Whether the solution may be shown: after a pass, or after enough different tries."""
        return self.passed or len(self.tries) >= HONEST_TRIES


def default_path() -> Path:
    """Return where progress is kept: ``COURSE_PROGRESS``, or ``work/progress.json`` in the course's folder."""
    named = os.environ.get("COURSE_PROGRESS")
    return Path(named) if named else course_root() / "work" / "progress.json"


class Progress:
    """The records of all exercises. A file that cannot be read or written never stops a learner.

    Attributes:
        path: the file.
        records: id of an exercise to its record.
        notices: what the learner should know, such as that the file could not be written.
    """

    def __init__(self, path: Path, records: dict[str, Record]) -> None:
        self.path = path
        self.records = records
        self.notices: list[str] = []

    @classmethod
    def load(cls, path: Path | str | None = None) -> Progress:
        """Read a file; a damaged one is set aside and a new one is started."""
        progress = cls(Path(path) if path else default_path(), {})
        progress._read()
        return progress

    def record(self, exercise_id: str) -> Record:
        """Return the record of an exercise, an empty one if there is none."""
        return self.records.setdefault(exercise_id, Record())

    def update(self, exercise_id: str, change: Callable[[Record], None]) -> Record:
        """Change one record: read the file again, change it, write it, while no other notebook does."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with _lock(self.path):
                self._read()
                change(self.record(exercise_id))
                write_text(self.path, self._as_json())
        except OSError as error:
            change(self.record(exercise_id))  # keep it at least for this session
            self._notice(f"Progress could not be saved in {self.path} ({error}). Checks still work.")
        return self.record(exercise_id)

    def _read(self) -> None:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        except (OSError, UnicodeDecodeError) as error:
            self._notice(f"Progress could not be read from {self.path} ({error}).")
            return
        try:
            written = json.loads(text)["exercises"]
            found = {
                current_id(key): _record_from(value)
                for key, value in sorted(written.items(), key=_former_first)
            }
        except (ValueError, KeyError, TypeError, AttributeError):
            self._keep_aside()
            return
        self.records = self.records | found

    def _keep_aside(self) -> None:
        aside = self.path.with_name(f"{self.path.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}.json")
        try:
            self.path.replace(aside)
        except OSError as error:
            self._notice(f"{self.path} is damaged and could not be moved aside ({error}).")
            return
        self._notice(f"{self.path} was damaged. It is kept as {aside.name}, and a new one is started.")

    def _as_json(self) -> str:
        records = {key: asdict(record) for key, record in sorted(self.records.items())}
        return json.dumps({"version": 1, "exercises": records}, indent=1) + "\n"

    def _notice(self, text: str) -> None:
        if text not in self.notices:
            self.notices.append(text)


def _former_first(item: tuple[str, Any]) -> bool:
    """Sort former ids before current ones, so that a record under the current id is the one that counts."""
    return current_id(item[0]) == item[0]


def _lock(path: Path) -> AbstractContextManager[object]:
    """Wait until no other notebook writes the file.

    Raises:
        TimeoutError: another one did so for :data:`LOCK_SECONDS`.
    """
    if sys.platform == "emscripten":  # a browser: a closed tab would leave its lock behind
        return nullcontext()
    from filelock import FileLock

    return FileLock(path.with_name(f".{path.name}.lock"), timeout=LOCK_SECONDS)


def _record_from(values: Any) -> Record:
    """Read one record.

    Raises:
        TypeError: its fields or their types are not those of a record.
    """
    record = Record(**values)
    if not (
        isinstance(record.passed, bool) and isinstance(record.tries, list) and isinstance(record.hints, int)
    ):
        raise TypeError("the fields of a record have other types")
    record.best_score = float(record.best_score)
    return record
