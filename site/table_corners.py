"""A Sphinx extension: the empty corner of a table is an ordinary cell, for a heading without words says nothing."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

_EMPTY_HEADING = re.compile(r'<th class="head[^"]*"><p></p></th>')


def setup(app: Sphinx) -> dict[str, bool]:
    """Look at every page before it is written."""
    app.connect("html-page-context", _mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def without_empty_headings(html: str) -> str:
    """Return a page in which headings of tables that say nothing are ordinary cells."""
    return _EMPTY_HEADING.sub("<td></td>", html)


def _mend(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    if "body" in context:
        context["body"] = without_empty_headings(context["body"])
