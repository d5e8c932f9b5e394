"""Photos as arrays: every file becomes 8-bit RGB, or is refused with a remedy."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from course_lib.label_png import DAMAGE, too_large

AS_STORED = 1
"""The EXIF orientation of a photo whose pixels are stored as they are shown."""

_EXIF_ORIENTATION = 274
_16_BITS = ("I;16", "I;16B", "I;16L", "I;16N")
_CONVERTED = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "CMYK", "YCbCr", "HSV")
_KINDS = {
    b"heic": "HEIC",
    b"heix": "HEIC",
    b"hevc": "HEIC",
    b"mif1": "HEIC",
    b"msf1": "HEIC",
    b"avif": "AVIF",
}


def read_image(path: str | Path, as_shown: bool = False) -> NDArray[np.uint8]:
    """Read a photo as uint8 RGB (H, W, 3).

    An animation gives its first frame. Alpha is dropped. Grey, palette and CMYK are converted. Of 16 bits the upper
    8 are kept.

    Args:
        path: the file.
        as_shown: turn and mirror the photo as EXIF asks and every viewer does. By default it stays as it is stored,
            as torchvision reads it and as the pets' trimaps were drawn.

    Raises:
        ValueError: the file is not an image, is damaged, or holds values that cannot be turned into 8 bits
            without a decision; the message names it.
        OSError: the file is missing or cannot be opened.
    """
    path = Path(path)
    with open_image(path) as image:
        image.load()
        _check_values(path, image)
        shown = ImageOps.exif_transpose(image) if as_shown else image
        return _as_rgb(shown)


def orientation(path: str | Path) -> int:
    """Return a photo's EXIF orientation, 1 to 8: how a viewer turns and mirrors the stored pixels.

    Raises:
        ValueError: the file is not an image, or is damaged.
        OSError: the file is missing or cannot be opened.
    """
    with open_image(Path(path)) as image:
        return _orientation(image)


def image_remarks(path: Path) -> tuple[tuple[int, int], list[str]]:
    """Return width and height of a photo as stored, and remarks about it; the file is decoded.

    Raises:
        ValueError, OSError: as :func:`read_image`.
    """
    with open_image(path) as image:
        size, remarks = image.size, _remarks(path, image)
        image.draft(image.mode, (1, 1))  # an eighth of the size: reads the whole JPEG in a third of the time
        image.load()
        _check_values(path, image)
        if image.mode.startswith("I"):
            values = np.array(image)
            lowest, highest = int(values.min()), int(values.max())
            remarks.append(
                f"has 16 bits per pixel: only the upper 8 are loaded, so its values {lowest} to {highest} become "
                f"{lowest >> 8} to {highest >> 8}"
            )
    return size, remarks


def _remarks(path: Path, image: Image.Image) -> list[str]:
    remarks = []
    frames = getattr(image, "n_frames", 1)
    usual = {".png": "PNG"}.get(path.suffix.lower(), "JPEG")
    first = ", of which the first frame is used" if frames > 1 else ""
    if image.format != usual:
        remarks.append(f"is a {image.format} image with the suffix {path.suffix}: loads all the same{first}")
    elif first:
        remarks.append(f"holds {frames} frames{first}")
    if image.has_transparency_data:
        remarks.append(f"has alpha (mode {image.mode}): dropped when loaded")
    elif image.mode not in ("RGB", "P", "F") and not image.mode.startswith("I"):
        remarks.append(f"has the colour mode {image.mode}: turned to RGB when loaded")
    return remarks


def _orientation(image: Image.Image) -> int:
    if image.format == "TIFF":
        return AS_STORED  # Pillow turns it while it decodes
    found = image.getexif().get(_EXIF_ORIENTATION, AS_STORED)
    return found if isinstance(found, int) and 1 <= found <= 8 else AS_STORED


def _check_values(path: Path, image: Image.Image) -> None:
    """Raise unless Pillow, or the upper half of 16 bits, turns the values into 8 bits as intended."""
    deep = image.mode in _16_BITS or (image.mode == "I" and image.format in ("PNG", "PPM", "JPEG2000"))
    if not deep and image.mode not in _CONVERTED:
        kind = {"F": "decimal numbers", "I": "32-bit whole numbers"}.get(
            image.mode, f"the colours {image.mode}"
        )
        if image.mode in ("F", "I"):
            array = np.array(image)
            values = f" from {array.min():g} to {array.max():g}"
            kind += f"{values}, and it is unknown which of them are black and white"
            do = "scale it to 0..255 and save it as an 8-bit PNG"
        else:
            do = "save it as an 8-bit RGB picture"
        raise ValueError(f"{path} holds {kind}: {do}")


def _as_rgb(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode.startswith("I"):
        grey = (np.array(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)  # (H, W)
        return np.repeat(grey[..., None], 3, axis=-1)  # (H, W, 3)
    if image.mode in ("La", "RGBa"):  # colours multiplied by alpha: Pillow converts these in two steps
        image = image.convert("LA" if image.mode == "La" else "RGBA")
    return np.array(image.convert("RGB"))


@contextmanager
def open_image(path: Path) -> Iterator[Image.Image]:
    """Open an image; any error of Pillow, here or in the block, becomes a ValueError that names the file."""
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about unusual EXIF data and palettes, which change no pixel
        try:
            yield Image.open(file)
        except Image.UnidentifiedImageError as error:
            raise ValueError(f"{path} {_unidentified(path)}") from error
        except Image.DecompressionBombError as error:
            raise ValueError(f"{path} {too_large()}") from error
        except DAMAGE as error:
            if str(error).startswith(str(path)):
                raise
            raise ValueError(f"{path} is damaged ({error}): get the file again") from error


def _unidentified(path: Path) -> str:
    """Say what a file is that Pillow does not know."""
    with path.open("rb") as file:
        head = file.read(512)
    if not head:
        return "is empty (zero bytes): get the file again"
    if head[4:8] == b"ftyp":
        kind = _KINDS.get(head[8:12], "HEIC or video")
        return f"is a {kind} file, which cannot be read here: convert it to JPEG or PNG"
    if b"<svg" in head:
        return "is an SVG drawing, which has no pixels: export it as PNG"
    if head.startswith(b"\x93NUMPY"):
        return "is a NumPy array: save it with Image.fromarray(array).save(...) as PNG"
    return "is not an image that Pillow can read: get the file again, or convert it to JPEG or PNG"
