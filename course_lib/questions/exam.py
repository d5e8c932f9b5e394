"""A mixed exam in a notebook: questions, letters, a result by lesson, and a memory of what was wrong."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date

from course_lib.questions import LETTERS, Choice, Question, questions_in_turns
from course_lib.questions.memory import Memory
from course_lib.templates import render
from course_lib.wording import counted


class Sentence(str):
    """A sentence that a notebook shows without quotation marks."""

    def __repr__(self) -> str:
        return str(self)


class Exam:
    """Questions without their answers; :meth:`mark` takes the letters."""

    def __init__(self, questions: Sequence[Question], rng: random.Random) -> None:
        self.questions = [(question, question.shuffled(rng)) for question in questions]

    def mark(self, letters: str | Sequence[str]) -> Result | str:
        """Mark the answers, remember them, and return the result.

        Args:
            letters: one letter for each question in their order, such as ``"bacda"``, or a list of them; ``-`` where
                you do not know. Spaces and commas count for nothing.
        """
        given = "".join(letters).lower().translate(str.maketrans("", "", " ,\n"))
        if len(given) != len(self.questions):
            return Sentence(
                f"{counted(len(given), 'letter')} for {counted(len(self.questions), 'question')}: give one for each, "
                'such as .mark("bacd..."), and - where you do not know.'
            )
        for number, (letter, (_, choices)) in enumerate(zip(given, self.questions, strict=True), 1):
            if letter != "-" and letter not in LETTERS[: len(choices)]:
                return Sentence(
                    f"Question {number} has the answers {', '.join(LETTERS[: len(choices)])}, not {letter!r}."
                )
        result = Result(
            [
                (question, None if letter == "-" else choices[LETTERS.index(letter)])
                for letter, (question, choices) in zip(given, self.questions, strict=True)
            ]
        )
        memory = Memory.load()
        for question, choice in result.answers:
            memory.note(question.id, bool(choice and choice.right), date.today())
        result.notice = memory.save()
        return result

    def __repr__(self) -> str:
        lines = []
        for number, (question, choices) in enumerate(self.questions, 1):
            lines += [f"{number}. {question.ask}"]
            lines += [
                f"   {letter}) {choice.answer}" for letter, choice in zip(LETTERS, choices, strict=False)
            ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return render("questions/templates/exam.html.j2", exam=self, letters=LETTERS)


class Result:
    """What an exam showed: the score, each lesson's share, and why the wrong answers are wrong."""

    def __init__(self, answers: Sequence[tuple[Question, Choice | None]]) -> None:
        self.answers = answers
        self.notice = ""

    @property
    def right(self) -> int:
        """How many answers are right."""
        return sum(bool(choice and choice.right) for _, choice in self.answers)

    @property
    def lessons(self) -> list[tuple[str, str, int, int]]:
        """Each lesson's number and topic, its right answers and its questions, in the order of the lessons."""
        rows = []
        for lesson in sorted({question.lesson for question, _ in self.answers}):
            some = [(question, choice) for question, choice in self.answers if question.lesson == lesson]
            right = sum(bool(choice and choice.right) for _, choice in some)
            rows.append((lesson, some[0][0].topic, right, len(some)))
        return rows

    @property
    def advice(self) -> str:
        """What to do next."""
        weak = [lesson for lesson, _, right, asked in self.lessons if right < asked]
        if not weak:
            return "All right. The next exam asks about what you have not met yet."
        return (
            f"Open again: {', '.join(weak)}. Their last part, What to remember, is short. The questions that you "
            "missed come first in the next exam, from tomorrow on."
        )

    def __repr__(self) -> str:
        lines = [f"{self.right} of {len(self.answers)} right"]
        lines += [
            f"  lesson {number} {topic}: {right} of {asked}" for number, topic, right, asked in self.lessons
        ]
        for question, choice in self.answers:
            if choice is None or not choice.right:
                lines.append(question.ask)
                if choice:
                    lines.append(f"   ✗ {choice.answer}. {choice.why}")
                lines.append(f"   ✓ {question.right.answer}. {question.right.why}")
        return "\n".join([*lines, self.advice, *filter(None, [self.notice])])

    def _repr_html_(self) -> str:
        return render("questions/templates/result.html.j2", result=self)


def exam(*lessons: str | int, count: int = 20, seed: int | None = None) -> Exam | str:
    """Return an exam: first what is due because it was wrong or is to be asked again, then questions never asked.

    The lessons take turns, so that no lesson is asked about twice before each was asked about once.

    Args:
        lessons: the lessons, such as ``"03"`` or 3; by default all.
        count: the number of questions; fewer if the lessons have fewer.
        seed: the same seed draws the same exam, whatever was answered before; by default a new one.
    """
    rng = random.Random(seed)
    try:
        questions = questions_in_turns([str(lesson).zfill(2) for lesson in lessons], rng)
    except ValueError as error:
        return Sentence(error)
    if seed is None:
        memory, today = Memory.load(), date.today()
        questions.sort(key=lambda question: memory.urgency(question.id, today))
    chosen = questions[: max(1, count)]
    rng.shuffle(chosen)
    return Exam(chosen, rng)
