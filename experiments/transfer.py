"""On pocket pets, an encoder that has learnt on other pocket pets is worth next to nothing, however few there are."""

from __future__ import annotations

from functools import partial

from experiments.shared.data import pocket_pets
from experiments.shared.setting import Figures, Outcome, Setting
from experiments.shared.transfer import COUNTS, POCKET, compare_starts

MINUTES = 6
CHEAP = None


def run(setting: Setting) -> Outcome:
    """Train lesson 10's network on 24, 60 and 240 pocket pets, from scratch and from the pocket weights."""
    outcome = Outcome("transfer", setting)
    compare_starts(setting, outcome, partial(pocket_pets, setting), POCKET)
    return outcome


def holds(figure: Figures) -> dict[str, bool]:
    """Return what the claim says, and whether the figures say it as well."""
    gains = [figure[f"pocket_{count}.miou"] - figure[f"scratch_{count}.miou"] for count in COUNTS]
    return {"they change mIoU by less than .05": max(map(abs, gains)) < 0.05}
