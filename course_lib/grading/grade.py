"""``course grade``: every submission scored in its own jail, the same way every time."""

from __future__ import annotations

import builtins
import json
import re
import secrets
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import course_lib.exercises
from course_lib import __version__
from course_lib.checking.calling import Outcome
from course_lib.checking.judge import problem_of, refusal_of, result_of
from course_lib.checking.render import facts_of
from course_lib.checking.result import CaseResult, Result
from course_lib.files import write_text
from course_lib.grading.expected import Case, Expected
from course_lib.grading.far import FarAnswer, text_of
from course_lib.grading.grades import ExerciseGrade, SubmissionGrade, save_grade
from course_lib.grading.handout import exercises_of
from course_lib.grading.notebook_code import Notebook, NotebookError, read_notebook, released
from course_lib.grading.plain_text import one_line
from course_lib.grading.sandbox import MEGABYTE, Jail, Level, Parent, Stopped, answer_job, open_sandbox
from course_lib.grading.submissions import Submission, find_submissions

PLAIN_SECONDS = 2.0
_ANALYSE_SECONDS = 20.0
_IMPORT_SECONDS = 10.0  # allowed on top where an answer imports packages that are not loaded yet
_TORCH = ("torch", "torch.nn", "torch.nn.functional", "torch.optim")
_LOADED = {"numpy", "torch", "course_lib"}
_HEAVY = {"torch", "torchvision", "torchmetrics", "segmentation_models_pytorch", "monai"}


@dataclass(frozen=True)
class Settings:
    """How a class is graded.

    Attributes:
        seed: of the hidden cases.
        sandbox: ``auto``, ``require`` or ``none``.
        deadline: seconds for each exercise; None for 2 for plain ones, and the exercise's own where torch is used.
        memory: megabytes that an answer may take.
    """

    seed: int
    sandbox: str = "auto"
    deadline: float | None = None
    memory: int = 2048


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
        self._hidden = tuple(hidden)
        self._lock = threading.Lock()
        plain, self.level = open_sandbox(settings.sandbox, hidden)
        self._parents: dict[bool, Parent] = {False: plain}
        self._expected: dict[str, list[Expected]] = {}
        self._thread = threading.local()

    def __enter__(self) -> Grader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all processes."""
        for parent in self._parents.values():
            parent.close()

    def grade(self, submission: Submission) -> SubmissionGrade:
        """Score one submission. Whatever it holds, this returns."""
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
        if submission.path is None or not expected:
            reason = grade.reason or f"The course has no exercises for {submission.assignment}."
            return replace(grade, exercises=tuple(map(_missing, expected)), reason=reason)
        try:
            notebook = read_notebook(submission.path)
        except NotebookError as error:
            return replace(
                grade,
                exercises=tuple(map(_missing, expected)),
                reason=f"The notebook cannot be read: {error}.",
            )
        try:
            exercises, notes = _Grading(self, submission.assignment, expected, notebook).run()
        except Exception as error:  # whatever is in one submission, the others are graded
            reason = f"The grader itself failed ({type(error).__name__}: {one_line(error, 200)})."
            return replace(grade, exercises=tuple(map(_missing, expected)), reason=reason)
        return replace(
            grade,
            exercises=exercises,
            notes=tuple(one_line(note, 300) for note in (*grade.notes, *notebook.notes, *notes)),
            written=tuple((name, text_of(text, 50_000)) for name, text in notebook.written),
            digest=notebook.digest,
        )

    def expected(self, assignment: str) -> list[Expected]:
        """Return the cases of an assignment's exercises, drawn once."""
        with self._lock:
            if assignment not in self._expected:
                parent = self._parent(needs_torch(assignment))  # it imports torch while this side does
                exercises = exercises_of(assignment).values()
                before = set(sys.modules)
                self._expected[assignment] = [
                    Expected(exercise, self.settings.seed) for exercise in exercises
                ]
                parent.load([name for name in sys.modules if name not in before and not _is_ours(name)])
            return self._expected[assignment]

    def analyse(self, job: dict[str, Any]) -> dict[str, Any]:
        """Let a notebook be analysed, in a jail of its own thread: no student's code runs in there.

        Raises:
            Stopped: it took too long, or too much.
        """
        jail: Jail | None = getattr(self._thread, "jail", None)
        if jail is None:
            jail = self._thread.jail = self.parent(with_torch=False).open_jail()
        try:
            with jail.run(job, _ANALYSE_SECONDS, 1024 * MEGABYTE) as run:
                return run.hear()
        except Stopped:
            self._thread.jail = None
            raise

    def parent(self, *, with_torch: bool) -> Parent:
        """Return the warm parent with torch or without it."""
        with self._lock:
            return self._parent(with_torch)

    def _parent(self, with_torch: bool) -> Parent:
        if with_torch not in self._parents:
            self._parents[with_torch] = Parent(self._parents[False].way, _TORCH, self._hidden)
        return self._parents[with_torch]


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in ("course_lib", "__main__", "tests")


def needs_torch(assignment: str) -> bool:
    """Return whether a lesson's exercises use torch; torch itself is not imported to find out."""
    path = Path(course_lib.exercises.__file__).with_name(f"{assignment[3:]}.py")
    try:
        return (
            re.search(r"^(import|from) torch\b", path.read_text(encoding="utf-8"), re.MULTILINE) is not None
        )
    except OSError:
        return False


class _Grading:
    """The grading of one notebook."""

    def __init__(
        self, grader: Grader, assignment: str, expected: Sequence[Expected], notebook: Notebook
    ) -> None:
        self._grader = grader
        self._expected = expected
        self._notebook = notebook
        self._handed_out = released(assignment)
        self._with_torch = needs_torch(assignment)
        self._cells = dict([*notebook.code, *self._handed_out.spare])
        self._jails: dict[bool, Jail] = {}

    def run(self) -> tuple[tuple[ExerciseGrade, ...], list[str]]:
        """Return a grade for each exercise, and notes for the instructor."""
        try:
            try:
                analysis = self._analysis()
                plans, notes = analysis["plans"], _notes(analysis, self._expected)
            except (Stopped, KeyError, TypeError, ValueError) as error:
                why = getattr(error, "how", type(error).__name__)
                return tuple(map(_missing, self._expected)), [f"its cells could not be analysed ({why})"]
            return tuple(self._grade(one, plans[one.exercise.name]) for one in self._expected), notes
        finally:
            for jail in self._jails.values():
                jail.close()

    def _jail(self, with_torch: bool) -> Jail:
        if with_torch not in self._jails:
            self._jails[with_torch] = self._grader.parent(with_torch=with_torch).open_jail()
        return self._jails[with_torch]

    def _analysis(self) -> dict[str, Any]:
        """Find out, before any of the student's code runs, what each answer needs."""
        job = {
            "job": "analyse",
            "cells": [list(cell) for cell in self._notebook.code],
            "spare": [list(cell) for cell in self._handed_out.spare],
            "stubs": list(self._handed_out.stubs),
            "names": [one.exercise.name for one in self._expected],
        }
        return self._grader.analyse(job)

    def _grade(self, expected: Expected, plan: dict[str, Any]) -> ExerciseGrade:
        exercise = expected.exercise
        if not plan["is_defined"]:
            return replace(_missing(expected), message=f"No cell defines `{exercise.name}`.")
        with_torch = self._with_torch or bool(_HEAVY & set(plan["imports"]))
        seconds = self._seconds(expected, plan)
        try:
            with self._jail(with_torch).run(
                self._job(expected, plan), seconds, self._grader.settings.memory * MEGABYTE
            ) as run:
                grade = _judged(expected, run)
        except Stopped as stopped:
            if stopped.how == "gone":
                self._jails.pop(with_torch).close()
            grade = _stopped(expected, stopped, seconds, self._grader.settings.memory)
        flags = [f"calls {name}" for name in plan["uses"] if name not in expected.uses]
        flags += [f"reaches for {name}" for name in sorted(set(plan["reaches"]))]
        return replace(grade, flags=tuple(dict.fromkeys([*map(_line, flags), *grade.flags])))

    def _seconds(self, expected: Expected, plan: dict[str, Any]) -> float:
        own = expected.exercise.deadline if self._with_torch else PLAIN_SECONDS
        seconds = own if self._grader.settings.deadline is None else self._grader.settings.deadline
        loading = set(plan["imports"]) - _LOADED - sys.stdlib_module_names
        return seconds + (_IMPORT_SECONDS if loading else 0)

    def _job(self, expected: Expected, plan: dict[str, Any]) -> dict[str, Any]:
        statements = [(int(cell), int(index)) for cell, index in plan["statements"]]
        examples = {
            case.example: case.args
            for one in self._expected
            for case in one.exercise.worked
            if case.example and plan["needs_examples"]
        }
        return answer_job(
            expected.exercise.name,
            {cell: self._cells[cell] for cell, _ in statements},
            statements,
            examples=examples,
            answers={one.exercise.id: one.exercise.name for one in self._expected},
            observer=expected.observer[0],
            observe=expected.observer[1],
        )


def _line(text: str) -> str:
    return one_line(text, 120)


def _notes(analysis: dict[str, Any], expected: Sequence[Expected]) -> list[str]:
    notes = [f"cell {int(number)} {text_of(text, 200)}" for number, text in analysis["problems"]]
    for one in expected:
        copies = analysis["plans"][one.exercise.name]["copies"]
        if copies > 1:
            notes.append(
                f"{one.exercise.name} is defined {int(copies)} times; the last that is written counts"
            )
    return notes


# --- One exercise ------------------------------------------------------------------------------------------


def _missing(expected: Expected) -> ExerciseGrade:
    exercise = expected.exercise
    return ExerciseGrade(exercise.id, "missing", 0.0, float(exercise.points), cases=len(expected.cases))


def _judged(expected: Expected, run: Any) -> ExerciseGrade:
    """Put an answer to the test, case by case; the worked cases come first, and nothing of the others reaches them.

    Raises:
        Stopped: its process ended.
    """
    about = run.hear()
    far = FarAnswer(run, about)
    refusal = _refusal(expected, about, far)
    if refusal:
        return replace(
            _missing(expected), status="failed" if about.get("defined") else "raised", message=refusal
        )
    results = []
    for case in expected.cases:
        outcome = far.outcome(expected, case)
        results.append(_compared(expected, case, outcome))
        if outcome.status == "unfinished":
            break
    result = _summed_up(expected, tuple(results))
    grade = _as_grade(expected, result)
    loaded = run.ask({"do": "loaded"}).get("modules", [])
    flags = [f"changes {name}" for name in sorted(far.patched)]
    flags += [f"loads {text_of(name, 60)}" for name in _roots(loaded) if not _is_expected(expected, name)]
    return replace(grade, flags=tuple(flags))


def _roots(modules: Any) -> list[str]:
    names = [name for name in modules if isinstance(name, str)] if isinstance(modules, list) else []
    return sorted(
        {
            ".".join(name.split(".")[:2]) if name.startswith("course_lib.") else name.partition(".")[0]
            for name in names
        }
    )


def _is_expected(expected: Expected, name: str) -> bool:
    """Return whether a module is no news: named in the notebook, and so flagged already, or the course's own tools."""
    return name in (
        "course_lib",
        "course_lib.notebook",
        "course_lib.masks",
        "course_lib.files",
        "course_lib.paths",
    ) or any(use.startswith(name) for use in expected.uses)


def _refusal(expected: Expected, about: dict[str, Any], far: FarAnswer) -> str | None:
    name = expected.exercise.name
    if about.get("defined") is not True:
        problems = [text_of(text, 300) for text in about.get("problems", []) if isinstance(text, str)]
        why = f" ({one_line(problems[-1], 200)})" if problems else ""
        return f"`{name}` is not there after its cell was run{why}."
    if about.get("callable") is not True:
        kind = one_line(text_of(about.get("type", "")), 60)
        return f"`{name}` is a {kind}, a function or class is expected."
    return refusal_of(expected.exercise, far)


def _compared(expected: Expected, case: Case, outcome: Outcome) -> CaseResult:
    try:
        problem = problem_of(expected.exercise, case.expected, outcome)
    except Exception:  # no data is odd enough to stop the grading of the others
        problem = "What came back cannot be compared with what is expected."
    return CaseResult(case.args, case.expected.value, outcome, problem, case.example)


def _summed_up(expected: Expected, cases: tuple[CaseResult, ...]) -> Result:
    try:
        return result_of(expected.exercise, cases, expected.idea)
    except Exception:  # what came back is so odd that it cannot even be compared with the misconceptions
        return Result(expected.exercise, "failed", "What came back is no plain data.", cases)


def _as_grade(expected: Expected, result: Result) -> ExerciseGrade:
    exercise = expected.exercise
    cases = result.cases
    first = next((n for n, case in enumerate(cases) if not case.passed), None)
    is_shown = first is not None and expected.cases[first].is_worked
    status = result.status
    message = result.message
    if first is not None and not is_shown and message == (cases[first].problem or ""):
        message = _hidden_message(expected, cases)
    if (
        status == "raised"
        and first is not None
        and "MemoryError" in cases[first].outcome.error.partition(":")[0]
    ):
        status = "stopped"
    return ExerciseGrade(
        exercise.id,
        status,
        result.score,
        result.max_score,
        sum(case.passed for case in cases),
        len(expected.cases),
        result.misconception,
        text_of(message),
        tuple((name, text_of(text)) for name, text in facts_of(result, cases[first]))
        if is_shown and first is not None
        else (),
    )


def _hidden_message(expected: Expected, cases: Sequence[CaseResult]) -> str:
    """Say what helps about hidden cases, and nothing that is in them."""
    hidden = [result for case, result in zip(expected.cases, cases, strict=False) if not case.is_worked]
    wrong = [case for case in hidden if not case.passed]
    text = f"The worked cases are right, {len(wrong)} of {len(hidden)} hidden cases are not."
    raised = {case.outcome.error.partition(":")[0] for case in wrong if case.outcome.status == "raised"}
    known = sorted(name for name in raised if _is_builtin_error(name))
    if raised:
        text += f" Some of them raised {' or '.join(known) or 'an error'}."
    advice = f'check("{expected.exercise.id}") in your notebook draws some.'
    return f"{text} Which edge cases does the exercise name? {advice}"


def _is_builtin_error(name: str) -> bool:
    found = getattr(builtins, name, None)
    return isinstance(found, type) and issubclass(found, BaseException)


def _stopped(expected: Expected, stopped: Stopped, seconds: float, memory: int) -> ExerciseGrade:
    name = expected.exercise.name
    texts = {
        "deadline": f"`{name}` was stopped after {seconds:g} seconds. Does a loop never end? Look at what should "
        "make its condition false.",
        "memory": f"`{name}` was stopped: it took more than {memory} MB of memory.",
        "signal": f"Python itself died ({stopped.detail}) while it ran `{name}`. Does a function call itself without "
        "an end?",
        "exit": f"`{name}`, or what it needs, ended Python (code {stopped.detail}): an answer returns, it does not "
        "end the program.",
        "garbled": f"`{name}` gave back what cannot be read: {stopped.detail}.",
    }
    message = texts.get(stopped.how, f"`{name}` could not be run to its end.")
    return replace(_missing(expected), status="stopped", message=text_of(message))


# --- A class -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Graded:
    """What grading a class came to."""

    grades: list[SubmissionGrade]
    level: Level
    seed: int
    kept: int

    def summary(self) -> str:
        """Return in one line how many were scored, and what the others lack."""
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
    say: Callable[[str], None] = print,
) -> Graded:
    """Score every submission in a folder, and keep each score as soon as it is known.

    Args:
        folder: the submissions.
        out: the folder of grades.
        seed: of the hidden cases; by default a new one, or with ``resume`` the one that the run was begun with.
        jobs: submissions at once.
        sandbox: ``auto``, ``require`` or ``none``.
        resume: keep what an earlier run has finished.
        lessons: two digits of those that are graded; by default all.
        deadline: seconds for each exercise.
        memory: megabytes that an answer may take.
        say: takes a line of progress.

    Raises:
        FileNotFoundError: there is nothing to grade.
        ValueError: ``resume`` with other settings than the run was begun with.
        SandboxError: the sandbox is not as whole as was asked for.
    """
    submissions = find_submissions(folder, lessons)
    begun = _read_run(out) if resume else None
    seed = begun["seed"] if begun and seed is None else secrets.randbits(63) if seed is None else seed
    settings = Settings(seed, sandbox, deadline, memory)
    with Grader(settings, hidden=[folder, out]) as grader:
        run = {"release": __version__, **asdict(settings), "level": str(grader.level)}
        _check_same(begun, run)
        if begun is None:
            shutil.rmtree(out / "results", ignore_errors=True)
            write_text(out / "run.json", json.dumps(run, indent=1, sort_keys=True) + "\n")
        _say_level(grader.level, say)
        done = dict(_finished(out, submissions)) if begun else {}
        if done:
            say(f"{len(done)} submissions are graded already and are kept.")
        todo = [one for one in submissions if (one.student, one.assignment) not in done]
        done |= _grade_all(grader, todo, out / "results", jobs, say)
    grades = [done[one.student, one.assignment] for one in submissions]
    write_text(out / "grading.log", "\n".join(_log(run, grades)) + "\n")
    return Graded(grades, grader.level, seed, len(submissions) - len(todo))


def _grade_all(
    grader: Grader, todo: Sequence[Submission], results: Path, jobs: int, say: Callable[[str], None]
) -> dict[tuple[str, str], SubmissionGrade]:
    done = {}
    for assignment in sorted({one.assignment for one in todo}):
        grader.expected(assignment)  # here, where it delays nobody's deadline
    with ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(grader.grade, one): one for one in todo}
        try:
            for number, future in enumerate(as_completed(running), 1):
                grade = future.result()
                save_grade(results, grade)
                done[grade.student, grade.assignment] = grade
                running.pop(future)
                say(f"[{number}/{len(todo)}] {one_line(_summary(grade))}")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return done


def _summary(grade: SubmissionGrade) -> str:
    score = grade.reason or f"{grade.score:g} of {grade.max_score:g}"
    return f"{grade.student}  {grade.assignment}  {score}"


def _say_level(level: Level, say: Callable[[str], None]) -> None:
    say(f"Sandbox: {level}.")
    if not level.is_whole:
        say("*" * 78)
        say("WARNING: students' code is NOT fully kept apart from this machine.")
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


def _check_same(begun: dict[str, Any] | None, run: dict[str, Any]) -> None:
    changed = [name for name in run if begun and begun.get(name) != run[name]]
    if begun and changed:
        texts = [f"{name} was {begun.get(name)} and is {run[name]}" for name in changed]
        raise ValueError(f"This run cannot go on: {'; '.join(texts)}. Leave out --resume to begin anew.")


def _finished(
    out: Path, submissions: Sequence[Submission]
) -> Iterator[tuple[tuple[str, str], SubmissionGrade]]:
    """Yield grades of an earlier run whose notebooks are what they were."""
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
    yield f"deadline {run['deadline'] or 'each exercise its own'}, memory {run['memory']} MB"
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
