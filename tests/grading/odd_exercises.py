"""As many exercises as there are odd cells: each asks for twice a number, under its own name."""

import sys
from types import FunctionType, ModuleType

import course_lib.exercises
from course_lib.checking.exercise import Exercise

MOST = 80
LESSON = "01_odd"


def _double(number):
    """Return twice a number."""
    return number * 2


def _exercise(index):
    """Make an exercise, and the module that the course would find it in."""
    name = f"answer_{index:02}"
    module = ModuleType(f"course_lib.exercises.l{LESSON}.{name}")
    module.__file__ = __file__
    module.exercise = Exercise(
        FunctionType(_double.__code__, vars(module), name),
        title="Twice a number",
        points=1,
        minutes=5,
        source="nowhere",
        draw=lambda rng: (int(rng.integers(3, 50)),),
        hints=("Times.", "Times two.", "number * 2"),
        why="Twice is the number and itself.",
    )
    module.exercise.worked(3, gives=6)
    module.exercise.wrong(lambda number: number, name="same", sentence="You gave the number back.")
    module.exercise.right(lambda number: number + number)
    sys.modules[module.__name__] = module
    return module.exercise


EXERCISES = tuple(_exercise(index) for index in range(MOST))


def outline(count=MOST):
    """Return the outline of a course that has only the first of these exercises."""
    return [course_lib.exercises.Entry(one.id, one.title, LESSON, 1, ()) for one in EXERCISES[:count]]


def install() -> None:
    """Make these the course's only exercises, in this process."""
    course_lib.exercises.outline = outline
