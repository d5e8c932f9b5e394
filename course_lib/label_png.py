"""Label PNGs: one channel that holds the id of each pixel's class, read exactly as it was written."""

from __future__ import annotations

import os
import struct
import warnings
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from course_lib.class_ids import IGNORE_INDEX, as_map, check_label_map
from course_lib.files import atomic_path

if TYPE_CHECKING:
    from PIL import Image

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _PALETTE = 0, 3  # PNG's numbers for how a pixel is stored
_COLOUR_TYPES = {_GREY: "L", 2: "RGB", _PALETTE: "P", 4: "LA", 6: "RGBA"}
_LOSSY = ("JPEG", "MPO", "WEBP", "AVIF", "JPEG2000")
_EXIF_ORIENTATION = 274
DAMAGE = (OSError, SyntaxError, ValueError, TypeError, EOFError, LookupError, struct.error, zlib.error)
"""What Pillow raises while it reads a file that is damaged, or is not an image."""
_DARK = 64  # grey values below it look black, so nobody chooses two of them to tell classes apart


def read_label_png(path: str | os.PathLike[str], num_classes: int | None = None) -> NDArray[np.uint8]:
    """Read a one-channel PNG as class ids, uint8 (H, W).

    Grey files of 1, 2, 4 and 8 bits give their values as stored, palette files their indices. Files of 16 bits give
    their values if these fit in a byte. With ``num_classes`` the ids are checked too. ``IGNORE_INDEX`` passes,
    unless 0 and 255 are all there is: that is a black and white mask, not one with void pixels.

    Raises:
        ValueError: the file is not a PNG (a JPEG has changed the ids along every edge), has colour or alpha
            channels, is damaged, or holds other ids.
        OSError: the file cannot be opened.
    """
    path = Path(path)
    label_map = _read_ids(path)
    check_label_map(label_map, num_classes=256, name=str(path))
    if num_classes is not None:
        void = None if is_black_and_white(label_map) else IGNORE_INDEX
        check_label_map(label_map, num_classes, void, str(path))
    return label_map.astype(np.uint8, copy=False)


def is_black_and_white(label_map: NDArray[Any]) -> bool:
    """Tell whether 255 is in a mask and nothing else but 0: then 255 is the foreground, not void."""
    return bool(label_map.any() and np.isin(label_map, (0, IGNORE_INDEX)).all())


def write_label_png(
    path: str | os.PathLike[str], label_map: Any, software: str = "", comment: str = ""
) -> None:
    """Write class ids (H, W) in 0..255 as an 8-bit grey PNG, in one step: no reader sees half a file.

    The file is grey, although a palette would show colours in a viewer: OpenCV and imageio turn palette files into
    RGB and lose the ids, while every reader gives a grey file back as it was written. To look at a mask, use
    ``colorize``.

    Args:
        path: ends in .png.
        label_map: the ids.
        software: what to name in the file as the program that made it.
        comment: text that is kept in the file.

    Raises:
        ValueError: the name does not end in .png, the map is not (H, W), or an id does not fit in a byte.
        TypeError: the map does not hold integers.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    path = Path(path)
    if path.suffix.lower() != ".png":
        raise ValueError(f"{path} does not end in .png: masks are saved as PNG, since JPEG changes the ids")
    image = Image.fromarray(np.ascontiguousarray(as_map(label_map, "the mask")))
    text = PngInfo()
    for key, value in (("Software", software), ("Comment", comment)):
        if value:
            text.add_text(key, value)
    with atomic_path(path) as temporary:
        image.save(temporary, format="PNG", pnginfo=text)


def _read_ids(path: Path) -> NDArray[Any]:
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # large files and unusual metadata change no id
        head = file.read(26)
        file.seek(0)
        image = _load(path, file, head)
        _check_kind(path, image, head)
        label_map = np.array(image)
        palette = image.getpalette("RGB") if image.mode == "P" else None
    depth, colour_type = head[24], head[25]
    if colour_type == _GREY and depth in (2, 4):
        label_map //= 255 // (2**depth - 1)  # Pillow stretches the values to 0..255
    if palette is not None:
        _check_palette(path, label_map, np.array(palette, np.uint8).reshape(-1, 3))
    return label_map


def _load(path: Path, file: BinaryIO, head: bytes) -> Image.Image:
    from PIL import Image

    try:
        image = Image.open(file)
        image.load()
        return image
    except Image.DecompressionBombError as error:
        raise ValueError(f"{path} {too_large()}") from error
    except DAMAGE as error:
        found = str(error) if head else "it has zero bytes"
        if head and isinstance(error, Image.UnidentifiedImageError):
            found = "it is not an image that Pillow knows"
        raise ValueError(f"{path} is not a readable image ({found}): write or download it again") from error


def too_large() -> str:
    """Say what is wrong with an image that Pillow takes for one made to fill the memory."""
    from PIL import Image

    limit = 2 * (Image.MAX_IMAGE_PIXELS or 0)
    return f"has more than {limit:,} pixels, too many to be opened safely: make it smaller"


def _check_kind(path: Path, image: Image.Image, head: bytes) -> None:
    """Raise unless an image is a PNG of one channel, one picture, with nothing to turn."""
    if image.format != "PNG" or not head.startswith(_SIGNATURE):
        lossy = image.format in _LOSSY
        advice = (
            f"export the mask again from its source ({image.format} changes ids for good, so renaming or converting "
            "does not help)"
            if lossy
            else "convert it with a program that keeps one channel of class ids, or export it again"
        )
        raise ValueError(
            f"{path} is a {image.format} file, but masks must be PNG, which keeps every id as it is: {advice}"
        )
    channels = _COLOUR_TYPES.get(head[25], image.mode)
    if channels not in ("L", "P"):
        raise ValueError(
            f"{path} has the channels {channels}, but a mask has one channel of class ids: {_one_channel(image)}"
        )
    if getattr(image, "n_frames", 1) > 1:
        raise ValueError(f"{path} is an animation of {image.n_frames} pictures: save its mask as one picture")  # type: ignore[attr-defined]
    if image.getexif().get(_EXIF_ORIENTATION, 1) in range(2, 9):
        raise ValueError(
            f"{path} asks viewers to turn it (EXIF), so its rows can be meant in two ways: turn its pixels to fit the "
            "image, and save it without EXIF"
        )


def _one_channel(image: Image.Image) -> str:
    """Say how a picture of several channels becomes a label map."""
    pixels = np.array(image)
    colours = pixels[..., :3] if pixels.shape[-1] > 2 else pixels[..., :1]  # without alpha
    if (colours == colours[..., :1]).all():
        alpha = pixels[..., colours.shape[-1] :]
        then = "" if (alpha == 255).all() else ", once you know what its transparent pixels mean"
        return f"its colour channels are equal, so save the first one with write_label_png{then}"
    count = len(np.unique(colours.reshape(-1, 3), axis=0))
    return f"map each of its {count} colours to its id and save the result with write_label_png"


def _check_palette(path: Path, indices: NDArray[np.uint8], palette: NDArray[np.uint8]) -> None:
    """Raise if an image tool has moved the ids into the palette, as those that make files smaller do."""
    used = np.unique(indices)
    used = used[used < len(palette)]
    colours = palette[used].astype(int)
    greys = colours[:, 0]
    visible = greys[greys != IGNORE_INDEX]
    is_grey = bool((colours == colours[:, :1]).all())
    if is_grey and (greys != used).any() and len(visible) > 1 and visible.max() < _DARK:
        raise ValueError(
            f"{path} has the palette indices {', '.join(map(str, used[:8]))} for the grey values "
            f"{', '.join(map(str, greys[:8]))}, which look like the ids themselves: save it as 8-bit grey, so that "
            "index and id cannot differ"
        )
