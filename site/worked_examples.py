"""The worked examples: one file each in ``examples/``, run when the site is built, and editable in their page.

The file ``01b_argmax_dog.py`` belongs to lesson 01. Its docstring is what the page says, the first line the title; the
rest is the program. In a "your turn" a line is followed by ``# blank: PART``: readers get ``___`` instead of that part.
Lines ``# wrong: PART | why`` below it are fillings that the page recognises by their output.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from example_runner import run_example

HERE = Path(__file__).parent
BLANK = "___"
_BLANK = re.compile(r"^ *# blank: (.+)$")
_WRONG = re.compile(r"^ *# wrong: (.+?) \| (.+)$")


@dataclass(frozen=True)
class WorkedExample:
    """A program to read, change and run.

    Attributes:
        name: such as ``"argmax-dog"``; its page names it so, too.
        lesson: the number of its lesson.
        title: its heading.
        text: what the page says about it, in Markdown.
        program: the whole program.
        stub: what readers get. It differs from the program where something is to be filled in.
        output: what the program prints.
        wrong: what wrong fillings print, and what is wrong with them.
    """

    name: str
    lesson: str
    title: str
    text: str
    program: str
    stub: str
    output: str
    wrong: tuple[tuple[str, str], ...]

    @property
    def label(self) -> str:
        """The name by which pages link to it."""
        return f"example-{self.name}"

    @property
    def is_your_turn(self) -> bool:
        """Whether readers have something to fill in."""
        return self.stub != self.program


def read_examples(folder: Path = HERE / "examples") -> list[WorkedExample]:
    """Read and run all examples, in the order of their files.

    Raises:
        ValueError: an example has no docstring, raises an error, or has a blank that is not in its line.
    """
    return [_read(file) for file in sorted(folder.glob("*.py"))]


def links_to_examples(examples: list[WorkedExample], lesson: str) -> str:
    """Return a paragraph in Markdown with links to the examples of a lesson; empty if it has none."""
    links = [f"[{example.title}](#{example.label})" for example in examples if example.lesson == lesson]
    return f"Worked examples for this lesson: {', '.join(links)}." if links else ""


def _read(file: Path) -> WorkedExample:
    source = file.read_text(encoding="utf-8")
    tree = ast.parse(source)
    words = ast.get_docstring(tree)
    if not words:
        raise ValueError(
            f"{file.name} has no docstring: give it a title, an empty line, and what the page says."
        )
    title, _, text = words.partition("\n")
    lines = source.splitlines()[tree.body[0].end_lineno :]
    program = _filled(lines)
    output = _run(file, program)
    wrong = tuple((_run(file, _filled(lines, at)), why) for at, why in _wrong_fillings(lines))
    if output in dict(wrong):
        raise ValueError(
            f"{file.name}: a wrong filling prints what the right one prints. Choose other values."
        )
    number, _, name = file.stem.partition("_")
    stub = _filled(lines, blank=True)
    return WorkedExample(
        name.replace("_", "-"), number[:2], title, text.strip(), program, stub, output, wrong
    )


def _wrong_fillings(lines: list[str]) -> Iterator[tuple[int, str]]:
    for at, line in enumerate(lines):
        found = _WRONG.match(line)
        if found:
            yield at, found[2]


def _filled(lines: list[str], wrong: int | None = None, blank: bool = False) -> str:
    """Return the program without its comments on blanks.

    Args:
        lines: of the file.
        wrong: the line of the wrong filling to use, if any.
        blank: whether to leave the blanks empty.
    """
    filled: list[str] = []
    part = ""
    for at, line in enumerate(lines):
        if (found := _BLANK.match(line)) is not None:
            part = found[1]
            if part not in filled[-1]:
                raise ValueError(f"The line {filled[-1].strip()!r} does not hold its blank {part!r}.")
            filled[-1] = _replaced(filled[-1], part, BLANK) if blank else filled[-1]
        elif (idea := _WRONG.match(line)) is None:
            filled.append(line)
        elif at == wrong:
            filled[-1] = _replaced(filled[-1], part, idea[1])
    return "\n".join(filled).strip("\n")


def _replaced(line: str, part: str, new: str) -> str:
    """Replace the last occurrence of a part of a line."""
    before, _, after = line.rpartition(part)
    return before + new + after


def _run(file: Path, program: str) -> str:
    printed: list[str] = []
    error = run_example(program, printed.append)
    if error:
        raise ValueError(f"{file.name} does not run:\n{error}")
    return "".join(printed).rstrip("\n")
