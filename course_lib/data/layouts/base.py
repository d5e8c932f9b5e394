"""The description of a layout: where a folder keeps the images and the masks of each split."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from course_lib.data.classes import Classes

Split = Literal["train", "val", "test"]

SPLITS: tuple[Split, ...] = ("train", "val", "test")
MASK_FOLDERS = ("masks", "labels")


@dataclass(frozen=True)
class Home:
    """Two folders that belong together: images, and masks of the same names.

    Attributes:
        split: the split of the images; "all" if the course draws the splits.
        images, masks: the folders.
        image_ending, mask_ending: the text between the common name and the suffix.
        nested: whether files are in subfolders, one level down.
        list_path: a text file with the names that belong to the split, one per line; without it, all names do.
    """

    split: Split | Literal["all"]
    images: Path
    masks: Path
    image_ending: str = ""
    mask_ending: str = ""
    nested: bool = False
    list_path: Path | None = None

    def image_name(self, path: Path) -> str | None:
        """Return the name that an image shares with its mask; None if it does not end as images do."""
        return self._name(path, self.images, self.image_ending)

    def mask_name(self, path: Path) -> str | None:
        """Return the name that a mask shares with its image; None if it does not end as masks do."""
        return self._name(path, self.masks, self.mask_ending)

    def expected_mask(self, name: str) -> Path:
        """Return where the mask of a name is looked for."""
        return self.masks / f"{name}{self.mask_ending}.png"

    def _name(self, path: Path, folder: Path, ending: str) -> str | None:
        name = path.relative_to(folder).with_suffix("").as_posix()
        # macOS writes é as two characters, other systems as one.
        return unicodedata.normalize("NFC", name.removesuffix(ending)) if name.endswith(ending) else None


@dataclass(frozen=True)
class Layout:
    """One way in which people lay out a data set.

    Attributes:
        name: the name in messages and in the documentation.
        tree: the folder drawn as text.
        needs: the paths that a complete folder has, relative to it.
        recognises: whether a folder has this layout; half of it may be missing.
        homes: returns a folder's images and masks, for each split that it has.
        classes: the classes of the data set that the layout comes from, for folders without a classes.txt whose masks
            hold just their ids.
    """

    name: str
    tree: str
    needs: tuple[str, ...]
    recognises: Callable[[Path], bool]
    homes: Callable[[Path], tuple[Home, ...]]
    classes: Classes | None = None


def has_any(folder: Path, parts: Iterable[str]) -> bool:
    """Whether one of the paths is a folder in ``folder``."""
    return any((folder / part).is_dir() for part in parts)


def mask_folder(folder: Path) -> Path:
    """Return the folder of masks in ``folder``: "masks", or "labels" where only that exists."""
    return next(
        (folder / name for name in MASK_FOLDERS if (folder / name).is_dir()), folder / MASK_FOLDERS[0]
    )
