"""Make text from students harmless: no escape codes, control characters or bidirectional overrides."""

from __future__ import annotations

import re
import unicodedata

_ESCAPE_CODES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, cursor moves
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|\x9c|$)"  # titles, links, other strings for the terminal
    r"|\x1b[ -/]*[0-~]?"
    r"|\x9b[0-?]*[ -/]*[@-~]",
    re.DOTALL,
)
_TURNING = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def clean(text: object, at_most: int = 20_000) -> str:
    """Return text as it may be shown: only printable characters, tabs and line ends, and not too many of them."""
    found = _ESCAPE_CODES.sub("", str(text)[: 4 * at_most]).replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(_shown(character) for character in found)
    return kept if len(kept) <= at_most else f"{kept[:at_most]} ..."


def one_line(text: object, at_most: int = 2_000) -> str:
    """Return text as it may be shown on one line, without space around it."""
    return " ".join(clean(text, at_most).split())


def file_name(text: str) -> str:
    """Return the name of one file or folder: it leads to no other folder, whatever the name is."""
    name = re.sub(r"[/\\\0]", "_", text)
    return name if name.strip(". ") else "_"


def _shown(character: str) -> str:
    if character in "\n\t":
        return character
    kind = unicodedata.category(character)
    if kind == "Cs":  # half of a surrogate pair, which no file in UTF-8 can hold
        return "\ufffd"
    return "" if kind == "Cc" or character in _TURNING else character
