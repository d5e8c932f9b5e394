"""``course build``: from every ``solutions/NN_slug.py`` the student's notebook and the solution, run and stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_lib.authoring.addresses import read_addresses
from course_lib.authoring.execute import execute
from course_lib.authoring.lesson import Lesson, LessonError, exercises_of, read_lesson
from course_lib.authoring.notebooks import as_json, build_notebook, keep_outputs, without_outputs
from course_lib.authoring.quotes import fill_in_again
from course_lib.authoring.readme import with_lessons, with_site
from course_lib.checking.exercise import Exercise
from course_lib.exercises import OUTLINE
from course_lib.files import write_text
from course_lib.lessons import lesson_file, lesson_files

ExercisesOf = Callable[[Lesson], Sequence[Exercise]]


def find_lessons(root: Path, numbers: Sequence[str] = ()) -> list[Path]:
    """Return the lessons' hand-edited files: those with the given numbers, or all if none is given.

    Raises:
        FileNotFoundError: there is none with such a number, or none at all.
    """
    folder = root / "solutions"
    found = [lesson_file(folder, number, ".py") for number in numbers] or lesson_files(folder, ".py")
    if not found:
        raise FileNotFoundError(f"There is no lesson in {folder}: `course new-lesson` begins one.")
    return found


def build_lesson(path: Path, root: Path, run: bool = True, exercises_of: ExercisesOf = exercises_of) -> None:
    """Write the two notebooks of a lesson.

    Args:
        path: the hand-edited file.
        root: folder that holds ``notebooks/`` and ``solutions/``.
        run: whether to run the solution. Otherwise its stored outputs are kept if its code is the same, and it is
            written without outputs if not.
        exercises_of: gives the lesson's exercises.

    Raises:
        LessonError: the lesson cannot be built, or its solution does not run.
    """
    lesson = read_lesson(path)
    exercises = exercises_of(lesson)
    student = build_notebook(lesson, exercises, solved=False)
    solution = build_notebook(lesson, exercises, solved=True)
    write_text(_student_path(root, lesson), as_json(student))
    stored = root / "solutions" / f"{lesson.name}.ipynb"
    if run:
        write_text(stored, as_json(execute(solution, lesson.label)))
    elif not _holds_solution(stored, as_json(solution)):
        if before := _read_stored(stored):
            keep_outputs(solution, before)
        write_text(stored, as_json(solution))


def outline_text(root: Path, exercises_of: ExercisesOf = exercises_of) -> str:
    """Return what ``exercises/outline.json`` must hold: every exercise, in the order of the lessons' cells.

    Raises:
        LessonError: a lesson cannot be read.
    """
    entries = [
        {
            "id": exercise.id,
            "title": exercise.title,
            "lesson": lesson.name,
            "points": exercise.points,
            "examples": [case.example for case in exercise.worked_cases if case.example],
        }
        for lesson in map(read_lesson, find_lessons(root))
        for exercise in exercises_of(lesson)
    ]
    return json.dumps(entries, indent=1, ensure_ascii=False) + "\n"


def lists_of(root: Path) -> dict[Path, str]:
    """Return the files that are made from others, and what each must hold.

    These are the outline, the README with its table of lessons and its link to the site, and the figures that
    README and docs quote.

    Raises:
        LessonError: a lesson cannot be read, or a page quotes a figure that is not there.
    """
    lists = {root / "course_lib" / "exercises" / OUTLINE.name: outline_text(root)}
    for page in pages_that_quote(root):
        lists[page] = with_figures(page, root)
    readme = root / "README.md"
    if readme in lists:
        listed = with_lessons(lists[readme], map(read_lesson, find_lessons(root)))
        lists[readme] = with_site(listed, read_addresses(root).site)
    return lists


def pages_that_quote(root: Path) -> list[Path]:
    """Return the pages outside of the lessons that may quote figures: the README, and those in ``docs/``."""
    pages = [root / "README.md", *sorted((root / "docs").glob("*.md"))]
    return [page for page in pages if page.is_file()]


def with_figures(page: Path, root: Path) -> str:
    """Return a page with the figures that it quotes put in.

    Raises:
        LessonError: it quotes a figure that is not there.
    """
    try:
        return fill_in_again(page.read_text(encoding="utf-8"), root)
    except ValueError as error:
        raise LessonError(f"{page.relative_to(root).as_posix()}: {error}") from error


def find_stale(paths: Sequence[Path], root: Path, exercises_of: ExercisesOf = exercises_of) -> list[Path]:
    """Return the notebooks of these lessons that a new build would change; outputs are not compared.

    Raises:
        LessonError: a lesson cannot be built.
    """
    stale = []
    for path in paths:
        lesson = read_lesson(path)
        exercises = exercises_of(lesson)
        student = as_json(build_notebook(lesson, exercises, solved=False))
        solution = as_json(build_notebook(lesson, exercises, solved=True))
        if not _holds(_student_path(root, lesson), student):
            stale.append(_student_path(root, lesson))
        stored = path.with_suffix(".ipynb")
        if not _holds_solution(stored, solution):
            stale.append(stored)
    return stale


def find_stale_lists(root: Path) -> list[Path]:
    """Return the files that list lessons and exercises and do not match the lessons."""
    return [path for path, text in lists_of(root).items() if not _holds(path, text)]


def find_orphans(root: Path) -> list[Path]:
    """Return the notebooks that no longer have a lesson."""
    names = {path.stem for path in lesson_files(root / "solutions", ".py")}
    built = lesson_files(root / "notebooks", ".ipynb") + lesson_files(root / "solutions", ".ipynb")
    return [path for path in built if path.stem not in names]


def _student_path(root: Path, lesson: Lesson) -> Path:
    return root / "notebooks" / f"{lesson.name}.ipynb"


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()


def _holds_solution(path: Path, text: str) -> bool:
    """Return whether a stored solution equals the built one, apart from its outputs, and is formatted alike."""
    stored = _read_stored(path)
    return stored is not None and _holds(path, as_json(stored)) and as_json(without_outputs(stored)) == text


def _read_stored(path: Path) -> NotebookNode | None:
    """Read a notebook; None if there is none, or it is damaged."""
    try:
        return nbformat.read(path, as_version=4)
    except (FileNotFoundError, ValueError, nbformat.ValidationError):
        return None
