"""In which kind of case is an answer wrong? Said only where a kind tells the wrong cases from the right ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from course_lib.checking.case import CaseResult
from course_lib.checking.compare import kind_of, to_plain
from course_lib.checking.exercise import Exercise
from course_lib.masks import IGNORE_INDEX

Kind = Callable[[Mapping[str, Any], Any], Iterator[str]]
"""Yields in words the kinds of case that a case is, from its arguments by name and the expected value."""

_LARGE = 100
_PICTURES = {
    *("prediction", "truth", "targets", "mask", "masks", "trimap"),
    *("image", "instances", "class_map", "ious"),
}
_WRONG_AT_LEAST = 3  # cases that are all of a kind, though others of the kind are right
_RIGHT_AT_LEAST = 2  # cases of the other kind, so that the words do not rest on a single one


def kind_of_wrong_cases(exercise: Exercise, cases: Sequence[CaseResult]) -> str:
    """Say in which kind of case an answer is wrong and in which it is right; nothing where no kind tells them apart."""
    kinds = [set(_kinds(exercise, case)) for case in cases]
    wrong = [kind for kind, case in zip(kinds, cases, strict=True) if not case.passed]
    right = [kind for kind, case in zip(kinds, cases, strict=True) if case.passed]
    if not wrong or len(right) < _RIGHT_AT_LEAST:
        return ""
    shared = sorted(set.intersection(*wrong) - set().union(*right))
    if shared:
        return f"In the cases tried it is wrong wherever {shared[0]}, and right in all others."
    only_right = sorted(set.intersection(*right) - set().union(*wrong))
    if only_right:
        return f"In the cases tried it is right wherever {only_right[0]}, and wrong in all others."
    if len(wrong) < _WRONG_AT_LEAST:
        return ""
    always = sorted(set.intersection(*wrong) & _rarer(wrong, right))
    return f"In all cases in which it is wrong, {always[0]}." if always else ""


def _rarer(wrong: Sequence[set[str]], right: Sequence[set[str]]) -> set[str]:
    """Return the kinds that at most a third of the right cases are."""
    return {kind for kind in set().union(*wrong) if 3 * sum(kind in of for of in right) <= len(right)}


def _kinds(exercise: Exercise, case: CaseResult) -> Iterator[str]:
    given = {name: to_plain(value) for name, value in zip(exercise.case_names, case.args, strict=False)}
    for kind in _KINDS:
        yield from kind(given, case.expected)


def _masks(given: Mapping[str, Any], expected: Any) -> Iterator[str]:
    prediction: Any = given.get("prediction")
    truth: Any = given.get("truth")
    if not (_is_map(prediction) and _is_map(truth)) or prediction.shape != truth.shape:
        return
    if max(prediction.max(), truth.max()) > 1:
        return
    if not prediction.any() and not truth.any():
        yield "both masks are empty"
    if not prediction.any():
        yield "the prediction is empty"
    if not truth.any():
        yield "the truth is empty"
    if prediction.any() != truth.any():
        yield "only one of the masks is empty"
    if prediction.any() and truth.any():
        yield "both masks have a pixel"
    if prediction.any() and truth.any() and not (prediction & truth).any():
        yield "the masks share no pixel"


def _absent_classes(given: Mapping[str, Any], expected: Any) -> Iterator[str]:
    prediction: Any = given.get("prediction")
    truth: Any = given.get("truth")
    number = given.get("num_classes")
    if not isinstance(number, int) or not (_is_map(truth) and _is_map(prediction)):
        return
    in_truth, in_prediction = set(np.unique(truth)), set(np.unique(prediction))
    classes = set(range(number))
    if classes - in_truth - in_prediction:
        yield "a class is in neither map"
    if classes - in_truth:
        yield "the truth lacks a class"
    if (classes - in_prediction) & in_truth:
        yield "the prediction lacks a class that the truth has"


def _ignored(given: Mapping[str, Any], expected: Any) -> Iterator[str]:
    id_ = given.get("ignore_index", IGNORE_INDEX)
    target = given.get("truth", given.get("targets"))
    if isinstance(id_, int) and isinstance(target, np.ndarray) and target.size:
        name = "ignored" if "ignore_index" in given else f"void ({IGNORE_INDEX})"
        if (target == id_).all():
            yield f"every pixel is {name}"
        if (target == id_).any():
            yield f"a pixel is {name}"
        if id_ != IGNORE_INDEX:
            yield f"the ignored id is not {IGNORE_INDEX}"


def _sizes(given: Mapping[str, Any], expected: Any) -> Iterator[str]:
    for name, value in given.items():
        if not isinstance(value, np.ndarray):
            continue
        if not value.size and np.size(
            expected
        ):  # with nothing given and nothing expected all answers are right
            yield f"`{name}` is empty"
        if name in _PICTURES and _is_map(value) and value.shape[0] != value.shape[1]:
            yield f"`{name}` is not square"
        if value.ndim == 4 and value.shape[0] == 1:
            yield "the batch holds a single image"
        if value.ndim == 1 and len(value) == 1:
            yield f"`{name}` holds a single value"


def _values(given: Mapping[str, Any], expected: Any) -> Iterator[str]:
    for name, value in given.items():
        if isinstance(value, str | bool):
            yield f"`{name}` is {value!r}"
        elif isinstance(value, int | float) and value == 0:
            yield f"`{name}` is 0"
        elif isinstance(value, np.ndarray) and value.size and kind_of(value) in ("int", "float"):
            if value.ndim == 1 and (value == value.max()).sum() > 1:
                yield f"the highest value of `{name}` occurs more than once"
            if (value < 0).all():
                yield f"all values of `{name}` are negative"
            if kind_of(value) == "float" and (np.abs(value) > _LARGE).any():
                yield f"`{name}` holds a value beyond {_LARGE}"


def _expected(given: Mapping[str, Any], expected: Any) -> Iterator[str]:
    values = list(expected.values()) if isinstance(expected, dict) else [expected]
    floats = [np.asarray(value) for value in values if kind_of(value) == "float"]
    nan = [np.isnan(value) for value in floats if value.size]
    if nan and all(each.all() for each in nan):
        yield "nan is expected"
    elif any(each.any() for each in nan):
        yield "one of the expected values is nan"
    if len(values) == 1 and floats and not floats[0].ndim and floats[0] == 0:
        yield "0 is expected"


def _is_map(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == 2 and value.size > 0 and kind_of(value) == "int"


_KINDS: tuple[Kind, ...] = (_masks, _absent_classes, _ignored, _sizes, _values, _expected)
