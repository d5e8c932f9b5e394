"""Five losses side by side, over how much of the picture is foreground and how sure of it the prediction is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from course_lib.widgets.shell import Explorer, integer, number
from course_lib.widgets.svg import DASHES, Chart, Figure, View, colour, figure, legend

PIXELS = 1000
NAMES = ("cross-entropy", "weighted CE", "Dice", "IoU", "focal")
CONFIDENCES = tuple(np.linspace(0.02, 0.98, 17).round(2).tolist())
PERCENTS = (1, 2, 3, 5, 8, 12, 20, 30, 40, 50)
_STROKES = tuple(map(colour, (7, 0, 1, 3, 6)))

Losses = dict[str, float]


@lru_cache(maxsize=10_000)
def losses_at(percent: int, confidence: float, background: float, gamma: float) -> Losses:
    """Compute the losses of a picture of `PIXELS` pixels, by the course's own functions.

    Args:
        percent: of the pixels that are foreground.
        confidence: the probability that these get of being foreground.
        background: the probability that the others get of being background.
        gamma: of the focal loss, whose alpha is 1 here, so that gamma 0 is the cross-entropy.
    """
    import torch

    from course_lib import losses

    foreground = PIXELS * percent // 100
    targets = (torch.arange(PIXELS) < foreground).long().view(1, 1, PIXELS)  # (N, H, W)
    p = torch.where(targets == 1, confidence, 1 - background).double()  # of foreground
    logits = torch.stack([torch.zeros_like(p), torch.log(p / (1 - p))], dim=1)  # (N, 2, H, W)
    weight = losses.inverse_frequency_weights([PIXELS - foreground, foreground])
    values = (
        losses.cross_entropy(logits, targets),
        losses.cross_entropy(logits, targets, weight=weight),
        losses.dice_loss(logits, targets),
        losses.iou_loss(logits, targets),
        losses.focal_loss(logits, targets, alpha=1.0, gamma=gamma),
    )
    return {name: value.item() for name, value in zip(NAMES, values, strict=True)}


def losses_view(percent: int, confidence: float, background: float, gamma: float) -> View:
    """Draw the losses over the confidence and over the share of foreground, with where we are marked."""
    now = losses_at(percent, confidence, background, gamma)
    by_confidence = {x: losses_at(percent, x, background, gamma) for x in CONFIDENCES}
    by_percent = {float(x): losses_at(x, confidence, background, gamma) for x in PERCENTS}
    least, most = by_confidence[CONFIDENCES[0]], by_confidence[CONFIDENCES[-1]]
    gains = ", ".join(f"{name} {least[name] - most[name]:.2f}" for name in NAMES)
    return View(
        (
            _curves(
                "probability of the foreground pixels",
                by_confidence,
                confidence,
                now,
                (0, 0.25, 0.5, 0.75, 1),
            ),
            _curves("foreground, % of the pixels", by_percent, percent, now, (0, 10, 20, 30, 40, 50)),
            _values(now),
        ),
        (
            f"{percent} % of the pixels are foreground, with probability {confidence:.2f} of it. The others have "
            f"probability {background:.2f} of background.",
            f"What sure foreground (0.98) is worth against missed foreground (0.02): {gains}.",
        ),
    )


def _curves(
    label: str, along: Mapping[float, Losses], here: float, now: Losses, ticks: tuple[float, ...]
) -> Figure:
    top = max(1, int(np.ceil(max(max(values.values()) for values in along.values()))))
    chart = Chart(40, 24, 240, 220, (0, ticks[-1]), (0, top))
    parts = [chart.frame(label, "loss", ticks, range(top + 1))]
    for name, stroke, dash in zip(NAMES, _STROKES, DASHES, strict=True):
        parts.append(chart.curve(along, [values[name] for values in along.values()], stroke, dash))
    parts.append(chart.upright(here))
    parts += [chart.dot(here, now[name], stroke) for name, stroke in zip(NAMES, _STROKES, strict=True)]
    return figure(290, 284, f"Five losses over the {label}; here it is {here:g}.", *parts)


def _values(now: Losses) -> Figure:
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
