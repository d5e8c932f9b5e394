"""Random textures: noise sheets that are computed once and cut at random, and smoothing at any radius.

The power of a photo falls with frequency as about 1 / f² (Field, 1987). The "cloud" sheet has such a spectrum, the
others keep one band of it. A cut costs one look-up per pixel; fresh noise at several scales would cost most of
the time that a pocket pet takes.
"""

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Field = NDArray[np.float32]  # (H, W)
Kind = Literal["grain", "cloud", "blotch", "hair"]

SHEET_SIDE = 512  # a power of two, so that wrapping around is one bitwise and


@lru_cache
def _sheet(kind: Kind) -> Field:
    """One periodic noise sheet, float32 (512, 512), with mean 0 and standard deviation 1."""
    cycles = np.fft.fftfreq(SHEET_SIDE, 1 / SHEET_SIDE)
    fx, fy = cycles[None, : SHEET_SIDE // 2 + 1], cycles[:, None]
    f = np.hypot(fx, fy)
    amplitude = {
        "grain": np.exp(-((f / 200) ** 2)),
        "cloud": 1 / (f + 2) ** 1.5,
        "blotch": np.exp(-(((f - 14) / 6) ** 2)),
        "hair": np.exp(-((fx / 22) ** 2) - (fy / 150) ** 2) * (f > 6),
    }[kind]
    white = np.random.default_rng(len(kind)).standard_normal((SHEET_SIDE, SHEET_SIDE))
    noise = np.fft.irfft2(np.fft.rfft2(white) * amplitude, s=white.shape)
    return ((noise - noise.mean()) / noise.std()).astype(np.float32)


def cut(
    rng: np.random.Generator, kind: Kind, shape: tuple[int, int], *, zoom: float = 1.0, angle: float = 0.0
) -> Field:
    """Cut a piece (H, W) at a random place out of a noise sheet of mean 0 and standard deviation 1.

    A ``zoom`` above 1 makes the texture finer. Hair runs along x, turned clockwise by ``angle`` (radians).
    """
    y0, x0 = rng.uniform(0, SHEET_SIDE, 2)
    y, x = np.ogrid[: shape[0], : shape[1]]
    cos, sin = zoom * np.cos(angle), zoom * np.sin(angle)
    u = np.floor(x * cos + y * sin + x0).astype(np.int32) & (SHEET_SIDE - 1)
    v = np.floor(y * cos - x * sin + y0).astype(np.int32) & (SHEET_SIDE - 1)
    return _sheet(kind).ravel()[v * SHEET_SIDE + u]


def comb(noise: Field, step_x: Field, step_y: Field, steps: int) -> Field:
    """Smear noise (H, W) along a field of directions, ``steps`` of (step_x, step_y) pixels, so that it looks like fur.

    Source: line integral convolution (Cabral and Leedom, 1993), along straight lines in place of curved ones.
    """
    height, width = noise.shape
    y, x = np.ogrid[:height, :width]
    total = np.zeros_like(noise)
    for step in np.arange(steps, dtype=np.float32) - np.float32(steps / 2):
        rows = (y + step * step_y).astype(np.int32).clip(0, height - 1)
        columns = (x + step * step_x).astype(np.int32).clip(0, width - 1)
        total += noise.ravel()[rows * width + columns]
    return total / np.float32(np.sqrt(steps))


def smooth(field: Field, radius: float) -> Field:
    """Blur a field (H, W) by about ``radius`` pixels: shrunk and enlarged, at the same cost for any radius."""
    height, width = field.shape
    small = max(2, round(width / radius)), max(2, round(height / radius))
    if small[0] >= width or small[1] >= height:
        return field
    shrunk = Image.fromarray(field).resize(small, Image.Resampling.BILINEAR)
    return np.asarray(shrunk.resize((width, height), Image.Resampling.BICUBIC))


def slopes(field: Field) -> tuple[Field, Field]:
    """The change of a field (H, W) per pixel, along x and along y."""
    along_y, along_x = np.gradient(field)
    return np.asarray(along_x, np.float32), np.asarray(along_y, np.float32)


def to_image(values: NDArray[np.float32]) -> Image.Image:
    """A field (H, W) or picture (H, W, 3) in 0..1 as an 8-bit image; values outside are clipped."""
    return Image.fromarray((255 * values.clip(0, 1)).astype(np.uint8))


def from_image(image: Image.Image) -> NDArray[np.float32]:
    """An 8-bit image as a field (H, W) or picture (H, W, 3) in 0..1."""
    return np.asarray(image, np.float32) * np.float32(1 / 255)


def ramp(field: Field, low: float, high: float) -> Field:
    """0 below ``low``, 1 above ``high``, a straight line between them."""
    return ((field - np.float32(low)) * np.float32(1 / (high - low))).clip(0, 1)
