"""On few real pets, weights trained on ImageNet help much; weights trained on drawn pets help little or not at all."""

from __future__ import annotations

from functools import partial

from experiments.shared.data import real_pets
from experiments.shared.setting import Figures, Outcome, Setting
from experiments.shared.transfer import POCKET, compare_starts, imagenet

MINUTES = 16
CHEAP = None
NEEDS_PETS = True


def run(setting: Setting) -> Outcome:
    """Train on 24, 60 and 240 real pets: from scratch, from the pocket weights, from ImageNet's if they are here."""
    outcome = Outcome("transfer_real", setting)
    compare_starts(setting, outcome, partial(real_pets, setting), POCKET | imagenet())
    return outcome


def holds(figure: Figures) -> dict[str, bool]:
    """Return what the claim says, and whether the figures say it as well."""
    claims = {"the pocket weights do no harm": figure["pocket_24.miou"] > figure["scratch_24.miou"] - 0.02}
    if "effnet_imagenet_24.miou" in figure:
        gain = figure["effnet_imagenet_24.miou"] - figure["effnet_scratch_24.miou"]
        claims["ImageNet's weights help on 24 images"] = gain > 0.05
    return claims
