"""Two ways to look at an answer that returns what plain data cannot hold."""

from fractions import Fraction

from course_lib.exercises.l01_small.add import add


def compare_with_the_reference(answer, a, b):
    """Reach an answer to do so: that may not be."""
    return float(answer(Fraction(a), b)) == float(add(a, b))


def look_at_a_fraction(answer, a, b):
    """Do without one."""
    return float(answer(Fraction(a), b))
