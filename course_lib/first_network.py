"""The trained network of lesson 00: a fast-unet that predicts with NumPy, so that a first mask needs no torch.

It was trained on the pets of the Oxford-IIIT Pet data set (Parkhi et al. 2012, CC BY-SA 4.0) by
docs/train_pets_weights.py. The same network, to be read and trained, is `course_lib.models.fast_unet`.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from course_lib.image_statistics import MEAN, STD
from course_lib.small_weights import read_small

PETS_WEIGHTS = Path(__file__).with_suffix(".npz")
SIDE = 160  # of the square that photos are squeezed to, as in training; a multiple of 32
FOLD = 2

Array = NDArray[np.float32]


class FirstNetwork:
    """A network that tells pet, background and border apart.

    Args:
        path: weights of a `FastUNet` of three classes, written by `course_lib.small_weights.write_small`.
    """

    def __init__(self, path: Path = PETS_WEIGHTS) -> None:
        self._path = path

    @cached_property
    def weights(self) -> dict[str, Array]:
        """The weights by the names that they have in torch; they are read when they are first needed."""
        return read_small(self._path)

    @property
    def parameters(self) -> int:
        """How many numbers training has set."""
        return sum(array.size for name, array in self.weights.items() if name.endswith((".weight", ".bias")))

    def scores(self, photo: Image.Image) -> Array:
        """Return scores (3, SIDE, SIDE) of a photo: one map each for pet, background and border."""
        small = ImageOps.exif_transpose(photo).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        image = (np.asarray(small, dtype=np.float32) - MEAN) / STD  # (H, W, 3)
        return self.logits(image.transpose(2, 0, 1).astype(np.float32))

    def logits(self, image: Array) -> Array:
        """Return logits (3, H, W) for one normalised image (3, H, W), both sides multiples of 32."""
        features = self._double_conv("unet.stem.", _folded(image))  # (32, H/2, W/2)
        skips = []
        for level in range(self._levels):
            skips.append(features)
            features = self._double_conv(f"unet.downs.{level}.1.", _max_pooled(features))  # (2C, H/2, W/2)
        for level in range(self._levels):
            name = f"unet.ups.{level}."
            features = _doubled(_convolved(features, *self._kernel(f"{name}upsample.0")))  # (C/2, 2H, 2W)
            features = self._double_conv(f"{name}convs.", np.concatenate([features, skips.pop()]))
        return _unfolded(_convolved(features, *self._kernel("unet.head")))

    @property
    def _levels(self) -> int:
        return sum(name.startswith("unet.downs.") and name.endswith(".1.0.weight") for name in self.weights)

    def _double_conv(self, name: str, features: Array) -> Array:
        """Convolve, normalise and cut off below 0, twice: the layers 0 to 5 of a `DoubleConv`."""
        for layer in (0, 3):
            features = _convolved(features, *self._kernel(f"{name}{layer}"))
            features = np.maximum(self._normalised(f"{name}{layer + 1}", features), 0)
        return features

    def _kernel(self, name: str) -> tuple[Array, Array]:
        return self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]

    def _normalised(self, name: str, features: Array) -> Array:
        """Return features with the batch norm of evaluation: the averages of training are built in."""
        mean, variance, scale, shift = (
            self.weights[f"{name}.{part}"][:, None, None]
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        return (features - mean) / np.sqrt(variance + 1e-5) * scale + shift


def _convolved(features: Array, kernel: Array, bias: Array) -> Array:
    """Return the convolution of features (C, H, W) with a kernel (D, C, k, k), padded with zeros: (D, H, W)."""
    _, height, width = features.shape
    side = kernel.shape[-1]
    padded = np.pad(features, ((0, 0), (side // 2, side // 2), (side // 2, side // 2)))
    shifted = [
        padded[:, top : top + height, left : left + width].reshape(len(features), -1)
        for top in range(side)
        for left in range(side)
    ]
    patches = np.concatenate(shifted)  # (k * k * C, H * W)
    weights = kernel.transpose(0, 2, 3, 1).reshape(len(kernel), -1)  # (D, k * k * C)
    return (weights @ patches + bias[:, None]).reshape(-1, height, width)


def _max_pooled(features: Array) -> Array:
    channels, height, width = features.shape
    return features.reshape(channels, height // 2, 2, width // 2, 2).max(axis=(2, 4))


def _doubled(features: Array) -> Array:
    """Return features of twice the size, bilinearly: each new value lies a quarter pixel beside an old one."""
    for axis in (1, 2):
        rows = np.moveaxis(features, axis, 0)
        before = np.concatenate([rows[:1], rows[:-1]])
        after = np.concatenate([rows[1:], rows[-1:]])
        pairs = np.stack([0.75 * rows + 0.25 * before, 0.75 * rows + 0.25 * after], axis=1)
        features = np.moveaxis(pairs.reshape(-1, *rows.shape[1:]), 0, axis).astype(np.float32)
    return features


def _folded(image: Array) -> Array:
    """Return every 2 x 2 block of pixels as channels, (4 C, H/2, W/2): torch's PixelUnshuffle."""
    channels, height, width = image.shape
    blocks = image.reshape(channels, height // FOLD, FOLD, width // FOLD, FOLD)
    return blocks.transpose(0, 2, 4, 1, 3).reshape(-1, height // FOLD, width // FOLD)


def _unfolded(features: Array) -> Array:
    """Return channels as 2 x 2 blocks of pixels again: torch's PixelShuffle."""
    channels, height, width = features.shape
    blocks = features.reshape(channels // FOLD**2, FOLD, FOLD, height, width)
    return blocks.transpose(0, 3, 1, 4, 2).reshape(-1, height * FOLD, width * FOLD)
