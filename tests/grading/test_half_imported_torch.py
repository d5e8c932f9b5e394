"""While one thread of the grader imports torch, another one works on an answer without tensors."""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import numpy as np
import pytest

from course_lib.checking.calling import outcome_of
from course_lib.checking.compare import is_torch_tensor
from course_lib.exercises import find_exercise
from course_lib.grading.sandbox.inside import codec


@pytest.fixture(autouse=True)
def half_imported(monkeypatch):
    torch = ModuleType("torch")
    torch.__spec__ = ModuleSpec("torch", None)
    torch.__spec__._initializing = True
    monkeypatch.setitem(sys.modules, "torch", torch)


def test_no_value_is_taken_for_a_tensor():
    assert not is_torch_tensor(np.zeros(2))


def test_an_answer_is_called():
    exercise = find_exercise("iou")
    assert outcome_of(exercise, exercise.reference, ([[1, 1]], [[1, 0]])).value == 0.5


def test_values_of_any_type_are_encoded():
    assert codec.encode([1.5, np.zeros(2), object()])
