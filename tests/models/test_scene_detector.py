"""The lesson's Mask R-CNN: its sizes, what it learns from, and what its shipped weights find."""

import numpy as np
import pytest
import torch

from course_lib.data.pocket_pets.scene import SCENE_CLASSES, THINGS, draw_scene_of_pets
from course_lib.instances import boxes_of, mask_iou
from course_lib.models.scene_detector import (
    PanopticBackbone,
    build_scene_detector,
    detect,
    load_scene_detector,
)

SIZE = (128, 160)


def image_of(scene):
    return torch.from_numpy(scene.image).permute(2, 0, 1).float() / 255


def target_of(scene):
    return {
        "boxes": torch.from_numpy(boxes_of(scene.masks)).float(),
        "labels": torch.from_numpy(scene.labels) - THINGS[0] + 1,
        "masks": torch.from_numpy(scene.masks),
    }


def test_the_backbone_gives_four_levels_and_a_semantic_map_at_a_quarter():
    backbone = PanopticBackbone(num_classes=5, width=4, channels=8).eval()
    levels = backbone(torch.zeros(2, 3, 64, 96))
    assert [tuple(level.shape) for level in levels.values()] == [
        (2, 8, 16, 24),
        (2, 8, 8, 12),
        (2, 8, 4, 6),
        (2, 8, 2, 3),
    ]
    assert backbone.semantic_logits.shape == (2, 5, 16, 24)


def test_a_scene_with_and_one_without_pets_give_finite_losses():
    torch.manual_seed(0)
    model = build_scene_detector(SIZE, len(SCENE_CLASSES), len(THINGS), width=4, channels=8).train()
    scenes = [draw_scene_of_pets(np.random.default_rng(5), SIZE, pets) for pets in (0, 3)]
    losses = model([image_of(scene) for scene in scenes], [target_of(scene) for scene in scenes])
    assert len(losses) == 5
    assert all(torch.isfinite(loss) for loss in losses.values())


def test_detect_gives_arrays_in_evaluation_mode_at_the_size_of_the_image():
    torch.manual_seed(0)
    model = build_scene_detector(SIZE, len(SCENE_CLASSES), len(THINGS), width=4, channels=8).train()
    found, logits = detect(model, draw_scene_of_pets(np.random.default_rng(5), SIZE).image)
    assert not model.training
    assert logits.shape == (len(SCENE_CLASSES), *SIZE)
    count = len(found["scores"])
    assert found["masks"].shape == (count, *SIZE)
    assert found["masks"].dtype == bool
    assert found["boxes"].shape == (count, 4)
    assert found["labels"].shape == (count,)


@pytest.mark.slow
def test_the_shipped_weights_find_most_pets_that_touch():
    model = load_scene_detector(SIZE, len(SCENE_CLASSES), len(THINGS))
    found, touching = [], []
    for number in range(25):  # of a seed that neither the training nor the lesson draws with
        scene = draw_scene_of_pets(np.random.default_rng([15, number]), SIZE)
        with torch.no_grad():
            (detections,) = model([image_of(scene)])
        masks = detections["masks"][detections["scores"] > 0.3]
        found.append((mask_iou(scene.masks, masks) >= 0.5).any(axis=1))
        touching.append(scene.touching)
    hits, together = np.concatenate(found), np.concatenate(touching)
    assert together.sum() > 20
    assert hits[together].mean() > 0.7
    assert hits[~together].mean() > 0.8
