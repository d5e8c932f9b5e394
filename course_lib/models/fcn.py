"""FCN (Long, Shelhamer and Darrell 2015): a pyramid with one score map per level, added on the way back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.models.base import SegmentationModel


class Stage(nn.Sequential):
    """A 3x3 convolution, batch norm, ReLU, and a 2x2 max pooling that keeps the last row and column of odd sizes."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2, ceil_mode=True),
        )


class FCN(SegmentationModel):
    """A small FCN-32s, FCN-16s or FCN-8s; it takes images of any size and returns logits of that size.

    The paper's encoder is VGG-16; this one has one convolution per stage and trains on a laptop. As in the paper, 1x1
    convolutions turn features into scores, transposed convolutions that start as bilinear interpolation double them,
    scores of finer stages are added, and the last enlargement is plain bilinear.

    Args:
        in_channels: channels of the image, 3 for RGB.
        num_classes: channels of the logits.
        widths: channels of the stages, each at half the size of the one before it.
        skips: how many finer stages add their scores. With five stages 0 is FCN-32s, 1 is FCN-16s, 2 is FCN-8s.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 3,
        widths: Sequence[int] = (32, 64, 128, 256, 256),
        skips: int = 2,
    ) -> None:
        super().__init__(in_channels)
        if not 0 <= skips < len(widths):
            raise ValueError(
                f"skips is {skips}, but with {len(widths)} stages 0 to {len(widths) - 1} finer ones can be added."
            )
        self.stride = 2 ** (len(widths) - skips)
        self.stages = nn.ModuleList(Stage(*channels) for channels in pairwise([in_channels, *widths]))
        coarse_to_fine = list(reversed(widths))[: skips + 1]
        self.scores = nn.ModuleList(nn.Conv2d(width, num_classes, kernel_size=1) for width in coarse_to_fine)
        self.doublings = nn.ModuleList(bilinear_doubling(num_classes) for _ in range(skips))

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (N, num_classes, >= H, >= W) for images (N, in_channels, H, W) of any size."""
        pyramid, features = [], images
        for stage in self.stages:
            features = stage(features)
            pyramid.append(features)  # (N, width, H/2, W/2), (N, width, H/4, W/4), ...
        *finer, coarsest = pyramid
        scores = self.scores[0](coarsest)  # (N, num_classes, H/32, W/32)
        for score, double, skip in zip(self.scores[1:], self.doublings, reversed(finer), strict=False):
            scores = _crop(double(scores), skip) + score(skip)  # (N, num_classes, H/16, W/16), ...
        return F.interpolate(
            scores, scale_factor=self.stride, mode="bilinear"
        )  # poolings round up: >= H, >= W


def bilinear_doubling(channels: int) -> nn.ConvTranspose2d:
    """Return a transposed convolution that doubles height and width, and starts as bilinear interpolation.

    Kernel 4, stride 2, padding 1: the stride divides the kernel, so there is no checkerboard. Channels do not mix.
    """
    layer = nn.ConvTranspose2d(channels, channels, kernel_size=4, stride=2, padding=1, bias=False)
    slope = torch.tensor([0.25, 0.75, 0.75, 0.25])
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight[range(channels), range(channels)] = slope[:, None] * slope  # (channels, 4, 4)
    return layer


def _crop(maps: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Cut off rows and columns beyond the size of ``like``, because poolings rounded up."""
    return maps[..., : like.shape[2], : like.shape[3]]
