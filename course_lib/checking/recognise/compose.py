"""Two misconceptions in one answer: the reference with the changes of both, where they change different places."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Any

from course_lib.checking.exercise import Answer, Exercise, Misconception
from course_lib.checking.recognise.source import Definition, Source, source_of

_IGNORED = {"ctx", "type_comment", "kind"}


@dataclass(frozen=True)
class Composed:
    """Two misconceptions and the answer that has both."""

    ideas: tuple[Misconception, Misconception]
    answer: Answer


class _Conflict(Exception):
    """Both change the same place."""


@lru_cache(maxsize=256)
def composed(exercise: Exercise) -> tuple[Composed, ...]:
    """Return the pairs of an exercise's misconceptions that change different places of the reference."""
    base = source_of(exercise.reference)
    if base is None:
        return ()
    trees = {}
    names = dict(vars(sys.modules[exercise.reference.__module__]))
    for idea in exercise.misconceptions:
        source = source_of(idea.answer)
        if source is not None and type(source.tree) is type(base.tree):
            trees[idea] = _bare(source.tree, exercise.name)
            names = {**source.names, **names}
    reference = _bare(base.tree, exercise.name)
    pairs = []
    for one, other in combinations(trees, 2):
        try:
            tree = merged(reference, trees[one], trees[other])
        except _Conflict:
            continue
        answer = Source(ast.fix_missing_locations(tree), dict(names)).run()
        if answer is not None:
            pairs.append(Composed((one, other), answer))
    return tuple(pairs)


def merged(base: Any, one: Any, other: Any) -> Any:
    """Return a part of a syntax tree with the changes that two others make to it.

    Raises:
        _Conflict: both change the same place.
    """
    if _same(base, one):
        return other
    if _same(base, other) or _same(one, other):
        return one
    if isinstance(base, ast.AST) and type(base) is type(one) is type(other):
        fields = {
            name: merged(*(getattr(node, name, None) for node in (base, one, other))) for name in base._fields
        }
        return ast.copy_location(type(base)(**fields), base)
    if isinstance(base, list) and isinstance(one, list) and isinstance(other, list):
        return _merged_lists(base, one, other)
    raise _Conflict


def _merged_lists(base: list[Any], one: list[Any], other: list[Any]) -> list[Any]:
    if len(base) == len(one) == len(other):
        return [merged(*items) for items in zip(base, one, other, strict=True)]
    first, second = sorted((_changed_span(base, new) for new in (one, other)), key=lambda span: span[:2])
    if first[1] > second[0]:
        raise _Conflict
    items = [*base[: first[0]], *first[2], *base[first[1] : second[0]], *second[2], *base[second[1] :]]
    return items or ([ast.Pass()] if isinstance(base[0], ast.stmt) else [])  # both left a statement out


def _changed_span(base: list[Any], new: list[Any]) -> tuple[int, int, list[Any]]:
    """Return from where to where a list was changed, and what is there now."""
    shorter = min(len(base), len(new))
    start = next((at for at in range(shorter) if not _same(base[at], new[at])), shorter)
    most = shorter - start
    end = next((at for at in range(most) if not _same(base[-1 - at], new[-1 - at])), most)
    return start, len(base) - end, new[start : len(new) - end]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, ast.AST):
        if type(one) is not type(other):
            return False
        return all(
            _same(getattr(one, name, None), getattr(other, name, None))
            for name in one._fields
            if name not in _IGNORED
        )
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and bool(one == other)


def _bare(tree: Definition, name: str) -> Definition:
    """Return a definition under the reference's name, without docstring and annotations."""
    tree.name = name
    if isinstance(tree.body[0], ast.Expr) and isinstance(tree.body[0].value, ast.Constant):
        tree.body = tree.body[1:] or [ast.Pass()]
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.FunctionDef):
            node.returns = None
    return tree
