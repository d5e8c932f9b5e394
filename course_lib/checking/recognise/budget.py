"""How much may a search cost? Counted in calls, not in seconds, so that what is told depends on no clock."""

from __future__ import annotations

import ast
import inspect
import sys
from typing import Any

from course_lib.checking.compare import is_torch_tensor
from course_lib.checking.exercise import Exercise, call
from course_lib.checking.recognise.proposals import name_of
from course_lib.checking.recognise.source import Own

_PLAIN = 1800  # a call of most answers takes some microseconds
_TURNS = 5  # times as long takes a `while` loop that a change keeps going
_TORCH = 450
_OBSERVED = 200  # where torch is observed: losses with their gradients
_TRAINED = 150  # some steps of a training
_NETWORK = 40  # a network is built and looked at for each call
_NONE = 1  # an answer that waits is not run again
_LARGE_NETWORK = (
    1  # its code has a fixed number of channels in it that makes it far larger than what is drawn
)
_MANY_CHANNELS = 512
_PLAIN_DEADLINE = 5.0  # what is slower says so by its deadline


class Budget:
    """A number of calls that may be made."""

    def __init__(self, calls: float) -> None:
        self._left = calls

    @property
    def is_used(self) -> bool:
        """Whether no call is left."""
        return self._left <= 0

    def spend(self, calls: int = 1) -> None:
        """Take note of calls that are made."""
        self._left -= calls


def calls_for(exercise: Exercise, own: Own | None = None) -> int:
    """Return how many calls of changed answers one search may make: fewer where a call takes longer."""
    if own is not None and any(_is_a_pause(node) for node in ast.walk(own.tree)):
        return _NONE
    if not uses_torch(exercise):
        has_while = own is not None and any(isinstance(node, ast.While) for node in ast.walk(own.tree))
        return _PLAIN // _TURNS if has_while else _PLAIN
    if inspect.isclass(exercise.reference):
        return _LARGE_NETWORK if own is not None and _has_many_channels(own.tree) else _NETWORK
    if exercise.deadline > _PLAIN_DEADLINE:
        return _TRAINED
    return _TORCH if exercise.observe is call else _OBSERVED


def _is_a_pause(node: ast.AST) -> bool:
    """Return whether a node waits: ``time.sleep(1)``, which no deadline of computing time ends."""
    return isinstance(node, ast.Call) and name_of(node.func) == "sleep"


def _has_many_channels(tree: ast.AST) -> bool:
    """Return whether a large number is in the code, other than as a default of an argument."""
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inside = [node for body in bodies for statement in body for node in ast.walk(statement)]
    numbers = [node.value for node in inside if isinstance(node, ast.Constant)]
    return any(type(number) is int and number >= _MANY_CHANNELS for number in numbers)


def uses_torch(exercise: Exercise) -> bool:
    """Return whether the exercise's reference uses torch, is handed a tensor, or is observed in a file that does."""
    names = vars(sys.modules[exercise.reference.__module__])
    used = set(names)
    if exercise.observe is call and not inspect.isclass(exercise.reference):
        used &= set(exercise.reference.__code__.co_names)
        if any(map(_holds_tensor, (case.args for case in exercise.worked_cases))):
            return True
    return any(getattr(names[name], "__name__", "").partition(".")[0] == "torch" for name in used)


def _holds_tensor(value: Any) -> bool:
    return is_torch_tensor(value) or (isinstance(value, list | tuple) and any(map(_holds_tensor, value)))
