"""Every rule of the linter: silent on the small course, and reported if one thing is wrong."""

import dataclasses
import shutil

import nbformat
import pytest
import results_folder
from small_course import LESSON
from small_exercises import ADD, DOUBLE, EXERCISES, observers

from course_lib.authoring import lint_exercises
from course_lib.authoring.build import find_lessons
from course_lib.authoring.lint import as_table, lint, lint_pages
from course_lib.cli import main
from course_lib.paths import course_root


@pytest.fixture
def copied(built_course, course):
    """The built course, to be changed."""
    shutil.copy(built_course.solution, course.solution)
    return course


def problems_of(course, exercises=EXERCISES):
    return [str(problem) for problem in lint([course.lesson], lambda lesson: exercises).problems]


def test_the_small_course_has_no_problem(copied):
    found = lint([copied.lesson], lambda lesson: EXERCISES)
    assert found.problems == ()
    assert as_table(found.rows).splitlines()[2:] == [
        "| 01_small | 2 | 3 | 0 | 0 | 100% of 18 |",
        "| all | 2 | 3 | 0 | 0 | 100% of 18 |",
    ]


CHECKPOINT = LESSON[
    LESSON.index("# %% [markdown]\n# ## Checkpoint") : LESSON.index("# %% [markdown]\n# Back")
]
LONG = "".join(f"x{n} = {n}\n" for n in range(26))

BROKEN_LESSONS = {
    "typed figure": (
        "# ## Sums",
        "# ## Sums\n#\n# After 9 epochs the score is 0.41.",
        "looks like a figure of training",
    ),
    "term": ("# ## Sums", "# ## Sums\n#\n# Its IoU is 1.", "'IoU' is used here, and lesson 02 explains it"),
    "quote": ("# ## Sums", "# ## Sums\n#\n# {{skips.none.border}}", "names no result"),
    "title": ("# # Small sums", "# Small sums", "cell 1 (line 13): begin with the title"),
    "no picture": ("# ![A red dot](pictures/01_dot.png)\n", "#\n", "put a picture into the first cell"),
    "no alt": ("![A red dot]", "![]", "say what pictures/01_dot.png shows"),
    "img": ("# ## Sums", "# <img src='a.png'>", "not as <img>"),
    "goals": ("# **You will be able to**", "# **Goals**", "say the goals"),
    "needs": ("# **You need** lesson 00.", "# Lesson 00", "say what is needed"),
    "time": ("20 minutes; 1 second", "20 minutes, 1 second", "say the time"),
    "short": ("20 minutes;", "14 minutes;", "14 minutes: a lesson takes 15 to 180"),
    "long": ("20 minutes;", "181 minutes;", "181 minutes: a lesson takes"),
    "no checkpoint": (CHECKPOINT, "", "end with ## Checkpoint"),
    "two answers": ("# 2. What is 1 + 2?\n#\n# <details>", "# <div>", "2 answers in <details>"),
    "code after it": (
        "# %% [markdown]\n# Back",
        "# %%\nx = 1\n\n# %% [markdown]\n# Back",
        "this code cell comes after",
    ),
    "figure": ("trained = add(1, 1)", "show(trained)", "line 1 shows a figure without alt text"),
    "empty alt": ("trained = add(1, 1)", 'show({}, alt=" ")', "shows a figure without alt text"),
    "no legend": ("trained = add(1, 1)", 'show_masks({}, alt="A")', "shows masks without a legend"),
    "too few links": ("- [Three](https://c.org)\n", "Three\n", "2 links in ## Where to go from here: 3 to 6"),
    "plt": ("trained = add(1, 1)", "import matplotlib.pyplot as plt\nplt.show()", "line 2 shows a figure"),
    "long code": ("trained = add(1, 1)\n", LONG, "26 lines: a cell has at most 25"),
    "long text": ("# ## Sums\n", "# line\n" * 26, "26 lines: a cell has at most 25"),
    "external": ("# ## Sums", "# [See](https://a.b/c)", "https://a.b/c) leads outside: say here"),
    "external code": ("trained = add(1, 1)", 'x = "http://a.b"', 'http://a.b" leads outside'),
    "dead link": ("(01_small.ipynb)", "(02_more.ipynb)", "02_more.ipynb leads nowhere"),
    "tag": ('tags=["trains"]', 'tags=["train"]', "the tag 'train' is unknown"),
    "given away": (
        "trained = add(1, 1)",
        "def f(a, b):\n    total = a + b",
        "gives away the answer to 'add'",
    ),
    "not built": ("# ## Sums", "# ### BEGIN SOLUTION", None),
}


@pytest.mark.parametrize("case", BROKEN_LESSONS)
def test_a_rule_on_lessons_is_reported(copied, case):
    old, new, message = BROKEN_LESSONS[case]
    copied.change(old, new)
    found = problems_of(copied)
    if message is None:
        assert found == []
    else:
        assert len(found) == 1, found
        assert message in found[0]
        assert found[0].startswith("solutions/01_small.py")


def test_pages_are_held_to_the_results_that_they_quote(tmp_path):
    results_folder.three_seeds(results_folder.new_folder(tmp_path))
    page = tmp_path / "README.md"
    page.write_text(
        "More: <!-- figure skips.with.iou -->0.9<!-- /figure -->.\n\nTrained to an IoU of 0.41.\n"
    )
    assert lint_pages(tmp_path) == []
    (tmp_path / "experiments" / "skips.py").write_text("x = 1\n")
    (problem,) = lint_pages(tmp_path)
    assert str(problem).startswith("README.md: {{skips.with.iou}}: the code of skips has changed")


def test_a_marker_in_a_students_code_is_reported(copied):
    copied.change("trained = add(1, 1)", "trained = add(1, 1)\n### END SOLUTION")
    assert any("a marker of a solution is left" in problem for problem in problems_of(copied))


def test_alt_text_may_be_computed(copied):
    copied.change("trained = add(1, 1)", 'show(figure, alt=f"{add(1, 1)} dots")')
    assert problems_of(copied) == []


def test_the_first_lesson_may_ask_less(copied):
    short = LESSON.replace("# 2. What is 1 + 2?\n#\n# <details>", "# <div>")
    text = short.replace("# 3. What is 2 + 2?\n#\n# <details>", "# <div>").replace(
        "01_small.ipynb", "00_small.ipynb"
    )
    path = copied.lesson.with_name("00_small.py")
    path.write_text(text, encoding="utf-8")
    shutil.copy(copied.solution, path.with_suffix(".ipynb"))
    exercises = [dataclasses.replace(exercise, minutes=3) for exercise in EXERCISES]
    assert lint([path], lambda lesson: exercises).problems == ()


def test_a_lesson_that_cannot_be_built_is_a_problem(copied):
    copied.change("01_dot.png", "01_none.png")
    (problem,) = problems_of(copied)
    assert problem.startswith("solutions/01_small.py, cell 1 (line 13): there is no picture")


def stored(course, change):
    """Change the stored solution."""
    notebook = nbformat.read(course.solution, as_version=4)
    change(next(cell for cell in notebook.cells if cell.source == "print(add(20, 22))"))
    nbformat.write(notebook, course.solution)


def test_a_compared_cell_needs_a_stored_output(copied):
    stored(copied, lambda cell: cell.update(outputs=[]))
    (problem,) = problems_of(copied)
    assert "no output is stored: run course build 01" in problem


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (nbformat.v4.new_output("error", ename="E", evalue="", traceback=[]), "raised an error here"),
        (nbformat.v4.new_output("stream", name="stderr", text="careful"), "the stored solution warns here"),
    ],
)
def test_a_stored_solution_shows_no_error_and_no_warning(copied, output, message):
    stored(copied, lambda cell: cell.outputs.append(output))
    (problem,) = problems_of(copied)
    assert message in problem


def test_a_solution_must_have_been_built(course):
    assert problems_of(course) == ["solutions/01_small.py: there is no solution yet: run course build 01"]


def replaced(number, **changes):
    """The two exercises, with something changed in one of them."""
    exercises = list(EXERCISES)
    exercises[number] = dataclasses.replace(exercises[number], **changes)
    return exercises


def idea(number, **changes):
    ideas = list(ADD.misconceptions)
    ideas[number] = dataclasses.replace(ideas[number], **changes)
    return tuple(ideas)


BROKEN_EXERCISES = {
    "too short": ({"minutes": 4}, "it takes 4 minutes: 5 to 15"),
    "too long": ({"minutes": 16}, "it takes 16 minutes: 5 to 15"),
    "points": ({"points": 0}, "it is worth 0 points"),
    "few ideas": ({"misconceptions": ADD.misconceptions[:2]}, "it has 2 misconceptions"),
    "few variants": ({"accepted": ADD.accepted[:2]}, "it has 2 accepted variants"),
    "few hints": ({"hints": ("one", "two")}, "the exercise needs three hints"),
    "empty hint": ({"hints": ("one", "two", " ")}, "the exercise needs three hints"),
    "no worked case": ({"worked_cases": ()}, "the exercise shows no worked case"),
    "sentence": (
        {"misconceptions": idea(0, sentence="You subtracted")},
        "'difference' does not end in a full stop or a question mark",
    ),
    "why": ({"why": "Because"}, "why does not end in a full stop or a question mark"),
    "same sentence": (
        {"misconceptions": idea(0, sentence=ADD.misconceptions[2].sentence)},
        "two misconceptions share the sentence 'You multiplied",
    ),
    "variant": ({"accepted": (*ADD.accepted, lambda a, b: a)}, "the accepted variant <lambda> does not pass"),
    "idea passes": (
        {"misconceptions": idea(0, answer=ADD.accepted[0])},
        "the misconception 'difference' passes",
    ),
}


@pytest.mark.parametrize("case", BROKEN_EXERCISES)
def test_a_rule_on_exercises_is_reported(copied, case):
    changes, message = BROKEN_EXERCISES[case]
    found = [problem for problem in problems_of(copied, replaced(0, **changes)) if message in problem]
    assert len(found) == 1
    assert found[0].startswith("course_lib.exercises.l01_small.add, add: ")


def test_an_observer_that_reaches_an_answer_is_reported(copied):
    """Such an exercise could not be graded: its observer runs beside students' code."""
    message = "the observer of 'add' needs add, which no student may have: let it do without."
    found = problems_of(copied, replaced(0, observe=observers.compare_with_the_reference))
    assert f"course_lib.exercises.l01_small.add, add: {message}" in found
    found = problems_of(copied, replaced(0, observe=observers.look_at_a_fraction))
    assert not [problem for problem in found if "the observer" in problem]


def test_a_reference_that_is_wrong_is_reported(copied):
    wrong = dataclasses.replace(ADD.worked_cases[0], expected=4)
    assert any(
        problem.startswith("course_lib.exercises.l01_small.add, add: the reference does not pass: ")
        for problem in problems_of(copied, replaced(0, worked_cases=(wrong,)))
    )


def half_documented(a, b):
    """Return the sum of two numbers.

    Args:
        a: a number.
    """
    ### BEGIN SOLUTION
    return a + b
    ### END SOLUTION


def solved_already(a, b):
    """Return the sum of two numbers."""
    if True:
        return a + b
    ### BEGIN SOLUTION
    return None
    ### END SOLUTION


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (half_documented, "the reference's docstring does not describe 'b' under Args:"),
        (solved_already, "unsolved, it counts as 'passed' instead of 'not attempted'"),
    ],
)
def test_a_reference_must_explain_itself_and_leave_something_to_do(copied, reference, message):
    assert any(message in problem for problem in problems_of(copied, replaced(0, reference=reference)))


def test_a_student_cell_that_raises_by_itself_is_reported():
    code = 'class Broken:\n    """Nothing."""\n\n    ### BEGIN SOLUTION\n    x = 1\n    ### END SOLUTION\n'
    broken = dataclasses.replace(ADD)
    text = code.replace("### BEGIN", "raise ValueError()\n    ### BEGIN")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lint_exercises, "answer_source", lambda exercise: text)
        trial = lint_exercises.try_answers(broken)
    assert "the student's cell raises by itself, ValueError" in str(trial.problems[0])


def test_too_few_recognised_misconceptions_are_reported(copied):
    twin = dataclasses.replace(ADD.misconceptions[0], name="twin", sentence="You subtracted again.")
    (problem,) = problems_of(copied, replaced(0, misconceptions=(*ADD.misconceptions, twin)))
    assert problem.startswith("lesson 01_small: 86% of the misconceptions are recognised")
    assert "add: 'twin' was taken for 'difference'" in problem


def test_an_id_names_one_exercise(copied):
    double = dataclasses.replace(DOUBLE)
    other = copied.lesson.with_name("02_small.py")
    text = (
        LESSON[: LESSON.index('# %% [markdown] exercise="add"')]
        + LESSON[LESSON.index('# %% [markdown] exercise="double"') :]
    )
    other.write_text(text, encoding="utf-8")
    found = lint([copied.lesson, other], lambda lesson: EXERCISES if lesson.number == "01" else (double,))
    assert any(
        "course_lib.exercises.l01_small.double, double has this id, too" in problem.message
        for problem in found.problems
    )


def test_workers_find_what_one_process_finds():
    lessons = find_lessons(course_root(), ["00", "01"])
    assert lint(lessons, workers=2) == lint(lessons)


def test_the_command_prints_problems_and_table(copied, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_ROOT", str(copied.root))
    assert main(["lint", "--table"]) == 0
    out = capsys.readouterr().out
    assert "| 01_small | 2 | 3 | 0 | 0 | 100% of 18 |" in out
    assert out.endswith("1 lesson, no problems.\n")
    copied.change("# # Small sums", "# Small sums")
    assert main(["lint", "01"]) == 1
    out = capsys.readouterr().out
    assert "cell 1 (line 13): begin with the title" in out
    assert "|" not in out


def test_unsolved_answers_live_in_their_module():
    answer = lint_exercises.unsolved_answer(ADD)
    assert answer.__name__ == "add"
    assert answer.__globals__["ADD"] is ADD
