"""Right answers in notebooks of every condition keep their points; what cannot be read is listed with its reason."""

import json
import os

import pytest
from students import IOU, START, answered, by_id, code, grader, hand_in, notebook, solutions, stubs

from course_lib.grading.intake.submissions import find_submissions

pytestmark = pytest.mark.slow

RIGHT = solutions()
COUNT, MAP = RIGHT["class-pixels"], RIGHT["semantic-map"]
STUBS = stubs()


@pytest.fixture(scope="module")
def warm():
    with grader(deadline=2.0) as opened:
        yield opened


def scores(warm, folder, content, **names):
    grade = warm.grade(hand_in(folder, "ada", content, **names))
    assert not grade.reason, grade.reason
    return {name: exercise.score for name, exercise in by_id(grade).items()}


BOTH = {"class-pixels": 1.0, "semantic-map": 1.0}


def indented(source):
    return "\n".join(f"    {line}" for line in source.splitlines())


def with_nothing_but_cells():
    return {"cells": [{"cell_type": "code", "source": [COUNT]}, {"cell_type": "code", "source": MAP}]}


def of_format_3():
    cells = [
        {
            "cell_type": "code",
            "input": source.splitlines(True),
            "language": "python",
            "outputs": [],
            "collapsed": False,
        }
        for source in (COUNT, MAP)
    ]
    return {"worksheets": [{"cells": cells}], "metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0}


SOLVED = {
    "as it should be": answered(),
    "without metadata and ids": with_nothing_but_cells(),
    "of format 3": of_format_3(),
    "with cells that are none": answered() | {"cells": [None, 7, "x", {}, *answered()["cells"]]},
    "a source of odd parts": notebook(code([COUNT, None, 7]), code(MAP)),
    "in the wrong order": notebook(MAP, "right = helper(3)", COUNT, "def helper(x): return x"),
    "a helper below": notebook(
        "def class_pixels(mask, class_id):\n    return total(mask, class_id)",
        MAP,
        "def total(mask, wanted):\n    return sum(row.count(wanted) for row in mask)",
    ),
    "a constant below, used at once": notebook(
        "STEP = ONE + 0", COUNT.replace("+= 1", "+= STEP"), "ONE = 1", MAP
    ),
    "a shared helper": notebook(
        "def rows(mask): return list(mask)", COUNT.replace("in mask", "in rows(mask)"), MAP
    ),
    "an import that is tried, and calls beside it that do not end": notebook(
        "try:\n    import numpy as np\nexcept ImportError:\n    how = 'pip'\n    raise SystemExit(how)",
        "for how in range(3):\n    while how == 2: pass",
        "np.seterr(all='ignore')\nnp.random.shuffle([1] * 10 ** 9)",
        COUNT.replace("+= 1", "+= int(np.int64(1))"),
        MAP,
    ),
    "a name that a loop uses again": notebook(
        "step = 1\nfor step in [step, 1]:\n    kept = step",
        "if kept > 1:\n    kept = 0\nstep = step * kept",
        COUNT.replace("+= 1", "+= step"),
        MAP,
    ),
    "a helper that keeps a list": notebook(
        "kept = []\nkept.append(1)",
        COUNT.replace("+= 1", "+= kept[0]"),
        MAP,
    ),
    "a table filled in a loop": notebook(
        "table = {}\nfor n in range(20):\n    table[n] = 1",
        COUNT.replace("+= 1", "+= table[3]"),
        MAP,
    ),
    "the answer twice": notebook(COUNT, COUNT, MAP, MAP),
    "an empty copy below the answer": notebook(COUNT, MAP, STUBS["class-pixels"], STUBS["semantic-map"]),
    "an empty copy above the answer": notebook(STUBS["class-pixels"], COUNT, STUBS["semantic-map"], MAP),
    "a wrong try above the answer": notebook("def class_pixels(mask, class_id): return 0", COUNT, MAP),
    "the answer's name used for a value later": notebook(COUNT, MAP, "class_pixels = class_pixels([[1]], 1)"),
    "unblock as handed out": notebook(
        COUNT, "class_pixels = unblock('class-pixels', class_pixels)", MAP, "check('class-pixels')"
    ),
    "a checking cell that raises": notebook(COUNT, "raise SystemExit", MAP, "assert False"),
    "a broken cell": notebook(COUNT, "this is no python (", MAP),
    "a cell without an end that nothing needs": notebook("while True: pass", COUNT, MAP),
    "a cell that trains": notebook(COUNT, code("import time\ntime.sleep(10_000)", tags=["trains"]), MAP),
    "a cell that ends Python": notebook("import os\nos._exit(1)", COUNT, MAP),
    "magics and shell lines": notebook(
        "%matplotlib inline\n!pip install numpy\n?len\nlen?\nfiles = !ls\n" + COUNT,
        "%%time\n" + MAP,
        "%%bash\nrm -rf /",
        "%%writefile x.py\nprint(",
        "for _ in range(3):\n    %time print(1)",
    ),
    "a percent sign at the start of a line": notebook(
        COUNT.replace("count = 0", "count = (7\n    % 7)"), MAP
    ),
    "input": notebook("name = input('your name? ')", COUNT, MAP),
    "plots": notebook(
        "import matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()",
        COUNT,
        "from course_lib.plots import show_masks\nshow_masks({'a': [[1]]}, alt='x')",
        MAP,
    ),
    "widgets": notebook(
        "from ipywidgets import interact\n@interact(x=(1, 3))\ndef f(x): return x", COUNT, MAP
    ),
    "prints": notebook(COUNT.replace("count = 0", "count = 0\n    print('x' * 10_000)"), MAP),
    "warnings": notebook(
        "import warnings", COUNT.replace("count = 0", "count = 0\n    warnings.warn('slow')"), MAP
    ),
    "warnings of NumPy": notebook(
        "import numpy as np",
        COUNT.replace("count = 0", "count = int(0 * np.nan_to_num(np.float64(1) / 0))"),
        MAP,
    ),
    "a lambda": notebook(
        "class_pixels = lambda mask, class_id: sum(row.count(class_id) for row in mask)", MAP
    ),
    "a decorated function": notebook(
        "import functools\ndef kept(f):\n    @functools.wraps(f)\n    def inner(*a): return f(*a)\n    return inner",
        "@kept\n" + COUNT,
        MAP,
    ),
    "a function made of another": notebook(
        "from functools import partial\ndef count(sign, mask, class_id):\n"
        "    return sign * sum(row.count(class_id) for row in mask)",
        "class_pixels = partial(count, 1)",
        MAP,
    ),
    "a definition in a branch": notebook("if True:\n" + indented(COUNT), MAP),
    "a star import": notebook("from math import *", COUNT.replace("+= 1", "+= int(floor(pi)) - 2"), MAP),
    "annotations of the future": notebook(
        "from __future__ import annotations\n"
        + COUNT.replace("(mask, class_id)", "(mask: Mask, class_id: Id)"),
        MAP,
    ),
    "a global that counts": notebook(
        "tries = 0",
        COUNT.replace("count = 0", "global tries\n    tries += 1\n    count = 0"),
        MAP,
    ),
    "names of the course used otherwise": notebook(
        "example = {'one': 1}\ndef hint(x): return x",
        COUNT.replace("+= 1", "+= hint(example['one'])"),
        MAP,
    ),
    "other names for the arguments": notebook(
        "def class_pixels(m, c): return sum(row.count(c) for row in m)", MAP
    ),
    "Windows line ends": json.loads(json.dumps(answered()).replace("\\n", "\\r\\n")),
    "torch in a lesson without it": notebook(
        "import torch",
        "def class_pixels(mask, class_id):\n    return int((torch.tensor(mask) == class_id).sum())",
        MAP,
    ),
}


@pytest.mark.parametrize("content", SOLVED.values(), ids=SOLVED)
def test_a_right_answer_keeps_its_points(content, warm, tmp_path):
    assert scores(warm, tmp_path, content) == BOTH


def test_what_was_handed_out_replaces_deleted_imports(warm, tmp_path):
    content = notebook(*solutions(IOU).values(), lesson="03")
    grade = warm.grade(hand_in(tmp_path, "ada", content, IOU))
    assert "np." in solutions(IOU)["confusion-matrix"]
    assert grade.score == grade.max_score


def test_input_in_an_answer_costs_only_that_answer(warm, tmp_path):
    asks = "def class_pixels(mask, class_id):\n    return int(input('how many? '))"
    assert scores(warm, tmp_path, notebook(asks, MAP)) == BOTH | {"class-pixels": 0.0}


def test_a_deleted_answer_is_missing_and_costs_no_other(warm, tmp_path):
    grade = warm.grade(hand_in(tmp_path, "ada", notebook(MAP)))
    assert by_id(grade)["class-pixels"].status == "missing"
    assert by_id(grade)["semantic-map"].status == "passed"


def test_an_untouched_notebook_is_not_attempted(warm, tmp_path):
    grade = warm.grade(hand_in(tmp_path, "ada", notebook(*STUBS.values())))
    assert {exercise.status for exercise in grade.exercises} == {"not attempted"}
    assert grade.score == 0


def test_sixty_megabytes_of_output_cost_nothing(warm, tmp_path):
    content = answered()
    content["cells"][1]["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": ["x" * 1000] * 60_000}
    ]
    assert scores(warm, tmp_path, content) == BOTH


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_other_encodings_are_read(encoding, warm, tmp_path):
    assert scores(warm, tmp_path, json.dumps(answered()).encode(encoding)) == BOTH


def test_bytes_that_are_not_text_are_noted(warm, tmp_path):
    data = json.dumps(answered(START, "# here")).encode().replace(b"# here", b"# \xff\xfe here")
    grade = warm.grade(hand_in(tmp_path, "ada", data))
    assert grade.score == 2
    assert any("UTF-8" in note for note in grade.notes)


UNREADABLE = {
    "empty": (b"", "empty"),
    "cut off": (json.dumps(answered()).encode()[:300], "not JSON"),
    "no JSON": (b"\x00\x01\x02 PK", "not JSON"),
    "a list": (b"[1, 2]", "not a notebook"),
    "no cells": (b'{"metadata": {}}', "no cells"),
    "cells that are text": (b'{"cells": "x"}', "no cells"),
    "nested without end": (b'{"cells": ' + b"[" * 200_000, "not JSON"),
    "a number of a million digits": (b'{"cells": [], "x": ' + b"1" * 1_000_000 + b"}", "not JSON"),
    "three megabytes of code": (json.dumps(notebook("x = 1\n" * 500_000)).encode(), "of code"),
}


@pytest.mark.parametrize(("content", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_listed_with_its_reason(content, reason, warm, tmp_path):
    grade = warm.grade(hand_in(tmp_path, "ada", content))
    assert reason in grade.reason
    assert (grade.score, grade.max_score) == (0, 2)


# --- Finding -----------------------------------------------------------------------------------------------


def found(folder, **options):
    return {(one.student, one.assignment): one for one in find_submissions(folder, **options)}


@pytest.mark.parametrize(
    "student", ["ada lovelace", "Zoë Müller-Ångström", "学生 七", "ada 🎓🐈", "o'brien & co; rm -rf", "-rf"]
)
def test_students_may_be_called_anything(student, warm, tmp_path):
    hand_in(tmp_path, student, answered())
    ((name, assignment), submission), *others = found(tmp_path).items()
    assert (name, assignment, others) == (student, START, [])
    assert warm.grade(submission).score == 2


def test_a_flat_folder_is_read(tmp_path):
    for name in ("ada.ipynb", f"ben_{START}.ipynb", f"{START}-cem.ipynb", "dora k (1).ipynb"):
        (tmp_path / name).write_text(json.dumps(answered()))
    assert set(found(tmp_path)) == {(name, START) for name in ("ada", "ben", "cem", "dora k")}


@pytest.mark.parametrize(
    "name", ["homework.ipynb", "Untitled1.ipynb", f"{START} (2).ipynb", f"{START}-Copy1.IPYNB"]
)
def test_a_renamed_notebook_is_recognised(name, tmp_path):
    hand_in(tmp_path, "ada", answered(IOU), assignment="week 3", name="x.ipynb")
    hand_in(tmp_path, "ben", answered(), assignment="week 1", name=name)
    assert set(found(tmp_path)) == {("ada", IOU), ("ben", START)}


def test_a_renamed_notebook_that_lost_its_metadata_is_recognised(tmp_path):
    hand_in(tmp_path, "ada", with_nothing_but_cells(), assignment="hw", name="mine.ipynb")
    assert set(found(tmp_path)) == {("ada", START)}


def test_something_else_is_listed(tmp_path, warm):
    hand_in(tmp_path, "ada", notebook("x = 1", lesson=""), assignment="hw", name="mine.ipynb")
    (one,) = find_submissions(tmp_path)
    assert "The lesson is unknown" in warm.grade(one).reason


def test_a_folder_without_a_notebook_is_listed(tmp_path):
    hand_in(tmp_path, "ada", answered())
    (tmp_path / "ben").mkdir()
    assert "no notebook" in found(tmp_path)["ben", START].reason


def test_of_two_notebooks_the_one_with_the_lessons_name_counts(tmp_path):
    hand_in(tmp_path, "ada", notebook("x = 1"), name=f"{START} (1).ipynb")
    hand_in(tmp_path, "ada", answered())
    one = found(tmp_path)["ada", START]
    assert one.path.name == f"{START}.ipynb"
    assert "(1).ipynb" in one.notes[0]


def test_lessons_are_chosen(tmp_path):
    hand_in(tmp_path, "ada", answered())
    hand_in(tmp_path, "ada", answered(IOU), assignment=IOU)
    assert set(found(tmp_path, lessons=["03"])) == {("ada", IOU)}


def test_hidden_folders_and_backups_of_systems_are_passed_over(tmp_path):
    hand_in(tmp_path, "ada", answered())
    hand_in(tmp_path, "ada", answered(), assignment=".ipynb_checkpoints")
    hand_in(tmp_path, "__MACOSX", answered())
    (tmp_path / "ada" / f"._{START}.ipynb").write_bytes(b"\x00")
    assert set(found(tmp_path)) == {("ada", START)}


def test_links_are_refused(tmp_path, warm):
    secret = hand_in(tmp_path / "elsewhere", "eve", answered()).path
    folder = tmp_path / "in"
    (folder / "ada" / START).mkdir(parents=True)
    (folder / "ada" / START / f"{START}.ipynb").symlink_to(secret)
    (folder / "ben").symlink_to(secret.parent, target_is_directory=True)
    grades = [warm.grade(one) for one in find_submissions(folder)]
    assert len(grades) == 2
    assert all("link" in grade.reason and not grade.score for grade in grades)


def test_pipes_and_folders_with_a_notebooks_name_are_refused(tmp_path, warm):
    folder = tmp_path / "ada" / START
    folder.mkdir(parents=True)
    os.mkfifo(folder / f"{START}.ipynb")
    (tmp_path / "ben" / f"{START}.ipynb").mkdir(parents=True)
    reasons = {one.student: warm.grade(one).reason for one in find_submissions(tmp_path)}
    assert "not a plain file" in reasons["ada"]
    assert "no notebook" in reasons["ben"]
