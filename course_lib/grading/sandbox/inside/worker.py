"""The process in which a student's code runs. Nothing that it says is believed: it is compared on the other side."""

from __future__ import annotations
import __future__

import ast
import asyncio
import builtins
import contextlib
import importlib
import io
import linecache
import os
import sys
import traceback
import types
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from . import cells, codec, dependencies, unpatch, uses
from .protocol import (
    About,
    Analyse,
    Analysis,
    AskForLent,
    Call,
    Define,
    Lend,
    Libraries,
    ListLibraries,
    Message,
    Redefine,
    Reply,
    pack,
    unpack,
)

PRINTED_AT_MOST = 2000
_NOT_GIVEN: Any = object()


class Channel:
    """Messages to and from the other side."""

    def __init__(self, reader: int, writer: int) -> None:
        self._reader, self._writer = reader, writer

    def read(self) -> Any:
        """Wait for a message."""
        return codec.read_message(self._exactly)

    def write(self, message: Message) -> None:
        """Send a message; one that is over the limits is replaced by a word about it."""
        try:
            data = codec.encode(pack(message))
        except (codec.WireError, RecursionError, MemoryError, ValueError) as error:
            data = codec.encode(pack(Reply("too large", error=str(error)[:200])))
        view = memoryview(data)
        while view:
            view = view[os.write(self._writer, view) :]

    def _exactly(self, size: int) -> bytes:
        parts = []
        while size:
            part = os.read(self._reader, min(size, 1 << 20))
            if not part:
                os._exit(0)  # the other side is gone
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def serve(channel: Channel) -> None:
    """Do one job: analyse a notebook, or define an answer and put it to the test as often as asked."""
    job = unpack(channel.read(), Analyse, Define)
    if isinstance(job, Analyse):
        plans, problems = dependencies.analyse(job.cells, job.spare, job.stubs, job.names)
        channel.write(Analysis({name: vars(plan) for name, plan in plans.items()}, problems))
    elif isinstance(job, Define):
        _serve_answer(channel, job)


def _serve_answer(channel: Channel, job: Define) -> None:
    for name in ("stdout", "stderr", "__stdout__", "__stderr__"):
        setattr(sys, name, _FirstPart())
    _fix_seeds()
    before = set(sys.modules)
    lent = {name: _lent(channel, name, job.answers[name]) for name in job.lent}
    names, problems = asyncio.new_event_loop().run_until_complete(_define(job, lent))
    answer = names.get(job.name, _NOT_GIVEN)
    channel.write(_about(answer, problems))
    observe = unpatch.observer(job.observer, job.observe) if job.observer else None
    own_names = dict(names)
    while True:
        request = unpack(channel.read(), Call, ListLibraries, Redefine)
        if isinstance(request, Call):
            channel.write(_put_to_the_test(answer, observe, request))
        elif isinstance(request, Redefine):
            answer = _redefined(job.name, request.source, own_names)
            channel.write(_about(answer, []))
        else:
            channel.write(Libraries(sorted(_library_modules() - before)))


def _fix_seeds() -> None:
    """Let code that draws without a seed of its own draw the same in every run."""
    import random

    import numpy as np

    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    if "torch" in sys.modules:
        # torch.manual_seed itself looks for every kind of device.
        sys.modules["torch"].default_generator.manual_seed(0)


def _library_modules() -> set[str]:
    return {name for name in list(sys.modules) if name.partition(".")[0] in uses.LIBRARIES}


# --- Running cells -----------------------------------------------------------------------------------------


async def _define(job: Define, lent: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Run the statements that an answer needs; return the names that they leave, and what went wrong."""
    notebook = types.ModuleType("__main__")
    sys.modules["__main__"] = notebook
    names = notebook.__dict__
    names.update(_given(job, lent), __builtins__=builtins)
    fixed = {job.answers[name]: function for name, function in lent.items()}
    read = {number: cells.read_cell(source) for number, source in job.cells.items()}  # before any of it runs
    for number, cell in read.items():
        linecache.cache[_file(number)] = (len(cell.text), None, cell.text.splitlines(True), _file(number))
    failed = await _run(job, read, job.statements, names, fixed)
    # A cell may be above one that it needs; by now that one has run.
    again = [statement for statement, error in failed if error.startswith("NameError")]
    problems = [text for _, text in failed if not text.startswith("NameError")]
    return names, problems + [text for _, text in await _run(job, read, again, names, fixed)]


async def _run(
    job: Define,
    read: dict[int, cells.Cell],
    statements: list[tuple[int, int]],
    names: dict[str, Any],
    fixed: dict[str, Any],
) -> list[tuple[Any, str]]:
    """Run statements; names in ``fixed`` keep these values, whatever is defined in their place."""
    failed = []
    callables: dict[str, Any] = {}
    flags = 0
    names.update(fixed)
    for cell, index in statements:
        node = read[cell].statements[index]
        try:
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                flags |= sum(getattr(__future__, alias.name).compiler_flag for alias in node.names)
                continue
            await _execute(node, _file(cell), flags, names)
        except BaseException as error:
            failed.append(((cell, index), _name_and_text(error)))
        _keep_callable(job.name, names, callables)
        names.update(fixed)
    return failed


async def _execute(node: ast.stmt, file: str, flags: int, names: dict[str, Any]) -> None:
    """Run a statement as a notebook does: in a loop of events, so that it may await at the top of a cell."""
    flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    awaited = eval(compile(ast.Module([node], []), file, "exec", flags, dont_inherit=True), names)
    if awaited is not None:
        await awaited


class _QuietShell:
    """What ``get_ipython()`` returns: shell lines, and magics that are not Python, do nothing in a graded run."""

    def getoutput(self, *_: Any, **__: Any) -> list[str]:
        """Return no lines."""
        return []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return _nothing


def _redefined(name: str, source: str, names: dict[str, Any]) -> Any:
    """Define an answer again from a changed source."""
    names.pop(name, None)
    with contextlib.suppress(BaseException):
        exec(compile(source, "<the answer, changed>", "exec", dont_inherit=True), names)
    return names.get(name, _NOT_GIVEN)


def _keep_callable(name: str, names: dict[str, Any], callables: dict[str, Any]) -> None:
    """Let an answer stay what it is where a later cell uses its name for a value."""
    if callable(names.get(name)):
        callables[name] = names[name]
    elif name in callables:
        names[name] = callables[name]


def _file(cell: int) -> str:
    return f"<cell {cell}>"


def _given(job: Define, lent: dict[str, Any]) -> dict[str, Any]:
    """Return the course's own names: checks do nothing, ``unblock`` gives back the answer that it was given."""
    notebook: Any = importlib.import_module("course_lib.notebook")
    notebook.EXAMPLES.update(job.examples)
    notebook.NAMES.update(job.answers)
    notebook.LENT.update(lent)
    given = {name: getattr(notebook, name) for name in dependencies.GIVEN if hasattr(notebook, name)}
    return given | {"display": _nothing, "get_ipython": _QuietShell}


def _lent(channel: Channel, exercise_id: str, name: str) -> Callable[..., Any]:
    """Return a function that lets the other side work out what the course's own answer to an exercise returns."""

    def lent(*args: Any, **kwargs: Any) -> Any:
        channel.write(AskForLent(exercise_id, args, kwargs))
        reply = unpack(channel.read(), Lend)
        if reply.outcome == "returned":
            return reply.value
        kind, _, text = reply.error.partition(": ")
        found = getattr(builtins, kind, None)
        if isinstance(found, type) and issubclass(found, Exception):
            raise found(text)
        raise ValueError(text)

    lent.__name__ = lent.__qualname__ = name
    return lent


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _about(answer: Any, problems: list[str]) -> About:
    """Describe what has the answer's name."""
    parameters = None
    with contextlib.suppress(BaseException):  # some callables have no signature: the calls will tell
        import inspect

        found = inspect.signature(answer).parameters.values()
        parameters = [[p.name, int(p.kind), p.default is not p.empty] for p in found]
    defined = answer is not _NOT_GIVEN
    return About(defined, callable(answer), type(answer).__name__, parameters, problems[:5])


# --- Calling -----------------------------------------------------------------------------------------------


class _FirstPart(io.StringIO):
    """Keeps the first characters that are written and forgets the rest: an endless print needs no memory."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, PRINTED_AT_MOST - self.tell())])
        return len(text)


def _put_to_the_test(answer: Any, observe: Callable[..., Any] | None, request: Call) -> Reply:
    """Call an answer, or let its observer do so, and return the outcome."""
    args = request.args
    before = codec.encode(args)
    output = _FirstPart()
    try:
        with contextlib.redirect_stdout(output):
            value = observe(answer, *args) if observe else answer(*args, **request.named)
        reply = Reply("returned", _finished(value))
    except NotImplementedError:
        reply = Reply("unfinished")
    except BaseException as error:
        reply = Reply("raised", error=_name_and_text(error), line=_line_of(error))
    return replace(
        reply,
        printed=output.getvalue()[:PRINTED_AT_MOST],
        args=args if _encoded(args) != before else None,
        patched=unpatch.restore() if observe else [],
    )


def _finished(value: Any) -> Any:
    if value is Ellipsis:
        raise NotImplementedError
    return value


def _encoded(args: tuple[Any, ...]) -> bytes:
    try:
        return codec.encode(args)
    except codec.WireError:
        return b""


def _name_and_text(error: BaseException) -> str:
    try:
        text = str(error).strip().partition("\n")[0][:300]
    except BaseException:
        text = ""
    name = type(error).__name__[:60]
    return f"{name}: {text}" if text else name


def _line_of(error: BaseException) -> str:
    """Return the innermost line of the student's cells."""
    try:
        frames = traceback.extract_tb(error.__traceback__)
    except BaseException:
        return ""
    own = [frame for frame in frames if frame.filename.startswith("<cell ")]
    return f"line {own[-1].lineno}: {own[-1].line}"[:300] if own and own[-1].line else ""
