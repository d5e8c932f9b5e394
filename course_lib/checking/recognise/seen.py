"""What the calls of an answer and its code show by themselves."""

from __future__ import annotations

from collections.abc import Sequence

from course_lib.checking.case import CaseResult
from course_lib.checking.compare import kind_of
from course_lib.checking.exercise import Exercise
from course_lib.checking.problem import VALUE_IS_RIGHT
from course_lib.checking.recognise.choices import is_a_choice
from course_lib.checking.recognise.facts import fact_of, fixed_range, unused_argument
from course_lib.checking.recognise.source import Own
from course_lib.checking.recognise.square import square_assumed
from course_lib.checking.recognise.useless import useless_line

PARTLY = "{} Mend this first. Then something else may be left."
_OF_SIZES = ("IndexError", "ValueError", "RuntimeError", "KeyError")


def odd_in_the_code(exercise: Exercise, cases: Sequence[CaseResult], own: Own | None) -> str | None:
    """Return what is surely odd in the code of a wrong answer, or None.

    Some facts count only where all wrong values are of the right kind, or where a size does not fit.
    """
    if own is None or is_a_choice(cases):
        return None
    wrong = [case for case in cases if not case.passed]
    alike = [case for case in wrong if _is_alike(case)]
    fact = useless_line(own.tree)
    fact = fact or square_assumed(exercise, own.tree, cases)
    if fact is None and len(alike) == len(wrong):
        fact = fact_of(exercise, own.tree)
    elif fact is None and all(_is_alike(case) or case.outcome.error.startswith(_OF_SIZES) for case in wrong):
        a_key_lacks = all(case.outcome.error.startswith("KeyError") for case in wrong)
        unused = unused_argument(exercise, own.tree) if alike or a_key_lacks else None
        fact = unused or fixed_range(exercise, own.tree)
    return PARTLY.format(fact) if fact else None


def _is_alike(case: CaseResult) -> bool:
    """Return whether a value of the right kind was returned."""
    value = case.outcome.value
    return case.outcome.status == "returned" and (value is None or kind_of(value) == kind_of(case.expected))


def seen_in_the_run(cases: Sequence[CaseResult]) -> str | None:
    """Return what the calls themselves show, if it is all that is wrong: nothing returned, an argument changed."""
    wrong = [case for case in cases if not case.passed]
    may_be_none = any(case.expected is None for case in cases)
    is_seen = all(case.outcome.status == "returned" and _shows_itself(case, may_be_none) for case in wrong)
    return wrong[0].problem if is_seen else None


def _shows_itself(case: CaseResult, may_be_none: bool) -> bool:
    """Return whether a call returned nothing, or returned the right value and did something that it should not."""
    outcome = case.outcome
    if outcome.value is None:
        return not may_be_none
    return (case.problem or "").startswith(VALUE_IS_RIGHT)
