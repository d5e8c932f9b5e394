"""After sixteen times the steps that lesson 05 takes, skips still give the better border, by far less than at first."""

from __future__ import annotations

import torch

from course_lib.models import UNet
from course_lib.models.skips import Skip

from experiments.shared import flowers
from experiments.shared.setting import Figures, Outcome, Setting

MINUTES = 11
CHEAP = None
SKIPS: tuple[Skip, ...] = ("concat", "none")


def run(setting: Setting) -> Outcome:
    """Train lesson 05's U-Net on 1024 flowers with and without skips, for 2400 steps."""
    outcome = Outcome("skips_in_the_end", setting)
    training, test = flowers.draw_flowers(setting, 1024, seed=0), flowers.draw_flowers(setting, 64, seed=1)
    for skip in SKIPS:
        torch.manual_seed(setting.seed)
        model = UNet(in_channels=3, num_classes=3, widths=(8, 16, 32, 64), skip=skip).to(setting.device)
        losses = flowers.train(setting, model, torch.optim.Adam(model.parameters(), lr=0.01), training, 2400)
        outcome.add(skip, flowers.score(model, test), {"loss": losses})
    return outcome


def holds(figure: Figures) -> dict[str, bool]:
    """Return what the claim says, and whether the figures say it as well."""
    gain = figure["concat.border"] - figure["none.border"]
    return {"skips still help": gain > 0, "by far less than at first": gain < 0.4}
