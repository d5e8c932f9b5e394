"""Flipping image and mask by separate draws gives smooth blobs without a border, while the loss looks healthy.

There are no stripes, which would multiply the edges: the masks have about as many as the truth, or fewer.
"""

from __future__ import annotations

import numpy as np

from experiments.shared import pet_project
from experiments.shared.data import pocket_pets
from experiments.shared.setting import Figures, Outcome, Setting
from experiments.shared.training import predict, score

MINUTES = 1
CHEAP = 1.0


def run(setting: Setting) -> Outcome:
    """Train lesson 07's network with flips drawn once and twice, and count the edges of its masks."""
    outcome = Outcome("unpaired_flips", setting)
    pets = pocket_pets(setting, pet_project.SIZE)
    for arm, pairing in (("paired", pet_project.flip_together), ("unpaired", pet_project.flip_apart)):
        model, curves = pet_project.train(setting, pets, pairing=pairing)
        predictions, truths = predict(setting, model, pets.test)
        figures = score(setting, model, pets.test) | {
            "edge_ratio": edges(predictions) / edges(truths),
            "train_loss": curves["train_loss"][-1],
        }
        outcome.add(arm, figures, curves)
    return outcome


def edges(masks: np.ndarray) -> int:
    """Count the pairs of neighbouring pixels of different classes in masks (N, H, W)."""
    return int((np.diff(masks, axis=1) != 0).sum() + (np.diff(masks, axis=2) != 0).sum())


def holds(figure: Figures) -> dict[str, bool]:
    """Return what the claim says, and whether the figures say it as well."""
    return {
        "unpaired, there is next to no border": figure["unpaired.border"] < 0.03,
        "paired, the border is found": figure["paired.border"] > figure["unpaired.border"] + 0.02,
        "there are no stripes": figure["unpaired.edge_ratio"] < 1.5,
        "the loss looks healthy": figure["unpaired.train_loss"] < 1.0,
    }
