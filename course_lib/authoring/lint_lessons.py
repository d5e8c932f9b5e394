"""Can a lesson be followed? Rules on its text, its cells, and what its notebooks hold."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from course_lib.authoring.answers import BEGIN, END, STUB, answer_source, solution_lines
from course_lib.authoring.lesson import Cell, Lesson
from course_lib.authoring.lint_figures import check_figures
from course_lib.authoring.lint_language import check_language
from course_lib.authoring.new_lesson import PLACEHOLDERS
from course_lib.authoring.notebooks import build_notebook, is_answer
from course_lib.authoring.pictures import PICTURE
from course_lib.authoring.problems import Problem
from course_lib.checking.exercise import Exercise
from course_lib.lessons import is_lesson_name
from course_lib.wording import counted

LONGEST_CELL = 25  # lines; blank lines of Markdown and docstrings are not counted
MINUTES = range(15, 181)
QUESTIONS = 3
LINKS = range(3, 7)
DRAWING = ("show", "show_masks")
TAGS = {"nbval-check-output", "nbval-ignore-output", "trains"}

_TIME = re.compile(r"^\*\*Time\*\* (\d+) minutes; \S.* of computing on two CPU cores\.$", re.MULTILINE)
_GOALS = re.compile(r"^\*\*You will be able to\*\*\n\n- \S", re.MULTILINE)
_NEEDS = re.compile(r"^\*\*You need\*\* \S", re.MULTILINE)
_CHECKPOINT = re.compile(r"^## Checkpoint$", re.MULTILINE)
_ANSWER = re.compile(r"<details>\s*<summary>Answer</summary>.+?</details>", re.DOTALL)
_EXTERNAL = re.compile(r"https?://\S*")
_READING_ON = re.compile(r"^## Where to go from here$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^()\s]+)\.ipynb[^()\s]*\)")


@dataclass(frozen=True)
class Draft:
    """A lesson, and everything that is built from it.

    Attributes:
        lesson: the lesson as the author wrote it.
        exercises: the lesson's exercises.
        student: the student's notebook, as the builder makes it.
        solution: the solution, as the builder makes it, without outputs.
        stored: the solution as it is stored, with outputs; None if it was never built.
    """

    lesson: Lesson
    exercises: Sequence[Exercise]
    student: NotebookNode
    solution: NotebookNode
    stored: NotebookNode | None

    @classmethod
    def of(cls, lesson: Lesson, exercises: Sequence[Exercise]) -> Draft:
        """Build a lesson's notebooks in memory, and read the stored solution.

        Raises:
            LessonError: the lesson cannot be built.
        """
        path = lesson.path.with_suffix(".ipynb")
        return cls(
            lesson,
            exercises,
            build_notebook(lesson, exercises, solved=False),
            build_notebook(lesson, exercises, solved=True),
            nbformat.read(path, as_version=4) if path.is_file() else None,
        )


def check_lesson(draft: Draft) -> Iterator[Problem]:
    """Yield what is wrong with a lesson, apart from its exercises' answers."""
    for rule in _RULES:
        yield from rule(draft)


def _begins_well(draft: Draft) -> Iterator[Problem]:
    first = draft.lesson.cells[0]
    if not first.source.startswith("# "):
        yield Problem(first.place, "begin with the title, # and a space")
    if not PICTURE.search(first.source):
        yield Problem(first.place, "put a picture into the first cell: ![what it shows](pictures/x.png)")
    if not _GOALS.search(first.source):
        yield Problem(first.place, "say the goals: **You will be able to**, a blank line, a list with -")
    if not _NEEDS.search(first.source):
        yield Problem(first.place, "say what is needed: **You need** ...")
    time = _TIME.search(first.source)
    if not time:
        yield Problem(
            first.place,
            "say the time: **Time** 60 minutes; 5 seconds of computing on two CPU cores.",
        )
    elif int(time[1]) not in MINUTES:
        yield Problem(first.place, f"{time[1]} minutes: a lesson takes {MINUTES[0]} to {MINUTES[-1]}")


def _ends_with_checkpoint(draft: Draft) -> Iterator[Problem]:
    cells = draft.lesson.cells
    at = next((n for n, cell in enumerate(cells) if _CHECKPOINT.search(_markdown(cell))), None)
    if at is None:
        yield Problem(draft.lesson.label, "end with ## Checkpoint, questions with their answers folded away")
        return
    yield from (
        Problem(cell.place, "this code cell comes after ## Checkpoint, which ends the lesson")
        for cell in cells[at:]
        if cell.kind == "code"
    )
    answers = len(_ANSWER.findall("\n".join(_markdown(cell) for cell in cells[at:])))
    least = 1 if draft.lesson.number == "00" else QUESTIONS
    if answers < least:
        yield Problem(
            cells[at].place,
            f"{answers} answers in <details><summary>Answer</summary> ... </details>: at least {least} are expected",
        )


def _markdown(cell: Cell) -> str:
    return cell.source if cell.kind == "markdown" else ""


def _skeleton_is_filled_in(draft: Draft) -> Iterator[Problem]:
    for cell in draft.lesson.cells:
        for words in PLACEHOLDERS:
            if words in _markdown(cell):
                yield Problem(cell.place, f"{words!r} is left over from the skeleton: write your own")


def _pictures_are_told(draft: Draft) -> Iterator[Problem]:
    for cell in draft.lesson.cells:
        for found in PICTURE.finditer(_markdown(cell)):
            if not found["alt"].strip():
                yield Problem(cell.place, f"say what {found['target']} shows, between ![ and ]")
        if "<img" in _markdown(cell):
            yield Problem(cell.place, "write a picture as ![what it shows](pictures/x.png), not as <img>")
    for built in _code_cells(draft.solution):
        for call in _calls(built.source, DRAWING):
            if not _has_alt(call):
                yield Problem(
                    _place(draft, built),
                    f'line {call.lineno} shows a figure without alt text: show(figure, alt="what it shows")',
                )
        for call in _calls(built.source, ["show_masks"]):
            if not any(keyword.arg == "names" for keyword in call.keywords):
                yield Problem(
                    _place(draft, built),
                    f"line {call.lineno} shows masks without a legend: show_masks(..., names=[...])",
                )


def _calls(source: str, names: Sequence[str]) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(TransformerManager().transform_cell(source))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in names:
            yield node


def _has_alt(call: ast.Call) -> bool:
    for keyword in call.keywords:
        if keyword.arg == "alt":
            return not isinstance(keyword.value, ast.Constant) or bool(str(keyword.value.value).strip())
    return False


def _cells_are_short(draft: Draft) -> Iterator[Problem]:
    for built in draft.solution.cells:
        lines = _length(built)
        if lines > LONGEST_CELL:
            yield Problem(_place(draft, built), f"{lines} lines: a cell has at most {LONGEST_CELL}")


def _length(built: NotebookNode) -> int:
    """Return how many lines a cell has: for text the lines that are not blank, for code those outside of docstrings."""
    lines = built.source.splitlines()
    if built.cell_type == "markdown":
        return sum(bool(line.strip()) for line in lines)
    described = 0
    for node in ast.walk(ast.parse(TransformerManager().transform_cell(built.source))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            text = node.body[0]
            described += (text.end_lineno or text.lineno) - text.lineno + 1
    return len(lines) - described


def _works_offline(draft: Draft) -> Iterator[Problem]:
    for built in draft.solution.cells:
        needed = built.source if built.cell_type == "code" else _READING_ON.sub("", built.source)
        for link in _EXTERNAL.findall(needed):
            yield Problem(
                _place(draft, built),
                f"{link} leads outside: say here what is needed, and link to more in ## Where to go from here",
            )


def _says_where_to_read_on(draft: Draft) -> Iterator[Problem]:
    sections = [part for cell in draft.lesson.cells for part in _READING_ON.findall(_markdown(cell))]
    links = len(_EXTERNAL.findall("".join(sections)))
    if links not in LINKS:
        yield Problem(
            draft.lesson.label,
            f"{counted(links, 'link')} in ## Where to go from here: {LINKS[0]} to {LINKS[-1]} are expected, to the "
            "paper, to the library's page, to something to read on",
        )


def _links_lead_somewhere(draft: Draft) -> Iterator[Problem]:
    folder = draft.lesson.path.parent
    for cell in draft.lesson.cells:
        for name in _LINK.findall(_markdown(cell)):
            if not is_lesson_name(name) or not (folder / f"{name}.py").is_file():
                yield Problem(cell.place, f"{name}.ipynb leads nowhere: there is no lesson {name}")


def _figures_are_measured(draft: Draft) -> Iterator[Problem]:
    root = draft.lesson.path.parents[1]
    for cell in draft.lesson.cells:
        may_type = bool(cell.exercise or cell.written)
        yield from check_figures(_markdown(cell), cell.place, root, may_type)


def _answers_find_their_imports(draft: Draft) -> Iterator[Problem]:
    """Where a cell that imports a package comes after the exercise that needs it, a learner's answer fails."""
    by_id = {exercise.id: exercise for exercise in draft.exercises}
    imported: set[str] = set()
    for cell in draft.lesson.cells:
        if cell.kind != "code":
            continue
        if cell.exercise:
            missing = sorted(_needed(by_id[cell.exercise]) - imported)
            if missing:
                yield Problem(
                    cell.place, f"the answer uses {', '.join(missing)}: import it in a cell before this one"
                )
        else:
            imported |= _imported_names(ast.parse(TransformerManager().transform_cell(cell.source)))


def _needed(exercise: Exercise) -> set[str]:
    """Return the names in an exercise's answer that its file imports."""
    file = Path(inspect.getfile(exercise.reference))
    answer = ast.parse(answer_source(exercise))
    names = {node.id for node in ast.walk(answer) if isinstance(node, ast.Name)}
    return (names & _imported_names(ast.parse(file.read_text(encoding="utf-8")))) - _imported_names(answer)


def _imported_names(tree: ast.AST) -> set[str]:
    """Return the names of packages and what comes from them; what comes from the course a lesson may also define."""
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    others = (node for node in imports if not str(getattr(node, "module", "")).startswith("course_lib"))
    return {alias.asname or alias.name for node in others for alias in node.names}


def _words_are_chosen(draft: Draft) -> Iterator[Problem]:
    yield from check_language(draft.lesson)


def _tags_are_known(draft: Draft) -> Iterator[Problem]:
    for cell in draft.lesson.cells:
        for tag in sorted(set(cell.tags) - TAGS):
            yield Problem(cell.place, f"the tag {tag!r} is unknown: {', '.join(sorted(TAGS))}")


def _student_has_no_solution(draft: Draft) -> Iterator[Problem]:
    codes = {cell.id: _squeezed(cell.source.splitlines()) for cell in _code_cells(draft.student)}
    for built in _code_cells(draft.student):
        if any(marker in built.source for marker in (BEGIN, END)):
            yield Problem(_place(draft, built), "a marker of a solution is left in the student's notebook")
        if is_answer(built) and STUB[1] not in built.source:
            yield Problem(_place(draft, built), "the student's cell leaves nothing to write")
    for exercise in draft.exercises:
        solution = _squeezed(solution_lines(answer_source(exercise)))
        for cell_id, code in codes.items():
            if solution and solution in code:
                place = f"{draft.lesson.label}, built cell {cell_id}"
                yield Problem(place, f"the student's notebook gives away the answer to {exercise.id!r}")


def _squeezed(lines: Sequence[str]) -> str:
    code = (line.strip() for line in lines)
    return "\n".join(line for line in code if line and not line.startswith("#"))


def _outputs_are_kept(draft: Draft) -> Iterator[Problem]:
    if draft.stored is None:
        yield Problem(draft.lesson.label, f"there is no solution yet: run course build {draft.lesson.number}")
        return
    for cell in _code_cells(draft.stored):
        kinds = [_kind(output) for output in cell.outputs]
        if "nbval-check-output" in cell.metadata.get("tags", ()) and not kinds:
            yield Problem(
                _place(draft, cell),
                f"tagged nbval-check-output, but no output is stored: run course build {draft.lesson.number}",
            )
        if "error" in kinds:
            yield Problem(_place(draft, cell), "the stored solution raised an error here")
        if "stderr" in kinds:
            yield Problem(_place(draft, cell), "the stored solution warns here; show learners no warning")


def _kind(output: Any) -> str:
    return str(output.get("name") if output.output_type == "stream" else output.output_type)


def _code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _place(draft: Draft, built: NotebookNode) -> str:
    first = built.source.strip().splitlines()[:1] or [""]
    return f"{draft.lesson.label}, built cell {built.id} ({first[0][:40]!r})"


_RULES: tuple[Callable[[Draft], Iterator[Problem]], ...] = (
    _begins_well,
    _ends_with_checkpoint,
    _skeleton_is_filled_in,
    _pictures_are_told,
    _cells_are_short,
    _works_offline,
    _says_where_to_read_on,
    _links_lead_somewhere,
    _figures_are_measured,
    _words_are_chosen,
    _answers_find_their_imports,
    _tags_are_known,
    _student_has_no_solution,
    _outputs_are_kept,
)
