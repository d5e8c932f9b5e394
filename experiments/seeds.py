"""The same recipe with another seed gives another score, by 0.01 to 0.03 mIoU on the pets of the lessons.

A difference that is smaller than that says nothing until several seeds agree.
"""

from __future__ import annotations

import torch

from course_lib.models import create_model
from experiments.shared.data import pocket_pets
from experiments.shared.setting import Figures, Outcome, Setting
from experiments.shared.training import Recipe, on_device, score, train

MINUTES = 2
CHEAP = None
SEEDS = 5


def run(setting: Setting) -> Outcome:
    """Train one recipe for 480 steps; score it on the 60 validation and the 100 test pictures."""
    outcome = Outcome("seeds", setting)
    pets = pocket_pets(setting, 64)
    torch.manual_seed(setting.seed)
    model = on_device(setting, create_model("fast-unet", widths=(16, 32, 64, 96)))
    curves = train(setting, model, pets, Recipe(480))
    outcome.add("validation", score(setting, model, pets.validation), curves)
    outcome.add("test", score(setting, model, pets.test))
    return outcome


def holds(figure: Figures) -> dict[str, bool]:
    """Return nothing: the claim is about several seeds, and its figure is their spread."""
    return {}
