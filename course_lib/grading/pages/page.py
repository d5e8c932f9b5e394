"""HTML pages, each in one file: readable in light, dark and print, by keyboard and screen reader, without scripts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_lib import svg
from course_lib.files import write_text
from course_lib.grading.plain_text import clean
from course_lib.grading.tables import number
from course_lib.templates import environment

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_FOLDER = Path(__file__).with_name("templates")
_STYLE = (_FOLDER / "page.css").read_text(encoding="utf-8").strip()

# The hash allows this one style sheet; the browser refuses any other style, and every script.
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
CONTENT_POLICY = (
    f"default-src 'none'; script-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)


def write_page(path: Path, template: str, title: str, **values: Any) -> None:
    """Write a page in one step.

    Args:
        path: the file to write.
        template: the name of a file in ``templates/``; it extends ``page.html.j2``.
        title: plain text, for the browser's tab and the main heading.
        values: the other values that the template shows.
    """
    write_text(path, fill_in(template, title=title, **values) + "\n")


def fill_in(template: str, **values: Any) -> str:
    """Fill in a template of ``templates/``. No control or escape characters from students reach the page."""
    return _environment().get_template(f"grading/pages/templates/{template}").render(values)


@cache
def _environment() -> Environment:
    from markupsafe import Markup

    pages = environment(clean)
    pages.filters["number"] = number
    pages.globals |= {"style": Markup(_STYLE), "content_policy": Markup(CONTENT_POLICY)}
    return pages


def bars(label: str, rows: Sequence[tuple[str, int]]) -> Markup:
    """Return horizontal bars, with their numbers beside them, and in the label for screen readers."""
    from markupsafe import Markup

    most = max((count for _, count in rows), default=0) or 1
    spoken = "; ".join(f"{name}: {count}" for name, count in rows)
    parts = []
    for place, (name, count) in enumerate(rows):
        top, length = 20 * place + 2, 400 * count // most
        parts += [
            svg.text(105, top + 13, name, anchor="end"),
            svg.rect(112, top, length, 16, svg.colour(1), **{"class": "bar"}),
            svg.text(118 + length, top + 13, count),
        ]
    return Markup(svg.figure(560, 20 * len(rows) + 4, f"{label}. {spoken}", *parts, themed=True).svg)
