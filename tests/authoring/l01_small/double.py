"""Twice a number."""

from course_lib.checking.exercise import Exercise


def double(number):
    """Return twice a number.

    Args:
        number: a number.

    Returns:
        A number.
    """
    ### BEGIN SOLUTION
    return number * 2
    ### END SOLUTION


DOUBLE = Exercise(
    double,
    title="Twice a number",
    points=1,
    minutes=10,
    source="nowhere",
    draw={
        "positive": lambda rng: (int(rng.integers(3, 50)),),
        "negative": lambda rng: (-int(rng.integers(3, 50)),),
    },
    hints=("Times.", "Times two.", "number * 2"),
    why="Twice is the number and itself.",
)

DOUBLE.worked(3, gives=6)


@DOUBLE.wrong
def same(number):
    """You gave the number back as it came."""
    return number


DOUBLE.wrong(lambda number: number**2, name="square", sentence="You squared it: twice is times 2.")
DOUBLE.wrong(lambda number: number / 2, name="half", sentence="You halved it: twice is times 2.")

DOUBLE.right(lambda number: number + number)
DOUBLE.right(lambda number: 2 * number)
DOUBLE.right(lambda number: sum([number] * 2))
