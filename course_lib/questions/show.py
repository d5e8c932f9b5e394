"""A quiz and the quick reference in a notebook: folded HTML without scripts, and plain text of the same content."""

from __future__ import annotations

import random
from collections.abc import Sequence
from html import escape

from course_lib.checking.render import panel
from course_lib.questions import LETTERS, Choice, Question, draw_questions
from course_lib.questions.reference import Table, find_table

_INK = "color:#111;background:#fff"


class Quiz:
    """Questions to answer by opening one of the answers; each says why it is right or wrong."""

    def __init__(self, questions: Sequence[Question], seed: int) -> None:
        rng = random.Random(seed)
        self.seed = seed
        self.questions = [(question, question.shuffled(rng)) for question in questions]

    def __repr__(self) -> str:
        asked, answers = [], []
        for number, (question, choices) in enumerate(self.questions, 1):
            asked += [
                f"{number}. {question.ask} (lesson {question.lesson})",
                *map(_lettered, LETTERS, choices),
                "",
            ]
            letter = LETTERS[choices.index(question.right)]
            answers.append(f"{number}. {letter}: {question.right.why}")
        return "\n".join([*asked, "Answers", *answers, f"The same quiz again: seed={self.seed}"])

    def _repr_html_(self) -> str:
        parts = [_as_html(number, *pair) for number, pair in enumerate(self.questions, 1)]
        again = f'The same quiz again: <code style="{_INK}">seed={self.seed}</code>'
        last = f'<p style="color:#333;margin:8px 0 0">{again}</p>'
        return panel("".join(parts) + last)


class Reference:
    """One table of the quick reference."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def __repr__(self) -> str:
        lines = [self.table.title, " | ".join(self.table.columns)]
        return "\n".join([*lines, *(" | ".join(row) for row in self.table.rows)])

    def _repr_html_(self) -> str:
        edge = f"text-align:left;vertical-align:top;padding:3px 8px;border:1px solid #767676;{_INK}"
        head = "".join(f'<th scope="col" style="{edge}">{escape(name)}</th>' for name in self.table.columns)
        rows = "".join(
            f'<tr><th scope="row" style="{edge}">{escape(row[0])}</th>'
            + "".join(f'<td style="{edge}">{escape(cell)}</td>' for cell in row[1:])
            + "</tr>"
            for row in self.table.rows
        )
        style = f"caption-side:top;font-weight:700;text-align:left;{_INK}"
        title = f'<caption style="{style}">{escape(self.table.title)}</caption>'
        return panel(f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")


def quiz(*lessons: str | int, count: int = 5, seed: int | None = None) -> Quiz | str:
    """Return a quiz to answer in the notebook.

    Args:
        lessons: such as ``"03"`` or 3; by default all.
        count: how many questions; fewer where the lessons have fewer.
        seed: draws the same quiz again; by default a new one.
    """
    seed = random.randrange(10_000) if seed is None else seed
    numbers = [str(lesson).zfill(2) for lesson in lessons]
    try:
        most = len(draw_questions(numbers))
        return Quiz(draw_questions(numbers, min(count, most), random.Random(seed)), seed)
    except ValueError as error:
        return str(error)


def quick_reference(table_id: str = "") -> Reference | str:
    """Return a table of the quick reference, such as ``"scores"``; without a name, say which tables there are."""
    try:
        return Reference(find_table(table_id))
    except ValueError as error:
        return str(error)


def _lettered(letter: str, choice: Choice) -> str:
    return f"   {letter}) {choice.answer}"


def _as_html(number: int, question: Question, choices: Sequence[Choice]) -> str:
    folded = "".join(
        f'<details style="margin:2px 0 2px 12px">'
        f'<summary style="cursor:pointer">{letter}) {escape(choice.answer)}</summary>'
        f'<p style="margin:2px 0 6px 20px;color:{"#00664b" if choice.right else "#a34700"}">'
        f"<b>{'✓ Right.' if choice.right else '✗ No.'}</b> {escape(choice.why)}</p></details>"
        for letter, choice in zip(LETTERS, choices, strict=False)
    )
    lesson = f'<span style="color:#595959;white-space:nowrap">(lesson {question.lesson})</span>'
    ask = f"<b>{number}.</b> {escape(question.ask)} {lesson}"
    return f'<p style="margin:10px 0 4px;color:#111">{ask}</p>{folded}'
