"""The runs of lesson 11 by their letters. It can tell the key to two exercises, so no student's code ever sees it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from course_lib.bug_hunt import pieces
from course_lib.bug_hunt.make_run import make_run
from course_lib.exercises.l11_bug_hunt.shared import cause_of
from course_lib.training.parts import Parts
from course_lib.training.recorded import Facts, one_line

MENDED_BY: dict[str, Callable[[Any], Parts]] = {
    "augmentation mismatch": pieces.with_crops,
    "boundary pixels": pieces.with_full_logits,
    "class imbalance": pieces.with_loss,
    "evaluation mode": pieces.with_predict,
    "label format": pieces.with_targets,
    "memory": pieces.with_predict_all,
    "metric on a subset": pieces.with_count,
    "no skip connections": pieces.with_decode,
    "oversmoothing": pieces.with_see_wide,
    "size mismatch": pieces.with_fit,
}
"""What makes the parts of a training of the piece that mends a cause."""


def healthy_run() -> Path:
    """Make the run without a bug, and return its folder."""
    return make_run(_home() / "healthy", pieces.HEALTHY)


def broken_run(letter: str) -> Path:
    """Make the broken run with this letter, and return its folder."""
    cause = cause_of(letter)
    return make_run(_home() / letter, pieces.PLANTED[cause], size=_size(cause))


def mended_run(letter: str, piece: Callable[..., Any]) -> Path:
    """Make the run with this letter again, with a mended piece, and return its folder; say so if it stopped."""
    cause = cause_of(letter)
    folder = _home() / f"{letter}-mended"
    with suppress(Exception):  # a piece may raise anything, and the run's evidence says what
        make_run(folder, MENDED_BY[cause](piece), size=_size(cause))
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
