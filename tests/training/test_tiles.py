"""Tiles: each pixel's weights add up to 1, a local network notices nothing, there are no seams, memory is bounded."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from course_lib.data.fitting import Canvas
from course_lib.training import tiles as tiles_module
from course_lib.training.devices import Devices
from course_lib.training.inference import predict_mask
from course_lib.training.memory import peak_memory
from course_lib.training.tiles import OVERLAP, _along, blended_bands, predict_tiles

CPU = Devices(torch.device("cpu"), torch.float32)


class Local(nn.Module):
    """A network whose logits in a pixel depend only on that pixel's colours."""

    def __init__(self, classes=3):
        super().__init__()
        torch.manual_seed(0)
        self.convolution = nn.Conv2d(3, classes, 1)

    def forward(self, images):
        return self.convolution(images)


class Moody(nn.Module):
    """A network that gives the whole tile one score, its mean brightness: without blending, every edge would show."""

    def forward(self, images):
        mean = images.mean(dim=(1, 2, 3), keepdim=True).expand(-1, 1, *images.shape[-2:])
        return torch.cat([mean, -mean], dim=1)


def picture(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def blended(model, image, tile, canvas):
    return torch.cat(list(blended_bands(model, image, tile, canvas, CPU)), dim=1)


@given(length=st.integers(1, 500), tile=st.integers(1, 500))
def test_tiles_cover_a_side_and_their_weights_add_up_to_1(length, tile):
    tile = min(tile, length)
    starts, weights = _along(length, tile)
    assert (starts[0], starts[-1] + tile) == (0, length)
    assert starts == sorted(set(starts))
    assert all(after - before <= max(1, tile * (1 - OVERLAP)) for before, after in pairwise(starts))
    total = torch.zeros(length)
    for start, weight in zip(starts, weights, strict=True):
        assert (weight > 0).all()
        total[start : start + tile] += weight
    torch.testing.assert_close(total, torch.ones(length))


def test_where_tiles_begin_by_hand():
    """Tiles of 8 overlap by 2 at least: 20 = 8 + 2 steps of 6. The overlap's weights rise by .5 / 2 and 1.5 / 2."""
    starts, weights = _along(20, 8)
    assert starts == [0, 6, 12]
    torch.testing.assert_close(weights[0], torch.tensor([1, 1, 1, 1, 1, 1, 0.75, 0.25]))
    torch.testing.assert_close(weights[1], torch.tensor([0.25, 0.75, 1, 1, 1, 1, 0.75, 0.25]))


@pytest.mark.parametrize(("height", "width"), [(16, 24), (50, 70), (17, 24), (16, 101)])
def test_a_local_network_predicts_the_same_by_tiles_as_at_once(height, width):
    model, image = Local(), picture(height, width)
    whole = predict_mask(model, image, Canvas(height, width), CPU)
    by_tiles = predict_tiles(model, image, (16, 24), Canvas(16, 24), CPU)
    np.testing.assert_array_equal(by_tiles, whole)
    together = blended(model, image, (16, 24), Canvas(16, 24))
    torch.testing.assert_close(together.sum(dim=0), torch.ones(height, width))


def test_one_tile_is_the_whole_picture():
    image = picture(40, 60)
    canvas = Canvas(32, 32, "letterbox")
    np.testing.assert_array_equal(
        predict_tiles(Local(), image, (40, 60), canvas, CPU), predict_mask(Local(), image, canvas, CPU)
    )


def test_tiles_are_put_on_the_canvas_as_photos_are():
    """Tiles of twice the canvas's side, on a picture of flat squares: the prediction is found at the right places."""
    squares = np.random.default_rng(1).integers(0, 2, (8, 12)).astype(np.uint8)
    image = np.repeat(np.repeat(255 * squares, 16, 0), 16, 1)[..., None].repeat(3, -1)
    model = Local(2)
    with torch.no_grad():
        model.convolution.weight[:] = torch.tensor([-1.0, 1.0]).view(2, 1, 1, 1)
        model.convolution.bias.zero_()
    ids = predict_tiles(model, image, (64, 96), Canvas(48, 48, "letterbox"), CPU)
    assert (ids == np.repeat(np.repeat(squares, 16, 0), 16, 1)).mean() > 0.9


def test_there_are_no_seams():
    """Between neighbouring tiles of different moods, the probability moves in steps of 1 / overlap at most."""
    rows, columns = np.mgrid[0:96, 0:128]
    image = np.repeat((rows + columns)[..., None], 3, axis=2).astype(np.uint8)  # a smooth ramp
    probabilities = blended(Moody(), image, (32, 32), Canvas(32, 32))[0]
    moods = probabilities.max() - probabilities.min()
    assert moods > 0.5
    step = max(float(probabilities.diff(dim=axis).abs().max()) for axis in (0, 1))
    assert step < 1.5 * float(moods) / (32 * OVERLAP)


def test_a_tile_larger_than_the_picture_is_one_sentence():
    with pytest.raises(
        ValueError, match=r"tiles of 32x64 do not fit into a picture of 40x60.*leave --tiles out"
    ):
        predict_tiles(Local(), picture(40, 60), (32, 64), Canvas(32, 32), CPU)


def test_a_row_of_tiles_that_takes_too_much_memory_is_refused_before_it_is_made(monkeypatch):
    monkeypatch.setattr(tiles_module, "MOST_BYTES", 3 * 16 * 100 * 4)
    predict_tiles(Local(), picture(40, 100), (16, 24), Canvas(16, 24), CPU)
    with pytest.raises(
        ValueError, match="tiles 16 pixels high in a picture 101 wide take .* give smaller tiles"
    ):
        predict_tiles(Local(), picture(40, 101), (16, 24), Canvas(16, 24), CPU)


def test_memory_follows_the_width_of_a_picture_and_not_its_height():
    """All probabilities of the tall picture would be 21 x 3200 x 64 x 4 bytes, 17 MB."""
    model, canvas = Local(21), Canvas(32, 32)
    short, tall = picture(200, 64), picture(3200, 64)
    tensors = [
        peak_memory(lambda image=image: predict_tiles(model, image, (32, 32), canvas, CPU))
        for image in (short, tall)
    ]
    assert tensors[1] < 1.2 * tensors[0] < 21 * 3200 * 64 * 4 / 4
    tracemalloc.start()
    predict_tiles(model, tall, (32, 32), canvas, CPU)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * tall.nbytes
