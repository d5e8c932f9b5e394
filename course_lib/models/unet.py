"""U-Net (Ronneberger, Fischer and Brox 2015), with the choices that the course compares.

Read it beside the paper's figure 1: `DoubleConv` is a pair of blue arrows, `Down` a red one and the pair
below it, `Up` a green one, a grey one (the skip) and the pair after them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count, pairwise, takewhile
from typing import Any, Literal

import torch
from torch import nn

from course_lib.models.base import SegmentationModel
from course_lib.models.inputs import Padding, check_choice, conv_output_size
from course_lib.models.skips import Skip, join_skip, joined_channels

Upsampling = Literal["transposed", "bilinear"]


class DoubleConv(nn.Sequential):
    """A 3x3 convolution, batch norm and ReLU, twice.

    The paper has no batch norm; the study guide adds it, and keeps the convolution's bias before it. Batch
    norm subtracts that bias again, so it is 0.02 % of the parameters with no effect. It stays, so that a
    reader who counts the study guide's parameters finds the same number here.
    """

    def __init__(self, in_channels: int, out_channels: int, padding: Padding = "same") -> None:
        super().__init__(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=padding),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=padding),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )


class Down(nn.Sequential):
    """One stage of the contracting path: 2x2 max pooling, then a double convolution."""

    def __init__(self, in_channels: int, out_channels: int, padding: Padding = "same") -> None:
        super().__init__(nn.MaxPool2d(2), DoubleConv(in_channels, out_channels, padding))


class Up(nn.Module):
    """One stage of the expanding path: double the size, join the skip, then a double convolution."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        upsampling: Upsampling = "transposed",
        padding: Padding = "same",
        skip: Skip = "concat",
    ) -> None:
        super().__init__()
        self.skip = skip
        self.upsample = _doubling(in_channels, out_channels, upsampling)
        self.convs = DoubleConv(joined_channels(out_channels, skip), out_channels, padding)

    def forward(self, features: torch.Tensor, encoded: torch.Tensor) -> torch.Tensor:
        """Return (N, out_channels, 2H, 2W); with "valid" padding both sides are 4 pixels smaller.

        Args:
            features: (N, in_channels, H, W) from the stage below.
            encoded: (N, out_channels, >= 2H, >= 2W) from the encoder, at the level of the output.
        """
        features = self.upsample(features)  # (N, out_channels, 2H, 2W)
        encoded = centre_crop(encoded, *features.shape[2:])
        return self.convs(join_skip(features, encoded, self.skip))


class UNet(SegmentationModel):
    """The U-Net of the study guide, section 15 (worked examples unet-shapes and unet-572).

    With the defaults and three classes it has 31,043,651 parameters, 16 x 16 x 1024 at the bottleneck of a
    256 x 256 image, and logits as large as the image.

    Args:
        in_channels: channels of the image, 3 for RGB.
        num_classes: channels of the logits.
        widths: channels of each level from full resolution down to the bottleneck; two levels or more.
        up: "transposed" is a learned 2x2 transposed convolution with stride 2; "bilinear" is a 1x1
            convolution and bilinear upsampling, with fewer parameters and no checkerboard.
        padding: "same" gives logits as large as the image; "valid" is as in the paper, invents no pixels
            beyond the border, and gives smaller logits, 388 x 388 for 572 x 572.
        skip: "concat", "add" or "none", see `course_lib.models.skips.join_skip`.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 3,
        widths: Sequence[int] = (64, 128, 256, 512, 1024),
        up: Upsampling = "transposed",
        padding: Padding = "same",
        skip: Skip = "concat",
    ) -> None:
        super().__init__(in_channels, multiple=2 ** (len(widths) - 1))
        check_choice("up", up, Upsampling)
        check_choice("padding", padding, Padding)
        check_choice("skip", skip, Skip)
        if len(widths) < 2:
            raise ValueError(
                f"widths is {tuple(widths)}, but a U-Net needs at least two levels, e.g. (16, 32)."
            )
        self.padding = padding
        levels = list(pairwise(widths))
        self.stem = DoubleConv(in_channels, widths[0], padding)
        self.downs = nn.ModuleList(Down(fine, coarse, padding) for fine, coarse in levels)
        self.ups = nn.ModuleList(Up(coarse, fine, up, padding, skip) for fine, coarse in reversed(levels))
        self.head = nn.Conv2d(widths[0], num_classes, kernel_size=1)

    def output_size(self, size: int) -> int | None:
        """Return the side of the logits for a side of the image, in pixels; None if the side does not fit."""
        return conv_output_size(size, len(self.downs), self.padding)

    @property
    def size_rule(self) -> str:
        """What a side must be, as the error message says it."""
        if self.padding == "same":
            return super().size_rule
        return (
            f"both sides must be even before each of the {len(self.downs)} poolings, and unpadded convolutions take "
            "4 pixels away at every stage"
        )

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (N, num_classes, H, W) for images (N, in_channels, H, W) that fit.

        With "valid" padding the logits are smaller: ``self.output_size(H)`` high.
        """
        features = self.stem(images)  # (N, 64, H, W)
        encoded = []
        for down in self.downs:
            encoded.append(features)
            features = down(features)  # (N, 2C, H/2, W/2), at the bottleneck (N, 1024, H/16, W/16)
        for up in self.ups:
            features = up(features, encoded.pop())  # (N, C/2, 2H, 2W), at the end (N, 64, H, W)
        return self.head(features)  # (N, num_classes, H, W)


def options_of(weights: Mapping[str, torch.Tensor], prefix: str = "") -> dict[str, Any]:
    """Return the options of the `UNet` whose state_dict this is, read from the shapes of its tensors.

    Args:
        weights: tensors by name.
        prefix: the beginning of the names, if the U-Net is part of a larger network.
    """
    names = (f"{prefix}downs.{level}.1.0.weight" for level in count())
    found = [f"{prefix}stem.0.weight", *takewhile(weights.__contains__, names)]
    return {"widths": tuple(len(weights[name]) for name in found if name in weights)}


def centre_crop(features: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Return the middle ``height`` x ``width`` of ``features`` (N, C, H, W)."""
    top = (features.shape[2] - height) // 2
    left = (features.shape[3] - width) // 2
    return features[:, :, top : top + height, left : left + width]


def _doubling(in_channels: int, out_channels: int, upsampling: Upsampling) -> nn.Module:
    if upsampling == "transposed":
        return nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2)
    # The 1x1 convolution comes first: it commutes with interpolation, and costs a quarter before it.
    # align_corners=False puts each new pixel where pooling took it from. True would stretch the grid from
    # corner to corner, by a factor that depends on the image's size, and shift features against their skip.
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size=1),
        nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
    )
