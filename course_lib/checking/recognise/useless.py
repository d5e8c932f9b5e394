"""Lines that surely do not do what their author hoped, whatever else is wrong."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_lib.checking.recognise.proposals import name_of
from course_lib.checking.recognise.text import code_of

_MAKE_NEW = {  # functions and methods that change nothing: they only return something new
    *("permute", "transpose", "reshape", "view", "flatten", "squeeze", "unsqueeze", "expand", "repeat"),
    *("float", "long", "int", "bool", "astype", "item", "copy", "clone", "detach", "contiguous"),
    *("relu", "sigmoid", "softmax", "log_softmax", "argmax", "sum", "mean", "clip", "clamp", "round", "pad"),
    *("sorted", "reversed", "cat", "concatenate", "stack", "flip", "interpolate", "zeros_like", "max", "min"),
    *("replace", "strip", "lower", "upper", "join", "split"),
}
_PARTS = {"encoder", "decoder", "backbone", "head"}
_LOGITS_FIRST = {
    "cross_entropy": {"softmax", "sigmoid"},
    "binary_cross_entropy_with_logits": {"softmax", "sigmoid"},
}


def useless_line(tree: ast.AST) -> str | None:
    """Return the first line that does nothing, or does a thing twice, as a sentence, or None."""
    return next((said for rule in _RULES for said in rule(tree)), None)


def _result_thrown_away(tree: ast.AST) -> Iterator[str]:
    for line in _statements(tree):
        if isinstance(line.value, ast.Call) and name_of(line.value.func) in _MAKE_NEW:
            if any(keyword.arg in ("out", "inplace") for keyword in line.value.keywords):
                continue
            yield (
                f"Line {line.lineno}: `{code_of(line)}` makes a new value and changes nothing, and the new value "
                f"is not kept. {_what_to_do(tree, line)}"
            )


def _what_to_do(tree: ast.AST, line: ast.Expr) -> str:
    """Return where a value belongs that is not kept: the last of a function that returns nothing is the result."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and function.body[-1] is line:
            returns = any(isinstance(node, ast.Return) and node.value for node in ast.walk(function))
            if not returns and not function.name.startswith("__"):
                return "Put `return` before it."
    return "Return it, or give it a name."


def _output_thrown_away(tree: ast.AST) -> Iterator[str]:
    """``down(x)`` where ``x = down(x)`` is meant: calling a layer changes nothing."""
    layers = {
        target.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute)
    }
    turns = {
        node.target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name)
    }
    for line in _statements(tree):
        if not (isinstance(tree, ast.ClassDef) and isinstance(line.value, ast.Call) and line.value.args):
            continue
        function = line.value.func
        is_layer = isinstance(function, ast.Attribute) and function.attr in layers
        if is_layer or (isinstance(function, ast.Name) and function.id in turns):
            yield (
                f"Line {line.lineno}: `{code_of(line)}` computes something, and the new value is not kept. "
                f"{_what_to_do(tree, line)}"
            )


def _layer_never_used(tree: ast.AST) -> Iterator[str]:
    """``self.head = nn.Conv2d(...)``, and no ``self.head`` anywhere else."""
    if not isinstance(tree, ast.ClassDef) or _BY_OTHER_WAYS & {
        name_of(node) for node in ast.walk(tree) if isinstance(node, ast.Name | ast.Attribute)
    }:
        return
    own = [
        node for node in _in_order(tree) if isinstance(node, ast.Attribute) and code_of(node.value) == "self"
    ]
    read = {node.attr for node in own if isinstance(node.ctx, ast.Load)}
    for node in own:
        if isinstance(node.ctx, ast.Store) and node.attr not in read:
            yield f"Line {node.lineno} makes `self.{node.attr}`, and nothing uses it."


_BY_OTHER_WAYS = {"getattr", "children", "modules", "named_children", "named_modules", "_modules", "__dict__"}


def _frozen_by_attribute(tree: ast.AST) -> Iterator[str]:
    for node in _in_order(tree):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if not (isinstance(target, ast.Attribute) and target.attr == "requires_grad"):
                continue
            if isinstance(target.value, ast.Attribute) and target.value.attr in _PARTS:
                yield (
                    f"Line {node.lineno}: `{code_of(node)}` gives the module an attribute, and its weights do not "
                    f"notice. Write `{code_of(target)}_(...)`, which sets it for each weight."
                )


def _softmax_before_loss(tree: ast.AST) -> Iterator[str]:
    made: dict[str, list[ast.expr]] = {}
    for node in _in_order(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            made.setdefault(node.targets[0].id, []).append(node.value)
    for node in _in_order(tree):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        given: ast.expr = node.args[0]
        if isinstance(given, ast.Name) and len(made.get(given.id, [])) == 1:
            given = made[given.id][0]
        if isinstance(given, ast.Call) and name_of(given.func) in _LOGITS_FIRST.get(
            name_of(node.func), set()
        ):
            yield (
                f"Line {node.lineno}: `{name_of(node.func)}` takes logits and does the `{name_of(given.func)}` "
                f"itself. With `{code_of(given)}` it is done twice."
            )


def _removed_while_walking(tree: ast.AST) -> Iterator[str]:
    """``for i in left: left.remove(j)`` skips the value that follows."""
    for loop in _in_order(tree):
        walked = _walked(loop) if isinstance(loop, ast.For) else None
        if not isinstance(loop, ast.For) or walked is None:
            continue
        for line in (node for item in loop.body for node in ast.walk(item) if isinstance(node, ast.Expr)):
            function = line.value.func if isinstance(line.value, ast.Call) else None
            if not isinstance(function, ast.Attribute) or function.attr not in ("remove", "pop", "insert"):
                continue
            if code_of(function.value) == walked:
                yield (
                    f"Line {line.lineno}: `{code_of(line)}` changes the list over which the loop of line {loop.lineno} "
                    f"runs, so values are skipped. Loop over a copy, `list({walked})`, or make a new list."
                )


def _walked(loop: ast.For) -> str | None:
    """Return the name of the list that a loop goes over, itself or by its places."""
    over = loop.iter
    if isinstance(over, ast.Call) and code_of(over.func) == "range" and len(over.args) == 1:
        over = over.args[0]
        if not (isinstance(over, ast.Call) and code_of(over.func) == "len" and over.args):
            return None
        over = over.args[0]
    return over.id if isinstance(over, ast.Name) else None


def _only_the_last_round(tree: ast.AST) -> Iterator[str]:
    """A name that each round of a loop sets anew, and that is read only after the loop."""
    for loop in _in_order(tree):
        if not isinstance(loop, ast.For) or any(isinstance(node, ast.Break) for node in ast.walk(loop)):
            continue
        inside = [node.id for node in ast.walk(loop) if isinstance(node, ast.Name)]
        everywhere = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
        for item in loop.body:
            target = item.targets[0] if isinstance(item, ast.Assign) else None
            if not isinstance(target, ast.Name) or inside.count(target.id) != 1:
                continue
            if (
                isinstance(item, ast.Assign)
                and everywhere.count(target.id) > 1
                and _is_made(tree, target.id, loop)
            ):
                yield (
                    f"Line {item.lineno} sets `{target.id}` anew in each round of the loop, and only what the last "
                    "round sets is left after it. Add to it, or collect what each round gives."
                )


def _is_made(tree: ast.AST, name: str, loop: ast.For) -> bool:
    """Return whether a name is set in no other place than a loop, or only to a start before it, and read after it."""
    after = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == name and node.lineno > (loop.end_lineno or 0)
    ]
    return bool(after) and isinstance(after[0].ctx, ast.Load)


_RULES = (
    _only_the_last_round,
    _removed_while_walking,
    _output_thrown_away,
    _result_thrown_away,
    _frozen_by_attribute,
    _softmax_before_loss,
    _layer_never_used,
)


def _statements(tree: ast.AST) -> Iterator[ast.Expr]:
    return (node for node in _in_order(tree) if isinstance(node, ast.Expr))


def _in_order(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a tree as they are read."""
    for node in ast.iter_child_nodes(tree):
        yield node
        yield from _in_order(node)
