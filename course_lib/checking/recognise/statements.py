"""Small repairs of statements: in loops and branches, past another one, of a copy, or left out."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from course_lib.checking.recognise import loops, searches, walks
from course_lib.checking.recognise.block import Block, blocks_of
from course_lib.checking.recognise.branches import condition, depth, else_of_the_last
from course_lib.checking.recognise.repair import Edit, Repair
from course_lib.checking.recognise.scope import Scope, scope_of


def statement_repairs(tree: ast.AST) -> Iterator[Repair]:
    """Yield every repair that the rules propose, those that name a well-known mistake first."""
    blocks = list(blocks_of(tree))
    scope = scope_of(tree)
    for rule in (
        _twice,
        condition,
        else_of_the_last,
        *loops.RULES,
        *searches.RULES,
        *walks.BLOCK_RULES,
        depth,
    ):
        for block in blocks:
            yield from rule(block)
    for block in blocks:
        yield from _writes_into_argument(block, scope)
    for rule in (_operator, _order, _left_out):
        for block in blocks:
            yield from rule(block)


def copied_argument(tree: ast.AST, name: str) -> Repair | None:
    """Return the repair that works on a copy of an argument."""
    if not isinstance(tree, ast.FunctionDef):
        return None
    copied = ast.parse(f"{name} = __import__('copy').deepcopy({name})").body[0]
    ast.increment_lineno(copied, tree.lineno - 1)
    sentence = f"The call changes its argument `{name}`, which others still use: work on a copy."
    return Repair((Edit(tree, "body", [copied, *tree.body]),), tree, sentence)


def _twice(block: Block) -> Iterator[Repair]:
    """``optimizer.step()`` twice in a row: one of them goes."""
    for number, (first, second) in enumerate(pairwise(block.items)):
        if ast.unparse(first) == ast.unparse(second):
            rest = [*block.items[: number + 1], *block.items[number + 2 :]]
            sentence = (
                f"Line {{line}}: `{{code}}` is done a second time, after line {first.lineno}. Do it once."
            )
            yield Repair((block.set(rest),), second, sentence)


def _operator(block: Block) -> Iterator[Repair]:
    """``jump += stride`` to ``jump *= stride``."""
    for item in block.items:
        if isinstance(item, ast.AugAssign):
            for operator in (ast.Add, ast.Sub, ast.Mult):
                if not isinstance(item.op, operator):
                    sentence = "Line {line}: look at the operator in `{code}`."
                    yield Repair((Edit(item, "op", operator()),), item, sentence, is_named=False)
            anew = ast.copy_location(ast.Assign([item.target], item.value), item)
            if isinstance(item.op, ast.Add):
                said = "Line {line}: `{code}` adds to what is there already. It should take its place: `=`."
                items = [anew if other is item else other for other in block.items]
                yield Repair((block.set(items),), item, said, is_named=False)
            if not isinstance(
                item.value, ast.Subscript | ast.BinOp
            ):  # what is put together is meant to be added
                one = ast.copy_location(ast.Constant(1), item.value)
                counts = "Line {line}: `{code}` should count: add 1."
                yield Repair((Edit(item, "value", one),), item, counts, is_named=False)


def _writes_into_argument(block: Block, scope: Scope) -> Iterator[Repair]:
    """``prediction = truth`` becomes a copy, and ``trimap -= 1`` a new value."""
    for number, item in enumerate(block.items):
        if isinstance(item, ast.Assign) and isinstance(item.value, ast.Name) and item.value.id in scope.local:
            copied = ast.parse(f"__import__('copy').deepcopy({item.value.id})", mode="eval").body
            new: ast.stmt = ast.Assign(item.targets, copied)
            sentence = (
                "Line {line}: `{code}` only gives the same thing a second name. It is not a copy: what is written into "
                "one is in both."
            )
        elif (
            isinstance(item, ast.AugAssign)
            and isinstance(item.target, ast.Name)
            and item.target.id in scope.parameters
        ):
            read = ast.Name(item.target.id, ast.Load())
            new = ast.Assign([item.target], ast.BinOp(read, item.op, item.value))
            sentence = "Line {line}: `{code}` changes the argument itself. Make a new value instead."
        else:
            continue
        new = ast.fix_missing_locations(ast.copy_location(new, item))
        yield Repair((block.set([*block.items[:number], new, *block.items[number + 1 :]]),), item, sentence)


def _order(block: Block) -> Iterator[Repair]:
    for number in range(len(block.items) - 1):
        first, second = block.items[number : number + 2]
        if isinstance(first, ast.FunctionDef) or isinstance(second, ast.FunctionDef | ast.Return):
            continue
        swapped = [*block.items[:number], second, first, *block.items[number + 2 :]]
        sentence = f"Line {{line}}: `{{code}}` comes too early: line {second.lineno} should be before it."
        yield Repair((block.set(swapped),), first, sentence, is_named=False)
    if isinstance(block.node, ast.For | ast.While):
        for item in block.items[:-2]:
            if isinstance(item, ast.AugAssign) and isinstance(item.target, ast.Name):
                rest = [other for other in block.items if other is not item]
                sentence = "Line {line}: `{code}` comes too early: it belongs at the end of the round."
                yield Repair((block.set([*rest, item]),), item, sentence, is_named=False)


def _left_out(block: Block) -> Iterator[Repair]:
    for item in block.items:
        rest = [other for other in block.items if other is not item]
        sentence = "Line {line}: `{code}` does not belong there."
        yield Repair((block.set(rest),), item, sentence, is_named=False)
