"""What is said of two mistakes in one answer."""

from __future__ import annotations

import ast

from course_lib.checking.recognise.arrays import BOUNDS
from course_lib.checking.recognise.operands import ONE_MINUS, OTHER_SIGN
from course_lib.checking.recognise.proposals import name_of
from course_lib.checking.recognise.repair import Repair
from course_lib.checking.recognise.slips import LOOK
from course_lib.checking.recognise.text import short_code_of

TWO_AT_ONCE = "Two things at once."
_BOTH = f"{TWO_AT_ONCE} First: {{}} Second: {{}}"
_ALIKE = "The same mistake in two places. {} {}"
_EVERYWHERE = "Line {}: look at `{}` in both places. Something else belongs there."
_PLACES = "Line {}: look at `{}` and at `{}`. Something else belongs in both places."


def both(first: str, second: str) -> str:
    """Return two sentences as one message; the same one only once."""
    return first if first == second else _BOTH.format(first, second)


def are_two(first: Repair, second: Repair) -> bool:
    """Return whether two changes can be two mistakes, and not two halves of some other one.

    Two changes that no well-known mistake explains, in one line and of different kinds, come to something by chance. So
    does one of them beside other ends of a slice or a range.
    """
    if first.meets(second) and not _in_one_block(first, second):
        return False
    if _line(first) != _line(second):
        return True
    if first.sentence == second.sentence:
        return first.sentence not in (ONE_MINUS, OTHER_SIGN)  # the one may take back what the other does
    are_slips = not first.is_named and not second.is_named
    about_ends = BOUNDS in (first.sentence, second.sentence) and (first.is_vague or second.is_vague)
    return not (are_slips or about_ends)


def _in_one_block(first: Repair, second: Repair) -> bool:
    """Return whether both change statements of one block, and not the same one."""
    are_statements = isinstance(first.place, ast.stmt) and isinstance(second.place, ast.stmt)
    return are_statements and _line(first) != _line(second)


def may_hide(first: Repair, second: Repair) -> bool:
    """Return whether two changes may be told though neither shows without the other: so much can be chance."""
    is_pair = first.sentence == second.sentence and _line(first) == _line(second)
    is_pair = is_pair and first.sentence not in (ONE_MINUS, OTHER_SIGN)
    return not first.meets(second) and (is_pair or (first.is_named and second.is_named))


def serves_several(tree: ast.AST, repair: Repair) -> bool:
    """Return whether a change is to a length whose name is read in several places, of which one may want another one.

    Then the change may have made a mistake of its own, and what it leaves was not there before.
    """
    place = repair.place
    if not (isinstance(place, ast.Call) and name_of(place.func) == "len"):
        return False
    kept = [
        node.targets[0] for node in ast.walk(tree) if isinstance(node, ast.Assign) and node.value is place
    ]
    read = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    return any(sum(node.id == getattr(name, "id", "") for node in read) > 1 for name in kept)


def picks_among_equals(tree: ast.AST, repair: Repair) -> bool:
    """Return whether a change is of ``cost < best``: with the last of equals some cases are right by chance."""
    if not isinstance(repair.place, ast.Compare):
        return False
    sides = {node.id for node in (repair.place.left, *repair.place.comparators) if isinstance(node, ast.Name)}
    stored = [
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    return any(stored.count(name) > 1 for name in sides)


def both_changes(first: Repair, second: Repair) -> str:
    """Return what is said of two changes that mend an answer only together.

    Two of one kind are one mistake, such as two numbers in one line that belong together.
    """
    one, other = first.said(), second.said()
    if one == other or first.sentence != second.sentence:
        return both(one, other)
    if first.sentence == LOOK and _line(first) == _line(second):
        places = short_code_of(first.place), short_code_of(second.place)
        if len(set(places)) == 1:
            return _EVERYWHERE.format(_line(first), places[0])
        return _PLACES.format(_line(first), *places)
    return both(one, other) if first.is_vague else _ALIKE.format(one, other)


def _line(repair: Repair) -> int:
    line: int = getattr(repair.place, "lineno", 0)
    return line
