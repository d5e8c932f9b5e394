"""Pocket pets: the pictures, the folder, and that they are hard enough to learn from."""

import errno
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.data import pocket_pets
from course_lib.data.folder import check_folder, read_split, read_trimap
from course_lib.data.pocket_pets import BREEDS, PetLayer, draw_pet, place, write_pocket_pets
from course_lib.data.pocket_pets.draw import make_trimap
from course_lib.files import DiskFullError
from course_lib.metrics import ConfusionMatrix

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "pocket_pets.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """60 trainval and 30 test pictures."""
    return write_pocket_pets(tmp_path_factory.mktemp("pocket"), trainval=60, test=30)


def files_of(folder):
    """Every file below a folder, with its bytes."""
    return {
        path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


# --- Pictures ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("breed", BREEDS, ids=lambda breed: breed.name)
def test_every_breed_is_drawn_with_all_three_classes(breed):
    pet = draw_pet(np.random.default_rng(3), (150, 210), breed)
    assert pet.image.shape == (150, 210, 3)
    assert pet.image.dtype == np.uint8
    assert pet.trimap.shape == (150, 210)
    assert pet.trimap.dtype == np.uint8
    assert np.unique(pet.trimap).tolist() == [1, 2, 3]
    assert (pet.species, pet.breed) == (breed.species, breed.name)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), height=st.integers(32, 150), width=st.integers(32, 150))
def test_any_size_can_be_drawn(seed, height, width):
    pet = draw_pet(np.random.default_rng(seed), (height, width))
    assert pet.image.shape == (height, width, 3)
    assert pet.trimap.shape == (height, width)
    assert set(np.unique(pet.trimap)) <= {1, 2, 3}
    assert pet.image.std() > 4, "a picture, not a plain area"


def test_a_picture_too_small_to_show_a_pet_is_refused():
    with pytest.raises(ValueError, match=r"\(20, 256\).*at least 32 pixels"):
        draw_pet(np.random.default_rng(0), (20, 256))


def test_the_same_seed_draws_the_same_and_another_does_not():
    first, again, other = (draw_pet(np.random.default_rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.image, again.image)
    np.testing.assert_array_equal(first.trimap, again.trimap)
    assert (first.trimap != other.trimap).any()


def test_the_border_of_a_square_is_on_its_outline():
    silhouette = np.zeros((200, 200), bool)
    silhouette[50:150, 50:150] = True
    row = make_trimap(silhouette)[100]
    assert row[[0, 199]].tolist() == [2, 2]
    assert row[100] == 1
    borders = np.flatnonzero(row == 3)
    left, right = borders[borders < 100], borders[borders > 100]
    assert left.tolist() == list(range(left[0], left[-1] + 1)), "one band without gaps"
    assert left.mean() == pytest.approx(49.5, abs=1)
    assert right.mean() == pytest.approx(149.5, abs=1)


def test_what_is_thinner_than_the_border_becomes_border():
    silhouette = np.zeros((200, 200), bool)
    silhouette[:, 98:102] = True
    trimap = make_trimap(silhouette)
    assert (trimap[:, 98:102] == 3).all()
    assert not (trimap == 1).any()


def test_place_paints_the_pet_and_leaves_what_is_far_from_it():
    alpha = np.zeros((100, 100), np.float32)
    alpha[40:60, 40:60] = 1
    layer = PetLayer(np.full((100, 100, 3), 0.9, np.float32), alpha, alpha > 0, alpha.astype(np.uint8))
    scene = np.full((100, 100, 3), 0.5, np.float32)
    picture = place(scene, layer, lamp=np.array([-0.5, -0.6, 0.6]))
    np.testing.assert_allclose(picture[40:60, 40:60], 0.9, atol=1e-6)
    np.testing.assert_array_equal(picture[:15], scene[:15])
    assert picture[62, 55, 0] < 0.49, "a shadow falls away from the lamp"
    assert (scene == 0.5).all(), "the scene itself is not painted on"


def test_drawing_needs_neither_torch_nor_scipy():
    code = "import sys, course_lib.data.pocket_pets; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "torchvision", "scipy", "matplotlib"} & set(done.stdout.split())


# --- The folder --------------------------------------------------------------------------------------------


def test_torchvision_reads_the_folder(folder):
    from torchvision.datasets import OxfordIIITPet

    trainval = OxfordIIITPet(folder.parent, target_types=["segmentation", "category", "binary-category"])
    test = OxfordIIITPet(folder.parent, split="test", target_types="segmentation", download=True)
    assert (len(trainval), len(test)) == (60, 30)
    assert trainval.classes == [breed.name.replace("_", " ").title() for breed in BREEDS]
    species = set()
    for image, (trimap, category, is_dog) in trainval:
        assert image.mode == "RGB"
        assert image.size == trimap.size
        assert set(np.unique(trimap)) <= {1, 2, 3}
        assert BREEDS[category].species == ("cat", "dog")[is_dog]
        species.add(is_dog)
    assert species == {0, 1}


def test_the_checker_finds_nothing_odd(folder):
    assert check_folder(folder) == []


def test_every_breed_is_equally_often_in_both_splits(folder):
    for split, count in (("trainval", 10), ("test", 5)):
        breeds = [entry.breed_id for entry in read_split(folder, split)]
        assert np.unique(breeds, return_counts=True)[1].tolist() == [count] * len(BREEDS)


def test_the_list_of_all_pets_has_the_columns_of_the_real_one(folder):
    lines = (folder / "annotations" / "list.txt").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("#")
    assert lines[1] == "Pocket_smoke_001 1 1 1"
    assert lines[-1] == "pocket_shaggy_015 6 2 3"
    assert len(lines) == 1 + 90


def test_sizes_vary_as_those_of_photos_do(folder):
    shapes = np.array([read_trimap(entry.trimap_path).shape for entry in read_split(folder, "trainval")])
    assert len(np.unique(shapes, axis=0)) > 40
    assert shapes.max(axis=1).min() >= 236
    assert shapes.max() <= 276
    assert (shapes[:, 0] < shapes[:, 1]).any()
    assert (shapes[:, 0] > shapes[:, 1]).any()


def test_a_second_call_does_not_touch_the_folder(tmp_path, monkeypatch):
    first = write_pocket_pets(tmp_path, trainval=2, test=1)
    before = files_of(first)
    monkeypatch.setattr(pocket_pets.write, "draw_pet", None)
    assert write_pocket_pets(tmp_path, trainval=2, test=1) == first
    assert files_of(first) == before


def test_pictures_do_not_depend_on_how_many_there_are(tmp_path):
    few, many = write_pocket_pets(tmp_path / "few", 2, 0), write_pocket_pets(tmp_path / "many", 2, 2)
    few_files, many_files = files_of(few), files_of(many)
    pictures = [path for path in few_files if path.suffix in (".jpg", ".png")]
    assert len(pictures) == 4
    assert all(few_files[path] == many_files[path] for path in pictures)


def test_other_arguments_are_refused_until_overwriting_is_asked_for(tmp_path):
    folder = write_pocket_pets(tmp_path, trainval=2, test=1, seed=0)
    before = files_of(folder)
    with pytest.raises(FileExistsError, match="other pocket pets .*trainval 2, test 1, seed 0.*overwrite"):
        write_pocket_pets(tmp_path, trainval=2, test=1, seed=1)
    assert files_of(folder) == before
    write_pocket_pets(tmp_path, trainval=2, test=1, seed=1, overwrite=True)
    after = files_of(folder)
    assert after.keys() == before.keys()
    assert all(after[path] != before[path] for path in before if path.suffix == ".jpg")
    assert [path.name for path in tmp_path.iterdir()] == ["oxford-iiit-pet"]


def test_a_folder_of_something_else_is_never_replaced(tmp_path):
    keep = tmp_path / "oxford-iiit-pet" / "images" / "mine.jpg"
    keep.parent.mkdir(parents=True)
    keep.write_bytes(b"dear to me")
    with pytest.raises(FileExistsError, match="holds no pocket pets and is not replaced"):
        write_pocket_pets(tmp_path, trainval=1, test=0, overwrite=True)
    assert keep.read_bytes() == b"dear to me"


def test_an_interrupted_drawing_leaves_nothing_behind(tmp_path, monkeypatch):
    real_draw_pet = pocket_pets.write.draw_pet
    drawn = []

    def draw_two(*arguments):
        if len(drawn) == 2:
            raise KeyboardInterrupt
        drawn.append(real_draw_pet(*arguments))
        return drawn[-1]

    monkeypatch.setattr(pocket_pets.write, "draw_pet", draw_two)
    with pytest.raises(KeyboardInterrupt):
        write_pocket_pets(tmp_path, trainval=3, test=0)
    assert len(drawn) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_sentence(tmp_path, monkeypatch):
    def no_space(path, data):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", no_space)
    with pytest.raises(DiskFullError, match=r"^The disk that holds .* is full: free some space"):
        write_pocket_pets(tmp_path, trainval=1, test=0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", [{"trainval": 0}, {"test": -1}, {"seed": -1}], ids=str)
def test_impossible_numbers_are_refused(tmp_path, wrong):
    with pytest.raises(ValueError, match="at least 1 picture"):
        write_pocket_pets(tmp_path, **wrong)


# --- Hard enough -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bench():
    """The rules of the benchmark: what one gets without a network."""
    return runpy.run_path(str(BENCHMARK))


@pytest.fixture(scope="module")
def arrays(folder, bench):
    """Images and masks of trainval and of test, 128x128."""
    return *bench["load"](folder, "trainval"), *bench["load"](folder, "test")


@pytest.mark.parametrize(
    ("rule", "at_most"),
    [("all background", 0.25), ("centre blob", 0.40), ("colour table", 0.35), ("colour clusters", 0.40)],
)
def test_no_simple_rule_scores_well(arrays, bench, rule, at_most):
    """Real pets give .20, .36, .29 and .35 here; a small U-Net reaches .64 on them."""
    images, masks, test_images, test_masks = arrays
    confusion = ConfusionMatrix(num_classes=3)
    confusion.update(bench["RULES"][rule](images, masks, test_images), test_masks)
    assert confusion.mean_iou() < at_most


def test_class_shares_are_like_those_of_real_pets(arrays):
    """There: 28 % pet, 59 % background, 12 % border."""
    pet, background, border = np.bincount(arrays[1].ravel(), minlength=3) / arrays[1].size
    assert 0.22 < pet < 0.38
    assert 0.50 < background < 0.66
    assert 0.10 < border < 0.16


def test_pets_are_small_and_large_whole_and_cut_off(arrays):
    pet = arrays[1] == 0
    shares = pet.mean(axis=(1, 2))
    assert shares.min() < 0.1
    assert shares.max() > 0.5
    cut_off = pet[:, [0, -1], :].any(axis=(1, 2)) | pet[:, :, [0, -1]].any(axis=(1, 2))
    assert 0.2 < cut_off.mean() < 0.9


# --- Pets of a wanted size ---------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.02, 0.06, 0.2])
def test_a_pet_covers_about_the_share_that_was_asked_for(share):
    pets = [draw_pet(np.random.default_rng(seed), (96, 96), share=share) for seed in range(24)]
    inside = np.mean([pet.trimap == 1 for pet in pets])
    with_border = np.mean([pet.trimap != 2 for pet in pets])
    assert 0.3 * share < inside < share < with_border < 3 * share


def test_the_scene_stays_when_the_pet_shrinks_and_leaves():
    large, small, none = (
        draw_pet(np.random.default_rng(5), (96, 96), share=share) for share in (0.2, 0.05, 0)
    )
    assert np.unique(none.trimap).tolist() == [2]
    apart = (large.trimap == 2) & (small.trimap == 2)
    assert np.abs(large.image[apart].astype(int) - none.image[apart]).mean() < 12
    assert (large.species, large.breed) == (small.species, small.breed) == (none.species, none.breed)


@pytest.mark.parametrize("share", [-0.1, 0.6])
def test_a_share_that_no_pet_can_cover_is_refused(share):
    with pytest.raises(ValueError, match=rf"share is {share}, but a whole pet covers 0 to 0.5"):
        draw_pet(np.random.default_rng(0), share=share)
