"""The exercises, one module a lesson, each exercise defined once.

Only the module that holds an exercise is imported to find it: the lessons without torch never load it.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from course_lib.checking.exercise import Exercise, Worked

LESSON_MODULES = (
    "start_here",
    "argmax_per_pixel",
    "pixel_accuracy_vs_iou",
    "iou_and_dice_by_hand",
    "per_pixel_cross_entropy",
    "tiny_unet",
    "full_unet",
    "pet_trimap_project",
    "losses_for_imbalance",
    "upsampling_and_fcn",
    "training_craft",
    "bug_hunt",
    "atrous_and_context",
    "instances_and_panoptic",
    "foundation_models",
    "quiz_and_review",
)


OUTLINE = Path(__file__).with_name("outline.json")
"""What lists need of every exercise, written by ``course build``: reading it loads no lesson, and so no torch."""


@dataclass(frozen=True)
class Entry:
    """One exercise in the outline of the course."""

    id: str
    title: str
    lesson: str
    points: int
    module: str
    examples: tuple[str, ...]


def outline() -> list[Entry]:
    """Return every exercise's entry in the order of the lessons, without importing a lesson's module."""
    return [Entry(**values) for values in json.loads(OUTLINE.read_text(encoding="utf-8"))]


def outline_text() -> str:
    """Return what :data:`OUTLINE` must hold."""
    entries = [
        {
            "id": exercise.id,
            "title": exercise.title,
            "lesson": exercise.lesson,
            "points": exercise.points,
            "module": module,
            "examples": [worked.example for worked in exercise.worked if worked.example],
        }
        for module in LESSON_MODULES
        for exercise in _exercises_of(module)
    ]
    return json.dumps(entries, indent=1, ensure_ascii=False) + "\n"


def all_exercises() -> Iterator[Exercise]:
    """Yield every exercise in the order of the lessons; a lesson's module is imported when its turn comes."""
    for module in LESSON_MODULES:
        yield from _exercises_of(module)


def find_exercise(exercise_id: str) -> Exercise:
    """Return the exercise with this id.

    Raises:
        ValueError: there is none; the message names the near ones.
    """
    entries = outline()
    for entry in entries:
        if entry.id == exercise_id:
            return next(one for one in _exercises_of(entry.module) if one.id == exercise_id)
    raise ValueError(
        f"There is no exercise {exercise_id!r}. {_near(exercise_id, [one.id for one in entries])}"
    )


def find_example(example_id: str) -> Worked:
    """Return the worked case with this id, such as ``"overlap-4x4"``.

    Raises:
        ValueError: there is none; the message names the near ones.
    """
    entries = outline()
    for entry in entries:
        if example_id in entry.examples:
            shown = (worked for exercise in _exercises_of(entry.module) for worked in exercise.worked)
            return next(worked for worked in shown if worked.example == example_id)
    known = [name for entry in entries for name in entry.examples]
    raise ValueError(f"There is no worked example {example_id!r}. {_near(example_id, known)}")


def _exercises_of(module: str) -> tuple[Exercise, ...]:
    exercises: tuple[Exercise, ...] = import_module(f"{__name__}.{module}").EXERCISES
    return exercises


def _near(wanted: str, known: list[str]) -> str:
    near = difflib.get_close_matches(str(wanted), [name for name in known if name], n=3, cutoff=0.4)
    return f"Did you mean {' or '.join(near)}?" if near else "`course progress` lists them all."
