"""The smallest network with the shape of a U: one stage down, one stage up, one skip."""

from __future__ import annotations

import torch
from torch import nn

from course_lib.models.base import SegmentationModel
from course_lib.models.inputs import check_choice
from course_lib.models.skips import Skip, join_skip, joined_channels


class TinyUNet(SegmentationModel):
    """The tiny U-Net of Lesson 33 (worked example tiny-unet-shapes).

    One 3x3 convolution per stage and no batch norm, so that every tensor can be followed by hand.

    Args:
        in_channels: channels of the image, 3 for RGB.
        num_classes: channels of the logits.
        width: channels at full resolution; twice as many at half resolution.
        skip: "concat" joins the encoder's full-resolution features to the decoder's, "add" sums them, "none"
            leaves them out, which is worth training once to see what happens to the edges.
    """

    def __init__(
        self, in_channels: int = 3, num_classes: int = 3, width: int = 16, skip: Skip = "concat"
    ) -> None:
        super().__init__(in_channels, multiple=2)
        check_choice("skip", skip, Skip)
        self.skip = skip
        self.encoder = nn.Conv2d(in_channels, width, kernel_size=3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.bottleneck = nn.Conv2d(width, 2 * width, kernel_size=3, padding=1)
        self.upsample = nn.ConvTranspose2d(2 * width, width, kernel_size=2, stride=2)
        self.decoder = nn.Conv2d(joined_channels(width, skip), width, kernel_size=3, padding=1)
        self.head = nn.Conv2d(width, num_classes, kernel_size=1)

    @property
    def size_rule(self) -> str:
        """What a side must be, as the error message says it."""
        return "one pooling needs both sides to be even"

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (N, num_classes, H, W) for images (N, in_channels, H, W) with even H and W."""
        detail = torch.relu(self.encoder(images))  # (N, 16, H, W)
        context = torch.relu(self.bottleneck(self.pool(detail)))  # (N, 32, H/2, W/2)
        features = self.upsample(context)  # (N, 16, H, W)
        features = join_skip(features, detail, self.skip)  # (N, 32, H, W)
        features = torch.relu(self.decoder(features))  # (N, 16, H, W)
        return self.head(features)  # (N, num_classes, H, W)
