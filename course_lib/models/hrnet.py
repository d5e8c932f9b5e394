"""HRNet (Sun, Xiao, Liu and Wang 2019; segmentation: Wang et al. 2020), small.

An encoder throws the fine resolution away and a decoder brings it back. HRNet never throws it away: branches at
several resolutions run side by side, and tell each other what they see after every stage.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.models.dilated_resnet import ConvBNReLU, ResidualBlock
from course_lib.models.inputs import fit_image_size


class Branches(nn.ModuleList):
    """Residual blocks for every branch, side by side.

    Args:
        widths: channels of the branches.
        blocks: how many each branch has.
    """

    def __init__(self, widths: Sequence[int], blocks: int) -> None:
        super().__init__(
            nn.Sequential(*(ResidualBlock(width, width) for _ in range(blocks))) for width in widths
        )

    def forward(self, branches: list[torch.Tensor]) -> list[torch.Tensor]:
        """Return branches of the same shapes."""
        return [blocks(branch) for blocks, branch in zip(self, branches, strict=True)]


class Gather(nn.ModuleList):
    """All branches, brought to the resolution and the channels of one, and summed up.

    Down: a 3x3 convolution with stride 2 for every halving. Up: a 1x1 convolution, then bilinear. Straight: nothing.
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
        widths: channels of the branches that come in, finest first; each has half the size of the one before.
        out_widths: of the branches that go out. One more than come in opens a coarser branch.
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


class HRNet(nn.Module):
    """Four branches, at a half to a sixteenth of the image; 1.0 million parameters with the defaults.

    The paper's stem quarters its images of 1024 x 512 first; here images of 128 x 128 are halved.

    Args:
        in_channels: channels of the image, 3 for RGB.
        num_classes: channels of the logits.
        widths: channels of the branches, finest first. Stage k runs the first k of them.
        blocks: residual blocks of each branch in each stage.
        pad_input: take any size, by repeating edge pixels up to one that fits and cropping the logits back.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 3,
        widths: Sequence[int] = (16, 32, 64, 128),
        blocks: int = 1,
        pad_input: bool = False,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.multiple = 2 ** len(widths)
        self.pad_input = pad_input
        self.stem = ConvBNReLU(in_channels, widths[0], stride=2)
        self.stages = nn.ModuleList(Branches(widths[: stage + 1], blocks) for stage in range(len(widths)))
        self.exchanges = nn.ModuleList(
            Exchange(widths[: stage + 1], widths[: stage + 2]) for stage in range(len(widths))
        )
        self.head = nn.Sequential(
            ConvBNReLU(sum(widths), sum(widths), kernel_size=1),
            nn.Conv2d(sum(widths), num_classes, kernel_size=1),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (N, num_classes, H, W) for float images (N, in_channels, H, W).

        Raises:
            TypeError, ValueError: images of another kind, shape, dtype or size, with what to do about it.
        """
        fitted = fit_image_size(images, self.in_channels, self.multiple, self.pad_input)  # (N, C, H', W')
        branches = [self.stem(fitted)]  # (N, 16, H/2, W/2)
        for stage, exchange in zip(self.stages, self.exchanges, strict=True):
            branches = exchange(stage(branches))  # (N, 16, H/2, W/2), (N, 32, H/4, W/4), ...
        fine = branches[0].shape[2:]
        same = [_enlarge(branch, fine) for branch in branches]  # each (N, C, H/2, W/2)
        logits = self.head(torch.cat(same, dim=1))  # (N, num_classes, H/2, W/2)
        logits = _enlarge(logits, fitted.shape[2:])  # (N, num_classes, H', W')
        return logits[..., : images.shape[2], : images.shape[3]]


def _enlarge(features: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    return F.interpolate(features, size=tuple(size), mode="bilinear")


def _path(source: int, target: int, in_channels: int, out_channels: int) -> nn.Module:
    """Build what brings branch ``source`` to the channels of branch ``target``, and down to its size; not up."""
    if source == target:
        return nn.Identity()
    if source > target:
        return _linear(in_channels, out_channels, kernel_size=1)
    halvings = target - source
    convs = [ConvBNReLU(in_channels, in_channels, stride=2) for _ in range(halvings - 1)]
    return nn.Sequential(*convs, _linear(in_channels, out_channels, kernel_size=3, stride=2))


def _linear(in_channels: int, out_channels: int, kernel_size: int, stride: int = 1) -> nn.Sequential:
    """Build a convolution and batch norm without ReLU: what is summed up may be negative."""
    conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, kernel_size // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out_channels))
