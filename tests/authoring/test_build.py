"""From a lesson to its two notebooks: cells, ids, metadata, attachments, the same bytes again, and every error."""

import base64
import dataclasses
import json
import re
import shutil

import nbformat
import pytest
import results_folder
from small_exercises import ADD, DOUBLE, EXERCISES

import course_lib
from course_lib.authoring.answers import answer_source, solution_lines, without_solution
from course_lib.authoring.build import (
    build_lesson,
    find_lessons,
    find_orphans,
    find_stale,
    pages_that_quote,
    with_figures,
)
from course_lib.authoring.execute import execute
from course_lib.authoring.lesson import LessonError, exercises_of, read_lesson
from course_lib.authoring.notebooks import as_json, build_notebook, without_outputs
from course_lib.authoring.readme import with_site
from course_lib.cli import main


def small(lesson):
    return EXERCISES


def build(path, *, solved=False, exercises=EXERCISES):
    return build_notebook(read_lesson(path), exercises, solved=solved)


def sources(notebook):
    return [cell.source for cell in notebook.cells]


STUB = '''\
def add(a, b):
    """Return the sum of two numbers.

    Args:
        a: a number.
        b: another one.

    Returns:
        A number.
    """
    total = 0
    # YOUR CODE HERE
    raise NotImplementedError()
    return total'''


def test_the_solution_is_cut_out_as_nbgrader_does():
    assert without_solution(answer_source(ADD)) == STUB
    assert solution_lines(answer_source(ADD)) == ["total = a + b"]


def test_the_solution_cell_is_the_source_of_the_reference():
    assert (
        "    ### BEGIN SOLUTION\n    # one after the other\n    total = a + b\n    ### END"
        in answer_source(ADD)
    )


def test_an_exercise_becomes_statement_answer_and_check(course):
    cells = sources(build(course.lesson))
    at = cells.index("### Exercise: A sum\n\n*5 minutes, 2 points*\n\nAdd two numbers.")
    assert cells[at + 1 : at + 3] == [STUB, 'check("add")']
    assert "### Exercise: Twice a number\n\n*10 minutes, 1 point*\n\nDouble a number." in cells


def test_student_and_solution_differ_only_in_the_answers(course):
    student, solution = build(course.lesson), build(course.lesson, solved=True)
    pairs = list(zip(student.cells, solution.cells, strict=True))
    changed = [(one.source, other.source) for one, other in pairs if one != other]
    assert changed == [
        (without_solution(answer_source(exercise)), answer_source(exercise)) for exercise in EXERCISES
    ]


def test_cells_are_numbered_and_valid(course):
    notebook = build(course.lesson)
    nbformat.validate(notebook)
    assert [cell.id for cell in notebook.cells] == [f"01-{n:03d}" for n in range(1, len(notebook.cells) + 1)]


def test_the_answer_cell_is_nbgraders(course):
    cells = [cell.metadata.nbgrader for cell in build(course.lesson).cells if "nbgrader" in cell.metadata]
    locked = {"cell_type": "code", "schema_version": 3, "task": False}
    assert cells[0] == {**locked, "grade": False, "grade_id": "add", "locked": False, "solution": True}
    assert cells[1] == {
        **locked,
        "grade": True,
        "grade_id": "add-check",
        "locked": True,
        "points": 2,
        "solution": False,
    }
    assert all(list(cell) == sorted(cell) for cell in cells)


def test_metadata_is_only_what_is_needed(course):
    notebook = build(course.lesson)
    assert notebook.metadata == {
        "course": {"lesson": "01", "release": course_lib.__version__},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    keys = {key for cell in notebook.cells for key in cell.metadata}
    assert keys == {"nbgrader", "tags"}
    assert [cell.metadata.tags for cell in notebook.cells if "tags" in cell.metadata] == [
        ["nbval-check-output"],
        ["trains"],
    ]


def test_the_set_up_follows_the_first_cell_and_has_three_lines(course):
    text, setup = build(course.lesson).cells[1:3]
    assert "`No module named 'course_lib'`" in text.source
    assert f'open_lesson("01", release="{course_lib.__version__}", needs="numpy")' in setup.source
    assert len(setup.source.splitlines()) == 3


def test_the_set_up_knows_what_the_lesson_imports(course):
    course.change("import sys\n\n", "import sys\nimport torch.nn as nn\nfrom course_lib import masks\n\n")
    assert 'needs="numpy torch"' in build(course.lesson).cells[2].source


URLS = """[project]
name = "small"
[project.urls]
Repository = "https://example.org/course.git"
Documentation = "https://example.org/read/"
"""


def test_the_addresses_of_the_course_are_shown_only_where_they_are_known(course):
    text = build(course.lesson).cells[1].source
    assert "Colab" not in text
    assert "http" not in text
    (course.root / "pyproject.toml").write_text(URLS, encoding="utf-8")
    text = build(course.lesson).cells[1].source
    assert "run `%pip install git+https://example.org/course.git` in a cell of its own" in text
    assert "[The page of this lesson](https://example.org/read/lessons/01_small.html) runs without" in text
    course.change("import sys\n\n", "import sys\nimport torch\n\n")
    assert "01_small.html) can be read without an installation." in build(course.lesson).cells[1].source


def test_an_address_that_no_browser_opens_is_refused(course):
    (course.root / "pyproject.toml").write_text(
        URLS.replace("https://example.org/course", "git@example.org:course")
    )
    with pytest.raises(
        ValueError, match=r"\[project.urls\]: Repository is 'git@example.org:course.git'; give the address"
    ):
        build(course.lesson)


def test_the_readme_links_to_the_site_only_where_its_address_is_known():
    readme = "First.\n\n<!-- site -->\n<!-- /site -->\n\nSecond."
    linked = with_site(readme, "https://example.org/read")
    assert "run its first lessons, in your browser](https://example.org/read)**" in linked
    assert with_site(linked, "https://example.org/new").count("https://") == 1
    assert with_site(linked, "") == readme


def test_quoted_figures_are_filled_in(course):
    results_folder.three_seeds(results_folder.new_folder(course.root))
    course.change("# ## Sums", "# ## Sums: {{skips.with.iou}}")
    for solved in (False, True):
        assert "## Sums: 0.70 ± 0.10" in sources(build(course.lesson, solved=solved))


def test_a_quote_of_nothing_is_refused_with_its_cell(course):
    course.change("# ## Sums", "# ## Sums: {{skips.with.iou}}")
    with pytest.raises(LessonError, match=r"solutions/01_small\.py, cell 3 .*names no result"):
        build(course.lesson)


def test_the_pages_that_quote_are_kept_up_to_date(course):
    results_folder.three_seeds(results_folder.new_folder(course.root))
    page = course.root / "docs" / "benchmarks.md"
    page.parent.mkdir()
    page.write_text("IoU {{skips.with.iou}}", encoding="utf-8")
    assert pages_that_quote(course.root) == [page]
    assert with_figures(page, course.root) == "IoU <!-- figure skips.with.iou -->0.70 ± 0.10<!-- /figure -->"
    page.write_text("IoU {{skips.with.dice}}", encoding="utf-8")
    with pytest.raises(LessonError, match=r"docs/benchmarks\.md: .* has no figure 'with\.dice'"):
        with_figures(page, course.root)


def test_pictures_are_attached(course):
    cell = build(course.lesson).cells[0]
    assert "![A red dot](attachment:01_dot.png)" in cell.source
    data = base64.b64decode(cell.attachments["01_dot.png"]["image/png"])
    assert data == (course.root / "solutions" / "pictures" / "01_dot.png").read_bytes()


def test_notebooks_are_stored_with_sorted_keys_and_a_last_line_end(course):
    text = as_json(build(course.lesson))
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    assert '"points": null' not in text


def test_magics_are_not_changed(course):
    course.change("import sys\n\n", "import sys\n\n# %time 1\n")
    assert "%time 1" in build(course.lesson).cells[3].source


BROKEN = {
    "unknown metadata": ('# %% exercise="add"', '# %% excercise="add"', r"cell 5 \(line 38\): excercise is"),
    "raw cell": ("# %% [markdown]\n# ## Sums", "# %% [raw]\n# ## Sums", r"cell 3 \(line 32\): a raw cell"),
    "unknown exercise": (
        '# %% exercise="add"',
        '# %% exercise="ad"',
        r"cell 5 \(line 38\): course_lib/exercises/l01_small does not define the exercise 'ad'; it defines add, double",
    ),
    "twice": (
        "# %% [markdown]\n# ## Checkpoint",
        '# %% [markdown] exercise="add"\n# Again.\n\n# %% exercise="add"\n\n# %% [markdown]\n# ## Checkpoint',
        r"cell 12 \(line 57\): exercise 'add' appears here for the second time",
    ),
    "not held": (
        '# %% [markdown] exercise="double"\n# Double a number.\n\n# %% exercise="double"\n\n',
        "",
        r"solutions/01_small.py: no cell holds 'double', which course_lib/exercises/l01_small defines",
    ),
    "no statement": (
        '# %% [markdown] exercise="add"',
        "# %% [markdown]",
        r"cell 5 .*: put the statement right before it",
    ),
    "no answer": ('# %% exercise="add"\n', "", r"cell 5 .*: put the cell for the answer before it"),
    "answer written": ('# %% exercise="add"\n', '# %% exercise="add"\nx = 1\n', r"cell 5 .*: leave it empty"),
    "picture missing": (
        "01_dot.png",
        "01_none.png",
        r"cell 1 \(line 13\): there is no picture pictures/01_none",
    ),
    "picture is svg": (
        "01_dot.png",
        "01_dot.svg",
        r"cell 1 .*: the picture pictures/01_dot.svg is not a PNG",
    ),
    "picture is far": (
        "pictures/01_dot.png",
        "https://a.b/c.png",
        r"cell 1 .*: the picture https://a.b/c.png",
    ),
    "no Python": ("print(add(20, 22))", "print(add(20, 22)", r"cell 7 .*: this is not Python"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_lesson_is_refused_by_file_and_cell(course, case):
    old, new, message = BROKEN[case]
    with pytest.raises(
        LessonError, match=rf"^solutions/01_small\.py.*{message.removeprefix('solutions/01_small.py')}"
    ):
        build(course.change(old, new))


def test_a_picture_that_is_not_a_png_is_refused(course):
    (course.root / "solutions" / "pictures" / "01_dot.png").write_bytes(b"GIF89a")
    with pytest.raises(LessonError, match=r"01_dot\.png is called \.png but is not a PNG"):
        build(course.lesson)


def test_a_lesson_begins_with_markdown(course):
    with pytest.raises(LessonError, match="cell 1: begin with"):
        build(course.write("# %%\nx = 1\n"), exercises=())


def unmarked(number):
    """Return twice a number."""
    return number * 2


@pytest.mark.parametrize(("reference", "message"), [(unmarked, "needs one line"), (len, "has no source")])
def test_a_reference_needs_source_and_markers(course, reference, message):
    broken = dataclasses.replace(DOUBLE, reference=reference)
    with pytest.raises(LessonError, match=rf"cell 10 .*reference of 'double', {message}"):
        build(course.lesson, exercises=(ADD, broken))


def test_the_exercises_of_a_lesson_are_those_of_its_folder_in_the_order_of_its_cells(course):
    assert exercises_of(read_lesson(course.lesson)) == (ADD, DOUBLE)
    swapped = {'exercise="add"': 'exercise="double"', 'exercise="double"': 'exercise="add"'}
    text = re.sub(
        "|".join(swapped), lambda found: swapped[found[0]], course.lesson.read_text(encoding="utf-8")
    )
    lesson = read_lesson(course.write(text))
    assert exercises_of(lesson) == (DOUBLE, ADD)


def test_a_lesson_without_a_folder_has_no_exercises(course):
    other = course.lesson.rename(course.lesson.with_name("02_small.py"))
    assert exercises_of(read_lesson(other)) == ()
    with pytest.raises(LessonError, match="it has no file that defines an exercise"):
        build(other, exercises=())


def test_a_file_is_named_after_its_exercise(course, monkeypatch):
    monkeypatch.setattr(ADD, "id", "sum")
    with pytest.raises(
        LessonError, match=r"l01_small.add defines the exercise 'sum': name the file after it"
    ):
        exercises_of(read_lesson(course.lesson))


def test_the_built_student_notebook_is_unsolved_and_unrun(built_course):
    notebook = nbformat.read(built_course.student, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert "SOLUTION" not in built_course.student.read_text(encoding="utf-8")


def test_the_built_solution_was_run(built_course):
    notebook = nbformat.read(built_course.solution, as_version=4)
    nbformat.validate(notebook)
    outputs = {cell.source: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}
    assert outputs["print(add(20, 22))"][0].text == "42\n"
    assert "passed" in outputs['check("add")'][0].data["text/plain"].lower()
    assert notebook.metadata == build(built_course.lesson).metadata
    assert not any("execution" in cell.metadata for cell in notebook.cells)
    assert without_outputs(notebook) == build(built_course.lesson, solved=True)


def test_a_second_build_gives_the_same_bytes(built_course, tmp_path):
    first = {path: path.read_bytes() for path in (built_course.student, built_course.solution)}
    build_lesson(built_course.lesson, built_course.root, run=False, exercises_of=small)
    assert {path: path.read_bytes() for path in first} == first
    assert find_stale([built_course.lesson], built_course.root, small) == []


@pytest.fixture
def copied(built_course, course):
    """The built course, to be changed."""
    for name in ("student", "solution"):
        getattr(course, name).parent.mkdir(exist_ok=True)
        shutil.copy(getattr(built_course, name), getattr(course, name))
    return course


def test_stored_outputs_stay_while_the_code_is_the_same(copied):
    before = copied.solution.read_bytes()
    build_lesson(copied.lesson, copied.root, run=False, exercises_of=small)
    assert copied.solution.read_bytes() == before
    copied.change("# **You need**", "# **You also need**")
    build_lesson(copied.lesson, copied.root, run=False, exercises_of=small)
    assert copied.solution.read_bytes() == before.replace(b"**You need**", b"**You also need**")
    copied.change("print(add(20, 22))", "print(add(20, 23))")
    assert find_stale([copied.lesson], copied.root, small) == [copied.student, copied.solution]
    build_lesson(copied.lesson, copied.root, run=False, exercises_of=small)
    assert '"outputs": []' in copied.solution.read_text(encoding="utf-8")
    assert find_stale([copied.lesson], copied.root, small) == []


@pytest.mark.parametrize(
    "damage", [lambda text: text.rstrip(), lambda text: text.replace('"tags"', '"tag"'), lambda text: "{"]
)
def test_a_notebook_edited_by_hand_is_stale(copied, damage):
    for path in (copied.student, copied.solution):
        path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert find_stale([copied.lesson], copied.root, small) == [copied.student, copied.solution]


def test_other_outputs_are_not_stale(copied):
    copied.solution.write_text(
        copied.solution.read_text(encoding="utf-8").replace('"42\\n"', '"43\\n"'), encoding="utf-8"
    )
    assert find_stale([copied.lesson], copied.root, small) == []


def test_a_notebook_without_lesson_is_an_orphan(copied):
    orphan = copied.root / "notebooks" / "02_gone.ipynb"
    orphan.write_text("{}", encoding="utf-8")
    assert find_orphans(copied.root) == [orphan]


def test_find_lessons_takes_numbers(course):
    assert find_lessons(course.root) == find_lessons(course.root, ["1"]) == [course.lesson]
    with pytest.raises(FileNotFoundError, match="no lesson 07 in .*, which has 01"):
        find_lessons(course.root, ["07"])


@pytest.mark.slow
def test_output_that_differs_from_run_to_run_is_removed(course):
    course.change(
        "import sys\n\n",
        "from pathlib import Path\nfrom course_lib.paths import course_root\n"
        "print(Path.cwd() / 'a', course_root() / 'b', Path.home() / 'c', object())\nimport sys\n\n",
    )
    notebook = execute(build(course.lesson, solved=True), "it")
    text = notebook.cells[3].outputs[0].text
    assert text.startswith("work/a ./b ")
    assert re.search(r" \S*c <object object at 0x\.\.\.>\n$", text)


OLD = "import warnings; warnings.warn('it is old', DeprecationWarning)"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "said"),
    [("trained = 1 / 0", "ZeroDivisionError: division by"), (OLD, "DeprecationWarning: it is old")],
)
def test_a_solution_that_raises_or_is_deprecated_is_named_with_its_cell(course, line, said):
    course.change("trained = add(1, 1)", line)
    with pytest.raises(LessonError, match=rf"solutions/01_small.py, cell 01-011: {said}"):
        build_lesson(course.lesson, course.root, exercises_of=small)
    assert course.student.is_file()
    assert not course.solution.exists()


@pytest.fixture
def here(course, monkeypatch):
    """The small course as the one that the command works on."""
    monkeypatch.setenv("COURSE_ROOT", str(course.root))
    return course


def test_the_command_builds_and_checks(here, capsys):
    assert main(["build", "01", "--no-execute"]) == 0
    assert main(["build", "--check"]) == 0
    here.change("# ## Sums", "# ## More sums")
    capsys.readouterr()
    assert main(["build", "--check"]) == 1
    out = capsys.readouterr().out
    assert "notebooks/01_small.ipynb is out of date" in out
    assert "solutions/01_small.ipynb is out of date" in out


def test_the_command_tells_what_is_wrong_in_one_line(here, capsys):
    here.change("01_dot.png", "01_none.png")
    assert main(["build"]) == 2
    assert capsys.readouterr().err.startswith(
        "course build: solutions/01_small.py, cell 1 (line 13): there is no"
    )
