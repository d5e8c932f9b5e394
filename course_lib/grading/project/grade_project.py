"""``course grade-project``: lesson 07's project on a test split that only the instructor has.

A student hands in masks or weights, never code:

- ``predictions/NAME.png``, one label PNG for each test image, ids 0 pet, 1 background, 2 border; or
- ``predictions.npz`` with one integer array per test image, under its name; or
- ``best.safetensors`` or ``best.pt`` of one of the course's models, with the run's ``config.json`` if there is one.

Scores are pooled over all pixels of all test images at their own size; a smaller mask is enlarged first, every pixel
taking the id of the nearest.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from course_lib.bars import with_bar
from course_lib.data.folder import PetEntry, find_pet_folder, read_split, read_trimap
from course_lib.grading.intake.class_folder import read_folder, student_places
from course_lib.grading.plain_text import one_line
from course_lib.grading.project.handed_in_masks import (
    Prediction,
    enlarged,
    from_pngs,
    no_link,
    open_npz,
    read_npy,
)
from course_lib.grading.tables import Value, points, write_table
from course_lib.masks import PET_CLASSES, check_label_map, trimap_to_classes
from course_lib.metrics import ConfusionMatrix

MOST_WEIGHTS = 2**30  # bytes
WEIGHT_NAMES = ("best.safetensors", "weights.safetensors", "best.pt", "weights.pt")
_OUT_OF_TIME = 24  # SIGXCPU: the seconds on a processor are over
_MOST_WAITING = 10  # how many times longer a busy machine may take


@dataclass(frozen=True)
class ProjectScore:
    """One student's project: its scores, or the reason why there are none."""

    student: str
    kind: str = ""
    mean_iou: float | None = None
    iou: tuple[float, ...] = ()
    pixel_accuracy: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class Limits:
    """Limits for one student's weights, and the image size for weights that do not state one.

    Attributes:
        size: side of the images in pixels, for weights without a config.
        seconds: processor time.
        memory_mb: megabytes of memory.
    """

    size: int = 64
    seconds: int = 600
    memory_mb: int = 8192


def grade_projects(
    submissions: Path, test: Path, limits: Limits | None = None, progress: bool = False
) -> tuple[list[ProjectScore], float]:
    """Score every student's project.

    Args:
        submissions: a folder per student; the project is in it or in a folder ``07_...`` inside it.
        test: a folder of pets with a test split.
        limits: limits for weights.
        progress: show a bar.

    Returns:
        The scores, the best first, those without a score last; and the mIoU of calling every pixel background.

    Raises:
        FileNotFoundError, ValueError: the test split cannot be read, nobody handed in anything, or the owners of
            the files are unclear.
    """
    entries = read_split(find_pet_folder(test), "test")
    if not entries:
        raise ValueError(f"the test split of {test} is empty.")
    students = student_places(submissions, read_folder(submissions, _work)[0])
    if not students:
        raise FileNotFoundError(
            f"There is no student's folder in {submissions}: if a platform packed it, run `course collect` first."
        )
    bar = with_bar(sorted(students.items()), "scoring", progress, unit="project")
    scores = [_score_student(student, folder, entries, limits or Limits()) for student, folder in bar]
    background = np.full((1, 1), PET_CLASSES.index("background"), np.uint8)
    nothing = _score(lambda entry: background, entries)
    ordered = sorted(
        scores, key=lambda score: (score.mean_iou is None, -(score.mean_iou or 0), score.student)
    )
    return ordered, nothing.mean_iou()


def write_leaderboard(path: Path, scores: Sequence[ProjectScore]) -> None:
    """Write ``leaderboard.csv``; equal scores share a rank."""
    header = ("rank", "student", "mIoU", *PET_CLASSES, "pixel_accuracy", "handed_in", "reason")
    rows: list[list[Value]] = []
    shown = [None if score.mean_iou is None else f"{score.mean_iou:.4f}" for score in scores]
    for score, figure in zip(scores, shown, strict=True):
        if figure is None:
            rows.append(["", score.student, *[""] * (len(PET_CLASSES) + 2), score.kind, score.reason])
            continue
        each = [f"{value:.4f}" for value in score.iou]
        accuracy = f"{score.pixel_accuracy:.4f}"
        rows.append([str(shown.index(figure) + 1), score.student, figure, *each, accuracy, score.kind, ""])
    write_table(path, header, rows)


def write_points(
    path: Path, scores: Sequence[ProjectScore], baseline: float, full_marks: float, most: float
) -> None:
    """Write the points as a table of overrides: none at the baseline, all at ``full_marks``, a line between.

    A student without a score has no line: a person decides.

    Raises:
        ValueError: ``full_marks`` is not above the baseline.
    """
    if not baseline < full_marks <= 1:
        raise ValueError(
            f"full marks at mIoU {full_marks:g}: it must be above {baseline:.3f}, which calling everything background "
            "reaches on this test split, and at most 1."
        )
    rows: list[tuple[Value, ...]] = []
    for score in sorted(scores, key=lambda score: score.student):
        if score.mean_iou is not None:
            reached = (score.mean_iou - baseline) / (full_marks - baseline)
            given = points(most * min(max(reached, 0.0), 1.0))
            rows.append((score.student, "project", given, f"mIoU {score.mean_iou:.4f} on the test split."))
    write_table(path, ("student", "exercise", "score", "comment"), rows)


def _work(name: str, path: Path) -> str:
    """Return which part of a project a file is, in a folder of submissions; "" for none."""
    if path.parent.name == "predictions" and path.suffix == ".png":
        return f"predictions/{path.name}"
    return path.name if path.name in (*WEIGHT_NAMES, "predictions.npz") else ""


def _score_student(student: str, folder: Path, entries: Sequence[PetEntry], limits: Limits) -> ProjectScore:
    kind = ""
    try:
        place, kind = _find_project(folder)
        if kind == "weights":
            with TemporaryDirectory(prefix="project-") as scratch:
                _predict_by_weights(place, entries, Path(scratch), limits)
                matrix = _score(from_pngs(Path(scratch)), entries)
        elif kind == "npz":
            with open_npz(place) as archive:
                matrix = _score(lambda entry: read_npy(archive, entry.name), entries)
        else:
            matrix = _score(from_pngs(place), entries)
    except (ValueError, TypeError, OSError) as error:
        return ProjectScore(student, kind, reason=_without_paths(error, folder))
    ious = tuple(float(value) for value in matrix.iou())
    return ProjectScore(student, kind, matrix.mean_iou(), ious, matrix.pixel_accuracy())


def _without_paths(error: Exception, folder: Path) -> str:
    text = str(error).replace(f"{folder.resolve()}/", "").replace(f"{folder}/", "")
    return one_line(text, 500)


def _find_project(folder: Path) -> tuple[Path, str]:
    """Return what was handed in, and of which kind it is: predictions before weights."""
    places = [*sorted(path for path in folder.glob("07_*") if path.is_dir()), folder]
    for place in places:
        if (place / "predictions").is_dir():
            return no_link(place / "predictions", folder), "label PNGs"
        if (place / "predictions.npz").is_file():
            return no_link(place / "predictions.npz", folder), "npz"
    for place in places:
        for name in WEIGHT_NAMES:
            if (place / name).is_file():
                return no_link(place / name, folder), "weights"
    raise ValueError(
        f"no project was handed in: predictions/NAME.png, predictions.npz, or {' or '.join(WEIGHT_NAMES[::2])} is "
        "expected."
    )


def _score(read: Prediction, entries: Sequence[PetEntry]) -> ConfusionMatrix:
    """Count one image after another: thousands of masks need not fit into memory."""
    matrix = ConfusionMatrix(len(PET_CLASSES))
    for entry in entries:
        mask, truth = read(entry), trimap_to_classes(read_trimap(entry.trimap_path))
        check_label_map(mask, len(PET_CLASSES), name=f"the mask of {entry.name}")
        matrix.update(enlarged(mask, truth.shape, f"the mask of {entry.name}"), truth)
    return matrix


def _predict_by_weights(path: Path, entries: Sequence[PetEntry], out: Path, limits: Limits) -> None:
    """Let another process, with limits, turn weights into masks; it never learns where the true masks are.

    Raises:
        ValueError: it failed; the message says why.
    """
    if path.stat().st_size > MOST_WEIGHTS:
        raise ValueError(f"{path.name} has more than {MOST_WEIGHTS // 2**20} MiB.")
    config = path.parent / "config.json"
    request = {
        "weights": str(path.resolve()),
        "config": str(no_link(config, path.parent).resolve()) if config.is_file() else "",
        "images": [str(entry.image_path.resolve()) for entry in entries],
        "out": str(out),
        "size": limits.size,
        "memory_mb": limits.memory_mb,
        "seconds": limits.seconds,
    }
    note = out / "request.json"
    note.write_text(json.dumps(request), encoding="utf-8")
    command = [sys.executable, "-m", "course_lib.grading.project.weights", str(note)]
    too_long = f"the weights took longer than {limits.seconds} seconds."
    environment = dict(os.environ) | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_MOST_WAITING * limits.seconds,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ValueError(too_long) from None
    if done.returncode == -_OUT_OF_TIME:
        raise ValueError(too_long)
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise ValueError(lines[-1] if lines and done.returncode == 1 else "the weights ended their process.")
