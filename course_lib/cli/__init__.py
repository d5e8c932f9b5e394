"""The ``course`` command: it finds the command that was asked for, runs it, and says what went wrong.

Commands are declared in one module per reader. Each imports what it needs when it runs, so that ``--help`` is instant.
"""

from __future__ import annotations

import argparse
import os
import select
import sys

from course_lib.cli import author, instructor, learner, segmenting, training
from course_lib.cli.command import Command

COMMANDS: tuple[Command, ...] = (
    *learner.COMMANDS,
    *training.COMMANDS,
    *segmenting.COMMANDS,
    *instructor.COMMANDS,
    *author.COMMANDS,
)

_KEPT = {"train": "The last whole epoch is kept", "grade": "Everything graded so far is kept"}


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code.

    The code is 0 if all is well, 1 if the command found something wrong, 2 if it could not do its work, and 130 if it
    was interrupted.
    """
    options = build_parser(sys.argv[1:] if arguments is None else arguments).parse_args(arguments)
    try:
        code: int = options.command(options)
        sys.stdout.flush()
        return code
    except (ValueError, TypeError, OSError, FloatingPointError) as error:
        if isinstance(error, BrokenPipeError) and _reader_is_gone():
            return 1
        print(f"course {options.name}: {_one_line(error)}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(
            f"course {options.name}: this needs the package {error.name}, which is not installed for learners. In the "
            f'course\'s folder: {sys.executable} -m pip install -e ".[authoring]"',
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        hint = f" {_KEPT[options.name]}: continue with --resume." if options.name in _KEPT else ""
        print(f"course {options.name}: stopped.{hint}", file=sys.stderr)
        return 130


def build_parser(arguments: list[str]) -> argparse.ArgumentParser:
    """Describe all commands, and the options of those that the arguments name."""
    parser = argparse.ArgumentParser(prog="course", description="Tools of the image segmentation course.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="name")
    for command in COMMANDS:
        subparser = commands.add_parser(command.name, help=command.help)
        if command.name in arguments:
            command.describe(subparser)
    return parser


def _reader_is_gone() -> bool:
    """Return whether the output goes to a pipe whose reader, such as ``head``, has ended; if so, stop printing."""
    gone = True
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)  # only errors, and a reader that is gone is one
        gone = bool(poll.poll(0))
    if gone:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at its end
    return gone


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
