"""From a lesson to the cells of its notebooks: set-up, exercises, attachments, ids, nbgrader's metadata."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_lib import __version__
from course_lib.authoring.addresses import read_addresses
from course_lib.authoring.answers import answer_source, without_solution
from course_lib.authoring.lesson import Cell, Lesson, LessonError
from course_lib.authoring.pictures import embed_pictures
from course_lib.authoring.quotes import fill_in
from course_lib.checking.exercise import Exercise
from course_lib.grading.assignment import WRITTEN_STUB

SETUP = """\
# The set-up: run this cell first.
from course_lib.notebook import check, example, hint, open_lesson, progress, solution, unblock
open_lesson("{lesson}", release="{release}", needs="{packages}")"""
SETUP_TEXT = """\
**Run the next cell first.** If it answers `No module named 'course_lib'`, this notebook is open in a Python that
does not have the course: type `make lab` or `python -m pip install -e .` into a terminal in the course's folder, and
restart the kernel."""
_ON_COLAB = " On Colab, run `%pip install git+{repository}` in a cell of its own instead."
_ON_SITE = " [The page of this lesson]({page}) {can} without an installation."


def build_notebook(lesson: Lesson, exercises: Sequence[Exercise], *, solved: bool) -> NotebookNode:
    """Make a lesson's notebook, without outputs.

    Args:
        lesson: the lesson.
        exercises: the exercises that it must hold.
        solved: whether to give the answers or leave them to the learner.

    Raises:
        LessonError: the lesson and its exercises do not match, or a picture is missing.
    """
    by_id = {exercise.id: exercise for exercise in exercises}
    _check_exercises(lesson, by_id)
    if not lesson.cells or lesson.cells[0].kind != "markdown":
        raise LessonError(f"{lesson.label}, cell 1: begin with a # %% [markdown] cell, title and goals.")
    cells = list(_built_cells(lesson, by_id, solved))
    packages = _packages(lesson, exercises)
    cells[1:1] = [
        new_markdown_cell(SETUP_TEXT + _elsewhere(lesson, "torch" in packages)),
        new_code_cell(SETUP.format(lesson=lesson.number, release=__version__, packages=" ".join(packages))),
    ]
    for number, cell in enumerate(cells, 1):
        cell.id = f"{lesson.number}-{number:03d}"
    notebook = new_notebook(cells=cells, metadata=_metadata(lesson))
    nbformat.validate(notebook)
    return notebook


def as_json(notebook: NotebookNode) -> str:
    """Return a notebook as it is stored: keys sorted, one line per line of source, a line end at the end."""
    text: str = nbformat.writes(notebook, version=4)
    return text.rstrip("\n") + "\n"


def keep_outputs(notebook: NotebookNode, stored: NotebookNode) -> None:
    """Give a notebook the outputs of a stored one if their code is the same: text may differ."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    others = [cell for cell in stored.cells if cell.cell_type == "code"]
    if [cell.source for cell in cells] == [cell.source for cell in others]:
        for cell, other in zip(cells, others, strict=True):
            cell.outputs, cell.execution_count = other.outputs, other.execution_count


def without_outputs(notebook: NotebookNode) -> NotebookNode:
    """Return a copy of a notebook as if it had never been run."""
    copy = nbformat.from_dict(notebook)
    for cell in copy.cells:
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None
    return copy


def is_answer(cell: Mapping[str, Any]) -> bool:
    """Return whether a built cell is one that a learner writes."""
    return bool(cell["metadata"].get("nbgrader", {}).get("solution"))


def _elsewhere(lesson: Lesson, needs_torch: bool) -> str:
    """Say where else the lesson opens, as far as pyproject.toml names the course's addresses."""
    known = read_addresses(lesson.path.parents[1])
    can = "can be read" if needs_torch else "runs"
    on_colab = _ON_COLAB.format(repository=known.repository) if known.repository else ""
    on_site = _ON_SITE.format(page=known.page(lesson.name), can=can) if known.site else ""
    return on_colab + on_site


def _metadata(lesson: Lesson) -> dict[str, Any]:
    return {
        "course": {"lesson": lesson.number, "release": __version__},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }


def _check_exercises(lesson: Lesson, exercises: Mapping[str, Exercise]) -> None:
    """Raise unless every exercise appears once: its statement, and right after it the cell for the answer."""
    statement: str | None = None
    answered: set[str] = set()
    for cell in lesson.cells:
        if cell.exercise is not None and cell.exercise not in exercises:
            raise LessonError(f"{cell.place}: {_unknown(cell.exercise, lesson, exercises)}")
        if cell.kind == "code" and cell.exercise:
            if cell.exercise in answered:
                raise LessonError(
                    f"{cell.place}: exercise {cell.exercise!r} appears here for the second time."
                )
            if cell.exercise != statement:
                raise LessonError(
                    f'{cell.place}: put the statement right before it, # %% [markdown] exercise="{cell.exercise}".'
                )
            if cell.source.strip():
                raise LessonError(f"{cell.place}: leave it empty: answer and check come from the exercise.")
            answered.add(cell.exercise)
        elif statement and statement not in answered:
            raise LessonError(
                f'{cell.place}: put the cell for the answer before it, # %% exercise="{statement}".'
            )
        statement = cell.exercise if cell.kind == "markdown" else None
    _check_written(lesson, exercises)
    missing = [name for name in exercises if name not in answered]
    if missing:
        raise LessonError(
            f"{lesson.label}: no cell holds {', '.join(map(repr, missing))}, which "
            f"{lesson.folder} defines: add its # %% [markdown] and # %% cells."
        )


def _check_written(lesson: Lesson, exercises: Mapping[str, Exercise]) -> None:
    """Raise unless every written answer has an id of its own."""
    taken = {name for exercise in exercises for name in (exercise, f"{exercise}-check")}
    for cell in lesson.cells:
        if cell.written and cell.exercise:
            raise LessonError(
                f"{cell.place}: a cell is a written answer or belongs to an exercise, not both."
            )
        if cell.written in taken:
            raise LessonError(f"{cell.place}: the id {cell.written!r} appears here for the second time.")
        if cell.written:
            taken.add(cell.written)


def _unknown(exercise_id: str, lesson: Lesson, exercises: Mapping[str, Exercise]) -> str:
    known = f"it defines {', '.join(exercises)}" if exercises else "it has no file that defines an exercise"
    return f"{lesson.folder} does not define the exercise {exercise_id!r}; {known}."


def _built_cells(lesson: Lesson, exercises: Mapping[str, Exercise], solved: bool) -> Iterator[NotebookNode]:
    for cell in lesson.cells:
        try:
            if cell.written:
                yield _written_cell(cell, cell.written, solved)
            elif cell.kind == "markdown":
                yield _markdown_cell(cell, exercises, lesson)
            elif cell.exercise:
                yield from _exercise_cells(exercises[cell.exercise], solved)
            else:
                yield new_code_cell(cell.source, metadata={"tags": list(cell.tags)} if cell.tags else {})
        except ValueError as error:
            raise LessonError(f"{cell.place}: {error}") from error


def _markdown_cell(cell: Cell, exercises: Mapping[str, Exercise], lesson: Lesson) -> NotebookNode:
    quoted = fill_in(cell.source, lesson.path.parents[1])
    source, attachments = embed_pictures(quoted, lesson.path.parent)
    if cell.exercise:
        source = f"{_heading(exercises[cell.exercise])}\n\n{source}"
    built = new_markdown_cell(source)
    if attachments:
        built.attachments = attachments
    return built


def _written_cell(cell: Cell, written: str, solved: bool) -> NotebookNode:
    """Return the cell of an answer in words: the author's in the solution, an empty one for students."""
    marks = _nbgrader(written, cell_type="markdown", grade=True, points=cell.points)
    return new_markdown_cell(cell.source if solved else WRITTEN_STUB, metadata={"nbgrader": marks})


def _heading(exercise: Exercise) -> str:
    minutes = "1 minute" if exercise.minutes == 1 else f"{exercise.minutes} minutes"
    points = "1 point" if exercise.points == 1 else f"{exercise.points} points"
    return f"### Exercise: {exercise.title}\n\n*{minutes}, {points}*"


def _exercise_cells(exercise: Exercise, solved: bool) -> Iterator[NotebookNode]:
    answer = answer_source(exercise)
    yield new_code_cell(
        answer if solved else without_solution(answer), metadata={"nbgrader": _nbgrader(exercise.id)}
    )
    check = _nbgrader(f"{exercise.id}-check", grade=True, locked=True, solution=False, points=exercise.points)
    yield new_code_cell(f'check("{exercise.id}")', metadata={"nbgrader": check})


def _nbgrader(grade_id: str, **changed: Any) -> dict[str, Any]:
    """Return metadata of version 3 for a cell that learners write, unless changed."""
    cell = {"cell_type": "code", "grade": False, "grade_id": grade_id, "locked": False}
    cell |= {"schema_version": 3, "solution": True, "task": False}
    return dict(sorted((cell | changed).items()))


def _packages(lesson: Lesson, exercises: Sequence[Exercise]) -> list[str]:
    """Return the packages that a lesson's cells import, apart from Python's own and the course's."""
    from IPython.core.inputtransformer2 import TransformerManager

    found = {"numpy"}  # every check needs it
    for cell in lesson.cells:
        if cell.kind == "code":
            try:
                tree = ast.parse(TransformerManager().transform_cell(cell.source))
            except SyntaxError as error:
                raise LessonError(f"{cell.place}: this is not Python: {error}") from None
            found |= _imported(tree)
    for exercise in exercises:
        found |= _imported(ast.parse(answer_source(exercise)))
    return sorted(found - sys.stdlib_module_names - {"course_lib"})


def _imported(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names
