"""Right answers that were refused, and wrong ones that passed: none does with any of 20 seeds."""

import math

import numpy as np
import pytest
import torch
from verdicts import SEEDS, seeds_that_pass

from course_lib import metrics
from course_lib.exercises import find_exercise


def test_what_is_left_of_a_shape_is_compared_in_its_order():
    def same_sizes(shape):
        def without(axis):
            return sorted(shape[:axis] + shape[axis + 1 :])

        return [axis for axis in (0, 2, 3) if without(axis) == without(1)]

    assert seeds_that_pass("hidden-axes", same_sizes) == []


def test_noise_moves_two_scores():
    def by_shifting_the_winner(scores, noise):
        wins = scores == scores.max(axis=0)
        return np.where(wins, scores - noise, scores).argmax(axis=0) != scores.argmax(axis=0)

    def by_drawing(scores, noise):
        rng = np.random.default_rng(0)
        moved = [scores + rng.choice([-noise, noise], scores.shape) for _ in range(100)]
        return np.any([one.argmax(axis=0) != scores.argmax(axis=0) for one in moved], axis=0)

    assert seeds_that_pass("shaky-pixels", by_shifting_the_winner) == []
    assert seeds_that_pass("shaky-pixels", by_drawing) == list(SEEDS)


def first_larger(scores):
    return next((index for index, score in enumerate(scores) if score > scores[0]), 0)


def skips_last(scores):
    best = 0
    for index in range(1, len(scores) - 1):
        if scores[index] > scores[best]:
            best = index
    return best


def starts_from_0(scores):
    best, highest = 0, 0
    for index, score in enumerate(scores):
        if score > highest:
            best, highest = index, score
    return best


@pytest.mark.parametrize("answer", [first_larger, skips_last, starts_from_0])
def test_argmax_of_every_draw_shows_these_mistakes(answer):
    assert seeds_that_pass("argmax", answer) == []


def test_the_axis_of_the_classes_is_not_found_by_its_size():
    def by_size(scores):
        smallest = min(range(3), key=lambda axis: scores.shape[axis])
        return scores.argmax(axis=smallest)

    assert seeds_that_pass("argmax-chw", by_size) == []


def all_background_of(prediction, truth):
    scores = metrics.iou(prediction, truth, 2)
    accuracy = metrics.pixel_accuracy(prediction, truth)
    return {"accuracy": accuracy, "pet IoU": scores[1], "mIoU": np.nanmean(scores)}


def test_a_prediction_of_one_fixed_size_is_refused():
    def ten_by_ten(truth):
        prediction = [[0] * 10 for _ in range(10)]
        cut = [row[: len(truth[0])] for row in prediction[: len(truth)]]
        cut_truth = [row[:10] for row in truth[:10]]
        return all_background_of(cut, cut_truth)

    def of_the_truths_size(truth):
        return all_background_of(np.zeros_like(truth).tolist(), truth)

    assert seeds_that_pass("all-background-scores", ten_by_ten) == []
    assert seeds_that_pass("all-background-scores", of_the_truths_size) == list(SEEDS)


def test_nan_is_in_every_draw():
    def nan_as_0(iou_score):
        return 0.0 if math.isnan(iou_score) else 2 * iou_score / (1 + iou_score)

    assert seeds_that_pass("dice-from-iou", nan_as_0) == []


@pytest.mark.parametrize("exercise_id", ["iou", "dice"])
def test_0_for_two_empty_masks_is_refused(exercise_id):
    def empty_is_0(prediction, truth):
        prediction, truth = np.array(prediction), np.array(truth)
        both = (prediction & truth).sum()
        whole = (prediction | truth).sum() if exercise_id == "iou" else (prediction.sum() + truth.sum()) / 2
        return both / whole if whole else 0.0

    assert seeds_that_pass(exercise_id, empty_is_0) == []


def probabilities(logits, less):
    exponentials = [math.exp(z - less) for z in logits]
    return [each / sum(exponentials) for each in exponentials]


def test_softmax_less_the_mean_overflows_in_every_draw():
    def less_the_mean(logits):
        return probabilities(logits, sum(logits) / len(logits))

    def less_the_last(logits):
        return probabilities(logits, logits[-1])

    def clamped(logits):
        return probabilities([min(z, 500.0) for z in logits], 0.0)

    def less_the_highest(logits):
        return probabilities(logits, max(logits))

    for wrong in (less_the_mean, less_the_last, clamped):
        assert seeds_that_pass("softmax", wrong) == [], wrong.__name__
    assert seeds_that_pass("softmax", less_the_highest) == list(SEEDS)


@pytest.mark.parametrize("mend", [lambda p: p + 1e-8, lambda p: p.clamp(1e-6, 1)])
def test_a_logarithm_that_is_kept_from_0_by_force_is_refused(mend):
    def of_a_pixel(logits, target):
        p = torch.tensor(logits, dtype=torch.float64).softmax(dim=0)[target]
        return -mend(p).log().item()

    def of_a_map(logits, targets):
        p = logits.softmax(dim=0).gather(0, targets.unsqueeze(0)).squeeze(0)
        return -mend(p).log()

    def of_a_batch(logits, targets, ignore_index=255):
        counted = targets != ignore_index
        p = logits.softmax(dim=1).gather(1, targets.where(counted, 0).unsqueeze(1)).squeeze(1)
        return -mend(p[counted]).log().mean()

    for exercise_id, answer in (
        ("pixel-loss", of_a_pixel),
        ("loss-map", of_a_map),
        ("mean-loss", of_a_batch),
    ):
        assert seeds_that_pass(exercise_id, answer) == [], exercise_id


def test_a_search_that_starts_from_a_low_number_is_refused():
    def above(start):
        def answer(scores):
            best, highest = 0, start
            for index, score in enumerate(scores):
                if score > highest:
                    best, highest = index, score
            return best

        return answer

    for start in (-1, -100, -9999):
        assert seeds_that_pass("argmax", above(start)) == [], start
    assert seeds_that_pass("argmax", above(float("-inf"))) == list(SEEDS)


def test_ids_are_compared_by_value():
    def same_object(prediction, truth):
        pairs = [pair for rows in zip(prediction, truth, strict=True) for pair in zip(*rows, strict=True)]
        return sum(predicted is true for predicted, true in pairs) / len(pairs)

    assert seeds_that_pass("pixel-accuracy", same_object) == []


@pytest.mark.parametrize("another", [lambda pedestrian: pedestrian + 1, lambda pedestrian: 10])
def test_a_pedestrian_is_missed_by_a_class_of_the_street(another):
    def answer(id_where_missed):
        def pair(pedestrian):
            truth = [[0] * 92 + [pedestrian] * 8]
            return [[0] * 92 + [id_where_missed(pedestrian)] * 8], truth

        return pair

    assert seeds_that_pass("misleading-pair", answer(another)) == []
    assert seeds_that_pass("misleading-pair", answer(lambda pedestrian: 1)) == list(SEEDS)


def test_the_truth_is_the_second_argument_where_it_holds_void_pixels():
    confusion_matrix = find_exercise("confusion-matrix").reference
    iou_from_matrix = find_exercise("iou-from-matrix").reference

    def pooled(pairs, num_classes):
        return iou_from_matrix(sum(confusion_matrix(*pair, num_classes) for pair in pairs))

    def exchanged(pairs, num_classes):
        return pooled([pair[::-1] for pair in pairs], num_classes)

    assert seeds_that_pass("pooled-iou", exchanged) == []
    assert seeds_that_pass("pooled-iou", pooled) == list(SEEDS)


def test_a_gain_that_is_too_small_for_few_classes_is_refused():
    def loses(share):
        def maps(num_classes):
            truth = np.repeat(np.arange(num_classes), 20).reshape(num_classes, 20)
            first, second = truth.copy(), truth.copy()
            first[:, :share] = (first[:, :share] + 1) % num_classes
            second[1] = 0
            return truth, first, second

        return maps

    assert seeds_that_pass("gains-by-missing", loses(2)) == []  # a tenth of each class
    assert seeds_that_pass("gains-by-missing", loses(5)) == list(SEEDS)  # a quarter
