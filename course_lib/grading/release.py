"""``course release``: the assignments as an instructor hands them out, in nbgrader's folders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from course_lib.files import write_text
from course_lib.lessons import lesson_file, lesson_files

_CONFIG = '''\
"""nbgrader's settings for the course's assignments: run nbgrader in this folder."""

import os

c = get_config()  # noqa: F821  nbgrader provides it
c.CourseDirectory.course_id = "segmentation"
c.ExecutePreprocessor.timeout = 600
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\\nraise NotImplementedError()"}
# The check cells show their result to students; here a check that does not pass must raise.
os.environ["COURSE_STRICT"] = "1"
'''


def release(root: Path, out: Path, lessons: Sequence[str] = ()) -> list[str]:
    """Write ``release/NN_slug/NN_slug.ipynb`` for students and ``source/NN_slug/NN_slug.ipynb`` with the solutions.

    Args:
        root: the course's folder, with ``notebooks/`` and ``solutions/`` as they were built.
        out: the folder to write to; files there are replaced.
        lessons: numbers, in any form; by default all.

    Returns:
        The assignments' names.

    Raises:
        FileNotFoundError: a notebook is missing.
        ValueError: a student's notebook holds outputs or part of a solution.
    """
    folder = root / "notebooks"
    students = [lesson_file(folder, number, ".ipynb") for number in lessons] or lesson_files(folder, ".ipynb")
    if not students:
        raise FileNotFoundError(f"There is no notebook in {folder}: course build makes them.")
    pairs = [(student, root / "solutions" / student.name) for student in students]
    for student, solution in pairs:
        if not solution.is_file():
            raise FileNotFoundError(f"There is no {solution}: course build makes it.")
        _check_unsolved(student)
    for student, solution in pairs:
        name = student.stem
        write_text(out / "release" / name / student.name, student.read_text(encoding="utf-8"))
        write_text(out / "source" / name / student.name, _without_outputs(solution))
    write_text(out / "nbgrader_config.py", _CONFIG)
    return [student.stem for student in students]


def _check_unsolved(path: Path) -> None:
    """Check once more that no solution is handed out."""
    for number, cell in enumerate(_read(path)["cells"], 1):
        if cell.get("outputs"):
            raise ValueError(f"{path}, cell {number}, holds outputs: run course build again.")
        if "### BEGIN SOLUTION" in "".join(cell["source"]):
            raise ValueError(f"{path}, cell {number}, holds a solution: run course build again.")


def _without_outputs(path: Path) -> str:
    """Return a solution as nbgrader takes it: it runs the notebook itself."""
    notebook = _read(path)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _read(path: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook
