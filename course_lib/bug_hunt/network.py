"""Small networks for the bug hunt; a piece that may hold a bug is passed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Decode = Callable[[Tensor, Sequence[Tensor], Iterable[nn.Module], Iterable[nn.Module]], Tensor]
SeeWide = Callable[[Tensor, Sequence[Tensor]], Tensor]
MARGIN = 8  # the pixels that the convolutions of ValidNet take away on each side


def decode(
    features: Tensor, skips: Sequence[Tensor], ups: Iterable[nn.Module], convs: Iterable[nn.Module]
) -> Tensor:
    """Return to full size: enlarge, add the skip of that size, convolve; from coarse to fine."""
    for up, conv, skip in zip(ups, convs, reversed(skips), strict=True):
        features = conv(up(features) + skip)
    return features


class SmallUNet(nn.Module):
    """A U-Net with one convolution per stage, whose skips are added.

    Args:
        decode: the way back up, of the bottleneck's features, the skips (fine to coarse), and the decoder's modules.
        dropout: share of the last features' channels that are left out in training.
    """

    def __init__(
        self,
        decode: Decode = decode,
        dropout: float = 0.0,
        widths: Sequence[int] = (16, 24, 32, 48),
        num_classes: int = 3,
    ) -> None:
        super().__init__()
        self.decode = decode
        self.stem = _conv(3, widths[0])
        self.downs = nn.ModuleList(_conv(fine, coarse) for fine, coarse in pairwise(widths))
        levels = [(coarse, fine) for fine, coarse in pairwise(widths)][::-1]
        self.ups = nn.ModuleList(_doubling(coarse, fine) for coarse, fine in levels)
        self.convs = nn.ModuleList(_conv(fine, fine) for _, fine in levels)
        self.dropout = nn.Dropout2d(dropout)
        self.head = nn.Conv2d(widths[0], num_classes, kernel_size=1)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (N, num_classes, H, W) for images (N, 3, H, W)."""
        features = self.stem(images)  # (N, 16, H, W)
        skips = []
        for down in self.downs:
            skips.append(features)
            features = down(F.max_pool2d(features, 2))  # at the bottleneck (N, 48, H/8, W/8)
        features = self.decode(features, skips, self.ups, self.convs)  # (N, 16, H, W)
        return self.head(self.dropout(features))  # (N, num_classes, H, W)


class ValidNet(nn.Module):
    """Only unpadded convolutions: logits are MARGIN pixels smaller on each side."""

    def __init__(self, width: int = 16, num_classes: int = 3) -> None:
        super().__init__()
        steps = [(3, 1), (width, 1), (width, 2), (width, 4)]  # input channels, dilation
        self.convs = nn.Sequential(
            *(_conv(channels, width, padding=0, dilation=dilation) for channels, dilation in steps)
        )
        self.head = nn.Conv2d(width, num_classes, kernel_size=1)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (N, num_classes, H - 2 MARGIN, W - 2 MARGIN)."""
        return self.head(self.convs(images))


class WideNet(nn.Module):
    """A stem, then convolutions that see wide, then a head.

    Args:
        see_wide: features (N, C, H, W) and kernels (C, C, 3, 3) to features of the same size.
    """

    def __init__(self, see_wide: SeeWide, width: int = 16, num_classes: int = 3) -> None:
        super().__init__()
        self.see_wide = see_wide
        self.stem = _conv(3, width)
        kernels = [torch.empty(width, width, 3, 3) for _ in range(3)]
        self.kernels = nn.ParameterList(nn.init.kaiming_normal_(kernel) for kernel in kernels)
        self.norm = nn.BatchNorm2d(width)
        self.head = nn.Conv2d(width, num_classes, kernel_size=1)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (N, num_classes, H, W) for images (N, 3, H, W)."""
        return self.head(self.norm(self.see_wide(self.stem(images), list(self.kernels))))


def _conv(in_channels: int, out_channels: int, padding: int = 1, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=padding, dilation=dilation),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
    )


def _doubling(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, kernel_size=1), nn.Upsample(scale_factor=2))
