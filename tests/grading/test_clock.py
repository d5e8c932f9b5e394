"""An answer's time is its own: nothing that the grader or another process does uses it up."""

import contextlib
import subprocess
import sys
import time

import pytest
from students import IOU, SEED, answered, by_id, grader, hand_in, notebook

from course_lib.grading.sandbox.inside import clock as clock_module
from course_lib.grading.sandbox.inside import codec
from course_lib.grading.sandbox.inside.clock import TICK, Clock, longest
from course_lib.grading.sandbox.process import SocketConnection
from course_lib.grading.scoring import grade_answer
from course_lib.grading.scoring.grade_class import grade_class

pytestmark = pytest.mark.slow


@pytest.fixture
def now(monkeypatch):
    """A wall clock that is set by hand."""
    hands = [0.0]
    monkeypatch.setattr(clock_module.time, "monotonic", lambda: hands[0])
    return hands


def looks(clock, now, count, *, works=0.0, is_asleep=True, pause=TICK):
    """Look several times, ``pause`` seconds apart; the number of looks after which the time was over, or None."""
    worked = 0.0
    for number in range(1, count + 1):
        now[0] += pause
        worked += works
        if clock.is_over(worked, is_asleep):
            return number
    return None


def test_work_counts_whether_the_clock_runs_or_not(now):
    for runs in (True, False):
        clock = Clock(1.0)
        clock.runs = runs
        assert looks(clock, now, 100, works=0.25, is_asleep=False) == 4


def test_waiting_for_a_processor_counts_for_nothing(now):
    """On a machine that is loaded a hundred times over, half a second of work takes fifty."""
    clock = Clock(1.0)
    clock.runs = True
    assert looks(clock, now, 100, works=0.005, is_asleep=False, pause=0.5) is None


def test_sleep_counts_while_the_grader_waits(now):
    clock = Clock(1.0)
    clock.runs = True
    assert looks(clock, now, 1000) == pytest.approx(5 / TICK, abs=2)


def test_sleep_counts_for_nothing_while_the_grader_works(now):
    assert looks(Clock(1.0), now, 100_000) is None


def test_a_pause_in_which_nobody_looked_is_not_taken_for_sleep(now):
    clock = Clock(1.0)
    clock.runs = True
    assert looks(clock, now, 10, pause=4.0) is None


def test_who_wakes_only_now_and_then_is_asleep(now):
    """10 ms of work, the least that is told, in every twentieth look."""
    clock = Clock(1.0)
    clock.runs = True
    over = []
    for number in range(1, 200):
        now[0] += TICK
        over.append(clock.is_over(0.01 * (number // 20), is_asleep=True))
    assert over.index(True) == pytest.approx(20 / 19 * 5 / TICK, abs=2)


def test_nothing_lasts_longer_than_the_longest(now):
    clock = Clock(1.0)
    clock.runs = True
    assert looks(clock, now, 1000, is_asleep=False, pause=1.0) == longest(1.0) + 1


# --- A slow grader -----------------------------------------------------------------------------------------

DEADLINE = 0.2
NAP = 2 * DEADLINE + 3.3  # an answer that sleeps for so long in its own time is stopped

WITH_TORCH = """
import torch

def iou(prediction, truth):
    p, t = torch.as_tensor(prediction) == 1, torch.as_tensor(truth) == 1
    union = (p | t).sum()
    return (p & t).sum() / union if union else torch.tensor(torch.nan)
"""

STEPS = {
    "reading a tensor": (codec._Reader, "_tensor"),
    "importing torch, or whatever else, to read": (codec, "decode_parts"),
    "comparing": (grade_answer, "problem_of"),
    "encoding": (codec, "encode"),
    "sending": (SocketConnection, "sendall"),
    "taking what was sent": (SocketConnection, "recv"),
}


@pytest.fixture(scope="module")
def quick():
    with grader(deadline=DEADLINE, memory=2048) as opened:
        opened.expected(IOU)
        yield opened


@pytest.mark.parametrize("step", STEPS)
def test_a_grader_that_is_slow_costs_no_answer_its_points(step, quick, monkeypatch, tmp_path):
    """The second time that the grader does something for an answer, it takes longer than any answer may sleep."""
    holder, name = STEPS[step]
    original = getattr(holder, name)
    done = []

    def slow(*args, **options):
        done.append(1)
        if len(done) == 2:
            time.sleep(NAP)
        return original(*args, **options)

    submission = hand_in(tmp_path, "ada", notebook(WITH_TORCH, lesson="03"), IOU)
    monkeypatch.setattr(holder, name, slow)
    grade = by_id(quick.grade(submission))["iou"]
    assert len(done) > 2
    assert grade.status == "passed", grade


def test_an_answer_that_sleeps_in_its_own_time_is_stopped(quick, tmp_path):
    sleeps = f"import time\ndef iou(prediction, truth):\n    time.sleep({NAP + 1})\n    return 1.0"
    submission = hand_in(tmp_path, "ada", notebook(sleeps, lesson="03"), IOU)
    assert by_id(quick.grade(submission))["iou"].status == "stopped"


# --- A busy machine ----------------------------------------------------------------------------------------

BUSY = "import time\nend = time.monotonic() + 120\nwhile time.monotonic() < end: pass"


@contextlib.contextmanager
def busy(count):
    """Keep all processors busy for a while, and never for longer than two minutes."""
    processes = [subprocess.Popen([sys.executable, "-I", "-S", "-c", BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


WORKS = """
import time

def work(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass

"""


def test_grades_are_the_same_bytes_on_a_busy_machine(tmp_path):
    """One that takes half of its time, one that never ends, one that sleeps: eight processes in its way or none."""
    works = "def class_pixels(mask, class_id):\n    work(0.02)\n    return sum(row.count(class_id) for row in mask)"
    endless = "def class_pixels(mask, class_id):\n    while True: pass"
    sleeping = "import time\ndef class_pixels(mask, class_id):\n    time.sleep(100)"
    for student, source in {"ada": WORKS + works, "ben": endless, "cem": sleeping}.items():
        hand_in(tmp_path / "in", student, answered(class_pixels=source))
    quiet, loud = tmp_path / "quiet", tmp_path / "loud"
    grade_class(tmp_path / "in", quiet, seed=SEED, deadline=1.0, say=lambda _: None)
    with busy(8):
        grade_class(tmp_path / "in", loud, seed=SEED, deadline=1.0, say=lambda _: None)
    names = sorted(path.relative_to(quiet) for path in quiet.rglob("*") if path.is_file())
    assert len(names) == 5
    assert [(quiet / name).read_bytes() for name in names] == [(loud / name).read_bytes() for name in names]
    assert b'"passed"' in (quiet / "results/ada/00_start_here.json").read_bytes()
