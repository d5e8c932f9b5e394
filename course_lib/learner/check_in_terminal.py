"""``course check``: check a learner's answers in the terminal, without Jupyter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from course_lib.former_names import current_id
from course_lib.grading.intake.misplaced import answer_names, misplaced, split_answers
from course_lib.grading.intake.released import read_released
from course_lib.grading.intake.student_notebook import read_notebook
from course_lib.lessons import lesson_file
from course_lib.paths import course_root

CELL_SECONDS = 120
_REPORT = "application/vnd.course.report+json"
_CHECK = re.compile(r"""^\s*check\(\s*["']([\w-]+)["']""", re.MULTILINE)


@dataclass(frozen=True)
class Report:
    """The result of checking one exercise, as the process that ran the answers sends it.

    Attributes:
        exercise: the exercise's id.
        status: the check's status; ``"missing"`` if no cell defines the answer, ``"stopped"`` if no check was made.
        points: points for passing.
        text: the text to show.
    """

    exercise: str
    status: str
    points: int
    text: str

    @property
    def passed(self) -> bool:
        """Whether the answer is right."""
        return self.status == "passed"


def check_answers(lesson: str, root: Path | None = None) -> list[Report]:
    """Run a learner's notebook in a fresh process and check every exercise of the lesson.

    Cells tagged ``trains`` are skipped, a cell that raises does not stop the run, and no try is counted.

    Raises:
        FileNotFoundError: there is no such lesson, or the learner has no copy of it.
    """
    root = root or course_root()
    original = lesson_file(root / "notebooks", lesson, ".ipynb")
    mine = root / "work" / original.name
    if not mine.is_file():
        raise FileNotFoundError(
            f"You have no {mine.name} in {mine.parent} yet: run `course start {original.stem[:2]}`."
        )
    reports: dict[str, Report] = {}
    for report in _run(mine, _exercises_in(original)):
        if report.exercise not in reports or report.passed:
            reports[report.exercise] = report
    where = _whereabouts(mine, original)
    return [_with_place(report, where.get(report.exercise, "")) for report in reports.values()]


def _whereabouts(mine: Path, original: Path) -> dict[str, str]:
    """Explain what happened to each answer that is not where it can be run."""
    notebook, handed_out = read_notebook(mine), read_released(original)
    names = answer_names(handed_out)
    return split_answers(notebook, names) | misplaced(notebook, handed_out, names, {})


def _with_place(report: Report, sentence: str) -> Report:
    return replace(report, text=f"{report.text}\n{sentence}") if sentence and not report.passed else report


def summary(reports: Sequence[Report]) -> str:
    """Return how many exercises passed, and their points."""
    passed = [report for report in reports if report.passed]
    points, most = sum(report.points for report in passed), sum(report.points for report in reports)
    return f"{len(passed)} of {len(reports)} passed, {points} of {most} points"


def report(exercise_id: str, names: Mapping[str, Any]) -> None:
    """Check an exercise in the process that ran the answers, and send the result to the process that asked.

    Args:
        exercise_id: the exercise's id.
        names: the names that the learner's cells have defined.
    """
    from IPython.display import display

    from course_lib.checking.judge import judge
    from course_lib.exercises import find_exercise

    exercise = find_exercise(exercise_id)
    answer = names.get(exercise.name, exercise.reference)
    if answer is not exercise.reference:  # unblock puts the reference in the place of an answer
        result = judge(exercise, answer)
        found = Report(exercise_id, result.status, exercise.points, result.text())
    else:
        found = _not_judged(exercise_id, exercise.points, f"no cell defines `{exercise.name}`.", "missing")
    display({_REPORT: asdict(found)}, raw=True)


def _not_judged(exercise_id: str, points: int, why: str, status: str = "stopped") -> Report:
    return Report(exercise_id, status, points, f"{exercise_id}: {why}")


def _exercises_in(notebook: Path) -> dict[str, int]:
    """Return the id of every exercise of a notebook as it was handed out, and its points."""
    import nbformat

    graded = (cell.metadata.get("nbgrader", {}) for cell in nbformat.read(notebook, as_version=4).cells)
    return {about.grade_id.removesuffix("-check"): about.points for about in graded if about.get("grade")}


def _run(notebook: Path, exercises: Mapping[str, int]) -> Iterator[Report]:
    """Run a notebook's cells up to the last check, and yield a report where an exercise is checked."""
    import nbformat
    from nbclient.exceptions import DeadKernelError

    from course_lib.run_notebook import started_kernel

    try:
        read = nbformat.read(notebook, as_version=4)
    except (ValueError, AttributeError, nbformat.ValidationError) as error:
        raise ValueError(
            f"{notebook} cannot be read as a notebook ({' '.join(str(error).split())[:80]}). `course reset "
            f"{notebook.stem[:2]}` gives you a new one and keeps this one as a backup."
        ) from None
    cells = [_as_run(cell, exercises) for cell in read.cells if cell.cell_type == "code"]
    seen = {cell.metadata.course_report for cell in cells if _is_report(cell)}
    unchecked = [_report_cell(exercise_id) for exercise_id in exercises if exercise_id not in seen]
    while not unchecked and cells and not _is_report(cells[-1]):
        cells.pop()  # nothing is checked after it
    read.cells = cells + unchecked
    at: Any = None
    reported = set()
    try:
        with started_kernel(read, notebook.parent, seconds=CELL_SECONDS, allow_errors=True) as client:
            errors: list[str] = []
            for index, at in enumerate(read.cells):
                if "trains" in at.metadata.get("tags", ()):
                    continue
                client.execute_cell(at, index)
                errors += _errors_of(at)
                if _is_report(at):
                    reported.add(at.metadata.course_report)
                    yield _report_of(at, exercises, errors)
                    errors = []
    except DeadKernelError:
        why = f"not judged, because Python itself died in the cell that begins {_first_line(at)!r}."
        for exercise_id, points in exercises.items():
            if exercise_id not in reported:
                yield _not_judged(exercise_id, points, why)


def _as_run(cell: Any, exercises: Mapping[str, int]) -> Any:
    """Return the cell to run in place of a learner's: a report for a check, any other cell as an editor shows it."""
    cell.source = cell.source.replace("\r\n", "\n")
    checked = _checked_in(cell)
    return _report_cell(checked) if checked in exercises else cell


def _checked_in(cell: Any) -> str:
    """Return the id of the exercise that a cell checks, by its metadata or, if that was lost, by its text."""
    about = cell.metadata.get("nbgrader", {})
    if about.get("grade"):
        return current_id(str(about.grade_id).removesuffix("-check"))
    written = _CHECK.search(cell.source)
    return current_id(written[1]) if written else ""


def _report_cell(exercise_id: str) -> Any:
    from nbformat.v4 import new_code_cell

    return new_code_cell(
        f'__import__("{__name__}", fromlist=["report"]).report("{exercise_id}", globals())',
        metadata={"course_report": exercise_id},
    )


def _is_report(cell: Any) -> bool:
    return "course_report" in cell.metadata


def _report_of(cell: Any, exercises: Mapping[str, int], errors: Sequence[str]) -> Report:
    data = next((output.data[_REPORT] for output in cell.outputs if _REPORT in output.get("data", {})), None)
    exercise_id = cell.metadata.course_report
    found = Report(**data) if data else _not_judged(exercise_id, exercises[exercise_id], "not judged.")
    if found.passed or not errors:
        return found
    text = "\n".join([found.text, *(f"Before this check, {error}" for error in errors)])
    return replace(found, text=text)


def _errors_of(cell: Any) -> list[str]:
    return [
        f"the cell that begins {_first_line(cell)!r} raised {output.ename}: {output.evalue}"
        for output in cell.outputs
        if output.output_type == "error"
    ]


def _first_line(cell: Any) -> str:
    return cell.source.strip().partition("\n")[0][:60] if cell is not None else ""
