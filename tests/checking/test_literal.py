"""What is shown as the call can be pasted into a cell and run."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.checking.calling import Outcome
from course_lib.checking.case import CaseResult
from course_lib.checking.compare import difference, to_plain
from course_lib.checking.exercise import call
from course_lib.checking.facts import facts_of
from course_lib.checking.judge import fresh_cases
from course_lib.checking.literal import literal
from course_lib.exercises import all_exercises, find_exercise
from course_lib.notebook import example

NAMES = {"np": np, "torch": torch, "example": example}


def pasted(code):
    return eval(code, dict(NAMES))


def is_same(one, other):
    """Return whether two values have equal types, dtypes, shapes and values."""
    if isinstance(one, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray | torch.Tensor):
        arrays = [np.asarray(value.detach()) if torch.is_tensor(value) else value for value in (one, other)]
        return (
            type(one) is type(other) and one.dtype == other.dtype and np.array_equal(*arrays, equal_nan=True)
        )
    return type(one) is type(other) and (one == other or (one != one and other != other))


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ((1, 2), "(1, 2)"),
        ((1,), "(1,)"),
        ([(3, "a"), None], "[(3, 'a'), None]"),
        ({"x": [True]}, "{'x': [True]}"),
        (math.inf, 'float("inf")'),
        (np.array([[0, 1]]), "np.array([[0, 1]])"),
        (np.array([0.5, math.nan]), 'np.array([0.5, float("nan")])'),
        (np.array([True]), "np.array([True])"),
        (np.array([255], np.uint8), "np.array([255], dtype=np.uint8)"),
        (np.zeros((0, 4)), "np.zeros((0, 4), dtype=np.float64)"),
        (torch.tensor([0.1]), "torch.tensor([0.1])"),
        (torch.tensor([0.1], dtype=torch.float64), "torch.tensor([0.1], dtype=torch.float64)"),
        (torch.tensor([-1, 2]), "torch.tensor([-1, 2])"),
        (torch.tensor(0.5, requires_grad=True), "torch.tensor(0.5, requires_grad=True)"),
        (torch.zeros(0, 2, dtype=torch.uint8), "torch.zeros((0, 2), dtype=torch.uint8)"),
    ],
)
def test_code_of_a_value(value, code):
    assert literal(value) == code
    assert is_same(pasted(code), value)


@given(
    st.recursive(
        st.floats() | st.integers() | st.booleans() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner),
    )
)
def test_any_value_comes_back_from_its_code(value):
    assert is_same(pasted(literal(value)), value)


@given(st.lists(st.floats(width=32), min_size=1, max_size=20))
def test_floats_of_torch_keep_every_bit(values):
    tensor = torch.tensor(values, dtype=torch.float32)
    assert is_same(pasted(literal(tensor)), tensor)


def called(exercise, args, example_id=""):
    case = CaseResult(args, 0, Outcome("returned", None), "wrong", example_id)
    return dict(facts_of(exercise, case, ""))["called"]


EXERCISES = [exercise for exercise in all_exercises() if exercise.observe is call]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_the_calls_of_every_exercise_can_be_pasted(exercise):
    cases = [(case.args, case.example) for case in exercise.worked_cases]
    cases += [(args, "") for args in fresh_cases(exercise, 3)]
    for args, example_id in cases:
        line = called(exercise, args, example_id)
        if "# too large to show" in line:
            assert "=..." in line
            continue
        found = eval(line, NAMES | {exercise.name: exercise.reference})
        assert difference(to_plain(exercise.reference(*args)), to_plain(found), 0) is None, line


def test_what_is_too_large_is_said_to_be_left_out():
    exercise = find_exercise("class-pixels")
    large = ([[0] * 20] * 20, 1)
    names = exercise.parameters
    assert called(exercise, large) == (
        f"{exercise.name}({names[0]}=..., {names[1]}=1)  # too large to show: "
        f"{names[0]} is an array of int of shape (20, 20)"
    )
    assert called(exercise, large, "an-example") == f'{exercise.name}(*example("an-example"))'
    assert literal("x" * 2000) is None
    assert literal(np.zeros(201)) is None
