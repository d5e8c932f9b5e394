"""Paired transforms on whole batches: geometry for image and mask together, colour only for the image.

torchvision's v2 transforms draw one set of parameters per call, so a batch would be flipped as one block. Here
every image of the batch gets its own flip, rotation, zoom and shift, and the whole batch is resampled at once,
which is what keeps data under a twentieth of a training step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.data.sizes import Size, height_width
from course_lib.image_statistics import MEAN, STD
from course_lib.masks import IGNORE_INDEX


def to_tensors(images: np.ndarray, masks: np.ndarray) -> tuple[Tensor, Tensor]:
    """Turn uint8 arrays (N, H, W, 3) and (N, H, W) into uint8 tensors (N, 3, H, W) and (N, H, W).

    The images keep their memory order, which is torch's ``channels_last``.

    Raises:
        ValueError: the arrays are not uint8, or their shapes do not belong together.
    """
    if images.dtype != np.uint8 or masks.dtype != np.uint8:
        raise ValueError(f"expected uint8 images and masks, got {images.dtype} and {masks.dtype}.")
    if images.ndim != 4 or images.shape[-1] != 3 or masks.shape != images.shape[:3]:
        raise ValueError(
            f"expected images (N, H, W, 3) with masks (N, H, W), got {images.shape} and {masks.shape}."
        )
    return torch.from_numpy(images).permute(0, 3, 1, 2), torch.from_numpy(masks)  # (N, 3, H, W), (N, H, W)


def normalize(images: Tensor) -> Tensor:
    """Scale images (N, 3, H, W) from 0..255 to about -2..2, as float32 in channels_last order."""
    mean = torch.tensor(MEAN, device=images.device).view(1, 3, 1, 1)
    std = torch.tensor(STD, device=images.device).view(1, 3, 1, 1)
    return ((images.float() - mean) / std).contiguous(memory_format=torch.channels_last)  # (N, 3, H, W)


def denormalize(images: Tensor) -> Tensor:
    """Undo :func:`normalize`: uint8 (N, 3, H, W)."""
    mean = torch.tensor(MEAN, device=images.device).view(1, 3, 1, 1)
    std = torch.tensor(STD, device=images.device).view(1, 3, 1, 1)
    return (images * std + mean).round().clamp(0, 255).to(torch.uint8)  # (N, 3, H, W)


@dataclass(frozen=True)
class Augment:
    """Random geometry for image and mask together, random colour only for the image.

    Attributes:
        flip: chance of a left-right flip.
        degrees: rotation drawn from -degrees..degrees.
        zoom: scale drawn log-uniformly from 1/zoom..zoom.
        stretch: aspect ratio drawn log-uniformly from 1/stretch..stretch.
        shift: translation drawn from -shift..shift, as a share of the side.
        brightness, contrast, saturation, tint: factors drawn from 1-x..1+x; tint draws one per channel.
    """

    flip: float = 0.5
    degrees: float = 20.0
    zoom: float = 1.5
    stretch: float = 1.35
    shift: float = 0.05
    brightness: float = 0.4
    contrast: float = 0.4
    saturation: float = 0.4
    tint: float = 0.1

    def __call__(
        self,
        images: Tensor,
        masks: Tensor,
        size: Size | None = None,
        generator: torch.Generator | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Transform a batch.

        Args:
            images: uint8 (N, 3, H, W).
            masks: uint8 (N, H, W).
            size: side of the resulting square, or height and width; H and W by default.
            generator: the source of the random numbers.

        Returns:
            float32 images (N, 3, *size) on the 0..255 scale, int64 targets (N, *size) in which
            pixels outside the original image are :data:`~course_lib.masks.IGNORE_INDEX`.
        """
        height, width = images.shape[-2:]
        matrices = for_shape(self.draw_matrices(len(images), generator), height, width)  # (N, 2, 3)
        moved, targets = warp(images, masks, matrices.to(images.device), size or (height, width))
        return self._jitter(moved, generator), targets

    def draw_matrices(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw one affine map per image, from output to input coordinates of squares: float32 (count, 2, 3)."""
        angle = math.radians(self.degrees) * _uniform(count, generator)
        zoom = torch.exp(math.log(self.zoom) * _uniform(count, generator))
        stretch = torch.exp(0.5 * math.log(self.stretch) * _uniform(count, generator))
        mirror = 1.0 - 2.0 * (torch.rand(count, generator=generator) < self.flip).float()
        # affine_grid measures from -1 to 1, so the side is 2 long.
        x_shift = 2 * self.shift * _uniform(count, generator)
        y_shift = 2 * self.shift * _uniform(count, generator)
        rows = [
            [angle.cos() * mirror * stretch / zoom, -angle.sin() * stretch / zoom, x_shift],
            [angle.sin() * mirror / (stretch * zoom), angle.cos() / (stretch * zoom), y_shift],
        ]
        return torch.stack([torch.stack(row, dim=-1) for row in rows], dim=1)  # (count, 2, 3)

    def _jitter(self, images: Tensor, generator: torch.Generator | None) -> Tensor:
        count = len(images)
        brightness = 1 + self.brightness * _uniform(count, generator).view(-1, 1, 1, 1)
        contrast = 1 + self.contrast * _uniform(count, generator).view(-1, 1, 1, 1)
        saturation = 1 + self.saturation * _uniform(count, generator).view(-1, 1, 1, 1)
        tint = 1 + self.tint * _uniform(3 * count, generator).view(-1, 3, 1, 1)
        factors = (factor.to(images.device) for factor in (brightness * tint, contrast, saturation))
        return adjust_colour(images, *factors)  # (N, 3, H, W)


def for_shape(matrices: Tensor, height: int, width: int) -> Tensor:
    """Turn affine maps of squares, (N, 2, 3), into those that do the same to rectangles, without shearing them.

    Coordinates go from -1 to 1 along either side, however long it is, so rows and columns must be weighed against each
    other where they mix.
    """
    weights = torch.tensor([[1.0, height / width, 1.0], [width / height, 1.0, 1.0]])
    return matrices * weights


def warp(images: Tensor, masks: Tensor, matrices: Tensor, size: Size) -> tuple[Tensor, Tensor]:
    """Resample images bilinearly and masks by nearest neighbour through the same affine maps.

    Args:
        images: (N, 3, H, W), any real dtype.
        masks: (N, H, W) with ids 0..254, or IGNORE_INDEX.
        matrices: (N, 2, 3), from output to input coordinates in -1..1, as torch's ``affine_grid`` takes them.
        size: side of the resulting square, or height and width.

    Returns:
        float32 images (N, 3, *size) with black outside, int64 masks (N, *size) with IGNORE_INDEX outside.
    """
    grid = F.affine_grid(matrices, [len(images), 3, *height_width(size)], align_corners=False)  # (N, h, w, 2)
    moved = F.grid_sample(images.float(), grid, mode="bilinear", align_corners=False)
    # grid_sample can only fill with 0, so ids are shifted to make 0 mean "ignore" on the way.
    shifted = masks.unsqueeze(1).float() - IGNORE_INDEX  # (N, 1, H, W)
    labels = F.grid_sample(shifted, grid, mode="nearest", align_corners=False) + IGNORE_INDEX
    return moved, labels.squeeze(1).long()


def adjust_colour(images: Tensor, brightness: Tensor, contrast: Tensor, saturation: Tensor) -> Tensor:
    """Multiply brightness, then stretch about each image's mean, then about each pixel's grey.

    Images are (N, 3, H, W) on the 0..255 scale; each factor broadcasts against them; 1 changes nothing.
    """
    images = images * brightness
    mean = images.mean(dim=(1, 2, 3), keepdim=True)  # (N, 1, 1, 1)
    images = (images - mean) * contrast + mean
    grey = images.mean(dim=1, keepdim=True)  # (N, 1, H, W)
    return ((images - grey) * saturation + grey).clamp(0, 255)


def resize(images: Tensor, masks: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Resize images (N, 3, H, W) bilinearly with antialiasing, masks (N, H, W) by nearest neighbour."""
    smaller = F.interpolate(images.float(), size=(size, size), mode="bilinear", antialias=True)
    labels = F.interpolate(masks.unsqueeze(1).float(), size=(size, size), mode="nearest-exact")
    return smaller, labels.squeeze(1).to(masks.dtype)


def _uniform(count: int, generator: torch.Generator | None) -> Tensor:
    """Draw from -1..1, float32 (count,)."""
    return 2 * torch.rand(count, generator=generator) - 1
