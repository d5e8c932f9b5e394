"""Where students' code runs, and how the grader talks to it. inside/ runs beside the student's code."""
