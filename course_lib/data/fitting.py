"""How a photo becomes an image of the size that a network is trained at, and which part of it a prediction is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image

from course_lib.class_ids import IGNORE_INDEX
from course_lib.data.sizes import Size, height_width, size_text
from course_lib.image_statistics import MEAN

FITS = ("letterbox", "squeeze")

FILL = tuple(round(mean) for mean in MEAN)
"""The colour around a letterboxed photo: the mean of ImageNet's photos. Normalised it is 0, as is the padding of a
convolution, so a photo's edge looks alike wherever it is."""


class Place(NamedTuple):
    """The part of a canvas that a photo takes up, in pixels."""

    top: int
    left: int
    height: int
    width: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """The rows and the columns, to index an array (H, W) or (H, W, 3) with."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


@dataclass(frozen=True)
class Canvas:
    """The images that a network is given: how large they are, and how photos are put on them.

    Attributes:
        height, width: of the images, in pixels.
        fit: "squeeze" stretches a photo over the whole canvas; "letterbox" keeps its shape and fills the rest, which is
            void in the mask.
        room: height and width that a letterboxed photo may take up; the whole canvas by default. It is smaller if the
            network cannot take images of the size that was asked for.
    """

    height: int
    width: int
    fit: str = "squeeze"
    room: tuple[int, int] | None = None

    @classmethod
    def of(cls, size: Size | Canvas) -> Canvas:
        """Return a canvas that photos are squeezed to; a canvas is returned as it is."""
        return size if isinstance(size, Canvas) else cls(*height_width(size))

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    @property
    def size(self) -> Size:
        """The side of a square canvas; height and width of another one."""
        return self.height if self.height == self.width else self.shape

    @property
    def name(self) -> str:
        """A name for folders and messages: "128", "180x240", "letterbox-180x240-in-192x256"."""
        whole = size_text(self.shape)
        if self.fit == "squeeze":
            return whole
        room = self.room or self.shape
        return f"{self.fit}-{room[0]}x{room[1]}-in-{whole}"

    def place(self, height: int, width: int) -> Place:
        """Return the part of the canvas that a photo of this size takes up."""
        if self.fit == "squeeze":
            return Place(0, 0, *self.shape)
        room = self.room or self.shape
        scale = min(room[0] / height, room[1] / width)
        fitted = max(1, round(height * scale)), max(1, round(width * scale))
        return Place((self.height - fitted[0]) // 2, (self.width - fitted[1]) // 2, *fitted)

    def fit_image(self, image: np.ndarray) -> np.ndarray:
        """Put a photo, uint8 (H, W, 3), on the canvas: uint8 (height, width, 3)."""
        place = self.place(*image.shape[:2])
        canvas = np.full((*self.shape, 3), FILL, np.uint8)
        canvas[place.slices] = resize_image(image, (place.height, place.width))
        return canvas

    def fit_mask(self, mask: np.ndarray) -> np.ndarray:
        """Put the mask of a photo, uint8 (H, W), on the canvas, with void around it: uint8 (height, width)."""
        place = self.place(*mask.shape)
        canvas = np.full(self.shape, IGNORE_INDEX, np.uint8)
        canvas[place.slices] = resize_mask(mask, (place.height, place.width))
        return canvas


def resize_image(image: np.ndarray, size: Size) -> np.ndarray:
    """Squeeze an image, uint8 (H, W, 3), to another size, bilinearly with antialiasing."""
    return np.array(Image.fromarray(image).resize(height_width(size)[::-1], Image.Resampling.BILINEAR))


def resize_mask(mask: np.ndarray, size: Size) -> np.ndarray:
    """Squeeze a mask, uint8 (H, W), to another size by nearest neighbour: class ids do not blend."""
    return np.array(Image.fromarray(mask).resize(height_width(size)[::-1], Image.Resampling.NEAREST))
