"""Lessons as pages: the student's notebook to read, with the solution folded behind each exercise."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from glossary_links import GlossaryLinks
from live_explorers import LiveExplorers, explorer_of
from pictures import Pictures
from worked_examples import WorkedExample, links_to_examples

from course_lib.authoring.addresses import Addresses, read_addresses
from course_lib.authoring.notebooks import SETUP, SETUP_TEXT
from course_lib.files import write_text
from course_lib.lessons import lesson_file, lesson_files
from course_lib.questions.glossary import read_glossary

Cell = dict[str, Any]

SET_UP = SETUP.partition("\n")[0]
_MINUTES = re.compile(r"\*\*Time\*\* (\d+) minutes")
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
_MARKER = re.compile(r"^ *### (BEGIN|END) SOLUTION\n", re.MULTILINE)
_LINK_IN_OUTPUT = re.compile(r'href="(\d\d_\w+)\.ipynb"')
_UNBLOCK = re.compile(r"\w+ = unblock\(.*\)")
_LINK = re.compile(r"(?<!!)\]\((\d\d_\w+)\.ipynb\)")
_ATTACHED = re.compile(r"!\[([^\]]*)\]\(attachment:([^)]+)\)")


@dataclass(frozen=True)
class Lesson:
    """What the other pages need of a lesson.

    Attributes:
        name: such as ``"03_iou_and_dice_by_hand"``.
        title: its heading.
        minutes: how long it takes.
        runs: whether it runs in a browser.
    """

    name: str
    title: str
    minutes: int
    runs: bool

    @property
    def number(self) -> str:
        """Two digits."""
        return self.name[:2]


def write_lessons(
    root: Path,
    out: Path,
    pictures: Pictures,
    explorers: LiveExplorers,
    running: list[str],
    examples: list[WorkedExample],
    with_python: bool,
) -> list[Lesson]:
    """Write ``NN_slug.ipynb`` for every lesson, for myst-nb, and return what other pages need.

    Args:
        root: the checkout.
        out: the folder of the pages.
        pictures: where their pictures go.
        explorers: where the pictures of their explorers go.
        running: the numbers of the lessons that run in a browser.
        examples: the worked examples, which lessons link to.
        with_python: whether the site has a Python to run them.

    Raises:
        ValueError: a lesson's first cell lacks its title or its minutes.
    """
    lessons = []
    addresses = read_addresses(root)
    for path in lesson_files(root / "solutions", ".ipynb"):
        solved = json.loads(path.read_text(encoding="utf-8"))
        student = json.loads(lesson_file(root / "notebooks", path.stem, ".ipynb").read_text(encoding="utf-8"))
        lesson = _about(path.stem, solved, path.stem[:2] in running)
        stubs = {cell["id"]: cell for cell in student["cells"]}
        small_programs = links_to_examples(examples, lesson.number)
        first = _first(solved["cells"][0], lesson, small_programs, way_in(lesson, with_python, addresses))
        cells = [first, *solved["cells"][1:]]
        links = GlossaryLinks(read_glossary())
        pages = [_shown(cell, pictures, explorers, links) for cell in _with_stubs(cells, stubs)]
        write_text(out / path.name, json.dumps(solved | {"cells": pages}, ensure_ascii=False))
        lessons.append(lesson)
    return lessons


def _about(name: str, notebook: Cell, runs: bool) -> Lesson:
    first = _source(notebook["cells"][0])
    title, minutes = _TITLE.search(first), _MINUTES.search(first)
    if not title or not minutes:
        raise ValueError(f"{name}: the first cell needs a title, '# ...', and '**Time** 60 minutes'.")
    return Lesson(name, title[1], int(minutes[1]), runs)


def _first(cell: Cell, lesson: Lesson, small_programs: str, way: str) -> Cell:
    """Put what a reader can do with the lesson under its title."""
    html = f'<p class="way-in"><span class="minutes">{lesson.minutes} minutes</span>{way}</p>'
    source = _TITLE.sub(lambda found: f"{found[0]}\n\n{html}\n\n{small_programs}", _source(cell), count=1)
    return cell | {"source": source}


def way_in(lesson: Lesson, with_python: bool, addresses: Addresses) -> str:
    """Return how a lesson is run, as HTML: a button, or why there is none and where it runs instead."""
    if lesson.runs and with_python:
        address = f"../lite/notebooks/index.html?path={lesson.name}.ipynb"
        return (
            f'<a class="run-button" href="{address}">Run this lesson in your browser</a>'
            "<span>Nothing is installed. The first start takes about half a minute.</span>"
        )
    reason = "" if lesson.runs else "It trains with PyTorch, which does not run in a browser. "
    ways = ['<a href="../install.html">install the course</a>']
    hosts = {"Colab": addresses.colab(lesson.name), "Binder": addresses.binder(lesson.name)}
    links = [f'<a href="{escape(link)}">{name}</a>' for name, link in hosts.items() if link]
    if links:
        ways.append(f"open it on {' or '.join(links)}")
    return f"<span>{reason}To run this lesson, {', or '.join(ways)}.</span>"


def _with_stubs(cells: list[Cell], stubs: dict[str, Cell]) -> Iterator[Cell]:
    """Yield the cells as students see them, then each solution with what its check said, folded."""
    solution: Cell | None = None
    for cell in cells:
        grading = cell["metadata"].get("nbgrader", {})
        if grading.get("solution") and cell["cell_type"] == "code":
            solution = cell
            yield stubs[cell["id"]]
        elif grading.get("grade") and solution:
            yield cell | {"outputs": []}
            yield _folded(solution, cell["outputs"])
            solution = None
        elif not _UNBLOCK.fullmatch(_source(cell).strip()) and not _source(cell).startswith(SETUP_TEXT):
            yield cell


def _folded(solution: Cell, outputs: list[Cell]) -> Cell:
    prompts = {"code_prompt_show": "Show the solution", "code_prompt_hide": "Hide the solution"}
    about = {"tags": ["hide-cell"], "mystnb": prompts}
    source = _MARKER.sub("", _source(solution))
    return solution | {
        "id": f"{solution['id']}-solution",
        "metadata": about,
        "source": source,
        "outputs": outputs,
    }


def _shown(cell: Cell, pictures: Pictures, explorers: LiveExplorers, links: GlossaryLinks) -> Cell:
    if cell["cell_type"] == "markdown":
        shown = _markdown(cell, pictures)
        return shown | {"source": links.add_to(_source(shown))}
    if _source(cell).startswith(SET_UP):
        prompts = {"code_prompt_show": "Show the set-up cell", "code_prompt_hide": "Hide the set-up cell"}
        cell = cell | {"metadata": {"tags": ["hide-input"], "mystnb": prompts}}
    outputs = [_output(output, pictures) for output in cell["outputs"]]
    if name := explorer_of(_source(cell)):
        outputs = [_live(output, explorers, name) for output in outputs]
    return cell | {"outputs": outputs}


def _markdown(cell: Cell, pictures: Pictures) -> Cell:
    attached = cell.get("attachments", {})

    def as_file(found: re.Match[str]) -> str:
        return pictures.as_html(base64.b64decode(attached[found[2]]["image/png"]), found[1])

    source = _LINK.sub(r"](\1.ipynb)", _ATTACHED.sub(as_file, _source(cell)))
    return {key: value for key, value in cell.items() if key != "attachments"} | {"source": source}


def _output(output: Cell, pictures: Pictures) -> Cell:
    html = output.get("data", {}).get("text/html")
    if html is None:
        return output
    shown = _LINK_IN_OUTPUT.sub(r'href="\1.html"', pictures.take_out("".join(html)))
    return output | {"data": output["data"] | {"text/html": shown}}


def _live(output: Cell, explorers: LiveExplorers, name: str) -> Cell:
    still = output.get("data", {}).get("text/html")
    if still is None:
        return output
    return output | {"data": output["data"] | {"text/html": explorers.page(name, still)}}


def _source(cell: Cell) -> str:
    return "".join(cell["source"])
