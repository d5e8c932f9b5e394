"""How a command is declared: its name, its help, its options, and the function that runs it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Run = Callable[[argparse.Namespace], int]


@dataclass(frozen=True)
class Argument:
    """An argument or option, as ``argparse`` takes it."""

    names: tuple[str, ...]
    settings: dict[str, Any]


Arguments = Argument | Callable[[], Iterable[Argument]]
"""One argument, or a function that returns several: it is called only when its command is asked for."""


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        name: what is typed after ``course``.
        help: one line in the list of commands.
        arguments: what the command takes.
        run: does the work and returns the exit code; None if ``actions`` do it.
        actions: subcommands, typed after the name, such as ``draw`` in ``course data draw``.
    """

    name: str
    help: str
    arguments: tuple[Arguments, ...] = ()
    run: Run | None = None
    actions: tuple[Command, ...] = ()

    def describe(self, parser: argparse.ArgumentParser) -> None:
        """Give a parser this command's arguments."""
        for entry in self.arguments:
            for argument in [entry] if isinstance(entry, Argument) else entry():
                parser.add_argument(*argument.names, **argument.settings)
        if self.run is not None:
            parser.set_defaults(command=self.run)
        if self.actions:
            actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
            for action in self.actions:
                action.describe(actions.add_parser(action.name, help=action.help))


def command(name: str, *arguments: Arguments) -> Callable[[Run], Command]:
    """Make a command of the function below, whose docstring is the command's help."""

    def declare(run: Run) -> Command:
        help = (run.__doc__ or "").rstrip(".")
        return Command(name, help[:1].lower() + help[1:], arguments, run)

    return declare


def argument(*names: str, **settings: Any) -> Argument:
    """Return an argument or option; ``argparse.ArgumentParser.add_argument`` explains what it takes."""
    return Argument(names, settings)


def folder(name: str, metavar: str, help: str = "", **settings: Any) -> Argument:
    """Return an argument or option that is the path of a folder or file."""
    return argument(name, type=Path, metavar=metavar, help=help or None, **settings)


def flag(name: str, help: str) -> Argument:
    """Return an option that is on when it is given."""
    return argument(name, action="store_true", help=help)


LESSON = argument("lesson", metavar="NN", help="such as 03")
LESSONS = argument("--lessons", default="", metavar="01,03", help="default: all")


def lesson_numbers(given: str) -> list[str]:
    """Return the lessons that ``--lessons`` names, such as ["01", "03"]; none for all of them.

    Raises:
        ValueError: one of them is not a number.
    """
    from course_lib.lessons import lesson_number

    return [lesson_number(part) for part in given.split(",") if part.strip()]
