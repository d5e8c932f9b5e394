"""Which misconception explains an answer? One idea, or two together."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from course_lib.checking.calling import Outcome
from course_lib.checking.case import CaseResult
from course_lib.checking.compare import difference
from course_lib.checking.exercise import Answer, Exercise, Misconception
from course_lib.checking.recognise.budget import Budget

Try = Callable[[Exercise, Answer, tuple[Any, ...]], Outcome]
"""Tries an answer on arguments."""

_AT_LEAST = 2  # wrong cases that an idea must explain, unless it agrees in every case
_DIFFERENT = 3  # values that an idea must explain: agreeing in one and the same value may be chance
_MINDED = 4  # times as many parts must a pair explain as it is wrong in where the answer is right
_MOST_PARTS = 12  # of a value that is compared part by part


class Ideas:
    """What an exercise's misconceptions make of the cases; each is tried on each case once at most."""

    def __init__(self, exercise: Exercise, cases: Sequence[CaseResult], outcome: Try) -> None:
        """Prepare the comparison.

        Args:
            exercise: the exercise.
            cases: what the answer did.
            outcome: tries a misconception on the arguments of a case.
        """
        self.exercise, self._cases, self._outcome = exercise, cases, outcome
        self._known: dict[tuple[str, int], Outcome] = {}
        self._compared: list[list[dict[str, Any]]] | None = None

    def that_agrees(self, outcomes: Sequence[Outcome]) -> Misconception | None:
        """Return the idea that agrees with the outcomes in every case."""
        tolerance = self.exercise.tolerance
        return next(
            (
                idea
                for idea in self.exercise.misconceptions
                if all(
                    out.agrees_with(self._of(idea, number), tolerance) for number, out in enumerate(outcomes)
                )
            ),
            None,
        )

    def that_explains(self, budget: Budget) -> Misconception | None:
        """Return the idea that agrees wherever the answer is wrong.

        It may itself be wrong where the answer is right, as at an edge that the learner minded; such parts must be few.
        """
        parts = [part for case in self._all_parts(budget) for part in case]
        wrong = [part for part in parts if self._differ(part[""], part["mine"])]
        right = [part for part in parts if not self._differ(part[""], part["mine"])]
        if len({(str(part[""]), str(part["mine"])) for part in wrong}) < _DIFFERENT:
            return None
        best: tuple[int, Misconception] | None = None
        for idea in self.exercise.misconceptions:
            if not any(self._differ(part[idea.name], part["mine"]) for part in wrong):
                minded = sum(self._differ(part[""], part[idea.name]) for part in right)
                if minded <= len(wrong) and (best is None or minded < best[0]):
                    best = minded, idea
        return best[1] if best else None

    def pair_that_explains(self, budget: Budget) -> tuple[Misconception, Misconception] | None:
        """Return the two ideas that explain the answer together, the one first that explains more.

        Where one of the two is wrong, the answer is wrong in the same way; where none is, it is right; where both are,
        it may be what the two come to together. Each explains something that the other does not.
        """
        parts = [part for case in self._all_parts(budget) for part in case]
        for one, other in combinations(self.exercise.misconceptions, 2):
            counts = Counter(self._fit(part, one.name, other.name) for part in parts)
            shown = counts["one"], counts["other"]
            few_minded = _MINDED * counts["minded"] <= sum(shown)
            if not counts["neither"] and min(shown) >= 1 and sum(shown) > _AT_LEAST and few_minded:
                return (one, other) if shown[0] >= shown[1] else (other, one)
        return None

    def unexplained(self, names: Sequence[str]) -> int:
        """Return in how many parts the answer is wrong in a way that one or two ideas, by name, do not explain."""
        parts = [part for case in self._all_parts(Budget(math.inf)) for part in case]
        if len(names) == 2:
            return sum(self._fit(part, *names) == "neither" for part in parts)
        wrong = [part for part in parts if self._differ(part[""], part["mine"])]
        return sum(self._differ(part[names[0]], part["mine"]) for part in wrong)

    def _of(self, idea: Misconception, number: int) -> Outcome:
        key = idea.name, number
        if key not in self._known:
            self._known[key] = self._outcome(self.exercise, idea.answer, self._cases[number].args)
        return self._known[key]

    def _differ(self, one: Any, other: Any) -> bool:
        return difference(one, other, self.exercise.tolerance) is not None

    def _all_parts(self, budget: Budget) -> list[list[dict[str, Any]]]:
        """Return the parts of all cases; of none if they cost too much."""
        if self._compared is None:
            self._compared = []
            for number in range(len(self._cases)):
                if budget.is_used:
                    self._compared = []
                    break
                self._compared.append(self._parts(number))
        return self._compared

    def _parts(self, number: int) -> list[dict[str, Any]]:
        """Return the case as the parts in which it can be right or wrong: for each, what everybody makes of it."""
        case = self._cases[number]
        values = {"": case.expected, "mine": _value(case.outcome)}
        values |= {idea.name: _value(self._of(idea, number)) for idea in self.exercise.misconceptions}
        expected = case.expected
        if isinstance(expected, dict):
            return [{who: _entry(value, key) for who, value in values.items()} for key in expected]
        few = isinstance(expected, np.ndarray) and expected.ndim == 1 and 1 < len(expected) <= _MOST_PARTS
        if few and all(_is_alike(value, expected) for value in values.values()):
            return [{who: value[at].item() for who, value in values.items()} for at in range(len(expected))]
        return [values]

    def _fit(self, part: dict[str, Any], one: str, other: str) -> str:
        """Say which of two ideas explains a part: one, the other, both, or neither.

        The answer may be right where one idea is wrong ("minded").
        """
        wrong = [name for name in (one, other) if self._differ(part[""], part[name])]
        if len(wrong) == 2:
            return "both"
        if not self._differ(part[""], part["mine"]):
            return "minded" if wrong else "right"
        if not wrong or self._differ(part[wrong[0]], part["mine"]):
            return "neither"
        return "one" if wrong[0] == one else "other"


def _value(outcome: Outcome) -> Any:
    """Return a value to compare: what was returned, or the error as text."""
    if outcome.status != "returned":
        return f"{outcome.status} {outcome.error}"
    return (
        {"value": outcome.value, "changed": " ".join(outcome.changed)} if outcome.changed else outcome.value
    )


def _entry(value: Any, key: Any) -> Any:
    return value.get(key) if isinstance(value, dict) else value


def _is_alike(value: Any, expected: np.ndarray) -> bool:
    return isinstance(value, np.ndarray) and value.shape == expected.shape
