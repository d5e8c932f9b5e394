"""Links from the first use of each term in a page to the glossary."""

from __future__ import annotations

import re
from collections.abc import Sequence

from course_lib.questions.glossary import Term

_NOT_LINKED = re.compile(
    r"(```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|!?\[[^\]]*\]\([^)]*\)|<[^>]*>|^#.*?$|^\*\*Time.*?$)",
    re.DOTALL | re.MULTILINE,
)


class GlossaryLinks:
    """Links the terms of one lesson, each where it is used first."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self._left = list(terms)

    def add_to(self, source: str) -> str:
        """Return a text in Markdown, its first use of each term linked to the glossary."""
        parts = _NOT_LINKED.split(source)
        for at in range(0, len(parts), 2):
            parts[at] = self._linked(parts[at])
        return "".join(parts)

    def _linked(self, prose: str) -> str:
        uses: list[tuple[re.Match[str], Term]] = []
        for term in self._left:
            use = term.used.search(prose)
            if use and not any(use.start() < other.end() and other.start() < use.end() for other, _ in uses):
                uses.append((use, term))
        for use, term in sorted(uses, key=lambda one: -one[0].start()):
            prose = f"{prose[: use.start()]}[{use[0]}](#{label(term)}){prose[use.end() :]}"
            self._left.remove(term)
        return prose


def label(term: Term) -> str:
    """Return the name by which pages link to a term."""
    return f"term-{term.anchor}"
