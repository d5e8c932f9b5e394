"""PSPNet (Zhao, Shi, Qi, Wang and Jia 2017): the class of a pixel depends on the scene, so every pixel gets context."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.models.base import SegmentationModel
from course_lib.models.dilated_resnet import ConvBNReLU, DilatedResNet


class PyramidPooling(nn.Module):
    """Average-pools over 1x1, 2x2, ... cells and broadcasts each mean back to its pixels.

    Args:
        in_channels: channels of the features. The levels together add the same number, so the result has twice as many.
        bins: cells along a side at each level; 3 divides the features into 3 x 3 cells.
    """

    def __init__(self, in_channels: int, bins: Sequence[int] = (1, 2, 3, 6)) -> None:
        super().__init__()
        if in_channels % len(bins):
            raise ValueError(
                f"in_channels is {in_channels}, but it must be a multiple of {len(bins)}, the number of bins."
            )
        share = in_channels // len(bins)
        self.levels = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(cells), _reduce(in_channels, share, cells)) for cells in bins
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return (N, 2C, H, W) for features (N, C, H, W): the features first, then each level."""
        size = features.shape[2:]
        levels = [F.interpolate(level(features), size=size, mode="bilinear") for level in self.levels]
        return torch.cat([features, *levels], dim=1)  # (N, C + 4 * C/4, H, W)


class PSPNet(SegmentationModel):
    """PSPNet with a small dilated ResNet; 4.5 million parameters with the defaults.

    There is no decoder: the logits are eight times smaller than the image and are only enlarged, so edges are lost.
    The paper also trains a second head on the third stage; a network of this depth does not need it.

    Args:
        in_channels: channels of the image, 3 for RGB.
        num_classes: channels of the logits.
        widths: channels of the encoder's stem and stages.
        output_stride: how many times smaller the encoder's last features are than the image.
        bins: the levels of the pyramid.
        head_channels: channels of the last 3x3 convolution.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 3,
        widths: Sequence[int] = (32, 48, 96, 192, 256),
        output_stride: int = 8,
        bins: Sequence[int] = (1, 2, 3, 6),
        head_channels: int = 128,
    ) -> None:
        super().__init__(in_channels, multiple=output_stride)
        self.encoder = DilatedResNet(in_channels, widths, output_stride)
        self.pyramid = PyramidPooling(widths[-1], bins)
        self.head = nn.Sequential(
            ConvBNReLU(2 * widths[-1], head_channels),
            nn.Conv2d(head_channels, num_classes, kernel_size=1),
        )

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (N, num_classes, H, W) for images (N, in_channels, H, W) that fit."""
        features = self.encoder(images)[-1]  # (N, 256, H/8, W/8)
        features = self.pyramid(features)  # (N, 512, H/8, W/8)
        logits = self.head(features)  # (N, num_classes, H/8, W/8)
        return F.interpolate(logits, size=images.shape[2:], mode="bilinear")  # (N, num_classes, H, W)


def _reduce(in_channels: int, out_channels: int, cells: int) -> nn.Module:
    if cells > 1:
        return ConvBNReLU(in_channels, out_channels, kernel_size=1)
    # One number per image and channel is too little for batch norm to average.
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, kernel_size=1), nn.ReLU())
