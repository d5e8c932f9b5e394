"""The values of a wrong answer beside the right ones, number by number, to see what they have to do with them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.checking.case import CaseResult
from course_lib.checking.compare import kind_of
from course_lib.checking.exercise import Exercise

DIFFERENT = 4  # right values at least: with fewer, a relation may be chance


@dataclass(frozen=True)
class Values:
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


def names_of(cases: Sequence[CaseResult]) -> list[str]:
    """Return the names of what is observed, or one empty name where it is the answer's value itself."""
    expected = [case.expected for case in cases]
    if not all(isinstance(value, dict) for value in expected):
        return [""]
    return list(dict.fromkeys(str(name) for value in expected for name in value))


def values_of(exercise: Exercise, cases: Sequence[CaseResult], name: str) -> Values | None:
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
    if not expected or different(np.concatenate(expected), tolerance) < DIFFERENT:
        return None
    return Values(expected, got, sizes, tolerance, kinds == {"int"})


def different(values: np.ndarray, tolerance: float) -> int:
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
