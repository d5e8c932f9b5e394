"""What the values of a wrong answer have to do with the right ones: a sign, a factor, a constant, in every case."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.checking.case import CaseResult
from course_lib.checking.compare import kind_of, show
from course_lib.checking.exercise import Exercise, call
from course_lib.checking.recognise.finite import not_finite

_DIFFERENT = 4  # right values at least: with fewer, a relation may be chance
_ENDS = 1e-9  # a value this small tells no factor


@dataclass(frozen=True)
class _Values:
    """One observed value in every case, flat, without what is rightly nan.

    Attributes:
        expected: the right values, a float array for each case.
        got: the answer's values, likewise.
        sizes: the lengths in each case, by what they are called: "the length of `truth`".
        tolerance: of a comparison.
        is_whole: whether the right values are whole numbers by their kind.
    """

    expected: list[np.ndarray]
    got: list[np.ndarray]
    sizes: list[dict[str, int]]
    tolerance: float
    is_whole: bool

    def all_are(self, values: Callable[[np.ndarray], np.ndarray]) -> bool:
        """Return whether the answer's values are everywhere what a function makes of the right ones."""
        with np.errstate(all="ignore"):
            return all(
                np.allclose(got, values(right), rtol=self.tolerance, atol=self.tolerance)
                for right, got in zip(self.expected, self.got, strict=True)
            )


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
    for name in _names(returned):
        values = _values_of(exercise, returned, name)
        if values is None or values.all_are(lambda right: right):
            continue
        known = [relation for relation in _RELATIONS if is_own or relation is not _offset]
        said = next((said for said in (relation(values) for relation in known) if said), None)
        if said:
            return f"`{name}`, in every case: {said}" if name else f"In every case: {said}"
    return None


def _names(cases: Sequence[CaseResult]) -> list[str]:
    """Return the names of what is observed, or one empty name where it is the answer's value itself."""
    expected = [case.expected for case in cases]
    if not all(isinstance(value, dict) for value in expected):
        return [""]
    return list(dict.fromkeys(str(name) for value in expected for name in value))


def _values_of(exercise: Exercise, cases: Sequence[CaseResult], name: str) -> _Values | None:
    """Return one observed value of all cases that have it, or None where they cannot be compared number by number."""
    expected, got, sizes, kinds = [], [], [], set()
    for case in cases:
        right, own = _part(case.expected, name), _part(case.outcome.value, name)
        if right is None and name:
            continue
        if not _are_alike(right, own):
            return None
        kinds.add(kind_of(right))
        pair = np.stack([np.ravel(right), np.ravel(own)]).astype(float)
        pair = pair[:, ~np.isnan(pair).all(axis=0)]
        if not np.isfinite(pair).all():
            return None
        expected.append(pair[0])
        got.append(pair[1])
        sizes.append(dict(_sizes(exercise, case.args)))
    tolerance = max(exercise.tolerance, 1e-9)
    if not expected or _different(np.concatenate(expected), tolerance) < _DIFFERENT:
        return None
    return _Values(expected, got, sizes, tolerance, kinds == {"int"})


def _different(values: np.ndarray, tolerance: float) -> int:
    """Return how many values are so far apart that a comparison tells them apart."""
    ordered = np.sort(values)
    steps = np.diff(ordered) > 2 * tolerance * (1 + np.abs(ordered[1:]))
    return int(steps.sum()) + min(len(ordered), 1)


def _part(value: Any, name: str) -> Any:
    return value.get(name) if name and isinstance(value, dict) else value if not name else None


def _are_alike(right: Any, own: Any) -> bool:
    numbers = {"int", "float"}
    return {kind_of(right), kind_of(own)} <= numbers and np.shape(right) == np.shape(own)


def _sizes(exercise: Exercise, args: Sequence[Any]) -> Iterator[tuple[str, int]]:
    """Yield the lengths that the arguments have, under names that the learner knows."""
    names = list(inspect.signature(exercise.observe).parameters)[1:]
    names = names if len(names) == len(args) and "args" not in names else list(exercise.parameters)
    for name, value in zip(names, args, strict=False):
        shape = getattr(value, "shape", None)
        if name not in exercise.parameters or (shape is None and not isinstance(value, list | tuple)):
            continue
        shape = tuple(shape) if shape is not None else (len(value),)
        for axis, length in enumerate(shape):
            called = f"length of `{name}`" if axis == 0 else f"length of axis {axis} of `{name}`"
            yield f"the {called}", int(length)
        if len(shape) > 1:
            yield f"the number of all values in `{name}`", int(np.prod(shape))
        if len(shape) > 2:
            yield f"the number of pixels of one image in `{name}`", int(np.prod(shape[-2:]))


def _sign(values: _Values) -> str | None:
    if values.all_are(lambda right: -right):
        return "your value has the wrong sign. Look for a minus that is missing or one too many."
    return None


def _one_minus(values: _Values) -> str | None:
    if values.all_are(lambda right: 1 - right):
        return "your value is 1 minus the right one. Look at whether 1 − ... is missing or does not belong there."
    return None


def _factor(values: _Values) -> str | None:
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


def _offset(values: _Values) -> str | None:
    offset = float(values.got[0][0] - values.expected[0][0]) if values.got[0].size else 0.0
    if not offset or not values.all_are(lambda value: value + offset):
        return None
    more = "more" if offset > 0 else "less"
    return f"your value is {show(abs(offset))} {more} than the right one. Look for what is added or taken away once."


def _cut_off(values: _Values) -> str | None:
    if not values.is_whole and np.ptp(np.concatenate(values.got)) > 0 and values.all_are(np.trunc):
        return (
            "your value is the right one without its fraction. Something in your code holds only whole numbers: an "
            "array of ints, int(), or //."
        )
    return None


def _function(values: _Values) -> str | None:
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


def _factor_by_size(values: _Values) -> str | None:
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


def _constant(values: _Values) -> str | None:
    got = np.concatenate(values.got)
    if np.ptp(got) == 0:
        return f"your value is {show(float(got[0]))}, whatever the arguments."
    return None


def _negative(values: _Values) -> str | None:
    right, got = np.concatenate(values.expected), np.concatenate(values.got)
    if (right > 0).all() and (got < 0).all():
        return (
            "your value is negative, and the right one never is. Look for the sign first; then something else may "
            "be left."
        )
    return None


def _at_one_end(values: _Values) -> str | None:
    """Say so if only the first, or only the last, of several values is wrong wherever any is."""
    ends = []
    for right, got in zip(values.expected, values.got, strict=True):
        is_right = np.isclose(got, right, rtol=values.tolerance, atol=values.tolerance)
        if not is_right.all():
            ends.append((np.flatnonzero(~is_right).tolist(), len(right)))
    several = [length for _, length in ends if length > 1]
    if len(several) < _DIFFERENT or len(set(several)) < 2:
        return None
    if all(places == [0] for places, _ in ends):
        return "only the first value is wrong where any is. What is different about the first?"
    if all(places == [length - 1] for places, length in ends):
        return "only the last value is wrong where any is. What is different about the last?"
    return None


def _same_where_wrong(values: _Values) -> str | None:
    """Say so if a value is one and the same number wherever it is wrong, where several others are right."""
    right, got = np.concatenate(values.expected), np.concatenate(values.got)
    is_wrong = ~np.isclose(got, right, rtol=values.tolerance, atol=values.tolerance)
    if is_wrong.all() or _different(right[is_wrong], values.tolerance) < _DIFFERENT:
        return None
    same = got[is_wrong]
    if np.ptp(same) > values.tolerance or np.isclose(same[0], (0, 1)).any():
        return None
    larger, smaller = (right[is_wrong] > same[0]).all(), (right[is_wrong] < same[0]).all()
    limit = "a larger number" if larger else "a smaller number" if smaller else "another number each time"
    return f"wherever your value is wrong it is {show(float(same[0]))}, and {limit} is right. What keeps it there?"


_RELATIONS: tuple[Callable[[_Values], str | None], ...] = (
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
