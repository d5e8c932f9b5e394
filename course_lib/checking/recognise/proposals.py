"""Where the repairs of expressions are tried, and what they know of the whole answer."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TypeVar

from course_lib.checking.recognise.repair import Repair, replaced
from course_lib.checking.recognise.scope import Scope, scope_of
from course_lib.checking.recognise.text import short_code_of

Node = TypeVar("Node", bound=ast.AST)
Proposal = tuple[ast.expr, str]
"""What is put in an expression's place, and what is said if that mends the answer."""
LOOK = "Line {line}: look at `{code}`{around}. Something else belongs in its place."


def exchanged(items: list[Node], number: int, new: Node) -> list[Node]:
    """Return a list with another item in one place."""
    return [*items[:number], new, *items[number + 1 :]]


def name_of(function: ast.expr) -> str:
    """Return the last part of the name that is called."""
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def applied_to(node: ast.Call) -> ast.expr | None:
    """Return what a function or method is applied to: ``x`` in ``torch.exp(x)`` and in ``x.exp()``."""
    function = node.func
    is_method = isinstance(function, ast.Attribute) and not (
        isinstance(function.value, ast.Name) and function.value.id in ("torch", "F", "np", "math")
    )
    return (
        function.value if is_method and isinstance(function, ast.Attribute) else next(iter(node.args), None)
    )


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
        alike: dict[str, list[Repair]] = {}
        for parent, field, index, node in places:
            for number, (new, sentence) in enumerate(rule(node, scope)):
                edit = replaced(parent, field, index, new, node)
                repair = Repair((edit,), node, sentence, is_named, around=parent)
                yield repair
                if is_named and number == 0:
                    _add(repair, firsts)
                elif not is_named and _is_a_word(node):
                    _add(repair, alike.setdefault(f"{ast.unparse(node)} {ast.unparse(new)}", []))
        kinds = [
            [one for one in firsts if one.sentence == said] for said in {one.sentence: 0 for one in firsts}
        ]
        for same in (firsts, *(kind for kind in kinds if len(kind) < len(firsts)), *alike.values()):
            if len(same) > 1:
                yield _in_each_place(same, is_named)


def _add(repair: Repair, others: list[Repair]) -> None:
    """Add a repair to those that can be made with it."""
    if not any(repair.meets(other) for other in others):
        others.append(repair)


def _is_a_word(node: ast.expr) -> bool:
    """Return whether an expression is a name, a method, or fixed: the same one elsewhere may be as wrong."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, bool) or (isinstance(node.value, int) and node.value > 2)
    return isinstance(node, ast.Name | ast.Attribute)


def _in_each_place(repairs: list[Repair], is_named: bool) -> Repair:
    """Return several repairs of one kind as one: the same mistake in each place."""
    edits = tuple(edit for repair in repairs for edit in repair.edits)
    lines = dict.fromkeys(getattr(repair.place, "lineno", 0) for repair in repairs)
    others = [str(line) for line in lines][1:]
    if others:
        too = f" The same in line {' and '.join(others)}."
    else:
        codes = dict.fromkeys(short_code_of(repair.place) for repair in repairs)
        too = (
            f" The same in {' and '.join(f'`{code}`' for code in list(codes)[1:])}." if len(codes) > 1 else ""
        )
    return Repair(edits, repairs[0].place, repairs[0].sentence + too, is_named, repairs[0].around)


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
        yield from _in_a_range(tree, name)
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


def is_of_an_argument_in_use(repair: Repair, unused: tuple[str, ...]) -> bool:
    """Return whether a repair says of an argument that it is never used, and it is."""
    says_so = repair.sentence.startswith("The argument `") and "is never used" in repair.sentence
    return says_so and repair.sentence.split("`")[1] not in unused


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


def _in_a_range(tree: ast.AST, name: str) -> Iterator[Repair]:
    """``range(truth.max() + 1)`` to ``range(num_classes)``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) == "range" and node.args:
            place = len(node.args) - 1
            end = node.args[place]
            if not isinstance(end, ast.Constant | ast.Name):
                sentence = f"The argument `{name}` is never used. Line {{line}} has `{{code}}` in its place."
                yield Repair((replaced(node, "args", place, ast.Name(name, ast.Load()), end),), end, sentence)


def _expressions(tree: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.expr]]:
    """Yield every expression with where it is: its parent, the parent's field, and its place if that is a list."""
    for parent in list(ast.walk(tree)):
        for field, value in ast.iter_fields(parent):
            items = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
            yield from ((parent, field, index, node) for index, node in items if isinstance(node, ast.expr))


Rule = Callable[[ast.expr, Scope], Iterator[Proposal]]
