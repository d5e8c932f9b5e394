"""A process in which a student's code runs, as this side sees it: messages go over, messages come back, it ends."""

from __future__ import annotations

import contextlib
import select
import socket
from collections.abc import Callable
from typing import Protocol

from course_lib.grading.sandbox.inside import codec
from course_lib.grading.sandbox.inside.protocol import Ended, Kind, Message, pack, unpack

_MOST_AT_ONCE = 1 << 20


class Connection(Protocol):
    """What a process speaks over: a socket, or something like one."""

    def sendall(self, data: bytes, /) -> object:
        """Send all of it."""

    def recv(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes, none at the end."""

    def close(self) -> object:
        """Hang up."""


class SocketConnection:
    """A socket to a student's process, whose clock runs while this side waits at it, and at no other time.

    The clock is stopped before a message is taken off the socket. The watcher sees that one lies there: so the time
    between its coming and the stop, which may be long on a busy machine, is nobody's either.
    """

    def __init__(self, its: socket.socket, clock: Callable[[bool], None], seconds: float) -> None:
        """Take over a socket.

        Args:
            its: the socket.
            clock: lets the student's clock run, or stops it.
            seconds: how long to wait at most: for a watcher that hangs.
        """
        self._socket, self._clock, self._seconds = its, clock, seconds
        its.setblocking(False)

    def sendall(self, data: bytes, /) -> None:
        """Send all of it."""
        left = memoryview(data)
        while left:
            self._wait(for_room=True)
            with contextlib.suppress(BlockingIOError):
                left = left[self._socket.send(left) :]

    def recv(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes, none at the end."""
        self._wait(for_room=False)
        return self._socket.recv(size)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _wait(self, *, for_room: bool) -> None:
        if self._is_ready(for_room, 0):
            return
        self._clock(True)
        try:
            if not self._is_ready(for_room, self._seconds):
                raise TimeoutError
        finally:
            self._clock(False)

    def _is_ready(self, for_room: bool, seconds: float) -> bool:
        reading, writing = ([], [self._socket]) if for_room else ([self._socket], [])
        return any(select.select(reading, writing, [], seconds))


class Stopped(Exception):
    """The student's process ended. ``how`` is the reason: deadline, memory, signal, exit, or garbled."""

    def __init__(self, how: str, detail: str = "") -> None:
        super().__init__(how)
        self.how, self.detail = how, detail


class Run:
    """A process in a jail, as long as it lives."""

    def __init__(self, data: Connection, wait: Callable[[], Ended], stop: Callable[[], None]) -> None:
        """Take over a process that was started.

        Args:
            data: where it speaks and listens.
            wait: waits until it has ended, and says how.
            stop: ends it.
        """
        self._data, self._wait, self._stop = data, wait, stop
        self._ended: Ended | None = None

    def send(self, message: Message) -> None:
        """Send a message.

        Raises:
            Stopped: nobody is there any more.
        """
        try:
            self._data.sendall(codec.encode(pack(message), strict=True))
        except OSError:
            raise self._stopped() from None

    def ask(self, message: Message, *kinds: type[Kind]) -> Kind:
        """Send a message and return the answer, one of these kinds.

        Raises:
            Stopped: the process ended, or what it sent is not an answer.
        """
        self.send(message)
        return self.hear(*kinds)

    def hear(self, *kinds: type[Kind]) -> Kind:
        """Return the next message, one of these kinds.

        Raises:
            Stopped: the process ended, or what it sent is not such a message.
        """
        try:
            return unpack(codec.read_message(self._exactly), *kinds)
        except codec.WireError as error:
            raise Stopped("garbled", str(error)) from None
        except (EOFError, OSError):
            raise self._stopped() from None

    def _exactly(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            part = self._data.recv(min(size - len(parts), _MOST_AT_ONCE))
            if not part:
                raise EOFError
            parts += part
        return bytes(parts)

    def _stopped(self) -> Stopped:
        self._data.close()
        ended = self.wait()
        return Stopped(ended.how, ended.detail)

    def end(self) -> None:
        """End the process if it still runs, and wait until nothing of it is left."""
        if self._ended is None:
            self._stop()
            self.wait()

    def wait(self) -> Ended:
        """Return how the process ended, once it has."""
        if self._ended is None:
            self._ended = self._wait()
        return self._ended
