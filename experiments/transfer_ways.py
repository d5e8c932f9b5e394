"""With ImageNet's weights a linear head goes far; a decoder, and an encoder that learns after it, go further."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.models.base import SegmentationModel
from course_lib.models.efficientnet_lite import CHANNELS, STAGES, EfficientNetLite0
from course_lib.models.effnet_unet import as_trained, load_encoder
from course_lib.training.optimizers import PretrainedWeights
from experiments.shared.data import real_pets, some
from experiments.shared.setting import Figures, Outcome, Setting
from experiments.shared.training import new_optimizer, on_device, score, train
from experiments.shared.transfer import COUNTS, EFFNET_RECIPE, Start, encoder_of, new_model

MINUTES = 15
CHEAP = None
NEEDS_PETS = True
RATES = {"linear": (0.001, 0.003, 0.01), "decoder_first": (0.0003, 0.001, 0.003)}
FROZEN_AT_FIRST, RATE_SHARE = 0.2, 0.1


class LinearHeads(SegmentationModel):
    """A frozen encoder, and a linear classifier of all its features: what the weights know without learning more.

    One 1x1 convolution per stage, whose logits are enlarged and added, is one linear layer on all features together.
    """

    def __init__(self, in_channels: int = 3, num_classes: int = 3) -> None:
        super().__init__(in_channels, multiple=32)
        self.encoder = EfficientNetLite0(in_channels, frozen_stages=len(STAGES))
        self.heads = nn.ModuleList(nn.Conv2d(channels, num_classes, kernel_size=1) for channels in CHANNELS)

    def logits(self, images: Tensor) -> Tensor:
        """Return logits (N, num_classes, H, W) for images (N, in_channels, H, W) that fit."""
        size = images.shape[-2:]
        stages = zip(self.heads, self.encoder(as_trained(images)), strict=True)
        enlarged = [F.interpolate(head(features), size, mode="bilinear") for head, features in stages]
        return torch.stack(enlarged).sum(dim=0)  # (N, num_classes, H, W)


@dataclass(frozen=True)
class Way:
    """A network with ImageNet's weights in its encoder, and which of its weights learn slowly at first."""

    model: nn.Module
    pretrained: PretrainedWeights | None = None


def run(setting: Setting) -> Outcome:
    """Train on 24, 60 and 240 real pets, each way at the rate that is best on validation with 24.

    The ways are a linear head on the frozen encoder, and the decoder first: the encoder is frozen for a fifth of the
    steps, and learns at a tenth of the rate after it. Random weights, and all weights at once, are in `transfer_real`.
    """
    outcome = Outcome("transfer_ways", setting)
    for name, rates in RATES.items():
        rate, figures = max(
            ((rate, _trained(setting, name, COUNTS[0], rate)) for rate in rates),
            key=lambda tried: tried[1]["validation"],
        )
        outcome.add(f"{name}_{COUNTS[0]}", figures | {"rate": rate})
        for count in COUNTS[1:]:
            outcome.add(f"{name}_{count}", _trained(setting, name, count, rate))
    return outcome


def holds(figure: Figures) -> dict[str, bool]:
    """Return what the claim says, and whether the figures say it as well."""
    gains = [figure[f"decoder_first_{count}.miou"] - figure[f"linear_{count}.miou"] for count in COUNTS]
    return {"the decoder first is ahead of the linear head, however many photos": min(gains) > 0}


def _trained(setting: Setting, name: str, count: int, rate: float) -> dict[str, float]:
    recipe = replace(EFFNET_RECIPE, lr=rate)
    pets = real_pets(setting, recipe.size)
    few = replace(pets, train=some(pets.train, count, setting.seed))
    way = _way(setting, name)
    curves = train(setting, way.model, few, recipe, new_optimizer(recipe, way.model, way.pretrained))
    return {"validation": curves["miou"][-1], **score(setting, way.model, pets.test)}


def _way(setting: Setting, name: str) -> Way:
    if name == "decoder_first":
        model = new_model(setting, Start("effnet-unet", "imagenet", "imagenet"))
        return Way(model, PretrainedWeights(encoder_of(model), RATE_SHARE, FROZEN_AT_FIRST))
    torch.manual_seed(setting.seed)
    linear = LinearHeads()
    load_encoder(linear, "imagenet")
    return Way(on_device(setting, linear))
