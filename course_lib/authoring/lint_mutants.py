"""``course lint --mutants``: do the checks refuse every small change of their right answers? What passes is listed."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from course_lib.authoring.lint_exercises import place_of
from course_lib.authoring.mutants import mutants_of
from course_lib.authoring.problems import Problem
from course_lib.checking.calling import Outcome, outcome_of
from course_lib.checking.compare import to_plain
from course_lib.checking.deadline import DeadlineExceeded, deadline
from course_lib.checking.exercise import Answer, Exercise
from course_lib.checking.judge import fresh_cases, problem_of

SEEDS = (1, 2, 3, 4, 5)
_SECONDS = (
    2.0  # for the worked cases, and for the fresh ones of a seed; a mutant that takes longer never ends
)

Case = tuple[tuple[Any, ...], Outcome]


@dataclass
class MutantRow:
    """What became of the mutants of one exercise.

    Attributes:
        exercise: its id.
        made: how many there were.
        equivalent: how many passed and are listed as equivalent beside the exercise.
        survivors: those that passed with at least one seed and are not listed: answer and change.
        stale: what is listed as equivalent, but did not pass, or is not made any more.
    """

    exercise: str
    made: int = 0
    equivalent: int = 0
    survivors: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """How many failed with every seed."""
        return self.made - self.equivalent - len(self.survivors)


def judge_mutants(exercise: Exercise, seeds: Sequence[int] = SEEDS, at_most: int | None = None) -> MutantRow:
    """Judge the mutants of the reference and of the accepted variants that belong to the course.

    Args:
        exercise: whose answers are changed.
        seeds: those that fresh cases are drawn with.
        at_most: judge only so many, evenly chosen; what is listed is then not looked at. None judges all.
    """
    row = MutantRow(exercise.id)
    passed = set()
    worked, fresh = _worked_cases(exercise), [_fresh_cases(exercise, seed) for seed in seeds]
    for change, answer in _chosen(exercise, at_most):
        row.made += 1
        if _is_refused(exercise, answer, worked):  # most are, and then no seed can let them pass
            continue
        if all(_is_refused(exercise, answer, drawn) for drawn in fresh):
            continue
        passed.add(change)
        if change in exercise.equivalents:
            row.equivalent += 1
        else:
            row.survivors.append(change)
    if at_most is None:
        row.stale = sorted(exercise.equivalents.keys() - passed)
    return row


def _chosen(exercise: Exercise, at_most: int | None) -> Iterator[tuple[str, Answer]]:
    """Yield changes and changed answers; if there are too many, some from everywhere."""
    made = (
        (f"{answer.__name__}, {mutant.what}", mutant.answer)
        for answer in _answers_of(exercise)
        for mutant in mutants_of(answer)
    )
    if at_most is None:
        yield from made
    else:
        every = list(made)
        yield from every[:: -(-len(every) // at_most)]


def as_table(rows: Sequence[MutantRow]) -> str:
    """Return what became of the mutants as a Markdown table, with a row for all of them."""
    lines = ["| exercise | mutants | refused | equivalent | survivors |", "|---|---|---|---|---|"]
    counts = [(row.made, row.refused, row.equivalent, len(row.survivors)) for row in rows]
    total = tuple(map(sum, zip(*counts, strict=True)))
    for name, numbers in [*zip((row.exercise for row in rows), counts, strict=True), ("all", total)]:
        lines.append(f"| {' | '.join(map(str, (name, *numbers)))} |")
    return "\n".join(lines)


def problems_of(exercise: Exercise, row: MutantRow) -> Iterator[Problem]:
    """Yield a problem for each survivor, and for each entry of the list that is out of date."""
    for change in row.survivors:
        yield Problem(
            place_of(exercise), f"this change passes: {change}. Draw a case that refuses it, or list it."
        )
    for change in row.stale:
        yield Problem(place_of(exercise), f"listed as equivalent, but it does not pass: {change}. Remove it.")


def _answers_of(exercise: Exercise) -> Iterator[Answer]:
    """Yield the answers that are written in the exercise's file; the library's own functions have their own tests."""
    for answer in (exercise.reference, *exercise.accepted):
        if getattr(answer, "__module__", "") == exercise.reference.__module__:
            yield answer


def _worked_cases(exercise: Exercise) -> list[Case]:
    return [(case.args, Outcome("returned", to_plain(case.expected))) for case in exercise.worked_cases]


def _fresh_cases(exercise: Exercise, seed: int) -> list[Case]:
    drawn = fresh_cases(exercise, seed)
    return [(args, outcome_of(exercise, exercise.reference, args)) for args in drawn]


def _is_refused(exercise: Exercise, answer: Answer, cases: Sequence[Case]) -> bool:
    try:
        with deadline(_SECONDS), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a mutant does is told by its outcome
            return any(
                problem_of(exercise, expected, outcome_of(exercise, answer, args)) is not None
                for args, expected in cases
            )
    except DeadlineExceeded:
        return True
