"""An answer on the far side of the wall, called as if it were here. Only plain data comes back."""

from __future__ import annotations

import builtins
import copy
import inspect
import keyword
import re
from typing import Any, TypeVar

import numpy as np

from course_lib.checking.calling import Outcome
from course_lib.checking.compare import difference, is_torch_tensor, to_plain
from course_lib.checking.exercise import Exercise, call
from course_lib.grading.plain_text import clean, one_line
from course_lib.grading.sandbox.inside.protocol import (
    About,
    AskForLent,
    Call,
    Libraries,
    ListLibraries,
    Redefine,
    Reply,
    Report,
)
from course_lib.grading.sandbox.process import Run, Stopped
from course_lib.grading.sandbox.reference_server import ReferenceServer
from course_lib.grading.scoring.cases import Expected

Heard = TypeVar("Heard", About, Reply, Libraries)
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}")


class RemoteAnswer:
    """Stands for a student's function: a call goes over, the value comes back.

    Attributes:
        about: what the other side says of it: type, parameters, and what went wrong.
        printed: what the last call printed.
        line: the student's line that raised in the last call.
        patched: names of functions that the student's code replaced.
    """

    def __init__(self, run: Run, references: ReferenceServer) -> None:
        """Wait until it is defined.

        Raises:
            Stopped: its process ended.
        """
        self._run = run
        self._references = references
        self.about = self._hear(About)
        self.printed = self.line = ""
        self.patched: set[str] = set()
        self._stopped: Stopped | None = None
        signature = _signature(self.about.parameters)
        if signature is not None:
            self.__signature__ = signature

    def ask(self, args: tuple[Any, ...]) -> Reply:
        """Put the answer to the test on the other side; return what it says about it, as it says it.

        Raises:
            Stopped: it has ended.
        """
        self._run.send(Call(args))
        reply = self._hear(Reply)
        self.printed = text_of(reply.printed, 2000)
        self.line = one_line(text_of(reply.line), 300)
        self.patched |= {one_line(name, 80) for name in reply.patched if isinstance(name, str)}
        return reply

    def _hear(self, kind: type[Heard]) -> Heard:
        """Return the next message, after lending what is asked for before it."""
        while True:
            message: Report = self._run.hear(kind, AskForLent)
            if isinstance(message, kind):
                return message
            assert isinstance(message, AskForLent)
            self._run.send(self._references.reply(message))

    def redefine(self, source: str) -> bool:
        """Define it again from a changed source; return whether there is then something that can be called.

        Raises:
            Stopped: its process ended.
        """
        self._run.send(Redefine(source))
        self.about = self._hear(About)
        return self.about.callable

    def libraries(self) -> list[str]:
        """Return the names of libraries' modules that were loaded on the other side."""
        self._run.send(ListLibraries())
        return [name for name in self._hear(Libraries).modules if isinstance(name, str)]

    def __call__(self, *args: Any) -> Any:
        """Call the answer for an observer on this side."""
        try:
            reply = self.ask(args)
        except Stopped as stopped:
            self._stopped = stopped
            raise
        if reply.status == "unfinished":
            raise NotImplementedError
        if reply.status != "returned":
            raise _error(_raised(reply))
        _write_back(args, reply.args)
        return reply.value

    def outcome(self, expected: Expected, args: tuple[Any, ...]) -> Outcome:
        """Return what comes of the arguments of a case.

        Raises:
            Stopped: the process ended.
        """
        exercise = expected.exercise
        if expected.is_data and exercise.observe is not call:
            return self._observed_here(exercise, args)
        reply = self.ask(args)
        if reply.status == "unfinished":
            return Outcome("unfinished")
        if reply.status != "returned":
            return Outcome("raised", error=_raised(reply), line=self.line, printed=self.printed)
        value = reply.value
        return Outcome(
            "returned",
            _plain(value),
            printed=self.printed,
            changed=_changed(exercise, args, reply.args),
            needs_grad=is_torch_tensor(value) and bool(value.requires_grad),
        )

    def _observed_here(self, exercise: Exercise, args: tuple[Any, ...]) -> Outcome:
        """Let the exercise's observer look at the answer, on this side."""
        self._stopped = None
        given = copy.deepcopy(args)
        try:
            value = exercise.observe(self, *given)
        except NotImplementedError:
            return Outcome("unfinished")
        except Stopped:
            raise
        except Exception as error:
            text = one_line(f"{type(error).__name__}: {error}", 300)
            return Outcome("raised", error=text, line=self.line, printed=self.printed)
        finally:
            if self._stopped is not None:
                raise self._stopped
        if value is Ellipsis:
            return Outcome("unfinished")
        changed = _changed(exercise, args, given)
        return Outcome("returned", _plain(value), printed=self.printed, changed=changed)


def text_of(value: Any, at_most: int = 2000) -> str:
    """Return text from the other side as it may be shown; places in memory differ from run to run, and go."""
    return _ADDRESS.sub("0x...", clean(value, at_most)) if isinstance(value, str) else ""


def _raised(reply: Reply) -> str:
    if reply.status == "too large":
        return "ValueError: the value is too large, or nested too deeply, to be handed over"
    return one_line(text_of(reply.error), 300) or "Exception"


def _error(text: str) -> Exception:
    """Return an exception of the kind that was raised: Python's own, or one with the name of another."""
    name, _, message = text.partition(":")
    found = getattr(builtins, name, None) if name != "ExceptionGroup" else None
    base = found if isinstance(found, type) and issubclass(found, Exception) else Exception
    shown = name if name.isidentifier() and not keyword.iskeyword(name) else "Exception"
    parts = {"__init__": Exception.__init__, "__str__": lambda _: message.strip()}
    kind: type[Exception] = type(shown, (base,), parts)
    return kind()


def _plain(value: Any) -> Any:
    try:
        return to_plain(value)
    except Exception:  # whatever it is, it is not what was asked for
        return type(value).__name__


def _changed(exercise: Exercise, before: tuple[Any, ...], after: Any) -> tuple[str, ...]:
    """Return the names of the answer's arguments that it changed; an observer hands on those that have its names."""
    if after is None:
        return ()
    if not isinstance(after, tuple) or len(after) != len(before):
        return exercise.parameters[:1]
    own = set(exercise.parameters)
    given = zip(exercise.case_names, before, after, strict=False)
    return tuple(name for name, old, new in given if name in own and _differ(old, new))


def _differ(old: Any, new: Any) -> bool:
    try:
        return difference(to_plain(old), to_plain(new), 0) is not None
    except Exception:
        return True


def _write_back(args: tuple[Any, ...], after: Any) -> None:
    """Do to the arguments here what was done to them there, as far as shapes stay the same."""
    if not isinstance(after, tuple) or len(after) != len(args):
        return
    for old, new in zip(args, after, strict=True):
        if isinstance(old, np.ndarray) and isinstance(new, np.ndarray) and old.shape == new.shape:
            np.copyto(old, new, casting="unsafe")
        elif is_torch_tensor(old) and is_torch_tensor(new) and old.shape == new.shape:
            old.data.copy_(new)
        elif hasattr(old, "set_state") and type(new) is type(old):  # a generator that was drawn from
            old.set_state(new.get_state())
        elif isinstance(old, list) and isinstance(new, list):
            old[:] = new


def _signature(parameters: Any) -> inspect.Signature | None:
    """Build a signature from what the other side says; None if it says nothing of use."""
    try:
        return inspect.Signature(
            [
                inspect.Parameter(
                    name, inspect._ParameterKind(kind), default=None if optional else inspect._empty
                )
                for name, kind, optional in parameters
            ]
        )
    except (TypeError, ValueError):
        return None
