"""What is told of a wrong answer in a graded class is what its notebook tells, sentence by sentence."""

import inspect
import re
import sys
from pathlib import Path

import pytest
from students import SEED, grader, hand_in, notebook

from course_lib.checking.judge import judge
from course_lib.exercises import find_exercise

sys.path.append(str(Path(__file__).parents[1] / "checking"))
import mixed_class

PLAIN = "import math\nimport numpy as np\nIGNORE_INDEX = 255\n"
IMPORTS = f"{PLAIN}import torch\nimport torch.nn.functional as F\nfrom torch import nn\n"
ANSWERS = mixed_class.SINGLE + mixed_class.DOUBLE


EARLIER = (
    "argmax",
    "regions",
    "iou",
    "confusion_matrix",
    "iou_from_matrix",
    "pixel_accuracy",
)


def cells_of(exercise, answer):
    """The cells of earlier exercises that an answer may call, solved, and the answer's own cell."""
    source = re.sub(r"^@.*\n", "", inspect.getsource(answer))
    renamed = re.sub(rf"\b{answer.__name__}\b", exercise.name, source)
    earlier = [inspect.getsource(vars(mixed_class)[name]) for name in EARLIER if name != exercise.name]
    is_needed = any(f"{name}(" in source for name in EARLIER)
    return (earlier if is_needed else []), renamed


def in_a_notebook(exercise, imports, earlier, source):
    """Define an answer as a notebook does: its lines are known to Python, but it is in no file."""
    import linecache

    filename = f"<cell {len(linecache.cache)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    names = {}
    for cell in (imports, *earlier):
        exec(cell, names)
    exec(compile(source, filename, "exec"), names)
    return names[exercise.name]


def both(opened, tmp_path, exercise_id, answer):
    """What a notebook tells of an answer, and what a graded class is told."""
    exercise = find_exercise(exercise_id)
    assignment = next(path.stem for path in Path("solutions").glob(f"{exercise.lesson}_*.py"))
    imports = IMPORTS if any(word in inspect.getsource(answer) for word in ("torch", "F.", "nn.")) else PLAIN
    earlier, source = cells_of(exercise, answer)
    here = judge(exercise, in_a_notebook(exercise, imports, earlier, source), seed=SEED)
    content = notebook(imports, *earlier, source, lesson=exercise.lesson)
    graded = opened.grade(hand_in(tmp_path, answer.__name__, content, assignment))
    return here, next(one for one in graded.exercises if one.exercise_id == exercise_id)


@pytest.fixture(scope="module")
def opened():
    with grader(deadline=20.0, memory=2048) as opened:
        yield opened


@pytest.mark.slow
@pytest.mark.parametrize(("exercise_id", "answer"), ANSWERS, ids=lambda one: getattr(one, "__name__", one))
def test_feedback_names_what_the_notebook_names(exercise_id, answer, opened, tmp_path):
    here, graded = both(opened, tmp_path, exercise_id, answer)
    assert not here.passed
    assert graded.status == here.status
    assert graded.misconception == here.misconception
    if here.told:
        assert graded.message == here.message
