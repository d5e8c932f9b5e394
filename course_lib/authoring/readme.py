"""What the README says of the lessons and of their web site, made from the lessons and from pyproject.toml."""

from __future__ import annotations

import re
from collections.abc import Iterable

from course_lib.authoring.lesson import Lesson, LessonError

_TABLE = re.compile(r"(?<=<!-- lessons -->\n).*?(?=<!-- /lessons -->)", re.DOTALL)
_SITE = re.compile(r"(?<=<!-- site -->\n).*?(?=<!-- /site -->)", re.DOTALL)


def with_lessons(text: str, lessons: Iterable[Lesson]) -> str:
    """Return the README's text with the table of these lessons between its two marks."""
    table = ["| | lesson | minutes |", "|---|---|---|", *(_row(lesson) for lesson in lessons)]
    return _TABLE.sub(lambda _: "\n".join(table) + "\n", text)


def with_site(text: str, site: str) -> str:
    """Return the README's text with a link to the site between its two marks, or nothing if the course has no site."""
    link = (
        f"**[Read the course, or run its first lessons, in your browser]({site})**, with nothing installed.\n"
    )
    return _SITE.sub(lambda _: link if site else "", text)


def _row(lesson: Lesson) -> str:
    opening = lesson.cells[0].source
    title = re.search(r"^# (.+)$", opening, re.MULTILINE)
    minutes = re.search(r"\*\*Time\*\* (\d+) minutes", opening)
    if not title or not minutes:
        raise LessonError(
            f"{lesson.cells[0].place}: the README lists the lesson's title (`# ...`) and minutes "
            "(`**Time** 45 minutes`), and this cell lacks one of them."
        )
    return f"| {lesson.number} | [{title[1]}](notebooks/{lesson.name}.ipynb) | {minutes[1]} |"
