"""The glossary: the terms of ``glossary.yaml``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("glossary.yaml")


@dataclass(frozen=True)
class Term:
    """A term of the field.

    Attributes:
        term: as the glossary lists it.
        also: other forms under which a text may use it.
        lesson: two digits of the lesson that explains it.
        means: what it means, in one or two sentences.
    """

    term: str
    also: tuple[str, ...]
    lesson: str
    means: str

    @cached_property
    def used(self) -> re.Pattern[str]:
        """Finds a use of the term, in any of its forms; capitals count only in names such as IoU."""
        forms = sorted((self.term, *self.also), key=len, reverse=True)
        return re.compile(rf"(?<![\w-])(?:{'|'.join(map(_form, forms))})(?![\w-])")

    @property
    def anchor(self) -> str:
        """Its place in the page of the glossary."""
        return re.sub(r"\W+", "-", self.term.lower().replace("_", "-")).strip("-")


def read_glossary(path: Path = FILE) -> tuple[Term, ...]:
    """Return the terms in the alphabet's order.

    Raises:
        ValueError: two terms have a form in common; the message names it.
    """
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    terms = [Term(one["term"], tuple(one["also"]), one["lesson"], one["means"]) for one in entries]
    owner: dict[str, Term] = {}
    for term in terms:
        for form in (term.term, *term.also):
            if form in owner:
                raise ValueError(
                    f"{path.name}: {form!r} is a form of {owner[form].term!r} and of {term.term!r}: keep it in one."
                )
            owner[form] = term
    return tuple(sorted(terms, key=lambda term: term.term.lower()))


def _form(form: str) -> str:
    """Return a pattern: a word in small letters may begin with a capital, and spaces may be line ends."""
    first = f"[{form[0].upper()}{form[0]}]" if form[0].islower() else re.escape(form[0])
    return first + re.escape(form[1:]).replace(r"\ ", r"\s+")
