"""More steps give a U-Net without skips much of the border, so its lack of one was mostly a matter of speed.

After 600 steps skips are still worth a part of the border; after 2400 they are worth less, and still something.
"""

from __future__ import annotations

import torch

from course_lib.models.skips import Skip
from experiments.shared import flowers
from experiments.shared.setting import Figures, Outcome, Setting

MINUTES = 14
CHEAP = None
ARMS: tuple[tuple[Skip, int], ...] = (
    ("concat", 600),
    ("add", 600),
    ("none", 600),
    ("concat", 2400),
    ("none", 2400),
)


def run(setting: Setting) -> Outcome:
    """Train lesson 05's U-Net on flowers with and without skips, four and sixteen times as long as the lesson does."""
    outcome = Outcome("skips_later", setting)
    training, test = flowers.draw_flowers(setting, 256, seed=0), flowers.draw_flowers(setting, 64, seed=1)
    for skip, steps in ARMS:
        model = flowers.new_unet(setting, skip)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        losses = flowers.train(setting, model, optimizer, training, steps)
        outcome.add(f"{skip}_{steps}", flowers.score(model, test), {"loss": losses})
    return outcome


def holds(figure: Figures) -> dict[str, bool]:
    """Return what the claim says, and whether the figures say it as well."""
    gains = [figure[f"concat_{steps}.border"] - figure[f"none_{steps}.border"] for steps in (600, 2400)]
    return {
        "without skips, 600 steps give a border": figure["none_600.border"] > 0.2,
        "skips still help after 600 steps": gains[0] > 0,
        "and after 2400": gains[1] > 0,
        "but less": gains[1] < gains[0],
    }
