"""What students' code can import, or read as text, gives no answer away; and the list of it cannot drift."""

import ast
import inspect
import json
import pkgutil
import re
import shutil
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest

import course_lib
from course_lib.exercises import all_exercises
from course_lib.exercises.l11_bug_hunt.shared import cause_of
from course_lib.grading.sandbox.inside import dependencies
from course_lib.grading.sandbox.library import SEEN_BY_STUDENTS, copy_library
from course_lib.paths import course_root
from course_lib.questions import all_questions

LIBRARY_FUNCTIONS = {
    "course_lib.metrics.pairs.binary_iou": "the metric itself, for everyday use: lesson 03 has it written by hand",
    "course_lib.metrics.pairs.binary_dice": "the same",
    "course_lib.metrics.pairs.dice_from_iou": "the same",
    "course_lib.metrics.pairs.iou": "the same",
    "course_lib.metrics.pairs.mean_iou": "the same",
    "course_lib.models.unet.centre_crop": "a valid U-Net needs it; lesson 06 has it written as crop_skip",
    "course_lib.data.pets.resize_image": "right for images; using it for a mask is a misconception of lesson 07",
}
"""Functions of the library that do what an answer does. An answer that calls one is flagged by its name."""

SMALLEST_BODY = 12  # nodes of a syntax tree: `return features` and its like are no secret
BINARY = (".npz", ".png", ".jpg")
SHORTEST_SENTENCE = 40  # characters: shorter ones, such as "IoU", are ordinary words


def normalised(node):
    """A function's or class's body without docstring, types and the choice of names; None where it is too small."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    tree = ast.parse(ast.unparse(ast.Module(body, [])))
    names: dict[str, str] = {}
    for inner in ast.walk(tree):
        if isinstance(inner, ast.Name):
            inner.id = names.setdefault(inner.id, str(len(names)))
        elif isinstance(inner, ast.arg):
            inner.arg, inner.annotation = names.setdefault(inner.arg, str(len(names))), None
    return ast.dump(tree) if sum(1 for _ in ast.walk(tree)) >= SMALLEST_BODY else None


def bodies(source):
    """The normalised bodies of all functions and classes in a source, each with its name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and (body := normalised(node)):
            yield body, node.name


def secret_bodies():
    """The bodies of all answers of all exercises, right and wrong, with the exercise's id."""
    found = {}
    for exercise in all_exercises():
        ideas = (idea.answer for idea in exercise.misconceptions)
        for answer in (exercise.reference, *exercise.accepted, *ideas):
            with_its_parts = textwrap.dedent(inspect.getsource(answer)) if hasattr(answer, "__name__") else ""
            if with_its_parts.startswith(("def ", "class ", "@")):
                definition = ast.parse(with_its_parts).body[0]
                if body := normalised(definition):
                    found[body] = exercise.id
    return found


def words(text):
    return " ".join(text.split())


def secret_sentences():
    """What only a solver or a grader should read, with where it is from."""
    for exercise in all_exercises():
        for text in (exercise.why, *(idea.sentence for idea in exercise.misconceptions), *exercise.hints):
            yield words(text), exercise.id
    for question in all_questions():
        for text in (question.ask, *(choice.answer for choice in question.choices)):
            yield words(text), question.id


def strings(source):
    return [
        words(node.value)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def gives_key(text):
    """Whether a text names a run of lesson 11 and then, at once, its cause."""
    return any(re.search(rf"\b{letter}\W{{1,6}}{cause_of(letter)}", text) for letter in "ABCDEFGHIJ")


@pytest.fixture(scope="module")
def secrets():
    sentences = {text: place for text, place in secret_sentences() if len(text) >= SHORTEST_SENTENCE}
    return secret_bodies(), sentences


def given_away(folder, secrets):
    """What a copied library gives away as text, each as file and secret."""
    secret_functions, sentences = secrets
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        text = path.read_bytes().decode("latin-1" if path.suffix in BINARY else "utf-8")
        if gives_key(words(text)):
            yield name, "the key of lesson 11"
        readable = strings(text) if path.suffix == ".py" else [words(text)]
        yield from ((name, sentences[text]) for text in readable if text in sentences)
        if path.suffix != ".py":
            yield from ((name, place) for secret, place in sentences.items() if secret in readable[0])
            continue
        for body, function in bodies(text):
            module = name.removesuffix(".py").replace("/", ".")
            if body in secret_functions and f"{module}.{function}" not in LIBRARY_FUNCTIONS:
                yield name, f"{function} answers {secret_functions[body]}"


@pytest.fixture
def copied():
    folders = []

    def copy(*more):
        folders.append(copy_library((*SEEN_BY_STUDENTS, *more)))
        return folders[-1]

    yield copy
    for folder in folders:
        shutil.rmtree(folder)


def test_nothing_in_the_copy_gives_an_answer_away(copied, secrets):
    functions, sentences = secrets
    assert len(functions) > 1000
    assert len(sentences) > 1000
    assert list(given_away(copied(), secrets)) == []


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("exercises", "the key of lesson 11"),
        ("bug_hunt", "decode answers "),
        ("questions", ""),
    ],
)
def test_a_module_that_holds_an_answer_is_found_on_the_list(name, secret, copied, secrets):
    found = list(given_away(copied(name), secrets))
    assert any(secret in what for _, what in found)
    assert all(file.startswith(f"course_lib/{name}") for file, _ in found)


PRINT_ALL = """
import importlib, json, pkgutil, sys
sys.path.insert(0, sys.argv[1])
import course_lib
names = [found.name for found in pkgutil.walk_packages(course_lib.__path__, "course_lib.")]
modules = [importlib.import_module(name) for name in names]
data = (str, int, float, list, tuple, dict, set)
values = [repr(value) for module in modules for key, value in vars(module).items()
          if isinstance(value, data) and key[:2] != "__"]
print(json.dumps([names, sorted(name for name in sys.modules if name.startswith("course_lib")), values]))
"""


def test_every_module_of_the_copy_can_be_imported_and_holds_no_key(copied):
    """Each needs nothing that is not there; what it works out on import is no key either."""
    command = [sys.executable, "-W", "ignore", "-c", PRINT_ALL, str(copied())]
    ran = subprocess.run(command, capture_output=True, text=True, cwd="/")
    assert ran.returncode == 0, ran.stderr
    names, loaded, values = json.loads(ran.stdout.splitlines()[-1])
    assert {"course_lib.metrics", "course_lib.models.unet", "course_lib.notebook"} <= set(names)
    assert not [name for name in loaded if name.startswith(("course_lib.exercises", "course_lib.checking"))]
    assert not [value for value in values if gives_key(words(value))]


def test_the_contract_about_imports_is_about_this_list():
    """lint-imports holds that what students see imports nothing that they do not see; here, that it knows all."""
    text = (course_root() / "pyproject.toml").read_text(encoding="utf-8")
    contracts = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    (contract,) = [contract for contract in contracts if contract["type"] == "forbidden"]
    seen = {f"course_lib.{Path(name).stem}" for name in SEEN_BY_STUDENTS} - {"course_lib.__init__"}
    every = {found.name for found in pkgutil.iter_modules(course_lib.__path__, "course_lib.")}
    assert set(contract["source_modules"]) == seen
    assert set(contract["forbidden_modules"]) == every - seen


def test_the_list_names_what_there_is():
    package = Path(course_lib.__file__).parent
    assert [name for name in SEEN_BY_STUDENTS if not (package / name).exists()] == []


@pytest.mark.parametrize("name", LIBRARY_FUNCTIONS)
def test_calling_a_function_of_the_library_is_flagged(name):
    module, _, function = name.rpartition(".")
    assert uses(f"from {module} import {function}\ndef f(*a):\n    return {function}(*a)") == [name]


def uses(source):
    return dependencies.plan("f", dependencies.statements_of([(1, source)], {})).uses


def test_reading_a_hidden_constant_is_flagged_and_a_public_one_is_not():
    source = "from course_lib.metrics import {0}\ndef f(x):\n    return {0}"
    assert uses(source.format("_KEY")) == ["course_lib.metrics._KEY"]
    assert uses("from course_lib import masks\ndef f(x):\n    return masks._KEY") == ["course_lib.masks._KEY"]
    assert uses(source.format("PET_CLASSES")) == []
