"""The explorers' pure functions: numbers worked out by hand, and the library's own or torch's where there are many."""

import math
from itertools import product

import numpy as np
import pytest
import torch

from course_lib import losses
from course_lib.explorers import argmax, cross_entropy, overlap, threshold
from course_lib.explorers import training_run as run
from course_lib.explorers.examples import example_pets
from course_lib.explorers.losses import NAMES, PIXELS, losses_at

# --- IoU, Dice, accuracy -----------------------------------------------------------------------------------


def test_the_worked_example_has_its_counts_and_scores():
    found = overlap.compare(*overlap.shapes()["worked example, 4 x 4"])
    assert (found.tp, found.fp, found.fn, found.tn) == (6, 1, 1, 8)
    assert (found.iou, found.dice, found.accuracy) == pytest.approx((6 / 8, 12 / 14, 14 / 16))
    assert overlap.formulas(found) == (
        "IoU = TP / (TP + FP + FN) = 6 / (6 + 1 + 1) = 0.750",
        "Dice = 2 TP / (2 TP + FP + FN) = 12 / (12 + 1 + 1) = 0.857",
        "Accuracy = (TP + TN) / all = (6 + 8) / 16 = 0.875",
    )


def test_a_mask_moves_and_what_leaves_the_picture_is_lost():
    mask = np.array([[1, 0, 0], [0, 0, 0], [0, 0, 1]], np.uint8)
    assert overlap.moved(mask, down=1).tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert overlap.moved(mask, right=-2).tolist() == [[0, 0, 0], [0, 0, 0], [1, 0, 0]]
    assert not overlap.moved(mask, down=-4, right=4).any()


def test_a_mask_grows_to_its_neighbours_and_shrinks_back():
    dot = np.zeros((5, 5), np.uint8)
    dot[2, 2] = 1
    plus = overlap.moved(dot, grow=1)
    assert (plus.sum(), plus[2].tolist()) == (5, [0, 1, 1, 1, 0])
    assert np.array_equal(overlap.moved(plus, grow=-1), dot)
    assert not overlap.moved(dot, grow=-1).any()


def test_a_square_moved_by_one_row_loses_a_sixth_on_either_side():
    _, truth = overlap.shapes()["square"]  # 6 x 6
    found = overlap.compare(overlap.moved(truth, down=1), truth)
    assert (found.tp, found.fp, found.fn) == (30, 6, 6)
    assert found.iou == pytest.approx(30 / 42)


def test_two_empty_masks_have_no_iou():
    found = overlap.compare(np.zeros((2, 2), int), np.zeros((2, 2), int))
    assert math.isnan(found.iou)
    assert "none: both masks are empty" in overlap.formulas(found)[0]


def test_accuracy_rises_as_the_foreground_gets_rarer_while_iou_stays_0():
    found = [overlap.all_background(percent) for percent in (50, 20, 10, 1)]
    assert [one.accuracy for one in found] == pytest.approx([0.5, 0.8, 0.9, 0.99])
    assert [one.iou for one in found] == [0, 0, 0, 0]


# --- Argmax ------------------------------------------------------------------------------------------------


def test_the_first_of_the_highest_scores_wins():
    found = argmax.pick([-1.0, 2.0, 2.0])
    assert (found.winner, found.tied) == (1, (1, 2))
    assert argmax.pick([0.3, 0.3, 0.4]).tied == (2,)


@pytest.mark.parametrize(("factor", "added"), [(0.5, 0.0), (1.0, -10.0), (4.0, 3.5)])
def test_a_positive_factor_and_what_is_added_change_no_winner(factor, added):
    for scene in argmax.SCENES.values():
        for scores in scene.scores.reshape(-1, 3):
            assert argmax.pick(scores, factor, added).winner == scores.argmax()


def test_a_negative_factor_lets_the_lowest_score_win_and_0_the_first_class():
    assert argmax.pick([0.2, 0.7, 0.1], factor=-1).winner == 2
    assert argmax.pick([0.2, 0.7, 0.1], factor=0, added=3).tied == (0, 1, 2)


def test_what_is_said_and_drawn_of_a_factor():
    same = argmax.argmax_view("a street, 2 x 2", 0, 1, 2.0, 5.0)
    assert same.lines[0] == "Pixel in row 0, column 1: background 5.4, road 6.4, car 5.2."
    assert same.lines[2] == "The class map is as it was with factor 1 and 0 added."
    turned = argmax.argmax_view("a street, 2 x 2", 0, 1, -1.0, 0.0)
    assert turned.lines[1] == "The highest score wins: car (id 2)."
    assert turned.lines[2] == "The class map has changed."


def test_the_background_is_blue_in_every_scene():
    blue = "#0072b2"
    for name, scene in argmax.SCENES.items():
        row, column = np.argwhere(scene.scores.argmax(axis=-1) == scene.background)[0]
        bars = argmax.argmax_view(name, row, column, 1.0, 0.0).figures[-1].svg
        assert bars.count(blue) == 1


def test_the_worked_examples_have_their_class_maps():
    maps = [scene.scores.argmax(axis=-1).tolist() for scene in argmax.SCENES.values()]
    assert maps[:2] == [[[0, 1], [2, 2]], [[0, 1], [2, 0]]]


# --- Softmax ----------------------------------------------------------------------------------------------


def test_softmax_by_hand():
    assert cross_entropy.softmax([math.log(3), 0.0]) == pytest.approx([0.75, 0.25])
    assert cross_entropy.softmax([1000.0, 0.0]).tolist() == [1, 0]


# --- Threshold ---------------------------------------------------------------------------------------------


def test_a_threshold_and_its_scores_by_hand():
    probability, truth = [[0.9, 0.6], [0.4, 0.1]], [[1, 0], [1, 0]]
    found = threshold.cut(probability, truth, 0.5)
    scores = found.precision, found.recall, found.iou, found.dice
    assert scores == pytest.approx((1 / 2, 1 / 2, 1 / 3, 1 / 2))
    assert threshold.cut(probability, truth, 0.4).recall == 1 / 2  # 0.4 is not above 0.4
    assert threshold.cut(probability, truth, 0.39).recall == 1


def test_precision_is_nan_where_nothing_is_predicted():
    found = threshold.cut([[0.2]], [[1]], 0.5)
    assert math.isnan(found.precision)
    assert (found.recall, found.iou) == (0, 0)


# --- Cross-entropy -----------------------------------------------------------------------------------------


def test_the_loss_of_a_pixel_by_hand():
    assert cross_entropy.pixel_loss([0, 0, 0], 1).loss == pytest.approx(math.log(3))
    found = cross_entropy.pixel_loss([math.log(2), math.log(1), math.log(1)], 0)
    assert found.probabilities == pytest.approx([0.5, 0.25, 0.25])
    assert found.loss == pytest.approx(math.log(2))


def test_the_mean_of_the_loss_map_is_the_loss():
    pet = example_pets()[0]
    found = cross_entropy.loss_map(pet.logits, pet.truth)
    batch = torch.from_numpy(pet.logits)[None], torch.from_numpy(pet.truth.astype(int))[None]
    assert found.shape == pet.truth.shape
    assert found.mean() == pytest.approx(losses.cross_entropy(*batch).item(), rel=1e-5)


def test_the_border_burns():
    for pet in example_pets():
        found = cross_entropy.loss_map(pet.logits, pet.truth)
        assert found[pet.truth == 2].mean() > 2 * found[pet.truth != 2].mean()


# --- Losses ------------------------------------------------------------------------------------------------


def test_losses_by_hand_where_half_is_foreground_and_nothing_is_sure():
    found = losses_at(50, 0.5, 0.5, 0.0)
    dice = 1 - (2 * 250 + 1) / (500 + 500 + 1)
    iou = 1 - (250 + 1) / (500 + 500 - 250 + 1)
    assert found == pytest.approx(
        dict(zip(NAMES, (math.log(2), math.log(2), dice, iou, math.log(2)), strict=True))
    )


def test_losses_by_hand_where_foreground_is_rare():
    found = losses_at(5, 0.2, 0.9, 2.0)
    assert found["cross-entropy"] == pytest.approx(-0.05 * math.log(0.2) - 0.95 * math.log(0.9))
    assert found["weighted CE"] == pytest.approx(-0.5 * math.log(0.2) - 0.5 * math.log(0.9))
    assert found["focal"] == pytest.approx(-0.05 * 0.8**2 * math.log(0.2) - 0.95 * 0.1**2 * math.log(0.9))


@pytest.mark.parametrize(
    ("percent", "confidence", "background", "gamma"),
    list(product((1, 5, 23, 50), (0.02, 0.3, 0.98), (0.5, 0.95), (0.0, 0.5, 2.0))),
)
def test_losses_are_the_librarys(percent, confidence, background, gamma):
    foreground = PIXELS * percent // 100
    targets = (torch.arange(PIXELS) < foreground).long().view(1, 1, PIXELS)
    p = torch.where(targets == 1, confidence, 1 - background).double()
    logits = torch.stack([torch.zeros_like(p), torch.log(p / (1 - p))], dim=1)
    counts = torch.tensor([PIXELS - foreground, foreground])
    weight = (PIXELS / (counts.bool().sum() * counts)).where(counts > 0, 0)
    expected = (
        losses.cross_entropy(logits, targets),
        losses.cross_entropy(logits, targets, weight=weight),
        losses.dice_loss(logits, targets),
        losses.iou_loss(logits, targets),
        losses.focal_loss(logits, targets, alpha=1.0, gamma=gamma),
    )
    found = losses_at(percent, confidence, background, gamma)
    assert found == pytest.approx(dict(zip(NAMES, (loss.item() for loss in expected), strict=True)), abs=1e-6)


# --- A run -------------------------------------------------------------------------------------------------


def rows(*pairs):
    iou = {"val_iou_pet": 0.1, "val_iou_background": 0.2, "val_iou_border": 0.3}
    return [{"train_loss": loss, "val_mIoU": score, **iou} for loss, score in pairs]


def test_an_epoch_is_compared_with_the_one_before():
    history = rows((1.0, 0.3), (0.8, 0.5), (0.7, 0.4), (0.9, 0.45))
    assert run.compare_epochs(history, 1) == "Epoch 1: training loss 1.000, validation mIoU 0.300."
    assert "rose with it" in run.compare_epochs(history, 2)
    worse = run.compare_epochs(history, 3)
    assert "loss -0.100, mIoU -0.100. The loss fell, and the validation score got worse" in worse
    assert "The loss rose, and the validation score rose" in run.compare_epochs(history, 4)


def test_the_best_epoch_is_the_earliest_of_the_highest():
    assert run.best_epoch(rows((1.0, 0.3), (0.8, 0.5), (0.7, 0.5))) == 2
