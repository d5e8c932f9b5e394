"""Small repairs of branches: a condition turned round, a statement on the wrong level, an `else` of the wrong `if`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_lib.checking.recognise.block import BLOCKS, Block, inserted
from course_lib.checking.recognise.repair import Edit, Repair

_Compound = ast.For | ast.While | ast.If | ast.With


def condition(block: Block) -> Iterator[Repair]:
    """``if isnan(value):`` to ``if not isnan(value):``; a comparison has a repair of its own."""
    for item in block.items:
        if isinstance(item, ast.If | ast.While) and isinstance(
            item.test, ast.Call | ast.Name | ast.Subscript
        ):
            turned = ast.copy_location(ast.UnaryOp(ast.Not(), item.test), item.test)
            sentence = "Line {line}: the condition `{code}` is the wrong way round. What about `not`?"
            yield Repair((Edit(item, "test", turned),), item.test, sentence)


def depth(block: Block) -> Iterator[Repair]:
    """A statement moves one level out, or into the block above it."""
    for number, item in enumerate(block.items):
        inner_blocks = [
            Block(item, field)
            for field in BLOCKS
            if isinstance(item, _Compound) and getattr(item, field, None)
        ]
        for inner in inner_blocks:
            head = f"the `{type(item).__name__.lower()}` of line {item.lineno}"
            head = head if inner.field == "body" else f"the `else` that belongs to {head}"
            for at, place in ((0, number), (len(inner.items) - 1, number + 1)):
                moved = inner.items[at]
                rest = [other for other in inner.items if other is not moved]
                yield Repair(
                    (inner.set(rest), block.set(inserted(block.items, place, moved))),
                    moved,
                    f"Line {{line}}: `{{code}}` is inside {head}. It belongs one level further out.",
                )
            following = block.items[number + 1] if number + 1 < len(block.items) else None
            ends_a_loop = isinstance(item, ast.For | ast.While) and isinstance(following, ast.Return)
            if following and not ends_a_loop:
                rest = [other for other in block.items if other is not following]
                yield Repair(
                    (inner.set([*inner.items, following]), block.set(rest)),
                    following,
                    f"Line {{line}}: `{{code}}` comes after {head}. It belongs inside.",
                )
