"""Changed answers that would never end, or fill the memory, are not tried."""

import ast

import pytest

from course_lib.checking.calling import outcome_of
from course_lib.checking.class_maps import as_class_map
from course_lib.checking.recognise.endless import is_endless
from course_lib.exercises import find_exercise


@pytest.mark.parametrize(
    "body",
    [
        "for row in rows:\n        rows.append(row)",
        "for row in rows:\n        rows += [row]",
        "rows.append(rows)",
        "rows.append([rows] * 3)",
        "for _ in range(9):\n        rows += rows",
        "rows.append([cells])\n    cells.append([rows])",
    ],
)
def test_a_list_that_grows_by_itself_is_endless(body):
    assert is_endless(ast.parse(f"def f(rows):\n    {body}").body[0])


@pytest.mark.parametrize(
    "body",
    [
        "for row in rows:\n        cells.append(row)",
        "rows.append(rows[-1] + 1)",
        "rows.append(len(rows))",
        "cells.append(row)\n    rows.append(cells)",
        "total += 2 * row",
    ],
)
def test_what_grows_by_other_things_is_not(body):
    assert not is_endless(ast.parse(f"def f(rows):\n    {body}").body[0])


def test_a_value_of_millions_of_numbers_is_an_error_of_the_answer():
    """The same list a thousand times over, in a list a thousand times over: few bytes, until something walks it."""
    many = [[[0] * 1000] * 1000] * 1000
    outcome = outcome_of(find_exercise("argmax-grid"), lambda scores: many, ([[[0.5, 1.0]]],))
    assert outcome.error == "ValueError: the value holds itself, or over 1,000,000 numbers"


@pytest.mark.parametrize("value", [None, 3, [], [1, 2], [[]], [[1], [2, 3]], [[0.5]], [[[1]]], [["a"]]])
def test_what_is_no_class_map(value):
    assert as_class_map(value) is None


def test_class_maps_of_lists_and_arrays():
    assert as_class_map([[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]]
    assert as_class_map(as_class_map(((1, 2),))).shape == (1, 2)
