"""Five losses side by side, over how much of the picture is foreground and how sure of it the prediction is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.explorers.charts import DASHES, Chart, legend
from course_lib.explorers.shell import Explorer, integer, number
from course_lib.explorers.view import View
from course_lib.svg import Figure, colour, figure

PIXELS = 1000
NAMES = ("cross-entropy", "weighted CE", "Dice", "IoU", "focal")
CONFIDENCES = np.linspace(0.02, 0.98, 49)
PERCENTS = np.arange(1, 51)
_STROKES = tuple(map(colour, (7, 0, 1, 3, 6)))
_SMOOTH = 1.0  # as in course_lib.losses

Losses = Mapping[str, NDArray[np.float64]]


def losses_at(
    percent: ArrayLike, confidence: ArrayLike, background: ArrayLike, gamma: float
) -> dict[str, Any]:
    """Compute the losses of a picture of `PIXELS` pixels, of numbers or of arrays of one shape.

    All pixels of a class are alike here, so sums over pixels are products, and curves are arrays: a slider does not
    wait for torch. ``course_lib.losses`` gives the same numbers, which a test compares.

    Args:
        percent: of the pixels that are foreground.
        confidence: the probability that these get of being foreground.
        background: the probability that the others get of being background.
        gamma: of the focal loss, whose alpha is 1 here, so that gamma 0 is the cross-entropy.
    """
    p, q = np.asarray(confidence, dtype=np.float64), np.asarray(background, dtype=np.float64)
    foreground = PIXELS * np.asarray(percent) // 100
    rest = PIXELS - foreground
    surprise_p, surprise_q = -np.log(p), -np.log(q)
    areas = (  # of each class: intersection, predicted, true
        (foreground * p, foreground * p + rest * (1 - q), foreground),
        (rest * q, rest * q + foreground * (1 - p), rest),
    )
    dice = [1 - (2 * both + _SMOOTH) / (predicted + true + _SMOOTH) for both, predicted, true in areas]
    iou = [1 - (both + _SMOOTH) / (predicted + true - both + _SMOOTH) for both, predicted, true in areas]
    focal = foreground * (1 - p) ** gamma * surprise_p + rest * (1 - q) ** gamma * surprise_q
    values = (
        (foreground * surprise_p + rest * surprise_q) / PIXELS,
        (surprise_p + surprise_q) / 2,  # inverse-frequency weights: either class has half the say
        sum(dice) / 2,
        sum(iou) / 2,
        focal / PIXELS,
    )
    return dict(zip(NAMES, values, strict=True))


def losses_view(percent: int, confidence: float, background: float, gamma: float) -> View:
    """Draw the losses over the confidence and over the share of foreground, with where we are marked."""
    now = losses_at(percent, confidence, background, gamma)
    by_confidence = _along(percent, CONFIDENCES, background, gamma)
    by_percent = _along(PERCENTS, confidence, background, gamma)
    gains = ", ".join(f"{name} {values[0] - values[-1]:.2f}" for name, values in by_confidence.items())
    over_confidence = "probability of the foreground pixels", CONFIDENCES, confidence, (0, 0.25, 0.5, 0.75, 1)
    over_percent = "foreground, % of the pixels", PERCENTS, percent, (0, 10, 20, 30, 40, 50)
    return View(
        (
            _curves(*over_confidence, by_confidence, now),
            _curves(*over_percent, by_percent, now),
            _values(now),
        ),
        (
            f"{percent} % of the pixels are foreground, with probability {confidence:.2f} of it. The others have "
            f"probability {background:.2f} of background.",
            f"By how much a loss falls from missed foreground (0.02) to sure foreground (0.98): {gains}.",
        ),
    )


def _along(percent: ArrayLike, confidence: ArrayLike, background: float, gamma: float) -> Losses:
    percents, confidences = np.broadcast_arrays(percent, confidence)
    values = losses_at(percents, confidences, background, gamma)
    return {name: np.broadcast_to(value, percents.shape) for name, value in values.items()}


def _curves(
    label: str,
    xs: NDArray[Any],
    here: float,
    ticks: tuple[float, ...],
    along: Losses,
    now: Mapping[str, float],
) -> Figure:
    top = max(0.5, np.ceil(2 * max(values.max() for values in along.values())) / 2)
    step = 0.25 if top <= 1.5 else 0.5 if top <= 3 else 1
    chart = Chart(40, 24, 240, 220, (0, ticks[-1]), (0, top))
    parts = [chart.frame(label, "loss", ticks, np.arange(0, top + 0.01, step).tolist())]
    for name, stroke, dash in zip(NAMES, _STROKES, DASHES, strict=True):
        parts.append(chart.curve(xs, along[name], stroke, dash))
    parts.append(chart.upright(here))
    parts += [chart.dot(here, now[name], stroke) for name, stroke in zip(NAMES, _STROKES, strict=True)]
    return figure(290, 284, f"Five losses over the {label}; here it is {here:g}.", *parts)


def _values(now: Mapping[str, float]) -> Figure:
    names = [f"{name} {now[name]:.3f}" for name in NAMES]
    entries = list(zip(names, _STROKES, DASHES, strict=True))
    return figure(180, 140, "The losses: " + ", ".join(names), legend(entries, 2, 30, step=24))


def explore_losses() -> Explorer:
    """See what each loss makes of few foreground pixels and of little confidence in them."""
    controls = {
        "percent": integer("foreground, %", 5, 1, 50),
        "confidence": number("probability of foreground", 0.3, 0.02, 0.98, 0.02),
        "background": number("probability of background", 0.95, 0.5, 0.98, 0.01),
        "gamma": number("gamma of focal", 2.0, 0.0, 5.0, 0.5),
    }
    return Explorer("Losses side by side", losses_view, controls)
