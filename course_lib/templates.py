"""HTML from Jinja2 templates. Every value is escaped, so no answer, name or message can become markup."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def environment(to_text: Callable[[object], str] = str) -> Environment:
    """Return the environment in which templates are found and filled in.

    A template's name is its path in this package, such as ``"checking/templates/result.html.j2"``. A name that a
    template uses and is not given raises an error. Jinja2 is imported here, so nothing waits for it before the first
    page is made.

    Args:
        to_text: turns every value into text before it is escaped.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup, escape

    def with_code(text: object, style: str = "") -> Markup:
        """Escape a text, and show what is between backticks as code."""
        attribute = f' style="{escape(style)}"' if style else ""
        return Markup(re.sub(r"`([^`]+)`", rf"<code{attribute}>\1</code>", str(escape(to_text(text)))))

    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: value if isinstance(value, Markup) else to_text(value),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["with_code"] = with_code
    return made


def render(template: str, **values: Any) -> str:
    """Fill in a template, and return the HTML."""
    return environment().get_template(template).render(values)
