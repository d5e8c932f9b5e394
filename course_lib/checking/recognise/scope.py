"""What the repairs of expressions know of the whole answer."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise


@dataclass(frozen=True)
class Scope:
    """What the repairs know of the whole answer.

    Attributes:
        parameters: the names of the arguments.
        unused: those of them that the answer never reads.
        local: every name that the answer sets, the arguments among them.
        returned: the names that it returns.
        words: the strings in it.
        calls: what it calls with keywords.
        twins: pairs of names that are set together, as in ``height, width = shape``, or are arguments side by side.
        plain_calls: what it calls with arguments and without keywords.
        picks: the names in square brackets, as of a mask.
        signed: the numbers behind a minus, by their identity.
        asked: what is asked whether it is true, by its identity.
        starts: the numbers that names are set to, alone or in a tuple, by their identity.
        written: the numbers that are written into a part of something, by their identity.
        ends: the values that are returned, by their identity.
    """

    parameters: tuple[str, ...]
    unused: tuple[str, ...]
    local: tuple[str, ...]
    returned: tuple[str, ...]
    words: tuple[str, ...]
    calls: tuple[ast.Call, ...]
    twins: tuple[tuple[str, str], ...]
    plain_calls: tuple[ast.Call, ...]
    picks: tuple[str, ...]
    signed: frozenset[int]
    asked: frozenset[int]
    starts: frozenset[int]
    written: frozenset[int]
    ends: frozenset[int]


def scope_of(tree: ast.AST) -> Scope:
    """Return what is to be known of an answer."""
    arguments = [node.arg for node in ast.walk(tree) if isinstance(node, ast.arg) and node.arg != "self"]
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    read = {node.id for node in names if isinstance(node.ctx, ast.Load)}
    stored = [node.id for node in names if isinstance(node.ctx, ast.Store)]
    local = dict.fromkeys(name for name in [*arguments, *stored] if name != "_")
    unused = tuple(name for name in arguments if name not in read)
    ends = [node.value for node in ast.walk(tree) if isinstance(node, ast.Return)]
    returned = tuple(value.id for value in ends if isinstance(value, ast.Name))
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    words = dict.fromkeys(value for value in constants if isinstance(value, str) and value.isprintable())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    slices = [node.slice for node in ast.walk(tree) if isinstance(node, ast.Subscript)]
    picks = dict.fromkeys(part.id for part in slices if isinstance(part, ast.Name))
    return Scope(
        parameters=tuple(arguments),
        unused=unused,
        local=tuple(local),
        returned=returned,
        words=tuple(words),
        calls=tuple(call for call in calls if call.keywords),
        twins=tuple(dict.fromkeys(_twins(tree, arguments))),
        plain_calls=tuple(call for call in calls if call.args and not call.keywords),
        picks=tuple(picks),
        signed=frozenset(map(id, _signed(tree))),
        asked=frozenset(map(id, _asked(tree))),
        starts=frozenset(map(id, _starts(tree))),
        written=frozenset(map(id, _written(tree))),
        ends=frozenset(map(id, ends)),
    )


def _twins(tree: ast.AST, arguments: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of names that are easily taken for each other."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Store):
            names = [part.id for part in node.elts if isinstance(part, ast.Name)]
            yield from combinations(names, 2)
    yield from pairwise(arguments)


def _signed(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield what is behind a minus."""
    for node in ast.walk(tree):
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            yield node.operand


def _starts(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield what names are set to, and the parts of it where that is a tuple."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Subscript):
            yield from node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]


def _written(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield what is written into a part of an array or a list."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            yield node.value


def _asked(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions that are asked whether they are true."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.While | ast.IfExp):
            yield node.test
        elif isinstance(node, ast.BoolOp):
            yield from node.values
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node.operand
        elif isinstance(node, ast.comprehension):
            yield from node.ifs
