"""The question bank: one YAML file per lesson, from which the quizzes, the quick reference and the Anki deck are made.

It loads neither torch nor numpy.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

BANK = Path(__file__).with_name("bank")
LETTERS = "abcdefgh"


@dataclass(frozen=True)
class Choice:
    """One answer that can be chosen, and why it is right or wrong."""

    answer: str
    why: str
    right: bool


@dataclass(frozen=True)
class Question:
    """One question with one right answer.

    Attributes:
        id: the question's id; it never changes, so that a flash card keeps its learner's history.
        lesson: the lesson's two digits.
        topic: the lesson's topic.
        ask: the question.
        choices: the answers, the right one first; :meth:`shuffled` returns another order.
        sources: the parts of the documents that it covers, such as ``losses-checkpoint-1``.
    """

    id: str
    lesson: str
    topic: str
    ask: str
    choices: tuple[Choice, ...]
    sources: tuple[str, ...]

    @property
    def right(self) -> Choice:
        """The right answer."""
        return self.choices[0]

    def shuffled(self, rng: random.Random) -> tuple[Choice, ...]:
        """Return the choices in an order drawn from ``rng``."""
        return tuple(rng.sample(self.choices, len(self.choices)))


def read_bank(folder: Path = BANK) -> tuple[Question, ...]:
    """Return all questions in the order of the lessons.

    Raises:
        FileNotFoundError: the folder holds no ``*.yaml``.
        ValueError: an entry is not complete, or an id appears twice; the message names file, question and what to do.
    """
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise FileNotFoundError(f"{folder} holds no questions: files named NN_slug.yaml are expected there.")
    questions = [question for path in paths for question in _read_file(path)]
    twice = [name for name, count in Counter(question.id for question in questions).items() if count > 1]
    if twice:
        raise ValueError(f"{folder}: the id {twice[0]!r} appears twice: give each question its own id.")
    return tuple(questions)


@cache
def all_questions() -> tuple[Question, ...]:
    """Return the questions of the course, read once."""
    return read_bank()


def draw_questions(
    lessons: Sequence[str] = (), count: int | None = None, rng: random.Random | None = None
) -> list[Question]:
    """Draw questions in random order, about the same number from each lesson.

    Args:
        lessons: two digits each; by default all that have questions.
        count: the number of questions; by default all.
        rng: the random generator; by default a new one.

    Raises:
        ValueError: a lesson has no questions, or there are fewer than ``count``.
    """
    rng = rng or random.Random()
    turns = questions_in_turns(lessons, rng)
    if count is not None and not 1 <= count <= len(turns):
        raise ValueError(
            f"{count} questions were asked for, but there are {len(turns)}: choose from 1 to {len(turns)}."
        )
    drawn = turns[: count or len(turns)]
    rng.shuffle(drawn)
    return drawn


def questions_in_turns(lessons: Sequence[str] = (), rng: random.Random | None = None) -> list[Question]:
    """Return all questions in random order, but so that the lessons take turns: each is asked before one is again.

    Args:
        lessons: two digits each; by default all that have questions.
        rng: the random generator; by default a new one.

    Raises:
        ValueError: a lesson has no questions.
    """
    rng = rng or random.Random()
    known = list(dict.fromkeys(question.lesson for question in all_questions()))
    for lesson in lessons:
        if lesson not in known:
            raise ValueError(
                f"There are no questions about lesson {lesson!r}, only about {', '.join(known)}."
            )
    pools = [
        rng.sample(pool, len(pool))
        for pool in ([q for q in all_questions() if q.lesson == lesson] for lesson in lessons or known)
    ]
    rng.shuffle(pools)
    return [pool[place] for place in range(max(map(len, pools))) for pool in pools if place < len(pool)]


def _read_file(path: Path) -> list[Question]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict) or not isinstance(content.get("questions"), list):
        raise ValueError(f"{path.name}: expected a topic, a lesson and a list of questions.")
    topic, lesson = (_text(content, name, path.name) for name in ("topic", "lesson"))
    return [_question(entry, lesson, topic, path.name) for entry in content["questions"]]


def _question(entry: Any, lesson: str, topic: str, file: str) -> Question:
    if not isinstance(entry, dict):
        raise ValueError(f"{file}: a question has id, from, ask, right and wrong, not {entry!r}.")
    name = _text(entry, "id", file)
    place = f"{file}, question {name!r}"
    unknown = sorted(set(entry) - {"id", "from", "ask", "right", "wrong"})
    if unknown:
        raise ValueError(
            f"{place}: {unknown[0]!r} is not known; a question has id, from, ask, right and wrong."
        )
    if "right" not in entry:
        raise ValueError(f"{place} has no right answer: give it right, with answer and why.")
    wrong = entry.get("wrong")
    if not isinstance(wrong, list) or not 2 <= len(wrong) < len(LETTERS):
        raise ValueError(f"{place} needs two or more wrong answers, each with answer and why.")
    choices = (_choice(entry["right"], True, place), *(_choice(one, False, place) for one in wrong))
    answers = [choice.answer for choice in choices]
    if len(set(answers)) < len(answers):
        raise ValueError(f"{place}: two of its answers are the same.")
    sources = entry.get("from")
    if not isinstance(sources, list) or not sources:
        raise ValueError(f"{place} needs from: a list of the parts of the documents that it covers.")
    return Question(name, lesson, topic, _text(entry, "ask", place), choices, tuple(map(str, sources)))


def _choice(entry: Any, right: bool, place: str) -> Choice:
    if not isinstance(entry, dict) or set(entry) != {"answer", "why"}:
        raise ValueError(f"{place}: an answer has answer and why, not {entry!r}.")
    return Choice(_text(entry, "answer", place), _text(entry, "why", place), right)


def _text(entry: dict[str, Any], name: str, place: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{place}: {name} must be text, not {value!r}; put numbers and yes or no in quotes.")
    return value.strip()
