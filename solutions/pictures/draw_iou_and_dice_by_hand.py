"""Draw the pictures of lesson 03: the regions of two masks, and the union of a class in the confusion matrix."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from course_lib.exercises.l03_iou_and_dice_by_hand.confusion_matrix import confusion_matrix
from course_lib.exercises.l03_iou_and_dice_by_hand.shared import (
    OVERLAP_PREDICTION,
    OVERLAP_TRUTH,
    THREE_PREDICTION,
    THREE_TRUTH,
)
from course_lib.masks import PALETTE

FOLDER = Path(__file__).parent
VERMILLION, BLUE = (tuple(PALETTE[i] / 255) for i in range(2))
GREEN = tuple(PALETTE[3] / 255)

PREDICTION, TRUTH = np.array(OVERLAP_PREDICTION), np.array(OVERLAP_TRUTH)

# Each region: its name, its fill and its hatch, so that nothing depends on colour only.
BOTH, ONLY_PREDICTION, ONLY_TRUTH = (
    ("both", GREEN, ""),
    ("prediction only", (1, 0.85, 0.75), "///"),
    ("truth only", (0.8, 0.9, 1), "..."),
)


def draw_overlap() -> Figure:
    """Two masks, their regions, and which of them IoU and Dice divide; learners count for themselves."""
    figure = Figure(figsize=(11, 3.5), facecolor="white", layout="constrained")
    axes = figure.subplots(1, 4, width_ratios=(1, 1, 1, 1.35))
    _draw_mask(axes[0], PREDICTION, "prediction")
    _draw_mask(axes[1], TRUTH, "truth")
    _draw_regions(axes[2], PREDICTION, TRUTH)
    _write_scores(axes[3])
    return figure


def _draw_mask(axes: Axes, mask: np.ndarray, title: str) -> None:
    _prepare(axes, mask.shape, title)
    for (row, column), value in np.ndenumerate(mask):
        _cell(axes, row, column, VERMILLION if value else BLUE, "", str(value), "white")


def _draw_regions(axes: Axes, prediction: np.ndarray, truth: np.ndarray) -> None:
    _prepare(axes, truth.shape, "one over the other")
    for row, column in np.ndindex(truth.shape):
        name, fill, hatch = {
            (1, 1): BOTH,
            (1, 0): ONLY_PREDICTION,
            (0, 1): ONLY_TRUTH,
            (0, 0): ("neither", "white", ""),
        }[prediction[row, column], truth[row, column]]
        _cell(axes, row, column, fill, hatch, "both" if name == "both" else "", "white")


def _cell(
    axes: Axes, row: int, column: int, fill: tuple[float, ...] | str, hatch: str, text: str, ink: str
) -> None:
    axes.add_patch(
        Rectangle((column, row), 1, 1, facecolor=fill, edgecolor="0.35", linewidth=0.8, hatch=hatch)
    )
    axes.text(column + 0.5, row + 0.52, text, ha="center", va="center", color=ink, fontsize=12)


def _prepare(axes: Axes, shape: tuple[int, ...], title: str) -> None:
    axes.set(xlim=(-0.05, shape[1] + 0.05), ylim=(shape[0] + 0.05, -0.05), aspect="equal")
    axes.set_title(title, fontsize=13)
    axes.axis("off")


def _write_scores(axes: Axes) -> None:
    axes.set(xlim=(0, 5.4), ylim=(4.05, -0.05), aspect="equal")
    axes.axis("off")
    for line, (name, fill, hatch) in enumerate((BOTH, ONLY_PREDICTION, ONLY_TRUTH)):
        _box(axes, 0.1, 0.5 * line, fill, hatch, size=0.4)
        axes.text(0.8, 0.21 + 0.5 * line, name, va="center", fontsize=12)
    _fraction(axes, 2.15, "IoU", (BOTH,), (BOTH, ONLY_PREDICTION, ONLY_TRUTH))
    _fraction(axes, 3.45, "Dice", (BOTH, BOTH), (BOTH, BOTH, ONLY_PREDICTION, ONLY_TRUTH))


def _fraction(axes: Axes, middle: float, name: str, above: tuple, below: tuple) -> None:
    """Write a score as boxes of the regions over boxes of the regions."""
    axes.text(0.1, middle, f"{name} =", va="center", fontsize=14)
    start, end = 1.55, 1.55 + 0.95 * len(below)
    axes.plot((start, end - 0.25), (middle, middle), color="black")
    for top, regions in ((middle - 0.47, above), (middle + 0.07, below)):
        first = (start + end - 0.25 - 0.95 * len(regions) + 0.45) / 2
        for place, (_, fill, hatch) in enumerate(regions):
            _box(axes, first + 0.95 * place, top, fill, hatch, size=0.4)
            if place:
                axes.text(first + 0.95 * place - 0.28, top + 0.21, "+", ha="center", va="center", fontsize=13)


def _box(
    axes: Axes, left: float, top: float, fill: tuple[float, ...], hatch: str, size: float = 0.46
) -> None:
    axes.add_patch(Rectangle((left, top), size, size, facecolor=fill, edgecolor="0.35", hatch=hatch))


def draw_union_in_matrix() -> Figure:
    """The confusion matrix of the 3×3 pair, with the row, the column and the diagonal cell of class 1."""
    matrix = confusion_matrix(np.array(THREE_PREDICTION), np.array(THREE_TRUTH), 3)
    figure = Figure(figsize=(11, 3.9), facecolor="white", layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.5))
    left.set(xlim=(-1.5, 3.1), ylim=(3.1, -1), aspect="equal")
    left.axis("off")
    for (row, column), count in np.ndenumerate(matrix):
        fill, hatch = _part_of_class_1(row, column)
        _cell(left, row, column, fill, hatch, "", "black")
        left.text(
            column + 0.5, row + 0.52, count, ha="center", va="center", fontsize=16,
            bbox={"facecolor": fill, "edgecolor": "none", "pad": 2},
        )  # fmt: skip
    for class_id in range(3):
        left.text(class_id + 0.5, -0.2, class_id, ha="center", va="center", fontsize=12)
        left.text(-0.2, class_id + 0.52, class_id, ha="center", va="center", fontsize=12)
    left.text(1.5, -0.65, "predicted class", ha="center", va="center", fontsize=13)
    left.text(-0.75, 1.5, "true class", ha="center", va="center", fontsize=13, rotation=90)
    _write_union(right)
    return figure


def _part_of_class_1(row: int, column: int) -> tuple[tuple[float, ...] | str, str]:
    if row == column == 1:
        return (0.65, 0.9, 0.8), ""
    if row == 1:
        return ONLY_TRUTH[1:]
    if column == 1:
        return ONLY_PREDICTION[1:]
    return "white", ""


def _write_union(axes: Axes) -> None:
    axes.set(xlim=(0, 10), ylim=(6, 0))
    axes.axis("off")
    axes.text(0, 0.6, "Class 1", fontsize=15, weight="bold", va="center")
    lines = (
        ((0.65, 0.9, 0.8), "", "intersection: the diagonal cell, 2"),
        (*ONLY_TRUTH[1:], "true area: the whole row, 1 + 2 + 0 = 3"),
        (*ONLY_PREDICTION[1:], "predicted area: the whole column, 0 + 2 + 1 = 3"),
    )
    for line, (fill, hatch, text) in enumerate(lines):
        top = 1.2 + 0.85 * line
        axes.add_patch(Rectangle((0, top), 0.6, 0.6, facecolor=fill, edgecolor="0.35", hatch=hatch))
        axes.text(0.9, top + 0.32, text, va="center", fontsize=13)
    axes.text(0, 4.25, "union = row + column − diagonal = 3 + 3 − 2 = 4", va="center", fontsize=13)
    axes.text(0, 5.25, r"$\mathrm{IoU}\ =\ \frac{2}{4}\ =\ 0.5$", va="center", fontsize=18)


def main() -> None:
    """Write the pictures beside this file."""
    for name, figure in (("03_overlap", draw_overlap()), ("03_union_in_matrix", draw_union_in_matrix())):
        figure.savefig(FOLDER / f"{name}.png", dpi=100)


if __name__ == "__main__":
    main()
