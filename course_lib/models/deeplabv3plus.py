"""DeepLab v3+ (Chen, Zhu, Papandreou, Schroff and Adam 2018), at a size that learns on a laptop.

Dilated (atrous) kernels look far without shrinking the features further; atrous spatial pyramid pooling (ASPP)
looks at several distances at once; the decoder fetches edges from the encoder's first stage.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.models.base import SegmentationModel
from course_lib.models.dilated_resnet import ConvBNReLU, DilatedResNet


class ImagePooling(nn.Sequential):
    """Averages the features over the whole image and gives the mean to every pixel."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(nn.AdaptiveAvgPool2d(1), ConvBNReLU(in_channels, out_channels, kernel_size=1))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return (N, out_channels, H, W), equal at every pixel, for features (N, in_channels, H, W).

        Raises:
            ValueError: the batch has one image, in training.
        """
        if self.training and len(features) == 1:
            raise ValueError(
                "the batch has one image, but in training this network averages an image to one number per channel, "
                "and batch norm needs at least two numbers: give at least two images, or call model.eval() to predict."
            )
        mean = super().forward(features)  # (N, out_channels, 1, 1)
        return mean.expand(-1, -1, *features.shape[2:])  # (N, out_channels, H, W)


class ASPP(nn.Module):
    """Atrous spatial pyramid pooling: views of the same features at several distances and as a whole.

    Args:
        in_channels: channels of the features.
        out_channels: channels of each branch, and of the result.
        rates: the dilation of each 3x3 branch. The paper's 6, 12 and 18 are meant for features of 33 x 33; in
            features of 8 x 8, nearly all taps of rate 18 fall on the padding around them.
    """

    def __init__(self, in_channels: int, out_channels: int, rates: Sequence[int] = (6, 12, 18)) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            [
                ConvBNReLU(in_channels, out_channels, kernel_size=1),
                *(ConvBNReLU(in_channels, out_channels, dilation=rate) for rate in rates),
                ImagePooling(in_channels, out_channels),
            ]
        )
        self.project = ConvBNReLU(len(self.branches) * out_channels, out_channels, kernel_size=1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return (N, out_channels, H, W) for features (N, in_channels, H, W)."""
        views = [branch(features) for branch in self.branches]  # each (N, out_channels, H, W)
        return self.project(torch.cat(views, dim=1))


class DeepLabV3Plus(SegmentationModel):
    """DeepLab v3+ with a small dilated ResNet; 5.2 million parameters with the defaults.

    Args:
        in_channels: channels of the image, 3 for RGB.
        num_classes: channels of the logits.
        widths: channels of the encoder's stem and stages.
        output_stride: how many times smaller the encoder's last features are than the image: 16, or 8 for finer
            features at four times the cost.
        rates: dilations of the ASPP, chosen for features of 8 x 8, which images of 128 x 128 give.
        aspp_channels: channels of the ASPP and of the decoder.
        low_level_channels: channels to which the first stage's features are reduced before they join; few, so
            that they do not outweigh those of the ASPP.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 3,
        widths: Sequence[int] = (32, 48, 96, 192, 256),
        output_stride: int = 16,
        rates: Sequence[int] = (1, 2, 4),
        aspp_channels: int = 128,
        low_level_channels: int = 24,
    ) -> None:
        super().__init__(in_channels, multiple=output_stride)
        self.encoder = DilatedResNet(in_channels, widths, output_stride)
        self.aspp = ASPP(widths[-1], aspp_channels, rates)
        self.squeeze = ConvBNReLU(widths[1], low_level_channels, kernel_size=1)
        self.decoder = nn.Sequential(
            ConvBNReLU(aspp_channels + low_level_channels, aspp_channels),
            ConvBNReLU(aspp_channels, aspp_channels),
        )
        self.head = nn.Conv2d(aspp_channels, num_classes, kernel_size=1)

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (N, num_classes, H, W) for images (N, in_channels, H, W) that fit."""
        low_level, *_, deep = self.encoder(images)  # (N, 48, H/4, W/4), (N, 256, H/16, W/16)
        context = self.aspp(deep)  # (N, 128, H/16, W/16)
        context = F.interpolate(context, size=low_level.shape[2:], mode="bilinear")  # (N, 128, H/4, W/4)
        features = torch.cat([context, self.squeeze(low_level)], dim=1)  # (N, 128 + 24, H/4, W/4)
        logits = self.head(self.decoder(features))  # (N, num_classes, H/4, W/4)
        return F.interpolate(logits, size=images.shape[2:], mode="bilinear")  # (N, num_classes, H, W)
