"""The page of the worked examples: programs with their outputs, which JavaScript makes editable."""

from __future__ import annotations

import json
import shutil
from html import escape
from itertools import groupby
from pathlib import Path

from lesson_pages import Lesson
from worked_examples import WorkedExample

from course_lib.files import write_text

HERE = Path(__file__).parent
NOT_RUNNING = "They can be read here, not run, because this copy of the site has no Python."
_RESULT = '<div class="result" aria-live="polite">\n\n{}\n</div>\n'


def write_worked_examples(
    source: Path, examples: list[WorkedExample], lessons: list[Lesson], with_python: bool
) -> None:
    """Write ``worked-examples.md``, and the scripts that it needs.

    Args:
        source: the folder of the pages.
        examples: what goes into it.
        lessons: the lessons that they belong to.
        with_python: whether the site has a Python to run them.
    """
    pages = {lesson.number: lesson for lesson in lessons}
    running = (HERE / "worked-examples-running.md").read_text(encoding="utf-8")
    template = (HERE / "worked-examples.md").read_text(encoding="utf-8")
    parts = [template.replace("{running}", running if with_python else NOT_RUNNING)]
    for number, group in groupby(examples, key=lambda example: example.lesson):
        lesson = pages[number]
        parts.append(f"## {number} {lesson.title}\n")
        parts.append(f"These examples belong to [lesson {number}](lessons/{lesson.name}.ipynb).\n")
        parts += [_as_markdown(example, with_python) for example in group]
    if with_python:
        parts.append('<script type="module" src="_static/worked-examples.js"></script>\n')
        shutil.copy(HERE / "example_runner.py", source / "_static")
    write_text(source / "worked-examples.md", "\n".join(parts))


def _as_markdown(example: WorkedExample, with_python: bool) -> str:
    title = escape(example.title)
    parts = [f"({example.label})=\n### {example.title}\n\n{example.text}\n"]
    parts.append(f'<div class="worked-example" data-name="{example.name}" data-title="{title}">\n')
    parts.append(f"```python\n{example.stub}\n```\n")
    if with_python:
        parts.append(_tools(title))
    if example.is_your_turn:
        if with_python:
            known = json.dumps({"expected": example.output, "wrong": example.wrong}).replace("</", "<\\/")
            parts.append(f'<script type="application/json">{known}</script>\n')
        parts.append(_RESULT.format(""))
        parts.append(_output("Expected output", title, example.output))
        parts.append(_folded(example.program))
    else:
        parts.append(_RESULT.format(_output("Output", title, example.output)))
    return "\n".join([*parts, "</div>\n"])


def _tools(title: str) -> str:
    buttons = "".join(
        f'<button type="button" class="{kind}" aria-label="{kind.title()}: {title}">{kind.title()}</button>'
        for kind in ("run", "stop", "reset")
    )
    return f'<div class="example-tools">{buttons}<span class="example-state" role="status"></span></div>\n'


def _output(name: str, title: str, text: str) -> str:
    block = f'<pre class="output" tabindex="0" role="group" aria-label="{name}: {title}">{escape(text)}</pre>'
    return f'<p class="output-name">{name}</p>\n\n{block}\n'


def _folded(program: str) -> str:
    return f"<details>\n<summary>Show the solution</summary>\n\n```python\n{program}\n```\n\n</details>\n"
