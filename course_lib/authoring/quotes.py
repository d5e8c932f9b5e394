"""Figures that a text quotes from experiments: ``{{skips.none.border}}``.

A quote names an experiment, one of its arms and a figure, and stands for mean and spread over the seeds, such as
"0.04 ± 0.01". ``{{skips.concat.border - skips.none.border}}`` is a difference, seed by seed. With ``:mean``,
``:spread``, ``:lowest`` or ``:highest`` before the braces close, it is that number only.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from course_lib.authoring.results import Figure, Result, read_result, result_path

# Code in backticks is left alone: the first two branches find it. Braces of a formula hold no dot, or a backslash.
_QUOTE = re.compile(r"```.*?```|`[^`\n]*`|\{\{([^{}\\]*\.[^{}\\]*)\}\}", re.DOTALL)
_CONTENT = re.compile(
    r"\s*(?P<first>[\w.]+)(?:\s+-\s+(?P<second>[\w.]+))?\s*(?::\s*(?P<form>mean|spread|lowest|highest))?\s*"
)
_FILLED = re.compile(r"<!-- figure ([^<>]*?) -->.*?<!-- /figure -->")
_MOST_DIGITS = 3


@dataclass(frozen=True)
class Quote:
    """A quoted figure.

    Attributes:
        text: what the author wrote, braces included.
        first: name of the figure, with its experiment's in front.
        second: name of the figure that is subtracted, or None.
        form: "mean", "spread", "lowest" or "highest"; None for mean and spread.
    """

    text: str
    first: str
    second: str | None
    form: str | None

    @property
    def experiments(self) -> tuple[str, ...]:
        """The names of the experiments that are quoted."""
        names = (self.first, self.second) if self.second else (self.first,)
        return tuple(dict.fromkeys(name.partition(".")[0] for name in names))

    def figure(self, root: Path) -> Figure:
        """Return the figure that is quoted.

        Raises:
            ValueError: it names no result, or no figure of one; the message says which there are.
        """
        first = self._look_up(self.first, root)
        if self.second is None:
            return first
        second = self._look_up(self.second, root)
        if len(first.values) != len(second.values):
            raise ValueError(f"{self.text}: the two rest on different seeds: run both with the same --seeds.")
        return Figure(tuple(one - other for one, other in zip(first.values, second.values, strict=True)))

    def _look_up(self, name: str, root: Path) -> Figure:
        experiment, _, figure = name.partition(".")
        result = self.result(experiment, root)
        try:
            return result.figure(figure)
        except KeyError:
            known = ", ".join(result.figure_names)
            raise ValueError(
                f"{self.text}: the experiment {experiment} has no figure {figure!r}; it has {known}."
            ) from None

    def result(self, experiment: str, root: Path) -> Result:
        """Return the result of one of the experiments that are quoted.

        Raises:
            ValueError: there is none, or its file is damaged.
        """
        path = result_path(root, experiment)
        try:
            return read_result(path)
        except FileNotFoundError:
            raise ValueError(
                f"{self.text} names no result: {path.relative_to(root).as_posix()} does not exist; run "
                f"`python -m experiments {experiment}`, or correct the name."
            ) from None


def quotes_in(text: str) -> Iterator[Quote]:
    """Yield the quotes of a text.

    Raises:
        ValueError: what is between the braces cannot be read.
    """
    for found in _QUOTE.finditer(text):
        if found[1] is not None:
            yield _read_quote(found[1])


def fill_in(text: str, root: Path) -> str:
    """Put the figures into a text.

    Raises:
        ValueError: a quote cannot be read, or names no figure.
    """
    return _QUOTE.sub(lambda found: found[0] if found[1] is None else _told(found[1], root), text)


def fill_in_again(text: str, root: Path) -> str:
    """Put the figures into a file that stays as it is: each between comments that keep its name for the next time.

    Raises:
        ValueError: a quote cannot be read, or names no figure.
    """

    def kept(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        return f"<!-- figure {found[1].strip()} -->{_told(found[1], root)}<!-- /figure -->"

    return _QUOTE.sub(kept, as_written(text))


def as_written(text: str) -> str:
    """Undo :func:`fill_in_again`: return the text with its quotes in braces."""
    return _FILLED.sub(lambda found: "{{" + found[1] + "}}", text)


def as_text(figure: Figure) -> str:
    """Return "mean ± spread" with as many digits as the spread allows; the spread is rounded up.

    A figure that is the same whole number for every seed, such as a number of weights, has no spread.
    """
    if len(set(figure.values)) == 1 and figure.mean == round(figure.mean):
        return f"{figure.mean:,.0f}"
    digits = _digits(figure)
    spread = math.ceil(round(figure.spread * 10**digits, 6)) / 10**digits
    return f"{_rounded(figure.mean, digits)} ± {spread:.{digits}f}"


def _read_quote(content: str) -> Quote:
    found = _CONTENT.fullmatch(content)
    if not found:
        raise ValueError(
            f"{{{{{content}}}}} cannot be read: write {{{{EXPERIMENT.ARM.FIGURE}}}}, a difference "
            "{{EXPERIMENT.ARM.FIGURE - EXPERIMENT.ARM.FIGURE}}, or one of these with :mean, :spread, :lowest or "
            ":highest at its end."
        )
    return Quote(f"{{{{{content}}}}}", found["first"], found["second"], found["form"])


def _told(content: str, root: Path) -> str:
    quote = _read_quote(content)
    figure = quote.figure(root)
    if quote.form is None:
        return as_text(figure)
    value = {
        "mean": figure.mean,
        "spread": figure.spread,
        "lowest": min(figure.values),
        "highest": max(figure.values),
    }[quote.form]
    return _rounded(value, _digits(figure))


def _digits(figure: Figure) -> int:
    """Return how many digits after the point are worth showing: those down to the first of the spread."""
    least = 2 if abs(figure.mean) < 10 else 1 if abs(figure.mean) < 100 else 0
    if figure.spread == 0:
        return least
    return min(_MOST_DIGITS, max(least, -math.floor(math.log10(figure.spread))))


def _rounded(value: float, digits: int) -> str:
    return f"{round(value, digits) + 0.0:.{digits}f}"  # + 0.0: no -0.00
