"""Boundary scores by hand, equal to a plain oracle, to MONAI, and to the steps of Boundary IoU's authors."""

import math
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from monai.metrics import (
    compute_average_surface_distance,
    compute_hausdorff_distance,
    compute_surface_dice,
)
from monai.metrics.utils import get_edge_surface_distance, get_mask_edges
from scipy import ndimage

from course_lib.metrics import BoundaryScores, assd, binary_iou, boundary_f, boundary_iou, hd95

# MONAI passes itself an argument that it has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.*always_return_as_numpy:FutureWarning")

SIDES = st.integers(1, 9)


def masks_of(shape):
    return arrays(bool, shape)


pairs = st.tuples(SIDES, SIDES).flatmap(lambda shape: st.tuples(masks_of(shape), masks_of(shape)))
filled_pairs = pairs.filter(lambda pair: pair[0].any() and pair[1].any())
spacings = st.tuples(st.sampled_from([0.5, 1.0, 3.0]), st.sampled_from([0.25, 1.0, 2.0]))


def drawn(*rows):
    return np.array([[mark == "#" for mark in row] for row in rows])


def square(shape, top, left, side):
    mask = np.zeros(shape, bool)
    mask[top : top + side, left : left + side] = True
    return mask


# --- The oracle: every definition as it is said, pixel by pixel -------------------------------------------------


def is_outside(mask, row, column):
    height, width = mask.shape
    return not (0 <= row < height and 0 <= column < width and mask[row, column])


def edge_of(mask):
    sides = [(-1, 0), (1, 0), (0, -1), (0, 1)]
    return [
        (row, column)
        for row, column in np.argwhere(mask).tolist()
        if any(is_outside(mask, row + down, column + right) for down, right in sides)
    ]


def band_of(mask, width):
    reach = range(-width, width + 1)
    return {
        (row, column)
        for row, column in np.argwhere(mask).tolist()
        if any(is_outside(mask, row + down, column + right) for down in reach for right in reach)
    }


def distances_of(from_edge, to_edge, spacing):
    return [
        min(
            (math.hypot((r - row) * spacing[0], (c - column) * spacing[1]) for r, c in to_edge),
            default=math.inf,
        )
        for row, column in from_edge
    ]


def percentile_95(values):
    place = 0.95 * (len(values) - 1)
    low, high = sorted(values)[math.floor(place)], sorted(values)[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))


class Oracle:
    def __init__(self, prediction, truth, spacing=(1, 1)):
        self.edges = edge_of(prediction), edge_of(truth)
        self.forth = distances_of(*self.edges, spacing)
        self.back = distances_of(*self.edges[::-1], spacing)

    def f(self, tolerance):
        precision = sum(d <= tolerance for d in self.forth) / len(self.forth)
        recall = sum(d <= tolerance for d in self.back) / len(self.back)
        return 2 * precision * recall / (precision + recall) if precision + recall else 0

    def hd95(self):
        return max(percentile_95(self.forth), percentile_95(self.back))

    def assd(self):
        return sum(self.forth + self.back) / len(self.forth + self.back)


@settings(max_examples=150)
@given(pair=filled_pairs, spacing=spacings, tolerance=st.sampled_from([0, 1, 1.5, 4]))
def test_distances_are_those_of_the_oracle(pair, spacing, tolerance):
    assert hd95(*pair, spacing) == pytest.approx(Oracle(*pair, spacing).hd95())
    assert assd(*pair, spacing) == pytest.approx(Oracle(*pair, spacing).assd())
    assert boundary_f(*pair, tolerance) == pytest.approx(Oracle(*pair).f(tolerance))


@settings(max_examples=150)
@given(pair=filled_pairs, width=st.integers(1, 4))
def test_boundary_iou_is_that_of_the_oracle(pair, width):
    bands = [band_of(mask, width) for mask in pair]
    ratio = width / math.hypot(*pair[0].shape)
    assert boundary_iou(*pair, ratio) == len(bands[0] & bands[1]) / len(bands[0] | bands[1])


# --- By hand ----------------------------------------------------------------------------------------------------


def test_a_square_of_3_shifted_by_one_pixel():
    """Each boundary is a ring of 8 pixels; 4 are shared, the other 4 of each are one pixel away. The diagonal is 10."""
    truth, prediction = square((6, 8), 1, 1, 3), square((6, 8), 1, 2, 3)
    assert binary_iou(prediction, truth) == 6 / 12
    assert boundary_iou(prediction, truth) == 4 / 12
    assert boundary_iou(prediction, truth, dilation_ratio=0.2) == 6 / 12  # bands of 2 hold the squares
    assert boundary_f(prediction, truth, tolerance=0) == 4 / 8
    assert boundary_f(prediction, truth, tolerance=1) == 1
    assert assd(prediction, truth) == 8 / 16
    assert hd95(prediction, truth) == 1


def test_precision_and_recall_may_differ():
    """3 of 4 predicted pixels lie on the line of 6, and 3 of its 6 pixels are predicted."""
    truth = drawn("......", "######")
    prediction = drawn("#.....", ".###..")
    assert boundary_f(prediction, truth, tolerance=0) == pytest.approx(2 * 3 / 4 * 3 / 6 / (3 / 4 + 3 / 6))


def test_hd95_leaves_out_the_worst_of_20():
    """From a line of 20 pixels and one 9 pixels below it: the 95th percentile of 20 zeros and a 9 is 0."""
    truth = np.zeros((12, 20), bool)
    truth[0] = True
    prediction = truth.copy()
    prediction[9, 4] = True
    assert hd95(prediction, truth) == 0
    assert assd(prediction, truth) == pytest.approx(9 / (21 + 20))
    truth[0, -1] = prediction[0, -1] = False  # of 19 zeros and a 9: a twentieth of the way from 0 to 9
    assert hd95(prediction, truth) == pytest.approx(0.05 * 9)


def test_distances_follow_the_spacing():
    prediction, truth = square((5, 6), 0, 0, 1), square((5, 6), 3, 4, 1)
    assert hd95(prediction, truth) == assd(prediction, truth) == 5
    assert hd95(prediction, truth, (2, 0.5)) == pytest.approx(math.hypot(6, 2))


def test_defaults_follow_the_diagonal():
    """In an image of 300×400 the diagonal is 500: bands are 10 pixels wide, and 3.75 pixels are tolerated."""
    truth = square((300, 400), 100, 100, 100)
    assert boundary_f(np.roll(truth, 3, axis=1), truth) == 1
    assert boundary_f(np.roll(truth, 4, axis=1), truth) < 1
    filled = truth.copy()
    filled[110:190, 110:190] = False  # exactly the inside of a band of 10
    assert boundary_iou(truth, truth) == 1
    assert boundary_iou(filled, truth) == 1
    assert boundary_iou(filled, truth, dilation_ratio=0.024) == (100**2 - 80**2) / (100**2 - 76**2)


def test_a_mask_that_fills_the_image_has_the_frame_as_its_boundary():
    """Against a mask without the last column: rings of 14 and 12 pixels share 10."""
    full = np.ones((4, 5), bool)
    most = full.copy()
    most[:, 4] = False
    assert len(edge_of(full)) == 14
    assert boundary_f(full, full) == boundary_iou(full, full) == 1
    assert hd95(full, full) == assd(full, full) == 0
    shared = set(edge_of(full)) & set(edge_of(most))
    assert (len(edge_of(most)), len(shared)) == (12, 10)
    assert boundary_f(most, full, tolerance=0) == pytest.approx(2 * 10 / 12 * 10 / 14 / (10 / 12 + 10 / 14))


def test_empty_masks():
    empty, some = np.zeros((6, 8), bool), square((6, 8), 1, 1, 3)
    for score in (boundary_iou, boundary_f, hd95, assd):
        assert math.isnan(score(empty, empty))
    for pair in ((empty, some), (some, empty)):
        assert boundary_iou(*pair) == boundary_f(*pair) == 0
        assert hd95(*pair) == assd(*pair) == math.inf


def test_masks_that_are_far_apart_have_no_boundary_in_common():
    pair = square((40, 90), 1, 1, 5), square((40, 90), 20, 80, 5)
    assert boundary_iou(*pair) == boundary_f(*pair) == 0
    assert hd95(*pair) == pytest.approx(Oracle(*pair).hd95())


def test_lists_and_tensors_are_masks_too():
    prediction, truth = square((6, 8), 1, 2, 3), square((6, 8), 1, 1, 3)
    lists = prediction.astype(int).tolist(), truth.astype(int).tolist()
    tensors = torch.from_numpy(prediction), torch.from_numpy(truth.astype(np.int64))
    for score in (boundary_iou, boundary_f, hd95, assd):
        assert score(*lists) == score(*tensors) == score(prediction, truth)


# --- Properties -------------------------------------------------------------------------------------------------

SCORES = (
    lambda prediction, truth: boundary_iou(prediction, truth, 0.2),
    lambda prediction, truth: boundary_f(prediction, truth, 1),
    hd95,
    assd,
)


def all_scores(prediction, truth):
    return [score(prediction, truth) for score in SCORES]


@given(pair=pairs)
def test_prediction_and_truth_may_be_swapped(pair):
    assert all_scores(*pair) == pytest.approx(all_scores(*pair[::-1]), nan_ok=True)


@given(pair=pairs)
def test_a_mask_agrees_with_itself(pair):
    perfect = [1, 1, 0, 0] if pair[0].any() else [math.nan] * 4
    assert all_scores(pair[0], pair[0]) == pytest.approx(perfect, nan_ok=True)


@given(pair=pairs, turn=st.sampled_from([np.flipud, np.fliplr, np.transpose, np.rot90]))
def test_turning_both_masks_changes_nothing(pair, turn):
    assert all_scores(*map(turn, pair)) == pytest.approx(all_scores(*pair), nan_ok=True)


@given(pair=pairs, spacing=spacings)
def test_a_transposed_pair_has_transposed_spacing(pair, spacing):
    turned = [mask.T for mask in pair]
    assert hd95(*turned, spacing[::-1]) == pytest.approx(hd95(*pair, spacing), nan_ok=True)


@given(pair=pairs, margin=st.integers(1, 3))
def test_a_margin_of_background_changes_no_distance(pair, margin):
    larger = [np.pad(mask, margin) for mask in pair]
    assert hd95(*larger) == pytest.approx(hd95(*pair), nan_ok=True)
    assert assd(*larger) == pytest.approx(assd(*pair), nan_ok=True)
    assert boundary_f(*larger, 1) == pytest.approx(boundary_f(*pair, 1), nan_ok=True)


@given(pair=pairs)
def test_a_band_as_wide_as_the_image_is_the_whole_mask(pair):
    assert boundary_iou(*pair, 1.0) == pytest.approx(binary_iou(*pair), nan_ok=True)


# --- The peers --------------------------------------------------------------------------------------------------


def blobs(seed, shape=(60, 45), share=0.5):
    smooth = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), 4)
    return smooth > np.quantile(smooth, 1 - share)


def one_hot(mask):
    return torch.from_numpy(mask)[None, None]  # (N, C, H, W)


def their_distances(prediction, truth):
    _, distances, _ = get_edge_surface_distance(
        torch.from_numpy(prediction), torch.from_numpy(truth), symmetric=True
    )
    return [d.numpy() for d in distances]


@settings(max_examples=60, deadline=None)
@given(pair=filled_pairs, spacing=spacings)
def test_distances_are_those_of_monai(pair, spacing):
    masks = [one_hot(mask) for mask in pair]
    options = {"include_background": True, "spacing": list(spacing)}
    theirs = compute_hausdorff_distance(*masks, percentile=95, **options).item()
    assert hd95(*pair, spacing) == pytest.approx(theirs, abs=1e-5)
    mean = compute_average_surface_distance(*masks, symmetric=True, **options).item()
    assert assd(*pair, spacing) == pytest.approx(mean, abs=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_larger_masks_are_those_of_monai(seed):
    pair = blobs(seed), blobs(seed + 10, share=0.3)
    masks = [one_hot(mask) for mask in pair]
    theirs = compute_hausdorff_distance(*masks, percentile=95, include_background=True).item()
    assert hd95(*pair) == pytest.approx(theirs, abs=1e-4)
    mean = compute_average_surface_distance(*masks, symmetric=True, include_background=True).item()
    assert assd(*pair) == pytest.approx(mean, abs=1e-4)
    precision, recall = (np.mean(d <= 2) for d in their_distances(*pair))
    assert boundary_f(*pair, 2) == pytest.approx(2 * precision * recall / (precision + recall))


@pytest.mark.parametrize("shape", [(60, 45), (7, 90), (128, 128)])
@pytest.mark.parametrize("ratio", [0.001, 0.02, 0.1])
def test_boundary_iou_has_the_steps_of_its_authors(shape, ratio):
    """Erode a mask padded with outside, step by step, and take away what is left."""
    steps = max(1, int(round(ratio * np.sqrt(shape[0] ** 2 + shape[1] ** 2))))  # noqa: RUF046
    pair = blobs(0, shape), blobs(1, shape, share=0.4)
    bands = [mask & ~ndimage.binary_erosion(mask, np.ones((3, 3)), iterations=steps) for mask in pair]
    expected = (bands[0] & bands[1]).sum() / (bands[0] | bands[1]).sum()
    assert boundary_iou(*pair, ratio) == pytest.approx(expected)


def test_surfels_of_deepmind_give_other_figures():
    """MONAI has DeepMind's tables too: boundary pieces between the pixels, weighed by their length."""
    truth, prediction = square((12, 16), 2, 2, 6), square((12, 16), 2, 4, 6)
    edges, _, areas, _ = get_mask_edges(prediction, truth, spacing=(1, 1))
    surfels = np.asarray(edges)
    assert surfels.sum() != len(edge_of(prediction))  # 24 between the pixels, 20 pixels
    assert np.unique(np.asarray(areas)[surfels]).size > 1  # corners weigh less than sides
    strict = {"class_thresholds": [1.0], "include_background": True}
    masks = one_hot(prediction), one_hot(truth)
    with_surfels = compute_surface_dice(*masks, **strict, use_subvoxels=True, spacing=(1, 1)).item()
    with_pixels = compute_surface_dice(*masks, **strict).item()
    assert with_surfels != pytest.approx(with_pixels, abs=0.01)


def test_surface_dice_is_not_boundary_f():
    """One predicted pixel on a line of 6: precision 1 of 1, recall 2 of 6. Pooled that is 3 of 7, and F is 1/2."""
    truth, prediction = drawn("######", "......"), drawn("#.....", "......")
    masks = one_hot(prediction), one_hot(truth)
    pooled = compute_surface_dice(*masks, class_thresholds=[1.0], include_background=True).item()
    assert pooled == pytest.approx(3 / 7)
    assert boundary_f(prediction, truth, tolerance=1) == pytest.approx(1 / 2)


def test_hd95_is_not_one_percentile_of_all_distances():
    """A line of 100 of which 90 are found: the way back is 90 zeros and 1..10, the way there 90 zeros."""
    truth = np.ones((1, 100), bool)
    prediction = truth.copy()
    prediction[:, 90:] = False
    oracle = Oracle(prediction, truth)
    assert hd95(prediction, truth) == pytest.approx(5.05)
    assert percentile_95(oracle.forth + oracle.back) == pytest.approx(0.55)  # MedPy's figure


# --- Wrong input ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("score", [boundary_iou, boundary_f, hd95, assd])
@pytest.mark.parametrize(
    ("prediction", "truth", "error", "message"),
    [
        ([[0.5]], [[1]], TypeError, "class ids are integers"),
        ([[0, 1]], [[0, 1, 1]], ValueError, "bring both to one size"),
        ([0, 1], [0, 1], ValueError, r"the masks have shape \(2,\), expected \(H, W\)"),
        ([[[0, 1]]], [[[0, 1]]], ValueError, "pass one pair of masks at a time"),
        ([[0, 2]], [[0, 1]], ValueError, "the prediction holds 2"),
        ([[0, 1]], [[0, 255]], ValueError, "the target holds 255"),
    ],
)
def test_wrong_masks(score, prediction, truth, error, message):
    with pytest.raises(error, match=message):
        score(prediction, truth)


@pytest.mark.parametrize("spacing", [0, (1,), (1, 0), (1, -2), (1, math.nan), (1, 1, 1)])
def test_wrong_spacing(spacing):
    for score in (hd95, assd):
        with pytest.raises(ValueError, match="expected the height and the width of a pixel"):
            score([[1]], [[1]], spacing)


@pytest.mark.parametrize("tolerance", [-1, math.nan])
def test_wrong_tolerance(tolerance):
    with pytest.raises(ValueError, match="expected 0 or more"):
        boundary_f([[1]], [[1]], tolerance)


# --- A data set -------------------------------------------------------------------------------------------------


def label_maps(seed, images=3, shape=(30, 40), classes=3):
    fields = np.random.default_rng(seed).normal(size=(images, classes, *shape))
    return ndimage.gaussian_filter(fields, (0, 0, 3, 3)).argmax(axis=1)


def scored(prediction, targets, num_classes=3, **options):
    scores = BoundaryScores(num_classes, **options)
    scores.update(prediction, targets)
    return scores


def test_scores_of_a_data_set_are_means_over_images_but_boundary_iou_is_pooled():
    prediction, targets = label_maps(0), label_maps(1)
    scores = scored(prediction, targets)
    for class_id in range(3):
        pairs = [(p == class_id, t == class_id) for p, t in zip(prediction, targets, strict=True)]
        for ours, score in ((scores.boundary_f, boundary_f), (scores.hd95, hd95), (scores.assd, assd)):
            assert ours()[class_id] == pytest.approx(np.mean([score(*pair) for pair in pairs]))
        bands = [[band_of(mask, 1) for mask in pair] for pair in pairs]
        both, either = sum(len(p & t) for p, t in bands), sum(len(p | t) for p, t in bands)
        assert scores.boundary_iou()[class_id] == pytest.approx(both / either)
    assert scores.unmatched().tolist() == [0, 0, 0]


def test_an_object_that_only_one_side_has_is_counted_and_has_no_distance():
    """Image 1: both have class 1, one pixel apart. Image 2: only the truth has it. Image 3: nobody."""
    targets = np.zeros((3, 6, 8), int)
    prediction = targets.copy()
    targets[0], prediction[0] = square((6, 8), 1, 1, 3), square((6, 8), 1, 2, 3)
    targets[1] = square((6, 8), 1, 1, 3)
    scores = scored(prediction, targets, num_classes=2, tolerance_ratio=0.1)
    assert scores.unmatched().tolist() == [0, 1]
    assert scores.boundary_f()[1] == (1 + 0) / 2
    assert scores.boundary_iou()[1] == 4 / (12 + 8)
    assert (scores.hd95()[1], scores.assd()[1]) == (1, 0.5)


def test_a_class_in_no_image_has_no_score():
    scores = scored(np.zeros((4, 4), int), np.zeros((4, 4), int), num_classes=2)
    for score in (scores.boundary_iou, scores.boundary_f, scores.hd95, scores.assd):
        assert math.isnan(score()[1])
    assert scores.unmatched().tolist() == [0, 0]


def test_a_class_that_is_never_matched_has_no_distance():
    scores = scored(np.zeros((4, 4), int), np.eye(4, dtype=int), num_classes=2)
    assert (scores.boundary_iou()[1], scores.boundary_f()[1], scores.unmatched()[1]) == (0, 0, 1)
    assert math.isnan(scores.hd95()[1])
    assert math.isnan(scores.assd()[1])


@given(seed=st.integers(0, 20), fill=st.integers(0, 2))
@settings(max_examples=20)
def test_what_is_predicted_in_void_changes_nothing(seed, fill):
    prediction, targets = label_maps(seed), label_maps(seed + 1)
    targets[:, 10:14] = 255
    expected = scored(prediction, targets, ignore_index=255).totals
    prediction[:, 10:14] = fill
    np.testing.assert_array_equal(scored(prediction, targets, ignore_index=255).totals, expected)


def test_a_frame_of_void_changes_no_distance():
    """So letterboxed images have the distances of the images themselves."""
    prediction, targets = label_maps(0), label_maps(1)
    plain = scored(prediction, targets, ignore_index=255)
    frame = ((0, 0), (5, 7), (0, 3))
    framed = scored(np.pad(prediction, frame), np.pad(targets, frame, constant_values=255), ignore_index=255)
    np.testing.assert_array_equal(framed.hd95(), plain.hd95())
    np.testing.assert_array_equal(framed.assd(), plain.assd())


def test_an_image_of_void_only_counts_for_nothing():
    assert not scored(np.zeros((4, 4), int), np.full((4, 4), 255), ignore_index=255).totals.any()


def test_an_ignored_class_has_no_score():
    scores = scored(label_maps(0), label_maps(1), ignore_index=2)
    assert np.isnan(scores.hd95()).tolist() == [False, False, True]


def test_batches_images_tensors_and_dtypes_give_the_same():
    prediction, targets = label_maps(0), label_maps(1)
    whole = scored(prediction, targets)
    one_by_one = BoundaryScores(3)
    for image in zip(prediction.astype(np.uint8), targets.astype(np.int32), strict=True):
        one_by_one.update(*image)
    tensors = scored(torch.from_numpy(prediction), torch.from_numpy(targets))
    np.testing.assert_allclose(one_by_one.totals, whole.totals)
    np.testing.assert_array_equal(tensors.totals, whole.totals)


def test_merging_is_measuring_together():
    prediction, targets = label_maps(0), label_maps(1)
    first, second = scored(prediction[:1], targets[:1]), scored(prediction[1:], targets[1:])
    first.merge(second)
    np.testing.assert_allclose(first.totals, scored(prediction, targets).totals)


@pytest.mark.parametrize(
    "options", [{"num_classes": 4}, {"ignore_index": 0}, {"dilation_ratio": 0.1}, {"tolerance_ratio": 0.1}]
)
def test_other_settings_cannot_be_merged(options):
    with pytest.raises(ValueError, match="create both with the same settings"):
        BoundaryScores(3).merge(BoundaryScores(**{"num_classes": 3, **options}))


def test_a_wrong_update_counts_nothing():
    prediction, targets = label_maps(0), label_maps(1)
    scores = scored(prediction, targets)
    before = scores.totals.copy()
    prediction[-1, -1, -1] = 7
    with pytest.raises(ValueError, match="the prediction holds 7"):
        scores.update(prediction, targets)
    with pytest.raises(ValueError, match=r"expected \(H, W\) or \(N, H, W\)"):
        scores.update([0, 1], [0, 1])
    with pytest.raises(ValueError, match="bring both to one size"):
        scores.update(targets, targets[:, :3])
    np.testing.assert_array_equal(scores.totals, before)


def test_there_must_be_a_class():
    with pytest.raises(ValueError, match="num_classes is 0"):
        BoundaryScores(0)


def test_memory_is_a_few_bytes_per_pixel_for_regions():
    truth = square((2000, 3000), 300, 400, 1200).astype(np.uint8)
    prediction = np.roll(truth, 40, axis=0)
    tracemalloc.start()
    try:
        scored(prediction, truth, num_classes=2)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12 * truth.size


def test_boundary_scores_need_only_numpy():
    code = "import sys, course_lib.metrics; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "scipy", "matplotlib", "numba", "monai"} & set(done.stdout.split())
