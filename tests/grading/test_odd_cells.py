"""What is legal in a notebook is legal in a submission: `check` there, `course check` and `course grade` agree."""

import json
import re
from pathlib import Path

import nbformat
import odd_exercises
import pytest
from students import by_id, grader, hand_in

import course_lib.exercises
from course_lib.grading.intake import released
from course_lib.learner.check_in_terminal import check_answers
from course_lib.run_notebook import started_kernel

pytestmark = pytest.mark.slow

LESSON = "01_odd"
RIGHT = "def NAME(number):\n    return number * TWO"
ANSWER = RIGHT.replace("TWO", "2")


def cell(source, kind="code", **metadata):
    return {"cell_type": kind, "source": source, "metadata": metadata}


# What it is: the cells, where NAME is the answer's name, and the verdict of each of the three.
ODD = {
    "plain": ([ANSWER], "passed"),
    "a shell line": (["!true\n" + ANSWER], "passed"),
    "a shell line that goes on": (["!echo one \\\n    two\n" + ANSWER], "passed"),
    "a shell line that goes on twice": (["!echo \\\n  1 \\\n  2\n" + ANSWER], "passed"),
    "what a shell line prints": (["files = !echo one\n" + ANSWER], "passed"),
    "two exclamation marks": (["!!echo one\n" + ANSWER], "passed"),
    "a percent sign first in brackets": (["%matplotlib inline\nTWO = (7\n  % 5)\n" + RIGHT], "passed"),
    "an exclamation mark first in brackets": (["!true\nTWO = 2 if (7\n  != 5) else 0\n" + RIGHT], "passed"),
    "a string that looks like magics": (
        [
            "%matplotlib inline\nHELP = '''\n!important\n%d pixels\n?\n'''\nTWO = HELP.count('\\n!i') * 2\n"
            + RIGHT
        ],
        "passed",
    ),
    "a docstring that looks like magics": (
        [
            "!true\n"
            + ANSWER.replace("return", "'''\n    !not a shell line\n    %time x\n    '''\n    return")
        ],
        "passed",
    ),
    "a timed assignment": (["%time TWO = 1 + 1\n" + RIGHT], "passed"),
    "a timed assignment that goes on": (["%time TWO = 1 + \\\n  1\n" + RIGHT], "passed"),
    "a timed value": (["TWO = %time 1 + 1\n" + RIGHT], "passed"),
    "a timed function as a value": (["NAME = %time lambda number: number * 2"], "passed"),
    "two timed statements": (["%time ONE = 1; TWO = ONE + 1\n" + RIGHT], "passed"),
    "a timed assignment in a loop": (["for _ in range(2):\n    %time TWO = 2\n" + RIGHT], "passed"),
    "a shell line in a branch": (["if True:\n    !true\n    TWO = 2\n" + RIGHT], "passed"),
    "a timed call in the answer": ([ANSWER.replace("return", "%time sum([1])\n    return")], "passed"),
    "a timed value in the answer": (
        ["def NAME(number):\n    twice = %time number * 2\n    return twice"],
        "passed",
    ),
    "a timed assignment in the answer, which leaves no name": (
        ["def NAME(number):\n    %time twice = number * 2\n    return twice"],
        "raised",
    ),
    "a timed cell": (["%%time\n" + ANSWER], "passed"),
    "a timed cell below empty lines": (["\n\n%%time\n\nTWO = 2\n" + RIGHT], "passed"),
    "a captured cell": (["%%capture\nprint('quiet')\n" + ANSWER], "passed"),
    "a captured cell with a name": (["%%capture shown --no-stderr\n" + ANSWER], "passed"),
    "a captured and timed cell": (["%%capture\n%%time\n" + ANSWER], "passed"),
    "a timed cell with magics": (["%%time\n!true\n%time TWO = 2\n" + RIGHT], "passed"),
    "a line that is repeated for its time": (["%timeit -n1 -r1 sum([1])\n" + ANSWER], "passed"),
    "a cell that is repeated for its time": (["%%timeit -n1 -r1\n" + ANSWER], "missing"),
    "a cell for a shell": (["%%bash\necho 1", ANSWER], "passed"),
    "a cell of HTML": (["%%html\n<b>", ANSWER], "passed"),
    "a file that is written": (["%%writefile odd.txt\ndef NAME(", ANSWER], "passed"),
    "the answer written to a file": (["%%writefile odd_answer.py\n" + ANSWER], "missing"),
    "an awaited value": (["import asyncio\nTWO = await asyncio.sleep(0, 2)\n" + RIGHT], "passed"),
    "an awaited helper of another cell": (
        ["async def two():\n    return 2", "TWO = await two()", RIGHT],
        "passed",
    ),
    "awaiting in a list": (
        ["async def half(n):\n    return n // 2", "TWO = sum([await half(n) for n in (2, 3)])", RIGHT],
        "passed",
    ),
    "an asynchronous loop": (
        [
            "async def numbers():\n    yield 1\n    yield 2",
            "async for TWO in numbers():\n    pass",
            RIGHT,
        ],
        "passed",
    ),
    "an asynchronous block": (
        ["import asyncio\nlock = asyncio.Lock()\nasync with lock:\n    TWO = 2\n" + RIGHT],
        "passed",
    ),
    "a task that another cell awaits": (
        [
            "import asyncio\nasync def later(): return 2",
            "task = asyncio.create_task(later())",
            "TWO = await task",
            RIGHT,
        ],
        "passed",
    ),
    "awaiting beside the answer": (["import asyncio\nawait asyncio.sleep(0)\n" + ANSWER], "passed"),
    "an answer that is a coroutine": (["async " + ANSWER], "failed"),
    "help": (["len?\n?len\nlen??\n" + ANSWER], "passed"),
    "magics that set things": (
        ["%config InlineBackend.figure_format = 'retina'\n%env ODD=1\n%cd -q .\n" + ANSWER],
        "passed",
    ),
    "the place as a value": (["place = %pwd\n" + ANSWER], "passed"),
    "prompts of Python": ([">>> TWO = 2\n>>> def NAME(number):\n...     return number * TWO"], "passed"),
    "prompts of IPython": (
        ["In [1]: TWO = 2\nIn [2]: def NAME(number):\n   ...:     return number * TWO"],
        "passed",
    ),
    "an indented cell": (["    TWO = 2\n    def NAME(number):\n        return number * TWO"], "passed"),
    "semicolons": (["TWO = 2;\n" + RIGHT + ";"], "passed"),
    "a magic that is called": (["get_ipython().run_line_magic('time', 'TWO = 2')\n" + RIGHT], "passed"),
    "the shell that is called": (
        [
            "shell = get_ipython()\nif shell:\n    shell.run_line_magic('matplotlib', 'inline')\n    TWO = 2\n"
            + RIGHT
        ],
        "passed",
    ),
    "a slash that calls": (["/print 1\n,print a b\n;print a b\n" + ANSWER], "passed"),
    "an assignment in a comprehension": (["kept = [(TWO := n) for n in (1, 2)]\n" + RIGHT], "passed"),
    "Windows line ends": (["!echo 1 \\\r\n  2\r\n%time TWO = 2\r\n" + RIGHT.replace("\n", "\r\n")], "passed"),
    "a transformer of one's own": (
        ["get_ipython().input_transformers_post.append(lambda lines: lines)", ANSWER],
        "passed",
    ),
    "an unwritten answer": (["def NAME(number):\n    return ...\n"], "not attempted"),
    "a wrong answer": (["%time ONE = 1\n" + RIGHT.replace("TWO", "ONE")], "failed"),
    "no Python": (["def NAME(number:\n    return 1"], "missing"),
    "another name": (["def other(number):\n    return number * 2"], "missing"),
    "a Markdown cell": ([cell(ANSWER, "markdown")], "missing"),
    "a Markdown cell with marks": ([cell("```python\n" + ANSWER + "\n```", "markdown")], "missing"),
    "a raw cell": ([cell(ANSWER, "raw")], "missing"),
    "no metadata, in a new cell": ([cell("TWO = 2"), cell(RIGHT, odd=True)], "passed"),
    "a helper in a cell of its own": (["TWO = 2", RIGHT], "passed"),
    "split in its middle": (["def NAME(number):\n    twice = 2 * number", "    return twice"], "failed"),
    "split behind a colon": (["def NAME(number):", "    return 2 * number"], "missing"),
    "the course's own": (["NAME = unblock('ID')"], "missing"),
}
STATUSES = {odd_exercises.EXERCISES[index].id: status for index, (_, status) in enumerate(ODD.values())}
SET_UP = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
__import__("odd_exercises").install()
from course_lib.notebook import check, unblock
"""


def marks(exercise_id, **changed):
    about = {"schema_version": 3, "grade": False, "solution": True, "locked": False, "task": False}
    return {"nbgrader": about | {"grade_id": exercise_id, "cell_type": "code"} | changed}


def odd_cells(exercise, cells):
    """Return an exercise's odd cells; a single cell has the metadata that it was handed out with."""
    made = [one if isinstance(one, dict) else cell(one) for one in cells]
    for one in made:
        source = one["source"].replace("NAME", exercise.name).replace("ID", exercise.id)
        metadata = marks(exercise.id) if len(made) == 1 else one["metadata"]
        yield one | {"source": source.replace("TWO", f"TWO_{exercise.name}"), "metadata": metadata}


def written(handed_out):
    """Return a notebook with all odd cells, or with the stubs in their place, each followed by its check."""
    cells = [cell(SET_UP)]
    for exercise, (odd, _) in zip(odd_exercises.EXERCISES, ODD.values(), strict=False):
        stub = cell(f"def {exercise.name}(number):\n    return ...\n", **marks(exercise.id))
        cells += [stub] if handed_out else list(odd_cells(exercise, odd))
        check = marks(f"{exercise.id}-check", grade=True, solution=False, points=1)
        cells.append(cell(f'check("{exercise.id}")', **check))
    for number, one in enumerate(cells):
        one["id"] = f"c-{number}"
        if one["cell_type"] == "code":
            one |= {"outputs": [], "execution_count": None}
    return {"cells": cells, "metadata": {"course": {"lesson": "01"}}, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with the one lesson, and a learner's copy that has all odd cells."""
    root = tmp_path_factory.mktemp("course")
    for folder, handed_out in (("notebooks", True), ("work", False)):
        (root / folder).mkdir()
        (root / folder / f"{LESSON}.ipynb").write_text(json.dumps(written(handed_out)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(course_lib.exercises, "outline", lambda: odd_exercises.outline(len(ODD)))
        patch.setattr(released, "course_root", lambda: root)
        yield root
    released.released.cache_clear()


@pytest.fixture(scope="module")
def in_notebook(course):
    """The status that `check` in a notebook gives each exercise."""
    notebook = nbformat.read(course / "work" / f"{LESSON}.ipynb", as_version=4)
    ask = "print('status of', {0!r}, getattr(check({0!r}), 'status', 'missing'), sep='|')"
    cells = [one for one in notebook.cells if one.cell_type == "code"]
    for one in cells:
        checked = re.fullmatch(r'check\("(.+)"\)', one.source)
        one.source = ask.format(checked[1]) if checked else one.source.replace("\r\n", "\n")  # as editors do
    notebook.cells = cells
    with started_kernel(notebook, course / "work", allow_errors=True) as client:
        for index, one in enumerate(cells):
            client.execute_cell(one, index)
    texts = "".join(output.get("text", "") for one in cells for output in one.outputs)
    return dict(re.findall(r"status of\|(.+)\|(.+)", texts))


@pytest.fixture(scope="module")
def in_terminal(course):
    """The report that `course check` gives of each exercise."""
    return {report.exercise: report for report in check_answers("01", course)}


@pytest.fixture(scope="module")
def graded(course, tmp_path_factory):
    """The grade that `course grade` gives."""
    text = (course / "work" / f"{LESSON}.ipynb").read_bytes()
    with grader(deadline=5.0) as warm:
        grade = warm.grade(hand_in(tmp_path_factory.mktemp("submissions"), "ada", text, LESSON))
    assert not grade.reason, grade.reason
    return grade


@pytest.mark.parametrize("odd", ODD)
def test_notebook_terminal_and_grader_agree(odd, in_notebook, in_terminal, graded):
    exercise_id = odd_exercises.EXERCISES[list(ODD).index(odd)].id
    by_grader = by_id(graded)[exercise_id]
    found = in_notebook[exercise_id], in_terminal[exercise_id].status, by_grader.status
    assert found == (STATUSES[exercise_id],) * 3, (in_terminal[exercise_id].text, by_grader)
