"""What the values of a wrong answer have to do with the right ones: a sign, a factor, a constant, in every case."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from course_lib.checking.case import CaseResult
from course_lib.checking.compare import show
from course_lib.checking.exercise import Exercise, call
from course_lib.checking.recognise.finite import not_finite
from course_lib.checking.recognise.values import DIFFERENT, Values, different, names_of, values_of

_ENDS = 1e-9  # a value this small tells no factor


def relation_of(exercise: Exercise, cases: Sequence[CaseResult]) -> str | None:
    """Return how an answer's values come from the right ones in every case, as a sentence, or None.

    Only cases that returned something are looked at. Where several things are observed, the first that is wrong and
    has such a relation is told. An offset is told only of what the answer itself returns.
    """
    is_own = exercise.observe is call
    returned = [case for case in cases if case.outcome.status == "returned"]
    lost = not_finite(cases)
    if lost:
        return lost
    for name in names_of(returned):
        values = values_of(exercise, returned, name)
        if values is None or values.all_are(lambda right: right):
            continue
        known = [relation for relation in _RELATIONS if is_own or relation is not _offset]
        said = next((said for said in (relation(values) for relation in known) if said), None)
        if said:
            said = said if said.startswith("wherever") else f"in every case: {said}"
            return f"`{name}`, {said}" if name else said[0].upper() + said[1:]
    return None


def _sign(values: Values) -> str | None:
    if values.all_are(lambda right: -right):
        return "your value has the wrong sign. Look for a minus that is missing or one too many."
    return None


def _one_minus(values: Values) -> str | None:
    if values.all_are(lambda right: 1 - right):
        return "your value is 1 minus the right one. Look at whether 1 − ... is missing or does not belong there."
    return None


def _factor(values: Values) -> str | None:
    right, got = np.concatenate(values.expected), np.concatenate(values.got)
    place = np.abs(right).argmax()
    factor = float(got[place] / right[place])
    if abs(factor) < _ENDS or not values.all_are(lambda value: value * factor):
        return None
    if np.isclose(factor, 100):
        return "your value is 100 times the right one: a percentage, where the share itself is expected."
    times = f"{show(factor)} times" if abs(factor) > 1 else f"the right one divided by {show(1 / factor)}"
    what = f"{times} the right one" if abs(factor) > 1 else times
    return f"your value is {what}. Look for a factor or a divisor that is missing or one too many."


def _offset(values: Values) -> str | None:
    offset = float(values.got[0][0] - values.expected[0][0]) if values.got[0].size else 0.0
    if not offset or not values.all_are(lambda value: value + offset):
        return None
    more = "more" if offset > 0 else "less"
    return f"your value is {show(abs(offset))} {more} than the right one. Look for what is added or taken away once."


def _cut_off(values: Values) -> str | None:
    if not values.is_whole and np.ptp(np.concatenate(values.got)) > 0 and values.all_are(np.trunc):
        return (
            "your value is the right one without its fraction. Something in your code holds only whole numbers: an "
            "array of ints, int(), or //."
        )
    return None


def _function(values: Values) -> str | None:
    for name, function in _FUNCTIONS.items():
        if values.all_are(function):
            return f"your value is {name} the right one."
    return None


_FUNCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "the square of": np.square,
    "the square root of": np.sqrt,
    "the logarithm of": np.log,
    "the exponential of": np.exp,
    "1 divided by": np.reciprocal,
}


def _factor_by_size(values: Values) -> str | None:
    """Say by which length a value is too large or too small, as where a sum is taken for a mean."""
    named = [name for name in values.sizes[0] if all(name in sizes for sizes in values.sizes)]
    for name in named:
        lengths = [sizes[name] for sizes in values.sizes]
        if len(set(lengths)) < 2 or 0 in lengths:
            continue
        for power, said in ((1, _A_SUM), (-1, _DIVIDED)):
            pairs = zip(values.expected, values.got, lengths, strict=True)
            if all(
                np.allclose(got, right * float(length) ** power, rtol=values.tolerance, atol=values.tolerance)
                for right, got, length in pairs
            ):
                return said.format(name)
    return None


_A_SUM = "your value is the right one times {}: a sum where it should be divided by that."
_DIVIDED = "your value is the right one divided by {}: it is divided by that once too often."


def _constant(values: Values) -> str | None:
    got = np.concatenate(values.got)
    if np.ptp(got) == 0:
        return f"your value is {show(float(got[0]))}, whatever the arguments."
    return None


def _negative(values: Values) -> str | None:
    right, got = np.concatenate(values.expected), np.concatenate(values.got)
    if (right > 0).all() and (got < 0).all():
        return (
            "your value is negative, and the right one never is. Look for the sign first; then something else may "
            "be left."
        )
    return None


def _at_one_end(values: Values) -> str | None:
    """Say so if only the first, or only the last, of several values is wrong wherever any is."""
    ends = []
    for right, got in zip(values.expected, values.got, strict=True):
        is_right = np.isclose(got, right, rtol=values.tolerance, atol=values.tolerance)
        if not is_right.all():
            ends.append((np.flatnonzero(~is_right).tolist(), len(right)))
    several = [length for _, length in ends if length > 1]
    if len(several) < DIFFERENT or len(set(several)) < 2:
        return None
    if all(places == [0] for places, _ in ends):
        return "only the first value is wrong where any is. What is different about the first?"
    if all(places == [length - 1] for places, length in ends):
        return "only the last value is wrong where any is. What is different about the last?"
    return None


def _same_where_wrong(values: Values) -> str | None:
    """Say so if a value is one and the same number wherever it is wrong, or nearly so, where others are right."""
    right, got = np.concatenate(values.expected), np.concatenate(values.got)
    is_wrong = ~np.isclose(got, right, rtol=values.tolerance, atol=values.tolerance)
    wanted, same = right[is_wrong], got[is_wrong]
    if is_wrong.all() or different(wanted, values.tolerance) < DIFFERENT - 1 or abs(same).max() <= 1:
        return None
    spread = np.ptp(same)
    if spread > _NEARLY * abs(same).max() or spread > _NEARLY * np.ptp(wanted):
        return None
    about = "" if spread <= values.tolerance else "about "
    limit = "a larger number" if (wanted > same).all() else "another number"
    number = f"{about}{float(same.max()):.4g}"
    return f"wherever your value is wrong it is {number}, and {limit} is right. What keeps it there?"


_NEARLY = 0.01


_RELATIONS: tuple[Callable[[Values], str | None], ...] = (
    _sign,
    _one_minus,
    _factor,
    _factor_by_size,
    _offset,
    _cut_off,
    _function,
    _constant,
    _negative,
    _at_one_end,
    _same_where_wrong,
)
