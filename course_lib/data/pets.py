"""Pets as arrays: decode every image once per size, keep it as uint8, map it into memory.

Decoding and resizing a JPEG costs several times as much as augmenting it (``benchmarks/data_cost.py``), so an epoch
never decodes: the first run at a size writes two ``.npy`` files, and later runs map them into memory.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_lib.bars import with_bar
from course_lib.data.entries import Entry, read_pair
from course_lib.data.fitting import Canvas, resize_image, resize_mask
from course_lib.data.folder import PetEntry, find_pet_folder, read_split
from course_lib.data.label_pairs import LabelEntry
from course_lib.data.labels import is_label_folder, read_labels
from course_lib.data.sizes import Size
from course_lib.data.survey import MaskSurvey
from course_lib.files import explain_full_disk
from course_lib.paths import data_home

VALIDATION_SHARE = 0.2
SPLIT_SEED = 0
_CACHE_FORMAT = 2  # increase it when the content of the cache changes

__all__ = [
    "Entry",
    "PetSubset",
    "Pets",
    "load_pets",
    "read_pair",
    "resize_image",
    "resize_mask",
    "train_validation_split",
]


@dataclass(frozen=True)
class Pets:
    """Images and masks of one split at one size.

    Attributes:
        images: uint8 ``(N, H, W, 3)``, usually mapped from disk.
        masks: uint8 ``(N, H, W)`` with ids 0 pet, 1 background, 2 border, likewise; for your own images the
            ids of their classes. 255 where there is no label, as around a letterboxed photo.
        entries: the file names and breeds, in the same order.
    """

    images: np.ndarray
    masks: np.ndarray
    entries: tuple[Entry, ...]

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the images, in pixels."""
        return self.images.shape[1], self.images.shape[2]

    def subset(self, indices: np.ndarray) -> PetSubset:
        """Return a view of some of the pets, without copying a pixel."""
        return PetSubset(self, np.asarray(indices, dtype=np.int64))


@dataclass(frozen=True)
class PetSubset:
    """Some of the pets of a split, by their positions in it."""

    pets: Pets
    indices: np.ndarray

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The file names and breeds, in the subset's order."""
        return tuple(self.pets.entries[index] for index in self.indices)

    def take(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Copy a batch out: uint8 images ``(B, H, W, 3)`` and masks ``(B, H, W)``."""
        chosen = self.indices[positions]
        return self.pets.images[chosen], self.pets.masks[chosen]


def load_pets(
    folder: Path | str,
    split: str,
    size: Size | Canvas,
    *,
    cache: Path | None = None,
    progress: bool = False,
) -> Pets:
    """Load one split of a folder of pets, or of your own images, at one size.

    Images are resized bilinearly with antialiasing, masks by nearest neighbour, because a blend of two class ids is a
    third class.

    Args:
        folder: in one of the layouts of :mod:`course_lib.data.layouts`.
        split: ``"trainval"`` or ``"test"``.
        size: a canvas; or the side of a square, or height and width, that photos are squeezed to.
        cache: where decoded arrays are kept; ``data/cache`` of the course by default.
        progress: show a bar while images are decoded for the first time.

    Raises:
        FileNotFoundError: the folder or one of its files is missing.
        ValueError: a file cannot be used; the message names it.
    """
    canvas = Canvas.of(size)
    entries = _read_entries(Path(folder), split)
    home = (cache or data_home() / "cache") / f"{split}-{canvas.name}-{_fingerprint(entries)}"
    if not (home / "masks.npy").is_file():
        _decode_into(home, entries, canvas, progress)
    images, masks = (np.load(home / f"{name}.npy", mmap_mode="r") for name in ("images", "masks"))
    return Pets(images, masks, entries)


def train_validation_split(pets: Pets, share: float = VALIDATION_SHARE) -> tuple[PetSubset, PetSubset]:
    """Split trainval into training and validation, the same share of every breed, always the same way.

    The seed is fixed: a validation set that changes from run to run compares nothing. Your own images come with
    their split.
    """
    labelled = [entry for entry in pets.entries if isinstance(entry, LabelEntry)]
    if labelled:
        validation = np.array([entry.split == "val" for entry in labelled])
        return pets.subset(np.flatnonzero(~validation)), pets.subset(np.flatnonzero(validation))
    breeds = np.array([entry.breed_id for entry in pets.entries if isinstance(entry, PetEntry)])
    rng, validation = np.random.default_rng(SPLIT_SEED), np.zeros(len(pets), dtype=bool)
    for breed in np.unique(breeds):
        members = rng.permutation(np.flatnonzero(breeds == breed))
        validation[members[: round(share * len(members))]] = True
    if validation.all() or not validation.any():
        raise ValueError(
            f"{len(pets)} images of {len(np.unique(breeds))} breeds are too few to split: every breed needs "
            f"at least {round(0.5 / share) + 1} images in trainval.txt so that validation gets {share:.0%} of them."
        )
    return pets.subset(np.flatnonzero(~validation)), pets.subset(np.flatnonzero(validation))


def _read_entries(folder: Path, split: str) -> tuple[Entry, ...]:
    if is_label_folder(folder):
        return tuple(read_labels(folder, "test" if split == "test" else "trainval"))
    return tuple(read_split(find_pet_folder(folder), split))


def _decode_into(home: Path, entries: tuple[Entry, ...], canvas: Canvas, progress: bool) -> None:
    """Decode every pair into two .npy files that appear under ``home`` together or not at all."""
    home.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".decoding-", dir=home.parent))
    try:
        with explain_full_disk(home):
            _write_arrays(unfinished, entries, canvas, progress)
        _move_into_place(unfinished, home)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _write_arrays(target: Path, entries: tuple[Entry, ...], canvas: Canvas, progress: bool) -> None:
    images = _new_array(target / "images.npy", (len(entries), *canvas.shape, 3))
    masks = _new_array(target / "masks.npy", (len(entries), *canvas.shape))
    survey = _survey_of(entries)
    for index, entry in enumerate(with_bar(entries, f"decoding at {canvas.height}x{canvas.width}", progress)):
        image, mask = read_pair(entry, survey)
        images[index], masks[index] = canvas.fit_image(image), canvas.fit_mask(mask)
    survey.check()
    images.flush()
    masks.flush()


def _survey_of(entries: tuple[Entry, ...]) -> MaskSurvey:
    """A survey of your own masks; the pets' masks need none."""
    own = next((entry for entry in entries if isinstance(entry, LabelEntry)), None)
    return MaskSurvey(own.image_path.parent.parent, own.classes) if own else MaskSurvey(Path(), None)


def _new_array(path: Path, shape: tuple[int, ...]) -> np.memmap:
    """Create a .npy file whose disk space is taken now: a full disk is an OSError here, not a SIGBUS later."""
    array = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        header = file.seek(end - array.nbytes)
        block = bytes(1 << 20)
        for start in range(header, end, len(block)):
            file.write(block[: end - start])
    return array


def _move_into_place(unfinished: Path, home: Path) -> None:
    try:
        unfinished.rename(home)
    except OSError:
        # Another process decoded the same split meanwhile; anything else is a real error.
        if not (home / "masks.npy").is_file():
            raise


def _fingerprint(entries: tuple[Entry, ...]) -> str:
    """Name the files' state, so that a changed image or list is decoded again."""
    facts: list[object] = [_CACHE_FORMAT]
    for entry in entries:
        if isinstance(entry, LabelEntry):
            facts.append([entry.classes.ids, sorted(entry.classes.void), entry.classes.says_255])
        mask_path = entry.mask_path if isinstance(entry, LabelEntry) else entry.trimap_path
        for path in (entry.image_path, mask_path):
            state = path.stat() if path.is_file() else None
            facts.append([str(path), state and [state.st_size, state.st_mtime_ns]])
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
