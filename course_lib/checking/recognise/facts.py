"""What is surely odd in an answer's code, whether or not a change of it was found that mends the answer."""

from __future__ import annotations

import ast
from functools import lru_cache

from course_lib.checking.exercise import Exercise
from course_lib.checking.recognise.proposals import scope_of
from course_lib.checking.recognise.source import Definition, source_of


def fact_of(exercise: Exercise, tree: Definition) -> str | None:
    """Return the first fact about an answer's code, as a sentence, or None."""
    for name in scope_of(tree).unused:
        if name in _needed(exercise):
            return f"The argument `{name}` is never used."
    for loop in ast.walk(tree):
        if isinstance(loop, ast.For | ast.While) and isinstance(loop.body[-1], ast.Return):
            return (
                f"Line {loop.body[-1].lineno} returns inside the loop, so the loop ends in its first round."
            )
    return _never_read(tree)


@lru_cache(maxsize=256)
def _needed(exercise: Exercise) -> frozenset[str]:
    """Return the arguments that every right answer reads."""
    sources = [source_of(answer) for answer in (exercise.reference, *exercise.accepted)]
    trees = [source.tree for source in sources if source is not None]
    read = [{node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} for tree in trees]
    return frozenset(set(exercise.parameters).intersection(*read)) if read else frozenset()


def _never_read(tree: Definition) -> str | None:
    """Say which of the values that a loop takes apart is never read."""
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    read = {node.id for node in names if isinstance(node.ctx, ast.Load)}
    for loop in ast.walk(tree):
        parts = loop.target.elts if isinstance(loop, ast.For) and isinstance(loop.target, ast.Tuple) else []
        for part in parts:
            if isinstance(part, ast.Name) and part.id not in read and not part.id.startswith("_"):
                return f"Line {part.lineno}: `{part.id}` is never used."
    return None
