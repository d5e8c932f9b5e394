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
    parts = [(HERE / "worked-examples.md").read_text(encoding="utf-8")]
    for number, group in groupby(examples, key=lambda example: example.lesson):
        lesson = pages[number]
        parts.append(f"## {number} {lesson.title}\n")
        parts.append(f"These examples belong to [lesson {number}](lessons/{lesson.name}.ipynb).\n")
        parts += [_as_markdown(example) for example in group]
    if with_python:
        parts.append('<script type="module" src="_static/worked-examples.js"></script>\n')
        shutil.copy(HERE / "example_runner.py", source / "_static")
    write_text(source / "worked-examples.md", "\n".join(parts))


def _as_markdown(example: WorkedExample) -> str:
    title = escape(example.title)
    tools = "".join(
        f'<button type="button" class="{kind}" aria-label="{kind.title()}: {title}">{kind.title()}</button>'
        for kind in ("run", "stop", "reset")
    )
    output = f'<pre class="output" tabindex="0" role="group" aria-label="Output: {title}">{{}}</pre>\n'
    output = output.format(escape(example.output))
    stored = f'<p class="output-name">Output</p>\n\n{output}'
    parts = [
        f"({example.label})=\n### {example.title}\n\n{example.text}\n",
        f'<div class="worked-example" data-name="{example.name}" data-title="{title}">\n',
        f"```python\n{example.stub}\n```\n",
        f'<div class="example-tools">{tools}<span class="example-state" role="status"></span></div>\n',
        f'<div class="result" aria-live="polite">\n\n{"" if example.is_your_turn else stored}\n</div>\n',
    ]
    if example.is_your_turn:
        known = json.dumps({"expected": example.output, "wrong": example.wrong}).replace("</", "<\\/")
        parts += [
            f'<script type="application/json">{known}</script>\n',
            f'<p class="output-name">Expected output</p>\n\n{output.replace("Output:", "Expected output:")}',
            f"<details>\n<summary>Show the solution</summary>\n\n```python\n{example.program}\n```\n\n</details>\n",
        ]
    return "\n".join([*parts, "</div>\n"])
