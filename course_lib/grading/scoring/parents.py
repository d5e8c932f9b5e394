"""The warm parents of a grading: one without torch, one with it where a lesson needs it; and who parses notebooks."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from course_lib.grading.sandbox.inside.protocol import Analyse, Analysis
from course_lib.grading.sandbox.open import MEGABYTE, AnyJail, AnyParent, open_sandbox, start_parent
from course_lib.grading.sandbox.process import Stopped

_TORCH = ("torch", "torch.nn", "torch.nn.functional", "torch.optim")
_ANALYSE_SECONDS = 20.0


class Parents:
    """Processes that have imported what answers need. Close them.

    Attributes:
        level: how students' code is kept apart.
    """

    def __init__(self, sandbox: str, hidden: Sequence[Path] = ()) -> None:
        """Start the one without torch.

        Args:
            sandbox: ``auto``, ``require`` or ``none``.
            hidden: folders that no student may see, wherever they are.

        Raises:
            SandboxError: the sandbox is not as whole as was asked for.
        """
        self._hidden = tuple(hidden)
        self._lock = threading.Lock()
        self._thread = threading.local()
        plain, self.level = open_sandbox(sandbox, hidden)
        self._parents: dict[bool, AnyParent] = {False: plain}

    def close(self) -> None:
        """End all processes."""
        for parent in self._parents.values():
            parent.close()

    def get(self, *, with_torch: bool) -> AnyParent:
        """Return the warm parent with torch or without it; a new one where it has died."""
        with self._lock:
            if with_torch in self._parents and not self._parents[with_torch].is_alive():
                self._parents.pop(with_torch).close()
            if with_torch not in self._parents:
                preload = _TORCH if with_torch else ()
                self._parents[with_torch] = start_parent(self.level.way, preload, self._hidden)
            return self._parents[with_torch]

    def analyse(self, job: Analyse) -> Analysis:
        """Let a notebook be analysed.

        Raises:
            Stopped: it took too long, or too much.
        """
        try:
            return self._analyse(job)
        except Stopped as stopped:
            if stopped.how != "gone":
                raise
        return self._analyse(job)  # the jail was gone, not what was run in it

    def _analyse(self, job: Analyse) -> Analysis:
        """Let a notebook be analysed in this thread's jail: no student's code runs in there."""
        jail: AnyJail | None = getattr(self._thread, "jail", None)
        if jail is None:
            jail = self._thread.jail = self.get(with_torch=False).open_jail()
        try:
            with jail.run(job, _ANALYSE_SECONDS, 1024 * MEGABYTE) as run:
                return run.hear(Analysis)
        except Stopped:
            self._thread.jail = None
            raise
