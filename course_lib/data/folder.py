"""The folder layout of the Oxford-IIIT Pet data set: find one, read its lists and files, check all of it.

The layout is torchvision's: ROOT/oxford-iiit-pet/images/NAME.jpg, annotations/trainval.txt and test.txt with lines
``NAME CLASS_ID SPECIES BREED_ID``, and annotations/trimaps/NAME.png with ids 1 pet, 2 background, 3 border.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from course_lib.bars import with_bar
from course_lib.data.images import AS_STORED, image_remarks, orientation, read_image
from course_lib.data.problems import Problem, Severity, from_error
from course_lib.masks import read_label_png

PET_FOLDER = "oxford-iiit-pet"
POCKET_MARKER = "pocket-pets.json"  # only in a folder of drawn pets: how they were drawn
SPLITS = ("trainval", "test")
SPECIES: dict[str, Literal["cat", "dog"]] = {"1": "cat", "2": "dog"}

__all__ = [
    "PET_FOLDER",
    "POCKET_MARKER",
    "SPECIES",
    "SPLITS",
    "PetEntry",
    "Problem",
    "check_folder",
    "find_pet_folder",
    "read_image",
    "read_split",
    "read_trimap",
]


@dataclass(frozen=True)
class PetEntry:
    """One line of a split list.

    ``breed_id`` is the list's CLASS_ID, from 1, which counts the breeds of both species together; the list's own
    BREED_ID starts again for each species.
    """

    name: str
    image_path: Path
    trimap_path: Path
    breed_id: int
    species: Literal["cat", "dog"]


def find_pet_folder(path: str | Path) -> Path:
    """Return the folder that holds images/ and annotations/: ``path`` itself or oxford-iiit-pet in it.

    Raises:
        FileNotFoundError: neither has both.
    """
    path = Path(path)
    for folder in (path, path / PET_FOLDER):
        if (folder / "images").is_dir() and (folder / "annotations").is_dir():
            return folder
    raise FileNotFoundError(
        f"No pets in {path}: neither it nor its subfolder {PET_FOLDER} has the folders images and annotations. "
        "Draw pocket pets with `course data draw`, or get the real ones with `course data download`."
    )


def read_split(folder: str | Path, split: str) -> list[PetEntry]:
    """Read annotations/SPLIT.txt in its order, without the files that it names.

    Blank lines and those that start with # are skipped.

    Raises:
        ValueError: ``split`` is unknown, or a line is wrong; the message names file and line.
        FileNotFoundError: there is no such list, or no pet folder.
    """
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}, expected one of {', '.join(SPLITS)}")
    folder = find_pet_folder(folder)
    entries = []
    for place, line in _lines(folder / "annotations" / f"{split}.txt"):
        entry = _parse_line(folder, line)
        if entry is None:
            raise ValueError(f"{place}: {_wrong_line(line)}")
        entries.append(entry)
    return entries


def read_trimap(path: str | Path) -> NDArray[np.uint8]:
    """Read a trimap as it is, uint8 (H, W) with ids 1 pet, 2 background, 3 border.

    Raises:
        ValueError: the file is not a PNG of one channel, is damaged, or holds other ids; the message names it.
        OSError: the file is missing or cannot be opened.
    """
    trimap = read_label_png(path)
    if trimap.min() < 1 or trimap.max() > 3:
        found = ", ".join(map(str, np.unique(trimap)[:8].tolist()))
        raise ValueError(
            f"{path} holds the ids {found}, but a trimap holds 1 pet, 2 background, 3 border and nothing else: "
            "get the file again, or leave the pet out of the split lists"
        )
    return trimap


def check_folder(folder: str | Path, progress: bool = False) -> list[Problem]:
    """List the problems and notes about the files of a pet folder, sorted by path; every image is decoded.

    Args:
        folder: ROOT or ROOT/oxford-iiit-pet.
        progress: show a bar; thousands of images take a minute.

    Raises:
        FileNotFoundError: there is no pet folder.
    """
    folder = find_pet_folder(folder)
    images, trimaps = folder / "images", folder / "annotations" / "trimaps"
    listed, found = _check_lists(folder)
    found += [*_strays(images, ".jpg"), *_strays(trimaps, ".png")]
    names = listed | {path.stem for path in (*_members(images, ".jpg"), *_members(trimaps, ".png"))}
    for name in with_bar(sorted(names), "checking", progress):
        found += _check_pair(images / f"{name}.jpg", trimaps / f"{name}.png", name in listed)
    return sorted(found, key=lambda problem: str(problem.path))


# --- Split lists -------------------------------------------------------------------------------------------


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """The lines of a list that are not blank or comments, each with its place, FILE:LINE."""
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no {path}: a pet folder needs the split lists trainval.txt and test.txt"
        )
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield f"{path}:{number}", line


def _parse_line(folder: Path, line: str) -> PetEntry | None:
    """The entry that a line describes; None if the line is wrong."""
    match line.split():
        case [name, class_id, species, breed_id] if (
            class_id.isdecimal() and species in SPECIES and breed_id.isdecimal() and Path(name).name == name
        ):
            image_path = folder / "images" / f"{name}.jpg"
            trimap_path = folder / "annotations" / "trimaps" / f"{name}.png"
            return PetEntry(name, image_path, trimap_path, int(class_id), SPECIES[species])
    return None


def _wrong_line(line: str) -> str:
    return (
        f"expected NAME CLASS_ID SPECIES BREED_ID, where SPECIES is 1 (cat) or 2 (dog), but the line is {line!r}: "
        "correct it, or put # before it"
    )


def _check_lists(folder: Path) -> tuple[set[str], list[Problem]]:
    """The names in the split lists, and the problems of the lists themselves."""
    first_place: dict[str, str] = {}
    found = []
    for path in (folder / "annotations" / f"{split}.txt" for split in SPLITS):
        try:
            lines = list(_lines(path))
        except OSError as error:
            found.append(from_error(error, path))
            continue
        for place, line in lines:
            entry = _parse_line(folder, line)
            if entry is None:
                found.append(Problem(Path(place), _wrong_line(line), "problem"))
            elif entry.name in first_place:
                what = f"lists {entry.name} again, after {first_place[entry.name]}: one pet must be in one split, once"
                found.append(Problem(Path(place), what, "problem"))
            else:
                first_place[entry.name] = place
    return set(first_place), found


# --- Files -------------------------------------------------------------------------------------------------


def _is_stray(path: Path, suffix: str) -> bool:
    return path.suffix != suffix or path.name.startswith("._")


def _members(folder: Path, suffix: str) -> list[Path]:
    """The files in a folder that belong there; none if there is no folder."""
    return [path for path in folder.glob("*") if not _is_stray(path, suffix)]


def _strays(folder: Path, suffix: str) -> Iterator[Problem]:
    for path in folder.glob("*"):
        if _is_stray(path, suffix):
            kind = "left behind by macOS" if path.name.startswith("._") else f"not a {suffix} file"
            yield Problem(path, f"does not belong here ({kind}): ignored", "note")


def _check_pair(image_path: Path, trimap_path: Path, listed: bool) -> Iterator[Problem]:
    """The problems of one pet. A pet that is in no list cannot stop training."""
    serious: Severity = "problem" if listed else "note"
    if not listed:
        yield Problem(
            image_path if image_path.exists() else trimap_path, "is in no split list: not used", "note"
        )
    sizes = []
    for path, measure in ((image_path, _check_image), (trimap_path, _check_trimap)):
        try:
            size, remarks = measure(path)
        except (OSError, ValueError) as error:
            yield from_error(error, path, serious)
        else:
            sizes.append(size)
            yield from (Problem(path, remark, "note") for remark in remarks)
    if len(sizes) == 2 and sizes[0] != sizes[1]:
        (width, height), (trimap_width, trimap_height) = sizes
        what = f"is {trimap_width}x{trimap_height}, but its image is {width}x{height}"
        yield Problem(trimap_path, what, serious)


def _check_image(path: Path) -> tuple[tuple[int, int], list[str]]:
    """Width and height of a photo that can be decoded, and remarks on it."""
    size, remarks = image_remarks(path)
    if orientation(path) != AS_STORED:
        remarks.append("asks to be turned (EXIF): loaded as it is stored, as its trimap was drawn")
    return size, remarks


def _check_trimap(path: Path) -> tuple[tuple[int, int], list[str]]:
    """Width and height of a trimap that can be used."""
    height, width = read_trimap(path).shape
    return (width, height), []
