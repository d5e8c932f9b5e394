"""What is told where a wrong answer's values come from the right ones in one way, in every case."""

import numpy as np
import pytest

from course_lib.checking.exercise import Exercise
from course_lib.checking.judge import judge


def share(values):
    """Return the mean of some values, between 0 and 1."""
    return float(np.mean(values))


def _draw(rng):
    return (rng.random(int(rng.integers(3, 9))),)


def _exercise():
    exercise = Exercise(
        share, title="", points=1, minutes=5, source="", draw=_draw, hints=("", "", ""), why=""
    )
    exercise.worked(np.array([0.25, 0.75]), gives=0.5)
    return exercise


def _told_by_a_table(change):
    """Judge an answer whose code cannot be changed, so that only its values tell."""
    return judge(_exercise(), eval("lambda values: change(values)", {"change": change}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda values: -share(values), "the wrong sign"),
        (lambda values: 1 - share(values), "1 minus the right one"),
        (lambda values: 3 * share(values), "3.0 times the right one"),
        (lambda values: share(values) / 4, "the right one divided by 4.0"),
        (lambda values: 100 * share(values), "a percentage"),
        (lambda values: share(values) - 0.5, "0.5 less than the right one"),
        (lambda values: float(np.sum(values)), "times the length of `values`: a sum"),
        (lambda values: share(values) / len(values), "divided by the length of `values`"),
        (lambda values: share(values) ** 0.5, "the square root of the right one"),
        (lambda values: 0.125, "0.125, whatever the arguments"),
        (lambda values: -share(values) - values.min(), "is negative, and the right one never is"),
    ],
)
def test_a_relation_that_holds_in_every_case_is_told(change, words):
    result = _told_by_a_table(change)
    assert words in result.message
    assert result.told


@pytest.mark.parametrize(
    "change",
    [
        lambda values: float(np.median(values)) * 2,
        lambda values: -share(values) if len(values) > 4 else share(values),
        lambda values: float(values.max()),
    ],
)
def test_what_holds_in_some_cases_only_is_not_told(change):
    assert "every case" not in _told_by_a_table(change).message
