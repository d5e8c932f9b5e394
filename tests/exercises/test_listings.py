"""The listings of lesson 11 do what the lesson says of them: each runs, and raises nothing."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from course_lib.exercises.l11_bug_hunt.listings import LISTINGS
from course_lib.metrics import ConfusionMatrix


def names(folder):
    """Everything that the listings take for granted."""
    rng = np.random.default_rng(0)
    paths = {name: folder / f"{name}.png" for name in ("path", "mask_path", "first", "second")}
    for path in paths.values():
        Image.fromarray(rng.integers(0, 4, (16, 16)).astype(np.uint8)).save(path)
    torch.manual_seed(0)
    model, images, targets = nn.Conv2d(3, 3, 1), torch.randn(2, 3, 16, 16), torch.randint(0, 3, (2, 16, 16))
    return paths | {
        "np": np,
        "torch": torch,
        "nn": nn,
        "F": F,
        "Image": Image,
        "copy": copy,
        "ConfusionMatrix": ConfusionMatrix,
        "model": model,
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.1),
        "loader": [(images, targets)],
        "images": images,
        "targets": targets,
        "logits": torch.randn(2, 3, 16, 16),
        "x": images,
        "head": nn.Conv2d(64, 3, 1),
        "encoder_stages": [nn.Conv2d(3, 64, 1), nn.Conv2d(64, 64, 1), nn.Conv2d(64, 64, 1)],
        "bottleneck": nn.Conv2d(64, 64, 1),
        "decoder_stages": [nn.Conv2d(128, 64, 1) for _ in range(3)],
        "training_pictures": None,
        "validation_pictures": None,
        "test_pictures": None,
        "train_epoch": lambda model, pictures: None,
        "mean_iou": lambda model, pictures: 0.5,
    }


OWN_NAMES = {
    4: {"head": nn.Conv2d(3, 3, 1), "features": torch.randn(2, 3, 16, 16)},
    10: {"logits": torch.randn(1, 3, 16, 16)},
}
"""What a listing means by a name that others use for something else."""


@pytest.mark.parametrize("number", LISTINGS)
def test_a_listing_raises_nothing(number, tmp_path):
    exec(compile(LISTINGS[number], f"listing {number}", "exec"), names(tmp_path) | OWN_NAMES.get(number, {}))


def test_listing_6_hands_the_finest_skip_over_first(tmp_path):
    known = names(tmp_path)
    exec(LISTINGS[6], known)
    assert known["x"].shape[2:] == (4, 4)  # the last skip met is the coarsest
    right = names(tmp_path)
    exec(LISTINGS[6].replace("decoder_stages, skips)", "decoder_stages, reversed(skips))"), right)
    assert right["x"].shape[2:] == (16, 16)
