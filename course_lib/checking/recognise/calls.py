"""Repairs of what is called: a method without its brackets, a function too many, another order, an axis dropped."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_lib.checking.recognise.proposals import Proposal, Rule, applied_to, name_of
from course_lib.checking.recognise.scope import Scope

_NEED_NO_ARGUMENT = {
    *("item", "mean", "sum", "max", "min", "any", "all", "argmax", "argmin", "numel"),
    *("copy", "clone", "tolist", "flatten", "long", "float", "values", "keys", "items"),
}
_OFTEN_TOO_MANY = {"sqrt", "abs", "fabs", "square", "floor", "ceil", "rint", "round", "sign"}
_OVER_AN_AXIS = {"sum", "mean", "max", "amax", "min", "amin", "any", "all", "prod", "argmax", "norm", "std"}


def _uncalled(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``loss.item`` to ``loss.item()``."""
    if isinstance(node, ast.Attribute) and node.attr in _NEED_NO_ARGUMENT and id(node) not in scope.called:
        yield (
            ast.Call(node, [], []),
            "Line {line}: `{code}` only names the method. It is called with brackets: `{code}()`.",
        )


def _one_too_many(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``np.sqrt(share)`` to ``share``."""
    name = name_of(node.func) if isinstance(node, ast.Call) else ""
    inner = applied_to(node) if isinstance(node, ast.Call) and name in _OFTEN_TOO_MANY else None
    if inner is not None:
        yield inner, f"Line {{line}}: the `{name}` in `{{code}}` is one too many."


def _other_order(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``sorted(scores)`` to ``sorted(scores, reverse=True)``, and the like."""
    name = name_of(node.func) if isinstance(node, ast.Call) else ""
    if not isinstance(node, ast.Call) or name not in ("sorted", "sort", "argsort"):
        return
    turned = "Line {line}: `{code}` goes from the smallest to the largest. It should be the other way round."
    for word in ("reverse", "descending"):
        if all(keyword.arg != word for keyword in node.keywords):
            more = [*node.keywords, ast.keyword(word, ast.Constant(True))]
            yield ast.Call(node.func, node.args, more), turned
    if name == "argsort" and node.args:
        negative = ast.UnaryOp(ast.USub(), node.args[0])
        yield ast.Call(node.func, [negative, *node.args[1:]], node.keywords), turned


def _axis_kept(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``x.sum(axis=1)`` to ``x.sum(axis=1, keepdims=True)``."""
    if not isinstance(node, ast.Call) or name_of(node.func) not in _OVER_AN_AXIS:
        return
    given = [keyword.arg for keyword in node.keywords]
    for axis, word in (("axis", "keepdims"), ("dim", "keepdim")):
        if axis in given and word not in given:
            more = [*node.keywords, ast.keyword(word, ast.Constant(True))]
            yield (
                ast.Call(node.func, node.args, more),
                f"Line {{line}}: `{{code}}` drops the axis that it goes over, and then other values meet than should. "
                f"Keep the axis: `{word}=True`.",
            )


RULES: tuple[Rule, ...] = (_uncalled, _one_too_many, _other_order, _axis_kept)
