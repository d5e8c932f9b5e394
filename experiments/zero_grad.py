"""A missing ``zero_grad`` does not blow the training up.

With Adam the loss falls, then stalls near that of calling everything background. With SGD at a small rate the sum of
the old gradients works as a momentum that never fades: what comes of it differs from seed to seed.
"""

from __future__ import annotations

import numpy as np
import torch
from torch.optim import Optimizer

from course_lib.models import TinyUNet
from experiments.shared import flowers
from experiments.shared.setting import Figures, Outcome, Setting

MINUTES = 1
CHEAP = 1.0
LAST = 10  # points of the curve, five steps each
RATES: dict[str, tuple[type[Optimizer], float]] = {
    "adam": (torch.optim.Adam, 0.01),
    "sgd": (torch.optim.SGD, 0.05),
}


def run(setting: Setting) -> Outcome:
    """Train lesson 05's tiny U-Net on flowers with and without clearing the gradients, 200 steps each."""
    outcome = Outcome("zero_grad", setting)
    training, test = flowers.draw_flowers(setting, 256, seed=0), flowers.draw_flowers(setting, 64, seed=1)
    for name, (kind, rate) in RATES.items():
        for cleared in (True, False):
            torch.manual_seed(setting.seed)
            model = TinyUNet(in_channels=3, num_classes=3).to(setting.device)
            optimizer = kind(model.parameters(), lr=rate)  # type: ignore[call-arg]
            losses = flowers.train(setting, model, optimizer, training, 200, falling=False, zero_grad=cleared)
            last = np.array(losses[-LAST:])
            figures = {"loss": last.mean(), "swing": np.ptp(last), "miou": flowers.score(model, test)["miou"]}
            outcome.add(f"{name}_{'cleared' if cleared else 'missing'}", figures, {"loss": losses})
    return outcome


def holds(figure: Figures) -> dict[str, bool]:
    """Return what the claim says, and whether the figures say it as well."""
    return {
        "Adam without it stalls": figure["adam_missing.loss"] > figure["adam_cleared.loss"] + 0.05,
        "the loss does not swing wildly": figure["adam_missing.swing"] < 1.0,
        "SGD without it is no worse": figure["sgd_missing.loss"] < figure["sgd_cleared.loss"] + 0.05,
    }
