"""HRNet (Sun, Xiao, Liu and Wang 2019; segmentation: Wang et al. 2020), small.

An encoder throws the fine resolution away and a decoder brings it back. HRNet never throws it away: branches at
several resolutions run side by side and exchange their features after every stage.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.models.base import SegmentationModel
from course_lib.models.dilated_resnet import ConvBNReLU, ResidualBlock


class Branches(nn.ModuleList):
    """Residual blocks for every branch, side by side.

    Args:
        widths: channels of the branches.
        blocks: residual blocks per branch.
    """

    def __init__(self, widths: Sequence[int], blocks: int) -> None:
        super().__init__(
            nn.Sequential(*(ResidualBlock(width, width) for _ in range(blocks))) for width in widths
        )

    def forward(self, branches: list[torch.Tensor]) -> list[torch.Tensor]:
        """Return branches of the same shapes."""
        return [blocks(branch) for blocks, branch in zip(self, branches, strict=True)]


class Gather(nn.ModuleList):
    """All branches, brought to the resolution and the channels of one branch, and added up.

    Down: a 3x3 convolution with stride 2 for each halving. Up: a 1x1 convolution, then bilinear. Same: unchanged.
    """

    def __init__(self, target: int, widths: Sequence[int], out_channels: int) -> None:
        super().__init__(_path(source, target, width, out_channels) for source, width in enumerate(widths))

    def forward(self, branches: list[torch.Tensor], size: tuple[int, int]) -> torch.Tensor:
        """Return (N, out_channels, *size)."""
        parts = [path(branch) for path, branch in zip(self, branches, strict=True)]
        same = [part if part.shape[2:] == size else _enlarge(part, size) for part in parts]
        return torch.relu(torch.stack(same).sum(dim=0))


class Exchange(nn.Module):
    """Every branch gets the sum of all branches.

    Args:
        widths: channels of the input branches, finest first; each has half the size of the one before.
        out_widths: channels of the output branches. One more than there are inputs opens a coarser branch.
    """

    def __init__(self, widths: Sequence[int], out_widths: Sequence[int]) -> None:
        super().__init__()
        self.targets = nn.ModuleList(Gather(target, widths, width) for target, width in enumerate(out_widths))

    def forward(self, branches: list[torch.Tensor]) -> list[torch.Tensor]:
        """Return branches (N, out_widths[i], H / 2**i, W / 2**i) for branches (N, widths[i], H / 2**i, W / 2**i)."""
        height, width = branches[0].shape[2:]
        return [
            gather(branches, (height >> halvings, width >> halvings))
            for halvings, gather in enumerate(self.targets)
        ]


class HRNet(SegmentationModel):
    """Four branches, at a half to a sixteenth of the image; 1.0 million parameters with the defaults.

    The paper's stem quarters its images of 1024 x 512 first; here images of 128 x 128 are halved.

    Args:
        in_channels: channels of the image, 3 for RGB.
        num_classes: channels of the logits.
        widths: channels of the branches, finest first. Stage k runs the first k of them.
        blocks: residual blocks of each branch in each stage.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 3,
        widths: Sequence[int] = (16, 32, 64, 128),
        blocks: int = 1,
    ) -> None:
        super().__init__(in_channels, multiple=2 ** len(widths))
        self.stem = ConvBNReLU(in_channels, widths[0], stride=2)
        self.stages = nn.ModuleList(Branches(widths[: stage + 1], blocks) for stage in range(len(widths)))
        self.exchanges = nn.ModuleList(
            Exchange(widths[: stage + 1], widths[: stage + 2]) for stage in range(len(widths))
        )
        self.head = nn.Sequential(
            ConvBNReLU(sum(widths), sum(widths), kernel_size=1),
            nn.Conv2d(sum(widths), num_classes, kernel_size=1),
        )

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (N, num_classes, H, W) for images (N, in_channels, H, W) that fit."""
        branches = [self.stem(images)]  # (N, 16, H/2, W/2)
        for stage, exchange in zip(self.stages, self.exchanges, strict=True):
            branches = exchange(stage(branches))  # (N, 16, H/2, W/2), (N, 32, H/4, W/4), ...
        fine = branches[0].shape[2:]
        same = [_enlarge(branch, fine) for branch in branches]  # each (N, C, H/2, W/2)
        logits = self.head(torch.cat(same, dim=1))  # (N, num_classes, H/2, W/2)
        return _enlarge(logits, images.shape[2:])  # (N, num_classes, H, W)


def _enlarge(features: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    return F.interpolate(features, size=tuple(size), mode="bilinear")


def _path(source: int, target: int, in_channels: int, out_channels: int) -> nn.Module:
    """Build the layers that bring branch ``source`` to the channels of branch ``target``, and down to its size."""
    if source == target:
        return nn.Identity()
    if source > target:
        return _linear(in_channels, out_channels, kernel_size=1)
    halvings = target - source
    convs = [ConvBNReLU(in_channels, in_channels, stride=2) for _ in range(halvings - 1)]
    return nn.Sequential(*convs, _linear(in_channels, out_channels, kernel_size=3, stride=2))


def _linear(in_channels: int, out_channels: int, kernel_size: int, stride: int = 1) -> nn.Sequential:
    """Build a convolution and batch norm without ReLU: the terms of the sum may be negative."""
    conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, kernel_size // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out_channels))
