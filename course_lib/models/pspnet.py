"""PSPNet (Zhao, Shi, Qi, Wang and Jia 2017): what a pixel is depends on the scene, so tell it about the scene."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.models.dilated_resnet import ConvBNReLU, DilatedResNet
from course_lib.models.inputs import fit_image_size


class PyramidPooling(nn.Module):
    """Means over the whole image, over its quarters, its ninths, ..., each told to the pixels that they are of.

    Args:
        in_channels: of the features. Every level gets an equal share of them, so the result has twice as many.
        bins: a level of 3 divides the features into 3 x 3 cells.
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
        """Return (N, 2C, H, W) for features (N, C, H, W): themselves first, then each level."""
        size = features.shape[2:]
        levels = [F.interpolate(level(features), size=size, mode="bilinear") for level in self.levels]
        return torch.cat([features, *levels], dim=1)  # (N, C + 4 * C/4, H, W)


class PSPNet(nn.Module):
    """PSPNet with a small dilated ResNet; 4.5 million parameters with the defaults.

    There is no decoder: the logits are eight times smaller than the image and are enlarged as they are, which costs
    the edges. The paper trains a second head on the third stage besides; at this depth there is no need.

    Args:
        in_channels: channels of the image, 3 for RGB.
        num_classes: channels of the logits.
        widths: channels of the encoder's stem and stages.
        output_stride: how many times smaller the encoder's last features are than the image.
        bins: the levels of the pyramid.
        head_channels: of the last 3x3 convolution.
        pad_input: take any size, by repeating edge pixels up to one that fits and cropping the logits back.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 3,
        widths: Sequence[int] = (32, 48, 96, 192, 256),
        output_stride: int = 8,
        bins: Sequence[int] = (1, 2, 3, 6),
        head_channels: int = 128,
        pad_input: bool = False,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.multiple = output_stride
        self.pad_input = pad_input
        self.encoder = DilatedResNet(in_channels, widths, output_stride)
        self.pyramid = PyramidPooling(widths[-1], bins)
        self.head = nn.Sequential(
            ConvBNReLU(2 * widths[-1], head_channels),
            nn.Conv2d(head_channels, num_classes, kernel_size=1),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (N, num_classes, H, W) for float images (N, in_channels, H, W).

        Raises:
            TypeError, ValueError: images of another kind, shape, dtype or size, with what to do about it.
        """
        fitted = fit_image_size(images, self.in_channels, self.multiple, self.pad_input)  # (N, C, H', W')
        features = self.encoder(fitted)[-1]  # (N, 256, H/8, W/8)
        features = self.pyramid(features)  # (N, 512, H/8, W/8)
        logits = self.head(features)  # (N, num_classes, H/8, W/8)
        logits = F.interpolate(logits, size=fitted.shape[2:], mode="bilinear")  # (N, num_classes, H', W')
        return logits[..., : images.shape[2], : images.shape[3]]


def _reduce(in_channels: int, out_channels: int, cells: int) -> nn.Module:
    if cells > 1:
        return ConvBNReLU(in_channels, out_channels, kernel_size=1)
    # One number an image and channel is too little for batch norm to take a mean over.
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, kernel_size=1), nn.ReLU())
