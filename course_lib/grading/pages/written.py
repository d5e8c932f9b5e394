"""Written answers: one page to read, one CSV to fill in. What people fill in is never lost, and counts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from course_lib.grading.assignment import questions_of, title_of
from course_lib.grading.pages import page
from course_lib.grading.scoring.gradebook import Final, Gradebook, Manual
from course_lib.grading.scoring.policy_tables import read_score
from course_lib.grading.tables import Value, key_of, number, read_table, write_table

COLUMNS = ("student", "assignment", "exercise", "excerpt", "points", "score", "comment", "read")
_EXCERPT = 200

Key = tuple[str, str, str]


@dataclass(frozen=True)
class WrittenScore:
    """One line that was filled in: points (None if not given yet), a comment, and which text was read."""

    place: str
    score: float | None
    comment: str
    read: str
    cells: tuple[str, ...]

    def is_about(self, text: str) -> bool:
        """Return whether the text is the one that was scored."""
        return not self.read or self.read == _fingerprint(text)


def read_written(path: Path) -> dict[Key, WrittenScore]:
    """Read ``written.csv``, if it is there, by student, assignment and question.

    Raises:
        ValueError: a score is not a number; the message names the line.
    """
    rows = read_table(path, ("student", "assignment", "exercise", "score")) if path.is_file() else []
    return {
        (row["student"], row["assignment"], row["exercise"]): WrittenScore(
            row.place,
            read_score(row) if row["score"] else None,
            row["comment"],
            row["read"],
            tuple(row[name] for name in COLUMNS),
        )
        for row in rows
    }


def write_written(out: Path, book: Gradebook) -> None:
    """Write ``written.html`` and ``written.csv``; nothing if no lesson asks for written answers.

    Lines that were filled in for students or lessons that are not graded now stay at the end of the CSV.
    """
    path = out / "written.csv"
    kept = read_written(path)
    rows: list[tuple[Value, ...]] = []
    for final, manual in _answers(book):
        key = (final.grade.student, final.grade.assignment, manual.id)
        given = kept.pop((key_of(key[0]), *key[1:]), None)
        # A text that was read keeps its mark, so that a later change is noticed the next time.
        mark = (
            given.read if given and given.score is not None and given.read else _fingerprint(manual.to_read)
        )
        score = given.score if given else None
        excerpt = manual.to_read[:_EXCERPT]
        rows.append((*key, excerpt, manual.max_score, score, given.comment if given else "", mark))
    rows += [given.cells for given in kept.values() if given.score is not None or given.comment]
    if rows:
        write_table(path, COLUMNS, rows)
        page.write_page(
            out / "written.html",
            "written.html.j2",
            "Written answers",
            counts=_counts(book),
            questions=_questions(book),
        )


def _answers(book: Gradebook) -> Iterator[tuple[Final, Manual]]:
    for assignment in book.assignments:
        for column in book.columns(assignment):
            for final in book.of(assignment):
                yield from ((final, item) for item in final.manual if item.id == column and item.written)


def _counts(book: Gradebook) -> str:
    answers = [manual for _, manual in _answers(book)]
    return (
        f"{len(answers)} answers, {sum(manual.waits for manual in answers)} still to be scored. Write the points, "
        "and a comment where one helps, into written.csv, and run the grading again with --resume: both go into "
        "grades and feedback."
    )


def _questions(book: Gradebook) -> list[dict[str, Any]]:
    """Return each question with its answers, as the template shows them."""
    shown = []
    for (assignment, name), answers in groupby(
        _answers(book), lambda pair: (pair[0].grade.assignment, pair[1].id)
    ):
        question = questions_of(assignment)[name]
        heading = f"{title_of(assignment)}: {name} ({number(question.points)} points)"
        shown.append({"heading": heading, "prompt": question.prompt, "answers": list(answers)})
    return shown


def _fingerprint(text: str) -> str:
    return "#" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
