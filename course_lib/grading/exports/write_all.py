"""Write everything about a graded class: tables for other systems, pages for people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from course_lib.files import write_text
from course_lib.grading.exports import EXPORTERS
from course_lib.grading.intake.intake_report import Intake
from course_lib.grading.pages.feedback import write_feedback
from course_lib.grading.pages.summary import summary_text, write_summary
from course_lib.grading.pages.written import write_written
from course_lib.grading.scoring.apply_policy import close_grades
from course_lib.grading.scoring.results import SubmissionGrade


def write_all(
    out: Path, grades: list[SubmissionGrade], policy: Path | None = None, intake: Intake | None = None
) -> None:
    """Write everything that follows scoring; the same grades and policy give the same bytes.

    In ``out``: what the exporters write, ``feedback/STUDENT/NN_slug.html``, ``summary.html``, ``summary.txt``, and
    ``written.html`` with ``written.csv`` if a lesson asks for written answers.

    Args:
        out: the folder of grades.
        grades: what the checks found.
        policy: ``policy.toml``, see :mod:`course_lib.grading.scoring.policy`.
        intake: a report of what was read before grading, for the summary.

    Raises:
        FileNotFoundError, ValueError: the policy, or a table that it names, is wrong; nothing is written then.
    """
    book = replace(close_grades(out, grades, policy), intake=intake)
    for export in EXPORTERS.values():
        export(out, book)
    write_feedback(out / "feedback", book)
    write_written(out, book)
    write_summary(out / "summary.html", book)
    write_text(out / "summary.txt", summary_text(book))
