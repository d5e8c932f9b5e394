"""Repairs of searches: what beats the best so far does not take its place, or the first find is not the last."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_lib.checking.recognise.block import Block
from course_lib.checking.recognise.repair import Repair


def best_not_kept(block: Block) -> Iterator[Repair]:
    """``if score > top: best = i`` to ``if score > top: best, top = i, score``."""
    if not isinstance(block.node, ast.For | ast.While):
        return
    names = [node for node in ast.walk(block.node) if isinstance(node, ast.Name)]
    set_here = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    for item in block.items:
        test = item.test if isinstance(item, ast.If) else None
        if not isinstance(test, ast.Compare) or not isinstance(
            test.ops[0], ast.Gt | ast.GtE | ast.Lt | ast.LtE
        ):
            continue
        for best, other in ((test.comparators[0], test.left), (test.left, test.comparators[0])):
            if isinstance(best, ast.Name) and best.id not in set_here and not isinstance(other, ast.Constant):
                kept = ast.copy_location(ast.Assign([ast.Name(best.id, ast.Store())], other), test)
                inner = Block(item, "body")
                sentence = (
                    f"Line {{line}}: what beats `{best.id}` does not take its place. Set `{best.id}` anew there, or "
                    "everything is compared with what it was at first."
                )
                yield Repair((inner.set([*inner.items, ast.fix_missing_locations(kept)]),), item, sentence)


def goes_on(block: Block) -> Iterator[Repair]:
    """``if size == 1: found = i`` in a loop to ``if size == 1: found = i; break``."""
    if not isinstance(block.node, ast.For):
        return
    for item in block.items:
        if (
            isinstance(item, ast.If)
            and not item.orelse
            and all(isinstance(one, ast.Assign) for one in item.body)
        ):
            inner = Block(item, "body")
            end = ast.copy_location(ast.Break(), item.body[-1])
            sentence = (
                "Line {line}: the loop goes on after this `if` was true, so a later one takes the place of the first. "
                "End the loop there: `break`."
            )
            yield Repair((inner.set([*inner.items, end]),), item, sentence)


RULES = (best_not_kept, goes_on)
