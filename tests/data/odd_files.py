"""Folders of drawn scenes, and PNG files written byte by byte, for tests of what is odd in them."""

import struct
import zlib

import numpy as np
from PIL import Image

from course_lib.masks import write_label_png

HEIGHT, WIDTH = 40, 48
NAMES = ("grass", "red", "blue", "sky")
COUNT = 12
_COLOURS = np.array([[60, 160, 60], [220, 40, 40], [40, 40, 220], [90, 200, 240]], np.uint8)

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How a photo is stored so that a viewer, which follows its EXIF orientation, shows it upright."""


def scene(number, classes=4):
    """Return a mask with upright stripes of all classes and a box of one, uint8 (40, 48); no two are alike."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for class_id in range(classes):
        mask[:, class_id * WIDTH // classes :] = class_id
    mask = np.roll(mask, number, axis=1)
    mask[25:36, 5:20] = number % classes
    return mask


def photo(mask):
    """Return a picture of a mask, one flat colour per class: uint8 (H, W, 3)."""
    return _COLOURS[mask]


def write_folder(root, classes=4, named=True, count=COUNT):
    """Write images s00.png, s01.png ... beside their masks, and classes.txt if they are ``named``."""
    for part in ("images", "masks"):
        (root / part).mkdir(parents=True)
    for number in range(count):
        mask = scene(number, classes)
        Image.fromarray(photo(mask)).save(root / "images" / f"s{number:02}.png")
        write_label_png(root / "masks" / f"s{number:02}.png", mask)
    if named:
        (root / "classes.txt").write_text("\n".join(NAMES[:classes]) + "\n", encoding="utf-8")
    return root


def png_bytes(pixels, depth, colour_type=0, palette=None, transparency=b""):
    """Return a PNG of any bit depth: ``pixels`` are whole numbers (H, W), or (H, W, channels)."""
    rows = b""
    for row in pixels:
        values = np.asarray(row).reshape(-1)
        if depth == 16:
            rows += b"\0" + values.astype(">u2").tobytes()
        elif depth == 8:
            rows += b"\0" + values.astype(np.uint8).tobytes()
        else:
            bits = "".join(format(int(value), f"0{depth}b") for value in values)
            bits += "0" * (-len(bits) % 8)
            rows += b"\0" + bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))
    height, width = pixels.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    chunks = [(b"IHDR", header)]
    if palette is not None:
        chunks.append((b"PLTE", bytes(np.asarray(palette, np.uint8).reshape(-1))))
    if transparency:
        chunks.append((b"tRNS", transparency))
    chunks += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def exif(orientation):
    """Return EXIF data that asks to be turned."""
    data = Image.Exif()
    data[274] = orientation
    return data
