"""Small repairs of loops: what is done in each round, before the first one, or after the last one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_lib.checking.recognise.block import Block, inserted
from course_lib.checking.recognise.repair import Edit, Repair
from course_lib.checking.recognise.text import code_of


def _return_in_loop(block: Block) -> Iterator[Repair]:
    """The `return` at the end of a loop's body, or of a loop in it, moves behind the loop."""
    for number, loop in enumerate(block.items):
        inner, sentence = Block(loop, "body"), _RETURNS
        while isinstance(loop, ast.For | ast.While) and inner.items:
            last = inner.items[-1]
            if isinstance(last, ast.Return):
                edits = inner.set(inner.items[:-1]), block.set(inserted(block.items, number + 1, last))
                yield Repair(edits, last, sentence)
            if not isinstance(last, ast.For | ast.While | ast.If):
                break
            inner = Block(last, "body")


_RETURNS = (
    "Line {line} returns inside the loop, so the loop ends in its first round that gets there. Move `return` behind "
    "the loop."
)


def _not_reset(block: Block) -> Iterator[Repair]:
    """Counters and lists that are made before a loop move into it."""
    for number, loop in enumerate(block.items):
        if not isinstance(loop, ast.For):
            continue
        starts = [item for item in block.items[:number] if _is_start(item)]
        groups = [[start] for start in starts] + ([starts] if len(starts) > 1 else [])
        for group in groups:
            names = " and ".join(f"`{code_of(target)}`" for start in group for target in _targets(start))
            rest = [item for item in block.items if item not in group]
            for inner in (loop, *(item for item in loop.body if isinstance(item, ast.For))):
                sentence = (
                    f"Line {{line}} sets {names} once, before the loop over `{code_of(inner.target)}`, so what is "
                    "counted or collected goes on from one round to the next. Set it anew in each round."
                )
                edits = Block(inner, "body").set([*group, *inner.body]), block.set(rest)
                yield Repair(edits, group[0], sentence)


def _reset_each_round(block: Block) -> Iterator[Repair]:
    """What is made anew in each round moves before the loop."""
    for number, loop in enumerate(block.items):
        if not isinstance(loop, ast.For | ast.While):
            continue
        for start in loop.body:
            is_lost = isinstance(start, ast.Assign) and _is_lost(start, loop, block, number)
            if isinstance(start, ast.Assign) and (is_lost or _goes_on(start, loop)):
                rest = [item for item in loop.body if item is not start]
                edits = Block(loop, "body").set(rest), block.set(inserted(block.items, number, start))
                yield Repair(edits, start, _ONLY_THE_LAST if is_lost else _ANEW)


_ANEW = "Line {line}: `{code}` is inside the loop, so each round begins anew. Do it once, before the loop."
_ONLY_THE_LAST = (
    "Line {line}: `{code}` is inside the loop, so each round begins anew and only the last one is left. Do it once, "
    "before the loop."
)


def _is_lost(start: ast.Assign, loop: ast.For | ast.While, block: Block, number: int) -> bool:
    """Return whether a `for` loop makes anew what is read after it."""
    return isinstance(loop, ast.For) and not _is_next(start) and block.may_read_later(start, number)


def _goes_on(start: ast.Assign, loop: ast.For | ast.While) -> bool:
    """Return whether a `while` loop changes what it sets at its start: what one round leaves is for the next one."""
    changed = [item.target for item in loop.body if isinstance(item, ast.AugAssign)]
    return isinstance(loop, ast.While) and ast.unparse(start.targets[0]) in map(ast.unparse, changed)


def _is_next(item: ast.Assign) -> bool:
    """Return whether a statement makes a value from the one that it replaces: ``size = size // 2``."""
    names = {node.id for target in item.targets for node in ast.walk(target) if isinstance(node, ast.Name)}
    return any(isinstance(node, ast.Name) and node.id in names for node in ast.walk(item.value))


def _read_too_early(block: Block) -> Iterator[Repair]:
    """``for x in row: total += x; shares.append(x / total)``: the second statement moves into a loop of its own."""
    for number, loop in enumerate(block.items):
        if not isinstance(loop, ast.For):
            continue
        for grows in loop.body:
            name = _grown(grows)
            readers = [item for item in loop.body if item is not grows and name and _reads(item, name)]
            if not readers or any(isinstance(item, ast.If | ast.Return | ast.Break) for item in readers):
                continue
            first = [item for item in loop.body if item not in readers]
            second = [item for item in loop.body if item is not grows]
            loops: list[ast.stmt] = [
                ast.copy_location(ast.For(loop.target, loop.iter, body, []), loop) for body in (first, second)
            ]
            sentence = (
                f"Line {{line}}: `{{code}}` reads `{name}` while the loop of line {loop.lineno} still adds to it. "
                "Read it after that loop, when it is complete."
            )
            items = [*block.items[:number], *loops, *block.items[number + 1 :]]
            yield Repair((block.set(items),), readers[0], sentence)


def _grown(item: ast.stmt) -> str | None:
    """Return the name that a statement adds to: of a number, or of a list."""
    if isinstance(item, ast.AugAssign) and isinstance(item.target, ast.Name):
        return item.target.id
    call = item.value if isinstance(item, ast.Expr) else None
    is_append = (
        isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "append"
    )
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and is_append:
        return call.func.value.id if isinstance(call.func.value, ast.Name) else None
    return None


def _reads(item: ast.stmt, name: str) -> bool:
    names = [node for node in ast.walk(item) if isinstance(node, ast.Name)]
    return any(node.id == name and isinstance(node.ctx, ast.Load) for node in names)


def _break(block: Block) -> Iterator[Repair]:
    for number, item in enumerate(block.items):
        if isinstance(item, ast.Break):
            new = ast.copy_location(ast.Continue(), item)
            yield Repair(
                (block.set([*block.items[:number], new, *block.items[number + 1 :]]),),
                item,
                "Line {line}: `break` ends the whole loop. To skip only this round, use `continue`.",
            )
            nothing = ast.copy_location(ast.Return(ast.copy_location(ast.Constant(None), item)), item)
            yield Repair(
                (block.set([*block.items[:number], nothing, *block.items[number + 1 :]]),),
                item,
                "Line {line}: `break` ends only the loop, and the lines after it still run. Here nothing may follow: "
                "`return None`.",
            )


def _not_skipped(block: Block) -> Iterator[Repair]:
    """In a loop, an `if` that sets something where its round should be skipped."""
    if not isinstance(block.node, ast.For | ast.While):
        return
    for item in block.items:
        if isinstance(item, ast.If) and not item.orelse and isinstance(item.body[0], ast.Assign):
            new = ast.copy_location(ast.Continue(), item.body[0])
            sentence = "Line {line}: `{code}` goes on with this round. It should be skipped: `continue`."
            yield Repair((Edit(item, "body", [new]),), item.body[0], sentence)


def _overwritten(block: Block) -> Iterator[Repair]:
    """In a loop, a value that is set where it should grow."""
    if not isinstance(block.node, ast.For | ast.While):
        return
    for number, item in enumerate(block.items):
        if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Subscript | ast.Name):
            new = ast.copy_location(ast.AugAssign(item.targets[0], ast.Add(), item.value), item)
            sentence = "Line {line}: `{code}` overwrites what the rounds before left. Add to it: `+=`."
            edit = block.set([*block.items[:number], new, *block.items[number + 1 :]])
            yield Repair((edit,), item, sentence)


def _counts_from_one(block: Block) -> Iterator[Repair]:
    """``count = 1`` to ``count = 0``, where a loop adds to it."""
    for number, item in enumerate(block.items):
        if not (isinstance(item, ast.Assign) and code_of(item.value) == "1"):
            continue
        later = [node for after in block.items[number + 1 :] for node in ast.walk(after)]
        grown = [
            node.target for node in later if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add)
        ]
        if code_of(item.targets[0]) in map(code_of, grown):
            zero = ast.copy_location(ast.Constant(0), item.value)
            sentence = "Line {line}: `{code}` is one too many before anything is added. Begin with 0."
            yield Repair((Edit(item, "value", zero),), item, sentence)


def _is_start(item: ast.stmt) -> bool:
    """Return whether a statement sets something to its start: a number, or an empty or filled list."""
    if not isinstance(item, ast.Assign):
        return False
    parts = item.value.elts if isinstance(item.value, ast.Tuple) else [item.value]
    return all(isinstance(part, ast.Constant | ast.List | ast.Dict | ast.Set | ast.Call) for part in parts)


def _targets(item: ast.stmt) -> list[ast.expr]:
    return item.targets if isinstance(item, ast.Assign) else []


RULES = (
    _return_in_loop,
    _not_reset,
    _reset_each_round,
    _read_too_early,
    _break,
    _not_skipped,
    _overwritten,
    _counts_from_one,
)
