"""How much of its time an answer has used up, counted so that a busy machine makes no difference."""

from __future__ import annotations

import time

TICK = 0.05
"""Seconds between two looks at a process."""

_PATIENCE = 3.0
_LEAST_WORK = 0.005  # seconds on a processor between two looks: less is none


def longest(seconds: float) -> float:
    """Return for how many seconds an answer with a deadline is waited for at most, on the busiest of machines."""
    return 50 * seconds + 60


class Clock:
    """The time that is a student's own: what the processes have worked, and how long they slept.

    Work is seconds on a processor, however long it takes to get them. Sleep counts only while the clock runs: the
    grader lets it run when it waits for an answer and has nothing else to do. So neither the grader, nor another
    process, nor an import on the other side uses up any of it.
    """

    def __init__(self, seconds: float) -> None:
        """Take note of the seconds on a processor that there are; the clock does not run yet."""
        self.runs = False
        self._seconds = seconds
        self._worked = self._slept = self._waited = 0.0
        self._last = time.monotonic()

    def is_over(self, worked: float, is_asleep: bool) -> bool:
        """Take a look, and return whether the time is over.

        Args:
            worked: seconds on a processor, of all processes, from the beginning.
            is_asleep: whether none of them works now, or would if a processor or the disk were free.
        """
        now = time.monotonic()
        passed, self._last = now - self._last, now
        rested = is_asleep and worked - self._worked < _LEAST_WORK
        self._worked = worked
        if self.runs:
            self._waited += passed
            self._slept += (
                min(passed, 2 * TICK) if rested else 0.0
            )  # nobody looked at the rest of a long pause
        sleeps = self._slept > 2 * self._seconds + _PATIENCE
        return worked >= self._seconds or sleeps or self._waited > longest(self._seconds)
