"""The exercises, one module a lesson, each exercise defined once.

Modules are imported one after the other until the exercise is found: the lessons without torch never load it.
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


def outline() -> list[Entry]:
    """Return every exercise's entry in the order of the lessons, without importing a lesson's module."""
    return [Entry(**values) for values in json.loads(OUTLINE.read_text(encoding="utf-8"))]


def outline_text() -> str:
    """Return what :data:`OUTLINE` must hold."""
    entries = [
        {"id": exercise.id, "title": exercise.title, "lesson": exercise.lesson, "points": exercise.points}
        for exercise in all_exercises()
    ]
    return json.dumps(entries, indent=1, ensure_ascii=False) + "\n"


def all_exercises() -> Iterator[Exercise]:
    """Yield every exercise in the order of the lessons; a lesson's module is imported when its turn comes."""
    for module in LESSON_MODULES:
        yield from import_module(f"{__name__}.{module}").EXERCISES


def find_exercise(exercise_id: str) -> Exercise:
    """Return the exercise with this id.

    Raises:
        ValueError: there is none; the message names the near ones.
    """
    known = []
    for exercise in all_exercises():
        if exercise.id == exercise_id:
            return exercise
        known.append(exercise.id)
    raise ValueError(f"There is no exercise {exercise_id!r}. {_near(exercise_id, known)}")


def find_example(example_id: str) -> Worked:
    """Return the worked case with this id, such as ``"overlap-4x4"``.

    Raises:
        ValueError: there is none; the message names the near ones.
    """
    known = []
    for exercise in all_exercises():
        for worked in exercise.worked:
            if worked.example == example_id:
                return worked
            known.append(worked.example)
    raise ValueError(f"There is no worked example {example_id!r}. {_near(example_id, known)}")


def _near(wanted: str, known: list[str]) -> str:
    near = difflib.get_close_matches(str(wanted), [name for name in known if name], n=3, cutoff=0.4)
    return f"Did you mean {' or '.join(near)}?" if near else "`course progress` lists them all."
