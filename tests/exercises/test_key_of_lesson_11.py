"""The causes of lesson 11's runs are found by numbers: no file of the exercises pairs a letter with its cause."""

import re
from pathlib import Path

import pytest

from course_lib.exercises.l11_bug_hunt import shared
from course_lib.exercises.l11_bug_hunt.runs import MENDED_BY


def test_each_run_has_a_cause_of_its_own():
    assert sorted(shared.cause_of(letter) for letter in "ABCDEFGHIJ") == sorted(shared.CAUSES)


def test_each_cause_can_be_mended():
    assert sorted(MENDED_BY) == sorted(shared.CAUSES)


@pytest.mark.parametrize("module", ["runs.py", "shared.py", "ward.py"])
def test_no_file_spells_the_key_out(module):
    text = (Path(shared.__file__).parent / module).read_text("utf-8")
    pairs = [rf'"{letter}"\W+{shared.cause_of(letter)}' for letter in "ABCDEFGHIJ"]
    assert [pair for pair in pairs if re.search(pair, text)] == []


def test_an_unknown_run_has_no_cause():
    with pytest.raises(KeyError, match="K"):
        shared.cause_of("K")
