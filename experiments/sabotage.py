"""Planted bugs leave their marks in the curves of validation, and some leave none in the loss.

Ids shifted by one name every class wrongly; a softmax inside the model slows learning down; a missing zero_grad
keeps the network from settling; masks moved by another transform than their images cost the border.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from experiments.shared import pet_project
from experiments.shared.data import PetSets, pocket_pets
from experiments.shared.setting import Figures, Outcome, Setting
from experiments.shared.training import score

MINUTES = 3
CHEAP = None


def run(setting: Setting) -> Outcome:
    """Train lesson 07's network as it should be, and with each bug; keep the curves of all."""
    outcome = Outcome("sabotage", setting)
    pets = pocket_pets(setting, pet_project.SIZE)
    for arm, bug in BUGS.items():
        model, curves = bug(setting, pets)
        figures = score(setting, model, pets.test) | {"train_loss": curves["train_loss"][-1]}
        outcome.add(arm, figures, curves)
    return outcome


def holds(figure: Figures) -> dict[str, bool]:
    """Return what the claim says, and whether the figures say it as well."""
    sound, loss = figure["sound.miou"], figure["sound.train_loss"]
    return {
        "every bug costs mIoU": all(figure[f"{arm}.miou"] < sound for arm in BUGS if arm != "sound"),
        "shifted ids leave no mark in the loss": figure["ids_shifted.train_loss"] < loss + 0.1,
    }


def _shifted_ids(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of ids that are one too high; the last class becomes the first."""
    return F.cross_entropy(logits, (targets + 1) % logits.shape[1])


def _ending_in_softmax(model: nn.Module) -> nn.Module:
    return nn.Sequential(model, nn.Softmax(dim=1))


def _moved_apart(images: Tensor, targets: Tensor, chance: torch.Generator) -> tuple[Tensor, Tensor]:
    """Move every mask by up to six pixels from its image."""
    down, right = (int(torch.randint(-6, 7, (), generator=chance)) for _ in range(2))
    return images, targets.roll((down, right), dims=(1, 2))


Training = Callable[[Setting, PetSets], tuple[nn.Module, dict[str, list[float]]]]
_sound = partial(pet_project.train, pairing=pet_project.flip_together)
BUGS: dict[str, Training] = {
    "sound": _sound,
    "unpaired_flips": partial(_sound, pairing=pet_project.flip_apart),
    "masks_moved": partial(_sound, pairing=_moved_apart),
    "ids_shifted": partial(_sound, loss=_shifted_ids),
    "softmax_in_model": partial(_sound, around=_ending_in_softmax),
    "no_zero_grad": partial(_sound, zero_grad=False),
}
