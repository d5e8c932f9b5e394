"""Lesson 11 says what happened: pieces that break a training, plans that are no lists, names that are not right."""

from functools import partial
from pathlib import Path

import pytest
import torch.nn.functional as F

from course_lib.bug_hunt.make_run import make_run
from course_lib.checking.judge import judge
from course_lib.exercises import find_exercise
from course_lib.exercises.l11_bug_hunt import runs, shared
from course_lib.exercises.l11_bug_hunt.ward import Ward


def loss_without_gradient(logits, targets):
    return F.cross_entropy(logits, targets, ignore_index=255).item()


def decoder_that_overwrites(features, skips, ups, convs):
    for up, conv, skip in zip(ups, convs, reversed(skips), strict=True):
        skip += up(features)
        features = conv(skip)
    return features


@pytest.mark.parametrize(
    ("letter", "piece", "error"),
    [("F", loss_without_gradient, "AttributeError"), ("E", decoder_that_overwrites, "RuntimeError")],
)
def test_a_mended_run_that_stops_says_so(
    letter, piece, error, course_home, pocket_folder, monkeypatch, capsys
):
    monkeypatch.setattr(runs, "make_run", partial(make_run, data=pocket_folder))
    folder = runs.mended_run(letter, piece)
    assert runs.has_stopped(folder)
    assert f"The mended run {letter} stopped with {error}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("exercise_id", "piece"), [("balanced-loss", loss_without_gradient), ("decode", decoder_that_overwrites)]
)
def test_the_checks_refuse_what_stops_a_training(exercise_id, piece):
    assert not judge(find_exercise(exercise_id), piece).passed


def test_a_plan_without_a_list_is_told_how_to_write_it(capsys):
    ward = Ward(Path)
    ward.admit("A")
    ward.examine({"A": "score"})
    assert "The probes of run A have to be a list: write ['score']." in capsys.readouterr().out


def test_every_run_that_is_not_named_right_is_listed_and_no_right_name_is_shown():
    def all_of_memory(runs):
        return ["memory" for _ in runs]

    result = judge(find_exercise("causes-a-to-e"), all_of_memory)
    observed = result.cases[0].outcome.value
    assert observed["what is not right yet"] == "A: memory; B: memory; C: memory; E: memory"
    assert observed["causes that are named twice"] == "memory"
    assert "evaluation mode" not in str(result.cases[0])


def test_every_listing_whose_line_is_not_right_is_listed():
    def first_lines(listings):
        return [4 for _ in listings]

    observed = judge(find_exercise("wrong-lines-1-to-6"), first_lines).cases[0].outcome.value
    assert observed == {
        "what is not right yet": "listing 1: line 4; listing 3: line 4; listing 5: line 4; listing 6: line 4"
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"D": "size mismatch"}, ["Not right yet: D: size mismatch."]),
        ({"A": "metric on a subset"}, ["Look at A again."]),
        ({"A": "metric on a subset", "E": "oversmoothing"}, ["First: Look at", "A again", "E again"]),
        (
            {"A": "metric on a subset", "D": "size mismatch"},
            ["A again", "Not right yet either: D: size mismatch."],
        ),
        ({"D": "memmory"}, ["Names that are not in the table: memmory. Not right yet: D: memmory."]),
    ],
)
def test_a_choice_is_told_in_its_own_words_and_nothing_of_its_code(changes, words):
    def causes(runs):
        table = {run: shared.cause_of(run) for run in "ABCDE"} | changes
        return [table[run] for run in runs]

    message = judge(find_exercise("causes-a-to-e"), causes).message
    assert [word for word in words if word not in message] == []
    assert "Line" not in message


def test_choices_that_depend_on_the_order_in_which_is_asked_are_told_so():
    def causes(runs):
        return [shared.cause_of(run) for run in "AECDB"]

    message = judge(find_exercise("causes-a-to-e"), causes).message
    assert message == (
        "In another order of `runs` other choices come back for the same ones: look each one up by itself."
    )
