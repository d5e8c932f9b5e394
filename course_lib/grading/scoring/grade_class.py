"""``course grade``: grade a class. Each score is kept as soon as it is known, so that a killed run can be resumed."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from course_lib import __version__
from course_lib.files import write_text
from course_lib.grading.intake.intake_report import Intake
from course_lib.grading.intake.student_notebook import read_notebook
from course_lib.grading.intake.submissions import Submission, read_class
from course_lib.grading.plain_text import one_line
from course_lib.grading.sandbox.open import Level
from course_lib.grading.scoring.cluster import Cluster
from course_lib.grading.scoring.grade_submission import Grader, Settings
from course_lib.grading.scoring.results import SubmissionGrade, save_grade


@dataclass(frozen=True)
class Graded:
    """The result of grading a class."""

    grades: list[SubmissionGrade]
    level: Level
    seed: int
    kept: int
    intake: Intake

    def summary(self) -> str:
        """Return in one line how many submissions were scored, and how many were not."""
        listed = [grade for grade in self.grades if grade.reason]
        scored = [grade for grade in self.grades if not grade.reason]
        share = sum(grade.score for grade in scored) / max(1e-9, sum(grade.max_score for grade in scored))
        line = f"{len(scored)} submissions scored, {share:.0%} of the points reached"
        return f"{line}; {len(listed)} listed with a reason." if listed else f"{line}."


def grade_class(
    folder: Path,
    out: Path,
    *,
    seed: int | None = None,
    jobs: int = 2,
    sandbox: str = "auto",
    resume: bool = False,
    lessons: Sequence[str] = (),
    deadline: float | None = None,
    memory: int = 2048,
    scheduler: str = "",
    say: Callable[[str], None] = print,
) -> Graded:
    """Score every submission in a folder, and keep each score as soon as it is known.

    Args:
        folder: the folder of submissions.
        out: the folder for the grades.
        seed: the seed of the hidden cases; by default a new one or, with ``resume``, the seed of the run so far.
        jobs: how many submissions to grade at once.
        sandbox: ``auto``, ``require`` or ``none``.
        resume: keep what an earlier run has finished.
        lessons: two digits of each lesson to grade; by default all.
        deadline: seconds for each exercise.
        memory: megabytes that an answer may take.
        scheduler: address of a Dask cluster that does the work, such as ``tcp://10.0.0.1:8786``; by default it is
            done here.
        say: called with each line of progress.

    Raises:
        FileNotFoundError: there is nothing to grade.
        ValueError: ``resume`` with other settings than the run was started with; the owners of the
            files are unclear, or two students could be taken for one.
        SandboxError: the sandbox is not as complete as was asked for.
    """
    submissions, intake = read_class(folder, lessons)
    for line in intake.lines():
        say(line)
    earlier = _read_run(out) if resume else None
    seed = earlier["seed"] if earlier and seed is None else secrets.randbits(63) if seed is None else seed
    settings = Settings(seed, sandbox, deadline, memory)
    hidden = [folder, out]
    with Cluster(scheduler, settings, hidden) if scheduler else _Here(settings, hidden, jobs) as place:
        run = {"release": __version__, **asdict(settings), "level": str(place.level)}
        _check_same(earlier, run)
        if earlier is None:
            shutil.rmtree(out / "results", ignore_errors=True)
            write_text(out / "run.json", json.dumps(run, indent=1, sort_keys=True) + "\n")
        _say_level(place.level, say)
        done = dict(_finished(out, submissions)) if earlier else {}
        if done:
            say(f"{len(done)} submissions are graded already and are kept.")
        todo = [one for one in submissions if (one.student, one.assignment) not in done]
        for number, grade in enumerate(place.grades(todo), 1):
            save_grade(out / "results", grade)
            done[grade.student, grade.assignment] = grade
            say(f"[{number}/{len(todo)}] {one_line(_summary(grade))}")
    grades = [done[one.student, one.assignment] for one in submissions]
    write_text(out / "grading.log", "\n".join(_log(run, grades)) + "\n")
    return Graded(grades, place.level, seed, len(submissions) - len(todo), intake)


class _Here:
    """Grades submissions on this machine."""

    def __init__(self, settings: Settings, hidden: Sequence[Path], jobs: int) -> None:
        self._grader = Grader(settings, hidden)
        self._jobs = jobs
        self.level = self._grader.level

    def __enter__(self) -> _Here:
        return self

    def __exit__(self, *_: object) -> None:
        self._grader.close()

    def grades(self, todo: Sequence[Submission]) -> Iterator[SubmissionGrade]:
        """Yield a grade for each submission, as soon as there is one."""
        for assignment in sorted({one.assignment for one in todo}):
            self._grader.expected(assignment)  # here, so that it does not count against a deadline
        with ThreadPoolExecutor(self._jobs) as pool:
            running = [pool.submit(self._grader.grade, one) for one in todo]
            try:
                for future in as_completed(running):
                    yield future.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def _summary(grade: SubmissionGrade) -> str:
    score = grade.reason or f"{grade.score:g} of {grade.max_score:g}"
    return f"{grade.student}  {grade.assignment}  {score}"


def _say_level(level: Level, say: Callable[[str], None]) -> None:
    say(f"Sandbox: {level}.")
    if not level.is_whole:
        say("*" * 78)
        say("WARNING: students' code is NOT fully isolated from this machine.")
        say(
            f"What it can reach: {', '.join(level.missing)}. Grade only submissions that you trust, or grade on"
        )
        say("Linux with bubblewrap or user namespaces; --sandbox require refuses to grade with less.")
        say("*" * 78)


def _read_run(out: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads((out / "run.json").read_text(encoding="utf-8"))
        return found
    except FileNotFoundError:
        return None


def _check_same(earlier: dict[str, Any] | None, run: dict[str, Any]) -> None:
    changed = [name for name in run if earlier and earlier.get(name) != run[name]]
    if earlier and changed:
        texts = [f"{name} was {earlier.get(name)} and is {run[name]}" for name in changed]
        raise ValueError(f"This run cannot continue: {'; '.join(texts)}. Leave out --resume to start again.")


def _finished(
    out: Path, submissions: Sequence[Submission]
) -> Iterator[tuple[tuple[str, str], SubmissionGrade]]:
    """Yield the grades of an earlier run whose notebooks have not changed."""
    for one in submissions:
        try:
            text = (out / "results" / one.student / f"{one.assignment}.json").read_text(encoding="utf-8")
            grade = SubmissionGrade.from_json(json.loads(text))
            digest = read_notebook(one.path).digest if one.path and grade.digest else ""
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if grade.digest == digest and grade.source == one.source and (digest or one.path is None):
            yield (one.student, one.assignment), grade


def _log(run: dict[str, Any], grades: Sequence[SubmissionGrade]) -> Iterator[str]:
    yield f"course {run['release']}, seed {run['seed']}, sandbox {run['level']}"
    yield f"deadline {run['deadline'] or 'as each exercise says'}, memory {run['memory']} MB"
    for grade in grades:
        yield ""
        yield one_line(f"{_summary(grade)}  ({grade.source})")
        yield from (f"  note: {one_line(note)}" for note in grade.notes)
        for exercise in grade.exercises:
            right = f"{exercise.cases_passed} of {exercise.cases} cases"
            name = f", {exercise.misconception}" if exercise.misconception else ""
            score = f"{exercise.score:g} of {exercise.max_score:g}"
            yield f"  {one_line(f'{exercise.exercise_id}: {exercise.status}, {score}, {right}{name}')}"
            yield from (f"    flag: {one_line(flag)}" for flag in exercise.flags)
