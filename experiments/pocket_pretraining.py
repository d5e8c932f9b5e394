"""A fast-unet that first learnt on drawn pets is ahead on real ones; with 240 photos, more steps do as much."""

from __future__ import annotations

import copy
from dataclasses import replace

import torch

from course_lib.models import create_model
from experiments.shared.data import pocket_pets, real_pets, some
from experiments.shared.setting import Figures, Outcome, Setting
from experiments.shared.training import Recipe, on_device, score, train

MINUTES = 12
CHEAP = None
NEEDS_PETS = True
DRAWN_STEPS = 1200
STEPS = 400


def run(setting: Setting) -> Outcome:
    """Train on real pets from scratch, from a network trained on drawn pets, and from scratch for as long as both."""
    outcome = Outcome("pocket_pretraining", setting)
    drawn, real = pocket_pets(setting, 64), real_pets(setting, 64)
    torch.manual_seed(setting.seed)
    untrained = on_device(setting, create_model("fast-unet", widths=(16, 32, 64, 96, 96)))
    taught = copy.deepcopy(untrained)
    train(setting, taught, drawn, Recipe(DRAWN_STEPS))
    outcome.add("drawn_only", score(setting, taught, real.test))
    for count in (24, 240):
        few = replace(real, train=some(real.train, count, setting.seed))
        for arm, start, steps in (
            ("scratch", untrained, STEPS),
            ("pretrained", taught, STEPS),
            ("scratch_as_long", untrained, STEPS + DRAWN_STEPS),
        ):
            model = copy.deepcopy(start)
            curves = train(setting, model, few, Recipe(steps))
            outcome.add(f"{arm}_{count}", score(setting, model, real.test), curves)
    return outcome


def holds(figure: Figures) -> dict[str, bool]:
    """Return what the claim says, and whether the figures say it as well."""
    gains = {
        count: figure[f"pretrained_{count}.miou"] - figure[f"scratch_{count}.miou"] for count in (24, 240)
    }
    longer = figure["scratch_as_long_240.miou"] - figure["scratch_240.miou"]
    return {
        "drawn pets help on 24 photos": gains[24] > 0,
        "they help on 240 photos": gains[240] > 0,
        "with 240 photos, as many steps without them do as much": longer >= gains[240],
    }
