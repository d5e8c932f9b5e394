"""Where the repairs of expressions are tried, and what they know of the whole answer."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from course_lib.checking.recognise.repair import Repair, replaced

Node = TypeVar("Node", bound=ast.AST)
Proposal = tuple[ast.expr, str]
"""What is put in an expression's place, and what is said if that mends the answer."""


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
        picks: the names in square brackets, as of a mask.
    """

    parameters: tuple[str, ...]
    unused: tuple[str, ...]
    local: tuple[str, ...]
    returned: tuple[str, ...]
    words: tuple[str, ...]
    calls: tuple[ast.Call, ...]
    picks: tuple[str, ...]


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
    calls = tuple(node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.keywords)
    slices = [node.slice for node in ast.walk(tree) if isinstance(node, ast.Subscript)]
    picks = dict.fromkeys(part.id for part in slices if isinstance(part, ast.Name))
    return Scope(tuple(arguments), unused, tuple(local), returned, tuple(words), calls, tuple(picks))


def exchanged(items: list[Node], number: int, new: Node) -> list[Node]:
    """Return a list with another item in one place."""
    return [*items[:number], new, *items[number + 1 :]]


def name_of(function: ast.expr) -> str:
    """Return the last part of the name that is called."""
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def renamed(function: ast.expr, name: str) -> ast.expr:
    """Return another function, or another method of the same thing."""
    if isinstance(function, ast.Attribute):
        return ast.Attribute(function.value, name, function.ctx)
    return ast.Name(name, ast.Load())


def expression_repairs(tree: ast.AST, rules: tuple[Rule, ...], is_named: bool) -> Iterator[Repair]:
    """Yield every repair that some rules propose for any expression of a tree."""
    scope = scope_of(tree)
    places = list(_expressions(tree))
    for rule in rules:
        firsts: list[Repair] = []
        for parent, field, index, node in places:
            for number, (new, sentence) in enumerate(rule(node, scope)):
                edit = replaced(parent, field, index, new, node)
                repair = Repair((edit,), node, sentence, is_named, around=parent)
                yield repair
                if number == 0 and not any(repair.meets(other) for other in firsts):
                    firsts.append(repair)
        if is_named and len(firsts) > 1:  # the same mistake in each place
            edits = tuple(edit for repair in firsts for edit in repair.edits)
            yield Repair(edits, firsts[0].place, firsts[0].sentence)


def unused_arguments(tree: ast.AST) -> Iterator[Repair]:
    """Yield the repairs that put an argument in the places of a fixed number or word, where it is never used."""
    scope = scope_of(tree)
    if not scope.unused:
        return
    places: dict[str, list[tuple[ast.AST, str, int | None, ast.Constant]]] = {}
    for parent, field, index, node in _expressions(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float | str):
            places.setdefault(repr(node.value), []).append((parent, field, index, node))
    for name in scope.unused:
        yield from _handed_on(tree, name)
        for same in places.values():
            compared = [place for place in same if isinstance(place[0], ast.Compare)]
            groups = [[place] for place in same]
            groups += [group for group in (compared, same) if len(group) > 1]
            for group in groups:
                yield Repair(
                    tuple(replaced(*place[:3], ast.Name(name, ast.Load()), place[3]) for place in group),
                    group[0][3],
                    f"The argument `{name}` is never used. Line {{line}} has `{{code}}` in its place.",
                )


def _handed_on(tree: ast.AST, name: str) -> Iterator[Repair]:
    """An argument that is forgotten where another function is called."""
    for parent, field, index, node in _expressions(tree):
        if isinstance(node, ast.Call):
            read = ast.Name(name, ast.Load())
            sentence = f"The argument `{name}` is never used. Line {{line}} has `{{code}}`: hand it on there."
            for new in (
                ast.Call(node.func, [*node.args, read], node.keywords),
                ast.Call(node.func, node.args, [*node.keywords, ast.keyword(name, read)]),
            ):
                yield Repair((replaced(parent, field, index, new, node),), node, sentence)


def _expressions(tree: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.expr]]:
    """Yield every expression with where it is: its parent, the parent's field, and its place if that is a list."""
    for parent in list(ast.walk(tree)):
        for field, value in ast.iter_fields(parent):
            items = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
            yield from ((parent, field, index, node) for index, node in items if isinstance(node, ast.expr))


Rule = Callable[[ast.expr, Scope], Iterator[Proposal]]
