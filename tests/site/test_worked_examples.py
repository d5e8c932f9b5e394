"""The worked examples: their files, what runs them, and that a browser's Python prints what the page says."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from example_runner import LAST_LINES, MOST_CHARACTERS, run_example
from lesson_pages import Lesson
from pyodide_in_node import in_node
from worked_examples import BLANK, links_to_examples, read_examples
from worked_examples_page import write_worked_examples

from course_lib.lessons import lesson_files

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def examples():
    return read_examples()


@pytest.mark.slow
def test_a_browser_prints_what_the_page_says(pyodide, examples):
    work = {
        "runner": (HERE.parents[1] / "site" / "example_runner.py").read_text(encoding="utf-8"),
        "programs": {example.name: example.program for example in examples},
    }
    printed = json.loads(in_node(pyodide, HERE / "run_examples.py", json.dumps(work)))
    assert printed == {example.name: example.output for example in examples}


# --- The files ---------------------------------------------------------------------------------------------


def test_every_example_has_a_name_and_a_lesson_and_prints_something(examples, course):
    lessons = {path.stem[:2] for path in lesson_files(course / "solutions", ".ipynb")}
    assert len({example.name for example in examples}) == len(examples) > 35
    assert {example.lesson for example in examples} <= lessons
    assert [example.name for example in examples if not example.output] == []
    lines = [line for example in examples for line in f"{example.program}\n{example.stub}".splitlines()]
    assert max(map(len, lines)) <= 76  # what the page shows of a line


def test_a_your_turn_has_blanks_and_knows_wrong_fillings(examples):
    turns = [example for example in examples if example.is_your_turn]
    assert {example.name for example in turns} >= {"argmax-dog", "accuracy-3x3", "miou-3x3"}
    for example in turns:
        assert example.title.startswith("Your turn: ")
        assert BLANK in example.stub
        assert example.wrong
        assert "blank:" not in example.stub + example.program
        assert "wrong:" not in example.stub + example.program


FILL = '"""Your turn: add"""\n\nsum_ = 2 + 3\n# blank: +\n# wrong: * | That multiplies.\nprint(sum_)\n'


def examples_in(folder, **sources):
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    return read_examples(folder)


def test_a_blank_and_its_wrong_filling_are_read(tmp_path):
    (example,) = examples_in(tmp_path, **{"01a_add_up": FILL})
    assert (example.name, example.lesson, example.title) == ("add-up", "01", "Your turn: add")
    assert example.program == "sum_ = 2 + 3\nprint(sum_)"
    assert example.stub == "sum_ = 2 ___ 3\nprint(sum_)"
    assert (example.output, example.wrong) == ("5", (("6", "That multiplies."),))
    assert links_to_examples([example], "01").endswith("[Your turn: add](#example-add-up).")
    assert links_to_examples([example], "02") == ""


@pytest.mark.parametrize("with_python", [True, False])
def test_a_site_without_python_offers_nothing_to_run(tmp_path, with_python):
    (example,) = examples_in(tmp_path, **{"01a_add_up": FILL})
    (tmp_path / "_static").mkdir()
    lesson = Lesson("01_argmax_per_pixel", "Argmax per pixel", 60, True)
    write_worked_examples(tmp_path, [example], [lesson], with_python)
    page = (tmp_path / "worked-examples.md").read_text(encoding="utf-8")
    assert ("<button" in page, "<script" in page) == (with_python, with_python)
    assert ("this copy of the site has no Python" in page) == (not with_python)
    assert (tmp_path / "_static" / "example_runner.py").exists() == with_python
    assert "(example-add-up)=\n### Your turn: add" in page
    assert "[lesson 01](lessons/01_argmax_per_pixel.ipynb)" in page


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("print(1)\n", "01a_odd.py has no docstring: give it a title"),
        ('"""Odd"""\n\nprint(1 / 0)\n', "01a_odd.py does not run:\n.*ZeroDivisionError"),
        ('"""Odd"""\n\nprint(1)\n# blank: 2\n', "'print.1.' does not hold its blank '2'"),
        (FILL.replace("3", "2"), "01a_odd.py: a wrong filling prints what the right one prints"),
    ],
)
def test_an_example_with_a_mistake_is_refused(tmp_path, source, message):
    with pytest.raises(ValueError, match=re.compile(message, re.DOTALL)):
        examples_in(tmp_path, **{"01a_odd": source})


# --- The runner --------------------------------------------------------------------------------------------


def outcome(code):
    printed = []
    error = run_example(code, printed.append)
    return "".join(printed), error


def test_what_a_program_prints_and_warns_is_its_output():
    assert outcome("import sys\nprint(1)\nprint(2, file=sys.stderr)\nsys.exit()") == ("1\n2\n", "")


def test_an_error_shows_the_readers_lines_and_no_others():
    printed, error = outcome("print('before')\n\ndef f(x):\n    return int(x)\n\nf('a')")
    assert printed == "before\n"
    assert 'File "example.py", line 4, in f\n    return int(x)' in error
    assert error.endswith("ValueError: invalid literal for int() with base 10: 'a'")
    assert "example_runner" not in error
    assert 'File "example.py", line 1' in outcome("print(1")[1]


def test_a_long_error_is_cut_to_its_last_lines():
    error = outcome("def f(n):\n    return f(n + 1) + f(n)\n\ndef g(n):\n    return f(n)\n\ng(0)")[1]
    assert len(error.splitlines()) <= LAST_LINES
    assert "RecursionError" in error.splitlines()[-1]


def test_a_program_that_prints_without_end_is_ended():
    printed, error = outcome(
        "while True:\n    try:\n        print('again')\n    except Exception:\n        pass"
    )
    assert len(printed) <= MOST_CHARACTERS + len("again\n")
    assert error.endswith("the run was ended after 20,000 characters of output")


def test_a_program_does_not_see_the_names_of_the_one_before():
    assert outcome("secret = 1") == ("", "")
    assert outcome("print(secret)")[1].endswith("NameError: name 'secret' is not defined")


# --- The editor --------------------------------------------------------------------------------------------


def test_the_editor_was_built_from_the_sources_beside_it(course):
    built = hashlib.sha256()
    for name in ("editor.mjs", "package-lock.json"):
        built.update((course / "site" / "editor" / name).read_bytes())
    with (course / "site" / "static" / "editor.js").open(encoding="utf-8") as script:
        assert built.hexdigest() in script.readline(), "npm ci && npm run build in site/editor"
