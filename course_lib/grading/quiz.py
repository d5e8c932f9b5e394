"""``course quiz`` and ``course grade-quiz``: a quiz drawn from the question bank, and its grading.

Students write letters into a notebook. The letters are read as data: no student's code is run.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import nbformat

from course_lib.files import write_text
from course_lib.grading.intake.class_folder import read_folder, student_of
from course_lib.grading.intake.student_notebook import NotebookError, read_notebook
from course_lib.grading.pages import page
from course_lib.grading.plain_text import one_line
from course_lib.grading.tables import Value, write_table
from course_lib.questions import LETTERS, Choice, Question, all_questions, draw_questions

NOTEBOOK = "quiz.ipynb"
KEY = "quiz_key.json"
MOODLE = "quiz.gift"
_INTRODUCTION = """# Quiz

Below each question, write one letter between the quotes, such as `q1 = "b"`. One answer is right."""
_ANSWER = re.compile(r"""^q(\d{1,3})\s*=\s*["'][\s(]*([a-hA-H])[\s).]*["']""", re.MULTILINE)


@dataclass(frozen=True)
class Item:
    """One question of a quiz: its id, and the numbers of its choices in the order shown."""

    question: str
    order: tuple[int, ...]


@dataclass(frozen=True)
class QuizGrade:
    """One student's letters by question, or the reason why there are none."""

    student: str
    letters: tuple[str, ...] = ()
    reason: str = ""


def write_quiz(out: Path, lessons: Sequence[str], count: int, seed: int) -> list[Path]:
    """Draw a quiz, and write it for students and for Moodle, with the key that you keep.

    Args:
        out: gets ``quiz.ipynb``, ``quiz.gift`` and ``quiz_key.json``.
        lessons: two digits each; empty for all.
        count: how many questions.
        seed: draws the quiz; the same seed draws the same quiz.

    Raises:
        ValueError: a lesson has no questions, or there are fewer than ``count``.
    """
    rng = random.Random(seed)
    drawn = draw_questions(lessons, count, rng)
    items = [Item(one.id, tuple(rng.sample(range(len(one.choices)), len(one.choices)))) for one in drawn]
    paths = [out / NOTEBOOK, out / MOODLE, out / KEY]
    write_text(paths[0], nbformat.writes(_notebook(items)) + "\n")
    write_text(paths[1], "\n".join(map(_as_gift, items)))
    write_text(
        paths[2], json.dumps({"seed": seed, "items": [asdict(item) for item in items]}, indent=1) + "\n"
    )
    return paths


def read_key(path: Path) -> list[Item]:
    """Read what :func:`write_quiz` wrote.

    Raises:
        ValueError: the file is not a key, or names a question that the bank no longer has.
    """
    try:
        items = [
            Item(one["question"], tuple(one["order"])) for one in json.loads(path.read_text("utf-8"))["items"]
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is not the key of a quiz ({error!r}): give {KEY}, which `course quiz` wrote."
        ) from None
    for item in items:
        choices = _find(item.question, path).choices
        if sorted(item.order) != list(range(len(choices))):
            raise ValueError(
                f"{path}: the answers of question {item.question!r} have changed; draw a new quiz."
            )
    return items


def grade_quiz(submissions: Path, items: Sequence[Item]) -> list[QuizGrade]:
    """Read every student's letters, in the order of the students' names.

    Args:
        submissions: ``STUDENT/.../quiz.ipynb``, ``STUDENT.ipynb``, or files as a platform packs them.
        items: the questions of the key.

    Raises:
        FileNotFoundError: there is no submission.
        ValueError: the owners of the notebooks are unclear, or two students could be taken for one.
    """
    reading, paths = read_folder(submissions, _work)
    found: dict[str, list[tuple[str, Path]]] = {}
    for name, owners in reading.owners.items():
        for owner in owners:
            notebooks = found.setdefault(student_of(owner), [])
            if _work(name, paths[name]):
                notebooks.append((owner.attempt, paths[name]))
    if not found:
        raise FileNotFoundError(f"There is no student's folder and no notebook in {submissions}.")
    return [_grade(student, _newest(found[student]), len(items)) for student in sorted(found)]


def write_quiz_grades(out: Path, items: Sequence[Item], grades: Sequence[QuizGrade]) -> None:
    """Write ``quiz.csv``, one feedback page per student, and ``quiz.html`` on which questions were hard."""
    header = ("student", "score", "max_score", *(item.question for item in items), "reason")
    rows: list[list[Value]] = [
        [grade.student, sum(points), len(items), *points, grade.reason]
        for grade in grades
        for points in [_points(items, grade)]
    ]
    write_table(out / "quiz.csv", header, rows)
    for grade in grades:
        page.write_page(
            out / "quiz_feedback" / f"{grade.student}.html",
            "quiz_feedback.html.j2",
            f"Quiz: {grade.student}",
            score=f"{sum(_points(items, grade))} of {len(items)}. {grade.reason}",
            answers=_answers(items, grade),
        )
    page.write_page(
        out / "quiz.html",
        "quiz_class.html.j2",
        "Quiz: the class",
        questions=_questions(items, grades),
        reasons=[f"{grade.student}: {grade.reason}" for grade in grades if grade.reason],
    )


def _find(question_id: str, path: Path) -> Question:
    for question in all_questions():
        if question.id == question_id:
            return question
    raise ValueError(f"{path}: the question bank no longer has {question_id!r}; draw a new quiz.")


def _choices(item: Item) -> tuple[Question, list[Choice]]:
    question = next(one for one in all_questions() if one.id == item.question)
    return question, [question.choices[place] for place in item.order]


def _notebook(items: Sequence[Item]) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_markdown_cell(_INTRODUCTION, id="quiz-000")]
    for number, item in enumerate(items, 1):
        question, choices = _choices(item)
        listed = "\n".join(
            f"- {letter}) {choice.answer}" for letter, choice in zip(LETTERS, choices, strict=False)
        )
        text = f"**{number}.** {question.ask}\n\n{listed}"
        cells.append(nbformat.v4.new_markdown_cell(text, id=f"quiz-{number:03}"))
        cells.append(nbformat.v4.new_code_cell(f'q{number} = ""', id=f"quiz-{number:03}-answer"))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def _as_gift(item: Item) -> str:
    """Return a question as Moodle imports it, with the feedback on each answer."""
    question, choices = _choices(item)
    lines = [
        f"{'=' if choice.right else '~'}{_escaped(choice.answer)}#{_escaped(choice.why)}"
        for choice in choices
    ]
    return "\n".join([f"::{question.id}::{_escaped(question.ask)}{{", *lines, "}", ""])


def _escaped(text: str) -> str:
    return "".join(f"\\{letter}" if letter in r"\~=#{}:" else letter for letter in text)


def _work(name: str, path: Path) -> str:
    """Return "quiz" for a notebook, in a folder of submissions."""
    return "quiz" if name.lower().endswith(".ipynb") else ""


def _newest(attempts: Sequence[tuple[str, Path]]) -> list[Path]:
    """Return a student's notebooks of the newest attempt; if one has the quiz's own name, only that one counts."""
    newest = max((attempt for attempt, _ in attempts), default="")
    paths = sorted(path for attempt, path in attempts if attempt == newest)
    named = [path.parent for path in paths if path.name == NOTEBOOK]
    return [path for path in paths if path.name == NOTEBOOK or not any(map(path.is_relative_to, named))]


def _grade(student: str, paths: Sequence[Path], count: int) -> QuizGrade:
    if not paths:
        return QuizGrade(student, reason="there is no notebook.")
    if len(paths) > 1:
        return QuizGrade(student, reason=f"there are {len(paths)} notebooks; keep one, named {NOTEBOOK}.")
    if paths[0].is_symlink():
        return QuizGrade(student, reason=f"{paths[0].name} is a link, not a file.")
    try:
        sources = [source for _, source in read_notebook(paths[0]).code]
    except (NotebookError, OSError) as error:
        return QuizGrade(student, reason=one_line(str(error), 300))
    given = {int(found[1]): found[2].lower() for source in sources for found in _ANSWER.finditer(source)}
    letters = tuple(given.get(number, "") for number in range(1, count + 1))
    blank = [f"q{number}" for number, letter in enumerate(letters, 1) if not letter]
    return QuizGrade(student, letters, f"There is no letter in {', '.join(blank)}." if blank else "")


def _points(items: Sequence[Item], grade: QuizGrade) -> list[int]:
    letters = grade.letters or ("",) * len(items)
    return [int(_chosen(item, letter) == 0) for item, letter in zip(items, letters, strict=True)]


def _chosen(item: Item, letter: str) -> int | None:
    """Return the number in the bank of the choice with a letter; the right answer is 0."""
    place = LETTERS.find(letter) if letter else -1
    return item.order[place] if 0 <= place < len(item.order) else None


def _answers(items: Sequence[Item], grade: QuizGrade) -> list[dict[str, Any]]:
    """Return what the template shows of a student's answers."""
    answers = []
    for item, letter in zip(items, grade.letters or ("",) * len(items), strict=True):
        question, place = _choices(item)[0], _chosen(item, letter)
        chosen = None if place is None else question.choices[place]
        answers.append({"question": question, "chosen": chosen, "is_right": place == 0})
    return answers


def _questions(items: Sequence[Item], grades: Sequence[QuizGrade]) -> list[tuple[str, str, int, int, str]]:
    """Return the rows of the table of questions, the hardest first."""
    rows = []
    for place, item in enumerate(items):
        question = _choices(item)[0]
        chosen = [_chosen(item, grade.letters[place]) for grade in grades if grade.letters]
        wrong = [choice for choice in chosen if choice]
        most = max(sorted(set(wrong)), key=wrong.count, default=None)
        often = f"{question.choices[most].answer} ({wrong.count(most)})" if most else ""
        rows.append((question.ask, question.lesson, chosen.count(0), len(chosen), often))
    return sorted(rows, key=lambda row: row[2] / max(row[3], 1))
