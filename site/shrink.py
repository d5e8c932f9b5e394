"""What the theme brings and no page uses: source maps, and all but a few of the two thousand icons."""

from __future__ import annotations

import re
from pathlib import Path

from course_lib.files import write_text

_CLASS = re.compile(r"\bfa-([a-z0-9-]+)")
_ICON = re.compile(
    r'"?(?P<name>[a-z0-9-]+)"?:\[\d+,\d+,\[(?P<aliases>[^\]]*)\],"[0-9a-f]+",'
    r'(?:"[^"]*"|\["[^"]*","[^"]*"\])\],?'
)


def shrink(html: Path) -> None:
    """Remove what no page of a built site uses.

    Raises:
        ValueError: the theme's icons are in another form than expected.
    """
    for file in html.rglob("*.map"):
        file.unlink()
    scripts = html / "_static" / "scripts"
    icons = scripts / "fontawesome.js"
    readers = [file for file in [*html.rglob("*.html"), *scripts.glob("*.js")] if file != icons]
    used = {name for file in readers for name in _CLASS.findall(file.read_text(encoding="utf-8"))}
    write_text(icons, keep_icons(icons.read_text(encoding="utf-8"), used))


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
