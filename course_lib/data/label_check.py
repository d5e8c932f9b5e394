"""`course data check` for your own images: everything that would stop training or falsify it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from course_lib.bars import with_bar
from course_lib.class_ids import IGNORE_INDEX, listed
from course_lib.data.classes import FILE_NAME, VOID, Classes, check_counted
from course_lib.data.folder_classes import folder_classes
from course_lib.data.images import image_remarks
from course_lib.data.label_pairs import LabelEntry, read_raw_pair, turn_remark
from course_lib.data.layouts import find_layout
from course_lib.data.pairing import Pair, pair_up
from course_lib.data.problems import Problem, Severity, from_error
from course_lib.data.splits import split_pairs
from course_lib.data.survey import MaskSurvey

_ANY_ID = Classes.numbered(tuple(f"class {number}" for number in range(IGNORE_INDEX)))
_OTHER_SPLIT_NAMES = ("training", "valid", "validation", "dev", "testing")
_OTHER_CLASS_FILES = ("class", "classes", "classnames", "labels", "labelmap", "labelnames", "names")
_SMALL = 16  # pixels


def check_label_folder(folder: Path, progress: bool = False) -> list[Problem]:
    """List the problems and notes about a folder of your own images, sorted by path; every image and mask is decoded.

    Raises:
        FileNotFoundError: the folder has no known layout.
    """
    folder = Path(folder)
    paired = [pair_up(home) for home in find_layout(folder).homes(folder)]
    found = [problem for part in paired for problem in part.problems]
    classes, no_classes = _classes(folder)
    survey = MaskSurvey(folder, classes)
    for pair in with_bar([pair for part in paired for pair in part.pairs], "checking", progress):
        found += _check_pair(pair, classes or _ANY_ID, survey)
    found += survey.problems()
    if classes and classes.counted:
        try:
            check_counted(frozenset(survey.ids) - {IGNORE_INDEX}, folder)
        except ValueError as error:
            found.append(from_error(error, folder))
    named = folder / FILE_NAME
    if no_classes.startswith(str(named)):
        found.append(from_error(ValueError(no_classes), named))
    elif no_classes and not any(no_classes.startswith(str(p.path)) or p.path == folder for p in found):
        found.append(Problem(folder, no_classes, "problem"))
    found += [*_known_by_layout(folder, classes), *_void_by_name(folder, classes)]
    found += [*_unread_splits(folder), *_unread_names(folder)]
    if not any(problem.severity == "problem" for problem in found):
        found += [*_check_splits(folder), *_not_in_train(folder, survey)]
    return sorted(found, key=lambda problem: str(problem.path))


def _classes(folder: Path) -> tuple[Classes | None, str]:
    """The classes of a folder, or why there are none: a mask that cannot be read, or the folder."""
    try:
        return folder_classes(folder), ""
    except (ValueError, OSError) as error:
        return None, str(error)


def _check_pair(pair: Pair, classes: Classes, survey: MaskSurvey) -> list[Problem]:
    image, mask = pair
    entry = LabelEntry(image.stem, image, mask, classes, "train")
    try:
        _, ids = read_raw_pair(entry)
        remarks = image_remarks(image)[1]
        turned = turn_remark(entry, ids.shape)
    except (ValueError, OSError) as error:
        named = str(getattr(error, "filename", None) or error)
        return [from_error(error, image if named.startswith(str(image)) else mask)]
    survey.add(mask, ids)
    remarks += [turned] if turned else []
    if min(ids.shape) < _SMALL:
        remarks.append(
            f"is only {ids.shape[1]}x{ids.shape[0]} pixels: there is hardly anything to learn from it"
        )
    return [Problem(image, remark, "note") for remark in remarks]


def _known_by_layout(folder: Path, classes: Classes | None) -> Iterator[Problem]:
    """Classes that are named by their data set, since there is no classes.txt."""
    layout = find_layout(folder)
    if classes and classes == layout.classes:
        void = f", and {listed(sorted(classes.void))} as void" if classes.void else ""
        what = f"has no {FILE_NAME}: its ids are taken for {layout.name}'s {len(classes.names)} classes{void}"
        yield Problem(folder, what, "note")


def _unread_splits(folder: Path) -> list[Problem]:
    """Folders that look like splits with another name."""
    parents = {folder}
    parents |= {home.images.parent for home in find_layout(folder).homes(folder) if home.split != "all"}
    return [
        Problem(parent / name, "is not read: the splits are called train, val and test, so rename it", "note")
        for parent in sorted(parents)
        for name in _OTHER_SPLIT_NAMES
        if (parent / name).is_dir()
    ]


def _unread_names(folder: Path) -> list[Problem]:
    """Files that look like a list of classes, if there is no classes.txt."""
    if (folder / FILE_NAME).is_file():
        return []
    return [
        Problem(path, f"is not read: names of classes are looked for in {FILE_NAME}", "note")
        for path in sorted(folder.glob("*.*"))
        if path.is_file() and path.stem.casefold().replace("_", "") in _OTHER_CLASS_FILES
    ]


def _void_by_name(folder: Path, classes: Classes | None) -> list[Problem]:
    """A class called void that is learnt like any other, because the lines of classes.txt have no ids."""
    if classes is None or VOID not in (name.casefold() for name in classes.names):
        return []
    what = f"has a class called {VOID}, which is learnt: to leave it out, begin every line with its id, as in '11 void'"
    return [Problem(folder / FILE_NAME, what, "note")]


def _check_splits(folder: Path) -> list[Problem]:
    """The problems of the splits of a folder in which every name is right."""
    found = []
    place: dict[str, str] = {}
    for split, pairs in split_pairs(folder).items():
        if not pairs:
            serious: Severity = "note" if split == "test" else "problem"
            found.append(Problem(folder, f"has no images for {split}", serious))
        for image, _ in pairs:
            if place.setdefault(image.stem, split) != split:
                what = f"has the name of an image in {place[image.stem]}: make sure that no image is in two splits"
                found.append(Problem(image, what, "note"))
    return found


def _not_in_train(folder: Path, survey: MaskSurvey) -> list[Problem]:
    """Classes that some mask holds, but none of those that are trained on."""
    trained = set().union(*(survey.ids_of[mask] for _, mask in split_pairs(folder)["train"]))
    unseen = sorted(survey.ids - trained - {IGNORE_INDEX, *(survey.classes.void if survey.classes else ())})
    what = (
        f"has no mask in train that holds {listed(unseen)}, only in other splits: not learnt"
        if unseen
        else ""
    )
    return [Problem(folder, what, "note")] if what else []
