"""Does a sentence about training rest on an experiment, and may it say "better"?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from course_lib.authoring.problems import Problem
from course_lib.authoring.quotes import Quote, quotes_in
from course_lib.authoring.results import Figure, source_hash

SEEDS_AT_LEAST = 3
NOT_MEASURED = "<!-- not measured here -->"
"""In a paragraph, says that its figures come from elsewhere: worked out by hand, or published."""

_COMPARISON = re.compile(
    r"\b(better|best|worse|worst|wins?|won|loses?|lost|beats?|beaten|outperforms?|ahead|behind|leads?|helps?|gains?|"
    r"higher|lower|more|less|faster|slower|superior|inferior|improves?|improved)\b",
    re.IGNORECASE,
)
_TRAINING = re.compile(
    r"\b(trained|training|trains?|steps?|epochs?|seeds?|pretrained|fine-tun\w+|from scratch|learn(s|t|ed|ing)?)\b",
    re.IGNORECASE,
)
_SCORE = re.compile(
    r"\b(m?IoU|Dice|loss|accuracy|precision|recall|AP(50|75)?|PQ|border|scores?)\b", re.IGNORECASE
)
_FIGURE = re.compile(r"(?<![\w.,])0?\.\d{2,4}(?!\w|\.\d)")
_NOT_PROSE = re.compile(r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|!\[.*?\]\([^)]*\)|\{\{.*?\}\}", re.DOTALL)
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"*)]*\s+")
_PARAGRAPH_END = re.compile(r"\n\s*\n|\n(?=\s*[-*|] |\s*\d+\. )")


def check_figures(text: str, place: str, root: Path, may_type: bool = False) -> Iterator[Problem]:
    """Yield what is wrong with the figures of a text in Markdown.

    Args:
        text: the text.
        place: where it is, for the messages.
        root: the folder that holds ``experiments/``.
        may_type: whether figures may be typed, as in the statement of an exercise, whose figures are worked out.
    """
    for paragraph in _PARAGRAPH_END.split(text):
        for sentence in _SENTENCE_END.split(" ".join(paragraph.splitlines())):
            try:
                quotes = list(quotes_in(sentence))
                figures = [quote.figure(root) for quote in quotes]
            except ValueError as error:
                yield Problem(place, str(error))
                continue
            yield from _sources_are_new(quotes, place, root)
            yield from _differences_are_real(sentence, quotes, figures, place)
        if not may_type and NOT_MEASURED not in paragraph:
            yield from _figures_are_quoted(paragraph, place)


def _sources_are_new(quotes: list[Quote], place: str, root: Path) -> Iterator[Problem]:
    for quote in quotes:
        for name in quote.experiments:
            result = quote.result(name, root)
            again = f"run `python -m experiments {name}` again"
            try:
                source = source_hash(root, name)
            except FileNotFoundError as error:
                yield Problem(place, f"{quote.text}: {error}")
                continue
            if result.source != source:
                yield Problem(
                    place, f"{quote.text}: the code of {name} has changed since it gave this: {again}"
                )
            if len(result.runs) < SEEDS_AT_LEAST:
                yield Problem(
                    place,
                    f"{quote.text} rests on {len(result.runs)} seeds, at least {SEEDS_AT_LEAST} are expected: {again}",
                )


def _differences_are_real(
    sentence: str, quotes: list[Quote], figures: list[Figure], place: str
) -> Iterator[Problem]:
    """Complain of a comparing word in a sentence that quotes two figures whose spreads overlap."""
    word = _COMPARISON.search(sentence)
    if not word:
        return
    for number, (quote, figure) in enumerate(zip(quotes, figures, strict=True)):
        if quote.second and figure.overlaps(Figure((0.0,))):
            yield Problem(
                place,
                f"{word[0]!r} is said of {quote.text}, but its spread reaches 0: say that they do not differ",
            )
        if number and not quote.second and figure.overlaps(figures[number - 1]):
            yield Problem(
                place,
                f"{word[0]!r} is said of {quotes[number - 1].text} and {quote.text}, but their spreads overlap: say "
                "that they do not differ, or run more seeds",
            )


def _figures_are_quoted(paragraph: str, place: str) -> Iterator[Problem]:
    """Complain of a number beside words of scoring and of training that is typed and not quoted."""
    prose = _NOT_PROSE.sub("", paragraph)
    number = _FIGURE.search(prose)
    asks = prose.rstrip().endswith("?")  # a question tells nothing
    if number and not asks and _TRAINING.search(prose) and _SCORE.search(prose):
        yield Problem(
            place,
            f"{number[0].strip()!r} looks like a figure of training: quote it from an experiment, as in "
            f"{{{{skips.none.border}}}}, or write {NOT_MEASURED} into the paragraph if it was worked out by "
            "hand or published",
        )
