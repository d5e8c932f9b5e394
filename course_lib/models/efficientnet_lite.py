"""EfficientNet-Lite0 (Tan & Le 2019; the Lite version of 2020), as the encoder of a segmentation network."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.models.depthwise import DepthwiseConv, same_padding

BN_EPSILON = 1e-3

# Of each stage: how many blocks, side of the depthwise kernel, stride of the first block, channels, expansion.
STAGES = (
    (1, 3, 1, 16, 1),
    (2, 3, 2, 24, 6),
    (2, 5, 2, 40, 6),
    (3, 3, 2, 80, 6),
    (3, 5, 1, 112, 6),
    (4, 5, 2, 192, 6),
    (1, 3, 1, 320, 6),
)
CHANNELS = (16, 24, 40, 112, 320)
"""Channels of the features at 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size."""


class Stem(nn.Conv2d):
    """The first convolution: 3x3 with stride 2."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels, kernel_size=3, stride=2, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        """Return (N, out_channels, H/2, W/2) for images (N, in_channels, H, W) with even sides."""
        return super().forward(F.pad(images, same_padding(kernel=3, stride=2)))


class InvertedResidual(nn.Module):
    """Expand with a 1x1 convolution, filter each channel by itself, project back; add the input where shapes allow."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = expansion * in_channels
        expand = [*_normed(_pointwise(in_channels, wide)), nn.ReLU6(inplace=True)] if expansion > 1 else []
        self.convs = nn.Sequential(
            *expand,
            *_normed(DepthwiseConv(wide, kernel, stride)),
            nn.ReLU6(inplace=True),
            *_normed(_pointwise(wide, out_channels)),
        )
        self.residual = stride == 1 and in_channels == out_channels

    def forward(self, features: Tensor) -> Tensor:
        """Return (N, out_channels, H / stride, W / stride) for features (N, in_channels, H, W)."""
        filtered = self.convs(features)
        return features + filtered if self.residual else filtered


class EfficientNetLite0(nn.Module):
    """The network without its classifier: 3.4 million weights, ReLU6 throughout and no squeeze-and-excitation.

    Args:
        in_channels: channels of the image, 3 for RGB.
        frozen_stages: how many stages, and the stem before them, keep their weights and their batch statistics. Most
            of the time goes into these few layers with many pixels, and what they do suits other pictures as well.
    """

    def __init__(self, in_channels: int = 3, frozen_stages: int = 0) -> None:
        super().__init__()
        self.stem = nn.Sequential(*_normed(Stem(in_channels, 32)), nn.ReLU6(inplace=True))
        stages, channels = [], 32
        for blocks, kernel, stride, width, expansion in STAGES:
            stage = [InvertedResidual(channels, width, kernel, stride, expansion)]
            stage += [InvertedResidual(width, width, kernel, 1, expansion) for _ in range(blocks - 1)]
            stages.append(nn.Sequential(*stage))
            channels = width
        self.stages = nn.ModuleList(stages)
        self.frozen = [self.stem, *stages[:frozen_stages]] if frozen_stages else []
        for part in self.frozen:
            part.requires_grad_(False)

    def train(self, mode: bool = True) -> EfficientNetLite0:
        """Set the mode of the parts that are not frozen; the others always use their stored batch statistics."""
        super().train(mode)
        for part in self.frozen:
            part.eval()
        return self

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the features at 1/2, 1/4, 1/8, 1/16 and 1/32 of the size of images (N, in_channels, H, W)."""
        features = self.stem(images)  # (N, 32, H/2, W/2)
        found = []
        for stage in self.stages:
            features = stage(features)
            found.append(features)
        return [found[0], found[1], found[2], found[4], found[6]]


def _normed(convolution: nn.Conv2d) -> tuple[nn.Module, nn.Module]:
    return convolution, nn.BatchNorm2d(convolution.out_channels, eps=BN_EPSILON)


def _pointwise(in_channels: int, out_channels: int) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, kernel_size=1, bias=False)
