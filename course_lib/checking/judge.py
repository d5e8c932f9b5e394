"""Judge an answer: on worked cases, on fresh cases, and by which misconception explains a wrong one."""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from course_lib.checking.calling import Outcome, outcome_of
from course_lib.checking.case import CaseResult
from course_lib.checking.compare import difference, kind_of, show, to_plain
from course_lib.checking.deadline import DeadlineExceeded, MemoryFilled, deadline
from course_lib.checking.exercise import Answer, Exercise
from course_lib.checking.problem import problem_of
from course_lib.checking.recognise import kind_of_wrong_cases, odd_in_the_code, recognise, relation_of
from course_lib.checking.recognise.ideas import Try
from course_lib.checking.recognise.shrink import smallest_wrong_case
from course_lib.checking.recognise.source import Own, own_code
from course_lib.checking.result import Result
from course_lib.wording import counted

BACKSTOP = 5.0
"""Seconds after which the search for what went wrong ends in any case: a changed answer may hang."""

SEARCH_STOPPED = "The search for what went wrong took too long and was stopped."

_HARD_CODED = (
    "Right for the worked cases, but other input gives the same values: compute the answer from the "
    "arguments."
)
_MOST_DECIMALS = 5  # to which answers are rounded


def judge(exercise: Exercise, answer: Answer, seed: int | None = None, worked: bool = True) -> Result:
    """Try an answer on the worked cases and on fresh cases.

    Args:
        exercise: the exercise.
        answer: a learner's function or class.
        seed: of the fresh cases; by default derived from the exercise, so that a check can be repeated.
        worked: whether to try the worked cases as well.
    """
    refusal = refusal_of(exercise, answer)
    if refusal:
        return Result(exercise, "failed", refusal)
    seed = zlib.crc32(exercise.id.encode()) if seed is None else seed
    cases: list[CaseResult] = []
    try:
        with deadline(exercise.deadline):
            for case in _tried(exercise, answer, seed, worked):
                cases.append(case)
                if case.outcome.status == "unfinished":
                    break
    except MemoryFilled:
        return Result(exercise, "failed", _too_large(exercise, len(cases)), ())
    except DeadlineExceeded:
        return Result(exercise, "failed", _too_slow(exercise, len(cases)), ())
    own = own_code(exercise, answer) if any(not case.passed for case in cases) else None
    try:
        with deadline(BACKSTOP):
            result = result_of(exercise, tuple(cases), own=own)
            return _with_smallest_case(result, answer)
    except DeadlineExceeded:
        return replace(result_of(exercise, tuple(cases)), note=SEARCH_STOPPED)


def _with_smallest_case(result: Result, answer: Answer) -> Result:
    """Where nothing was recognised, show the smallest case in which the answer is wrong."""
    first = result.first_problem
    if first is None or result.message != first.problem:
        return result
    smallest = smallest_wrong_case(result.exercise, answer, result.cases)
    if smallest is None:
        return result
    status = "raised" if smallest.outcome.status == "raised" else "failed"
    return replace(result, message=smallest.problem or "", smallest=smallest, status=status)


def refusal_of(exercise: Exercise, answer: Answer) -> str | None:
    """Say why an answer cannot even be called."""
    if not callable(answer):
        what = f"a {type(answer).__name__}" if answer is not None else "None"
        return (
            f"Got {what}, expected the function `{exercise.name}` itself: write only its name, without brackets "
            "after it."
        )
    try:
        given = inspect.signature(answer)
    except (TypeError, ValueError):
        return None  # some built-in functions have no signature: the calls show whether they fit
    wanted = inspect.signature(exercise.reference)
    required = [p for p in wanted.parameters.values() if p.default is p.empty and p.kind != p.VAR_KEYWORD]
    try:
        given.bind(*required)
    except TypeError:
        return (
            f"`{exercise.name}` takes {counted(len(required), 'argument')} ({', '.join(wanted.parameters)}), yours "
            f"takes {counted(len(given.parameters), 'argument')} ({', '.join(given.parameters) or 'none'})."
        )
    return None


def _tried(exercise: Exercise, answer: Answer, seed: int, worked: bool) -> Iterator[CaseResult]:
    for case in exercise.worked_cases if worked else ():
        expected = Outcome("returned", to_plain(case.expected))
        yield _case(exercise, answer, case.args, expected, case.example)
    for args in fresh_cases(exercise, seed):
        yield _case(exercise, answer, args, outcome_of(exercise, exercise.reference, args))


def fresh_cases(exercise: Exercise, seed: int) -> list[tuple[Any, ...]]:
    """Draw the arguments of an exercise's fresh cases."""
    return [args for _, args in exercise.drawn(seed)]


def _case(
    exercise: Exercise, answer: Answer, args: tuple[Any, ...], expected: Outcome, example: str = ""
) -> CaseResult:
    outcome = outcome_of(exercise, answer, args)
    return CaseResult(args, expected.value, outcome, problem_of(exercise, expected, outcome), example)


def _too_slow(exercise: Exercise, done: int) -> str:
    return (
        f"`{exercise.name}` was stopped after {exercise.deadline:g} seconds, {counted(done, 'case')} into the check. "
        "Is there a loop that never ends? Look at what should make its condition false."
    )


def _too_large(exercise: Exercise, done: int) -> str:
    return (
        f"`{exercise.name}` was stopped because it filled the memory, {counted(done, 'case')} into the check. Is "
        "there a list that grows in a loop that never ends, or an array with far too many values?"
    )


def result_of(
    exercise: Exercise,
    cases: tuple[CaseResult, ...],
    outcome: Try = outcome_of,
    own: Own | None = None,
) -> Result:
    """Summarise what the cases showed.

    Args:
        exercise: the exercise.
        cases: all of them, or those up to the first in which the answer was not written yet.
        outcome: tries a misconception on the arguments of a case.
        own: the answer's own code, and what runs it after a change.
    """
    wrong = [case for case in cases if not case.passed]
    if not wrong:
        return Result(exercise, "passed", exercise.why, cases)
    first = wrong[0]
    if first.outcome.status == "unfinished":
        message = (
            f"The line `raise NotImplementedError()` still ends `{exercise.name}` there. Write your code in its place, "
            "run its cell, then this one again."
        )
        return Result(exercise, "not attempted", message)
    problem = first.problem or ""
    told = recognise(exercise, cases, outcome, own)
    where = ""
    if told:
        message = told.sentence
        where = kind_of_wrong_cases(exercise, cases) if told.partly and not told.ideas else ""
    elif _is_hard_coded(exercise, cases):
        message = _HARD_CODED
    else:
        odd = odd_in_the_code(exercise, cases, own)
        message = _rounding(wrong) or relation_of(exercise, cases) or odd or problem
        where = kind_of_wrong_cases(exercise, cases) if message in (odd, problem) else ""
    status = "raised" if first.outcome.status == "raised" else "failed"
    names = told.ideas if told else ()
    return Result(
        exercise,
        status,
        message,
        cases,
        names[0] if names else None,
        told=told is not None or message not in (problem, _HARD_CODED),
        where=where,
    )


def _rounding(wrong: list[CaseResult]) -> str | None:
    """Say so if rounding is all that is wrong: the values are the expected ones, rounded, and not all the same."""
    expected = [case.expected for case in wrong]
    got = [case.outcome.value for case in wrong]
    if not all(map(_have_equal_shapes, expected, got)) or len({show(value) for value in got}) < 2:
        return None
    for decimals in range(_MOST_DECIMALS + 1):
        rounded = [np.round(value, decimals) for value in expected]
        if all(
            np.allclose(*pair, rtol=0, atol=1e-9, equal_nan=True) for pair in zip(got, rounded, strict=True)
        ):
            to = f"to {counted(decimals, 'decimal')}" if decimals else "to whole numbers"
            return (
                f"These are the right values rounded {to}. Do not round: return the value as it was computed."
            )
    return None


def _have_equal_shapes(expected: Any, got: Any) -> bool:
    return (
        kind_of(expected) == "float"
        and kind_of(got) in ("float", "int")
        and np.shape(expected) == np.shape(got)
    )


def _is_hard_coded(exercise: Exercise, cases: tuple[CaseResult, ...]) -> bool:
    """Return whether the worked cases are right, and other cases give only the worked values where they should not."""
    fresh = cases[-exercise.fresh_cases :]
    if not all(case.passed for case in cases[: -exercise.fresh_cases]):
        return False
    worked = [to_plain(case.expected) for case in exercise.worked_cases]

    def known(value: Any) -> bool:
        return any(difference(one, value, exercise.tolerance) is None for one in worked)

    only_known = all(case.outcome.status == "returned" and known(case.outcome.value) for case in fresh)
    return only_known and not all(known(case.expected) for case in fresh)
