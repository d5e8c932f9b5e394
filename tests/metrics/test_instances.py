"""Components, IoU, average precision, panoptic quality: by hand, equal to scipy, torchvision, COCO, torchmetrics."""

import contextlib
import io
import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools import mask as coco_masks
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from scipy import ndimage
from torchmetrics.detection import MeanAveragePrecision
from torchmetrics.detection import PanopticQuality as TheirPanopticQuality
from torchvision.ops import box_iou as their_box_iou

from course_lib.data.pocket_pets.scene import draw_scene_of_pets
from course_lib.instances import (
    COCO_THRESHOLDS,
    AveragePrecision,
    PanopticQuality,
    Quality,
    box_iou,
    boxes_of,
    connected_components,
    mask_iou,
    masks_of_components,
    match_counted,
    match_greedily,
    panoptic_of_components,
    panoptic_of_detections,
    precision_at_recalls,
    quality_of,
)

# --- Components -----------------------------------------------------------------------------------------------


@settings(max_examples=200)
@given(
    mask=arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12))),
    connectivity=st.sampled_from([4, 8]),
)
def test_components_are_those_of_scipy(mask, connectivity):
    structure = ndimage.generate_binary_structure(2, 1 if connectivity == 4 else 2)
    labels = connected_components(mask, connectivity)
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels, ndimage.label(mask, structure)[0])


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (400, 1), (300, 300)])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.59, 0.8, 1.0])
def test_components_of_larger_masks_are_those_of_scipy(size, share):
    mask = np.random.default_rng(0).uniform(size=size) < share
    np.testing.assert_array_equal(connected_components(mask), ndimage.label(mask)[0])


def test_a_spiral_is_one_component():
    spiral = np.zeros((41, 41), bool)
    row, column, step = 0, 0, (0, 1)
    for length in [40, *np.repeat(np.arange(40, 0, -2), 2)]:
        for _ in range(length):
            spiral[row, column] = True
            row, column = row + step[0], column + step[1]
        step = (step[1], -step[0])
    assert connected_components(spiral).max() == 1


def test_touching_pets_merge_and_a_cut_pet_splits():
    touching = [[1, 1, 2, 2], [1, 1, 2, 2]]
    assert connected_components(touching).max() == 1
    cut = [[1, 1, 0, 1, 1], [1, 1, 0, 1, 1]]
    assert connected_components(cut).tolist() == [[1, 1, 0, 2, 2], [1, 1, 0, 2, 2]]


def test_a_shared_corner_joins_only_with_connectivity_8():
    corner = [[1, 0], [0, 1]]
    assert connected_components(corner).tolist() == [[1, 0], [0, 2]]
    assert connected_components(torch.tensor(corner), connectivity=8).tolist() == [[1, 0], [0, 1]]


def test_components_refuse_what_is_not_a_mask():
    with pytest.raises(ValueError, match=r"\(1, 2, 2\).*\(H, W\)"):
        connected_components(np.ones((1, 2, 2), int))
    with pytest.raises(ValueError, match="4 neighbours, or 8"):
        connected_components([[1]], connectivity=6)
    with pytest.raises(TypeError, match="class ids are integers"):
        connected_components([[0.5]])


# --- IoU ------------------------------------------------------------------------------------------------------

boxes = st.lists(
    st.tuples(*[st.integers(-3, 9)] * 2, *[st.integers(0, 9)] * 2).map(
        lambda b: [b[0], b[1], b[0] + b[2], b[1] + b[3]]
    ),
    max_size=5,
)


@settings(max_examples=100)
@given(first=boxes, second=boxes)
def test_box_iou_is_that_of_torchvision_and_of_counted_pixels(first, second):
    ours = box_iou(first, second)
    assert ours.shape == (len(first), len(second))
    theirs = their_box_iou(
        torch.tensor(first, dtype=torch.float64).reshape(-1, 4),
        torch.tensor(second, dtype=torch.float64).reshape(-1, 4),
    )
    np.testing.assert_allclose(ours, np.nan_to_num(theirs.numpy()))
    np.testing.assert_allclose(ours, mask_iou(painted(first), painted(second)))


def painted(all_boxes):
    """The boxes as masks of 24 x 24 pixels, shifted by 3."""
    masks = np.zeros((len(all_boxes), 24, 24), bool)
    for mask, (left, top, right, bottom) in zip(masks, all_boxes, strict=True):
        mask[top + 3 : bottom + 3, left + 3 : right + 3] = True
    return masks


@settings(max_examples=60)
@given(arrays(bool, st.tuples(st.integers(0, 4), st.just(5), st.just(6))), st.randoms())
def test_mask_iou_is_that_of_coco(masks, random):
    others = np.array([masks[random.randrange(len(masks))] for _ in range(2)] if len(masks) else masks)
    others = np.roll(others, random.randrange(6), axis=-1)
    ours = mask_iou(masks, others)
    for i, mask in enumerate(masks):
        for j, other in enumerate(others):
            union = (mask | other).sum()
            assert ours[i, j] == pytest.approx((mask & other).sum() / union if union else 0)
    if len(masks):
        runs = [
            [coco_masks.encode(np.asfortranarray(m.astype(np.uint8))) for m in s] for s in (masks, others)
        ]
        np.testing.assert_allclose(ours, np.nan_to_num(coco_masks.iou(*runs, [0] * len(others))), atol=1e-12)


def test_boxes_of_masks_hold_just_their_pixels():
    mask = np.zeros((1, 6, 8), bool)
    mask[0, 2:5, 3] = mask[0, 4, 3:7] = True
    assert boxes_of(mask).tolist() == [[3, 2, 7, 5]]
    assert boxes_of(np.zeros((1, 4, 4), bool)).tolist() == [[0, 0, 0, 0]]
    assert boxes_of(np.zeros((0, 4, 4), bool)).shape == (0, 4)


def test_a_box_outside_the_image_overlaps_nothing_and_one_that_ends_before_it_starts_is_refused():
    assert box_iou([[200, 200, 220, 230]], [[0, 0, 10, 10]]).tolist() == [[0]]
    with pytest.raises(
        ValueError, match=r"\[5\.0, 5\.0, 3\.0, 8\.0\] ends before it starts.*not \(x, y, width"
    ):
        box_iou([[5, 5, 3, 8]], [[0, 0, 1, 1]])
    with pytest.raises(ValueError, match=r"\(4,\).*\(K, 4\)"):
        box_iou([1, 2, 3, 4], [[0, 0, 1, 1]])


def test_masks_of_two_sizes_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 2\) and of \(3, 3\)"):
        mask_iou(np.ones((1, 2, 2)), np.ones((1, 3, 3)))
    with pytest.raises(ValueError, match=r"\(2, 2\), expected one mask per instance"):
        mask_iou(np.ones((2, 2)), np.ones((1, 2, 2)))


# --- Average precision ----------------------------------------------------------------------------------------


def test_each_truth_is_found_once():
    ious = [[0.9, 0.0], [0.8, 0.6], [0.7, 0.55]]
    assert match_greedily(ious, 0.5).tolist() == [True, True, False]
    assert match_greedily(ious, 0.75).tolist() == [True, False, False]
    assert match_greedily(np.zeros((2, 0))).tolist() == [False, False]
    assert match_greedily(np.zeros((0, 2))).tolist() == []


def test_average_precision_by_hand():
    # Precision 1, 1/2, 2/3 at recall 1/2, 1/2, 1: 51 of the recalls are read at 1, 50 at 2/3.
    assert precision_at_recalls([True, False, True], truths=2) == pytest.approx((51 + 50 * 2 / 3) / 101)
    assert precision_at_recalls([True], truths=1) == 1
    assert precision_at_recalls([False, True], truths=1) == pytest.approx(0.5)
    assert precision_at_recalls([True], truths=4) == pytest.approx(26 / 101)
    assert precision_at_recalls([], truths=3) == 0
    assert math.isnan(precision_at_recalls([False], truths=0))


def perturbed(scene, rng):
    """Detections of a scene as a network might give them: shifted, missing, doubled, of another class, invented."""
    masks, labels = list(scene.masks), list(scene.labels)
    for _ in range(rng.integers(0, 3)):
        masks.append(np.roll(masks[rng.integers(len(masks))] if masks else scene.semantic == 2, 9, axis=1))
        labels.append(rng.integers(3, 6))
    keep = rng.uniform(size=len(masks)) < 0.85
    masks = [
        np.roll(mask, tuple(rng.integers(-4, 5, 2)), (0, 1))
        for mask, kept in zip(masks, keep, strict=True)
        if kept
    ]
    labels = [
        label if rng.uniform() < 0.9 else 7 - label for label, kept in zip(labels, keep, strict=True) if kept
    ]
    scores = rng.choice([0.3, 0.5, 0.9], len(masks)) if rng.uniform() < 0.5 else rng.uniform(size=len(masks))
    return instances(np.array(masks).reshape(-1, *scene.semantic.shape), labels) | {"scores": scores}


def instances(masks, labels):
    return {"masks": masks, "boxes": boxes_of(masks), "labels": np.array(labels, np.int64)}


def random_scenes(seed, count=6):
    rng = np.random.default_rng(seed)
    scenes = [draw_scene_of_pets(rng, (40, 56), pets=int(rng.integers(0, 5))) for _ in range(count)]
    truths = [instances(scene.masks, scene.labels) for scene in scenes]
    return [perturbed(scene, rng) for scene in scenes], truths


def by_coco(predictions, truths, by, area=(0, 1e10), most=100):
    """COCO's own evaluation: precision (T, R, K), of objects whose areas are in a range."""
    numbered = {"images": [], "annotations": [], "categories": [{"id": label} for label in range(1, 8)]}
    found = []
    for image, (prediction, truth) in enumerate(zip(predictions, truths, strict=True), start=1):
        numbered["images"].append({"id": image, "height": 40, "width": 56})
        for collected, parts in ((numbered["annotations"], truth), (found, prediction)):
            for k, label in enumerate(parts["labels"].tolist()):
                left, top, right, bottom = parts["boxes"][k].tolist()
                run = coco_masks.encode(np.asfortranarray(parts["masks"][k].astype(np.uint8)))
                entry = {"id": len(collected) + 1, "image_id": image, "category_id": label, "iscrowd": 0}
                entry |= {"bbox": [left, top, right - left, bottom - top], "segmentation": run}
                entry |= {"area": float(parts["masks"][k].sum())}
                collected.append(entry | ({"score": float(parts["scores"][k])} if "scores" in parts else {}))
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = numbered
        coco.createIndex()
        results = COCO()
        results.dataset = numbered | {"annotations": found}
        results.createIndex()
        evaluation = COCOeval(coco, results, "segm" if by == "masks" else "bbox")
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [list(area)], ["these"]
        evaluation.params.maxDets = [most]
        evaluation.evaluate()
        evaluation.accumulate()
    return evaluation.eval["precision"][:, :, :, 0, -1]


@pytest.mark.parametrize("by", ["masks", "boxes"])
@pytest.mark.parametrize("seed", range(12))
def test_average_precision_is_cocos(seed, by):
    predictions, truths = random_scenes(seed)
    ours = AveragePrecision(by)
    for prediction, truth in zip(predictions, truths, strict=True):
        ours.update(prediction, truth)
    theirs = by_coco(predictions, truths, by)  # (T, R, K)
    known = theirs[theirs > -1]
    assert ours.mean() == pytest.approx(known.mean() if known.size else math.nan, abs=1e-12, nan_ok=True)
    for label, row in ours.of_classes().items():
        columns = theirs[:, :, label - 1]
        expected = np.full(10, np.nan) if (columns == -1).all() else columns.mean(axis=1)
        np.testing.assert_allclose(row, expected, atol=1e-12)


@pytest.mark.parametrize("area", [(0, 120), (80, 200), (120, 1e10)])
@pytest.mark.parametrize("seed", range(8))
def test_average_precision_of_a_range_of_areas_is_cocos(seed, area):
    predictions, truths = random_scenes(seed)
    ours = AveragePrecision(area=area, most=2)
    for prediction, truth in zip(predictions, truths, strict=True):
        ours.update(prediction, truth)
    theirs = by_coco(predictions, truths, "masks", area, most=2)
    for label, row in ours.of_classes().items():
        columns = theirs[:, :, label - 1]
        expected = np.full(10, np.nan) if (columns == -1).all() else columns.mean(axis=1)
        np.testing.assert_allclose(row, expected, atol=1e-12)


def test_truths_that_do_not_count_make_no_false_alarms():
    ious = [[0.9, 0.6], [0.0, 0.8], [0.0, 0.7], [0.1, 0.1]]
    hits, left_out = match_counted(ious, np.array([True, False]))
    assert hits.tolist() == [True, False, False, False]
    assert left_out.tolist() == [False, True, False, False]


def test_average_precision_is_that_of_torchmetrics():
    for seed in range(4):
        predictions, truths = random_scenes(seed, count=4)
        masks, boxes = AveragePrecision("masks"), AveragePrecision("boxes")
        # Asked only for masks, it leaves out images without a true one, with the false alarms in them.
        theirs = MeanAveragePrecision(
            iou_type=("bbox", "segm"),
            iou_thresholds=COCO_THRESHOLDS.tolist(),
            rec_thresholds=np.linspace(0, 1, 101).tolist(),
        )
        for prediction, truth in zip(predictions, truths, strict=True):
            for ours in (masks, boxes):
                ours.update(prediction, truth)
            theirs.update(
                *[[{k: torch.as_tensor(v) for k, v in parts.items()}] for parts in (prediction, truth)]
            )
        result = theirs.compute()
        for ours, name in ((masks, "segm"), (boxes, "bbox")):
            assert ours.mean() == pytest.approx(result[f"{name}_map"].item(), abs=1e-6)
            assert ours.mean(at=0.5) == pytest.approx(result[f"{name}_map_50"].item(), abs=1e-6)


def test_the_truth_scores_one_and_no_detection_zero():
    scene = draw_scene_of_pets(np.random.default_rng(0), (40, 56), pets=3)
    truth = instances(scene.masks, scene.labels)
    nothing = instances(np.zeros((0, 40, 56), bool), []) | {"scores": []}
    right, silent, empty = AveragePrecision(), AveragePrecision(), AveragePrecision()
    right.update(truth | {"scores": [0.9] * len(scene.labels)}, truth)
    silent.update(nothing, truth)
    empty.update(nothing, nothing)
    assert right.mean() == 1
    assert silent.mean() == 0
    assert math.isnan(empty.mean())


def test_soft_masks_and_tensors_of_a_detector_are_taken():
    truth = {"masks": torch.ones(1, 4, 4, dtype=torch.uint8), "labels": torch.tensor([1])}
    soft = torch.full((1, 1, 4, 4), 0.6, requires_grad=True)
    precision = AveragePrecision()
    precision.update({"masks": soft, "labels": torch.tensor([1]), "scores": torch.tensor([0.5])}, truth)
    assert precision.mean(at=0.5) == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"scores": None}, "no 'scores'"),
        ({"masks": None}, "the prediction has boxes, labels, scores, but needs 'masks'"),
        ({"labels": np.array([1, 2])}, "1 masks and labels of shape \\(2,\\)"),
        ({"scores": np.array([0.1, 0.2])}, "1 labels and scores of shape \\(2,\\)"),
    ],
)
def test_detections_with_missing_parts_are_refused(change, sentence):
    whole = instances(np.ones((1, 4, 4), bool), [1]) | {"scores": [0.5]}
    broken = {k: v for k, v in (whole | change).items() if v is not None}
    with pytest.raises(ValueError, match=sentence):
        AveragePrecision().update(broken, whole)


def test_unknown_ways_to_compare_are_refused():
    with pytest.raises(ValueError, match="'masks' or by 'boxes'"):
        AveragePrecision(by="mask")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"0\.6 is not one of the thresholds \[0\.5\]"):
        AveragePrecision(thresholds=[0.5]).mean(at=0.6)


# --- Panoptic quality -----------------------------------------------------------------------------------------


def test_panoptic_quality_by_hand():
    quality = quality_of([[0.8, 0.1], [0.0, 0.6], [0.1, 0.3]])
    assert quality == Quality(1.4, 2, 1, 0)
    assert quality.segmentation == pytest.approx(0.7)
    assert quality.recognition == pytest.approx(2 / 2.5)
    assert quality.panoptic == pytest.approx(0.56)
    assert math.isnan(quality_of(np.zeros((0, 0))).panoptic)
    assert quality_of(np.zeros((2, 0))).panoptic == 0


def test_half_is_not_enough_for_a_match():
    assert quality_of([[0.5]]).panoptic == 0


def panoptic_prediction(scene, rng):
    """The true map, shifted, with some ids changed and blocks of another segment."""
    panoptic = np.roll(scene.panoptic, rng.integers(-3, 4), axis=1)
    ids = np.unique(panoptic)
    for _ in range(rng.integers(0, 4)):
        top, left = rng.integers(0, 30, 2)
        panoptic[top : top + 12, left : left + 12] = rng.choice([*ids, 4009, 3008])
    return panoptic


@pytest.mark.parametrize("void", [None, 2000])
@pytest.mark.parametrize("seed", range(8))
def test_panoptic_quality_is_that_of_torchmetrics(seed, void):
    rng = np.random.default_rng(seed)
    stuff = {0, 1} if void else {0, 1, 2}  # ids unknown to torchmetrics are void to it
    theirs = TheirPanopticQuality(
        things={3, 4},
        stuffs=stuff,
        allow_unknown_preds_category=True,
        return_sq_and_rq=True,
        return_per_class=True,
    )
    ours = PanopticQuality(5, void=void)
    for _ in range(4):
        scene = draw_scene_of_pets(rng, (40, 56))
        prediction, truth = panoptic_prediction(scene, rng), scene.panoptic
        prediction[prediction == void] = 0
        ours.update(prediction, truth)
        theirs.update(
            *(torch.from_numpy(np.stack([i // 1000, i % 1000], -1))[None] for i in (prediction, truth))
        )
    for class_id, row in zip([3, 4, *sorted(stuff)], theirs.compute().tolist(), strict=True):
        quality = ours.of_classes()[class_id]
        mine = np.nan_to_num([quality.panoptic, quality.segmentation, quality.recognition])
        np.testing.assert_allclose(mine, row, atol=1e-9, err_msg=f"class {class_id}")


def test_panoptic_quality_of_the_truth_is_one_and_of_no_instance_zero_for_the_things():
    scene = draw_scene_of_pets(np.random.default_rng(0), (40, 56), pets=3)
    right, blind = PanopticQuality(5), PanopticQuality(5)
    right.update(scene.panoptic, scene.panoptic)
    blind.update(np.where(scene.instances > 0, 0, scene.panoptic), scene.panoptic)
    assert right.mean() == 1
    assert blind.mean([3, 4]) == 0
    assert 0 < blind.mean([0, 1]) < 1
    assert math.isnan(PanopticQuality(5).mean())


def test_panoptic_maps_that_do_not_fit_are_refused():
    quality = PanopticQuality(5)
    with pytest.raises(ValueError, match=r"\(1, 2\) and the truth \(2, 1\)"):
        quality.update([[0, 0]], [[0], [0]])
    with pytest.raises(ValueError, match=r"holds the panoptic id 5001, but ids of 5 classes are 0\.\.4999"):
        quality.update([[5001]], [[0]])
    with pytest.raises(ValueError, match="num_classes is 0"):
        PanopticQuality(0)


def test_no_torch_is_loaded():
    code = "import sys, course_lib.instances, course_lib.data.pocket_pets.scene; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "scipy", "matplotlib", "pycocotools"} & set(done.stdout.split())


# --- Panoptic maps of predictions -----------------------------------------------------------------------------

ROW_OF_CLASSES = [0, 0, 1, 3, 3, 0, 3, 4]  # 0 and 1 are stuff, 3 and 4 things


def logits_of(classes):
    """Return logits (5, 1, W) whose argmax is a row of classes, and in which class 0 is the best stuff but at a 1."""
    logits = np.zeros((5, 1, len(classes)))
    logits[0] = 1
    logits[classes, 0, np.arange(len(classes))] += 2
    return logits


def row_mask(*columns):
    mask = np.zeros((1, 8), bool)
    mask[0, list(columns)] = True
    return mask


def test_the_surest_detection_takes_its_pixels_and_stuff_gets_what_is_left():
    detections = {
        "masks": np.stack([row_mask(3, 4), row_mask(4, 5, 6), row_mask(3, 4, 5), row_mask(0, 1)]),
        "labels": np.array([2, 1, 1, 1]),
        "scores": np.array([0.9, 0.8, 0.7, 0.2]),
    }
    ids = panoptic_of_detections(detections, logits_of(ROW_OF_CLASSES), stuff=(0, 1), things=(3, 4))
    # The third has no pixel left, and the fourth's score is too low. Elsewhere only wall (0) or floor (1) may be.
    assert ids.tolist() == [[0, 0, 1000, 4001, 4001, 3002, 3002, 0]]


def test_a_detection_is_dropped_if_less_than_half_of_it_is_free():
    detections = {
        "masks": np.stack([row_mask(0, 1, 2), row_mask(1, 2, 3), row_mask(2, 3)]),
        "labels": [1, 1, 1],
        "scores": [0.9, 0.8, 0.7],
    }
    ids = panoptic_of_detections(detections, logits_of([0] * 8), stuff=(0, 1), things=(3, 4))
    assert ids.tolist() == [[3001, 3001, 3001, 3002, 0, 0, 0, 0]]  # of the third, exactly half is free


def test_no_detection_leaves_the_stuff():
    nothing = {"masks": np.zeros((0, 1, 8), bool), "labels": [], "scores": []}
    ids = panoptic_of_detections(nothing, logits_of(ROW_OF_CLASSES), stuff=(0, 1), things=(3, 4))
    assert ids.tolist() == [[0, 0, 1000, 0, 0, 0, 0, 0]]


def test_components_of_things_are_numbered_unless_they_are_tiny():
    logits = logits_of(ROW_OF_CLASSES)
    assert panoptic_of_components(logits, (3, 4), smallest=1).tolist() == [
        [0, 0, 1000, 3001, 3001, 0, 3002, 4001]
    ]
    assert panoptic_of_components(logits, (3, 4), smallest=2).tolist() == [
        [0, 0, 1000, 3001, 3001, 0, 3000, 4000]
    ]


def test_every_component_of_a_thing_is_a_mask():
    masks = masks_of_components(torch.from_numpy(logits_of(ROW_OF_CLASSES)), (3, 4))
    assert np.array_equal(masks, np.stack([row_mask(3, 4), row_mask(6), row_mask(7)]))
    assert masks_of_components(logits_of([0, 1]), (3, 4)).shape == (0, 1, 2)
