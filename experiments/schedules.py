"""In a short training, a constant rate does as well as poly, cosine or one cycle; steps that fall early cost much."""

from __future__ import annotations

import math

from course_lib.training import schedules
from experiments.shared.best_rate import train_at_rates
from experiments.shared.data import pocket_pets
from experiments.shared.setting import Figures, Outcome, Setting
from experiments.shared.training import Recipe

MINUTES = 8
CHEAP = None
RATES = (0.001, 0.003, 0.01)


def one_cycle(progress: float) -> float:
    """Rise along half a cosine from a 25th until 0.3, then fall along another to nearly 0 (Smith & Topin, 2019)."""
    if progress < 0.3:
        return 1 / 25 + (1 - 1 / 25) * (1 - math.cos(math.pi * progress / 0.3)) / 2
    return (1 + math.cos(math.pi * (progress - 0.3) / 0.7)) / 2


SHAPES = {
    "constant": schedules.constant,
    "poly": schedules.poly,
    "steps": schedules.steps,
    "cosine": schedules.warmup_cosine,
    "one_cycle": one_cycle,
}


def run(setting: Setting) -> Outcome:
    """Train a narrow fast-unet with each schedule at three rates, 320 steps each; the best rate is kept."""
    outcome = Outcome("schedules", setting)
    pets = pocket_pets(setting, 64)
    for name, schedule in SHAPES.items():
        train_at_rates(setting, outcome, name, pets, Recipe(steps=320, schedule=schedule), RATES)
    return outcome


def holds(figure: Figures) -> dict[str, bool]:
    """Return what the claim says, and whether the figures say it as well."""
    smooth = [figure[f"{name}.miou"] for name in ("constant", "poly", "cosine", "one_cycle")]
    return {
        "constant, poly, cosine and one cycle are close": max(smooth) - min(smooth) < 0.03,
        "steps are behind all of them": figure["steps.miou"] < min(smooth) - 0.02,
    }
