"""Pets as arrays: decoded once, mapped into memory, split by breed."""

import shutil

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets import OxfordIIITPet

from course_lib.data import pets as pets_module
from course_lib.data.folder import find_pet_folder, read_split
from course_lib.data.pets import load_pets, read_pair, train_validation_split
from course_lib.masks import trimap_to_classes


@pytest.fixture
def folder(pocket_folder, tmp_path):
    """Return a pet folder that a test may spoil."""
    return shutil.copytree(pocket_folder, tmp_path / "own")


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def test_arrays_are_small_mapped_and_hold_class_ids(folder, cache):
    pets = load_pets(folder, "trainval", 32, cache=cache)
    assert pets.images.shape == (len(pets), 32, 32, 3)
    assert pets.masks.shape == (len(pets), 32, 32)
    assert pets.images.dtype == pets.masks.dtype == np.uint8
    assert isinstance(pets.images, np.memmap)
    assert set(np.unique(pets.masks)) == {0, 1, 2}
    assert pets.shape == (32, 32)


def test_an_image_is_decoded_once_per_size(folder, cache, monkeypatch):
    decoded = []
    monkeypatch.setattr(pets_module, "read_pair", lambda *given: decoded.append(given) or read_pair(*given))
    first = load_pets(folder, "trainval", 32, cache=cache)
    again = load_pets(folder, "trainval", 32, cache=cache)
    assert len(decoded) == len(first)
    assert np.array_equal(first.images, again.images)
    load_pets(folder, "trainval", 48, cache=cache)
    assert len(decoded) == 2 * len(first)


def test_a_changed_image_is_decoded_again(folder, cache):
    before = load_pets(folder, "trainval", 32, cache=cache)
    entry = before.entries[0]
    Image.new("RGB", Image.open(entry.image_path).size, "white").save(entry.image_path)
    after = load_pets(folder, "trainval", 32, cache=cache)
    assert (after.images[0] == 255).all()
    assert np.array_equal(before.images[1], after.images[1])


def test_a_failed_decoding_leaves_nothing(folder, cache):
    entry = read_split(folder, "trainval")[-1]
    entry.image_path.write_bytes(entry.image_path.read_bytes()[:500])
    with pytest.raises(ValueError, match=entry.image_path.name):
        load_pets(folder, "trainval", 32, cache=cache)
    assert list(cache.iterdir()) == []


def test_sizes_that_differ_are_named(folder, cache):
    entry = read_split(folder, "trainval")[0]
    Image.new("RGB", (50, 40)).save(entry.image_path)
    with pytest.raises(
        ValueError, match=rf"{entry.image_path.name} is 50x40 and {entry.trimap_path.name} is"
    ):
        load_pets(folder, "trainval", 32, cache=cache)


@pytest.mark.parametrize("split", ["trainval", "test"])
def test_the_same_pets_as_torchvision_reads(folder, cache, split):
    theirs = OxfordIIITPet(folder, split=split, target_types="segmentation", download=False)
    entries = read_split(folder, split)
    assert len(theirs) == len(entries)
    for (image, trimap), entry in zip(theirs, entries, strict=True):
        ours, mask = read_pair(entry)
        assert np.array_equal(ours, np.array(image.convert("RGB")))
        assert np.array_equal(mask, trimap_to_classes(np.array(trimap)))


def test_the_split_takes_the_same_share_of_every_breed(folder, cache):
    pets = load_pets(folder, "trainval", 32, cache=cache)
    training, validation = train_validation_split(pets)
    assert sorted([*training.indices, *validation.indices]) == list(range(len(pets)))
    for breed in {entry.breed_id for entry in pets.entries}:
        total = sum(entry.breed_id == breed for entry in pets.entries)
        held_out = sum(entry.breed_id == breed for entry in validation.entries)
        assert held_out == round(0.2 * total)
    again = train_validation_split(load_pets(folder, "trainval", 48, cache=cache))[1]
    assert [entry.name for entry in again.entries] == [entry.name for entry in validation.entries]


def test_a_subset_copies_only_what_is_asked(folder, cache):
    pets = load_pets(folder, "trainval", 32, cache=cache)
    subset = pets.subset(np.array([3, 1, 2]))
    images, masks = subset.take(np.array([0, 1]))
    assert np.array_equal(images, pets.images[[3, 1]])
    assert np.array_equal(masks, pets.masks[[3, 1]])


def test_too_few_images_to_split_are_refused(folder, cache):
    listing = find_pet_folder(folder) / "annotations" / "trainval.txt"
    lines = [line for line in listing.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    listing.write_text("\n".join(lines[:2]), encoding="utf-8")
    with pytest.raises(ValueError, match="2 images .* too few to split"):
        train_validation_split(load_pets(folder, "trainval", 32, cache=cache))


def test_real_pets_load_with_their_unusual_files(real_pets, cache):
    """One of the photos is an RGBA PNG under the ending .jpg."""
    pets = load_pets(real_pets, "trainval", 32, cache=cache)
    training, validation = train_validation_split(pets)
    assert len(pets) == 300
    assert (len(training), len(validation)) == (240, 60)
    assert set(np.unique(pets.masks)) == {0, 1, 2}
