"""One submission, scored in its own jail, the same way every time."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from course_lib.grading.assignment import exercises_by_id
from course_lib.grading.intake.released import released
from course_lib.grading.intake.student_notebook import Notebook, NotebookError, read_notebook
from course_lib.grading.intake.submissions import Submission
from course_lib.grading.intake.written_answers import find_written
from course_lib.grading.plain_text import one_line
from course_lib.grading.sandbox.remote_answer import text_of
from course_lib.grading.scoring.cases import Expected
from course_lib.grading.scoring.grade_answer import missing
from course_lib.grading.scoring.grade_notebook import NotebookGrading
from course_lib.grading.scoring.parents import Parents
from course_lib.grading.scoring.results import SubmissionGrade
from course_lib.grading.scoring.settings import Settings, needs_torch


class Grader:
    """Scores submissions, many at once if asked from many threads. Close it: it holds processes."""

    def __init__(self, settings: Settings, hidden: Sequence[Path] = ()) -> None:
        """Start a warm parent.

        Args:
            settings: how to grade.
            hidden: folders that no student may see, wherever they are.

        Raises:
            SandboxError: the sandbox is not as whole as was asked for.
        """
        self.settings = settings
        self.parents = Parents(settings.sandbox, hidden)
        self.level = self.parents.level
        self._lock = threading.Lock()
        self._expected: dict[str, list[Expected]] = {}

    def __enter__(self) -> Grader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all processes."""
        self.parents.close()

    def grade(self, submission: Submission) -> SubmissionGrade:
        """Score one submission. Whatever it holds, this returns."""
        return self.grade_notebook(*read_submission(submission))

    def grade_notebook(self, submission: Submission, notebook: Notebook | None) -> SubmissionGrade:
        """Score what was read of a submission."""
        grade = SubmissionGrade(
            student=submission.student,
            lesson=submission.lesson,
            assignment=submission.assignment,
            source=submission.source,
            exercises=(),
            reason=submission.reason,
            notes=submission.notes,
            sandbox=str(self.level),
        )
        expected = self.expected(submission.assignment)
        if notebook is None or not expected:
            reason = grade.reason or f"The course has no exercises for {submission.assignment}."
            return replace(grade, exercises=tuple(map(missing, expected)), reason=reason)
        written = find_written(notebook, released(submission.assignment))
        try:
            exercises, notes = NotebookGrading(
                self.settings, self.parents, submission.assignment, expected, notebook, written.numbers
            ).run()
        except NotebookError as error:
            reason = _unreadable(error)
            return replace(grade, exercises=tuple(map(missing, expected)), reason=reason)
        except Exception as error:  # whatever is in one submission, the others are graded
            reason = f"The grader itself failed ({type(error).__name__}: {one_line(error, 200)})."
            return replace(grade, exercises=tuple(map(missing, expected)), reason=reason)
        return replace(
            grade,
            exercises=exercises,
            notes=tuple(
                one_line(note, 300) for note in (*grade.notes, *notebook.notes, *written.notes, *notes)
            ),
            written=tuple((name, text_of(text, 50_000)) for name, text in written.answers.items()),
            lost=tuple((name, text_of(text, 50_000)) for name, text in written.lost.items()),
            digest=notebook.digest,
        )

    def expected(self, assignment: str) -> list[Expected]:
        """Return the cases of an assignment's exercises, drawn once."""
        with self._lock:
            if assignment not in self._expected:
                with_torch = needs_torch(assignment)
                parent = self.parents.get(with_torch=with_torch)  # it imports torch while this side does
                before = {name for name in sys.modules if not (with_torch and name.startswith("torch."))}
                self._expected[assignment] = [
                    Expected(exercise, self.settings.seed)
                    for exercise in exercises_by_id(assignment).values()
                ]
                parent.load([name for name in sys.modules if name not in before and not _is_ours(name)])
            return self._expected[assignment]


def read_submission(submission: Submission) -> tuple[Submission, Notebook | None]:
    """Read a submission's notebook; where there is none that can be read, the submission has the reason."""
    if submission.path is None:
        return submission, None
    try:
        return submission, read_notebook(submission.path)
    except NotebookError as error:
        return replace(submission, path=None, reason=_unreadable(error)), None


def _unreadable(error: NotebookError) -> str:
    return f"The notebook cannot be read: {error}."


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in ("course_lib", "__main__", "tests")
