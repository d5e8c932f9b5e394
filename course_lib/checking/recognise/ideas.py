"""Which misconception explains an answer? One idea, or two together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from course_lib.checking.calling import Outcome
from course_lib.checking.case import CaseResult
from course_lib.checking.compare import kind_of
from course_lib.checking.differ import differ
from course_lib.checking.exercise import Answer, Exercise, Misconception
from course_lib.checking.recognise.budget import Budget
from course_lib.checking.recognise.pairs import TWO_AT_ONCE
from course_lib.checking.recognise.parts import comparable, split

Try = Callable[[Exercise, Answer, tuple[Any, ...]], Outcome]
"""Tries an answer on arguments."""

_AT_LEAST = 2  # wrong cases that an idea must explain, unless it agrees in every case
_DIFFERENT = 3  # values that an idea must explain: agreeing in one and the same value may be chance
_MINDED = 4  # times as many parts must a pair explain as it is wrong in where the answer is right
_SURELY = 0.7  # of the wrong parts must an idea explain that is told of a part
_HALF = 0.5  # and in further cases
_NOBODY, _MINE = "", "mine"

Part = tuple[int, int]
"""Something in which an answer can be right or wrong: the number of the case, and of the part in it."""


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
        self._numbers = {id(case): number for number, case in enumerate(cases)}
        self._known: dict[tuple[str, int], Outcome] = {}
        self._parts_known: dict[tuple[str, int], list[Any]] = {}
        self._differ_known: dict[tuple[str, str, Part], bool] = {}

    def that_agrees(
        self, outcomes: Sequence[Outcome], cases: Sequence[CaseResult] | None = None
    ) -> Misconception | None:
        """Return the idea that agrees with the outcomes in every case, or in every one of some cases."""
        numbers = range(len(self._cases)) if cases is None else [self._numbers[id(case)] for case in cases]
        tolerance = self.exercise.tolerance
        return next(
            (
                idea
                for idea in self.exercise.misconceptions
                if all(
                    out.agrees_with(self.of(idea, number), tolerance)
                    for number, out in zip(numbers, outcomes, strict=True)
                )
            ),
            None,
        )

    def fails_alike(self, idea: Misconception) -> bool:
        """Return whether an idea that agrees also has the answer's errors, to the last number: sizes tell mistakes."""
        pairs = ((case.outcome, self.of(idea, number)) for number, case in enumerate(self._cases))
        return all(mine.error == other.error for mine, other in pairs)

    def that_explains(self) -> Misconception | None:
        """Return the idea that agrees wherever the answer is wrong.

        It may itself be wrong where the answer is right, as at an edge that the learner minded; such parts must be few.
        """
        wrong, right = self._sorted()
        if len(
            {(str(self._value(_NOBODY, part)), str(self._value(_MINE, part))) for part in wrong}
        ) < _DIFFERENT or self._are_all_one(wrong):
            return None
        best: tuple[int, Misconception] | None = None
        for idea in self.exercise.misconceptions:
            if not any(self._differ(idea.name, _MINE, part) for part in wrong):
                minded = sum(self._differ(_NOBODY, idea.name, part) for part in right)
                if minded <= (0 if is_double(idea) else len(wrong)) and (best is None or minded < best[0]):
                    best = minded, idea
        return best[1] if best else None

    def that_explains_most(self) -> Misconception | None:
        """Return the idea that agrees in most parts that are wrong, and is right in nearly all that are right.

        Something else is wrong in the other parts.
        """
        best: tuple[int, Misconception] | None = None
        for idea in self.exercise.misconceptions:
            explained = self._explained_mostly(idea, _SURELY)
            if explained and (best is None or explained > best[0]):
                best = explained, idea
        return best[1] if best else None

    def _explained_mostly(self, idea: Misconception, share: float) -> int:
        """Return how many wrong parts an idea explains; 0 if they are too few, or if it is wrong in right ones."""
        if is_double(idea):
            return 0  # one of its two things may be all that is wrong
        wrong, right = self._sorted()
        own = [part for part in wrong if not self._differ(idea.name, _MINE, part)]
        values = {(str(self._value(_NOBODY, part)), str(self._value(_MINE, part))) for part in own}
        if len(values) < _DIFFERENT or len(own) < share * len(wrong) or self._are_all_one(own):
            return 0
        if all(kind_of(self._value(_MINE, part)) == "bool" for part in own):
            return 0  # True and False agree by chance
        minded = sum(self._differ(_NOBODY, idea.name, part) for part in right)
        return len(own) if _MINDED * minded <= len(own) else 0

    def _are_all_one(self, parts: Sequence[Part]) -> bool:
        """Return whether the answer has one and the same number in all these parts: that may have many reasons."""
        values = [self._value(_MINE, part) for part in parts]
        are_numbers = all(kind_of(value) in ("bool", "int", "float") for value in values)
        return are_numbers and len({number for value in values for number in np.ravel(value).tolist()}) == 1

    def pair_that_explains(self, budget: Budget) -> tuple[Misconception, Misconception] | None:
        """Return the two ideas that explain the answer together, the one first that explains more.

        Where one of the two is wrong, the answer is wrong in the same way; where none is, it is right; where both are,
        it may be what the two come to together. Each explains something that the other does not.
        """
        budget.spend(len(self.exercise.misconceptions) * len(self._cases))
        if budget.is_used:
            return None
        single = [idea for idea in self.exercise.misconceptions if not is_double(idea)]
        for one, other in combinations(single, 2):
            counts = Counter(self._fit(part, one.name, other.name) for part in self._all_parts())
            shown = counts["one"], counts["other"]
            few_minded = _MINDED * counts["minded"] <= sum(shown)
            if not counts["neither"] and min(shown) >= 1 and sum(shown) > _AT_LEAST and few_minded:
                if self._are_properties() and not all(map(self.values_shared_with, (one, other))):
                    continue
                return (one, other) if shown[0] >= shown[1] else (other, one)
        return None

    def _are_properties(self) -> bool:
        """Return whether all that is observed is what holds of an answer: then an idea speaks of the whole of it."""
        return all(
            isinstance(case.expected, dict)
            and all(isinstance(value, bool) for value in case.expected.values())
            for case in self._cases
        )

    def values_shared_with(self, idea: Misconception) -> int:
        """Return how many different wrong values of the answer, each that of a whole case, an idea has as well."""
        shared = (
            case.outcome
            for number, case in enumerate(self._cases)
            if not case.passed and case.outcome.agrees_with(self.of(idea, number), self.exercise.tolerance)
        )
        return len({str(outcome.value) for outcome in shared if outcome.status == "returned"})

    def unexplained(self, names: Sequence[str]) -> int:
        """Return in how many parts the answer is wrong in a way that one or two ideas, by name, do not explain."""
        if len(names) == 2:
            return sum(self._fit(part, *names) == "neither" for part in self._all_parts())
        return sum(self._differ(names[0], _MINE, part) for part in self._sorted()[0])

    def wrong_cases(self, idea: Misconception) -> int:
        """Return in how many cases an idea is wrong."""
        return sum(self._is_wrong(idea, number) for number in range(len(self._cases)))

    def _is_wrong(self, idea: Misconception, number: int) -> bool:
        pairs = zip(self._parts(_NOBODY, number), self._parts(idea.name, number), strict=True)
        return any(differ(*pair, self.exercise.tolerance) for pair in pairs)

    def explains_mostly(self, name: str) -> bool:
        """Return whether an idea, by name, explains most of what is wrong."""
        return bool(self._explained_mostly(self._idea(name), _HALF))

    def _idea(self, name: str) -> Misconception:
        return next(idea for idea in self.exercise.misconceptions if idea.name == name)

    def of(self, idea: Misconception, number: int) -> Outcome:
        """Return what an idea makes of a case, by its number."""
        key = idea.name, number
        if key not in self._known:
            self._known[key] = self._outcome(self.exercise, idea.answer, self._cases[number].args)
        return self._known[key]

    def _sorted(self) -> tuple[list[Part], list[Part]]:
        """Return the parts in which the answer is wrong, and those in which it is right."""
        wrong: list[Part] = []
        right: list[Part] = []
        for part in self._all_parts():
            (wrong if self._differ(_NOBODY, _MINE, part) else right).append(part)
        return wrong, right

    def _all_parts(self) -> Iterator[Part]:
        for number in range(len(self._cases)):
            yield from ((number, index) for index in range(len(self._parts(_NOBODY, number))))

    def _differ(self, one: str, other: str, part: Part) -> bool:
        """Return whether two of the reference, the answer and the ideas make different things of a part."""
        key = one, other, part
        if key not in self._differ_known:  # each pair of ideas asks for it again
            pair = self._value(one, part), self._value(other, part)
            self._differ_known[key] = differ(*pair, self.exercise.tolerance)
        return self._differ_known[key]

    def _value(self, who: str, part: Part) -> Any:
        number, index = part
        return self._parts(who, number)[index]

    def _parts(self, who: str, number: int) -> list[Any]:
        """Return what the reference, the answer or an idea makes of a case, as the parts that can be right or wrong."""
        key = who, number
        if key not in self._parts_known:
            case = self._cases[number]
            if who == _NOBODY:
                value = case.expected
            else:
                value = comparable(case.outcome if who == _MINE else self.of(self._idea(who), number))
            self._parts_known[key] = split(case.expected, value)
        return self._parts_known[key]

    def _fit(self, part: Part, one: str, other: str) -> str:
        """Say which of two ideas explains a part: one, the other, both, or neither.

        The answer may be right where one idea is wrong ("minded").
        """
        wrong = [name for name in (one, other) if self._differ(_NOBODY, name, part)]
        if not self._differ(_NOBODY, _MINE, part):
            return "minded" if wrong else "right"
        if len(wrong) == 2:
            return "both"
        if not wrong or self._differ(wrong[0], _MINE, part):
            return "neither"
        return "one" if wrong[0] == one else "other"


def is_double(idea: Misconception) -> bool:
    """Return whether an idea is two mistakes in one answer."""
    return idea.sentence.startswith(TWO_AT_ONCE)
