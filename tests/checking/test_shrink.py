"""Where nothing is recognised, a smaller case is shown in which the answer is wrong as well."""

import numpy as np
import pytest
import torch

from course_lib.checking.exercise import Exercise
from course_lib.checking.judge import judge
from course_lib.checking.recognise.shrink import size_of, smallest_wrong_case
from course_lib.exercises import find_exercise


def rows_and_columns(mask, truth):
    """Return the numbers of pixels that are equal, and of all.

    Args:
        mask: a nested list of int.
        truth: a nested list of int of the same shape.
    """
    assert np.shape(mask) == np.shape(truth)
    return int((np.array(mask) == np.array(truth)).sum())


EQUAL = Exercise(
    rows_and_columns, title="Equal pixels", points=1, minutes=5, source="", hints=("", "", ""), why="It is.",
    draw=lambda rng: tuple(rng.integers(0, 4, size=(2, *rng.integers(1, 8, size=2))).tolist()),
)  # fmt: skip
EQUAL.worked([[1, 1], [0, 1]], [[1, 0], [0, 1]], gives=3)


def mean_of_what_is_there(mask):
    """Return the mean of the entries above 0, which are there.

    Args:
        mask: an array of int.
    """
    return float(np.nan_to_num(mask[mask > 0].mean()))


MEAN = Exercise(
    mean_of_what_is_there, title="Mean", points=1, minutes=5, source="", hints=("", "", ""), why="It is.",
    draw=lambda rng: (np.array([0, *rng.integers(1, 4, size=5)]),),
)  # fmt: skip


def test_a_case_at_which_the_reference_warns_is_not_shown():
    def odd(mask):
        return -1.0

    case = smallest_wrong_case(MEAN, odd, judge(MEAN, odd).cases)
    assert (case.args[0] > 0).any()


def wrong_where_a_3_is_met(mask, truth):
    """It is right wherever the mask has no 3."""
    return rows_and_columns(mask, truth) + any(3 in row for row in mask)


def test_the_smallest_case_has_no_more_than_it_needs():
    cases = judge(EQUAL, wrong_where_a_3_is_met).cases
    case = smallest_wrong_case(EQUAL, wrong_where_a_3_is_met, cases)
    shapes = np.array([np.shape(one.args[0]) for one in cases])
    assert np.shape(case.args[0]) == np.shape(case.args[1]) == tuple(shapes.min(axis=0))
    assert sum(row.count(3) for row in case.args[0]) == 1
    assert EQUAL.reference(*case.args) == case.expected
    assert wrong_where_a_3_is_met(*case.args) == case.outcome.value != case.expected


@pytest.mark.parametrize("exercise_id", ["confusion-matrix", "argmax-chw", "mean-iou"])
def test_it_is_smaller_and_the_reference_takes_it(exercise_id):
    exercise = find_exercise(exercise_id)

    def odd(*args):
        value = exercise.reference(*args)
        return value if size_of(args)[0] < 3 else "odd"

    cases = judge(exercise, odd).cases
    wrong = [case for case in cases if not case.passed]
    case = smallest_wrong_case(exercise, odd, cases)
    assert not case.passed
    assert size_of(case.args) < min(size_of(one.args) for one in wrong)
    assert odd(*case.args) == "odd"
    exercise.reference(*case.args)


def test_what_cannot_be_smaller_stays_as_it_is():
    def wrong(size, kernel, stride, padding, output_padding):
        return -1

    exercise = find_exercise("transposed-size")
    assert smallest_wrong_case(exercise, wrong, judge(exercise, wrong).cases) is None


def test_a_tensor_is_made_smaller_too():
    exercise = find_exercise("argmax-chw")

    def wrong(scores):
        return torch.full_like(torch.as_tensor(scores).argmax(0), 7)

    cases = judge(exercise, wrong).cases
    case = smallest_wrong_case(exercise, wrong, cases)
    assert isinstance(case.args[0], torch.Tensor | np.ndarray)
    assert size_of(case.args) < min(size_of(one.args) for one in cases)
