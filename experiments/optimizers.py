"""Muon gets further than AdamW in as many steps, and its lead does not shrink from 120 steps to 480."""

from __future__ import annotations

from experiments.shared.best_rate import train_at_rates
from experiments.shared.data import pocket_pets
from experiments.shared.setting import Figures, Outcome, Setting
from experiments.shared.training import Recipe

MINUTES = 4
CHEAP = None
RATES = {"muon": (0.01, 0.02, 0.04), "adamw": (0.001, 0.003, 0.01)}


def run(setting: Setting) -> Outcome:
    """Train with each optimiser for 120 steps at three rates, and at the best of them for 480 steps."""
    outcome = Outcome("optimizers", setting)
    pets = pocket_pets(setting, 64)
    for name, rates in RATES.items():
        best = train_at_rates(setting, outcome, f"{name}_120", pets, Recipe(120, optimizer=name), rates)
        train_at_rates(setting, outcome, f"{name}_480", pets, Recipe(480, optimizer=name), (best,))
    return outcome


def holds(figure: Figures) -> dict[str, bool]:
    """Return what the claim says, and whether the figures say it as well."""
    early = figure["muon_120.miou"] - figure["adamw_120.miou"]
    return {
        "Muon leads after 120 steps": early > 0,
        "the lead shrinks": figure["muon_480.miou"] - figure["adamw_480.miou"] < early,
    }
