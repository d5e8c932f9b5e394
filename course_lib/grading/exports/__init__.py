"""Grades for other systems: one exporter per file. A new system is a function, a line here and a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from course_lib.grading.exports.canvas import write_canvas
from course_lib.grading.exports.gradescope import write_gradescope
from course_lib.grading.exports.nbgrader import write_nbgrader
from course_lib.grading.scoring.gradebook import Gradebook

Exporter = Callable[[Path, Gradebook], None]
"""Writes its files into the folder of grades. The same gradebook gives the same bytes."""

EXPORTERS: dict[str, Exporter] = {
    "nbgrader": write_nbgrader,
    "canvas": write_canvas,
    "gradescope": write_gradescope,
}
"""Exporters by name; the policy's tables ``[columns.NAME]`` use these names."""
