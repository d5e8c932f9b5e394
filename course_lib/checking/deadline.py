"""A deadline for code that may never end, which leaves the process alive. It needs no signals, so it works on Windows.

Code that fills the memory is stopped in the same way: an endless loop with an `append` in it would else take a laptop's
memory long before its time is up.

A thread watches the block. Where Python has no threads, in a browser, the block looks at the clock itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any

if sys.platform != "emscripten":
    import psutil

_REPEAT_SECONDS = 0.05  # a loop with a bare except swallows some of the interruptions, not all of them
_LOOK_SECONDS = 0.1  # between two looks at the memory
_MOST_BYTES = 2 * 2**30  # that a block may add to what the process holds
_IDLE = 0.05  # share of processor time: with less the code is waiting, however busy the machine is
_SLEEPING_AFTER = 10  # interruptions without effect: the code is inside a call such as time.sleep


class DeadlineExceeded(BaseException):
    """The time is up. Raised inside the code that took too long."""


class MemoryFilled(DeadlineExceeded):
    """The memory that a block may fill is used up. Raised like the other."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Interrupt the block in this thread after ``seconds``, or when it has filled 2 GiB of memory.

    On a busy machine the block still gets its share of processor time: it is interrupted only after it has computed
    for ``seconds``, or waited for as long.

    An exception is raised in the thread between two bytecodes. Code that waits in C, such as ``time.sleep``, is
    woken by a signal if the platform has one and the block runs in the main thread.

    Raises:
        DeadlineExceeded: the block took longer.
        MemoryFilled: it filled the memory.
    """
    if sys.platform == "emscripten":
        with _looking_at_the_clock(seconds):
            yield
        return
    watch = _Watch(seconds)
    watch.start()
    try:
        try:
            yield
        finally:
            watch.stop()
    except (KeyboardInterrupt, DeadlineExceeded):
        watch.stop()  # the interruption may have come just before it was stopped
        if watch.expired:
            raise watch.expired from None
        raise
    if watch.expired:
        raise watch.expired


_MONITOR = 4  # one of the numbers that sys.monitoring leaves to tools like this one
_SPARED = {__file__, contextmanager.__code__.co_filename}  # what ends the block


@contextmanager
def _looking_at_the_clock(seconds: float) -> Iterator[None]:
    """Interrupt the block at the next call or turn of a loop after ``seconds``. Needs Python 3.12.

    What waits in C code, such as ``time.sleep``, is not woken: it is over its time when it returns.
    """
    monitoring: Any = vars(sys)["monitoring"]
    events = monitoring.events.PY_START | monitoring.events.JUMP
    end = time.monotonic() + seconds
    expired = False

    def look(code: CodeType, *_: object) -> None:
        nonlocal end, expired
        if time.monotonic() > end and code.co_filename not in _SPARED:
            end, expired = time.monotonic() + _REPEAT_SECONDS, True
            raise DeadlineExceeded

    monitoring.use_tool_id(_MONITOR, "deadline")
    monitoring.register_callback(_MONITOR, monitoring.events.PY_START, look)
    monitoring.register_callback(_MONITOR, monitoring.events.JUMP, look)
    monitoring.set_events(_MONITOR, events)
    try:
        yield
    finally:
        monitoring.set_events(_MONITOR, 0)
        monitoring.free_tool_id(_MONITOR)
    if expired or time.monotonic() > end:
        raise DeadlineExceeded


class _Watch(threading.Thread):
    """Waits beside the thread that created it, and interrupts that thread when the time is up."""

    def __init__(self, seconds: float) -> None:
        super().__init__(daemon=True)
        self.expired: type[DeadlineExceeded] | None = None
        self._seconds = seconds
        self._since = time.monotonic(), time.process_time()
        self._watched = threading.get_ident()
        self._is_main = threading.current_thread() is threading.main_thread()
        self._end = threading.Lock()  # held until the block has ended
        self._end.acquire()

    def run(self) -> None:
        reason = self._wait()
        interruptions = 0
        while reason and not self._end.acquire(timeout=_REPEAT_SECONDS if interruptions else 0):
            self.expired = reason
            _raise_in(self._watched, reason)
            interruptions += 1
            if interruptions > _SLEEPING_AFTER:
                self._wake()

    def _wait(self) -> type[DeadlineExceeded] | None:
        """Wait for the end of the block; return why it must be interrupted, or None if it ended in time."""
        at_first = 0
        left = self._seconds
        while left > 0:
            if self._end.acquire(timeout=min(left, _LOOK_SECONDS)):
                return None
            held = psutil.Process().memory_info().rss
            at_first = at_first or held
            if held > at_first + _MOST_BYTES:
                return MemoryFilled
            left = self._time_left()
        return DeadlineExceeded

    def _time_left(self) -> float:
        """Return the least number of seconds that are left; 0 when the time is up."""
        elapsed, worked = time.monotonic() - self._since[0], time.process_time() - self._since[1]
        is_over = elapsed >= self._seconds and (worked >= self._seconds or worked < _IDLE * elapsed)
        return 0.0 if is_over else max(self._seconds - worked, _REPEAT_SECONDS)

    def stop(self) -> None:
        """Stop interrupting, and receive an interruption that was not yet delivered; a second call does no harm.

        An interruption may come at any moment in here. So nothing is held that only a `with` would give back.
        """
        while True:
            try:
                with contextlib.suppress(RuntimeError):  # it was released before
                    self._end.release()
                self.join()
                for _ in range(2):
                    pass  # what is pending is delivered at the turn of a loop, and no more can come
                return
            except DeadlineExceeded:
                continue

    def _wake(self) -> None:
        if self._is_main and hasattr(signal, "pthread_kill"):
            signal.pthread_kill(self._watched, signal.SIGINT)


def _raise_in(thread: int, exception: type[BaseException]) -> None:
    """Make ``exception`` pending in a thread."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(exception))
