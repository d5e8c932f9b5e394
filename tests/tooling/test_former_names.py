import sys
from importlib import import_module

import pytest

from course_lib.exercises import outline
from course_lib.former_names import EXERCISES, MODULES


@pytest.mark.parametrize(("former", "now"), MODULES.items())
def test_a_module_is_found_by_its_former_name(former, now):
    sys.modules.pop(former, None)
    assert import_module(former) is import_module(now)
    assert import_module(now).__spec__.name == now


def test_other_names_are_still_not_found():
    with pytest.raises(ModuleNotFoundError, match="course_lib.gadgets"):
        import_module("course_lib.gadgets")


def test_a_former_id_names_one_exercise_and_no_other():
    ids = {entry.id for entry in outline()}
    assert set(EXERCISES.values()) <= ids
    assert not set(EXERCISES) & ids
