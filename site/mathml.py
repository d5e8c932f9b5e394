"""A Sphinx extension: formulas become MathML while the site is built, so no page needs a script or a font for them."""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, bool]:
    """Make ``html_math_renderer = "mathml"`` known to Sphinx."""
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def to_mathml(latex: str, display: str = "inline") -> str:
    """Return a formula as MathML that also holds its LaTeX, for those who copy it.

    Raises:
        ValueError: a command of the formula is not known.
    """
    source = " ".join(latex.split())
    math = convert(source, display=display)
    if "\\" in math:
        raise ValueError(
            f"The formula {source!r} has a command that latex2mathml does not know: write it otherwise."
        )
    return math.replace("<math ", f'<math title="{escape(source)}" ', 1)


def _inline(writer: Any, node: nodes.math) -> None:
    writer.body.append(to_mathml(node.astext()))
    raise nodes.SkipNode


def _block(writer: Any, node: nodes.math_block) -> None:
    math = to_mathml(node.astext(), "block")
    writer.body.append(f'<div class="formula" role="group" aria-label="Formula" tabindex="0">{math}</div>')
    raise nodes.SkipNode
