"""Repairs of well-known mistakes with lists, arrays and tensors: axes, ends, rows and columns."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_lib.checking.recognise.proposals import Proposal, Rule, applied_to, exchanged, name_of
from course_lib.checking.recognise.scope import Scope
from course_lib.checking.recognise.text import code_of

_AXES = {"axis", "dim"}
_ALONG_AN_AXIS = {
    *(
        "argmax",
        "argmin",
        "softmax",
        "log_softmax",
        "max",
        "amax",
        "min",
        "amin",
        "sum",
        "mean",
        "any",
        "all",
    ),
    *("cat", "concatenate", "stack", "gather", "nanmean", "squeeze", "unsqueeze", "cumsum", "prod", "norm"),
    *("sort", "argsort", "partition", "median", "std", "var", "flip", "roll", "topk", "diff"),
}
BOUNDS = "Line {line}: `{code}` does not go over all that it should, or goes too far: look at its two ends."


def _axis(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    if not isinstance(node, ast.Call):
        return
    wrong = "Line {line}: `{code}` works along the wrong axis. Which axis holds what you want to go over?"
    for number, keyword in enumerate(node.keywords):
        if keyword.arg in _AXES:
            for axis in _other_axes(keyword.value):
                new = ast.keyword(keyword.arg, axis)
                yield ast.Call(node.func, node.args, exchanged(node.keywords, number, new)), wrong
    if name_of(node.func) not in _ALONG_AN_AXIS:
        return
    for number, argument in enumerate(node.args):
        for axis in _other_axes(argument):
            yield ast.Call(node.func, exchanged(node.args, number, axis), node.keywords), wrong
    if not any(keyword.arg in _AXES for keyword in node.keywords):
        for number in range(3):
            for word in sorted(_AXES):
                more = [*node.keywords, ast.keyword(word, ast.Constant(number))]
                yield (
                    ast.Call(node.func, node.args, more),
                    "Line {line}: `{code}` does not say along which axis it works. Name the axis.",
                )


def _other_axes(node: ast.expr) -> Iterator[ast.expr]:
    value = node.operand if isinstance(node, ast.UnaryOp) else node
    if isinstance(value, ast.Constant) and type(value.value) is int:
        old = -value.value if isinstance(node, ast.UnaryOp) else value.value
        yield from (ast.Constant(axis) for axis in range(4) if axis != old)


def _bounds(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    if isinstance(node, ast.Call) and name_of(node.func) == "range" and 0 < len(node.args) < 3:
        end = node.args[-1]
        ends = [
            *([end.left] if isinstance(end, ast.BinOp) else []),
            ast.BinOp(end, ast.Add(), ast.Constant(1)),
            end,
        ]
        ends = ends[::-1] if _starts_at_one(node) else ends
        for start in ([], [ast.Constant(1)]):
            for other in ends:
                if [*start, other] != node.args:
                    new = ast.Call(node.func, [*start, other], [])
                    yield new, _FROM_ONE if _starts_at_one(node) and other is end else BOUNDS
    if isinstance(node, ast.Slice) and ast.unparse(node) in ("1:", ":-1"):
        first, last = ast.Constant(1), ast.UnaryOp(ast.USub(), ast.Constant(1))
        if node.lower:
            yield ast.Slice(None, last, None), _OTHER_END.format("first", "last")
        else:
            yield ast.Slice(first, None, None), _OTHER_END.format("last", "first")
    if isinstance(node, ast.Slice) and (node.lower or node.upper):
        yield ast.Slice(None, None, node.step), BOUNDS
        yield ast.Slice(None, node.upper, node.step), BOUNDS
        yield ast.Slice(node.lower, None, node.step), BOUNDS


_OTHER_END = "Line {{line}}: `{{code}}` leaves out the {}. The {} has to go."
_FROM_ONE = "Line {line}: `{code}` begins with 1 and leaves out the first, which has the number 0."


def _starts_at_one(call: ast.Call) -> bool:
    return len(call.args) == 2 and isinstance(call.args[0], ast.Constant) and call.args[0].value == 1


def rows_for_columns(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``len(mask)`` to ``len(mask[0])`` and back."""
    if not isinstance(node, ast.Call) or name_of(node.func) != "len" or len(node.args) != 1:
        return
    of = node.args[0]
    if isinstance(of, ast.Subscript):
        yield (
            ast.Call(node.func, [of.value], []),
            "Line {line}: `{code}` is the number of columns, not of rows.",
        )
    elif not isinstance(of, ast.Call):
        first = ast.Subscript(of, ast.Constant(0), ast.Load())
        yield (
            ast.Call(node.func, [first], []),
            "Line {line}: `{code}` is the number of rows where the number of columns is meant. They are equal "
            "only in a square.",
        )


def _bare_squeeze(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    if (
        isinstance(node, ast.Call)
        and name_of(node.func) == "squeeze"
        and isinstance(node.func, ast.Attribute)
    ):
        bare = not node.args and not node.keywords
        said = (
            "Line {line}: `{code}` takes away every axis of length 1, that of a batch of one among them."
            if bare
            else "Line {line}: `{code}` takes away an axis that should stay."
        )
        yield node.func.value, said
        if bare:
            yield from ((ast.Call(node.func, [ast.Constant(axis)], []), said) for axis in (0, 1))


def _end_of_slice(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``top:height`` to ``top : top + height``."""
    if (
        isinstance(node, ast.Slice)
        and node.lower is not None
        and node.upper is not None
        and node.step is None
    ):
        yield (
            ast.Slice(node.lower, ast.BinOp(node.lower, ast.Add(), node.upper), None),
            "Line {line}: in `{code}`, what is behind the colon is where the slice ends, not how long it is.",
        )


def _block_slice(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``i : i + side`` to ``i * side : i * side + side``."""
    if not isinstance(node, ast.Slice) or not isinstance(node.lower, ast.Name):
        return
    end = node.upper
    if isinstance(end, ast.BinOp) and isinstance(end.op, ast.Add) and ast.unparse(end.left) == node.lower.id:
        start = ast.BinOp(node.lower, ast.Mult(), end.right)
        said = (
            f"Line {{line}}: `{{code}}` moves on by 1 only, so the blocks overlap. Block number `{node.lower.id}` "
            f"begins at `{code_of(start)}`."
        )
        yield ast.Slice(start, ast.BinOp(start, ast.Add(), end.right), None), said


def _pair(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``p.max(dim=1)``, which is a pair, to its values or its indices."""
    if not isinstance(node, ast.Call) or name_of(node.func) not in ("max", "min", "sort", "topk", "median"):
        return
    for part in ("values", "indices"):
        said = f"Line {{line}}: `{{code}}` is a pair, the values and their indices. Take its `.{part}`."
        yield ast.Attribute(node, part, ast.Load()), said


def _inverted(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``scores.masked_fill(allowed, 0)`` to ``scores.masked_fill(~allowed, 0)``, ``loss[void]`` to ``loss[~void]``."""
    said = "Line {line}: `{code}` picks those that should be left. What about `~`?"
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name | ast.UnaryOp):
        yield from ((ast.Subscript(node.value, mask, node.ctx), said) for mask in _turned(node.slice))
    if isinstance(node, ast.Call) and name_of(node.func) in _BY_A_MASK and node.args:
        for mask in _turned(node.args[0]):
            yield ast.Call(node.func, [mask, *node.args[1:]], node.keywords), said


_BY_A_MASK = ("masked_fill", "masked_fill_", "masked_select", "where")


def _turned(mask: ast.expr) -> Iterator[ast.expr]:
    if not isinstance(mask, ast.UnaryOp):
        yield ast.UnaryOp(ast.Invert(), mask)
    elif isinstance(mask.op, ast.Invert):
        yield mask.operand


def _last_one_stays(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``skips[-1]`` to ``skips.pop()``."""
    if not (isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)):
        return
    if node.value.id in scope.local and isinstance(node.ctx, ast.Load) and ast.unparse(node.slice) == "-1":
        yield (
            ast.Call(ast.Attribute(node.value, "pop", ast.Load()), [], []),
            f"Line {{line}}: `{{code}}` leaves the last one in the list, so each round gets the same one. "
            f"`{node.value.id}.pop()` also takes it out.",
        )


def _as_one_list(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``np.nanmean(a, b)`` to ``np.nanmean([a, b])``."""
    if isinstance(node, ast.Call) and name_of(node.func) in _OF_ONE_LIST and len(node.args) > 1:
        yield (
            ast.Call(node.func, [ast.List(node.args, ast.Load())], node.keywords),
            "Line {line}: `{code}` takes its numbers in one list: put square brackets around them.",
        )


_OF_ONE_LIST = ("sum", "mean", "nanmean", "median", "nanmedian", "nansum", "stack", "concatenate", "cat")


def _reduced(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``(features + skip).sum(dim=1)`` to ``features + skip``."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _REDUCE:
        inner = applied_to(node)
        if inner is not None:
            yield inner, f"Line {{line}}: the `{node.func.attr}` in `{{code}}` is one too many."


_REDUCE = ("sum", "mean", "max", "amax", "any", "all")


RULES: tuple[Rule, ...] = (
    _axis,
    _pair,
    _inverted,
    _bounds,
    rows_for_columns,
    _bare_squeeze,
    _end_of_slice,
    _block_slice,
    _last_one_stays,
    _as_one_list,
    _reduced,
)
