"""Which work a file in a zip is: a lesson's notebook, or a file of the project."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from functools import cache
from pathlib import PurePosixPath

from course_lib.grading.intake.archive import read_small
from course_lib.grading.intake.platforms import Owner, Package
from course_lib.grading.intake.platforms.base import COPY, file_of, lesson_in
from course_lib.grading.plain_text import file_name
from course_lib.lessons import is_lesson_name

_PROJECT_FILES = (
    "predictions.npz",
    "best.pt",
    "best.safetensors",
    "weights.pt",
    "weights.safetensors",
    "config.json",
)


def package_of(
    archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], assignments: Sequence[str], lesson: str
) -> Package:
    """Return a zip's harmless entries as a package; ``lesson`` is the lesson of notebooks that do not name theirs."""

    @cache
    def work(name: str) -> str:
        if not name.lower().endswith(".ipynb"):
            return _project_file(name) or next(
                (each for each in _PROJECT_FILES if name.endswith(f"_{each}")), ""
            )
        parts = reversed(PurePosixPath(name).parts)
        named = next(filter(None, (lesson_in(part, assignments) for part in parts)), "")
        inside = named or _lesson_inside(read_small(archive, entries[name]), assignments)
        return inside or lesson or f"?{file_of(name)}"

    return Package([*entries], assignments, work, lambda name: read_small(archive, entries[name]))


def target_of(owner: Owner, work: str, assignments: Sequence[str]) -> PurePosixPath | str:
    """Return a file's path below its student's folder, or why it is left out."""
    if work.startswith("?"):
        return "its lesson is unknown: name it with --lesson"
    if work in assignments:
        return PurePosixPath(work, f"{work}.ipynb")
    project = next((each for each in assignments if each.startswith("07_")), "")
    file = _project_file(owner.file)
    return (
        PurePosixPath(project, file) if file and project else "neither a notebook nor a file of the project"
    )


def _lesson_inside(data: bytes, assignments: Sequence[str]) -> str:
    """Return the lesson that a renamed notebook's metadata name."""
    try:
        number = str(json.loads(data.decode("utf-8"))["metadata"]["course"]["lesson"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return next((each for each in assignments if each[:2] == number and is_lesson_name(each)), "")


def _project_file(name: str) -> str:
    """Return the path of a file of the project: weights, predictions, or one of a folder of label PNGs."""
    path = PurePosixPath(name)
    plain = COPY.sub("", path.stem) + path.suffix
    if plain in _PROJECT_FILES:
        return plain
    if path.suffix == ".png" and path.parent.name == "predictions":
        return f"predictions/{file_name(path.name)}"
    return ""
