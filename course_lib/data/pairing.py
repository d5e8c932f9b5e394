"""Which mask belongs to which image, by their names; no file is opened."""

from __future__ import annotations

import difflib
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from course_lib.data.layouts.base import Home
from course_lib.data.problems import Problem

IMAGES = (".jpg", ".jpeg", ".png")
_PICTURES = (*IMAGES, ".bmp", ".gif", ".tif", ".tiff", ".webp", ".heic", ".heif")


class Pair(NamedTuple):
    """An image and its mask."""

    image: Path
    mask: Path


class Paired(NamedTuple):
    """The result of pairing the files of a home: its pairs and its problems."""

    pairs: list[Pair]
    problems: list[Problem]


def pair_up(home: Home) -> Paired:
    """Pair the images of a home with their masks."""
    problems = [*_missing_folders(home), *_unread_folders(home)]
    images, found = _images(home)
    problems += found
    masks = _by_name(home)
    orphans = {name: paths[0] for name, paths in masks.items() if name not in images}
    pairs = []
    for name, image in images.items():
        candidates = masks.get(name, [])
        pngs = [path for path in candidates if path.suffix.lower() == ".png"]
        if len(candidates) > 1:
            what = f"is a second mask of {image.name}, beside {candidates[0].name}: remove the wrong one"
            problems += [Problem(path, what, "problem") for path in candidates[1:]]
        if pngs:
            pairs.append(Pair(image, pngs[0]))
        else:
            problems.append(Problem(image, _no_mask(home, name, candidates, orphans), "problem"))
    missed = {name.casefold() for name in images.keys() - masks.keys()}
    orphans = {name: path for name, path in orphans.items() if name.casefold() not in missed}
    if home.list_path is None:
        problems += [
            Problem(path, "belongs to no image of that name: ignored", "note") for path in orphans.values()
        ]
    return Paired(pairs, problems)


def _missing_folders(home: Home) -> Iterator[Problem]:
    for path, what in ((home.images, "images"), (home.masks, "masks")):
        if not path.is_dir():
            yield Problem(path, f"is missing: the {what} of {home.split} are looked for here", "problem")
    if home.list_path is not None and not home.list_path.is_file():
        yield Problem(home.list_path, "is missing: it lists the names of the images, one per line", "problem")


def _unread_folders(home: Home) -> Iterator[Problem]:
    """Folders inside those of images and masks, if the layout has none."""
    for place in {home.images, home.masks} if not home.nested else set():
        for path in place.glob("*"):
            if path.is_dir() and not path.name.startswith("."):
                yield Problem(path, "is a folder, whose files are not read: move them up to use them", "note")


def _files(folder: Path, nested: bool) -> list[Path]:
    """The files in a folder, without those that systems leave behind; none if there is no folder."""
    return sorted(
        path
        for path in folder.glob("*/*" if nested else "*")
        if path.is_file()
        and not path.name.startswith(".")
        and path.name.lower() not in ("thumbs.db", "desktop.ini")
    )


def _images(home: Home) -> tuple[dict[str, Path], list[Problem]]:
    """The images of a home by the names that their masks have, and their problems."""
    images: dict[str, Path] = {}
    problems = []
    listed = _listed_names(home)
    for path in _files(home.images, home.nested):
        name = home.image_name(path)
        if name is None or (listed is not None and name not in listed):
            continue
        if path.suffix.lower() not in IMAGES:
            problems.append(Problem(path, _not_looked_for(path), "note"))
        elif name in images:
            what = f"has the name of {images[name].name}, and one mask cannot belong to both: rename one"
            problems.append(Problem(path, what, "problem"))
        else:
            images[name] = path
    for name, place in (listed or {}).items():
        if name not in images:
            problems.append(
                Problem(Path(place), f"lists {name}, but {home.images} holds no such image", "problem")
            )
    return images, problems


def _not_looked_for(path: Path) -> str:
    if path.suffix.lower() in _PICTURES:
        return f"is not an image that is looked for ({', '.join(IMAGES)}): ignored; convert it to JPEG or PNG to use it"
    return f"is not an image that is looked for ({', '.join(IMAGES)}): ignored"


def _listed_names(home: Home) -> dict[str, str] | None:
    """The names in a home's list, each with its place, FILE:LINE; None if there is no list."""
    if home.list_path is None:
        return None
    if not home.list_path.is_file():
        return {}
    names = {}
    for number, line in enumerate(home.list_path.read_text("utf-8-sig", "replace").splitlines(), start=1):
        if line.strip():
            name = line.split()[0]
            if Path(name).suffix.lower() in _PICTURES:
                name = name.rpartition(".")[0]
            names[unicodedata.normalize("NFC", name)] = f"{home.list_path}:{number}"
    return names


def _by_name(home: Home) -> dict[str, list[Path]]:
    """The pictures in a home's folder of masks, by the name of their image."""
    masks = defaultdict(list)
    for path in _files(home.masks, home.nested):
        name = home.mask_name(path)
        if name is not None and (path.suffix.lower() in _PICTURES or not home.mask_ending):
            masks[name].append(path)
    return {
        name: [path for path in paths if path.suffix.lower() in _PICTURES] or paths[:1]
        for name, paths in masks.items()
    }


def _no_mask(home: Home, name: str, candidates: list[Path], orphans: dict[str, Path]) -> str:
    """Say that an image has no mask, and name the one that may have been meant."""
    expected = home.expected_mask(name)
    if candidates:
        return (
            f"has no mask {expected}, only {candidates[0].name}: masks must be PNG, which keeps every id as it is; "
            "export it again from its source (renaming or converting a JPEG does not help)"
        )
    for other, path in orphans.items():
        if other.casefold() == name.casefold():
            return (
                f"has no mask: expected {expected}. There is {path.name}, and only upper and lower case differ: "
                "rename one of the two."
            )
    near = [other for other in orphans if name in other or other in name]
    near += difflib.get_close_matches(name, orphans, n=1, cutoff=0.6)
    meant = f" There is {orphans[near[0]].name}: rename it if that is the one." if near else ""
    return f"has no mask: expected {expected}. Add it, or remove the image.{meant}"
