"""Do an exercise's checks refuse every small change of its right answers? What passes is listed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from course_lib.authoring.mutants import mutants_of
from course_lib.checking.calling import Outcome, outcome_of
from course_lib.checking.compare import to_plain
from course_lib.checking.deadline import DeadlineExceeded, deadline
from course_lib.checking.exercise import Answer, Exercise
from course_lib.checking.judge import fresh_cases, problem_of

SEEDS = (1, 2, 3, 4, 5)
_SECONDS = 2.0  # for all cases of a seed; a mutant that takes longer never ends

Case = tuple[tuple[Any, ...], Outcome]


@dataclass
class MutantRow:
    """What became of the mutants of one exercise.

    Attributes:
        exercise: its id.
        made: how many there were.
        survivors: those that passed with at least one seed, and are not listed as equivalent: answer and change.
        equivalent: how many passed and are listed.
    """

    exercise: str
    made: int = 0
    survivors: list[str] = field(default_factory=list)
    equivalent: int = 0

    @property
    def refused(self) -> int:
        """How many failed with every seed."""
        return self.made - self.equivalent - len(self.survivors)


def judge_mutants(exercise: Exercise, seeds: Sequence[int] = SEEDS) -> MutantRow:
    """Judge every mutant of the reference and of the accepted variants that belong to the course."""
    row = MutantRow(exercise.id)
    cases = [_cases_of(exercise, seed) for seed in seeds]
    for answer in _answers_of(exercise):
        for mutant in mutants_of(answer):
            row.made += 1
            if all(_is_refused(exercise, mutant.answer, drawn) for drawn in cases):
                continue
            change = f"{answer.__name__}, {mutant.what}"
            if change in exercise.equivalents:
                row.equivalent += 1
            else:
                row.survivors.append(change)
    return row


def _answers_of(exercise: Exercise) -> Iterator[Answer]:
    """Yield the answers that are written in the exercise's file; the library's own functions have their own tests."""
    for answer in (exercise.reference, *exercise.accepted):
        if getattr(answer, "__module__", "") == exercise.reference.__module__:
            yield answer


def _cases_of(exercise: Exercise, seed: int) -> list[Case]:
    worked = [(case.args, Outcome("returned", to_plain(case.expected))) for case in exercise.worked_cases]
    fresh = fresh_cases(exercise, seed)
    return worked + [(args, outcome_of(exercise, exercise.reference, args)) for args in fresh]


def _is_refused(exercise: Exercise, answer: Answer, cases: Sequence[Case]) -> bool:
    try:
        with deadline(_SECONDS):
            return any(
                problem_of(exercise, expected, outcome_of(exercise, answer, args)) is not None
                for args, expected in cases
            )
    except DeadlineExceeded:
        return True
