"""What a change of an answer comes to, and the cases on which changes are tried first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from course_lib.checking.calling import Outcome, outcome_of
from course_lib.checking.case import CaseResult
from course_lib.checking.compare import to_plain
from course_lib.checking.exercise import Exercise
from course_lib.checking.recognise.repair import Repair


@dataclass(frozen=True)
class Step:
    """A change that mends a part of what is wrong and spoils nothing that is right.

    Attributes:
        repair: the change.
        sentence: what is then true of the answer.
        outcomes: of the changed answer, one for each case.
        mended: how many of the wrong cases are right with it.
        values: how many different values are expected in these.
        wrong: how many were wrong.
        gain: how much more is right with it, parts of cases counted as such.
    """

    repair: Repair
    sentence: str
    outcomes: tuple[Outcome, ...]
    mended: int
    values: int
    wrong: int
    gain: float

    @property
    def says_enough(self) -> bool:
        """Whether the change is not chance: it mends half of the wrong cases, or a third by undoing a known mistake."""
        return (3 if self.repair.is_named else 2) * self.mended >= self.wrong


@dataclass(frozen=True)
class Probed:
    """A change that was tried on the probes, and how much more is right with it."""

    repair: Repair
    outcomes: tuple[Outcome, ...]
    gain: float


def size_of_case(case: CaseResult) -> int:
    """Return how long the arguments of a case are as text."""
    return sum(len(str(to_plain(argument))) for argument in case.args)


def diverse(cases: Sequence[CaseResult], at_most: int) -> list[CaseResult]:
    """Return a few cases, from the smallest to the largest, that differ in what is expected."""
    different = {str(case.expected): case for case in reversed(cases)}
    chosen = list(reversed(different.values()))
    if len(chosen) <= at_most:
        return chosen
    return [chosen[round(number * (len(chosen) - 1) / max(at_most - 1, 1))] for number in range(at_most)]


def further_cases(exercise: Exercise, seed: int) -> list[CaseResult]:
    """Draw cases and what is expected in them."""
    drawn = [args for _, args in exercise.drawn(seed)]
    expected = [outcome_of(exercise, exercise.reference, args).value for args in drawn]
    pairs = zip(drawn, expected, strict=True)
    return [CaseResult(args, value, Outcome("unfinished"), None) for args, value in pairs]
