"""Masks that a student handed in: label PNGs, or arrays in an npz file. Nothing in them is trusted."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from course_lib.data.folder import PetEntry
from course_lib.masks import PET_CLASSES, check_label_map, read_label_png

MOST_SIDE = 4096  # pixels of a mask
_PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff")
_PNG = b"\x89PNG\r\n\x1a\n"

Mask = NDArray[np.uint8]
Prediction = Callable[[PetEntry], Mask]


def no_link(path: Path, folder: Path) -> Path:
    """Return a path that contains no link: a link could point to the true masks."""
    for part in (path, *path.parents):
        if part.is_symlink():
            raise ValueError(f"{part.name} is a link: hand in the file itself.")
        if part == folder:
            break
    return path


def from_pngs(folder: Path) -> Prediction:
    """Return a function that reads the mask of a test image from ``folder``/NAME.png.

    The function raises a ValueError if the mask is missing, there are two, or it is not a label PNG.
    """
    by_name: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        by_name.setdefault(path.stem.casefold(), []).append(path)

    def read(entry: PetEntry) -> Mask:
        path = folder / f"{entry.name}.png"
        alike = [
            found for found in by_name.get(entry.name.casefold(), []) if found.suffix.lower() in _PICTURES
        ]
        if path not in alike:
            like = f", only {alike[0].name}" if alike else ""
            raise ValueError(
                f"there is no mask for the test image {entry.name}: predictions/{path.name}{like}."
            )
        if len(alike) > 1:
            names = " and ".join(found.name for found in alike)
            raise ValueError(f"there are two masks for the test image {entry.name}: {names}. Hand in one.")
        _check_png(no_link(path, folder))
        return read_label_png(path)

    return read


def enlarged(mask: Mask, shape: tuple[int, ...], name: str) -> Mask:
    """Bring a mask, uint8 (H, W), to the size of the true one; every pixel takes the id of the nearest one.

    Raises:
        ValueError: the mask is a wide one of a tall photo, or the other way round.
    """
    if mask.shape == shape:
        return mask
    height, width = shape
    if not _alike(mask.shape, shape) and _alike(mask.shape[::-1], shape):
        raise ValueError(
            f"{name} is {mask.shape[1]}x{mask.shape[0]}, but its photo is {width}x{height}: the sides are swapped. "
            "Masks have the shape (height, width) of the photo as it is stored; turn them that way."
        )
    return np.array(Image.fromarray(mask).resize((width, height), Image.Resampling.NEAREST))


def _alike(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two shapes have the same proportions, as far as whole pixels allow."""
    return abs(shape[0] * other[1] - shape[1] * other[0]) <= max(other)


def _check_png(path: Path) -> None:
    """Check signature and size before an image library opens a file that may be anything."""
    with path.open("rb") as file:
        head = file.read(24)
    if head[:8] != _PNG or len(head) < 24:
        raise ValueError(f"{path.name} is not a PNG.")
    width, height = (int.from_bytes(head[start : start + 4], "big") for start in (16, 20))
    _check_size(path.name, (height, width))


def _check_size(name: str, shape: tuple[int, ...]) -> None:
    if len(shape) != 2 or not all(1 <= side <= MOST_SIDE for side in shape):
        raise ValueError(
            f"{name} has shape {shape}: a mask is (H, W) with sides of at most {MOST_SIDE} pixels."
        )


def open_npz(path: Path) -> zipfile.ZipFile:
    """Open an npz file as a zip archive; raise a ValueError if it is damaged."""
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name} is damaged ({error}).") from None


def read_npy(archive: zipfile.ZipFile, name: str) -> Mask:
    """Read one array, its header first: it must be a mask of integers before a byte of it is read."""
    found = [info for info in archive.infolist() if info.filename == f"{name}.npy"]
    if len(found) != 1:
        count = "two masks" if found else "no mask"
        raise ValueError(f"predictions.npz holds {count} for the test image {name}, expected one.")
    info = found[0]
    if info.file_size > 8 * MOST_SIDE**2 + 2**16:
        raise ValueError(f"the mask of {name} has {info.file_size:,} bytes: save it as uint8.")
    try:
        with archive.open(info) as file:
            data = io.BytesIO(file.read(info.file_size))
        version = np.lib.format.read_magic(data)
        if version != (1, 0):
            raise ValueError("its header has a format that masks do not use")
        shape, _, dtype = np.lib.format.read_array_header_1_0(data)
        if dtype.kind == "b":
            raise ValueError("it holds bool, which cannot name three classes: 0 pet, 1 background, 2 border")
        if dtype.kind not in "iu":
            raise ValueError(f"it holds {dtype}, but class ids are integers: use logits.argmax(dim=1)")
        _check_size(f"the mask of {name}", shape)
        data.seek(0)
        mask: NDArray[np.integer] = np.load(data, allow_pickle=False)
    except (ValueError, OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"the mask of {name} cannot be read: {error}.") from None
    check_label_map(mask, len(PET_CLASSES), name=f"the mask of {name}")
    return mask.astype(np.uint8)
