"""The instructor's rules, ``policy.toml``: deadlines, lateness, flagged answers, points given by people.

    timezone = "Europe/Vienna"          # of times without one; UTC if left out
    submitted = "submitted.csv"         # student, submitted[, assignment]; not the files' times: copies change them
    overrides = ["overrides.csv"]       # student, exercise, score, comment; people's points, which override all others
    roster = "roster.csv"               # student[, last_name, first_name, email, canvas_id, sis_user_id, ...]

    [deadlines]
    03_iou_and_dice_by_hand = 2026-11-20T23:59:00

    [late]
    percent_per_day = 10                # of the points reached, for every started day after the deadline
    cap_percent = 50                    # never more than this
    grace_minutes = 15                  # this much later costs nothing

    [flags]
    default = "keep"                    # or "zero": an answer that hands its work to a library
    "calls torchmetrics" = "zero"       # the flag's first words; the longest match decides

    [manual.07_pet_trimap_project]
    project = 10                        # points that people give by overrides

    [columns.canvas]                    # an assignment's column name there; [canvas] means the same
    03_iou_and_dice_by_hand = "IoU and Dice (12345)"

Files are looked for beside ``policy.toml``. Without a policy no points are taken off, and only an ``overrides.csv``
in the grades' folder is applied.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from math import ceil
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from course_lib.grading.exports import EXPORTERS
from course_lib.grading.tables import near, points

KEEP, ZERO = "keep", "zero"
FLAGS = ("calls", "changes", "loads", "reaches for")
"""How a flag begins: an answer calls a library's function, changes a module, loads one, or reaches for internals."""

_KEYS = (
    "timezone",
    "submitted",
    "overrides",
    "roster",
    "deadlines",
    "late",
    "flags",
    "manual",
    "columns",
    "canvas",
)


@dataclass(frozen=True)
class Late:
    """The penalty for lateness."""

    percent_per_day: float = 0.0
    cap_percent: float = 100.0
    grace_minutes: float = 0.0

    def days(self, submitted: datetime, due: datetime) -> int:
        """Return the number of started days of lateness; 0 within the grace period, after it all days count."""
        late = submitted - due
        return ceil(late / timedelta(days=1)) if late > timedelta(minutes=self.grace_minutes) else 0

    def penalty(self, days: int, raw_score: float) -> float:
        """Return the points that this many days cost."""
        return points(raw_score * min(days * self.percent_per_day, self.cap_percent) / 100)


@dataclass(frozen=True)
class Policy:
    """The rules, read and checked."""

    late: Late = Late()
    deadlines: Mapping[str, datetime] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)
    manual: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    overrides: tuple[Path, ...] = ()
    submitted: Path | None = None
    roster: Path | None = None
    timezone: tzinfo = UTC

    def zeroes(self, flag: str) -> bool:
        """Return whether an answer with this flag loses its points."""
        fitting = [words for words in self.flags if words != "default" and flag.startswith(words)]
        rule = self.flags[max(fitting, key=len)] if fitting else self.flags.get("default", KEEP)
        return rule == ZERO


def read_policy(path: Path | None, assignments: Collection[str]) -> Policy:
    """Read a policy; None gives a policy that changes nothing.

    Args:
        path: the policy's file.
        assignments: the assignments for which it may set deadlines and points.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a setting is wrong; one sentence says which and where.
    """
    if path is None:
        return Policy()
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise FileNotFoundError(f"There is no policy {path}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not TOML: {error}.") from None
    try:
        return _policy(values, path.parent, assignments)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _policy(values: dict[str, Any], folder: Path, assignments: Collection[str]) -> Policy:
    _check_keys("", values, _KEYS)
    zone = _timezone(values.get("timezone", "UTC"))
    late = _table(values, "late")
    _check_keys("late.", late, ("percent_per_day", "cap_percent", "grace_minutes"))
    deadlines = _table(values, "deadlines")
    manual = _table(values, "manual")
    for name in ("deadlines", "manual"):
        _check_keys(f"{name}.", _table(values, name), assignments, "assignment")
    return Policy(
        late=Late(
            percent_per_day=_number("late.percent_per_day", late.get("percent_per_day", 0), 100),
            cap_percent=_number("late.cap_percent", late.get("cap_percent", 100), 100),
            grace_minutes=_number("late.grace_minutes", late.get("grace_minutes", 0), 525_600),
        ),
        deadlines={name: _deadline(name, value, zone) for name, value in deadlines.items()},
        flags=_flags(_table(values, "flags")),
        manual={name: _manual(name, value) for name, value in manual.items()},
        columns=_columns(values, assignments),
        overrides=tuple(folder / name for name in _names("overrides", values.get("overrides", []))),
        submitted=folder / _words("submitted", values["submitted"]) if "submitted" in values else None,
        roster=folder / _words("roster", values["roster"]) if "roster" in values else None,
        timezone=zone,
    )


def _check_keys(
    where: str, values: Mapping[str, Any], known: Collection[str], what: str = "such setting"
) -> None:
    for key in values:
        if key not in known:
            raise ValueError(f"there is no {what} {where}{key}. {near(key, known)}")


def _table(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    table = values.get(name, {})
    if not isinstance(table, dict):
        raise ValueError(
            f"{name} is {table!r}, but it must be a table: write [{name}] and its settings below."
        )
    return table


def _number(name: str, value: Any, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ValueError(f"{name} is {value!r}, but it must be a number from 0 to {most:g}.")
    return float(value)


def _words(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} is {value!r}, but it must be a text in quotes.")
    return value


def _names(name: str, value: Any) -> list[str]:
    return [_words(name, item) for item in (value if isinstance(value, list) else [value])]


def _timezone(name: Any) -> tzinfo:
    try:
        return UTC if name == "UTC" else ZoneInfo(_words("timezone", name))
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError(
            f'timezone is {name!r}, which this machine does not know: give one such as "Europe/Vienna".'
        ) from None


def _deadline(assignment: str, value: Any, zone: tzinfo) -> datetime:
    if not isinstance(value, datetime):
        raise ValueError(
            f"deadlines.{assignment} is {value}, but it must be a day with a time and no quotes, such as "
            "2026-11-20T23:59:00."
        )
    return value if value.tzinfo else value.replace(tzinfo=zone)


def _flags(table: Mapping[str, Any]) -> dict[str, str]:
    for words, rule in table.items():
        if words != "default" and not words.startswith(FLAGS):
            raise ValueError(f"flags.{words!r} does not begin any flag. {near(words, ('default', *FLAGS))}")
        if rule not in (KEEP, ZERO):
            raise ValueError(f'flags.{words!r} is {rule!r}, but it must be "{KEEP}" or "{ZERO}".')
    return dict(table)


def _manual(assignment: str, table: Any) -> dict[str, float]:
    if not isinstance(table, dict):
        raise ValueError(f"manual.{assignment} is {table!r}, but it must be a table: name = points.")
    return {name: _number(f"manual.{assignment}.{name}", value, 1000) for name, value in table.items()}


def _columns(values: dict[str, Any], assignments: Collection[str]) -> dict[str, dict[str, str]]:
    """Return ``[columns.EXPORTER]``; ``[canvas]`` is the former way to write ``[columns.canvas]``."""
    tables = _table(values, "columns")
    _check_keys("columns.", tables, EXPORTERS, "exporter")
    found = {f"columns.{name}": _table(tables, name) for name in tables}
    if "canvas" in values and "canvas" in tables:
        raise ValueError("[canvas] and [columns.canvas] mean the same: keep only [columns.canvas].")
    if "canvas" in values:
        found["canvas"] = _table(values, "canvas")
    for where, table in found.items():
        _check_keys(f"{where}.", table, assignments, "assignment")
    return {
        where.removeprefix("columns."): {
            name: _words(f"{where}.{name}", value) for name, value in table.items()
        }
        for where, table in found.items()
    }
