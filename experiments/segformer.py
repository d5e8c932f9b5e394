"""From scratch and on few images, a SegFormer trails a U-Net that had as many steps; four times as many let it pass."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from course_lib.models import FastUNet
from experiments.shared.data import pocket_pets
from experiments.shared.setting import Figures, Outcome, Setting
from experiments.shared.small_segformer import SmallSegFormer
from experiments.shared.training import Recipe, on_device, score, train

MINUTES = 9
CHEAP = None
STEPS = (400, 1600)
NETWORKS: dict[str, tuple[Callable[[], nn.Module], float]] = {
    "fast_unet": (lambda: FastUNet(widths=(16, 32, 64, 96, 96)), 0.003),
    "segformer": (SmallSegFormer, 0.001),
}


def run(setting: Setting) -> Outcome:
    """Train both with AdamW on pocket pets of 64 x 64 pixels, each at a rate that suits it."""
    outcome = Outcome("segformer", setting)
    pets = pocket_pets(setting, 64)
    for name, (build, rate) in NETWORKS.items():
        for steps in STEPS:
            torch.manual_seed(setting.seed)
            model = on_device(setting, build())
            curves = train(setting, model, pets, Recipe(steps, lr=rate))
            weights = sum(parameter.numel() for parameter in model.parameters())
            outcome.add(f"{name}_{steps}", score(setting, model, pets.test) | {"parameters": weights}, curves)
    return outcome


def holds(figure: Figures) -> dict[str, bool]:
    """Return what the claim says, and whether the figures say it as well."""
    return {
        "the U-Net leads after 400 steps": figure["fast_unet_400.miou"] > figure["segformer_400.miou"],
        "and after 1,600": figure["fast_unet_1600.miou"] > figure["segformer_1600.miou"],
        "four times the steps make up for it": figure["segformer_1600.miou"] > figure["fast_unet_400.miou"],
    }
