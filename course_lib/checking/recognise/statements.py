"""Small repairs of statements: moved out of a loop, into a loop, past another one, or left out."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from course_lib.checking.recognise.proposals import Scope, scope_of
from course_lib.checking.recognise.repair import Edit, Repair

_BLOCKS = ("body", "orelse")
_Compound = ast.For | ast.While | ast.If | ast.With


@dataclass(frozen=True)
class _Block:
    """A list of statements: the field of a node."""

    node: ast.AST
    field: str

    @property
    def items(self) -> list[ast.stmt]:
        statements: list[ast.stmt] = getattr(self.node, self.field)
        return statements

    def set(self, items: list[ast.stmt]) -> Edit:
        return Edit(self.node, self.field, items or [ast.Pass(lineno=1, col_offset=0)])


def statement_repairs(tree: ast.AST) -> Iterator[Repair]:
    """Yield every repair that the rules propose, those that name a well-known mistake first."""
    blocks = list(_blocks(tree))
    scope = scope_of(tree)
    for rule in (
        _condition,
        _return_in_loop,
        _not_reset,
        _reset_each_round,
        _break,
        _not_skipped,
        _overwritten,
        _depth,
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


def _blocks(tree: ast.AST) -> Iterator[_Block]:
    for node in ast.walk(tree):
        for field in _BLOCKS:
            if isinstance(node, ast.stmt) and getattr(node, field, None):
                yield _Block(node, field)


def _condition(block: _Block) -> Iterator[Repair]:
    """``if isnan(value):`` to ``if not isnan(value):``; a comparison has a repair of its own."""
    for item in block.items:
        if isinstance(item, ast.If | ast.While) and isinstance(
            item.test, ast.Call | ast.Name | ast.Subscript
        ):
            turned = ast.copy_location(ast.UnaryOp(ast.Not(), item.test), item.test)
            sentence = "Line {line}: the condition `{code}` is the wrong way round. What about `not`?"
            yield Repair((Edit(item, "test", turned),), item.test, sentence)


def _return_in_loop(block: _Block) -> Iterator[Repair]:
    """The `return` at the end of a loop's body, or of a loop in it, moves behind the loop."""
    for number, loop in enumerate(block.items):
        inner, sentence = _Block(loop, "body"), _RETURNS
        while isinstance(loop, ast.For | ast.While) and inner.items:
            last = inner.items[-1]
            if isinstance(last, ast.Return):
                edits = inner.set(inner.items[:-1]), block.set(_inserted(block.items, number + 1, last))
                yield Repair(edits, last, sentence)
            if not isinstance(last, ast.For | ast.While | ast.If):
                break
            inner = _Block(last, "body")


_RETURNS = (
    "Line {line} returns inside the loop, so the loop ends in its first round that gets there. Move `return` behind "
    "the loop."
)


def _not_reset(block: _Block) -> Iterator[Repair]:
    """Counters and lists that are made before a loop move into it."""
    for number, loop in enumerate(block.items):
        if not isinstance(loop, ast.For):
            continue
        starts = [item for item in block.items[:number] if _is_start(item)]
        groups = [[start] for start in starts] + ([starts] if len(starts) > 1 else [])
        for group in groups:
            names = " and ".join(f"`{ast.unparse(target)}`" for start in group for target in _targets(start))
            sentence = (
                f"Line {{line}} sets {names} once, before the loop over `{ast.unparse(loop.target)}`, so what is "
                "counted or collected goes on from one round to the next. Set it anew in each round."
            )
            rest = [item for item in block.items if item not in group]
            yield Repair(
                (_Block(loop, "body").set([*group, *loop.body]), block.set(rest)), group[0], sentence
            )


def _reset_each_round(block: _Block) -> Iterator[Repair]:
    """What is made anew in each round moves before the loop."""
    for number, loop in enumerate(block.items):
        if isinstance(loop, ast.For):
            for start in loop.body:
                if isinstance(start, ast.Assign):
                    rest = [item for item in loop.body if item is not start]
                    edits = _Block(loop, "body").set(rest), block.set(_inserted(block.items, number, start))
                    yield Repair(
                        edits,
                        start,
                        "Line {line}: `{code}` is inside the loop, so each round begins anew and only the last one is "
                        "left. Do it once, before the loop.",
                    )


def _break(block: _Block) -> Iterator[Repair]:
    for number, item in enumerate(block.items):
        if isinstance(item, ast.Break):
            new = ast.copy_location(ast.Continue(), item)
            yield Repair(
                (block.set([*block.items[:number], new, *block.items[number + 1 :]]),),
                item,
                "Line {line}: `break` ends the whole loop. To skip only this round, use `continue`.",
            )


def _not_skipped(block: _Block) -> Iterator[Repair]:
    """In a loop, an `if` that sets something where its round should be skipped."""
    if not isinstance(block.node, ast.For | ast.While):
        return
    for item in block.items:
        if isinstance(item, ast.If) and not item.orelse and isinstance(item.body[0], ast.Assign):
            new = ast.copy_location(ast.Continue(), item.body[0])
            sentence = "Line {line}: `{code}` goes on with this round. It should be skipped: `continue`."
            yield Repair((Edit(item, "body", [new]),), item.body[0], sentence)


def _overwritten(block: _Block) -> Iterator[Repair]:
    """In a loop, a value that is set where it should grow."""
    if not isinstance(block.node, ast.For | ast.While):
        return
    for number, item in enumerate(block.items):
        if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Subscript | ast.Name):
            new = ast.copy_location(ast.AugAssign(item.targets[0], ast.Add(), item.value), item)
            sentence = "Line {line}: `{code}` overwrites what the rounds before left. Add to it: `+=`."
            edit = block.set([*block.items[:number], new, *block.items[number + 1 :]])
            yield Repair((edit,), item, sentence)


def _operator(block: _Block) -> Iterator[Repair]:
    """``jump += stride`` to ``jump *= stride``."""
    for item in block.items:
        if isinstance(item, ast.AugAssign):
            for operator in (ast.Add, ast.Sub, ast.Mult):
                if not isinstance(item.op, operator):
                    sentence = "Line {line}: look at the operator in `{code}`."
                    yield Repair((Edit(item, "op", operator()),), item, sentence, is_named=False)
            one = ast.copy_location(ast.Constant(1), item.value)
            counts = "Line {line}: `{code}` should count: add 1."
            yield Repair((Edit(item, "value", one),), item, counts, is_named=False)


def _depth(block: _Block) -> Iterator[Repair]:
    """A statement moves one level out, or into the block above it."""
    for number, item in enumerate(block.items):
        inner_blocks = [
            _Block(item, field)
            for field in _BLOCKS
            if isinstance(item, _Compound) and getattr(item, field, None)
        ]
        for inner in inner_blocks:
            head = f"the `{type(item).__name__.lower()}` of line {item.lineno}"
            head = head if inner.field == "body" else f"the `else` that belongs to {head}"
            for at, place in ((0, number), (len(inner.items) - 1, number + 1)):
                moved = inner.items[at]
                rest = [other for other in inner.items if other is not moved]
                yield Repair(
                    (inner.set(rest), block.set(_inserted(block.items, place, moved))),
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


def _writes_into_argument(block: _Block, scope: Scope) -> Iterator[Repair]:
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


def _order(block: _Block) -> Iterator[Repair]:
    for number in range(len(block.items) - 1):
        first, second = block.items[number : number + 2]
        if isinstance(first, ast.FunctionDef) or isinstance(second, ast.FunctionDef | ast.Return):
            continue
        swapped = [*block.items[:number], second, first, *block.items[number + 2 :]]
        sentence = f"Line {{line}}: `{{code}}` comes too early: line {second.lineno} should be before it."
        yield Repair((block.set(swapped),), first, sentence, is_named=False)


def _left_out(block: _Block) -> Iterator[Repair]:
    for item in block.items:
        rest = [other for other in block.items if other is not item]
        sentence = "Line {line}: `{code}` does not belong there."
        yield Repair((block.set(rest),), item, sentence, is_named=False)


def _is_start(item: ast.stmt) -> bool:
    """Return whether a statement sets something to its start: a number, or an empty or filled list."""
    if not isinstance(item, ast.Assign):
        return False
    parts = item.value.elts if isinstance(item.value, ast.Tuple) else [item.value]
    return all(isinstance(part, ast.Constant | ast.List | ast.Dict | ast.Set | ast.Call) for part in parts)


def _targets(item: ast.stmt) -> list[ast.expr]:
    return item.targets if isinstance(item, ast.Assign) else []


def _inserted(items: list[ast.stmt], place: int, item: ast.stmt) -> list[ast.stmt]:
    return [*items[:place], item, *items[place:]]
