"""A learner's record as one file, to carry it from a laptop to a browser and back: exercises and answered questions.

``site/static/record.mjs`` reads and merges such a file in the same way in a browser. Tests give both the same cases.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from course_lib.checking.progress import VERSION, Progress, Record, read_records
from course_lib.files import write_text
from course_lib.questions.memory import Answered, Memory, read_answered

_CHOOSE = "choose the file that Export on the site's page Your progress, or `course progress --export`, has written."


def export_record(out: Path) -> None:
    """Write what was passed, tried and answered on this machine into one file.

    Raises:
        OSError: it cannot be written, or the record cannot be read.
    """
    progress = Progress.load()
    if progress.notices:
        raise OSError(progress.notices[0])
    record = {"version": VERSION, "exercises": progress.entries(), "questions": Memory.load().entries()}
    write_text(out, json.dumps(record, indent=1) + "\n")


def import_record(file: Path) -> list[str]:
    """Merge a file from another machine into this one's record; nothing that was passed on either is lost.

    Returns:
        What the learner should know, such as that the result could not be saved.

    Raises:
        ValueError: the file is not such a record, or is of a newer release; nothing is changed.
        OSError: it cannot be read.
    """
    exercises, questions = read_record(file.read_bytes(), file.name)
    progress = Progress.load()
    progress.take_in(exercises)
    failed = Memory.load().take_in(questions) if questions else ""
    return [*progress.notices, *filter(None, [failed])]


def read_record(content: bytes, name: str) -> tuple[dict[str, Record], dict[str, Answered]]:
    """Read a file: the record of each exercise, and the history of each question.

    Args:
        content: what is in the file.
        name: the file's name, for messages.

    Raises:
        ValueError: it is another kind of file, damaged, or of a newer release.
    """
    try:
        written = _parsed(content)
        if written["version"] > VERSION:
            raise ValueError(
                f"{name} is of a newer release of the course, in form {written['version']}, where this one reads "
                f"{VERSION}: update the course, then import the file again."
            )
        exercises, questions = read_records(written["exercises"]), read_answered(written.get("questions", {}))
    except TypeError as error:
        raise ValueError(f"{name} is not a record of progress, because {error}: {_CHOOSE}") from None
    return exercises, questions


def _parsed(content: bytes) -> dict[str, Any]:
    """Return what is written, if it has the outer form of a record.

    Raises:
        TypeError: it has not; the message says why.
    """
    try:
        written = json.loads(content)
    except (ValueError, RecursionError):
        raise TypeError("it is not JSON") from None
    if isinstance(written, dict) and "cells" in written:
        raise TypeError("it is a notebook")
    if not (isinstance(written, dict) and "exercises" in written and type(written.get("version")) is int):
        raise TypeError("it has no version or no exercises")
    return written
