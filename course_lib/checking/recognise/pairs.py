"""What is said of two mistakes in one answer."""

from __future__ import annotations

from course_lib.checking.recognise.repair import Repair
from course_lib.checking.recognise.slips import LOOK
from course_lib.checking.recognise.text import short_code_of

_BOTH = "Two things at once. First: {} Second: {}"
_ALIKE = "The same mistake in two places. {} {}"
_PLACES = "Line {}: look at `{}` and at `{}`. Something else belongs in both places."


def both(first: str, second: str) -> str:
    """Return two sentences as one message; the same one only once."""
    return first if first == second else _BOTH.format(first, second)


def both_changes(first: Repair, second: Repair) -> str:
    """Return what is said of two changes that mend an answer only together.

    Two of one kind are one mistake, such as two numbers in one line that belong together.
    """
    one, other = first.said(), second.said()
    if one == other or first.sentence != second.sentence:
        return both(one, other)
    lines = {getattr(repair.place, "lineno", 0) for repair in (first, second)}
    if first.sentence == LOOK and len(lines) == 1:
        return _PLACES.format(*lines, short_code_of(first.place), short_code_of(second.place))
    return _ALIKE.format(one, other)
