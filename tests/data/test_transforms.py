"""Geometry is paired, colour is not, and what lies outside is ignored."""

import numpy as np
import pytest
import torch
from torch.nn.functional import one_hot
from torchvision.transforms.v2 import functional as tv

from course_lib.data import transforms
from course_lib.data.transforms import (
    Augment,
    adjust_colour,
    normalize,
    resize,
    to_tensors,
    warp,
)
from course_lib.masks import IGNORE_INDEX

IDENTITY = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
MIRROR = torch.tensor([[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
NO_COLOUR = {"brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "tint": 0.0}


@pytest.fixture
def batch():
    """Return images whose pixels spell out their own mask (red for 0, green for 1, blue for 2), and the masks."""
    ids = torch.randint(0, 3, (6, 8, 8), generator=torch.Generator().manual_seed(0))
    masks = ids.repeat_interleave(8, dim=1).repeat_interleave(8, dim=2).to(torch.uint8)  # (6, 64, 64)
    return 200 * one_hot(masks.long(), 3).permute(0, 3, 1, 2).to(torch.uint8), masks


def test_to_tensors_keeps_pixels_and_channels_last_order():
    images = np.arange(2 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 4, 5, 3)
    tensors, masks = to_tensors(images, np.zeros((2, 4, 5), np.uint8))
    assert tensors.shape == (2, 3, 4, 5)
    assert masks.shape == (2, 4, 5)
    assert tensors.is_contiguous(memory_format=torch.channels_last)
    assert tensors[1, 2, 3, 4] == images[1, 3, 4, 2]


@pytest.mark.parametrize(
    ("images", "masks", "message"),
    [
        (np.zeros((2, 4, 4, 3)), np.zeros((2, 4, 4), np.uint8), "expected uint8 .* got float64 and uint8"),
        (np.zeros((2, 3, 4, 4), np.uint8), np.zeros((2, 4, 4), np.uint8), r"images \(N, H, W, 3\)"),
        (
            np.zeros((2, 4, 4, 3), np.uint8),
            np.zeros((2, 5, 4), np.uint8),
            r"got \(2, 4, 4, 3\) and \(2, 5, 4\)",
        ),
    ],
)
def test_to_tensors_refuses(images, masks, message):
    with pytest.raises(ValueError, match=message):
        to_tensors(images, masks)


def test_normalize_agrees_with_torchvision_and_is_undone(batch):
    images, _ = batch
    expected = tv.normalize(images / 255, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    torch.testing.assert_close(normalize(images), expected, atol=1e-4, rtol=1e-4)
    assert torch.equal(transforms.denormalize(normalize(images)), images)


def test_identity_changes_nothing(batch):
    images, masks = batch
    moved, targets = warp(images, masks, IDENTITY.expand(6, 2, 3), 64)
    torch.testing.assert_close(moved, images.float(), atol=1e-2, rtol=0)
    assert torch.equal(targets, masks.long())


def test_a_mirror_agrees_with_torchvision(batch):
    images, masks = batch
    moved, targets = warp(images, masks, MIRROR.expand(6, 2, 3), 64)
    torch.testing.assert_close(moved, tv.horizontal_flip(images).float(), atol=1e-2, rtol=0)
    assert torch.equal(targets, tv.horizontal_flip(masks).long())


def test_image_and_mask_move_together(batch):
    images, masks = batch
    moved, targets = Augment(**NO_COLOUR)(images, masks, generator=torch.Generator().manual_seed(1))
    pure = (moved.amax(dim=1) > 199) & (moved.sum(dim=1) < 201)  # not blended across an edge
    assert pure.float().mean() > 0.3
    assert torch.equal(moved.argmax(dim=1)[pure], targets[pure])


def test_outside_is_black_and_ignored(batch):
    images, masks = batch
    zoomed_out = 2 * IDENTITY.expand(6, 2, 3)
    moved, targets = warp(images + 50, masks, zoomed_out, 64)
    border = torch.ones(64, 64, dtype=torch.bool)
    border[16:48, 16:48] = False
    assert (targets[:, border] == IGNORE_INDEX).all()
    assert (targets[:, ~border] != IGNORE_INDEX).all()
    assert (moved[:, :, :14] == 0).all()


def test_every_image_gets_its_own_geometry(batch):
    images, masks = batch
    same = images[:1].expand(6, -1, -1, -1), masks[:1].expand(6, -1, -1)
    moved, _ = Augment()(*same, generator=torch.Generator().manual_seed(2))
    assert all(not torch.equal(moved[0], other) for other in moved[1:])


def test_the_generator_decides_everything(batch):
    first = Augment()(*batch, generator=torch.Generator().manual_seed(3))
    again = Augment()(*batch, generator=torch.Generator().manual_seed(3))
    other = Augment()(*batch, generator=torch.Generator().manual_seed(4))
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[1], other[1])


def test_colour_does_not_change_the_mask(batch):
    images, masks = batch
    still = Augment(flip=0, degrees=0, zoom=1, stretch=1, shift=0)
    moved, targets = still(images, masks, generator=torch.Generator().manual_seed(5))
    assert torch.equal(targets, masks.long())
    assert not torch.allclose(moved, images.float(), atol=1)
    assert moved.min() >= 0
    assert moved.max() <= 255


def test_brightness_agrees_with_torchvision(batch):
    images = batch[0].float()
    one = torch.ones(1)
    expected = tv.adjust_brightness(images / 255, 1.2) * 255
    torch.testing.assert_close(adjust_colour(images, torch.tensor(1.2), one, one), expected)


def test_augment_resizes_on_the_way(batch):
    moved, targets = Augment()(*batch, size=32)
    assert moved.shape == (6, 3, 32, 32)
    assert targets.shape == (6, 32, 32)
    assert targets.dtype == torch.int64


def test_resizing_keeps_the_ids(batch):
    images, masks = batch
    smaller, labels = resize(images, masks, 40)
    assert smaller.shape == (6, 3, 40, 40)
    assert set(labels.unique().tolist()) == {0, 1, 2}
    assert labels.dtype == torch.uint8
