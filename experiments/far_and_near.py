"""Of two small networks that differ in their rates only, the one that sees further is hardly better in 300 steps."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from experiments.shared.data import pocket_pets
from experiments.shared.setting import Figures, Outcome, Setting
from experiments.shared.training import Recipe, on_device, score, train

MINUTES = 3
CHEAP = None
RATES = {"near": (1, 1, 1, 1, 1, 1), "far": (1, 1, 2, 4, 8, 1)}
"""The rates of lesson 12's two networks, which see 13 and 35 pixels in a row."""


def run(setting: Setting) -> Outcome:
    """Train both for lesson 12's 300 steps at its 48x48 pixels, and score them on the 100 test pictures."""
    outcome = Outcome("far_and_near", setting)
    pets = pocket_pets(setting, 48)
    for arm, rates in RATES.items():
        torch.manual_seed(setting.seed)
        model = on_device(setting, plain_network(rates))
        curves = train(setting, model, pets, Recipe(steps=300, size=48, lr=0.01))
        outcome.add(arm, score(setting, model, pets.test), curves)
    return outcome


def holds(figure: Figures) -> dict[str, bool]:
    """Return what the claim says, and whether the figures say it as well."""
    gaps = [figure[f"far.{score}"] - figure[f"near.{score}"] for score in ("miou", "pet")]
    return {"mIoU and the IoU of pets differ by less than .03": max(map(abs, gaps)) < 0.03}


def plain_network(rates: Sequence[int], width: int = 16) -> nn.Module:
    """Return 3x3 layers of these rates, with batch norm and ReLU, and a 1x1 head, as in lesson 12."""
    layers: list[nn.Module] = []
    channels = 3
    for rate in rates:
        conv = nn.Conv2d(channels, width, 3, padding=rate, dilation=rate, bias=False)
        layers += [conv, nn.BatchNorm2d(width), nn.ReLU()]
        channels = width
    return nn.Sequential(*layers, nn.Conv2d(width, 3, kernel_size=1))
