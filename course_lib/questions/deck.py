"""The Anki deck: a card per question, and a card per row of the quick reference.

Ids come from the questions' own ids, so that importing a newer deck updates the cards and keeps what Anki knows of
the learner.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from html import escape
from pathlib import Path

import genanki

from course_lib.files import atomic_path
from course_lib.questions import LETTERS, Question, all_questions
from course_lib.questions.reference import Table, all_tables

_NAME = "Image segmentation"
_MODEL_ID = 1_607_392_319
_STYLE = """
.card { font: 20px/1.4 system-ui, sans-serif; text-align: left; max-width: 40em; margin: 0 auto; }
.topic { font-size: 14px; opacity: .8; }
li { margin: .2em 0; }
"""
_CARD = {
    "name": "Card",
    "qfmt": '<p class="topic">{{Topic}}</p>{{Front}}',
    "afmt": "{{FrontSide}}<hr id=answer>{{Back}}",
}


class _Note(genanki.Note):
    @property
    def guid(self) -> str:
        return str(genanki.guid_for(_NAME, self.fields[0]))


def write_deck(path: Path) -> int:
    """Write the deck, one subdeck per lesson, and return the number of its cards.

    The same questions give the same cards; the file also holds the time when it was written, which Anki needs.
    """
    model = genanki.Model(
        _MODEL_ID,
        f"{_NAME} (course)",
        fields=[{"name": name} for name in ("Id", "Topic", "Front", "Back")],
        templates=[_CARD],
        css=_STYLE,
    )
    decks = [
        *(_deck(f"{lesson} {topic}", [_question(one) for one in questions], model)
          for (lesson, topic), questions in _by_lesson().items()),
        _deck("Quick reference", [fields for table in all_tables() for fields in _rows(table)], model),
    ]  # fmt: skip
    with atomic_path(path) as temporary:
        genanki.Package(decks).write_to_file(str(temporary))
    return sum(len(deck.notes) for deck in decks)


def _by_lesson() -> dict[tuple[str, str], list[Question]]:
    lessons: dict[tuple[str, str], list[Question]] = {}
    for question in all_questions():
        lessons.setdefault((question.lesson, question.topic), []).append(question)
    return lessons


def _deck(name: str, notes: Sequence[Sequence[str]], model: genanki.Model) -> genanki.Deck:
    deck = genanki.Deck(_stable_id(name.split()[0]), f"{_NAME}::{name}")
    for fields in notes:
        deck.add_note(_Note(model=model, fields=list(fields)))
    return deck


def _stable_id(name: str) -> int:
    """Return an id that never changes; Anki's are positive and fit 31 bits here."""
    return int.from_bytes(hashlib.sha256(f"{_NAME} {name}".encode()).digest()[:4]) >> 1


def _question(question: Question) -> tuple[str, str, str, str]:
    choices = question.shuffled(random.Random(question.id))  # the same order in every release
    listed = "".join(f"<li>{escape(choice.answer)}</li>" for choice in choices)
    wrong = "".join(
        f"<li><i>{escape(choice.answer)}</i>: {escape(choice.why)}</li>"
        for choice in choices
        if not choice.right
    )
    letter = LETTERS[choices.index(question.right)]
    back = f"<p><b>{letter}) {escape(question.right.answer)}</b></p><p>{escape(question.right.why)}</p><ul>{wrong}</ul>"
    return (
        question.id,
        escape(question.topic),
        f'<p>{escape(question.ask)}</p><ol type="a">{listed}</ol>',
        back,
    )


def _rows(table: Table) -> list[tuple[str, str, str, str]]:
    """Return one card per row: its first cell is the question, the others are the answer."""
    return [
        (
            f"{table.id}: {row[0]}",
            escape(table.title),
            f"<p>{escape(table.columns[0])}: <b>{escape(row[0])}</b></p>",
            "".join(
                f"<p>{escape(name)}: {escape(cell)}</p>"
                for name, cell in zip(table.columns[1:], row[1:], strict=True)
            ),
        )
        for row in table.rows
    ]
