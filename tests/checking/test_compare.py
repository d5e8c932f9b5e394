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
        (0.5, 0.6, "0.6 came back, 0.5 is expected"),
        (0.5, math.nan, "nan came back"),
        (math.nan, 0.0, "nan is expected"),
        (3, 3.0, "float came back, int is expected"),
        (3, True, "bool came back, int is expected"),
        (0.5, "0.5", "str came back, float is expected"),
        (0.5, [0.5], "a single float is expected"),
        ([0, 1], [0, 1, 1], "shape (3,) came back, (2,) is expected"),
        ([[0, 1]], [[0, 2]], "1 of 2 values differ; the first at [0][1]: 2 came back, 1 is expected"),
        ([[0, 1]], [[0.0, 1.0]], "Ids, counts and places are whole numbers"),
        ([[0, 1], [1, 1]], [[0, 1], [1]], "rows of different lengths came back (2, 1)"),
        ([0, 1], 1, "an array (or nested list) of shape (2,) is expected"),
        ({"a": 1, "b": 2}, {"a": 1}, "`b` is missing"),
        ({"a": 1}, {"a": 2}, "`a`: 2 came back, 1 is expected"),
        ({"a": 1}, {"a": 1, "b": 2}, "nobody asked for b"),
        ({"a": 1}, 1, "a dict with a is expected"),
        (["a", 1], ["a", 2], "at [1]: 2 came back"),
        (["a", 1], ["a"], "1 values came back, 2 are expected"),
        (None, -44, "-44 came back, None is expected"),
        ([], ["imbalance"], "nothing is expected in it"),
        ([0, 1], ["a", None], "there is None and str in what came back, int is expected everywhere"),
    ],
)
def test_another_answer_is_told_apart(expected, got, said):
    assert said in found(expected, got)
