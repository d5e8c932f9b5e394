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
VERSION = 1
"""The form of the file. A later release that writes another form counts on."""

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

    def merged_with(self, other: Record) -> Record:
        """Return one record of what was done on two machines. Nothing that was passed, earned or tried is lost."""
        return Record(
            self.passed or other.passed,
            max(self.best_score, other.best_score),
            list(dict.fromkeys([*self.tries, *other.tries])),
            max(self.hints, other.hints),
        )


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
        self._change_file(lambda: change(self.record(exercise_id)))
        return self.record(exercise_id)

    def take_in(self, records: dict[str, Record]) -> None:
        """Merge the records of another machine into the file."""

        def merge() -> None:
            for exercise_id, record in records.items():
                self.records[exercise_id] = self.record(exercise_id).merged_with(record)

        self._change_file(merge)

    def _change_file(self, change: Callable[[], None]) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with _lock(self.path):
                self._read()
                change()
                write_text(self.path, self._as_json())
        except OSError as error:
            change()  # keep it at least for this session
            self._notice(f"Progress could not be saved in {self.path} ({error}). Checks still work.")

    def _read(self) -> None:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        except (OSError, UnicodeDecodeError) as error:
            self._notice(f"Progress could not be read from {self.path} ({error}).")
            return
        try:
            found = read_records(json.loads(text)["exercises"])
        except (ValueError, KeyError, TypeError):
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
        return json.dumps({"version": VERSION, "exercises": self.entries()}, indent=1) + "\n"

    def entries(self) -> dict[str, Any]:
        """Return all records as they are written."""
        return {key: asdict(record) for key, record in sorted(self.records.items())}

    def _notice(self, text: str) -> None:
        if text not in self.notices:
            self.notices.append(text)


def read_records(entries: Any) -> dict[str, Record]:
    """Return the record of each exercise under its present id.

    Args:
        entries: what :meth:`Progress.entries` returns, or what an earlier release wrote.

    Raises:
        TypeError: these are not records; the message says which one is not.
    """
    if not isinstance(entries, dict):
        raise TypeError("its exercises are not listed by their ids")
    return {current_id(key): _record_from(key, entries[key]) for key in sorted(entries, key=_former_first)}


def _former_first(exercise_id: str) -> bool:
    """Sort former ids before current ones, so that a record under the current id is the one that counts."""
    return current_id(exercise_id) == exercise_id


def _lock(path: Path) -> AbstractContextManager[object]:
    """Wait until no other notebook writes the file.

    Raises:
        TimeoutError: another one did so for :data:`LOCK_SECONDS`.
    """
    if sys.platform == "emscripten":  # a browser: a closed tab would leave its lock behind
        return nullcontext()
    from filelock import FileLock

    return FileLock(path.with_name(f".{path.name}.lock"), timeout=LOCK_SECONDS)


def _record_from(exercise_id: str, values: Any) -> Record:
    """Read one record.

    Raises:
        TypeError: its fields or their values are not those of a record.
    """
    try:
        record = Record(**values)
        whole = all(type(number) is int and number >= 0 for number in [*record.tries, record.hints])
        if not (whole and isinstance(record.passed, bool) and record.best_score >= 0):
            raise TypeError
    except TypeError:
        raise TypeError(f"its record of {exercise_id!r} is damaged") from None
    record.best_score = float(record.best_score)
    return record
