"""A Dask cluster that runs already, as a place where submissions are graded.

What goes over is the code of one notebook after the other, without its outputs; what comes back is a grade as plain
data. Each worker opens sandboxes of its own. If a worker dies, Dask gives what it had to another one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from course_lib import __version__
from course_lib.grading.intake.student_notebook import Notebook
from course_lib.grading.intake.submissions import Submission
from course_lib.grading.plain_text import one_line
from course_lib.grading.sandbox.open import Level
from course_lib.grading.scoring.grade_submission import Grader, read_submission
from course_lib.grading.scoring.results import SubmissionGrade
from course_lib.grading.scoring.settings import Settings

_CONNECT_SECONDS = 20
_SENT_AT_MOST = 100  # at once: a whole class's code need not be in memory


class ClusterError(OSError):
    """The cluster cannot be reached, or cannot grade."""


class Cluster:
    """The workers of a cluster.

    Attributes:
        level: the weakest sandbox of those that were there at the beginning.
    """

    def __init__(self, address: str, settings: Settings, hidden: Sequence[Path] = ()) -> None:
        """Connect, and let every worker open its sandbox.

        Args:
            address: of the scheduler.
            settings: how to grade.
            hidden: folders that no student may see, where workers have them.

        Raises:
            ClusterError: there is no cluster at this address, or its workers cannot grade.
            SandboxError: a worker's sandbox is not as whole as was asked for.
        """
        try:
            from distributed import Client
        except ImportError:
            raise ClusterError(
                "--scheduler needs Dask, which is not installed: pip install -e '.[cluster]' in the course's folder."
            ) from None
        self._address = address
        self._asked = settings, tuple(str(path.resolve()) for path in hidden)
        try:
            self._client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ClusterError(
                f"No Dask scheduler answers at {address!r} ({one_line(error, 150)}); such an address is "
                "tcp://10.0.0.1:8786. Does `dask scheduler` run there?"
            ) from None
        try:
            self.level = self._common_level()
        except BaseException:
            self._client.close()
            raise

    def _common_level(self) -> Level:
        try:
            found: dict[str, tuple[str, Level]] = self._client.run(_open, *self._asked)
        except ImportError as error:
            raise ClusterError(
                f"A worker of {self._address} cannot import the course ({error}): install course {__version__} there."
            ) from None
        if not found:
            raise ClusterError(
                f"The cluster at {self._address} has no workers: start some with `dask worker`."
            )
        for worker, (release, _) in found.items():
            if release != __version__:
                raise ClusterError(
                    f"The worker {worker} has course {release}, this is {__version__}: install the same on all."
                )
        return max((level for _, level in found.values()), key=lambda level: len(level.missing))

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._client.run(_close, *self._asked, on_error="ignore")
        finally:
            self._client.close()

    def grades(self, todo: Sequence[Submission]) -> Iterator[SubmissionGrade]:
        """Yield a grade for each submission, as soon as there is one.

        Raises:
            ClusterError: the scheduler is gone.
        """
        from distributed import as_completed

        waiting = iter(todo)
        sent: dict[str, Submission] = {}
        first = [self._send(one, sent) for one in islice(waiting, _SENT_AT_MOST)]
        running = as_completed(first, loop=self._client.loop)
        for future in running:
            yield self._received(future, sent.pop(future.key))
            for one in islice(waiting, 1):
                running.add(self._send(one, sent))

    def _send(self, submission: Submission, sent: dict[str, Submission]) -> Any:
        read, notebook = read_submission(submission)
        future = self._client.submit(_grade, *self._asked, read, notebook, pure=False)
        sent[str(future.key)] = submission
        return future

    def _received(self, future: Any, submission: Submission) -> SubmissionGrade:
        from distributed import KilledWorker

        if future.cancelled():
            raise ClusterError(
                f"The scheduler at {self._address} is gone. What is graded is kept: go on with --resume."
            )
        error = future.exception()
        if error is None:
            return SubmissionGrade.from_json(future.result())
        if isinstance(error, KilledWorker):
            reason = "Every worker that graded it ended; grade it by itself to see why."
            return _not_graded(submission, reason)
        raise error


def _not_graded(submission: Submission, reason: str) -> SubmissionGrade:
    one = submission
    return SubmissionGrade(
        one.student, one.lesson, one.assignment, one.source, exercises=(), reason=reason, notes=one.notes
    )


# --- On a worker -------------------------------------------------------------------------------------------

_lock = threading.Lock()
_graders: dict[tuple[Settings, tuple[str, ...]], Grader] = {}


def _grader(settings: Settings, hidden: tuple[str, ...]) -> Grader:
    """Return this worker's warm grader."""
    with _lock:
        if (settings, hidden) not in _graders:
            _graders[settings, hidden] = Grader(settings, [Path(path) for path in hidden])
        return _graders[settings, hidden]


def _open(settings: Settings, hidden: tuple[str, ...]) -> tuple[str, Level]:
    return __version__, _grader(settings, hidden).level


def _grade(
    settings: Settings, hidden: tuple[str, ...], submission: Submission, notebook: Notebook | None
) -> dict[str, Any]:
    return _grader(settings, hidden).grade_notebook(submission, notebook).to_json()


def _close(settings: Settings, hidden: tuple[str, ...]) -> None:
    with _lock:
        grader = _graders.pop((settings, hidden), None)
    if grader:
        grader.close()
