"""Notebooks as students hand them in, and a class of them, graded."""

import json
from pathlib import Path

from course_lib.authoring.answers import answer_source, without_solution
from course_lib.grading.assignment import exercises_by_id
from course_lib.grading.intake.submissions import Submission
from course_lib.grading.scoring.grade_submission import Grader
from course_lib.grading.scoring.settings import Settings

START = "00_start_here"
IOU = "03_iou_and_dice_by_hand"
SEED = 20_26


def solutions(assignment=START):
    """The source of a right answer to each exercise, by its id."""
    return {name: answer_source(exercise) for name, exercise in exercises_by_id(assignment).items()}


def stubs(assignment=START):
    return {name: without_solution(source) for name, source in solutions(assignment).items()}


def code(source, **metadata):
    return {
        "cell_type": "code",
        "metadata": metadata,
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def notebook(*cells, lesson="00"):
    """A notebook of format 4 of code cells, given as sources."""
    made = [code(cell) if isinstance(cell, str) else cell for cell in cells]
    about = {"course": {"lesson": lesson, "release": "0.1.0"}}
    return {"cells": made, "metadata": about, "nbformat": 4, "nbformat_minor": 5}


def answered(assignment=START, *before, **replaced):
    """A notebook that solves every exercise but those in ``replaced``, whose sources are given."""
    sources = solutions(assignment) | {name.replace("_", "-"): source for name, source in replaced.items()}
    return notebook("import numpy as np", *before, *sources.values(), lesson=assignment[:2])


def hand_in(folder, student, content, assignment=START, name=None):
    """Write a notebook where a student's submission is looked for; ``content`` may be text or bytes, too."""
    path = Path(folder) / student / assignment / (name or f"{assignment}.ipynb")
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, dict):
        content = json.dumps(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return Submission(student, assignment, path, path.name)


def by_id(grade):
    return {exercise.exercise_id: exercise for exercise in grade.exercises}


def settings(**changes):
    return Settings(**({"seed": SEED, "deadline": 1.0, "memory": 512} | changes))


def grader(**changes):
    return Grader(settings(**changes))
