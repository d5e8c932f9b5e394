"""The instructor's page about a graded class: scores, what to explain again, what to decide, what failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median
from typing import Any

from course_lib.grading.assignment import exercises_by_id, title_of
from course_lib.grading.pages import page
from course_lib.grading.plain_text import one_line
from course_lib.grading.scoring.gradebook import Final, Gradebook
from course_lib.grading.scoring.results import ExerciseGrade
from course_lib.grading.tables import number
from course_lib.wording import counted

_TOP = 10  # misconceptions shown


def write_summary(path: Path, book: Gradebook) -> None:
    """Write ``summary.html``."""
    page.write_page(
        path,
        "summary.html.j2",
        "The class, graded",
        counts=_counts(book),
        intake=book.intake.lines() if book.intake else [],
        lessons=[_lesson(assignment, book.of(assignment)) for assignment in book.assignments],
        misconceptions=[
            (count, exercise, name, sentence)
            for (exercise, name), count, sentence in _misconceptions(book)[:_TOP]
        ],
        hardest=_hardest(book),
        flags=_flags(book),
        unscored=_unscored(book),
        waiting=_waiting(book),
        changed=_changed(book),
        notes=[(_place(final), "; ".join(final.grade.notes)) for final in book.finals if final.grade.notes],
        remarks=book.remarks,
        sandbox_levels=_sandbox_levels(book),
    )


def summary_text(book: Gradebook) -> str:
    """Return the summary as plain text, for the terminal."""
    unscored = _unscored(book)
    lines = [_counts(book)]
    for assignment in book.assignments:
        scored = _scored(book.of(assignment))
        if scored:
            most = number(max(final.max_score for final in scored))
            scores = [final.score for final in scored]
            lines.append(
                f"  {assignment}: mean {number(mean(scores))}, median {number(median(scores))} of {most} points"
            )
    if _misconceptions(book):
        lines += ["", "To explain again:"]
        lines += [
            f"  {count} x {exercise}, {name}: {sentence}"
            for (exercise, name), count, sentence in _misconceptions(book)[:3]
        ]
    if book.intake:
        lines += ["", *book.intake.lines()]
    lines += _listed("Could not be scored:", [f"{who}: {reason}" for who, reason in unscored])
    lines += _listed("To decide (policy.toml, [flags]):", [": ".join(row) for row in _flags(book)])
    waiting = sum(manual.waits for final in book.finals for manual in final.manual)
    if waiting:
        lines += [
            "",
            f"{counted(waiting, 'score')} still to be given by a person (written.csv, overrides.csv).",
        ]
    lines += _listed("Remarks:", list(book.remarks))
    levels = ", ".join(f"{level} ({count})" for level, count in _sandbox_levels(book))
    lines += ["", f"Sandbox: {levels or 'not recorded'}"]
    return "\n".join(one_line(line) if line[:2] != "  " else f"  {one_line(line)}" for line in lines) + "\n"


def _listed(heading: str, items: list[str]) -> list[str]:
    return ["", heading, *(f"  {item}" for item in items)] if items else []


def _counts(book: Gradebook) -> str:
    return f"{counted(len(book.finals), 'submission')} of {counted(len(book.students), 'student')}."


def _lesson(assignment: str, finals: list[Final]) -> dict[str, Any]:
    """Return what the template shows of a lesson's points."""
    scored = _scored(finals)
    if not scored:
        return {"title": title_of(assignment), "scores": "No submission was scored.", "bars": ""}
    most = max(final.max_score for final in scored)
    scores = [final.score for final in scored]
    late = sum(final.days_late > 0 for final in scored)
    words = (
        f"{len(scored)} scored: mean {number(mean(scores))}, median {number(median(scores))}, lowest "
        f"{number(min(scores))}, highest {number(max(scores))} of {number(most)} points. {late} late."
    )
    bars = page.bars("Submissions by share of the points", _distribution(scored))
    return {"title": title_of(assignment), "scores": words, "bars": bars}


def _distribution(scored: list[Final]) -> list[tuple[str, int]]:
    """Return how many submissions are in each tenth of the points."""
    shares = [final.score / final.max_score if final.max_score else 0.0 for final in scored]
    tenths = Counter(min(int(share * 10), 9) for share in shares)
    return [
        (f"{10 * tenth} to {100 if tenth == 9 else 10 * tenth + 9} %", tenths[tenth]) for tenth in range(10)
    ]


def _misconceptions(book: Gradebook) -> list[tuple[tuple[str, str], int, str]]:
    """Return (exercise, misconception), how many students had it, and its sentence; the most common first."""
    counts: Counter[tuple[str, str]] = Counter()
    sentences: dict[tuple[str, str], str] = {}
    for final, grade in _graded(book):
        if grade.misconception:
            key = (grade.exercise_id, grade.misconception)
            counts[key] += 1
            sentences.setdefault(key, _sentence(final.grade.assignment, grade))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(key, count, sentences[key]) for key, count in ordered]


def _sentence(assignment: str, grade: ExerciseGrade) -> str:
    exercise = exercises_by_id(assignment).get(grade.exercise_id)
    ideas = exercise.misconceptions if exercise else ()
    return next((idea.sentence for idea in ideas if idea.name == grade.misconception), grade.message)


def _hardest(book: Gradebook) -> list[tuple[Any, ...]]:
    """Return the rows of the table, the hardest exercise first."""
    shares: dict[tuple[str, str], list[float]] = {}
    statuses: dict[tuple[str, str], Counter[str]] = {}
    for final, grade in _graded(book):
        key = (final.grade.assignment, grade.exercise_id)
        shares.setdefault(key, []).append(grade.score / grade.max_score if grade.max_score else 0.0)
        statuses.setdefault(key, Counter())[grade.status] += 1
    ordered = sorted(shares, key=lambda key: (mean(shares[key]), key))
    return [
        (
            exercise,
            assignment[:2],
            f"{100 * mean(shares[assignment, exercise]):.0f} %",
            *(statuses[assignment, exercise][status] for status in ("passed", "failed", "raised")),
            sum(statuses[assignment, exercise][status] for status in ("not attempted", "missing")),
            statuses[assignment, exercise]["stopped"],
        )
        for assignment, exercise in ordered
    ]


def _flags(book: Gradebook) -> list[tuple[str, str, str]]:
    return [
        (f"{final.grade.student}, {final.grade.assignment}", grade.exercise_id, "; ".join(grade.flags))
        for final in book.finals
        for grade in final.grade.exercises
        if grade.flags
    ]


def _waiting(book: Gradebook) -> list[tuple[str, str, int]]:
    waiting = Counter(
        (final.grade.assignment, manual.id)
        for final in book.finals
        for manual in final.manual
        if manual.waits
    )
    return [(assignment, name, count) for (assignment, name), count in sorted(waiting.items())]


def _changed(book: Gradebook) -> list[tuple[str, str, str]]:
    return [
        (f"{final.grade.student}, {final.grade.assignment}", exercise, comment)
        for final in book.finals
        for exercise, comment in final.comments.items()
    ]


def _unscored(book: Gradebook) -> list[tuple[str, str]]:
    return [(_place(final), final.grade.reason) for final in book.finals if final.grade.reason]


def _place(final: Final) -> str:
    student, source = final.grade.student, final.grade.source
    return source if student in source else f"{student}, {source}"


def _scored(finals: list[Final]) -> list[Final]:
    return [final for final in finals if not final.grade.reason]


def _graded(book: Gradebook) -> Iterator[tuple[Final, ExerciseGrade]]:
    return ((final, grade) for final in _scored(list(book.finals)) for grade in final.grade.exercises)


def _sandbox_levels(book: Gradebook) -> list[tuple[str, int]]:
    return sorted(Counter(final.grade.sandbox or "not recorded" for final in book.finals).items())
