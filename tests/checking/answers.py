"""Answers from the text of a cell, as a notebook has them."""

import dataclasses
import linecache
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.judge import judge
from course_lib.exercises import exercises_of, find_exercise, outline

_NAMES = {"np": np, "math": math, "torch": torch, "nn": nn, "F": F}


def judged(exercise_id, cell, **changes):
    """Judge an answer that is written in a cell; the lesson's other functions are there, as after their exercises.

    ``changes`` are made to the exercise first.
    """
    exercise = dataclasses.replace(find_exercise(exercise_id), **changes)
    slug = next(entry.lesson for entry in outline() if entry.id == exercise_id)
    lesson = {other.name: other.reference for other in exercises_of(slug)}
    names = {**_NAMES, **lesson, "__name__": "__main__"}
    file = f"<cell of {exercise_id}: {hash(cell)}>"
    linecache.cache[file] = (len(cell), None, cell.splitlines(keepends=True), file)
    exec(compile(cell, file, "exec"), names)
    return judge(exercise, names[exercise.name])


def told(exercise_id, cell):
    """Return what is said of such an answer."""
    return judged(exercise_id, cell).message


def told_without_ideas(exercise_id, cell):
    """Return what is said of such an answer where nobody has foreseen it."""
    return judged(exercise_id, cell, misconceptions=()).message
