"""``canvas.csv``: what Canvas's gradebook imports."""

from __future__ import annotations

from pathlib import Path

from course_lib.grading.scoring.gradebook import Gradebook
from course_lib.grading.tables import Value, write_table


def write_canvas(out: Path, book: Gradebook) -> None:
    """Write ``canvas.csv``: a line per student, a column per assignment, the points possible first.

    Canvas finds a student by ID, SIS User ID or SIS Login ID; without a roster the folder's name is the login. Only
    lessons of the course have a column.
    """
    header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    known = [name for name in book.assignments if any(final.max_score for final in book.of(name))]
    header += [book.column_name("canvas", name) for name in known]
    possible: list[Value] = ["    Points Possible", "", "", "", ""]
    possible += [max(final.max_score for final in book.of(name)) for name in known]
    rows = [possible]
    scores = {(final.grade.student, final.grade.assignment): final.score for final in book.finals}
    for student in book.students:
        person = book.person(student)
        name = ", ".join(part for part in (person.last_name, person.first_name) if part) or student
        ids = (person.canvas_id, person.sis_user_id, person.sis_login_id)
        row: list[Value] = [name, *(ids if any(ids) else ("", "", student)), person.section]
        rows.append(row + [scores.get((student, assignment)) for assignment in known])
    write_table(out / "canvas.csv", header, rows)
