"""Predict a picture tile by tile: tiles overlap and fade into each other, and memory holds one row of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.data.fitting import Canvas
from course_lib.training.devices import Devices
from course_lib.training.inference import predict_on_canvas

OVERLAP = 1 / 4
"""The share of a tile's side that it has in common with the next one, at least."""

MOST_BYTES = 1 << 30
"""The most memory for the probabilities of one row of tiles."""

_BATCH = 8


def predict_tiles(
    model: nn.Module, image: np.ndarray, tile: tuple[int, int], canvas: Canvas, devices: Devices
) -> np.ndarray:
    """Segment a picture by overlapping tiles.

    Args:
        model: a trained model.
        image: uint8 (H, W, 3).
        tile: height and width of a tile, in pixels of the picture. Each one is put on the canvas, as a whole photo
            would be.
        canvas: what the model was trained on.
        devices: where and in which precision to compute.

    Returns:
        class ids, uint8 (H, W).

    Raises:
        ValueError: a tile is larger than the picture, or a row of tiles takes more memory than ``MOST_BYTES``.
    """
    bands = blended_bands(model, image, tile, canvas, devices)
    return np.concatenate([band.argmax(dim=0).to(torch.uint8).cpu().numpy() for band in bands])


def blended_bands(
    model: nn.Module, image: np.ndarray, tile: tuple[int, int], canvas: Canvas, devices: Devices
) -> Iterator[Tensor]:
    """Yield the blended probabilities of a picture from top to bottom, float32 (C, rows, W) at a time.

    A band ends where the next row of tiles begins: nothing is added to it any more.

    Raises:
        ValueError: as :func:`predict_tiles`.
    """
    model.eval()
    height, width = image.shape[:2]
    if tile[0] > height or tile[1] > width:
        raise ValueError(
            f"tiles of {tile[0]}x{tile[1]} do not fit into a picture of {height}x{width} (height x width): give "
            "smaller ones, as in --tiles 128, or leave --tiles out, and it is predicted as a whole."
        )
    tops, row_weights = _along(height, tile[0])
    open_rows: Tensor | None = None  # (C, tile height, W), the sums that are not finished
    for (top, below), weights in zip(pairwise([*tops, height]), row_weights, strict=True):
        row = _row_of_tiles(
            model, image[top : top + tile[0]], tile[1], canvas, devices
        )  # (C, tile height, W)
        row *= weights.to(row.device).view(1, -1, 1)
        if open_rows is not None:
            row[:, : open_rows.shape[1]] += open_rows
        yield row[:, : below - top]
        open_rows = row[:, below - top :].clone()


def _row_of_tiles(
    model: nn.Module, strip: np.ndarray, tile_width: int, canvas: Canvas, devices: Devices
) -> Tensor:
    """Blend the tiles of a strip of the picture, uint8 (h, W, 3), from left to right: float32 (C, h, W)."""
    height, width = strip.shape[:2]
    rows, columns = canvas.place(height, tile_width).slices
    lefts, column_weights = _along(width, tile_width)
    total: Tensor | None = None
    for start in range(0, len(lefts), _BATCH):
        some = lefts[start : start + _BATCH]
        tiles = [strip[:, left : left + tile_width] for left in some]
        predicted = predict_on_canvas(model, tiles, canvas, devices)[..., rows, columns]  # (N, C, h', w')
        for left, weights, probabilities in zip(some, column_weights[start:], predicted, strict=False):
            full = F.interpolate(probabilities.unsqueeze(0), size=(height, tile_width), mode="bilinear")[0]
            if total is None:
                total = _zeros(len(full), height, width, full.device)
            total[..., left : left + tile_width] += full * weights.to(full.device)
    assert total is not None
    return total


def _zeros(classes: int, height: int, width: int, device: torch.device) -> Tensor:
    needed = 4 * classes * height * width
    if needed > MOST_BYTES:
        raise ValueError(
            f"tiles {height} pixels high in a picture {width} wide take {needed / 2**30:.1f} GB for {classes} classes, "
            f"and {MOST_BYTES / 2**30:.0f} GB is the limit: give smaller tiles."
        )
    return torch.zeros(classes, height, width, device=device)


def _along(length: int, tile: int) -> tuple[list[int], Sequence[Tensor]]:
    """Return where tiles begin along one side of a picture, and the weights of each one's pixels, float32 (tile,).

    Weights rise from a tile's edge over the overlap. In every pixel those of all tiles add up to 1.
    """
    apart = max(1, math.floor(tile * (1 - OVERLAP)))
    number = math.ceil((length - tile) / apart) + 1
    starts = [round(n * (length - tile) / max(1, number - 1)) for n in range(number)]
    places = torch.arange(tile) + 0.5
    rise = torch.minimum(places, tile - places).clamp(max=max(1, tile - apart))  # (tile,)
    total = torch.zeros(length)
    for start in starts:
        total[start : start + tile] += rise
    return starts, [rise / total[start : start + tile] for start in starts]
