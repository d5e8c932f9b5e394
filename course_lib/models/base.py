"""The base class of all models: it checks the images and cuts the logits to their size."""

from __future__ import annotations

import torch
from torch import nn

from course_lib.models.inputs import check_image_batch, check_image_size


class SegmentationModel(nn.Module):
    """A network from images (N, in_channels, H, W) to logits (N, num_classes, H, W).

    Attributes:
        scales: sizes, as shares of the usual one, at which predictions are made and averaged.

    A model implements :meth:`logits`. If its sizes follow another rule than "multiples of", it also overrides
    :meth:`output_size` and :attr:`size_rule`.

    Args:
        in_channels: channels of the image, 3 for RGB.
        multiple: both sides of an image must be multiples of this many pixels; 1 takes every size.
    """

    scales: tuple[float, ...] = (1.0,)

    def __init__(self, in_channels: int, multiple: int = 1) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.multiple = multiple

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (N, num_classes, >= H, >= W) for images that fit; what is beyond H and W is cut off."""
        raise NotImplementedError

    def output_size(self, size: int) -> int | None:
        """Return the side of the logits for a side of the image, in pixels; None if the side does not fit."""
        return None if size % self.multiple else size

    @property
    def size_rule(self) -> str:
        """What a side must be, as the error message says it."""
        return f"both sides must be multiples of {self.multiple}"

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (N, num_classes, H, W) for float images (N, in_channels, H, W).

        Raises:
            TypeError: the images are not a tensor, or not of a floating-point dtype.
            ValueError: their shape or size does not fit; the message gives the nearest sizes that do.
        """
        check_image_batch(images, self.in_channels)
        check_image_size(images, self.output_size, self.size_rule)
        height, width = images.shape[2:]
        return self.logits(images)[..., :height, :width]
