"""Figures: overlays side by side, and the curves of a run. Opaque, so that dark mode cannot hide the axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.masks import PALETTE, PET_CLASSES, overlay

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GAP = 4  # pixels between the pictures of a triptych
_LINES = ("-", "--", ":")  # a second way to tell the classes apart, beside colour


def triptych(image: np.ndarray, truth: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Put an image, its true mask and the predicted mask side by side, the masks laid over the image.

    Args:
        image: uint8 (H, W, 3).
        truth, prediction: class ids, uint8 (H, W).

    Returns:
        uint8 (H, 3·W + 2·GAP, 3).
    """
    gap = np.full((image.shape[0], GAP, 3), 255, dtype=np.uint8)
    return np.concatenate([image, gap, overlay(image, truth), gap, overlay(image, prediction)], axis=1)


def run_curves(history: Sequence[Mapping[str, float]]) -> Figure:
    """Draw a run: the training loss on the left, validation mIoU and each class's IoU on the right."""
    figure = _new_figure(9, 3.4)
    left, right = figure.subplots(1, 2)
    epochs = [row["epoch"] for row in history]
    left.plot(epochs, [row["train_loss"] for row in history], color="black")
    left.set(xlabel="epoch", ylabel="training loss", title="Loss")
    right.plot(epochs, [row["val_mIoU"] for row in history], color="black", linewidth=2, label="mIoU")
    for class_id, (name, line) in enumerate(zip(PET_CLASSES, _LINES, strict=True)):
        values = [row[f"val_iou_{name}"] for row in history]
        right.plot(epochs, values, line, color=PALETTE[class_id] / 255, label=name)
    right.set(xlabel="epoch", ylabel="IoU on validation", title="Scores", ylim=(0, 1))
    right.legend(loc="lower right", fontsize="small")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    return figure


def _new_figure(width: float, height: float) -> Any:
    """Make a figure that belongs to no window, so that a training on a server needs no display."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained", facecolor="white")
