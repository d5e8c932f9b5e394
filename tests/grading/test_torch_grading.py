"""Lessons with torch: a fork that has torch at once, networks that are observed where they are built."""

import pytest
from students import answered, by_id, grader, hand_in, solutions

from course_lib.checking.exercise import call
from course_lib.exercises import all_exercises
from course_lib.grading.assignment import assignment_names
from course_lib.grading.sandbox.inside import unpatch
from course_lib.grading.sandbox.open import start_parent
from course_lib.grading.scoring.cases import Expected, observer_of
from course_lib.grading.scoring.settings import needs_torch

pytestmark = pytest.mark.slow

TINY = "05_tiny_unet"
LESSONS = [name for name in assignment_names() if needs_torch(name)]


@pytest.fixture(scope="module")
def warm():
    with grader(deadline=None, memory=2048) as opened:
        yield opened


@pytest.mark.parametrize("assignment", LESSONS)
def test_the_solutions_get_every_point(assignment, warm, tmp_path):
    grade = warm.grade(hand_in(tmp_path, "ada", answered(assignment), assignment))
    assert [exercise.status for exercise in grade.exercises] == ["passed"] * len(grade.exercises), grade
    assert not [exercise.flags for exercise in grade.exercises if exercise.flags]


IMPORTS = """
import math
from itertools import pairwise
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
"""


def test_which_lessons_need_torch_is_known_without_importing_it():
    assert needs_torch(TINY)
    assert not needs_torch("03_iou_and_dice_by_hand")


@pytest.mark.parametrize(("assignment", "pays"), [("03_iou_and_dice_by_hand", False), (TINY, True)])
def test_only_a_lesson_with_torch_pays_for_torch(assignment, pays, tmp_path, monkeypatch):
    started = []

    def start(way, preload=(), hidden=()):
        started.append("torch" in preload)
        return start_parent(way, preload, hidden)

    for module in ("scoring.parents", "sandbox.open"):
        monkeypatch.setattr(f"course_lib.grading.{module}.start_parent", start)
    with grader(deadline=None, memory=2048) as opened:
        opened.grade(hand_in(tmp_path, "ada", answered(assignment), assignment))
    assert (True in started) is pays


def graded(warm, folder, before, **replaced):
    return by_id(warm.grade(hand_in(folder, "ada", answered(TINY, IMPORTS + before, **replaced), TINY)))


WRONG_NETWORK = """
class TinyUNet(nn.Module):
    def __init__(self, in_channels=3, num_classes=3):
        super().__init__()
        self.layer = nn.Conv2d(in_channels, num_classes, 1)
    def forward(self, images):
        return self.layer(images)
"""


def test_a_misconception_about_a_network_is_named(warm, tmp_path):
    softmax = "lambda self, images: forward(self, images).softmax(dim=1)"
    source = f"{solutions(TINY)['tiny-unet']}\nforward = TinyUNet.forward\nTinyUNet.forward = {softmax}"
    grade = graded(warm, tmp_path, "", tiny_unet=source)["tiny-unet"]
    assert grade.status == "failed"
    assert "softmax" in f"{grade.misconception} {grade.message}".lower()


PATCHES = {
    "functions of torch": "torch.equal = torch.allclose = torch.all = torch.any = lambda *a, **k: True\n",
    "methods of tensors": "torch.Tensor.__eq__ = torch.Tensor.any = torch.Tensor.tolist = lambda *a, **k: True\n",
    "methods of modules": "nn.Module.parameters = nn.Module.modules = lambda self: iter(())\n",
    "built-in functions": "import builtins\nbuiltins.sum = builtins.list = builtins.tuple = lambda *a: 0\n",
}


@pytest.mark.parametrize("patch", PATCHES)
def test_patches_get_no_point(patch, warm, tmp_path):
    """At once, and as part of the answer, which needs the patched name to be run with it."""
    source = f"{WRONG_NETWORK}        \ndef _patch():\n    {'; '.join(PATCHES[patch].splitlines())}\n"
    source = source.replace("super().__init__()", "_patch(); super().__init__()")
    grades = graded(warm, tmp_path, "", tiny_unet=source)
    assert grades["tiny-unet"].score == 0, grades["tiny-unet"]
    assert grades["predict"].status == "passed"


def test_what_was_patched_is_reported_to_the_instructor(warm, tmp_path):
    source = WRONG_NETWORK.replace("super().__init__()", "torch.equal = lambda *a: True; super().__init__()")
    assert "changes torch.equal" in graded(warm, tmp_path, "", tiny_unet=source)["tiny-unet"].flags


def test_a_network_without_an_end_costs_its_own_exercise(warm, tmp_path):
    source = WRONG_NETWORK.replace("super().__init__()", "while True: pass")
    submission = hand_in(tmp_path, "ada", answered(TINY, IMPORTS, tiny_unet=source), TINY)
    with grader(deadline=1.0) as quick:
        grades = by_id(quick.grade(submission))
    assert grades["tiny-unet"].status == "stopped"
    assert grades["predict"].status == "passed"


def test_an_allocation_by_torch_stops_at_the_cap(warm, tmp_path):
    source = WRONG_NETWORK.replace("super().__init__()", "torch.zeros(1 << 31)")
    grade = graded(warm, tmp_path, "", tiny_unet=source)["tiny-unet"]
    assert grade.score == 0
    assert grade.status in ("stopped", "raised", "failed")


def exercises_with_observers():
    return [exercise for exercise in all_exercises() if exercise.observe is not call]


@pytest.mark.parametrize("exercise", exercises_with_observers(), ids=lambda exercise: exercise.id)
def test_what_is_observed_by_the_copy_is_what_is_observed_here(exercise):
    """The copy of an observer holds no answer, needs nothing of its module, and sees the same facts."""
    expected = Expected(exercise, seed=3)
    source, name = observer_of(exercise)
    observe = unpatch.observer(source, name)
    from course_lib.checking.compare import difference, to_plain

    for case in expected.cases:
        facts = to_plain(observe(exercise.reference, *case.args))
        assert difference(case.expected.value, facts, exercise.tolerance) is None


def test_most_answers_are_observed_on_this_side():
    """Only what builds a network, or works with one, must be looked at where it is."""
    exercises = list(all_exercises())
    there = {exercise.id for exercise in exercises if not Expected(exercise, seed=3).is_data}
    assert {"tiny-unet", "train-epoch", "evaluate"} <= there
    assert len(there) < len(exercises) / 2
