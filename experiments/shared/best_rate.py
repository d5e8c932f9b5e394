"""Compare ways of training fairly: each at several rates, the best of them chosen on validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from course_lib.models import create_model
from experiments.shared.data import PetSets
from experiments.shared.setting import Outcome, Setting
from experiments.shared.training import Recipe, on_device, score, train

WIDTHS = (16, 32, 64, 96)


def train_at_rates(
    setting: Setting, outcome: Outcome, arm: str, pets: PetSets, recipe: Recipe, rates: Sequence[float]
) -> float:
    """Train a narrow fast-unet at each rate, and add the figures of the best rate on validation as ``arm``.

    Returns:
        The rate that was best.
    """
    best: dict[str, float] = {"validation": -1.0}
    kept: dict[str, list[float]] = {}
    for rate in rates:
        torch.manual_seed(setting.seed)
        model = on_device(setting, create_model("fast-unet", widths=WIDTHS))
        curves = train(setting, model, pets, replace(recipe, lr=rate))
        if curves["miou"][-1] > best["validation"]:
            best = {"validation": curves["miou"][-1], **score(setting, model, pets.test), "rate": rate}
            kept = curves
    outcome.add(arm, best, kept)
    return best["rate"]
