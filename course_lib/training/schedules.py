"""Learning-rate schedules, as functions of progress.

Progress is the share of training that is done, 0 at the start and 1 at the end, whether the end was given in
epochs or in minutes. Each function returns the factor by which the base learning rate is multiplied.
The fifth schedule, ``plateau``, follows the validation score and is torch's own ``ReduceLROnPlateau``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

Schedule = Callable[[float], float]


def constant(progress: float) -> float:
    """Return 1."""
    return 1.0


def warmup_cosine(progress: float, warmup: float = 0.05) -> float:
    """Rise linearly during the first ``warmup`` share, then follow half a cosine down to 0.

    The study guide's "epochs 0-5 linear, 5-50 cosine" (section 8) is ``warmup=0.1``.
    """
    if progress < warmup:
        return progress / warmup
    return 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))


def poly(progress: float, power: float = 0.9) -> float:
    """Fall as ``(1 - progress) ** power``: the schedule of DeepLab (Chen et al., 2017; study guide, section 8)."""
    return (1 - progress) ** power


def steps(progress: float, milestones: Sequence[float] = (0.3, 0.6, 0.9), gamma: float = 0.1) -> float:
    """Multiply by ``gamma`` at every milestone: of 100 epochs, the defaults are 30, 60 and 90."""
    return gamma ** sum(progress >= milestone for milestone in milestones)


SCHEDULES: dict[str, Schedule] = {
    "cosine": warmup_cosine,
    "poly": poly,
    "steps": steps,
    "constant": constant,
    "plateau": constant,  # the loop lowers the base rate itself when validation stalls
}


def growing_size(progress: float, size: int, multiple: int = 32) -> int:
    """Return the side to train at: half the size first, then three quarters, then all of it.

    Half-size images cost a quarter and still teach most about shapes, so a short training sees many more of them
    (progressive resizing; Howard, 2018). Sides are multiples of ``multiple``.
    """
    if progress >= 0.65:
        return size
    share = 0.5 if progress < 0.35 else 0.75
    return min(size, max(multiple, multiple * round(share * size / multiple)))
