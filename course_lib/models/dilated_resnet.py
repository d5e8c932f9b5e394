"""A small ResNet that may stop shrinking the image and dilate its kernels instead, for DeepLab and PSPNet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

STAGES = 4
MAX_STRIDE = 2 ** (STAGES + 1)


class ConvBNReLU(nn.Sequential):
    """Convolution, batch norm, ReLU; the convolution has no bias, because batch norm would subtract it again.

    The padding keeps height and width if ``stride`` is 1: a 3x3 kernel with dilation 4 spans 9 pixels, so 4
    are missing at each edge.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int = 3, stride: int = 1, dilation: int = 1
    ) -> None:
        padding = dilation * (kernel_size - 1) // 2
        super().__init__(
            nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, dilation, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
        )


class ResidualBlock(nn.Module):
    """The basic block of ResNet (He et al. 2015): the result of two convolutions is added to their input."""

    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1, dilations: tuple[int, int] = (1, 1)
    ) -> None:
        super().__init__()
        first, second = dilations
        self.convs = nn.Sequential(
            ConvBNReLU(in_channels, out_channels, stride=stride, dilation=first),
            nn.Conv2d(out_channels, out_channels, 3, padding=second, dilation=second, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.shortcut = nn.Sequential()  # the identity where shapes agree
        if stride > 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return (N, out_channels, H/stride, W/stride) for features (N, in_channels, H, W)."""
        return torch.relu(self.convs(features) + self.shortcut(features))


class DilatedResNet(nn.Module):
    """A stem and four stages of two residual blocks; with output stride 32 an ordinary ResNet, 18 layers deep.

    Args:
        in_channels: channels of the image.
        widths: channels of the stem and of each stage.
        output_stride: how many times smaller the last features are than the image, 8, 16 or 32. A stage that
            would shrink them further keeps their size, and all layers after it double their dilation, so that they
            see as much of the image as before: on every second pixel, the same weights compute the same numbers
            (Yu and Koltun 2015; Chen et al. 2017).
    """

    def __init__(
        self,
        in_channels: int = 3,
        widths: Sequence[int] = (32, 48, 96, 192, 256),
        output_stride: int = 16,
    ) -> None:
        super().__init__()
        if output_stride not in (8, 16, MAX_STRIDE):
            raise ValueError(f"output_stride is {output_stride}, but it must be 8, 16 or {MAX_STRIDE}.")
        if len(widths) != STAGES + 1:
            raise ValueError(
                f"widths is {tuple(widths)}, but this encoder needs {STAGES + 1} numbers: one for its stem and one "
                f"for each of its {STAGES} stages."
            )
        self.stem = ConvBNReLU(in_channels, widths[0], stride=2)
        self.stages = nn.ModuleList()
        reached, dilation = 2, 1
        for before, width in pairwise(widths):
            stride = 2 if reached < output_stride else 1
            dilations = (dilation, dilation * (2 // stride))
            reached, dilation = reached * stride, dilations[1]
            first = ResidualBlock(before, width, stride, dilations)
            self.stages.append(nn.Sequential(first, ResidualBlock(width, width, 1, (dilation, dilation))))

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return the features of every stage, finest first: (N, C, H/4, W/4), ... down to the output stride."""
        features = self.stem(images)  # (N, 32, H/2, W/2)
        found = []
        for stage in self.stages:
            features = stage(features)  # (N, C, H/4, W/4), then H/8, ...
            found.append(features)
        return found
