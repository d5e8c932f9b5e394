"""What right and wrong answers come to, worked out on this side of the wall, once for a whole class."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from course_lib.checking.calling import Outcome, outcome_of
from course_lib.checking.compare import is_torch_tensor, to_plain
from course_lib.checking.exercise import Answer, Exercise, call
from course_lib.checking.judge import fresh_cases
from course_lib.exercises import defined_in
from course_lib.grading.sandbox.inside import codec, dependencies

_TORCH = re.compile(r"^(import|from) torch\b", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """One case: arguments, what is expected, and whether learners know it from their notebook."""

    args: tuple[Any, ...]
    expected: Outcome
    example: str
    is_worked: bool


class Expected:
    """The cases of one exercise with one seed, and what the reference and the misconceptions make of them.

    Attributes:
        exercise: the exercise.
        cases: the worked ones first, so that what a learner reads about those holds nothing of the others.
        is_data: whether the answer takes and gives plain data, so that all observing is done on this side.
        observer: source and name of the function that observes on the other side; empty where it is not needed.
        problem: why no answer to this exercise can be graded; empty where answers can.
        uses: the libraries' functions that the reference itself uses.
        needs_torch: whether torch is in the reference, in its observer, or handed over.
    """

    # Prints are caught for the whole process, and torch counts its random numbers.
    _one_at_a_time = threading.RLock()

    def __init__(self, exercise: Exercise, seed: int) -> None:
        self.exercise = exercise
        with self._one_at_a_time:
            worked = [
                Case(case.args, Outcome("returned", to_plain(case.expected)), case.example, True)
                for case in exercise.worked_cases
            ]
            fresh = [
                Case(args, outcome_of(exercise, exercise.reference, args), "", False)
                for args in fresh_cases(exercise, seed)
            ]
            self.cases = (*worked, *fresh)
            self.is_data = exercise.observe is call or _takes_and_gives_data(exercise)
            for case in worked if not self.is_data else ():  # so that it is known what must be imported
                outcome_of(exercise, exercise.reference, case.args)
        self.problem = "" if self.is_data else problem_of_observer(exercise)
        self.observer = ("", "") if self.is_data or self.problem else observer_of(exercise)
        about = _plan_of(exercise)
        self.uses = set(about.uses)
        lesson_has_torch = uses_torch(Path(inspect.getfile(exercise.reference)).parent)
        imports = {"torch", "course_lib"} & set(about.imports)  # parts of the course bring torch along
        handed_over = any(_holds_tensors(case.args) for case in self.cases)
        self.needs_torch = lesson_has_torch and (bool(imports) or handed_over)
        self._ideas: dict[tuple[int, int], Outcome] = {}

    @property
    def lendable(self) -> bool:
        """Whether the reference can be lent, call by call, to answers that build on this one."""
        return self.is_data and not inspect.isclass(self.exercise.reference)

    def source(self) -> str:
        """Return the reference with all that it needs, as a module of its own."""
        return _source_of(sys.modules[self.exercise.reference.__module__], self.exercise.name)

    def idea(self, exercise: Exercise, answer: Answer, args: tuple[Any, ...]) -> Outcome:
        """Return what a misconception makes of a case's arguments."""
        key = id(answer), id(args)
        with self._one_at_a_time:
            if key not in self._ideas:
                self._ideas[key] = outcome_of(exercise, answer, args)
            return self._ideas[key]


def _takes_and_gives_data(exercise: Exercise) -> bool:
    """Return whether the reference is handed plain data and hands plain data back, as its observer calls it."""
    seen: list[Any] = []

    def watched(*args: Any) -> Any:
        result = exercise.reference(*args)
        seen.append((args, result))
        return result

    if inspect.isclass(exercise.reference):
        return False
    outcome = outcome_of(exercise, watched, exercise.worked_cases[0].args)
    try:
        for args, result in seen:
            codec.encode(args, strict=True)
            codec.encode(result, strict=True)
    except codec.WireError:
        return False
    has_graph = any(getattr(result, "grad_fn", None) is not None for _, result in seen)  # it cannot be sent
    return bool(seen) and outcome.status == "returned" and not has_graph


@cache
def uses_torch(folder: Path) -> bool:
    """Return whether any file of a lesson's folder imports torch; torch itself is not imported to find out."""
    return any(_TORCH.search(path.read_text(encoding="utf-8")) for path in folder.glob("*.py"))


@cache
def _statements_of(module: ModuleType) -> list[dependencies.Statement]:
    source = Path(inspect.getfile(module)).read_text(encoding="utf-8")
    return dependencies.statements_of([(0, source)], {})


def problem_of_observer(exercise: Exercise) -> str:
    """Return why an exercise's observer cannot run beside a student's code; an empty text if it can, or need not."""
    if exercise.observe is call or _takes_and_gives_data(exercise):
        return ""
    try:
        observer_of(exercise)
    except ValueError as error:
        return str(error)
    return ""


def _parts_of(module: ModuleType, name: str) -> Iterator[tuple[ModuleType, dependencies.Statement]]:
    """Yield the statements that define a name and all that it needs, from whichever of a lesson's files they are in."""
    statements = _statements_of(module)
    chosen = {index for _, index in dependencies.plan(name, statements).statements}
    own = [statement for statement in statements if statement.index in chosen]
    needed = {name}.union(*(statement.needs for statement in own))
    for statement in own:
        node = statement.node
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("course_lib.exercises."):
            for alias in node.names:
                if alias.name in needed:
                    yield from _parts_of(import_module(str(node.module)), alias.name)
        else:
            yield module, statement


def _source_of(module: ModuleType, name: str) -> str:
    """Return the source that defines a name and all that it needs, as a module of its own."""
    return "\n".join(dict.fromkeys(ast.unparse(statement.node) for _, statement in _parts_of(module, name)))


def observer_of(exercise: Exercise) -> tuple[str, str]:
    """Return the source of an exercise's observer with all that it needs, and its name.

    Raises:
        ValueError: it needs a reference, a misconception or a case, which no student's process may have.
    """
    observe = exercise.observe
    module = sys.modules[observe.__module__]
    secrets = _secrets_of(module)
    secret = {
        name
        for part, statement in _parts_of(module, observe.__name__)
        for name in statement.binds
        if any(vars(part)[name] is one for one in secrets)
    }
    if secret:
        raise ValueError(
            f"the observer of {exercise.id!r} needs {', '.join(sorted(secret))}, which no student may have: let it "
            "do without."
        )
    return _source_of(module, observe.__name__), observe.__name__


def _secrets_of(module: ModuleType) -> list[Callable[..., Any]]:
    """Return all answers of the lesson that a file belongs to, right and wrong, and what draws its cases."""
    answers: list[Callable[..., Any]] = []
    for exercise in defined_in(str(module.__package__).rpartition(".l")[2]).values():
        answers += [exercise.reference, *exercise.accepted]
        answers += [getattr(draw, "func", draw) for draw in exercise.kinds.values()]
        answers += [idea.answer for idea in exercise.misconceptions]
    return answers


def _plan_of(exercise: Exercise) -> dependencies.Plan:
    """Return what a right answer and its observer need: a student's may use no less."""
    reference = _plan_for(exercise.reference)
    if exercise.observe is call:
        return reference
    observer = _plan_for(exercise.observe)
    return replace(reference, imports=[*reference.imports, *observer.imports])


def _plan_for(function: Callable[..., Any]) -> dependencies.Plan:
    source = _source_of(sys.modules[function.__module__], function.__name__)
    return dependencies.plan(function.__name__, dependencies.statements_of([(0, source)], {}))


def _holds_tensors(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_holds_tensors, value))
    return is_torch_tensor(value) or type(value).__module__.partition(".")[0] == "torch"
