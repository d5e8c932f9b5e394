"""A quiz and the quick reference in a notebook: folded HTML without scripts, and plain text with the same content."""

from __future__ import annotations

import random
from collections.abc import Sequence

from course_lib.questions import LETTERS, Choice, Question, draw_questions
from course_lib.questions.reference import Table, find_table
from course_lib.templates import render


class Quiz:
    """Questions with answers to open; each answer says why it is right or wrong."""

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
        return render("questions/templates/quiz.html.j2", quiz=self, letters=LETTERS)


class Reference:
    """One table of the quick reference."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def __repr__(self) -> str:
        lines = [self.table.title, " | ".join(self.table.columns)]
        return "\n".join([*lines, *(" | ".join(row) for row in self.table.rows)])

    def _repr_html_(self) -> str:
        return render("questions/templates/reference.html.j2", table=self.table)


def quiz(*lessons: str | int, count: int = 5, seed: int | None = None) -> Quiz | str:
    """Return a quiz to answer in the notebook.

    Args:
        lessons: the lessons, such as ``"03"`` or 3; by default all.
        count: the number of questions; fewer if the lessons have fewer.
        seed: the same seed draws the same quiz; by default a new one.
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
