"""When two values are the same answer."""

import math

import numpy as np
import pytest
import torch

from course_lib.checking.compare import difference, to_plain


def found(expected, got, tolerance=1e-6):
    return difference(to_plain(expected), to_plain(got), tolerance)


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (0.5, np.float32(0.5)),
        (0.5, torch.tensor(0.5)),
        (0.5, 0.5 + 1e-9),
        (1.0, 1),
        (3, np.int64(3)),
        (math.nan, np.float64("nan")),
        ([[0, 1]], np.array([[0, 1]], dtype=np.uint8)),
        ([[0, 1]], ((0, 1),)),
        ([0.5, math.nan], torch.tensor([0.5, math.nan])),
        ([0.5, math.nan], (0.5, math.nan)),
        ([0.0, 1.0], [0, 1]),
        ({"shape": (1, 3)}, {"shape": [1, 3]}),
        (["a", 1], ("a", 1)),
        (True, np.bool_(True)),
        (None, None),
        ([], ()),
    ],
)
def test_the_same_answer(expected, got):
    assert found(expected, got) is None


@pytest.mark.parametrize(
    ("expected", "got", "said"),
    [
        (0.5, 0.6, "got 0.6, expected 0.5."),
        (0.5, math.nan, "got nan, expected 0.5."),
        (math.nan, 0.0, "got 0.0, expected nan."),
        (3, 3.0, "got a value of type float, expected int."),
        (3, True, "got a value of type bool, expected int."),
        (0.5, "0.5", "got a value of type str, expected float."),
        (0.5, [0.5], "expected a single float."),
        ([0, 1], [0, 1, 1], "got shape (3,), expected (2,)."),
        ([[0, 1]], [[0, 2]], "1 of 2 values differ; the first at [0][1]: got 2, expected 1."),
        ([[0, 1]], [[0.0, 1.0]], "Ids, counts and positions are whole numbers"),
        ([[0, 1], [1, 1]], [[0, 1], [1]], "got rows of different lengths (2, 1), expected shape (2, 2)."),
        ([0, 1], 1, "expected an array (or nested list) of shape (2,)."),
        ({"a": 1, "b": 2}, {"a": 1}, "`b` is missing"),
        ({"a": 1}, {"a": 2}, "`a`: got 2, expected 1."),
        ({"a": 1}, {"a": 1, "b": 2}, "unexpected key: b."),
        ({"a": 1}, 1, "expected a dict with a."),
        (["a", 1], ["a", 2], "at [1]: got 2, expected 1."),
        (["a", 1], ["a"], "got 1 value, expected 2."),
        (None, -44, "got -44, expected None."),
        ([], ["imbalance"], "expected an empty list: []."),
        ([0, 1], ["a", None], "got None and str among the values, expected only int."),
    ],
)
def test_another_answer_is_told_apart(expected, got, said):
    assert said in found(expected, got)
