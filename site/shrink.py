"""What pages bring and do not use: source maps, most of two thousand icons, empty colours, what is not text."""

from __future__ import annotations

import re
from pathlib import Path

from course_lib.files import write_text

_CLASS = re.compile(r"\bfa-([a-z0-9-]+)")
_ICON = re.compile(
    r'"?(?P<name>[a-z0-9-]+)"?:\[\d+,\d+,\[(?P<aliases>[^\]]*)\],"[0-9a-f]+",'
    r'(?:"[^"]*"|\["[^"]*","[^"]*"\])\],?'
)
_ICON_RULE = re.compile(r'(?P<names>\.fa-[a-z0-9-]+(?:,\.fa-[a-z0-9-]+)*)\{--fa:"[^"]*"\}')
_PLAIN = re.compile(r'<span class="(?:n|nn|p|w)">([^<]*)</span>')
"""Names, punctuation and spaces of code, which have the colour of the text around them in both themes."""


_MAIN = '[role="main"]'
_TEXT = ".bd-article"


def shrink(html: Path) -> None:
    """Remove what no page of a built site uses.

    Raises:
        ValueError: the theme's icons, or the script of the search, are in another form than expected.
    """
    for file in html.rglob("*.map"):
        file.unlink()
    scripts = html / "_static" / "scripts"
    icons = scripts / "fontawesome.js"
    readers = [file for file in [*html.rglob("*.html"), *scripts.glob("*.js")] if file != icons]
    used = {name for file in readers for name in _CLASS.findall(file.read_text(encoding="utf-8"))}
    write_text(icons, keep_icons(icons.read_text(encoding="utf-8"), used))
    styles = html / "_static" / "styles" / "pydata-sphinx-theme.css"
    write_text(styles, keep_icon_rules(styles.read_text(encoding="utf-8"), used))
    search = html / "_static" / "searchtools.js"
    write_text(search, search_in_text(search.read_text(encoding="utf-8")))
    for page in html.rglob("*.html"):
        write_text(page, without_plain_spans(page.read_text(encoding="utf-8")))


def keep_icons(script: str, used: set[str]) -> str:
    """Return Font Awesome's script with those icons only whose names or aliases are used.

    Raises:
        ValueError: no icon was found.
    """

    def kept(found: re.Match[str]) -> str:
        names = {found["name"], *re.findall(r'"([^"]+)"', found["aliases"])}
        return found[0] if names & used else ""

    if not _ICON.search(script):
        raise ValueError(
            "Font Awesome's script holds no icons in the form that site/shrink.py expects: adapt it."
        )
    return _ICON.sub(kept, script)


def keep_icon_rules(styles: str, used: set[str]) -> str:
    """Return Font Awesome's rules with those icons only whose names are used.

    Raises:
        ValueError: no icon was found.
    """
    if not _ICON_RULE.search(styles):
        raise ValueError(
            "The theme's styles hold no icons in the form that site/shrink.py expects: adapt it."
        )
    return _ICON_RULE.sub(
        lambda found: found[0] if used & set(_CLASS.findall(found["names"])) else "", styles
    )


def search_in_text(script: str) -> str:
    """Return the script of the search such that it quotes a page's text and not the theme's buttons and contents.

    Raises:
        ValueError: it does not look for the text where expected.
    """
    if _MAIN not in script:
        raise ValueError(
            "The search looks for a page's text elsewhere than site/shrink.py expects: adapt it."
        )
    return script.replace(_MAIN, _TEXT)


def without_plain_spans(page: str) -> str:
    """Return a page whose code has no element around a word that gets no colour of its own."""
    return _PLAIN.sub(r"\1", page)
