"""The folder layout for one's own images: pictures beside masks of the same name, in splits or not.

    ROOT/images/NAME.jpg or .png        or the same in ROOT/train, ROOT/val and ROOT/test
    ROOT/masks/NAME.png                 one channel, class ids from 0; 255 is void: neither learnt nor scored
    ROOT/classes.txt                    one name a line, in the order of the ids; without it classes are counted

Splits that are not given are drawn once: a fifth for test and a fifth of the rest for validation where there are no
folders for splits, and a fifth of train for validation where there is no val.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from course_lib.bars import with_bar
from course_lib.data.folder import Problem, find_pet_folder, read_image
from course_lib.masks import IGNORE_INDEX, PET_CLASSES, read_label_png

Split = Literal["train", "val", "test"]

LABEL_SPLITS: tuple[Split, ...] = ("train", "val", "test")
SHARE = 0.2
"""Share of the pairs that is drawn for a split that has no folder."""

_SEED = 0
_IMAGES = (".jpg", ".jpeg", ".png")
_EXIF_ORIENTATION = 274


@dataclass(frozen=True)
class LabelEntry:
    """One image with its mask, and the split it is in."""

    name: str
    image_path: Path
    mask_path: Path
    num_classes: int
    split: Split


def find_data_folder(path: str | Path) -> Path:
    """Return the folder to train on: one of labels, ``path`` itself, or one of pets, ``path`` or in it.

    Raises:
        FileNotFoundError: it is neither.
    """
    path = Path(path)
    if is_label_folder(path):
        return path
    try:
        return find_pet_folder(path)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{error} Your own images go into {path / 'images'} and their masks, of the same names, into "
            f"{path / 'masks'}; or both into train, val and test there."
        ) from None


def is_label_folder(path: Path) -> bool:
    """Whether a folder has the layout for one's own images; one half of it is enough to be taken for it."""
    if (path / "annotations").is_dir():
        return False
    return (path / "masks").is_dir() or any(
        (path / split / part).is_dir() for split in LABEL_SPLITS for part in ("images", "masks")
    )


def class_names(folder: Path) -> tuple[str, ...]:
    """Return the names of a data folder's classes, in the order of their ids.

    Of a label folder: those in classes.txt, or "class 0", "class 1" ... up to the highest id in its masks.

    Raises:
        ValueError: classes.txt is odd, or the masks do not tell two classes apart.
    """
    if not is_label_folder(folder):
        return PET_CLASSES
    path = folder / "classes.txt"
    if not path.is_file():
        highest = max((_highest_id(p, p.stat().st_mtime_ns) for p in _all_masks(folder)), default=0)
        if highest == 0:
            raise ValueError(
                f"the masks in {folder} hold no id but 0, or 0 and 255, which is void: give the classes the ids 0, "
                "1, 2 ... (a black and white mask: 255 to 1), or name them in classes.txt, one a line."
            )
        return tuple(f"class {number}" for number in range(highest + 1))
    names = [line.strip() for line in path.read_text(encoding="utf-8-sig").rstrip().splitlines()]
    odd = [name for name in names if not name or "|" in name or names.count(name) > 1]
    if odd or not 2 <= len(names) <= IGNORE_INDEX:
        what = f"holds {odd[0]!r}" if odd else f"holds {len(names)} names"
        raise ValueError(
            f"{path} {what}: expected 2 to {IGNORE_INDEX} names, one a line, no two alike, no line empty; the first "
            "line names id 0."
        )
    return tuple(names)


def check_classes(folder: Path, expected: tuple[str, ...]) -> None:
    """Raise unless a data folder has the classes that a run was trained for.

    Counted classes may be fewer: a class need not be in every folder.
    """
    found = class_names(folder)
    if found == expected:
        return
    if is_label_folder(folder) and not (folder / "classes.txt").is_file() and len(found) <= len(expected):
        return
    raise ValueError(
        f"{folder} has the classes {', '.join(found)}, but this run was made for {', '.join(expected)}: an id would "
        "change its meaning. Give a folder with the same classes in the same order, or train another run."
    )


def read_labels(folder: Path, split: Literal["trainval", "train", "val", "test"]) -> list[LabelEntry]:
    """List the pairs of a split, sorted by name; "trainval" is train and val together.

    Raises:
        ValueError: a file is missing or misnamed, or there are too few pairs; the message names what is wrong.
    """
    folder = Path(folder)
    wanted = ("train", "val") if split == "trainval" else (split,)
    num_classes = len(class_names(folder))
    entries = [
        LabelEntry(image.stem, image, mask, num_classes, part)
        for part, pairs in _splits(folder).items()
        for image, mask in pairs
        if part in wanted
    ]
    missing = set(wanted) - {entry.split for entry in entries}
    if missing:
        raise ValueError(
            f"{folder} has no images for {' and '.join(sorted(missing))}: every split needs one. "
            f"Put some into {folder / min(missing)}; without folders for splits, at least 3 images are needed."
        )
    return sorted(entries, key=lambda entry: entry.name)


def read_label_pair(entry: LabelEntry) -> tuple[np.ndarray, np.ndarray]:
    """Read an image, uint8 (H, W, 3), and its mask, uint8 (H, W), ids 0..C-1 or 255.

    Raises:
        ValueError: a file cannot be used; the message names it, what came, what was expected, what to do.
        OSError: a file cannot be opened.
    """
    image, mask = read_image(entry.image_path), read_label_png(entry.mask_path)
    if image.shape[:2] != mask.shape:
        raise ValueError(_other_size(entry, image.shape, mask.shape))
    wrong = [i for i in np.unique(mask).tolist() if i >= entry.num_classes and i != IGNORE_INDEX]
    if wrong:
        raise ValueError(
            f"{entry.mask_path} holds the ids {', '.join(map(str, wrong[:6]))}, but the ids of {entry.num_classes} "
            f"classes are 0..{entry.num_classes - 1}, and 255 for void: write the class's id into the mask, or add "
            "its name to classes.txt."
        )
    return image, mask


def check_label_folder(folder: Path, progress: bool = False) -> list[Problem]:
    """List what is odd in a label folder, sorted by path; every image and mask is decoded."""
    found: list[Problem] = []
    black_and_white, num_classes, no_names = True, IGNORE_INDEX, ""
    for home in _homes(folder).values():
        found += _check_names(home)
    try:
        num_classes = len(class_names(folder))
    except (ValueError, OSError) as error:
        no_names = str(error)  # of a mask that cannot be read, or of the folder
    pairs = [pair for home in _homes(folder).values() for pair in _pairs(home)]
    for image, mask in with_bar(pairs, "checking", progress):
        try:
            ids = read_label_pair(LabelEntry(image.stem, image, mask, num_classes, "train"))[1]
            black_and_white &= bool(np.isin(ids, (0, IGNORE_INDEX)).all())
        except (ValueError, OSError) as error:
            place = image if str(error).startswith(str(image)) else mask
            found.append(Problem(place, str(error).removeprefix(f"{place} "), "problem"))
            black_and_white = False
    if pairs and black_and_white:
        found.append(Problem(folder, BLACK_AND_WHITE, "problem"))
    elif no_names and not any(no_names.startswith(str(problem.path)) for problem in found):
        found.append(Problem(folder, no_names, "problem"))
    if not any(problem.severity == "problem" for problem in found):
        found += _check_splits(folder)
    return sorted(found, key=lambda problem: str(problem.path))


BLACK_AND_WHITE = (
    "has masks of 0 and 255 alone, and 255 is void: nothing is left to learn but class 0. Turn 255 into 1 in every "
    "mask."
)


# --- Names -------------------------------------------------------------------------------------------------


def _homes(folder: Path) -> dict[str, Path]:
    """The folders that hold images and masks: one for each split there is, or the folder itself."""
    parts: dict[str, Path] = {split: folder / split for split in LABEL_SPLITS if (folder / split).is_dir()}
    return {"all": folder} if (folder / "masks").is_dir() else parts


def _splits(folder: Path) -> dict[Split, list[tuple[Path, Path]]]:
    """The pairs of every split; those without a folder are drawn, always the same way."""
    pairs: dict[str, list[tuple[Path, Path]]] = {}
    for split, home in _homes(folder).items():
        for problem in _check_names(home):
            if problem.severity == "problem":
                raise ValueError(f"{problem.path} {problem.what}")
        pairs[split] = _pairs(home)
    if "all" in pairs:
        pairs["train"], pairs["test"] = _drawn(pairs.pop("all"))
    if "val" not in pairs:
        pairs["train"], pairs["val"] = _drawn(pairs.get("train", []))
    return {split: pairs.get(split, []) for split in LABEL_SPLITS}


def _drawn(pairs: list[tuple[Path, Path]]) -> tuple[list[tuple[Path, Path]], list[tuple[Path, Path]]]:
    """Split pairs into the larger part and the one that is drawn from it."""
    order = np.random.default_rng(_SEED).permutation(len(pairs))
    count = max(1, round(SHARE * len(pairs)))
    return [pairs[i] for i in sorted(order[count:])], [pairs[i] for i in sorted(order[:count])]


def _files(folder: Path) -> list[Path]:
    """The files in a folder; none where there is no folder. What systems leave behind is no file of ours."""
    return sorted(
        path
        for path in folder.glob("*")
        if path.is_file()
        and not path.name.startswith(".")
        and path.name.lower() not in ("thumbs.db", "desktop.ini")
    )


def _all_masks(folder: Path) -> list[Path]:
    return [mask for home in _homes(folder).values() for _, mask in _pairs(home)]


def _pairs(home: Path) -> list[tuple[Path, Path]]:
    """Images that have a mask, with it."""
    masks = {path.stem: path for path in _files(home / "masks") if path.suffix.lower() == ".png"}
    images = (path for path in _files(home / "images") if path.suffix.lower() in _IMAGES)
    return [(path, masks[path.stem]) for path in images if path.stem in masks]


def _check_names(home: Path) -> Iterator[Problem]:
    """What is odd about the names of the files, none of which is opened."""
    for part in ("images", "masks"):
        if not (home / part).is_dir():
            yield Problem(home / part, "is missing: images go into images, their masks into masks", "problem")
    images, masks = _files(home / "images"), _files(home / "masks")
    first: dict[str, Path] = {}
    stems = {path.stem for path in images}
    for path in images:
        if path.suffix.lower() not in _IMAGES:
            yield Problem(path, f"is no image that is looked for ({', '.join(_IMAGES)}): ignored", "note")
        elif path.stem in first:
            what = f"has the name of {first[path.stem].name}, and one mask cannot belong to both: rename one"
            yield Problem(path, what, "problem")
        else:
            first[path.stem] = path
            if not any(mask.stem == path.stem and mask.suffix.lower() == ".png" for mask in masks):
                yield Problem(path, _no_mask(path, home / "masks", masks, stems), "problem")
    for path in masks:
        if path.stem not in stems:
            yield Problem(path, "belongs to no image of that name: ignored", "note")


def _no_mask(image: Path, folder: Path, masks: list[Path], stems: set[str]) -> str:
    expected = folder / f"{image.stem}.png"
    alike = [mask for mask in masks if mask.stem == image.stem]
    if alike:
        return (
            f"has no mask {expected}, only {alike[0].name}: masks must be PNG, which keeps every id as it is; export "
            "it again from its source (renaming or converting a JPEG is no cure)"
        )
    free = {mask.stem: mask.name for mask in masks if mask.stem not in stems}
    near = [stem for stem in free if image.stem in stem or stem in image.stem]
    near += difflib.get_close_matches(image.stem, free, n=1, cutoff=0.6)
    meant = f" There is {free[near[0]]}: rename it if that is the one." if near else ""
    return f"has no mask: expected {expected}. Add it, or remove the image.{meant}"


def _check_splits(folder: Path) -> Iterator[Problem]:
    """What is odd about the splits of a folder in which every name is right."""
    splits = _splits(folder)
    for split, pairs in splits.items():
        if not pairs:
            serious: Literal["note", "problem"] = "note" if split == "test" else "problem"
            yield Problem(folder, f"has no images for {split}", serious)
    place: dict[str, str] = {}
    for split, pairs in splits.items():
        for image, _ in pairs:
            if place.setdefault(image.stem, split) != split:
                what = f"has the name of an image in {place[image.stem]}: make sure that no image is in two splits"
                yield Problem(image, what, "note")


# --- Pixels ------------------------------------------------------------------------------------------------


@lru_cache(maxsize=100_000)
def _highest_id(path: Path, changed: int) -> int:
    """The highest id in a mask, void left out. ``changed`` is when the file was: a new one is read again."""
    ids = read_label_png(path)
    return int(ids[ids != IGNORE_INDEX].max(initial=0))


def _other_size(entry: LabelEntry, image: tuple[int, ...], mask: tuple[int, ...]) -> str:
    advice = "export the mask again at the image's size"
    if mask == image[1::-1] and _is_turned(entry.image_path):
        advice = (
            "the image asks to be turned (EXIF), and the mask was drawn on it turned: save the image turned"
        )
    return (
        f"{entry.mask_path} is {mask[1]}x{mask[0]}, but its image {entry.image_path.name} is {image[1]}x{image[0]}: "
        f"the two must have the same size; {advice}."
    )


def _is_turned(path: Path) -> bool:
    with Image.open(path) as image:
        return image.getexif().get(_EXIF_ORIENTATION, 1) != 1
