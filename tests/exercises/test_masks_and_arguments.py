"""Wrong masks that passed, and arguments that were changed while something else was looked at: none passes any more."""

import numpy as np
import pytest
import torch.nn.functional as F
from verdicts import SEEDS, seeds_that_pass

from course_lib.checking.judge import judge
from course_lib.exercises import find_exercise


def resized(places):
    """Return an answer that copies the rows and columns at ``places(old, new)``."""
    return lambda mask, size: mask[places(len(mask), size)][:, places(mask.shape[1], size)]


@pytest.mark.parametrize(
    "places",
    [
        lambda old, new: np.linspace(0, old - 1, new).round().astype(int),
        lambda old, new: np.linspace(0, old - 1, new).astype(int),
        lambda old, new: (np.arange(new) * max(1, old // new)).clip(max=old - 1),
        lambda old, new: np.arange(new) * (old // new) if old >= new else np.arange(new) * old // new,
        lambda old, new: np.arange(new) // max(1, new // old) * max(1, old // new) % old,
    ],
    ids=["corners on corners", "and cut off", "whole steps", "whole steps down", "whole steps up and down"],
)
def test_a_mask_that_is_not_spread_over_its_new_size_is_refused(places):
    assert seeds_that_pass("resize-mask", resized(places)) == []


def test_a_mask_that_is_spread_over_its_new_size_passes():
    by_the_upper_corner = resized(lambda old, new: np.arange(new) * old // new)
    assert seeds_that_pass("resize-mask", by_the_upper_corner) == list(SEEDS)


def weighted(logits, targets, weight):
    weight /= weight.sum()
    return F.cross_entropy(logits, targets, weight=weight)


def cut_and_blackened(image, mask, top, left, size):
    here = slice(top, top + size), slice(left, left + size)
    part, ids = image[here].copy(), mask[here].copy()
    image[here] = 0
    below, beside = (0, size - part.shape[0]), (0, size - part.shape[1])
    return np.pad(part, (below, beside, (0, 0))), np.pad(ids, (below, beside), constant_values=255)


def step_on_scaled_images(model, optimizer, images, targets):
    model.train()
    loss = F.cross_entropy(model(images), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    images.mul_(1.5)
    return loss.item()


@pytest.mark.parametrize(
    ("exercise_id", "answer", "name"),
    [
        ("weighted-cross-entropy", weighted, "weight"),
        ("crop-pair", cut_and_blackened, "image"),
        ("train-step", step_on_scaled_images, "images"),
    ],
)
def test_an_argument_that_is_changed_while_an_observer_looks_is_named(exercise_id, answer, name):
    result = judge(find_exercise(exercise_id), answer)
    assert not result.passed
    assert f"`{name}`" in result.message
    assert "work on a copy" in result.message


def test_what_an_observer_does_to_the_arguments_itself_does_not_count():
    exercise = find_exercise("balanced-loss")  # its observer asks for the gradients of the logits
    assert judge(exercise, exercise.reference).passed
