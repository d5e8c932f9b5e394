"""Short experiments on the parts of a training: do image and mask stay aligned, how does the image reach the logits?"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from course_lib.data.sizes import Size, height_width
from course_lib.masks import IGNORE_INDEX
from course_lib.metrics import ConfusionMatrix
from course_lib.plots import GAP, Drawing
from course_lib.training.batches import Augmentation

PAIRS_TRIED, BLOCKS = 8, 6
FRAME = 1 / 8  # share of the side


def agreement_of_pairs(augment: Augmentation, size: Size) -> float:
    """Return the share of pixels in which augmented pictures of masks still agree with the augmented masks.

    The masks are random blocks of the ids 0 and 1, and their pictures are bright where the id is 1. An augmentation may
    change the colours of a picture, so the midpoint of the values separates bright from dark.
    """
    generator = torch.Generator().manual_seed(0)
    blocks = torch.randint(2, (PAIRS_TRIED, 1, BLOCKS, BLOCKS), generator=generator)
    masks = F.interpolate(blocks.to(torch.uint8), size=height_width(size))  # (N, 1, H, W)
    pictures = (60 + 140 * masks).expand(-1, 3, -1, -1)
    moved, targets = augment(pictures, masks.squeeze(1), size, generator)  # (N, 3, h, w), (N, h, w)
    if moved.shape[-2:] != targets.shape[-2:]:
        return 0.0
    right = counted = 0
    for picture, target in zip(moved.float().mean(dim=1), targets, strict=True):
        values, ids = picture[target != IGNORE_INDEX], target[target != IGNORE_INDEX]
        right += int(((values > (values.min() + values.max()) / 2) == (ids == 1)).sum())
        counted += len(ids)
    return right / max(1, counted)


def agreement_of_panels(draw: Drawing) -> float | None:
    """Return the share of pixels in which the panels of truth and prediction agree if the two masks are equal."""
    side = 9
    mask = np.arange(side * side, dtype=np.uint8).reshape(side, side) % 3
    picture = draw(np.full((side, side, 3), 128, np.uint8), mask, mask)
    if picture.shape != (side, 3 * side + 2 * GAP, 3):
        return None
    truth, prediction = picture[:, side + GAP : 2 * side + GAP], picture[:, 2 * (side + GAP) :]
    return rounded((truth == prediction).all(axis=-1).mean())


@torch.no_grad()
def second_look(model: nn.Module, images: Tensor, masks: Tensor, num_classes: int) -> dict[str, Any]:
    """Score a model on some images (N, 3, H, W) with true masks (N, H, W)."""
    mode = model.training
    model.eval()
    logits = model(images)  # (N, C, H, W)
    model.train(mode)
    if logits.shape[-2:] != masks.shape[-2:]:
        logits = F.interpolate(logits.float(), size=masks.shape[-2:], mode="bilinear")
    prediction = logits.argmax(dim=1)  # (N, H, W)
    matrix = ConfusionMatrix(num_classes, ignore_index=IGNORE_INDEX)
    matrix.update(prediction, masks)
    counts = matrix.counts
    right, frame = (prediction == masks).float(), _frame_of(masks)
    counted = masks != IGNORE_INDEX
    return {
        "mIoU": rounded(float(matrix.mean_iou())),
        "void": rounded(1 - counted.float().mean()),
        "truth": shares(masks[counted], num_classes),
        "prediction": shares(prediction[counted], num_classes),
        "found": [
            rounded(right / max(1, true))
            for right, true in zip(counts.diagonal(), counts.sum(1), strict=True)
        ],
        "frame_accuracy": rounded(right[frame & counted].mean()),
        "middle_accuracy": rounded(right[~frame & counted].mean()),
    }


@torch.no_grad()
def ways_through(model: nn.Module, size: Size, device: torch.device) -> dict[str, Any]:
    """Return the sides of the convolutions' maps, whether a path leads around the narrowest ones, and the blind share.

    Silenced maps carry nothing about the image. Logits that still differ between two images get it by another path.
    """
    mode = model.training
    model.eval()
    chance = torch.Generator().manual_seed(0)
    images = torch.randn(2, 3, *height_width(size), generator=chance).to(device)  # (N, 3, H, W)
    with _Convolutions() as seen:
        logits = model(images)
    with _Convolutions(silenced=min(seen.sides)):
        silenced = model(images)
    model.train(mode)
    least = 1e-6 * logits.abs().max()
    blind = (logits[0] - logits[1]).abs().amax(dim=0) <= least  # (H, W)
    return {
        "sides": [images.shape[-1], *seen.sides, logits.shape[-1]],
        "follows_past_narrowest": bool((silenced[0] - silenced[1]).abs().max() > least),
        "blind": rounded(blind.float().mean()),
    }


class _Convolutions(TorchFunctionMode):
    """Records the sides of the maps that convolutions return, and sets those of one side to zero."""

    def __init__(self, silenced: int | None = None) -> None:
        super().__init__()
        self.silenced = silenced
        self.sides: list[int] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if getattr(func, "__name__", "") in ("conv2d", "conv_transpose2d"):
            self.sides.append(result.shape[-1])
            if result.shape[-1] == self.silenced:
                return torch.zeros_like(result)
        return result


def shares(ids: Tensor, num_classes: int) -> list[float]:
    """Return the share of each class among class ids of any shape."""
    return [rounded((ids == class_id).float().mean()) for class_id in range(num_classes)]


def _frame_of(masks: Tensor) -> Tensor:
    """Return where the frame is, the outermost eighth of the side: bool (N, H, W)."""
    width = max(1, round(FRAME * masks.shape[-1]))
    frame = torch.ones_like(masks, dtype=torch.bool)
    frame[:, width:-width, width:-width] = False
    return frame


def rounded(value: Any) -> float:
    """Return a number with four digits after the point, as evidence.json holds it."""
    return round(float(value), 4)
