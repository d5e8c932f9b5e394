"""The pictures that experiments train on: pocket pets, real pets, and a few of either."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_lib.data.pets import PetSubset, load_pets, train_validation_split
from course_lib.data.pocket_pets import write_pocket_pets
from course_lib.paths import data_home
from experiments.shared.setting import Setting

PETS_ROOT = "COURSE_PETS_ROOT"
_SMOKE_PETS = 64
_SMOKE_TEST = 16


@dataclass(frozen=True)
class PetSets:
    """Training, validation and test images of one size, with their masks."""

    train: PetSubset
    validation: PetSubset
    test: PetSubset


def draw_pocket_pets(smoke: bool) -> Path:
    """Draw the pocket pets once, the course's 400 or a few for a smoke run; return their folder."""
    if smoke:
        return write_pocket_pets(data_home() / "pocket-smoke", _SMOKE_PETS, _SMOKE_TEST)
    return write_pocket_pets(data_home() / "pocket")


def pocket_pets(setting: Setting, size: int) -> PetSets:
    """Return the pocket pets of the lessons: 240 for training, 60 for validation, 100 for testing."""
    return _load(draw_pocket_pets(setting.at_most is not None), size)


def real_pets_folder() -> Path | None:
    """Return the folder of real pets that the environment names, if it does."""
    named = os.environ.get(PETS_ROOT)
    return Path(named) if named else None


def real_pets(setting: Setting, size: int) -> PetSets:
    """Return real pets, from the folder that ``COURSE_PETS_ROOT`` names; a smoke run takes drawn ones.

    Raises:
        FileNotFoundError: the environment names no folder.
    """
    if setting.at_most is not None:
        return pocket_pets(setting, size)
    folder = real_pets_folder()
    if folder is None:
        raise FileNotFoundError(
            f"this experiment needs real pets: set {PETS_ROOT} to the folder that holds them."
        )
    return _load(folder, size)


def some(pets: PetSubset, count: int, seed: int) -> PetSubset:
    """Return ``count`` of the pets, chosen by the seed."""
    chosen = np.random.default_rng(seed).permutation(len(pets))[:count]
    return pets.pets.subset(pets.indices[chosen])


def _load(folder: Path, size: int) -> PetSets:
    train, validation = train_validation_split(load_pets(folder, "trainval", size))
    test = load_pets(folder, "test", size)
    return PetSets(train, validation, test.subset(np.arange(len(test))))
