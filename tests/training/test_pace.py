"""How far a training is, by steps or by a clock."""

import pytest
import torch

from course_lib.training.budget import Pace
from course_lib.training.devices import Devices
from course_lib.training.schedules import constant

CPU = Devices(torch.device("cpu"), torch.float32)


def test_minutes_are_read_from_the_clock_that_is_given():
    now = [100.0]
    pace = Pace(constant, CPU, seconds=60, clock=lambda: now[0])
    assert (pace.elapsed, pace.progress, pace.over) == (0.0, 0.0, False)
    now[0] = 130.0
    pace.step()
    assert (pace.elapsed, pace.progress, pace.over) == (30.0, 0.5, False)
    now[0] = 160.0
    pace.step()
    assert pace.over


def test_an_earlier_part_counts_from_its_start():
    pace = Pace(constant, CPU, seconds=60, started=-15.0, steps_done=7, clock=lambda: 0.0)
    assert (pace.elapsed, pace.progress, pace.steps_done) == (15.0, 0.25, 7)


def test_steps_do_not_look_at_the_clock():
    pace = Pace(constant, CPU, steps=4, clock=lambda: 1e9)
    pace.step()
    assert pace.progress == pytest.approx(0.25)


@pytest.mark.parametrize("end", [{}, {"steps": 3, "seconds": 5.0}])
def test_one_end_is_needed(end):
    with pytest.raises(ValueError, match="epochs or after minutes: give one of the two"):
        Pace(constant, CPU, **end)
