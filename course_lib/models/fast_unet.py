"""A U-Net for a slow laptop: every 2x2 block of pixels is folded into channels first and unfolded at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from course_lib.models import unet
from course_lib.models.base import SegmentationModel
from course_lib.models.skips import Skip
from course_lib.models.unet import UNet

FOLD = 2


class FastUNet(SegmentationModel):
    """`UNet` at half the resolution, without losing a pixel (space-to-depth: Shi et al. 2016, backwards).

    A U-Net spends most of its time on the few channels at full resolution. Folding moves that work to a quarter
    of the positions; the head predicts four pixels at each, and unfolding puts them back in place.

    Args:
        in_channels: channels of the image, 3 for RGB.
        num_classes: channels of the logits.
        widths: channels of each level from half resolution down to the bottleneck.
        skip: "concat", "add" or "none", see `course_lib.models.skips.join_skip`.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 3,
        widths: Sequence[int] = (32, 64, 128, 192, 192),
        skip: Skip = "concat",
    ) -> None:
        super().__init__(in_channels, multiple=FOLD * 2 ** (len(widths) - 1))
        self.fold = nn.PixelUnshuffle(FOLD)
        self.unet = UNet(FOLD**2 * in_channels, FOLD**2 * num_classes, widths, up="bilinear", skip=skip)
        self.unfold = nn.PixelShuffle(FOLD)

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (N, num_classes, H, W) for images (N, in_channels, H, W) that fit."""
        folded = self.fold(images)  # (N, 4 * in_channels, H/2, W/2)
        return self.unfold(self.unet(folded))  # (N, num_classes, H, W)


def options_of(weights: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    """Return the options of the `FastUNet` whose state_dict this is, read from the shapes of its tensors."""
    return unet.options_of(weights, prefix="unet.")
