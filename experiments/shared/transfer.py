"""Networks whose encoder may start from pretrained weights, on a few images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import nn

from course_lib.data.transforms import Augment
from course_lib.models import MODELS, create_model, weights_at_hand
from course_lib.training.optimizers import PretrainedWeights
from experiments.shared.data import PetSets, some
from experiments.shared.setting import Outcome, Setting
from experiments.shared.training import Recipe, new_optimizer, on_device, score, train

COUNTS = (24, 60, 240)
GENTLE = Augment(degrees=10, zoom=1.2, stretch=1.15)
RECIPE = Recipe(steps=300, augment=GENTLE, optimizer="muon", lr=0.02)
EFFNET_RECIPE = replace(RECIPE, size=128, optimizer="adamw", lr=1e-3, weight_decay=0.05)


@dataclass(frozen=True)
class Start:
    """A model, and the weights that its encoder starts from.

    Attributes:
        model: a name in ``MODELS``.
        weights: "none", or weights that the model has.
        shape: the weights whose options the model is built with, so that both starts are of one size.
        recipe: how the model is trained.
    """

    model: str
    weights: str
    shape: str
    recipe: Recipe = RECIPE


POCKET = {
    "scratch": Start("resnet-unet", "none", "pocket"),
    "pocket": Start("resnet-unet", "pocket", "pocket"),
}


def imagenet() -> dict[str, Start]:
    """Return the starts from ImageNet that this installation can make without a network; none if it has none."""
    name = "effnet-unet"
    if name not in MODELS or weights_at_hand(name, "imagenet")[0] != "imagenet":
        return {}
    return {
        "effnet_scratch": Start(name, "none", "imagenet", EFFNET_RECIPE),
        "effnet_imagenet": Start(name, "imagenet", "imagenet", EFFNET_RECIPE),
    }


def new_model(setting: Setting, start: Start) -> nn.Module:
    """Build a model on the setting's device, its encoder with the weights of ``start``."""
    torch.manual_seed(setting.seed)
    model = create_model(start.model, **MODELS[start.model].options_for(start.shape))
    pretrained = MODELS[start.model].pretrained
    if start.weights != "none" and pretrained:
        pretrained.load(model, start.weights)
    return on_device(setting, model)


def encoder_of(model: nn.Module) -> list[nn.Parameter]:
    """Return the weights of a model's encoder."""
    encoder = model.get_submodule("encoder")
    return list(encoder.parameters())


def pretrained_weights(start: Start, model: nn.Module) -> PretrainedWeights | None:
    """Return the weights of a model's encoder that are pretrained, and how `course train` lets them learn."""
    known = MODELS[start.model].pretrained
    if start.weights == "none" or known is None:
        return None
    return PretrainedWeights(encoder_of(model), known.rate_share, known.frozen_at_first)


def compare_starts(
    setting: Setting, outcome: Outcome, pets_at: Callable[[int], PetSets], starts: dict[str, Start]
) -> None:
    """Train from each start on 24, 60 and 240 images, the same for all starts of a seed.

    ``pets_at`` loads the pets at a size.
    """
    for count in COUNTS:
        for name, start in starts.items():
            pets = pets_at(start.recipe.size)
            few = replace(pets, train=some(pets.train, count, setting.seed))
            model = new_model(setting, start)
            optimizer = new_optimizer(start.recipe, model, pretrained_weights(start, model))
            curves = train(setting, model, few, start.recipe, optimizer)
            outcome.add(f"{name}_{count}", score(setting, model, pets.test), curves)
