"""HTML pages in one file: readable in light, dark and print, by keyboard and screen reader; scripts cannot run."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from course_lib.files import write_text
from course_lib.grading.plain_text import clean

_STYLE = """
:root { color-scheme: light dark; --ink: #111; --paper: #fff; --soft: #f2f2f2; --edge: #767676; --link: #005a8c;
  --good: #00664b; --bad: #a34700; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #eee; --paper: #161616; --soft: #262626; --edge: #8c8c8c; --link: #7cc4f5; --good: #4cc9a0;
    --bad: #f0a35e; }
}
@media print {
  :root { color-scheme: light; --ink: #000; --paper: #fff; --soft: #fff; --good: #000; --bad: #000; }
  section { break-inside: avoid; overflow: visible; }
  tr { break-inside: avoid; }
}
body { color: var(--ink); background: var(--paper); font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto;
  max-width: 60rem; padding: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; }
h2 { font-size: 1.2rem; margin: 0 0 .3rem; }
section { border: 1px solid var(--edge); border-left-width: .4rem; margin: 1rem 0; padding: .8rem 1rem;
  overflow-x: auto; }
section.passed { border-left-color: var(--good); }
section.other { border-left-color: var(--bad); }
p { margin: .3rem 0; }
table { border-collapse: collapse; margin: .5rem 0; }
th, td { border: 1px solid var(--edge); padding: .2rem .6rem; text-align: left; vertical-align: top; }
th { background: var(--soft); }
tbody th { white-space: nowrap; }
td.number { text-align: right; }
code, pre { font: .9rem/1.4 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
pre { background: var(--soft); border: 1px solid var(--edge); margin: .3rem 0; padding: .5rem; }
a { color: var(--link); }
svg { display: block; max-width: 100%; }
svg text { fill: var(--ink); font: 13px system-ui, sans-serif; }
svg .bar { fill: var(--link); stroke: var(--edge); }
""".strip()

# The hash lets this one style sheet in; a style or script from anywhere else is refused by the browser.
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
CONTENT_POLICY = (
    f"default-src 'none'; script-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)


def write_page(path: Path, title: str, parts: Sequence[str]) -> None:
    """Write a page in one step.

    Args:
        path: where to.
        title: plain text, for the browser's tab and the main heading.
        parts: HTML, already escaped where it comes from people.
    """
    body = "\n".join(part for part in parts if part)
    write_text(
        path,
        f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{CONTENT_POLICY}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{text(title)}</h1>
{body}
</main>
</body>
</html>
""",
    )


def text(value: object) -> str:
    """Return anything as harmless text of a page."""
    return escape(clean(value), quote=True)


def words(value: object) -> str:
    """Return anything as harmless text, what stands between backticks as code, as in notebooks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", text(value))


def paragraph(value: object) -> str:
    """Return a paragraph of plain text, empty for none."""
    return f"<p>{words(value)}</p>" if str(value) else ""


def section(heading: str, content: str, kind: str = "") -> str:
    """Return a part of the page under a heading of plain text."""
    attribute = f' class="{kind}"' if kind else ""
    return f"<section{attribute}>\n<h2>{text(heading)}</h2>\n{content}\n</section>"


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table with a head; numbers stand to the right."""
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in header)
    lines = "\n".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}\n</tbody>\n</table>"


def facts(pairs: Sequence[tuple[str, str]]) -> str:
    """Return names with their values, the values as code."""
    lines = "\n".join(
        f'<tr><th scope="row">{text(name)}</th><td><code>{text(value)}</code></td></tr>'
        for name, value in pairs
    )
    return f"<table>\n<tbody>\n{lines}\n</tbody>\n</table>" if pairs else ""


def bullets(items: Sequence[object]) -> str:
    """Return a list of plain texts, empty for none."""
    lines = "\n".join(f"<li>{words(item)}</li>" for item in items)
    return f"<ul>\n{lines}\n</ul>" if items else ""


def bars(label: str, rows: Sequence[tuple[str, int]]) -> str:
    """Return horizontal bars as SVG; the numbers stand beside the bars, and in its label for screen readers."""
    most = max((count for _, count in rows), default=0) or 1
    spoken = "; ".join(f"{name}: {count}" for name, count in rows)
    lines = "\n".join(
        f'<text x="105" y="{20 * place + 15}" text-anchor="end">{text(name)}</text>'
        f'<rect class="bar" x="112" y="{20 * place + 2}" width="{400 * count // most}" height="16"/>'
        f'<text x="{118 + 400 * count // most}" y="{20 * place + 15}">{count}</text>'
        for place, (name, count) in enumerate(rows)
    )
    height = 20 * len(rows) + 4
    return (
        f'<svg role="img" aria-label="{text(f"{label}. {spoken}")}" width="560" height="{height}" '
        f'viewBox="0 0 560 {height}">\n{lines}\n</svg>'
    )


def _cell(value: object) -> str:
    kind = ' class="number"' if isinstance(value, int | float) else ""
    return f"<td{kind}>{words(value)}</td>"
