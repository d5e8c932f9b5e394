"""Changes that are not tried, because the changed answer would never end, or fill the memory before it does."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_lib.checking.recognise.source import Definition, loops_of, statements_of

_GROW = {"append", "extend", "insert"}


def is_endless(tree: Definition) -> bool:
    """Return whether a `for` loop goes over a list that it makes longer, or a list is put into itself.

    A list that holds itself, or doubles in each round of a loop, cannot be compared or shown either: what walks
    through it takes all the memory that there is.
    """
    return any(_goes_round_for_ever(loop) for loop in loops_of(tree)) or _holds_itself(tree)


def _goes_round_for_ever(loop: ast.For | ast.While) -> bool:
    if not (isinstance(loop, ast.For) and isinstance(loop.iter, ast.Name)):
        return False
    grown = {name for statement in loop.body for name, _ in _growths(statement)}
    return loop.iter.id in grown


def _growths(tree: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Yield the name of each thing that a statement, or one in it, makes longer, and what it takes in."""
    for node in statements_of(tree):
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, node.value
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            call = node.value
            if name := _grown_by(call.func):
                yield from ((name, argument) for argument in call.args)


def _grown_by(function: ast.expr) -> str:
    """Return the name of what a method such as ``rows.append`` makes longer, or nothing."""
    if isinstance(function, ast.Attribute) and function.attr in _GROW:
        return function.value.id if isinstance(function.value, ast.Name) else ""
    return ""


def _holds_itself(tree: Definition) -> bool:
    """Return whether something takes itself in, or takes in what it is taken into."""
    takes: dict[str, set[str]] = {}
    for name, value in _growths(tree):
        takes.setdefault(name, set()).update(_whole_names(value))
    return any(name in _all_in(name, takes) for name in takes)


def _whole_names(value: ast.expr) -> Iterator[str]:
    """Yield what a value holds as a whole: both names of ``[a, 2 * b]``, and none of ``len(a) + b[0]``."""
    if isinstance(value, ast.Name):
        yield value.id
    elif isinstance(value, ast.List | ast.Tuple | ast.BinOp | ast.Starred):
        for part in ast.iter_child_nodes(value):
            if isinstance(part, ast.expr):
                yield from _whole_names(part)


def _all_in(name: str, takes: dict[str, set[str]]) -> set[str]:
    """Return everything that is in a thing, directly or in what it holds."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = takes.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found
