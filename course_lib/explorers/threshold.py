"""A probability map, a threshold, the resulting mask, and its scores at all thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.explorers.charts import DASHES, Chart, legend
from course_lib.explorers.cross_entropy import softmax
from course_lib.explorers.examples import choose_pet, example_pets
from course_lib.explorers.overlap import Overlap, compare
from course_lib.explorers.shell import Explorer, number
from course_lib.explorers.view import View
from course_lib.masks import PALETTE
from course_lib.svg import CORNER, PICTURE, Figure, colour, figure, outline, picture, rect, text

THRESHOLDS = tuple(percent / 100 for percent in range(1, 100))
_CURVES = tuple(zip(("precision", "recall", "IoU", "Dice"), map(colour, (0, 3, 1, 6)), DASHES, strict=False))
_PET = 0


@dataclass(frozen=True)
class Cut:
    """The mask at one threshold, and its scores; precision is NaN where nothing is predicted."""

    overlap: Overlap
    precision: float
    recall: float
    iou: float
    dice: float


def cut(probability: ArrayLike, truth: ArrayLike, threshold: float) -> Cut:
    """Take the pixels whose probability is above ``threshold``, and compare them with the truth, (H, W)."""
    overlap = compare(np.asarray(probability) > threshold, truth)
    precision = _share(overlap.tp, overlap.tp + overlap.fp)
    recall = _share(overlap.tp, overlap.tp + overlap.fn)
    return Cut(overlap, precision, recall, overlap.iou, overlap.dice)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


@cache
def _pet(number: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the probability of the class pet, and the true mask of the pet, both (H, W)."""
    pet = example_pets()[number]
    return softmax(pet.logits, axis=0)[_PET], pet.truth == _PET


@cache
def _sweep(number: int) -> tuple[Cut, ...]:
    return tuple(cut(*_pet(number), threshold) for threshold in THRESHOLDS)


def threshold_view(pet: int, threshold: float) -> View:
    """Draw image, probability, mask and the scores at all thresholds."""
    probability, truth = _pet(pet)
    chosen = cut(probability, truth, threshold)
    image = example_pets()[pet].image
    pictures = (
        picture("image, truth outlined", "A pet; its truth is outlined.", image, _edge(truth)),
        picture("probability of pet", "White is probability 0, black is 1.", _grey(probability)),
        _compared(chosen, image),
        _chart(pet, threshold, chosen),
    )
    return View(pictures, _said(chosen, threshold, _sweep(pet)))


def _edge(mask: NDArray[np.bool_]) -> str:
    place = (*CORNER, PICTURE / len(mask))
    return outline(mask, *place, "#ffffff", stroke_width=4) + outline(mask, *place, stroke_width=1.8)


def _grey(probability: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.repeat((255 * (1 - probability)).astype(np.uint8)[..., None], 3, axis=2)


def _compared(chosen: Cut, image: NDArray[np.uint8]) -> Figure:
    """Colour where the mask is right and wrong, and outline truth and mask, so that it is readable without colour."""
    overlap = chosen.overlap
    predicted, true = overlap.prediction.astype(bool), overlap.truth.astype(bool)
    rgb = np.repeat(image.mean(axis=2, keepdims=True) // 3 + 170, 3, axis=2).astype(np.uint8)
    for where, class_id in ((predicted & true, 3), (predicted & ~true, 0), (~predicted & true, 5)):
        rgb[where] = PALETTE[class_id]
    place = (*CORNER, PICTURE / len(true))
    edges = [
        outline(true, *place, stroke_width=1.8),
        outline(predicted, *place, "#ffffff", stroke_width=1.8),
        outline(predicted, *place, stroke_width=1.8, stroke_dasharray="3 3"),
    ]
    for place_in_key, (name, class_id) in enumerate((("TP", 3), ("FP", 0), ("FN", 5))):
        left, top = 1 + 64 * place_in_key, PICTURE + 28
        edges += [
            rect(left, top, 14, 14, colour(class_id), stroke="#111111"),
            text(left + 19, top + 12, name),
        ]
    alt = f"The mask: {overlap.tp} TP, {overlap.fp} FP, {overlap.fn} FN. The truth is outlined, the mask dashed."
    return picture("mask dashed, truth solid", alt, rgb, "".join(edges), below=22)


def _chart(pet: int, threshold: float, chosen: Cut) -> Figure:
    chart = Chart(40, 24, 300, 200, (0, 1), (0, 1))
    parts = [chart.frame("threshold", "score", (0, 0.25, 0.5, 0.75, 1), (0, 0.25, 0.5, 0.75, 1))]
    for name, stroke, dash in _CURVES:
        values = [getattr(point, name.lower()) for point in _sweep(pet)]
        parts.append(chart.curve(THRESHOLDS, values, stroke, dash))
    parts.append(chart.upright(threshold))
    parts += [chart.dot(threshold, getattr(chosen, name.lower()), stroke) for name, stroke, _ in _CURVES]
    alt = f"At threshold {threshold:.2f}: " + _numbers(chosen) + "."
    return figure(460, 270, alt, *parts, legend(_CURVES, 356, 36))


def _numbers(chosen: Cut) -> str:
    return ", ".join(f"{name} {getattr(chosen, name.lower()):.3f}" for name, *_ in _CURVES)


def _said(chosen: Cut, threshold: float, sweep: tuple[Cut, ...]) -> tuple[str, ...]:
    overlap = chosen.overlap
    best = int(np.nanargmax([point.iou for point in sweep]))
    where = f"Pet where the probability is above {threshold:.2f}"
    counts = f"{where}: {overlap.tp} TP, {overlap.fp} FP, {overlap.fn} FN."
    precision = (
        f"Precision = TP / (TP + FP) = {overlap.tp} / {overlap.tp + overlap.fp} = {chosen.precision:.3f}"
    )
    recall = f"Recall = TP / (TP + FN) = {overlap.tp} / {overlap.tp + overlap.fn} = {chosen.recall:.3f}"
    scores = f"IoU {chosen.iou:.3f}, Dice {chosen.dice:.3f}."
    return (
        counts,
        f"{precision}. {recall}.",
        f"{scores} The best IoU, {sweep[best].iou:.3f}, is at threshold {THRESHOLDS[best]:.2f}.",
    )


def explore_threshold() -> Explorer:
    """Move the threshold over a probability map, and see the mask and its scores."""
    controls = {"pet": choose_pet(), "threshold": number("threshold", 0.5, 0.01, 0.99, 0.01)}
    return Explorer("From probabilities to a mask", threshold_view, controls)
