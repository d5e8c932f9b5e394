"""The promptable network: what it takes, what it gives, and that its weights know drawn pets."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from course_lib.data.pocket_pets.scene import draw_scene_of_pets
from course_lib.models.promptable import (
    FOREGROUND,
    PADDING,
    QUERIES,
    SIZE,
    WEIGHTS,
    Attention,
    PromptableNet,
    load_promptable,
)
from course_lib.models.prompting import EncodedImage


@pytest.fixture(scope="module")
def model():
    return load_promptable()


@pytest.fixture(scope="module")
def scenes():
    drawn = (draw_scene_of_pets(np.random.default_rng([41, number]), SIZE, pets=2) for number in range(8))
    return [scene for scene in drawn if len(scene.labels)]


def iou(one, other):
    return (one & other).sum() / (one | other).sum()


def innermost(mask):
    """Return x, y of a pixel that survives longest when the edge is peeled off."""
    last = inside = torch.from_numpy(mask)[None, None].float()
    while inside.any():
        last, inside = inside, -F.max_pool2d(-F.pad(inside, (1, 1, 1, 1)), 3, stride=1)
    row, column = np.argwhere(last[0, 0].numpy())[0]
    return column + 0.5, row + 0.5


def test_the_weights_are_small_and_fit():
    assert WEIGHTS.stat().st_size < 3_000_000
    numbers = sum(parameter.numel() for parameter in PromptableNet().parameters())
    assert numbers == pytest.approx(1.22e6, rel=0.01)


def test_attention_is_torchs_multi_head_attention():
    torch.manual_seed(0)
    ours, theirs = Attention(96, 96), torch.nn.MultiheadAttention(96, 4, batch_first=True)
    parts = [getattr(ours, name) for name in "qkv"]
    theirs.in_proj_weight.data = torch.cat([part.weight for part in parts])
    theirs.in_proj_bias.data = torch.cat([part.bias for part in parts])
    theirs.out_proj.load_state_dict(ours.out.state_dict())
    queries, keys, values = (torch.randn(2, length, 96) for length in (5, 7, 7))
    torch.testing.assert_close(ours(queries, keys, values), theirs(queries, keys, values)[0])


def test_shapes_and_gradients():
    model = PromptableNet()
    encoded = model.encode(torch.rand(2, 3, *SIZE))
    assert (encoded.coarse.shape, encoded.fine.shape) == ((2, 96, 12, 16), (2, 64, 24, 32))
    times = torch.tensor([0, 0, 1])
    places, kinds = torch.rand(3, 2, 2), torch.tensor([[FOREGROUND, PADDING]] * 3)
    logits, expected = model.ask(encoded.repeated(times), places, kinds)
    masks, classes = model.all_segments(encoded)
    assert (logits.shape, expected.shape) == ((3, 3, 48, 64), (3, 3))
    assert (masks.shape, classes.shape) == ((2, QUERIES, 48, 64), (2, QUERIES, 6))
    (logits.mean() + expected.mean() + masks.mean() + classes.mean()).backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_padding_has_no_place(model):
    encoded = model.encode(torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(0)))
    kinds = torch.tensor([[FOREGROUND, PADDING]])
    answers = [model.ask(encoded, torch.tensor([[[0.5, 0.5], [x, x]]]), kinds)[0] for x in (0.0, 0.9)]
    torch.testing.assert_close(*answers)


def test_one_of_three_masks_fits_what_was_clicked(model, scenes):
    reached = []
    for scene in scenes:
        picture = EncodedImage(model, scene.image)
        for pet in scene.masks:
            logits, expected = picture.ask(points=[innermost(pet)])
            assert (logits.shape, expected.shape) == ((3, *SIZE), (3,))
            reached.append(max(iou(mask > 0, pet) for mask in logits))
    assert np.mean(reached) > 0.55


def test_a_box_says_how_large_the_thing_is(model, scenes):
    of_head, of_pet = [], []
    for scene in scenes:
        picture = EncodedImage(model, scene.image)
        for thing, found in ((scene.heads[-1], of_head), (scene.masks[-1], of_pet)):
            if thing.sum() < 40:
                continue
            rows, columns = np.nonzero(thing)
            box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            logits, expected = picture.ask(box=box)
            found.append(iou(logits[expected.argmax()] > 0, thing))
    assert np.mean(of_head) > 0.5
    assert np.mean(of_pet) > 0.5


def test_the_expected_iou_says_something(model, scenes):
    expected, actual = [], []
    for scene in scenes:
        picture = EncodedImage(model, scene.image)
        for pet, head in zip(scene.masks, scene.heads, strict=True):
            logits, guessed = picture.ask(points=[innermost(pet)])
            things = (pet, head, scene.instances > 0)
            expected += guessed.tolist()
            actual += [max(iou(mask > 0, thing) for thing in things) for mask in logits]
    assert np.corrcoef(expected, actual)[0, 1] > 0.5


def test_queries_find_wall_and_floor(model, scenes):
    for scene in scenes:
        masks, classes = EncodedImage(model, scene.image).segments()
        assert (masks.shape, classes.shape) == ((QUERIES, *SIZE), (QUERIES, 6))
        for stuff in (0, 1):
            named = masks[classes.argmax(axis=1) == stuff] > 0
            assert max(iou(mask, scene.semantic == stuff) for mask in named) > 0.7


@pytest.mark.parametrize(
    "prompt",
    [
        {},
        {"points": [(1, 1)], "box": (1, 1, 9, 9)},
        {"points": [(1, 1), (2, 2), (3, 3)]},
        {"not_points": [(1, 1)]},
    ],
)
def test_a_prompt_of_another_kind_is_refused(model, prompt):
    picture = EncodedImage(model, np.zeros((*SIZE, 3), np.uint8))
    with pytest.raises(
        ValueError, match="ask with one or two points, with a point and a not_point, or with a box"
    ):
        picture.ask(**prompt)


@pytest.mark.parametrize("place", [(90, 120), (-1, 3), (129, 3)])
def test_a_place_outside_the_image_is_refused(model, place):
    picture = EncodedImage(model, np.zeros((*SIZE, 3), np.uint8))
    with pytest.raises(ValueError, match=r"is not in the image: x runs from 0 to 128, y from 0 to 96"):
        picture.ask(points=[place])


def test_an_image_of_another_size_is_refused(model):
    with pytest.raises(ValueError, match=r"of shape \(64, 64, 3\), but this network was trained on"):
        EncodedImage(model, np.zeros((64, 64, 3), np.uint8))
