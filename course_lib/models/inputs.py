"""The inputs of a network: checks of its images and options, and the sizes that it accepts."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Literal, get_args

import torch

Padding = Literal["same", "valid"]

OutputSize = Callable[[int], int | None]
"""Side of the logits for a side of the image, in pixels; None if the network cannot take that side."""


def check_choice(option: str, value: str, choices: object) -> None:
    """Raise a ValueError unless ``value`` is one of the words of the ``Literal`` type ``choices``."""
    words = get_args(choices)
    if value not in words:
        known = ", ".join(repr(word) for word in words)
        raise ValueError(f"{option} is {value!r}, but it must be one of {known}.")


def check_image_batch(images: torch.Tensor, in_channels: int) -> None:
    """Raise unless ``images`` is a floating-point tensor of shape (N, in_channels, H, W).

    Raises:
        TypeError: not a tensor, or not of a floating-point dtype.
        ValueError: not four dimensions, or not ``in_channels`` channels in the second one.
    """
    if not isinstance(images, torch.Tensor):
        raise TypeError(
            f"images is a {type(images).__name__}, but a network takes a float tensor of shape (N, C, H, W)."
        )
    shape = tuple(images.shape)
    if images.ndim != 4:
        remedy = "; add the batch dimension with images.unsqueeze(0)" if images.ndim == 3 else ""
        raise ValueError(
            f"images has shape {shape}, but a network takes a batch of shape (N, C, H, W){remedy}."
        )
    if shape[1] != in_channels:
        remedy = (
            "; move the channels forward with images.permute(0, 3, 1, 2)" if shape[3] == in_channels else ""
        )
        raise ValueError(
            f"images has shape {shape}, which is {shape[1]} channels in (N, C, H, W), "
            f"but this network was built for {in_channels}{remedy}."
        )
    if not images.is_floating_point():
        raise TypeError(
            f"images has dtype {images.dtype}, but a network computes in floats; "
            "scale uint8 pixels with images.float() / 255, then normalise them as in training."
        )


def conv_output_size(size: int, poolings: int, padding: Padding = "same") -> int | None:
    """Follow one side through a U-Net: two 3x3 convolutions per stage, 2x2 pooling down, doubling up.

    Args:
        size: height or width of the image, in pixels.
        poolings: how often the encoder halves it; the decoder doubles it as often.
        padding: "same" keeps the size in a convolution; "valid" loses one pixel on either side.

    Returns:
        The side of the logits, in pixels, or None if the network cannot take this size: a pooling would meet
        an odd side, and drop its last pixel, or nothing would be left. Ronneberger et al. 2015 choose their
        tiles by this rule; worked examples unet-572 (572 gives 388) and unet-shapes (256 gives 256).
    """
    lost = 4 if padding == "valid" else 0
    for _ in range(poolings):
        size -= lost
        if size % 2:
            return None
        size //= 2
    size -= lost
    for _ in range(poolings):
        size = 2 * size - lost
    return size if size > 0 else None


def check_image_size(images: torch.Tensor, output_size: OutputSize, rule: str) -> None:
    """Raise a ValueError unless ``output_size`` takes both sides of ``images`` (N, C, H, W).

    The message gives the size of the images, the ``rule``, and the nearest sizes to crop to and to pad to, each
    with the size of its logits.
    """
    height, width = images.shape[2:]
    if output_size(height) and output_size(width):
        return
    crop = [next((size for size in range(side, 0, -1) if output_size(size)), 0) for side in (height, width)]
    pad = [next(size for size in count(side) if output_size(size)) for side in (height, width)]
    remedies = [
        f"{verb} {sides[0]} x {sides[1]} (logits {output_size(sides[0])} x {output_size(sides[1])})"
        for verb, sides in (("crop to", crop), ("pad to", pad))
        if all(sides)  # an image that is too small cannot be cropped
    ]
    raise ValueError(f"images are {height} x {width} (H x W), but {rule}: {' or '.join(remedies)}.")
