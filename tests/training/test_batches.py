"""Batches: repeatable from seed and epoch, shared without overlap, complete in evaluation."""

import numpy as np
import pytest
import torch

from course_lib.data.pets import load_pets
from course_lib.data.transforms import Augment
from course_lib.training.batches import TrainingBatches, evaluation_batches
from course_lib.training.devices import Devices

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def pets(pocket_folder, tmp_path_factory):
    loaded = load_pets(pocket_folder, "trainval", 32, cache=tmp_path_factory.mktemp("cache"))
    return loaded.subset(np.arange(20))


def batches(pets, devices=None, **changes):
    options = {"seed": 0, "passes": 1, "side": lambda: 32} | changes
    return TrainingBatches(pets, 8, Augment(), devices or Devices(CPU, torch.float32), **options)


def test_an_epoch_follows_from_seed_and_number(pets):
    first = list(batches(pets).epoch(3))
    again = list(batches(pets).epoch(3))
    assert all(torch.equal(a, c) and torch.equal(b, d) for (a, b), (c, d) in zip(first, again, strict=True))
    for other in (batches(pets).epoch(4), batches(pets, seed=1).epoch(3)):
        assert not torch.equal(first[0][0], next(other)[0])


def test_shapes_and_number_of_steps(pets):
    whole = batches(pets, passes=3)
    epoch = list(whole.epoch(1))
    assert len(whole) == len(epoch) == 6
    images, targets = epoch[0]
    assert images.shape == (8, 3, 32, 32)
    assert images.dtype == torch.float32
    assert images.is_contiguous(memory_format=torch.channels_last)
    assert targets.shape == (8, 32, 32)
    assert targets.dtype == torch.int64


def test_a_pass_uses_an_image_at_most_once(pets):
    order = batches(pets, passes=2)._order(1)
    assert len(order) == 32
    assert len(set(order[:16])) == len(set(order[16:])) == 16


def test_two_processes_share_a_pass(pets):
    shares = [batches(pets, Devices(CPU, torch.float32, rank, 2))._order(1) for rank in (0, 1)]
    assert len(shares[0]) == len(shares[1]) == 8
    assert not set(shares[0]) & set(shares[1])


@pytest.mark.parametrize("world", [1, 2, 3])
def test_evaluation_sees_every_image_exactly_once(pets, world):
    masks = []
    for rank in range(world):
        for _, targets in evaluation_batches(pets, 6, Devices(CPU, torch.float32, rank, world)):
            masks.extend(targets.to(torch.uint8).numpy())
    expected = pets.take(np.arange(len(pets)))[1]
    assert sorted(mask.tobytes() for mask in masks) == sorted(mask.tobytes() for mask in expected)


def test_the_side_is_asked_for_at_every_batch(pets):
    sides = iter([32, 64])
    shapes = [images.shape[-1] for images, _ in batches(pets, side=lambda: next(sides)).epoch(1)]
    assert shapes == [32, 64]


def test_what_cannot_be_batched_is_refused(pets):
    with pytest.raises(ValueError, match="5 training images are fewer than one batch of 8"):
        batches(pets.pets.subset(np.arange(5)))
    with pytest.raises(ValueError, match="batch of 8 cannot be shared evenly by 3 processes"):
        batches(pets, Devices(CPU, torch.float32, 0, 3))
