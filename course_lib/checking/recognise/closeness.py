"""How much of a value is right? So a change that mends a part of it is seen, though something else is wrong as well."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.checking.calling import Outcome
from course_lib.checking.case import CaseResult
from course_lib.checking.differ import differ
from course_lib.checking.exercise import Exercise

_MOST = 0.95  # where anything is wrong at all


class Rightness:
    """How right the outcomes of changed answers are. Such an answer may return anything."""

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._before: dict[int, tuple[CaseResult, float]] = {}

    def is_right(self, case: CaseResult, outcome: Outcome) -> bool:
        """Return whether nothing is wrong with an outcome."""
        if outcome.status != "returned" or outcome.changed:
            return False
        try:
            return not differ(case.expected, outcome.value, self._exercise.tolerance)
        except Exception:
            return False

    def gain(self, case: CaseResult, outcome: Outcome) -> float:
        """Return how much more of a case is right than it was."""
        return self._closeness(case, outcome) - self._closeness_before(case)

    def _closeness_before(self, case: CaseResult) -> float:
        """Return how right a case was before any change; it is asked for with every change."""
        if id(case) not in self._before:  # cases hold arrays, so they are kept by their identity
            self._before[id(case)] = case, self._closeness(case, case.outcome)
        return self._before[id(case)][1]

    def spoils(self, case: CaseResult, outcome: Outcome) -> bool:
        """Return whether a named part of a value was right in a case, and is wrong in an outcome."""
        expected, before, after = case.expected, case.outcome.value, outcome.value
        if not (isinstance(expected, dict) and isinstance(before, dict) and isinstance(after, dict)):
            return False
        return any(
            self._is_right(value, before.get(name)) and not self._is_right(value, after.get(name))
            for name, value in expected.items()
        )

    def _is_right(self, expected: Any, got: Any) -> bool:
        return not differ(expected, got, self._exercise.tolerance)

    def _closeness(self, case: CaseResult, outcome: Outcome) -> float:
        if outcome.status != "returned":
            return 0.0
        try:
            return closeness(case.expected, outcome.value, self._exercise.tolerance)
        except Exception:
            return 0.0


def closeness(expected: Any, got: Any, tolerance: float) -> float:
    """Return the share of a value's parts that are right: 1 only where nothing is wrong."""
    if not differ(expected, got, tolerance):
        return 1.0
    return _MOST * _share(expected, got, tolerance)


def holds_decimals(value: Any) -> bool:
    """Return whether a value is, or holds, a number with decimals."""
    if isinstance(value, dict | list | tuple):
        return any(map(holds_decimals, value.values() if isinstance(value, dict) else value))
    return isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")


def _share(expected: Any, got: Any, tolerance: float) -> float:
    if isinstance(expected, dict) and isinstance(got, dict) and expected:
        return _mean(
            [closeness(value, got[key], tolerance) if key in got else 0.0 for key, value in expected.items()]
        )
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got) > 0:
        return _mean([closeness(*pair, tolerance) for pair in zip(expected, got, strict=True)])
    if not (isinstance(expected, np.ndarray) and isinstance(got, np.ndarray)) or expected.shape != got.shape:
        return 0.0
    if not expected.size or not {expected.dtype.kind, got.dtype.kind} <= set("biuf"):
        return 0.0
    return float(np.isclose(expected, got, rtol=tolerance, atol=tolerance, equal_nan=True).mean())


def _mean(shares: list[float]) -> float:
    return sum(shares) / len(shares)
