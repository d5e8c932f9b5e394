"""The runs of lesson 11 by their letters. It holds the key to two exercises, so no student's code ever sees it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from course_lib.bug_hunt import pieces
from course_lib.bug_hunt.make_run import make_run
from course_lib.training.parts import Parts
from course_lib.training.recorded import Facts, one_line

BROKEN_IN: dict[str, tuple[str, Callable[[Any], Parts]]] = {
    "A": ("evaluation mode", pieces.with_predict),
    "B": ("oversmoothing", pieces.with_see_wide),
    "C": ("label format", pieces.with_targets),
    "D": ("memory", pieces.with_predict_all),
    "E": ("no skip connections", pieces.with_decode),
    "F": ("class imbalance", pieces.with_loss),
    "G": ("boundary pixels", pieces.with_full_logits),
    "H": ("metric on a subset", pieces.with_count),
    "I": ("augmentation mismatch", pieces.with_crops),
    "J": ("size mismatch", pieces.with_fit),
}
"""The cause of each broken run, and what makes the parts of a training of a mended piece."""


def healthy_run() -> Path:
    """Make the run without a bug, and return its folder."""
    return make_run(_home() / "healthy", pieces.HEALTHY)


def broken_run(letter: str) -> Path:
    """Make the broken run with this letter, and return its folder."""
    cause, _ = BROKEN_IN[letter]
    return make_run(_home() / letter, pieces.PLANTED[cause], size=_size(cause))


def mended_run(letter: str, piece: Callable[..., Any]) -> Path:
    """Make the run with this letter again, with a mended piece, and return its folder; say so if it stopped."""
    cause, with_piece = BROKEN_IN[letter]
    folder = _home() / f"{letter}-mended"
    with suppress(Exception):  # a piece may raise anything, and the run's evidence says what
        make_run(folder, with_piece(piece), size=_size(cause))
    stopped = Facts.of(folder).stopped
    if stopped:
        print(
            f"The mended run {letter} stopped with {stopped['error']}: {one_line(stopped['says'])}\n"
            "Something in your piece does not work inside a training. Look at it again before you read on."
        )
    return folder


def has_stopped(run: Path) -> bool:
    """Say whether an error ended a run early."""
    return bool(Facts.of(run).stopped)


def _home() -> Path:
    """Return the folder of this session's runs: another session, or another notebook, makes its own."""
    return Path(_folder().name)


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    # It is removed when the session ends.
    return tempfile.TemporaryDirectory(prefix="bug-hunt-", ignore_cleanup_errors=True)


def _size(cause: str) -> int:
    return pieces.ODD_SIZE if cause == "size mismatch" else 64
