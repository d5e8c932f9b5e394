"""A result as HTML and as plain text with the same content. Word and sign beside colour; opaque, for dark themes."""

from __future__ import annotations

import re
from html import escape
from typing import Any

import numpy as np

from course_lib.checking.compare import difference, is_mask, show, to_plain
from course_lib.checking.exercise import call
from course_lib.checking.result import CaseResult, Result
from course_lib.masks import IGNORE_INDEX, PALETTE

WORDS = {
    "passed": ("✓", "Passed"),
    "failed": ("✗", "Not yet"),
    "raised": ("!", "An error was raised"),
    "not attempted": ("○", "Not attempted"),
}
"""The sign and the word of every status."""

_EDGES = {"passed": "#00664b", "failed": "#a34700", "raised": "#a34700", "not attempted": "#005a8c"}
_CELL = "text-align:left;vertical-align:top;color:#111;background:#fff;border:1px solid #fff"
_SHORT = 200  # characters that are read at a glance
_PIXEL = 22  # side of a drawn pixel


def as_text(result: Result) -> str:
    """Return a result as plain text."""
    lines = [_headline(result), result.message, *([result.note] if result.note else [])]
    case = result.first_problem
    if case:
        lines += [f"  {label:<10} {text}" for label, text in facts_of(result, case)]
        masks = _masks(result, case)
        if masks:
            lines += ["", *_masks_as_text(masks), ""]
    if result.cases:
        lines.append(_tally(result))
    return "\n".join(lines)


def as_html(result: Result) -> str:
    """Return a result as one HTML panel."""
    parts = [f'<div style="font-weight:700">{escape(_headline(result))}</div>', _paragraph(result.message)]
    if result.note:
        parts.append(_paragraph(result.note))
    case = result.first_problem
    if case:
        parts.append(_table(facts_of(result, case)))
        parts.append(_masks_as_html(_masks(result, case)))
    if result.cases:
        parts.append(f'<div style="color:#333">{escape(_tally(result))}</div>')
    return panel("".join(parts), _EDGES[result.status])


def panel(content: str, edge: str = "#005a8c") -> str:
    """Frame HTML so that it can be read in light and dark themes."""
    return (
        f'<div role="status" style="border:1px solid #767676;border-left:6px solid {edge};background:#fff;color:#111;'
        f'padding:8px 12px;margin:4px 0;max-width:60em;line-height:1.45;overflow-x:auto">{content}</div>'
    )


def _paragraph(text: str) -> str:
    return f'<p style="margin:4px 0;color:#111">{with_code(text)}</p>'


def with_code(text: str) -> str:
    """Return text as HTML in which what stands between backticks is code."""
    return re.sub(r"`([^`]+)`", r'<code style="color:#111;background:#f2f2f2">\1</code>', escape(text))


def _table(facts: list[tuple[str, str]]) -> str:
    rows = "".join(
        f'<tr><th scope="row" style="{_CELL};padding:2px 12px 2px 0;white-space:nowrap">{escape(label)}</th>'
        f'<td style="{_CELL};padding:2px 0"><code style="color:#111;background:#fff;padding:0;white-space:pre-wrap">'
        f"{escape(text)}</code></td></tr>"
        for label, text in facts
    )
    return f'<table style="border-collapse:collapse;margin:4px 0;background:#fff">{rows}</table>'


def _headline(result: Result) -> str:
    sign, word = WORDS[result.status]
    return f"{sign} {word}: {result.exercise.title} ({result.exercise.id})"


def _tally(result: Result) -> str:
    tally = f"{sum(case.passed for case in result.cases)} of {len(result.cases)} cases right"
    if result.passed:
        return f"{tally}; {result.score:g} of {result.max_score:g} points."
    return f'{tally}. Stuck? Run hint("{result.exercise.id}") in a new cell.'


def facts_of(result: Result, case: CaseResult) -> list[tuple[str, str]]:
    """Return what there is to say about a case: name and text of each fact."""
    facts = [("called", _call_text(result, case))]
    if case.outcome.status == "raised":
        facts.append(
            ("raised", case.outcome.error + (f"   at {case.outcome.line}" if case.outcome.line else ""))
        )
    else:
        facts.append(("came back", _show_beside(case.outcome.value, case.expected)))
    facts.append(("expected", _show_beside(case.expected, case.outcome.value)))
    says_more = isinstance(case.expected, np.ndarray | dict | list) or case.outcome.value is None
    if case.problem and case.problem != result.message and says_more and case.outcome.status == "returned":
        facts.append(("so", case.problem))
    if case.outcome.printed:
        facts.append(("printed", _cut(case.outcome.printed.strip(), 300)))
    return facts


def _show_beside(value: Any, other: Any) -> str:
    """Show a value; of a long dict only the entries that are not the same in the other one."""
    text = show(value)
    if not (isinstance(value, dict) and isinstance(other, dict)) or len(text) <= _SHORT:
        return text
    differing = {key: item for key, item in value.items() if key not in other or difference(item, other[key])}
    same = len(value) - len(differing)
    return f"{show(differing)} and {same} more that are right" if same else show(differing)


def _cut(text: str, at_most: int) -> str:
    return text if len(text) <= at_most else f"{text[:at_most]} ..."


def _call_text(result: Result, case: CaseResult) -> str:
    exercise = result.exercise
    given = zip(exercise.case_names, case.args, strict=False)
    text = ", ".join(f"{name}={show(to_plain(value))}" for name, value in given)
    return f"{exercise.name}({text})" if exercise.observe is call else f"{exercise.name}, tried with {text}"


def _masks(result: Result, case: CaseResult) -> dict[str, np.ndarray]:
    """Return what can be drawn: masks among the arguments, what came back and what is expected."""
    given = zip(result.exercise.case_names, (to_plain(value) for value in case.args), strict=False)
    masks = {name: value for name, value in given if is_mask(value)}
    came_back = to_plain(case.outcome.value)
    has_results = is_mask(case.expected) and is_mask(came_back)
    if has_results:
        masks |= {"came back": came_back, "expected": case.expected}
    elif isinstance(case.expected, np.ndarray) and case.expected.ndim == 2:
        return masks  # a map is asked for, so the arguments are not there to be compared
    if len(masks) > 1:
        *_, first, second = masks.values()
        if first.shape == second.shape:
            is_void = (first == IGNORE_INDEX) | (second == IGNORE_INDEX)
            masks["differ"] = (first != second) & (has_results | ~is_void)  # void in a truth is no mistake
    return masks


def _masks_as_text(masks: dict[str, np.ndarray]) -> list[str]:
    columns = [_mask_column(name, mask) for name, mask in masks.items()]
    height = max(len(column) for column in columns)
    widths = [max(len(line) for line in column) for column in columns]
    padded = [column + [""] * (height - len(column)) for column in columns]
    return [
        "  " + "   ".join(line.ljust(width) for line, width in zip(row, widths, strict=True)).rstrip()
        for row in zip(*padded, strict=True)
    ]


def _mask_column(name: str, mask: np.ndarray) -> list[str]:
    if mask.dtype == bool:
        return [name, *(" ".join("x" if pixel else "." for pixel in row) for row in mask)]
    return [name, *(" ".join(str(pixel) for pixel in row) for row in mask.tolist())]


def _masks_as_html(masks: dict[str, np.ndarray]) -> str:
    if not masks:
        return ""
    figures = "".join(
        f'<figure style="margin:4px 16px 4px 0"><figcaption style="color:#111">{escape(name)}</figcaption>'
        f"{_svg(name, mask)}</figure>"
        for name, mask in masks.items()
    )
    return f'<div style="display:flex;flex-wrap:wrap;background:#fff">{figures}</div>'


def _svg(name: str, mask: np.ndarray) -> str:
    height, width = (side * _PIXEL for side in mask.shape)
    pixels = "".join(
        _svg_pixel(row * _PIXEL, column * _PIXEL, mask[row, column])
        for row, column in np.ndindex(*mask.shape)
    )
    alt = escape(f"{name}: " + "; ".join(_mask_column(name, mask)[1:]), quote=True)
    return (
        f'<svg role="img" aria-label="{alt}" width="{width + 2}" height="{height + 2}" '
        f'viewBox="-1 -1 {width + 2} {height + 2}" style="background:#fff">{pixels}</svg>'
    )


def _svg_pixel(top: int, left: int, value: Any) -> str:
    if isinstance(value, np.bool_):
        fill, ink, text = ("#111111", "#ffffff", "x") if value else ("#ffffff", "#111111", "")
    else:
        red, green, blue = (int(channel) for channel in PALETTE[int(value) % 256])
        bright = 0.299 * red + 0.587 * green + 0.114 * blue > 120
        fill, ink, text = f"#{red:02x}{green:02x}{blue:02x}", "#000000" if bright else "#ffffff", str(value)
    return (
        f'<rect x="{left}" y="{top}" width="{_PIXEL}" height="{_PIXEL}" fill="{fill}" stroke="#767676"/>'
        f'<text x="{left + _PIXEL / 2}" y="{top + _PIXEL * 0.7}" text-anchor="middle" '
        f'font-size="{12 if len(text) < 3 else 10}" fill="{ink}">{text}</text>'
    )
