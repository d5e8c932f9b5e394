"""What is surely odd in an answer's code, whether or not a change of it was found that mends the answer."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from course_lib.checking.exercise import Exercise
from course_lib.checking.recognise.proposals import name_of
from course_lib.checking.recognise.scope import scope_of
from course_lib.checking.recognise.source import Definition, source_of


def fact_of(exercise: Exercise, tree: Definition) -> str | None:
    """Return the first fact about an answer's code, as a sentence, or None."""
    fact = _own_weights(tree) or _left_to_chance(exercise, tree) or unused_argument(exercise, tree)
    if fact:
        return fact
    for loop in ast.walk(tree):
        if isinstance(loop, ast.For | ast.While) and isinstance(loop.body[-1], ast.Return):
            return (
                f"Line {loop.body[-1].lineno} returns inside the loop, so the loop ends in its first round."
            )
    return _never_read(tree) or fixed_range(exercise, tree) or _other_layer(exercise, tree)


def _own_weights(tree: Definition) -> str | None:
    """Say which layer has weights of its own where they are handed in."""
    if "weight" not in scope_of(tree).parameters or not isinstance(tree, ast.FunctionDef):
        return None
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in calls:
        if name_of(call.func) in ("Conv2d", "ConvTranspose2d", "Linear"):
            return (
                f"Line {call.lineno}: `{ast.unparse(call.func)}` makes a layer with random weights of its own. The "
                "weights are handed in here: use the function of `F` that takes them."
            )
    return None


def _left_to_chance(exercise: Exercise, tree: Definition) -> str | None:
    """Say where random numbers are drawn, if no right answer draws any."""
    if not isinstance(tree, ast.FunctionDef) or any(
        True for right in _right_answers(exercise) for _ in _draws(right)
    ):
        return None
    for call in _draws(tree):
        return (
            f"Line {call.lineno}: `{ast.unparse(call.func)}` draws random numbers, and with other ones something else "
            "comes out. Nothing should be left to chance here."
        )
    return None


def _draws(tree: ast.AST) -> Iterator[ast.Call]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    yield from (call for call in calls if name_of(call.func) in _RANDOM)


_RANDOM = {
    *(
        "rand",
        "randn",
        "randint",
        "random",
        "uniform",
        "normal",
        "standard_normal",
        "integers",
        "choice",
        "shuffle",
    ),
    *("rand_like", "randn_like", "permutation", "randperm"),
}


def unused_argument(exercise: Exercise, tree: Definition) -> str | None:
    """Say which argument is never used, if every right answer reads it."""
    unused = (name for name in scope_of(tree).unused if name in _needed(exercise))
    return next((f"The argument `{name}` is never used." for name in unused), None)


@lru_cache(maxsize=256)
def _needed(exercise: Exercise) -> frozenset[str]:
    """Return the arguments that the reference reads, and that no right answer takes without reading them."""
    scopes = [scope_of(tree) for tree in _right_answers(exercise)]
    taken = {name for scope in scopes[:1] for name in scope.parameters}
    return frozenset(taken.difference(*(scope.unused for scope in scopes)))


def fixed_range(exercise: Exercise, tree: Definition) -> str | None:
    """Say which loop goes over a fixed number of values, where no right answer has such a loop."""
    if not any(_has_a_size(value) for case in exercise.worked_cases for value in case.args):
        return None
    known = {number for right in _right_answers(exercise) for number, _ in _ranges(right)}
    for number, line in _ranges(tree):
        if number not in known:
            return f"Line {line} loops {number} times, whatever the input's size."
    return None


def _has_a_size(value: Any) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, str)


def _ranges(tree: ast.AST) -> Iterator[tuple[int, int]]:
    """Yield the number in each ``range(number)`` that is written with one, and its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) == "range" and len(node.args) == 1:
            number = node.args[0]
            if isinstance(number, ast.Constant) and isinstance(number.value, int) and number.value > 1:
                yield number.value, node.lineno


def _other_layer(exercise: Exercise, tree: Definition) -> str | None:
    """Say which layer of a network, or function in its place, no right answer has."""
    if not isinstance(tree, ast.ClassDef):
        return None
    known = {name for right in _right_answers(exercise) for name, _ in _layers(right)}
    for name, line in _layers(tree):
        if name not in known:
            return f"Line {line}: `{name}` is not among the layers that are asked for."
    return None


def _layers(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield the name and the line of every layer or function that changes what a network computes."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    yield from (
        (name_of(call.func), call.lineno) for call in calls if name_of(call.func) in _CHANGE_A_NETWORK
    )


_CHANGE_A_NETWORK = {
    *("Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d", "interpolate", "AvgPool2d", "avg_pool2d"),
    *("LeakyReLU", "leaky_relu", "GELU", "gelu", "ELU", "SiLU", "Sigmoid", "sigmoid", "Tanh", "tanh"),
    *("Softmax", "softmax", "LogSoftmax", "log_softmax", "Dropout", "Dropout2d"),
    *("BatchNorm2d", "InstanceNorm2d", "GroupNorm", "LayerNorm"),
}


def _right_answers(exercise: Exercise) -> list[Definition]:
    sources = [source_of(answer) for answer in (exercise.reference, *exercise.accepted)]
    return [source.tree for source in sources if source is not None]


def _never_read(tree: Definition) -> str | None:
    """Say which of the values that a loop takes apart is never read."""
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    read = {node.id for node in names if isinstance(node.ctx, ast.Load)}
    for loop in ast.walk(tree):
        parts = loop.target.elts if isinstance(loop, ast.For) and isinstance(loop.target, ast.Tuple) else []
        for part in parts:
            if isinstance(part, ast.Name) and part.id not in read and not part.id.startswith("_"):
                return f"Line {part.lineno}: `{part.id}` is never used."
    return None
