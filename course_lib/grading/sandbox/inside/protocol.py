"""The messages between grader, jail and the process in which a student's code runs, each a small record.

Orders go in, reports come out. Whatever a report says, it was perhaps written by a student's code: :func:`unpack`
checks which message it is and the type of each field, and those who read a field believe nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, ClassVar, TypeVar, get_origin, get_type_hints

from .codec import WireError
from .dependencies import Plan


@dataclass(frozen=True)
class Message:
    """A message. On the wire it is a dict of its fields; one entry says which message it is.

    Attributes:
        key: the name of that entry.
        words: what the entry may say.
    """

    key: ClassVar[str]
    words: ClassVar[tuple[str, ...]]


class Order(Message):
    """What the grader tells the other side to do."""

    key = "do"


class Report(Message):
    """What the other side tells the grader."""

    key = "status"


# --- From the grader to the warm parent, and back ----------------------------------------------------------


@dataclass(frozen=True)
class Hello(Order):
    """Say that you are there."""

    words = ("hello",)


@dataclass(frozen=True)
class Ready(Report):
    """The parent is there."""

    words = ("ready",)


@dataclass(frozen=True)
class Load(Order):
    """Import these modules before the next jail is forked."""

    words = ("load",)
    names: list[str]


@dataclass(frozen=True)
class OpenJail(Order):
    """Fork a jail; the handle of its socket comes along."""

    words = ("open",)
    number: int


@dataclass(frozen=True)
class CloseJail(Order):
    """End a jail, if it has not ended by itself."""

    words = ("close",)
    number: int


# --- From the grader to a jail's watcher, and back ---------------------------------------------------------


@dataclass(frozen=True)
class Start(Order):
    """Start a process; the handle of its socket comes along.

    Attributes:
        seconds: on a processor, after which it is stopped.
        memory: bytes that it may take.
    """

    words = ("run",)
    seconds: float
    memory: int


@dataclass(frozen=True)
class LetClockRun(Order):
    """Let the student's clock run, or stop it: the grader starts to wait, or has work of its own."""

    words = ("clock",)
    runs: bool


@dataclass(frozen=True)
class Stop(Order):
    """End the process."""

    words = ("stop",)


@dataclass(frozen=True)
class Ended(Report):
    """A process has ended.

    Attributes:
        how: ``deadline``, ``memory``, ``signal``, ``exit``, ``stopped`` (by order), or ``gone`` (with its jail).
        detail: the signal's name or the exit code.
    """

    words = ("ended",)
    how: str
    detail: str = ""


# --- From the grader to the process of an answer -----------------------------------------------------------


@dataclass(frozen=True)
class Analyse(Order):
    """Find out what the answers of a notebook need.

    Attributes:
        cells: number and source of each code cell.
        spare: the same of the notebook as it was handed out, without the answers' cells.
        stubs: the sources of those.
        names: of the answers.
    """

    words = ("analyse",)
    cells: list[tuple[int, str]]
    spare: list[tuple[int, str]]
    stubs: list[str]
    names: list[str]


@dataclass(frozen=True)
class Define(Order):
    """Define an answer, and wait for calls.

    Attributes:
        name: the answer's.
        cells: the sources of the cells that it needs, by number.
        statements: cell and place of each statement that is run.
        examples: the arguments of worked examples, by their ids.
        answers: the names of the lesson's answers, by the exercises' ids.
        lent: ids of the exercises whose answers are the course's own.
        observer: source of the function that looks at the answer; empty where what it returns is compared.
        observe: that function's name.
    """

    words = ("define",)
    name: str
    cells: dict[int, str]
    statements: list[tuple[int, int]]
    examples: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    lent: list[str] = field(default_factory=list)
    observer: str = ""
    observe: str = ""


@dataclass(frozen=True)
class Call(Order):
    """Call the answer, or let its observer do so."""

    words = ("call",)
    args: tuple[Any, ...]
    named: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Redefine(Order):
    """Define the answer again, from its own code with a small change.

    Attributes:
        source: of the changed definition.
    """

    words = ("redefine",)
    source: str


@dataclass(frozen=True)
class ListLibraries(Order):
    """Name the libraries' modules that were loaded."""

    words = ("loaded",)


@dataclass(frozen=True)
class Lend(Order):
    """What came of a call of the course's own answer.

    Attributes:
        outcome: ``returned`` or ``raised``.
        value: what was returned.
        error: what was raised, ``"ValueError: its text"``.
    """

    words = ("lend",)
    outcome: str
    value: Any = None
    error: str = ""


# --- From the process of an answer to the grader -----------------------------------------------------------


@dataclass(frozen=True)
class Analysis(Report):
    """What the answers of a notebook need.

    Attributes:
        plans: the fields of each answer's plan, by the answer's name.
        problems: number of each cell that cannot be read, and why.
    """

    words = ("analysed",)
    plans: dict[str, dict[str, Any]]
    problems: list[tuple[int, str]]

    def plan(self, name: str) -> Plan:
        """Return an answer's plan.

        Raises:
            WireError: there is none.
        """
        return _record(Plan, self.plans.get(name, {}))


@dataclass(frozen=True)
class About(Report):
    """What is there under the answer's name.

    Attributes:
        defined: whether anything is.
        callable: whether it can be called.
        type: the name of its type.
        parameters: name, kind and whether it may be left out, of each parameter; None where that is not known.
        problems: what went wrong in the cells.
    """

    words = ("defined",)
    defined: bool = False
    callable: bool = False
    type: str = ""
    parameters: list[Any] | None = None
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Reply(Report):
    """What came of a call.

    Attributes:
        status: one of ``words``.
        value: what was returned.
        error: what was raised.
        line: the student's line that raised.
        printed: what was printed.
        args: the arguments, if they were changed.
        patched: names of functions that the student's code replaced.
    """

    words = ("returned", "raised", "unfinished", "too large")
    status: str
    value: Any = None
    error: str = ""
    line: str = ""
    printed: str = ""
    args: Any = None
    patched: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class AskForLent(Report):
    """A call of the course's own answer to another exercise, by the answer that is put to the test."""

    words = ("ask",)
    exercise: str
    args: tuple[Any, ...]
    named: dict[str, Any]


@dataclass(frozen=True)
class Libraries(Report):
    """Names of modules that were loaded."""

    words = ("loaded",)
    modules: list[str]


# --- To plain data and back --------------------------------------------------------------------------------

Kind = TypeVar("Kind", bound=Message)
Record = TypeVar("Record")


def pack(message: Message) -> dict[str, Any]:
    """Return a message as plain data."""
    return {message.key: message.words[0]} | vars(message)


def unpack(plain: Any, *kinds: type[Kind]) -> Kind:
    """Return the message that plain data holds.

    Args:
        plain: what came.
        kinds: the messages that may come now.

    Raises:
        WireError: it is none of them, or a field is missing, unknown, or of another type.
    """
    if not isinstance(plain, dict):
        raise WireError("it is not a message")
    for kind in kinds:
        if plain.get(kind.key) in kind.words:
            own = {one.name for one in fields(kind)}
            return _record(
                kind, {name: value for name, value in plain.items() if name in own or name != kind.key}
            )
    raise WireError("it is not an answer")


def _record(kind: type[Record], values: dict[str, Any]) -> Record:
    its: Any = kind
    types = _types_of(its)
    for name, value in values.items():
        if name not in types or not isinstance(value, types[name]):
            raise WireError("it is not an answer")
    try:
        return kind(**values)
    except TypeError:  # a field is missing
        raise WireError("it is not an answer") from None


@cache
def _types_of(kind: type[Any]) -> dict[str, Any]:
    """Return the type of each field, of containers without that of their items."""
    hints = get_type_hints(kind)
    return {one.name: _plain_type(hints[one.name]) for one in fields(kind)}


def _plain_type(hint: Any) -> Any:
    if hint is Any:
        return object
    if hint is float:
        return int | float
    origin = get_origin(hint)
    if isinstance(origin, type) and origin in (list, dict, tuple):
        return origin
    return tuple(_plain_type(part) for part in hint.__args__) if origin is not None else hint
