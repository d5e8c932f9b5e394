"""Skips make a U-Net learn outlines far faster: after 150 steps it has a border, and without skips almost none.

Joining by addition does what concatenation does, with fewer weights. What is left of the difference after more steps is
the claim of ``skips_later``.
"""

from __future__ import annotations

import torch

from course_lib.models.skips import Skip
from experiments.shared import flowers
from experiments.shared.setting import Figures, Outcome, Setting

MINUTES = 1
CHEAP = 1.0
SKIPS: tuple[Skip, ...] = ("concat", "add", "none")


def run(setting: Setting) -> Outcome:
    """Train lesson 05's U-Net on flowers with each kind of skip, for its 150 steps."""
    outcome = Outcome("skips", setting)
    training, test = flowers.draw_flowers(setting, 256, seed=0), flowers.draw_flowers(setting, 64, seed=1)
    for skip in SKIPS:
        model = flowers.new_unet(setting, skip)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        losses = flowers.train(setting, model, optimizer, training, 150)
        weights = sum(parameter.numel() for parameter in model.parameters())
        outcome.add(skip, flowers.score(model, test) | {"parameters": weights}, {"loss": losses})
    return outcome


def holds(figure: Figures) -> dict[str, bool]:
    """Return what the claim says, and whether the figures say it as well."""
    return {
        "skips give the border": figure["concat.border"] > figure["none.border"] + 0.2,
        "adding does what concatenating does": abs(figure["add.border"] - figure["concat.border"]) < 0.1,
    }
