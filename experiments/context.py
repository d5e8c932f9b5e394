"""On small pictures, what brings detail back is worth more than what brings context in.

A plain encoder whose logits are enlarged finds no border, with or without an ASPP. Dilation finds some of it, one skip
(DeepLab v3+) more, and a fine branch (HRNet) most.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_lib.models import DeepLabV3Plus, FastUNet, HRNet, PSPNet
from course_lib.models.base import SegmentationModel
from course_lib.models.dilated_resnet import DilatedResNet
from experiments.shared.data import pocket_pets
from experiments.shared.setting import Figures, Outcome, Setting
from experiments.shared.training import Recipe, on_device, score, train

MINUTES = 6
CHEAP = None
WIDTHS = (16, 24, 48, 64, 96)


class Enlarged(SegmentationModel):
    """The dilated ResNet and a 1x1 head, whose logits are enlarged to the size of the image."""

    def __init__(self, output_stride: int) -> None:
        super().__init__(3, multiple=output_stride)
        self.encoder = DilatedResNet(3, WIDTHS, output_stride)
        self.head = nn.Conv2d(WIDTHS[-1], 3, kernel_size=1)

    def logits(self, images: Tensor) -> Tensor:
        """Return logits (N, 3, H, W)."""
        small = self.head(self.encoder(images)[-1])
        return F.interpolate(small, size=images.shape[2:], mode="bilinear")


def deeplab(low_level: bool = True) -> DeepLabV3Plus:
    """Return a narrow DeepLab v3+; without low-level features these are 0 and stay 0."""
    network = DeepLabV3Plus(widths=WIDTHS, aspp_channels=48, low_level_channels=16, rates=(1, 2))
    if not low_level:
        nn.init.zeros_(network.squeeze.get_submodule("1").weight)  # type: ignore[arg-type]
        network.squeeze.requires_grad_(False)
    return network


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "plain": lambda: Enlarged(output_stride=32),
    "dilated": lambda: Enlarged(output_stride=8),
    "pyramid": lambda: PSPNet(widths=WIDTHS, head_channels=48),
    "aspp": lambda: deeplab(low_level=False),
    "aspp_and_skip": deeplab,
    "hrnet": lambda: HRNet(widths=(8, 16, 32, 64)),
    "fast_unet": lambda: FastUNet(widths=(16, 32, 64, 96)),
}


def run(setting: Setting) -> Outcome:
    """Train each network for 720 steps on pocket pets of 64 x 64 pixels."""
    outcome = Outcome("context", setting)
    pets = pocket_pets(setting, 64)
    for arm, build in NETWORKS.items():
        torch.manual_seed(setting.seed)
        model = on_device(setting, build())
        curves = train(setting, model, pets, Recipe(720, batch=8, lr=0.005))
        weights = sum(parameter.numel() for parameter in model.parameters())
        outcome.add(arm, score(setting, model, pets.test) | {"parameters": weights}, curves)
    return outcome


def holds(figure: Figures) -> dict[str, bool]:
    """Return what the claim says, and whether the figures say it as well."""
    return {
        "the skip brings the border": figure["aspp_and_skip.border"] > figure["aspp.border"] + 0.02,
        "dilation keeps more than stride 32": figure["dilated.miou"] > figure["plain.miou"],
    }
