"""The exercises: one folder per lesson, ``lNN_slug``, and in it one file per exercise, named after its id.

What several exercises of a lesson share is in its ``shared.py``. Only the file of an exercise is imported to find it:
the lessons without torch never load it.
"""

from __future__ import annotations

import difflib
import json
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from course_lib.checking.exercise import Exercise, Worked
from course_lib.former_names import current_id

OUTLINE = Path(__file__).with_name("outline.json")
"""What lists need of every exercise, written by ``course build``: reading it loads no lesson, and so no torch."""


@dataclass(frozen=True)
class Entry:
    """One exercise in the outline of the course.

    Attributes:
        id: the exercise's.
        title: its title.
        lesson: the lesson's name, such as ``"03_iou_and_dice_by_hand"``.
        points: what passing is worth.
        examples: the ids of its worked examples.
    """

    id: str
    title: str
    lesson: str
    points: int
    examples: tuple[str, ...]


def outline() -> list[Entry]:
    """Return every exercise's entry in the order of the lessons, without importing an exercise."""
    return [Entry(**values) for values in json.loads(OUTLINE.read_text(encoding="utf-8"))]


def all_exercises() -> Iterator[Exercise]:
    """Yield every exercise in the order of the lessons; its file is imported when its turn comes."""
    yield from map(_exercise_of, outline())


def exercises_of(lesson: str) -> list[Exercise]:
    """Return the exercises of a lesson, such as ``"03_iou_and_dice_by_hand"``, in their order; none if it has none."""
    return [_exercise_of(entry) for entry in outline() if entry.lesson == lesson]


def find_exercise(exercise_id: str) -> Exercise:
    """Return the exercise that has this id, or had it in an earlier release.

    Raises:
        ValueError: there is none; the message names the near ones.
    """
    entries = outline()
    for entry in entries:
        if entry.id == current_id(exercise_id):
            return _exercise_of(entry)
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
            return next(one for one in _exercise_of(entry).worked_cases if one.example == example_id)
    known = [name for entry in entries for name in entry.examples]
    raise ValueError(f"There is no worked example {example_id!r}. {_near(example_id, known)}")


def defined_in(lesson: str) -> dict[str, Exercise]:
    """Import the files of a lesson's folder; return the exercises that they define, by id.

    Raises:
        ValueError: a file is not named after the exercise that it defines.
    """
    folder = f"{__name__}.l{lesson}"
    if find_spec(folder) is None:
        return {}
    found = {}
    for file in pkgutil.iter_modules(import_module(folder).__path__):
        for exercise in _defined_by(import_module(f"{folder}.{file.name}")):
            if file.name != exercise.id.replace("-", "_"):
                raise ValueError(
                    f"{folder}.{file.name} defines the exercise {exercise.id!r}: name the file after it."
                )
            found[exercise.id] = exercise
    return found


def _exercise_of(entry: Entry) -> Exercise:
    (exercise,) = _defined_by(import_module(f"{__name__}.l{entry.lesson}.{entry.id.replace('-', '_')}"))
    return exercise


def _defined_by(module: ModuleType) -> list[Exercise]:
    """Return the exercises of a file, without those that it imports."""
    found = [value for value in vars(module).values() if isinstance(value, Exercise)]
    return [exercise for exercise in found if exercise.reference.__module__ == module.__name__]


def _near(wanted: str, known: list[str]) -> str:
    near = difflib.get_close_matches(str(wanted), [name for name in known if name], n=3, cutoff=0.4)
    return f"Did you mean {' or '.join(near)}?" if near else "`course progress` lists them all."
