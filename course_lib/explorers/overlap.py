"""IoU, Dice and accuracy of two masks of which one moves, grows and shrinks; and of a model that sees nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.explorers.charts import DASHES, Chart, legend
from course_lib.explorers.shell import Explorer, choice, integer
from course_lib.explorers.view import View
from course_lib.metrics import ConfusionMatrix
from course_lib.svg import Figure, bars, cells, colour, figure, outline, text

Mask = NDArray[np.uint8]

TWO_MASKS, ALL_BACKGROUND = "two masks", "a model that says background everywhere"

_PET = """
............
..#....#....
..##..##....
..######....
..######..#.
...####...#.
...######.#.
...########.
...#######..
...#######..
...##..##...
...##..##..."""
_EXAMPLE_PREDICTION = [[0, 0, 1, 1], [0, 1, 1, 1], [0, 1, 1, 0], [0, 0, 0, 0]]
_EXAMPLE_TRUTH = [[0, 1, 1, 1], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]

_FILLS = {"TP": colour(3), "FP": colour(0), "FN": colour(5), "": "#ffffff"}
_SCORES = (("accuracy", colour(6)), ("IoU", colour(1)), ("Dice", colour(4)))
_SMALL = 20  # side of the picture that the blind model sees


@dataclass(frozen=True)
class Overlap:
    """Two masks, their counts and their scores."""

    prediction: Mask  # (H, W)
    truth: Mask  # (H, W)
    tp: int
    fp: int
    fn: int
    tn: int
    accuracy: float
    iou: float
    dice: float


def compare(prediction: Any, truth: Any) -> Overlap:
    """Count and score two masks of 0 and 1, (H, W)."""
    matrix = ConfusionMatrix(num_classes=2)
    matrix.update(prediction, truth)
    (tn, fp), (fn, tp) = matrix.counts.tolist()
    scores = matrix.pixel_accuracy(), float(matrix.iou()[1]), float(matrix.dice()[1])
    return Overlap(np.asarray(prediction), np.asarray(truth), tp, fp, fn, tn, *scores)


def shapes() -> dict[str, tuple[Mask, Mask]]:
    """Return prediction and truth to begin with, by name."""
    pet = np.array([[pixel == "#" for pixel in row] for row in _PET.split()], dtype=np.uint8)
    square, thin = np.zeros((2, 12, 12), dtype=np.uint8)
    square[3:9, 3:9] = 1
    thin[1:11, 6] = 1
    example = np.array(_EXAMPLE_PREDICTION, np.uint8), np.array(_EXAMPLE_TRUTH, np.uint8)
    return {
        "pet": (pet, pet),
        "square": (square, square),
        "thin": (thin, thin),
        "worked example, 4 x 4": example,
    }


def moved(mask: Mask, down: int = 0, right: int = 0, grow: int = 0) -> Mask:
    """Grow a mask by ``grow`` pixels (shrink it below 0), then move it; what leaves the picture is lost."""
    for _ in range(abs(grow)):
        mask = _dilated(mask) if grow > 0 else 1 - _dilated(1 - mask)
    height, width = mask.shape
    far = max(height, width, abs(down), abs(right))
    room = np.pad(mask, far)
    return room[far - down : far - down + height, far - right : far - right + width]


def _dilated(mask: Mask) -> Mask:
    room = np.pad(mask, 1)
    return mask | room[:-2, 1:-1] | room[2:, 1:-1] | room[1:-1, :-2] | room[1:-1, 2:]


@cache
def all_background(percent: int) -> Overlap:
    """Score "background everywhere" on a picture of which ``percent`` per cent are foreground, in its middle."""
    rows, columns = np.indices((_SMALL, _SMALL)) - (_SMALL - 1) / 2
    nearest = np.argsort((rows**2 + columns**2).ravel(), kind="stable")
    truth = np.zeros(_SMALL**2, np.uint8)
    truth[nearest[: round(truth.size * percent / 100)]] = 1
    square = truth.reshape(_SMALL, _SMALL)
    return compare(np.zeros_like(square), square)


def overlap_view(mode: str, shape: str, down: int, right: int, grow: int, percent: int) -> View:
    """Draw one of the two pictures."""
    if mode == ALL_BACKGROUND:
        return _view_of_background(percent)
    prediction, truth = shapes()[shape]
    overlap = compare(moved(prediction, down, right, grow), truth)
    return View((_grid(overlap, 336 / truth.shape[0]), _score_bars(overlap)), formulas(overlap))


def formulas(overlap: Overlap) -> tuple[str, ...]:
    """Write the scores as formulas with their numbers."""
    tp, fp, fn, tn = overlap.tp, overlap.fp, overlap.fn, overlap.tn
    return (
        f"IoU = TP / (TP + FP + FN) = {tp} / ({tp} + {fp} + {fn}) = {_score(overlap.iou)}",
        f"Dice = 2 TP / (2 TP + FP + FN) = {2 * tp} / ({2 * tp} + {fp} + {fn}) = {_score(overlap.dice)}",
        f"Accuracy = (TP + TN) / all = ({tp} + {tn}) / {tp + fp + fn + tn} = {_score(overlap.accuracy)}",
    )


def _score(value: float) -> str:
    return "none: both masks are empty" if np.isnan(value) else f"{value:.3f}"


def _grid(overlap: Overlap, side: float) -> Figure:
    truth, prediction = overlap.truth.astype(bool), overlap.prediction.astype(bool)
    words = np.where(truth & prediction, "TP", np.where(prediction, "FP", np.where(truth, "FN", "")))
    height, width = truth.shape
    alt = f"{height} x {width} pixels: {overlap.tp} TP, {overlap.fp} FP, {overlap.fn} FN, {overlap.tn} TN."
    below = height * side + 22
    names = [("truth", "#111111", ""), ("prediction", "#111111", "4 4")]
    if not prediction.any():
        names = [("truth, all of it FN", "#111111", "")]
    parts = [
        cells([[_FILLS[word] for word in row] for row in words], words.tolist(), 2, 2, side),
        outline(truth, 2, 2, side, stroke_width=3.5),
        outline(prediction, 2, 2, side, "#ffffff", stroke_width=2),
        outline(prediction, 2, 2, side, stroke_width=2, stroke_dasharray="4 4"),
        legend(names, 2, below),
    ]
    return figure(width * side + 4, below + 30, alt, *parts)


def _score_bars(overlap: Overlap) -> Figure:
    counts = (("TP", overlap.tp), ("FP", overlap.fp), ("FN", overlap.fn), ("", overlap.tn))
    meanings = ("in both", "only in the prediction", "only in the truth", "TN, in neither")
    parts = []
    for number, ((word, count), meaning) in enumerate(zip(counts, meanings, strict=True)):
        parts.append(cells([[_FILLS[word]]], [[word]], 2, 2 + 32 * number, 26))
        parts.append(text(38, 20 + 32 * number, f"{count} pixels {meaning}"))
    values = (overlap.accuracy, overlap.iou, overlap.dice)
    scores = [(name, value, fill) for (name, fill), value in zip(_SCORES, values, strict=True)]
    alt = ", ".join(f"{name} {_score(value)}" for name, value, _ in scores)
    return figure(280, 250, alt, *parts, bars(scores, 2, 150, 150, label=72))


def _view_of_background(percent: int) -> View:
    chosen = all_background(percent)
    shares = list(range(1, 51))
    chart = Chart(44, 24, 250, 240, (0, 50), (0, 1))
    curves = []
    for (name, stroke), dash in zip(_SCORES[:2], DASHES, strict=False):
        values = [getattr(all_background(share), name.lower()) for share in shares]
        curves.append(chart.curve(shares, values, stroke, dash))
        curves.append(chart.dot(percent, getattr(chosen, name.lower()), stroke))
    names = [(name, stroke, dash) for (name, stroke), dash in zip(_SCORES[:2], DASHES, strict=False)]
    alt = f"At {percent} % foreground the accuracy is {chosen.accuracy:.3f}, and the IoU {chosen.iou:.3f}."
    plot = figure(
        306,
        310,
        alt,
        chart.frame("foreground, % of the pixels", "score", (0, 10, 20, 30, 40, 50), (0, 0.25, 0.5, 0.75, 1)),
        chart.upright(percent),
        *curves,
        legend(names, 176, 150),
    )
    said = f"The model says background everywhere. {chosen.fn} of {chosen.truth.size} pixels are foreground."
    return View((_grid(chosen, 15), plot), (said, *formulas(chosen)))


def explore_iou() -> Explorer:
    """Move, grow and shrink a mask over another, and see what that does to IoU, Dice and accuracy."""
    controls = {
        "shape": choice("shape", list(shapes())),
        "down": integer("move down", 1, -4, 4),
        "right": integer("move right", 1, -4, 4),
        "grow": integer("grow or shrink", 0, -3, 3),
        "percent": integer("foreground, %", 10, 1, 50),
    }
    modes = {TWO_MASKS: ("shape", "down", "right", "grow"), ALL_BACKGROUND: ("percent",)}
    return Explorer("IoU, Dice and accuracy", overlap_view, controls, modes)
