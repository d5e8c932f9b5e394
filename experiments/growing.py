"""Images that grow during training cost a little per step and save much: equal computing, better masks.

``full`` and ``growing`` take the same number of steps; ``full_same_cost`` takes as many at full size as the growing
images cost.
"""

from __future__ import annotations

import torch

from course_lib.models import create_model
from experiments.shared.data import pocket_pets
from experiments.shared.setting import Figures, Outcome, Setting
from experiments.shared.training import Recipe, on_device, score, train

MINUTES = 6
CHEAP = None
SIZE = 128
STEPS = 600
GROWING_COST = 0.35 * 0.5**2 + 0.30 * 0.75**2 + 0.35  # pixels, as a share of those at full size
RECIPES = {
    "full": Recipe(STEPS, SIZE, batch=8),
    "full_same_cost": Recipe(round(GROWING_COST * STEPS), SIZE, batch=8),
    "growing": Recipe(STEPS, SIZE, batch=8, grow=True),
}


def run(setting: Setting) -> Outcome:
    """Train a narrow fast-unet on pocket pets of 128 x 128 pixels, and on pictures that grow to that size."""
    outcome = Outcome("growing", setting)
    pets = pocket_pets(setting, SIZE)
    for arm, recipe in RECIPES.items():
        torch.manual_seed(setting.seed)
        model = on_device(setting, create_model("fast-unet", widths=(16, 32, 64, 96, 96)))
        curves = train(setting, model, pets, recipe)
        outcome.add(arm, score(setting, model, pets.test) | {"steps": recipe.steps}, curves)
    return outcome


def holds(figure: Figures) -> dict[str, bool]:
    """Return what the claim says, and whether the figures say it as well."""
    return {"growing wins at equal cost": figure["growing.miou"] > figure["full_same_cost.miou"]}
