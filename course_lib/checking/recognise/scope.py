"""What the repairs of expressions know of the whole answer."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_FEW = 4  # arguments, of which each may be taken for each; of more only those that are neighbours


@dataclass(frozen=True)
class Scope:
    """What the repairs know of the whole answer.

    Attributes:
        parameters: the names of the arguments.
        unused: those of them that the answer never reads.
        local: every name that the answer sets, the arguments among them.
        returned: the names that it returns.
        words: the strings in it.
        called: the names and methods that are called, by their identity.
        calls: what it calls with keywords.
        plain_calls: what it calls with arguments and without keywords.
        masks: the names that are set to a comparison.
        picks: the names in square brackets, and those of masks.
        signed: the numbers behind a minus, by their identity.
        asked: what is asked whether it is true, by its identity.
        starts: the numbers that names are set to, alone or in a tuple, by their identity.
        written: the numbers that are written into a part of something, by their identity.
        ends: the values that are returned, by their identity.
        terms: what is added or subtracted, by its identity.
        measured: the names of which only the length is asked for, by their identity.
        walked: the lists and arguments that a loop goes over by their names, by their identity.
        factors: the whole numbers above 2 by which something is multiplied.
        kin: for each name those that are made beside it in the same way.
    """

    parameters: tuple[str, ...]
    unused: tuple[str, ...]
    local: tuple[str, ...]
    returned: tuple[str, ...]
    words: tuple[str, ...]
    called: frozenset[int]
    calls: tuple[ast.Call, ...]
    plain_calls: tuple[ast.Call, ...]
    masks: tuple[str, ...]
    picks: tuple[str, ...]
    signed: frozenset[int]
    asked: frozenset[int]
    starts: frozenset[int]
    written: frozenset[int]
    ends: frozenset[int]
    terms: frozenset[int]
    measured: frozenset[int]
    walked: frozenset[int]
    factors: tuple[int, ...]
    kin: dict[str, tuple[str, ...]]


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
    masks = tuple(dict.fromkeys(part.id for part in _masks(tree) if isinstance(part, ast.Name)))
    picks = dict.fromkeys([*(part.id for part in slices if isinstance(part, ast.Name)), *masks])
    return Scope(
        parameters=tuple(arguments),
        unused=unused,
        local=tuple(local),
        returned=returned,
        words=tuple(words),
        called=frozenset(id(call.func) for call in calls),
        calls=tuple(call for call in calls if call.keywords),
        plain_calls=tuple(call for call in calls if call.args and not call.keywords),
        masks=masks,
        picks=tuple(picks),
        signed=frozenset(map(id, _signed(tree))),
        asked=frozenset(map(id, _asked(tree))),
        starts=frozenset(map(id, _starts(tree))),
        written=frozenset(map(id, _written(tree))),
        ends=frozenset(map(id, ends)),
        terms=frozenset(map(id, _terms(tree))),
        measured=frozenset(map(id, _measured(tree))),
        walked=frozenset(map(id, _walked(tree))),
        factors=tuple(dict.fromkeys(_factors(tree))),
        kin=_kin(tree),
    )


def _factors(tree: ast.AST) -> Iterator[int]:
    """Yield the whole numbers above 2 by which something is multiplied."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            numbers = [side.value for side in (node.left, node.right) if isinstance(side, ast.Constant)]
            yield from (number for number in numbers if type(number) is int and number > 2)


def _masks(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the names that are set to a comparison."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Compare):
            yield from node.targets


def _signed(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield what is behind a minus."""
    for node in ast.walk(tree):
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            yield node.operand


def _terms(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield both sides of every sum and difference."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            yield from (node.left, node.right)


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


def _measured(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield what is between the brackets of `len`, or before `.shape`: many things may be as long by chance."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "len":
            yield from node.args
        elif isinstance(node, ast.Attribute) and node.attr == "shape":
            yield node.value


def _walked(tree: ast.AST) -> Iterator[ast.Name]:
    """Yield the names of what loops go over, alone or in a `zip` or an `enumerate`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.comprehension):
            over = node.iter.args if isinstance(node.iter, ast.Call) else [node.iter]
            yield from (each for each in over if isinstance(each, ast.Name))


def _kin(tree: ast.AST) -> dict[str, tuple[str, ...]]:
    """Return for each name those that are made in the same statement, or in one of the same form beside it.

    So are ``height, width = mask.shape``, the arguments, and ``a = x[0]`` and ``b = x[1]``, one after the other.
    """
    groups: list[list[str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.arguments):
            names = [each.arg for each in node.args]
            groups += [names] if len(names) <= _FEW else map(list, pairwise(names))
        if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Store):
            groups.append([item.id for item in node.elts if isinstance(item, ast.Name)])
        for block in (getattr(node, field, None) for field in ("body", "orelse")):
            groups += [_made_alike(*pair) for pair in pairwise(block)] if isinstance(block, list) else []
    kin: dict[str, dict[str, None]] = {}
    for group in groups:
        for name in group:
            kin.setdefault(name, {}).update(dict.fromkeys(other for other in group if other != name))
    return {name: tuple(others) for name, others in kin.items()}


def _made_alike(first: ast.AST, second: ast.AST) -> list[str]:
    """Return the two names that are set to expressions of the same form."""
    made = [node for node in (first, second) if isinstance(node, ast.Assign)]
    names = [node.targets[0].id for node in made if isinstance(node.targets[0], ast.Name)]
    if len(names) < 2 or not all(
        isinstance(node.value, ast.BinOp | ast.Call | ast.Subscript) for node in made
    ):
        return []
    forms = [[type(part) for part in ast.walk(node.value)] for node in made]
    return names if forms[0] == forms[1] else []
