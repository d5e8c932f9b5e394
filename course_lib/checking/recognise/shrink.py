"""The smallest case in which an answer is wrong: a wrong case is made smaller as long as the answer stays wrong."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from course_lib.checking.calling import outcome_of
from course_lib.checking.case import CaseResult
from course_lib.checking.compare import is_torch_tensor, kind_of, to_plain
from course_lib.checking.exercise import Answer, Exercise, call
from course_lib.checking.problem import problem_of
from course_lib.checking.recognise.budget import Budget, calls_for

Args = tuple[Any, ...]
_SHARE = 4  # of the calls that a search for changes may make


def smallest_wrong_case(exercise: Exercise, answer: Answer, cases: Sequence[CaseResult]) -> CaseResult | None:
    """Return a case that is smaller than all the wrong ones and wrong as well, or None.

    Rows, columns and entries are taken away, and whole numbers become the least one of their array. Axes of equal
    length are shortened together first, because they may belong together; those that are of equal length in all cases
    stay so. No axis becomes shorter than it is in one of the cases. A case is used only where the reference takes it
    without a warning, and gives the same kind of value: no nan, if there was none.

    Args:
        exercise: the exercise.
        answer: the learner's.
        cases: what it did, at least one of them wrong.
    """
    if exercise.observe is not call:
        return None
    smallest = start = min((case for case in cases if not case.passed), key=lambda case: size_of(case.args))
    budget = Budget(calls_for(exercise) // _SHARE)
    least, equal = _least_shapes(cases), _always_equal(cases)
    goes_on = True
    while goes_on and not budget.is_used:
        goes_on = False
        for args in _smaller(smallest.args):
            if budget.is_used:
                break
            if not _is_as_long(args, least) or not equal <= _equal_axes(args):
                continue
            budget.spend(2)
            case = _wrong_case(exercise, answer, args, like=start)
            if case:
                smallest, goes_on = case, True
                break
    return smallest if smallest is not start else None


def size_of(args: Args) -> tuple[int, int]:
    """Return how large the arguments of a case are: the number of values, and of those that are not the least."""
    arrays = [np.asarray(to_plain(value)) for value in args if _is_regular(value)]
    return sum(array.size for array in arrays), sum(
        int((array != array.min()).sum()) for array in arrays if array.size
    )


def _wrong_case(exercise: Exercise, answer: Answer, args: Args, like: CaseResult) -> CaseResult | None:
    if _warns(exercise, args):
        return None
    expected = outcome_of(exercise, exercise.reference, args)
    if expected.status != "returned" or not _is_alike(expected.value, like.expected):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcome = outcome_of(exercise, answer, args)
    problem = problem_of(exercise, expected, outcome)
    return CaseResult(args, expected.value, outcome, problem) if problem else None


def _warns(exercise: Exercise, args: Args) -> bool:
    """Return whether the reference meets something that the exercise does not ask for, such as the mean of nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            exercise.reference(*copy.deepcopy(args))
        except Warning:
            return True
        except Exception:  # the outcome tells
            return False
    return False


def _least_shapes(cases: Sequence[CaseResult]) -> list[tuple[int, ...]]:
    """Return for each argument the least length of each axis, over all cases."""
    shapes = zip(
        *([np.shape(to_plain(value)) if _is_regular(value) else () for value in case.args] for case in cases),
        strict=False,
    )
    return [tuple(map(min, zip(*(shape for shape in of_one if shape), strict=False))) for of_one in shapes]


def _always_equal(cases: Sequence[CaseResult]) -> set[frozenset[tuple[int, int]]]:
    """Return the pairs of axes that are of equal length in all cases, as those of a square kernel are."""
    return set.intersection(*(_equal_axes(case.args) for case in cases))


def _equal_axes(args: Args) -> set[frozenset[tuple[int, int]]]:
    shapes = [np.shape(to_plain(value)) if _is_regular(value) else () for value in args]
    lengths = {
        (number, axis): length for number, shape in enumerate(shapes) for axis, length in enumerate(shape)
    }
    return {frozenset(pair) for pair in combinations(lengths, 2) if lengths[pair[0]] == lengths[pair[1]]}


def _is_as_long(args: Args, least: Sequence[tuple[int, ...]]) -> bool:
    pairs = zip(args, least, strict=False)
    return all(
        length >= shortest
        for value, shape in pairs
        if _is_regular(value)
        for length, shortest in zip(np.shape(to_plain(value)), shape, strict=False)
    )


def _is_alike(one: Any, other: Any) -> bool:
    is_alike = kind_of(one) == kind_of(other) and getattr(one, "ndim", 0) == getattr(other, "ndim", 0)
    return is_alike and (_has_nan(other) or not _has_nan(one))


def _has_nan(value: Any) -> bool:
    return kind_of(value) == "float" and bool(np.isnan(value).any())


def _smaller(args: Args) -> Iterator[Args]:
    """Yield arguments that are a little smaller, the smallest first."""
    lengths = sorted(_lengths(args), reverse=True)
    for axes in (None, 0, 1, 2, 3):
        for length in lengths:
            for kept in _kept(length):
                shorter = tuple(_shortened(value, length, kept, axes) for value in args)
                if size_of(shorter) < size_of(args):
                    yield shorter
    for number, value in enumerate(args):
        for simpler in _simpler(value):
            yield (*args[:number], simpler, *args[number + 1 :])


def _lengths(args: Args) -> set[int]:
    return {
        length for value in args if _is_regular(value) for length in np.shape(to_plain(value)) if length > 1
    }


def _kept(length: int) -> Iterator[list[int]]:
    """Yield which places along an axis are kept: one half, or all but one."""
    places = range(length)
    yield list(places[: length // 2])
    yield list(places[length // 2 :])
    yield from ([at for at in places if at != gone] for gone in places)


def _shortened(value: Any, length: int, kept: list[int], only: int | None) -> Any:
    """Return a value with only some of the places along each axis of a length, or along one such axis."""
    if not _is_regular(value):
        return value
    array = np.asarray(value) if isinstance(value, list) else value
    for axis, own in enumerate(array.shape):
        if own == length and only in (None, axis):
            array = array[(slice(None),) * axis + (kept,)]
    return array.tolist() if isinstance(value, list) else array


def _simpler(value: Any) -> Iterator[Any]:
    """Yield an array of whole numbers with one of them set to the least."""
    plain = np.asarray(to_plain(value)) if _is_regular(value) else np.array([])
    if plain.size == 0 or plain.dtype.kind not in "iu":
        return
    for place in np.argwhere(plain != plain.min()):
        where = tuple(map(int, place))
        if isinstance(value, list):
            changed = plain.copy()
            changed[where] = plain.min()
            yield changed.tolist()
        else:
            copied = value.clone() if is_torch_tensor(value) else value.copy()
            copied[where] = int(plain.min())
            yield copied


def _is_regular(value: Any) -> bool:
    """Return whether a value is an array, a tensor, or nested lists of numbers of one shape."""
    if isinstance(value, list):
        plain = to_plain(value)
        return isinstance(plain, np.ndarray) and plain.size > 0
    return (is_torch_tensor(value) or isinstance(value, np.ndarray)) and np.ndim(to_plain(value)) > 0
