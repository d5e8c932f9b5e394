"""What a notebook imports: check an answer, take a hint, see the solution, continue when stuck.

None of these functions raises: a learner's mistake gets a message. With ``COURSE_STRICT=1`` a check that does not pass
raises AssertionError, for graders and CI.
"""

from __future__ import annotations

import copy
import difflib
import inspect
import os
import re
import sys
import zlib
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from types import CodeType
from typing import Any, TypeVar

import course_lib
from course_lib.checking.exercise import Answer, Exercise
from course_lib.checking.judge import judge
from course_lib.checking.overview import Following, LessonProgress, Overview
from course_lib.checking.progress import HONEST_TRIES, Progress, Record
from course_lib.checking.result import Result
from course_lib.exercises import Entry, find_example, find_exercise, outline
from course_lib.templates import render

Shown = TypeVar("Shown", bound="Result | Message")
_MISSING: Any = object()
_progress: Progress | None = None
_SAME_AS_BEFORE = (
    "This is the very function of your last check: did the cell above run, and without an error?"
)
_SPELLED = {
    "iou": "IoU",
    "dice": "Dice",
    "unet": "U-Net",
    "fcn": "FCN",
    "vs": "against",
}  # in a lesson's title
_COMPOUND = re.compile("(?<=^per)_(?=pixel)|(?<=cross)_(?=entropy)")
_waiting: list[Result | Message] = []  # what is shown at the end of the cell, if it is not its last line
_checked: dict[str, Answer] = {}  # id of an exercise to the answer that was checked last


class Message:
    """Something to say in a notebook: a panel there, plain text elsewhere."""

    def __init__(self, title: str, text: str = "", code: str = "") -> None:
        self.title, self.body, self.code = title, text, code

    def text(self) -> str:
        """Return the message as plain text."""
        return "\n".join(part for part in (self.title, self.body, self.code) if part)

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        values = {"title": self.title, "body": self.body, "code": self.code}
        return render("checking/templates/message.html.j2", **values)


def check(exercise_id: str, answer: Answer = _MISSING) -> Result | Message:
    """Check an answer to an exercise, and remember the result.

    Args:
        exercise_id: such as ``"iou"``.
        answer: your function or class; by default the one of the right name where you call this.

    Returns:
        The message that a notebook shows under the cell: what was found, and what helps.

    Raises:
        AssertionError: it did not pass, and ``COURSE_STRICT`` is set.
    """
    exercise = _exercise_or_message(exercise_id)
    if isinstance(exercise, Message):
        return _strict(exercise)
    found = _find_answer(exercise, sys._getframe(1).f_globals) if answer is _MISSING else answer
    if isinstance(found, Message):
        return _strict(found)
    if found is exercise.reference:
        return _strict(_not_yours(exercise))
    note = _SAME_AS_BEFORE if _checked.get(exercise.id) is found else ""
    _checked.pop(exercise.id, None)  # so that the last one checked is the last in the dict
    _checked[exercise.id] = found
    result = replace(judge(exercise, found), note=note)
    progress = _opened_progress()
    progress.update(exercise.id, lambda record: _note(record, result, found))
    _show_notices(progress)
    return _shown(result) if result.passed else _strict(result)


def hint(exercise_id: str = "") -> Message:
    """Return the next hint to an exercise, by default the one checked last; the third is nearly the answer."""
    exercise_id = exercise_id or _last_checked()
    exercise = _exercise_or_message(exercise_id)
    if isinstance(exercise, Message):
        return _shown(exercise)
    progress = _opened_progress()
    taken = min(progress.record(exercise.id).hints, len(exercise.hints) - 1)
    progress.update(exercise.id, _count_hint)
    _show_notices(progress)
    last = taken == len(exercise.hints) - 1
    title = f"Hint {taken + 1} of {len(exercise.hints)}: {exercise.title}"
    after = (
        f"\nThat was the last hint. {_way_to_solution(exercise, progress.record(exercise.id))}"
        if last
        else ""
    )
    return _shown(Message(title, exercise.hints[taken] + after))


def solution(exercise_id: str = "") -> Message:
    """Return the solution of an exercise, by default the one checked last, once it is passed or was honestly tried."""
    exercise_id = exercise_id or _last_checked()
    exercise = _exercise_or_message(exercise_id)
    if isinstance(exercise, Message):
        return _shown(exercise)
    record = _opened_progress().record(exercise.id)
    if not record.may_see_solution:
        return _shown(Message(f"Not yet: {exercise.title}", _way_to_solution(exercise, record)))
    return _shown(Message(f"One solution: {exercise.title}", exercise.why, solution_source(exercise)))


def solution_source(exercise: Exercise) -> str:
    """Return the reference's source without the markers."""
    source = inspect.getsource(exercise.reference)
    return re.sub(r"(?m)^ *### (BEGIN|END) SOLUTION\n", "", source)


def unblock(exercise_id: str, answer: Answer = _MISSING) -> Answer:
    """Return your answer if it passes its check, else the course's own, with a banner that says so.

    Raises:
        ValueError: there is no such exercise.
    """
    exercise = find_exercise(exercise_id)
    found = _find_answer(exercise, sys._getframe(1).f_globals) if answer is _MISSING else answer
    if not isinstance(found, Message) and found is not exercise.reference and judge(exercise, found).passed:
        return found
    _display(
        Message(
            f"The cells below use the course's own {exercise.name}",
            f'so that you can go on. Yours takes over once check("{exercise.id}") passes and this cell is run again.',
        )
    )
    return exercise.reference


def example(example_id: str) -> Any:
    """Return the input of a worked example: its arguments, or the argument if it is a single one.

    Raises:
        ValueError: there is no such example; the message names the near ones.
    """
    args = copy.deepcopy(find_example(example_id).args)  # the checks use the same ones
    return args[0] if len(args) == 1 else args


def progress() -> Overview:
    """Return what is done and what comes next, over all lessons."""
    opened = _opened_progress()
    _show_notices(opened)
    passed = {name for name, record in opened.records.items() if record.passed}
    lessons: dict[str, list[Entry]] = {}
    for entry in outline():
        lessons.setdefault(entry.lesson[:2], []).append(entry)
    rows = {number: _lesson_progress(number, entries, passed) for number, entries in lessons.items()}
    ahead = next((entry for entries in lessons.values() for entry in entries if entry.id not in passed), None)
    following = Following(ahead.title, ahead.id, rows[ahead.lesson[:2]]) if ahead else None
    return Overview(list(rows.values()), following)


def progress_text() -> str:
    """Return a line per lesson with exercises and points, and what is next."""
    return progress().text()


def open_lesson(lesson: str, release: str, needs: str = "") -> Message | None:
    """Say so if a package is missing, or if a notebook belongs to another release of the course than the library.

    Args:
        lesson: the lesson's two digits.
        release: the release that the notebook was built for.
        needs: the packages that the lesson imports, separated by spaces.
    """
    missing = [package for package in needs.split() if find_spec(package) is None]
    if missing:
        return Message(
            f"This lesson needs {' and '.join(missing)}, which this Python does not have",
            f"Type `{sys.executable} -m pip install -e .` into a terminal in the course's folder, and restart the "
            "kernel.",
        )
    if release == course_lib.__version__:
        return None
    in_browser = sys.platform == "emscripten"
    way = (
        "Start again, on the site's page Your progress,"
        if in_browser
        else f"`course reset {lesson}` in a terminal"
    )
    return Message(
        f"This notebook is from release {release} of the course, the library is {course_lib.__version__}",
        f"{way} gives you the new notebook, and keeps a backup of yours.",
    )


def _last_checked() -> str:
    return next(reversed(_checked), "")


def _not_yours(exercise: Exercise) -> Message:
    return Message(
        f"○ Nothing to check: {exercise.title}",
        f"`{exercise.name}` is the course's own here: unblock put it in place of yours. Run the cell with your "
        f"`{exercise.name}` again, then this one.",
    )


def _exercise_or_message(exercise_id: str) -> Exercise | Message:
    if not exercise_id:
        return Message(
            "Which exercise?", 'Give its id, such as hint("iou"): it is in the check below the exercise.'
        )
    try:
        return find_exercise(exercise_id)
    except ValueError as error:
        return Message("No such exercise", str(error))


def _find_answer(exercise: Exercise, names: Mapping[str, Any]) -> Answer | Message:
    """Return what the notebook defines under the exercise's name, or say what is missing."""
    if exercise.name in names:
        found: Answer = names[exercise.name]
        return found
    own = [name for name, value in names.items() if callable(value) and not name.startswith("_")]
    near = difflib.get_close_matches(exercise.name, own, n=1, cutoff=0.6)
    text = f"There is no `{exercise.name}` here yet. Run the cell that defines it, then this one."
    if near:
        text += f" There is `{near[0]}`: if that is your answer, name it `{exercise.name}`."
    return Message(f"○ Nothing to check: {exercise.title}", text)


def _strict(shown: Result | Message) -> Result | Message:
    if os.environ.get("COURSE_STRICT") == "1":
        raise AssertionError(shown.text())
    return _shown(shown)


def _note(record: Record, result: Result, answer: Answer) -> None:
    record.best_score = max(record.best_score, result.score)
    if result.passed:
        record.passed = True
    elif result.status != "not attempted":
        fingerprint = _fingerprint(answer)
        if fingerprint not in record.tries:
            record.tries.append(fingerprint)


def _count_hint(record: Record) -> None:
    record.hints += 1


def _fingerprint(answer: Answer) -> int:
    """Return a text that is the same for the same code, so that running a cell again is not a new try."""
    functions = (
        [value for value in vars(answer).values() if inspect.isfunction(value)]
        if inspect.isclass(answer)
        else [answer]
    )
    codes = [code for function in functions if (code := getattr(function, "__code__", None))]
    return zlib.crc32("".join(_code_text(code) for code in codes).encode())


def _code_text(code: CodeType) -> str:
    inner = [_code_text(part) if isinstance(part, CodeType) else repr(part) for part in code.co_consts]
    return f"{code.co_code.hex()} {code.co_names} {' '.join(inner)}"


def _way_to_solution(exercise: Exercise, record: Record) -> str:
    if record.may_see_solution:
        return f'solution("{exercise.id}") shows one solution.'
    missing = HONEST_TRIES - len(record.tries)
    tries = "one more different try" if missing == 1 else f"{missing} different tries"
    return f'solution("{exercise.id}") opens when your answer passes, or after {tries} with check("{exercise.id}").'


def _lesson_progress(number: str, entries: list[Entry], passed: set[str]) -> LessonProgress:
    done = [entry for entry in entries if entry.id in passed]
    name = entries[0].lesson
    words = [_SPELLED.get(word, word) for word in _COMPOUND.sub("-", name[3:]).split("_")]
    title = " ".join([words[0][0].upper() + words[0][1:], *words[1:]])
    points, most = (sum(entry.points for entry in some) for some in (done, entries))
    return LessonProgress(number, title, f"{name}.ipynb", len(done), len(entries), points, most)


def _opened_progress() -> Progress:
    """Return this session's progress, so that tries count even where no file can be written."""
    global _progress
    fresh = Progress.load()
    if _progress is None or _progress.path != fresh.path:
        _progress = fresh
    else:
        _progress.records |= fresh.records
        _progress.notices += fresh.notices
    return _progress


def _show_notices(progress: Progress) -> None:
    while progress.notices:
        _display(Message("Your progress", progress.notices.pop(0)))


def _shown(message: Shown) -> Shown:
    """Return a message, and have the notebook show it all the same if it is not the last line of its cell."""
    shell = _shell()
    if shell is None:
        return message
    while _waiting:
        _display(_waiting.pop())  # this one comes after it, so it was not the last line
    _waiting.append(message)

    def show_at_the_end(ran: Any) -> None:
        shell.events.unregister("post_run_cell", show_at_the_end)
        if _waiting and _waiting[-1] is message:
            _waiting.clear()
            if ran.result is not message:
                _display(message)

    shell.events.register("post_run_cell", show_at_the_end)
    return message


def _display(message: Result | Message) -> None:
    """Show a message now: in a notebook as a panel, elsewhere as text."""
    if _shell() is None:
        print(message.text())
        return
    from IPython.display import display

    display(message)


def _shell() -> Any:
    """Return IPython's shell if this runs in a notebook, else None."""
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython

    return get_ipython()
