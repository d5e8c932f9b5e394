"""Code that never ends is stopped, and what comes after it goes on."""

import cProfile
import time
from dataclasses import replace

import pytest

from course_lib.checking.deadline import DeadlineExceeded, deadline
from course_lib.checking.judge import judge
from course_lib.exercises import find_exercise

IOU = find_exercise("iou")


def never_ends(prediction, truth):
    while True:
        pass


def swallows_everything(prediction, truth):
    while True:
        try:
            sum(range(100))
        except:  # noqa: E722
            continue


def sleeps(prediction, truth):
    time.sleep(60)


@pytest.mark.parametrize("answer", [never_ends, swallows_everything, sleeps])
def test_a_loop_that_never_ends_is_stopped_and_said_so(answer):
    result = judge(replace(IOU, deadline=0.2), answer)
    assert result.status == "failed"
    assert "was stopped after 0.2 seconds" in result.message
    assert judge(IOU, IOU.reference).passed  # and nothing of it is left behind


def fills_the_memory(prediction, truth):
    rows = [[0] * 100_000]
    while True:
        rows.append(list(rows[-1]))


def test_an_answer_that_fills_the_memory_is_stopped_and_said_so(monkeypatch):
    monkeypatch.setattr("course_lib.checking.deadline._MOST_BYTES", 2**26)
    result = judge(IOU, fills_the_memory)
    assert result.status == "failed"
    assert "was stopped because it filled the memory" in result.message
    assert judge(IOU, IOU.reference).passed


def test_a_profiled_block_ends():
    """Under cProfile, an interruption that is taken back leaves Python turning round at the next call."""

    def never_ends():
        while True:
            len("")

    profile = cProfile.Profile()
    profile.enable()
    try:
        with pytest.raises(DeadlineExceeded), deadline(0.01):
            never_ends()
    finally:
        profile.disable()
