"""Repairs of well-known mistakes around networks: activations, softmax, modes and gradients."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_lib.checking.recognise.proposals import Proposal, Rule, Scope, name_of
from course_lib.checking.recognise.repair import Edit, Repair


def _softmax_too_many(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    name = name_of(node.func) if isinstance(node, ast.Call) else ""
    if not isinstance(node, ast.Call) or name not in ("softmax", "sigmoid", "log_softmax", "log", "exp"):
        return
    is_method = isinstance(node.func, ast.Attribute) and not (
        isinstance(node.func.value, ast.Name) and node.func.value.id in ("torch", "F", "np", "math")
    )
    inner = (
        node.func.value if is_method and isinstance(node.func, ast.Attribute) else next(iter(node.args), None)
    )
    if inner is not None:
        yield (
            inner,
            f"Line {{line}}: the `{name}` in `{{code}}` is one too many: what comes after it wants the plain values.",
        )


def _relu(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """An activation forgotten behind a layer, or one too many."""
    if not isinstance(node, ast.Call):
        return
    function = node.func
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return
    if function.attr == "relu" and len(node.args) == 1:
        yield node.args[0], "Line {line}: the ReLU in `{code}` is one too many."
    elif function.value.id == "self" or function.attr.startswith("conv"):
        relu = ast.Attribute(ast.Name("torch", ast.Load()), "relu", ast.Load())
        yield ast.Call(relu, [node], []), "Line {line}: a ReLU is missing around `{code}`."


def _item(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """A tensor where a number is asked for."""
    if isinstance(node, ast.Name) and node.id in scope.returned and node.id not in scope.parameters:
        item = ast.Call(ast.Attribute(node, "item", ast.Load()), [], [])
        yield item, "Line {line}: `{code}` is a tensor where a number is asked for: use `.item()`."


def wrapped_repairs(tree: ast.AST) -> Iterator[Repair]:
    """Yield the repairs that set a model's mode first, or record no gradients."""
    functions = [tree] if isinstance(tree, ast.FunctionDef) else []
    for function in functions:
        names = [argument.arg for argument in function.args.args]
        for name in names[:1] if "model" not in names else ["model"]:
            for mode, word in (("eval", "evaluation"), ("train", "training")):
                start = _statements(f"{name}.{mode}()", function)
                sentence = f"`{name}` is not set to {word} mode: call `{name}.{mode}()` first."
                yield Repair((Edit(function, "body", [*start, *function.body]),), function, sentence)
            start = _statements(f"{name}.eval()\nwith __import__('torch').no_grad():\n    pass", function)
            _hold(start[1], function.body)
            sentence = (
                f"`{name}` is not set to evaluation mode, and gradients are recorded: call `{name}.eval()` first, and "
                "put the rest under `with torch.no_grad():`."
            )
            yield Repair((Edit(function, "body", start),), function, sentence)
        start = _statements("with __import__('torch').no_grad():\n    pass", function)
        _hold(start[0], function.body)
        sentence = (
            "Gradients are recorded where none are needed: put the calls under `with torch.no_grad():`."
        )
        yield Repair((Edit(function, "body", start),), function, sentence)


def _hold(block: ast.stmt, body: list[ast.stmt]) -> None:
    assert isinstance(block, ast.With)
    block.body = body


def _statements(code: str, place: ast.stmt) -> list[ast.stmt]:
    statements = ast.parse(code).body
    for statement in statements:
        for node in ast.walk(statement):
            ast.copy_location(node, place)
    return statements


RULES: tuple[Rule, ...] = (_relu, _softmax_too_many, _item)
