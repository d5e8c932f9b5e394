"""A sum."""

from course_lib.checking.exercise import Exercise, by_kind


def add(a, b):
    """Return the sum of two numbers.

    Args:
        a: a number.
        b: another one.

    Returns:
        A number.
    """
    total = 0
    ### BEGIN SOLUTION
    # one after the other
    total = a + b
    ### END SOLUTION
    return total


def draw(rng, kind):
    sign = -1 if kind == "negative" else 1
    return sign * int(rng.integers(3, 50)), sign * int(rng.integers(3, 50))


ADD = Exercise(
    add,
    title="A sum",
    points=2,
    minutes=5,
    source="nowhere",
    draw=by_kind(draw, "positive", "negative"),
    hints=("Two numbers.", "Plus.", "a + b"),
    why="A sum does not ask for the order.",
)

ADD.worked(1, 2, gives=3, example="one-and-two")


@ADD.wrong
def difference(a, b):
    """You subtracted: a sum takes the plus sign."""
    return a - b


@ADD.wrong
def first(a, b):
    """You returned the first number only."""
    return a


@ADD.wrong
def product(a, b):
    """You multiplied: a sum takes the plus sign."""
    return a * b


@ADD.right
def added_by_hand(a, b):
    return a.__add__(b)


@ADD.right
def summed(a, b):
    return sum([a, b])


@ADD.right
def swapped(a, b):
    return b + a
