"""Two small exercises for the fixture lesson, and a way to make the course know them."""

import json
import sys
from fractions import Fraction

import course_lib.exercises
from course_lib.checking.exercise import Exercise, Misconception, Worked


def add(a, b):
    """Return the sum of two numbers."""
    total = 0
    ### BEGIN SOLUTION
    # one after the other
    total = a + b
    ### END SOLUTION
    return total


def double(number):
    """Return twice a number."""
    ### BEGIN SOLUTION
    return number * 2
    ### END SOLUTION


def _difference(a, b):
    return a - b


def _first(a, b):
    return a


def _product(a, b):
    return a * b


def _added_by_hand(a, b):
    return a.__add__(b)


def _summed(a, b):
    return sum([a, b])


def _swapped(a, b):
    return b + a


def compare_with_the_reference(answer, a, b):
    """Observe what no plain data can hold, and reach an answer to do so: that may not be."""
    return float(answer(Fraction(a), b)) == float(add(a, b))


def look_at_a_fraction(answer, a, b):
    """Observe the same without an answer."""
    return float(answer(Fraction(a), b))


ADD = Exercise(
    id="add",
    title="A sum",
    lesson="01",
    points=2,
    minutes=5,
    source="nowhere",
    reference=add,
    worked=(Worked((1, 2), 3, "one-and-two"),),
    fresh=lambda rng: (int(rng.integers(3, 50)), int(rng.integers(3, 50))),
    misconceptions=(
        Misconception("difference", _difference, "You subtracted: a sum takes the plus sign."),
        Misconception("first", _first, "You returned the first number alone."),
        Misconception("product", _product, "You multiplied: a sum takes the plus sign."),
    ),
    accepted=(_added_by_hand, _summed, _swapped),
    hints=("Two numbers.", "Plus.", "a + b"),
    why="A sum does not ask for the order.",
)

DOUBLE = Exercise(
    id="double",
    title="Twice a number",
    lesson="01",
    points=1,
    minutes=10,
    source="nowhere",
    reference=double,
    worked=(Worked((3,), 6),),
    fresh=lambda rng: (int(rng.integers(3, 50)),),
    misconceptions=(
        Misconception("same", lambda number: number, "You gave the number back as it came."),
        Misconception("square", lambda number: number**2, "You squared it: twice is times 2."),
        Misconception("half", lambda number: number / 2, "You halved it: twice is times 2."),
    ),
    accepted=(
        lambda number: number + number,
        lambda number: 2 * number,
        lambda number: sum([number] * 2),
    ),
    hints=("Times.", "Times two.", "number * 2"),
    why="Twice is the number and itself.",
)

EXERCISES = (ADD, DOUBLE)


def install() -> None:
    """Make these the course's only exercises, in this process."""
    sys.modules["course_lib.exercises.small"] = sys.modules[__name__]
    course_lib.exercises.LESSON_MODULES = ("small",)
    entries = [
        course_lib.exercises.Entry(**values) for values in json.loads(course_lib.exercises.outline_text())
    ]
    course_lib.exercises.outline = lambda: entries
