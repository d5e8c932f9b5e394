"""The course's own answers, lent call by call to answers that build on one that did not pass.

A notebook does the same: after an exercise that is not solved, ``unblock`` lets the lesson go on with the course's own
answer. Here the student's process does not get it. Its call goes out, is worked out in a jail of its own where no
student's code runs, and the value goes back in.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping

from course_lib.grading.sandbox.inside import cells, codec
from course_lib.grading.sandbox.inside.protocol import About, AskForLent, Call, Define, Lend, Reply
from course_lib.grading.sandbox.open import MEGABYTE, AnyJail
from course_lib.grading.sandbox.process import Run, Stopped
from course_lib.grading.scoring.cases import Expected

_SECONDS = 60.0  # on a processor, of a reference's process
_MEMORY = 512 * MEGABYTE
_MOST_CALLS = 20_000
_MOST_STARTS = 20  # arguments that end a reference's process, or cannot be handed over, cost a new one


class ReferenceServer:
    """Answers one student's calls of the course's own answers. Close it: it holds processes.

    Attributes:
        lent: ids of the exercises that were asked for.
    """

    def __init__(self, own: Mapping[str, Expected], open_jail: Callable[[], AnyJail]) -> None:
        """Take note of what may be lent.

        Args:
            own: the exercises, by id.
            open_jail: opens a jail.
        """
        self.own = own
        self.lent: set[str] = set()
        self._open_jail = open_jail
        self._runs: dict[str, tuple[Run, contextlib.ExitStack]] = {}
        self._calls = self._starts = 0

    def __enter__(self) -> ReferenceServer:
        return self

    def __exit__(self, *_: object) -> None:
        for exercise_id in tuple(self._runs):
            self._end(exercise_id)

    def reply(self, request: AskForLent) -> Lend:
        """Return what a call comes to; whatever is wrong with it, as an error to raise there."""
        self._calls += 1
        if request.exercise not in self.own or self._calls > _MOST_CALLS:
            return _refused("this answer is not lent")
        self.lent.add(request.exercise)
        try:
            reply = self._run(request.exercise).ask(Call(request.args, request.named), Reply)
        except (Stopped, codec.WireError) as error:
            self._end(request.exercise)
            return _refused(f"the course's own answer cannot take these arguments ({error})")
        return Lend(reply.status, reply.value, reply.error)

    def _run(self, exercise_id: str) -> Run:
        """Return the process of a reference, started if it does not run.

        Raises:
            Stopped: it has been started too often.
        """
        if exercise_id not in self._runs:
            if self._starts == _MOST_STARTS:
                raise Stopped("too many failed calls")
            self._starts += 1
            self._runs[exercise_id] = self._started(self.own[exercise_id])
        return self._runs[exercise_id][0]

    def _started(self, own: Expected) -> tuple[Run, contextlib.ExitStack]:
        source = own.source()
        statements = [(1, index) for index in range(len(cells.parse(source)))]
        with contextlib.ExitStack() as processes:
            jail = self._open_jail()
            processes.callback(jail.close)
            job = Define(own.exercise.name, {1: source}, statements)
            run = processes.enter_context(jail.run(job, _SECONDS, _MEMORY))
            run.hear(About)
            return run, processes.pop_all()

    def _end(self, exercise_id: str) -> None:
        if exercise_id in self._runs:
            self._runs.pop(exercise_id)[1].close()


def _refused(why: str) -> Lend:
    return Lend("raised", error=f"ValueError: {why}")
