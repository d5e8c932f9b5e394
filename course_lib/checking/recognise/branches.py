"""Small repairs of branches: a condition turned round, a statement on the wrong level, an `else` of the wrong `if`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import takewhile

from course_lib.checking.recognise.block import BLOCKS, Block, inserted
from course_lib.checking.recognise.repair import Edit, Repair
from course_lib.checking.recognise.text import code_of

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
            is_elif = inner.field == "orelse" and code_of(inner.items[0]).startswith("elif")
            for at, place in ((0, number), (len(inner.items) - 1, number + 1)):
                moved = inner.items[at]
                if isinstance(moved, ast.Assign) and not block.may_read_later(moved, number):
                    continue  # each round needs its own
                rest = [other for other in inner.items if other is not moved]
                yield Repair(
                    (inner.set(rest), block.set(inserted(block.items, place, moved))),
                    moved,
                    _ELIF.format(item.lineno)
                    if is_elif
                    else f"Line {{line}}: `{{code}}` is inside {head}. It belongs one level further out.",
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


_ELIF = (
    "Line {{line}}: `elif` is asked only where the `if` of line {} is not true. Here both can be: write `if`."
)


def else_of_the_last(block: Block) -> Iterator[Repair]:
    """``if``, ``if``, ``else`` to ``if``, ``elif``, ``else``."""
    items = block.items
    for end, last in enumerate(items):
        before = list(takewhile(_has_no_else, reversed(items[:end])))
        if not (before and isinstance(last, ast.If) and last.orelse):
            continue
        start, chain = end - len(before), last
        for item in before:
            assert isinstance(item, ast.If)
            chain = ast.copy_location(ast.If(item.test, item.body, [chain]), item)
        sentence = (
            "The `else` of the `if` in line {line} belongs to this `if` only, so it also comes where one before it "
            "was true. Write `elif` from the second one on."
        )
        yield Repair((block.set([*items[:start], chain, *items[end + 1 :]]),), last, sentence)


def _has_no_else(item: ast.stmt) -> bool:
    return isinstance(item, ast.If) and not item.orelse
