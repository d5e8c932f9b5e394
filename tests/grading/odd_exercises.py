"""As many exercises as there are odd cells: each asks for twice a number, under a name of its own."""

import sys
from types import FunctionType

import course_lib.exercises
from course_lib.checking.exercise import Exercise, Misconception, Worked

MOST = 80


def _double(number):
    """Return twice a number."""
    return number * 2


def _exercise(index):
    reference = FunctionType(_double.__code__, globals(), f"answer_{index:02}")
    return Exercise(
        id=f"odd-{index:02}",
        title="Twice a number",
        lesson="01",
        points=1,
        minutes=5,
        source="nowhere",
        reference=reference,
        worked=(Worked((3,), 6),),
        fresh=lambda rng: (int(rng.integers(3, 50)),),
        misconceptions=(Misconception("same", lambda number: number, "You gave the number back."),),
        accepted=(lambda number: number + number,),
        hints=("Times.", "Times two.", "number * 2"),
        why="Twice is the number and itself.",
    )


EXERCISES = tuple(_exercise(index) for index in range(MOST))


def install() -> None:
    """Make these the course's only exercises, in this process."""
    sys.modules["course_lib.exercises.odd"] = sys.modules[__name__]
    course_lib.exercises.LESSON_MODULES = ("odd",)
    entries = [course_lib.exercises.Entry(one.id, one.title, "01", 1, "odd", []) for one in EXERCISES]
    course_lib.exercises.outline = lambda: entries
