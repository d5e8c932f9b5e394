"""Scenes of several pets: the three truths agree, pets overlap, and the same seed draws the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.data.pocket_pets.scene import (
    INSTANCES_A_CLASS,
    MOST_PETS,
    SCENE_CLASSES,
    STUFF,
    THINGS,
    PocketScene,
    draw_scene_of_pets,
)
from course_lib.instances import connected_components


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    height=st.integers(32, 90),
    width=st.integers(32, 90),
    pets=st.none() | st.integers(0, MOST_PETS),
)
def test_the_three_truths_of_any_scene_agree(seed, height, width, pets):
    scene = draw_scene_of_pets(np.random.default_rng(seed), (height, width), pets)
    count = len(scene.labels)
    assert scene.image.shape == (height, width, 3)
    assert (scene.image.dtype, scene.semantic.dtype, scene.instances.dtype) == (np.uint8,) * 3
    assert count <= (4 if pets is None else pets)
    assert set(np.unique(scene.semantic)) <= {*STUFF, *THINGS}
    np.testing.assert_array_equal(np.isin(scene.semantic, THINGS), scene.instances > 0)
    assert scene.masks.shape == (count, height, width)
    for number, (mask, label) in enumerate(zip(scene.masks, scene.labels, strict=True), start=1):
        assert mask.any(), "no pet is hidden altogether"
        assert label in THINGS
        assert (scene.semantic[mask] == label).all()
        assert (scene.panoptic[mask] == label * INSTANCES_A_CLASS + number).all()
    stuff = scene.instances == 0
    np.testing.assert_array_equal(
        scene.panoptic[stuff], scene.semantic[stuff].astype(int) * INSTANCES_A_CLASS
    )


def test_the_same_seed_draws_the_same_and_another_does_not():
    first, again, other = (draw_scene_of_pets(np.random.default_rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.image, again.image)
    np.testing.assert_array_equal(first.panoptic, again.panoptic)
    assert (first.image != other.image).any()


def test_a_scene_without_pets_is_only_stuff():
    scene = draw_scene_of_pets(np.random.default_rng(0), (48, 64), pets=0)
    assert scene.labels.shape == (0,)
    assert scene.masks.shape == (0, 48, 64)
    assert set(np.unique(scene.semantic)) <= set(STUFF)


def test_wrong_sizes_and_numbers_are_refused():
    with pytest.raises(ValueError, match=r"\(20, 64\).*at least 32 pixels"):
        draw_scene_of_pets(np.random.default_rng(0), (20, 64))
    for pets in (-1, MOST_PETS + 1):
        with pytest.raises(ValueError, match=f"pets is {pets}: a scene holds 0 to {MOST_PETS}"):
            draw_scene_of_pets(np.random.default_rng(0), pets=pets)


def test_many_scenes_have_what_the_lesson_is_about():
    """Pets that touch, pets that are cut, both species, every class of stuff, and scenes without a pet."""
    scenes = [draw_scene_of_pets(np.random.default_rng([1, seed]), (64, 80)) for seed in range(60)]
    pieces = [connected_components(np.isin(scene.semantic, THINGS)).max() for scene in scenes]
    pets = [len(scene.labels) for scene in scenes]
    assert sum(np.less(pieces, pets)) >= 10, "touching pets merge"
    assert sum(is_cut(mask) for scene in scenes for mask in scene.masks) >= 5, "pets behind a post split"
    assert min(pets) == 0
    assert max(pets) >= 3
    labels = np.concatenate([scene.labels for scene in scenes])
    assert 0.3 < np.mean(labels == THINGS[0]) < 0.7
    seen = np.unique(np.concatenate([np.unique(scene.semantic) for scene in scenes]))
    assert seen.tolist() == list(range(len(SCENE_CLASSES)))


def is_cut(mask):
    """Whether at least a tenth of a mask lies apart from its largest piece."""
    sizes = np.sort(np.bincount(connected_components(mask).ravel())[1:])
    return sizes[:-1].sum() >= 0.1 * sizes.sum()


def test_a_head_is_a_part_of_its_pet():
    scenes = [draw_scene_of_pets(np.random.default_rng([7, seed]), (96, 128)) for seed in range(12)]
    shares = []
    for scene in scenes:
        assert not scene.parts[scene.instances == 0].any()
        assert not len(scene.labels) or (scene.parts[scene.instances > 0] > 0).mean() > 0.8
        assert scene.heads.shape == scene.masks.shape
        assert not (scene.heads & ~scene.masks).any()
        shares += (scene.heads.sum(axis=(1, 2)) / scene.masks.sum(axis=(1, 2))).tolist()
    assert 0.15 < np.median(shares) < 0.6


def test_pets_touch_where_their_pixels_are_neighbours():
    ids = np.array([[1, 0, 2, 2], [1, 3, 0, 4], [0, 3, 0, 4]], np.uint8)
    image = np.zeros((3, 4, 3), np.uint8)
    scene = PocketScene(image, (3 * (ids > 0)).astype(np.uint8), ids, np.array([3, 3, 3, 3, 4]), ids)
    assert scene.touching.tolist() == [True, True, True, True, False]  # 1 and 3, 2 and 4; of 5 nothing shows
    nothing = np.zeros((3, 4), np.uint8)
    alone = PocketScene(image, nothing, nothing, np.zeros(0, np.int64), nothing)
    assert alone.touching.tolist() == []
