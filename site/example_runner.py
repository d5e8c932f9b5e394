"""Run a worked example: in a reader's browser, and here when the site is built. It needs the standard library only."""

from __future__ import annotations

import io
import linecache
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout

FILE = "example.py"
LAST_LINES = 12
MOST_CHARACTERS = 20_000


class TooMuchOutput(BaseException):
    """A program prints without end. Not an Exception, so that ``except Exception`` does not keep it going."""


class _Output(io.TextIOBase):
    """Hands on what is printed, up to a limit."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write, self._left = write, MOST_CHARACTERS

    def write(self, text: str) -> int:
        if self._left < 0:
            raise TooMuchOutput(f"the run was ended after {MOST_CHARACTERS:,} characters of output")
        self._left -= len(text)
        self._write(text)
        return len(text)


def run_example(code: str, write: Callable[[str], object]) -> str:
    """Run a program in a namespace of its own.

    Args:
        code: the program.
        write: is called with each piece of text that the program prints, or warns.

    Returns:
        The last lines of what Python says of an error; empty if the program ended well.
    """
    linecache.cache[FILE] = (len(code), None, code.splitlines(keepends=True), FILE)
    output = _Output(write)
    try:
        with redirect_stdout(output), redirect_stderr(output):
            exec(compile(code, FILE, "exec"), {"__name__": "__main__"})
    except SystemExit:
        return ""
    except BaseException as error:
        return _last_lines(error)
    return ""


def _last_lines(error: BaseException) -> str:
    report = traceback.TracebackException.from_exception(error)
    report.stack = traceback.StackSummary.from_list([line for line in report.stack if line.filename == FILE])
    return "\n".join("".join(report.format(chain=False)).splitlines()[-LAST_LINES:])
