"""Repairs of values that lose something on the way: their decimals, or the gradient."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_lib.checking.recognise.proposals import Proposal, Rule, name_of
from course_lib.checking.recognise.repair import Edit, Repair
from course_lib.checking.recognise.scope import Scope

_WHOLE = {"int", "int32", "int64", "uint8", "long", "'int'", "'int64'", "'uint8'"}
_CUT = "Line {line}: `{code}` makes whole numbers, and whole numbers are not what is expected."
_NO_GRADIENT = "Line {line}: no gradient flows back through `{code}`."


def decimals(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``(a / b).astype(int)`` to ``a / b``, and ``np.zeros(n, dtype=int)`` to ``np.zeros(n)``."""
    if not isinstance(node, ast.Call):
        return
    for keyword in node.keywords:
        if keyword.arg == "dtype" and _is_whole(keyword.value):
            rest = [other for other in node.keywords if other is not keyword]
            yield ast.Call(node.func, node.args, rest), _CUT
    function = node.func
    if isinstance(function, ast.Attribute):
        is_cast = (
            function.attr in ("astype", "to", "type") and len(node.args) == 1 and _is_whole(node.args[0])
        )
        if is_cast or (function.attr in ("int", "long") and not node.args):
            yield function.value, _CUT
    if isinstance(function, ast.Name) and function.id == "int" and node.args:
        yield node.args[0], _CUT
    if name_of(function) == "round" and len(node.args) == 2:
        yield node.args[0], "Line {line}: `{code}` rounds what should keep all its digits."


def _is_whole(node: ast.expr) -> bool:
    return (node.attr if isinstance(node, ast.Attribute) else ast.unparse(node)) in _WHOLE


def gradient(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``loss.item()`` and ``float(loss)`` to ``loss``."""
    if not isinstance(node, ast.Call):
        return
    function = node.func
    if isinstance(function, ast.Attribute) and function.attr in ("item", "detach") and not node.args:
        yield function.value, _NO_GRADIENT
    if isinstance(function, ast.Name) and function.id == "float" and len(node.args) == 1:
        yield node.args[0], _NO_GRADIENT


def recorded_gradients(tree: ast.AST) -> Iterator[Repair]:
    """Yield the repairs that take the statements under ``torch.no_grad()`` out of it."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list):
            continue
        for number, block in enumerate(body):
            if isinstance(block, ast.With) and "no_grad" in ast.unparse(block.items[0]):
                items = [*body[:number], *block.body, *body[number + 1 :]]
                sentence = "Line {line}: under `{code}` no gradient is recorded, and here one is needed."
                yield Repair((Edit(node, "body", items),), block, sentence)


RULES: tuple[Rule, ...] = (decimals, gradient)
