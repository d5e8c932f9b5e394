"""One's own images: what is found, what is split, and what is said about a folder that is wrong."""

import json

import numpy as np
import pytest
from PIL import Image

from course_lib.cli import main
from course_lib.data.labels import (
    check_classes,
    check_label_folder,
    class_names,
    find_data_folder,
    read_label_pair,
    read_labels,
)
from course_lib.data.pets import load_pets, train_validation_split
from course_lib.masks import PET_CLASSES, write_label_png

NAMES = ("grass", "red", "blue", "sky")

pytestmark = pytest.mark.usefixtures("course_home")


def add_pair(home, name, ids=(0, 1, 2, 3), size=(40, 48), suffix=".jpg"):
    """Write an image whose colours say its classes, and the mask; its first rows are void."""
    mask = np.zeros(size, np.uint8)
    for number, class_id in enumerate(ids):
        mask[:, number * size[1] // len(ids) :] = class_id
    colours = np.array(
        [[60, 160, 60], [220, 40, 40], [40, 40, 220], [90, 200, 240], [9, 9, 9], [0, 0, 0]], np.uint8
    )
    for part in ("images", "masks"):
        (home / part).mkdir(parents=True, exist_ok=True)
    Image.fromarray(colours[mask]).save(home / "images" / f"{name}{suffix}")
    mask[:3] = 255
    write_label_png(home / "masks" / f"{name}.png", mask)


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "mine"
    for number in range(12):
        add_pair(root, f"shot_{number:02}", suffix=(".jpg", ".png", ".JPEG")[number % 3])
    (root / "classes.txt").write_text("\n".join(NAMES) + "\n")
    return root


def stopping(folder):
    """Return the one problem of a folder, with its path before it."""
    (problem,) = [p for p in check_label_folder(folder) if p.severity == "problem"]
    return f"{problem.path} {problem.what}"


def test_a_folder_is_found_and_its_classes_named(folder):
    assert find_data_folder(folder) == folder
    assert class_names(folder) == NAMES
    assert check_label_folder(folder) == []


def test_classes_are_counted_where_nobody_named_them(folder):
    (folder / "classes.txt").unlink()
    assert class_names(folder) == ("class 0", "class 1", "class 2", "class 3")
    add_pair(folder, "another", ids=(0, 4))
    assert len(class_names(folder)) == 5


def test_pets_have_the_classes_of_pets(pocket_folder):
    root = find_data_folder(pocket_folder)
    assert class_names(root) == PET_CLASSES


def test_splits_are_drawn_once_and_do_not_overlap(folder):
    splits = {
        split: {entry.name for entry in read_labels(folder, split)} for split in ("train", "val", "test")
    }
    assert {split: len(names) for split, names in splits.items()} == {"train": 8, "val": 2, "test": 2}
    assert len(set.union(*splits.values())) == 12
    assert splits["val"] == {entry.name for entry in read_labels(folder, "val")}
    assert {e.name for e in read_labels(folder, "trainval")} == splits["train"] | splits["val"]


def test_given_splits_are_kept_and_a_missing_val_is_drawn_from_train(tmp_path):
    for number in range(10):
        add_pair(tmp_path / "train", f"a{number}")
    add_pair(tmp_path / "test", "b")
    assert len(read_labels(tmp_path, "train")) == 8
    assert [entry.name for entry in read_labels(tmp_path, "test")] == ["b"]
    add_pair(tmp_path / "val", "c")
    assert [entry.name for entry in read_labels(tmp_path, "val")] == ["c"]
    assert len(read_labels(tmp_path, "train")) == 10


def test_void_stays_void_and_loading_knows_the_split(folder, tmp_path):
    pets = load_pets(folder, "trainval", 32, cache=tmp_path / "cache")
    training, validation = train_validation_split(pets)
    assert (len(training), len(validation)) == (8, 2)
    assert [entry.split for entry in validation.entries] == ["val", "val"]
    assert set(np.unique(pets.masks)) == {0, 1, 2, 3, 255}


def test_a_missing_mask_is_named_with_what_to_do(folder):
    mask = folder / "masks" / "shot_03.png"
    mask.rename(folder / "masks" / "shot_03_labels.png")
    with pytest.raises(ValueError, match="has no mask") as error:
        read_labels(folder, "train")
    assert str(error.value) == (
        f"{folder / 'images' / 'shot_03.jpg'} has no mask: expected {mask}. Add it, or remove the image. There is "
        "shot_03_labels.png: rename it if that is the one."
    )
    assert stopping(folder) == str(error.value)
    assert any("belongs to no image" in str(note) for note in check_label_folder(folder))


def test_a_jpeg_mask_is_refused_by_its_name_and_by_its_content(folder):
    mask = folder / "masks" / "shot_03.png"
    ids = Image.open(mask).copy()
    ids.save(folder / "masks" / "shot_03.jpg")
    mask.unlink()
    assert "only shot_03.jpg: masks must be PNG" in stopping(folder)
    (folder / "masks" / "shot_03.jpg").rename(mask)
    assert "is a JPEG file, but masks must be PNG" in stopping(folder)


@pytest.mark.parametrize("named", [True, False])
def test_an_rgb_mask_is_refused(folder, named):
    mask = folder / "masks" / "shot_03.png"
    Image.open(mask).convert("RGB").save(mask)
    if not named:
        (folder / "classes.txt").unlink()
    assert stopping(folder).startswith(
        f"{mask} has the channels RGB, but a mask has one channel of class ids"
    )


def test_another_size_is_refused(folder):
    write_label_png(folder / "masks" / "shot_03.png", np.ones((20, 24), np.uint8))
    assert stopping(folder) == (
        f"{folder / 'masks' / 'shot_03.png'} is 24x20, but its image shot_03.jpg is 48x40: the two must have the same "
        "size; export the mask again at the image's size."
    )


def test_ids_beyond_the_classes_are_refused(folder):
    add_pair(folder, "shot_03", ids=(0, 1, 2, 3))
    mask = folder / "masks" / "shot_03.png"
    write_label_png(mask, np.full((40, 48), 7, np.uint8))
    assert stopping(folder) == (
        f"{mask} holds the ids 7, but the ids of 4 classes are 0..3, and 255 for void: write the class's id into the "
        "mask, or add its name to classes.txt."
    )


def test_black_and_white_masks_are_refused(tmp_path):
    for number in range(5):
        add_pair(tmp_path, f"a{number}")
        write_label_png(tmp_path / "masks" / f"a{number}.png", np.tile(np.uint8([0, 255]), (40, 24)))
    assert "Turn 255 into 1" in stopping(tmp_path)
    (tmp_path / "classes.txt").write_text("background\nthing\n")
    assert "Turn 255 into 1" in stopping(tmp_path)
    with pytest.raises(ValueError, match="Turn 255 into 1"):
        load_pets(tmp_path, "trainval", 32, cache=tmp_path / "cache")


@pytest.mark.parametrize("text", ["grass\n", "grass\n\nred\n", "red\nred\n", "a|b\nc\n"])
def test_odd_class_names_are_refused(folder, text):
    (folder / "classes.txt").write_text(text)
    with pytest.raises(ValueError, match=r"classes\.txt holds .*expected 2 to 255 names"):
        class_names(folder)


def test_two_images_for_one_mask_and_no_images_for_a_split(folder, tmp_path):
    (folder / "images" / "shot_03.png").write_bytes((folder / "images" / "shot_01.png").read_bytes())
    assert "one mask cannot belong to both" in stopping(folder)
    few = tmp_path / "few"
    add_pair(few, "a")
    with pytest.raises(ValueError, match="has no images for train"):
        read_labels(few, "trainval")


def test_neither_pets_nor_labels_says_how_both_look(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no data set.*Your own images go into.*masks"):
        find_data_folder(tmp_path)


def test_other_classes_than_the_runs_are_refused(folder):
    check_classes(folder, NAMES)
    with pytest.raises(ValueError, match="an id would change its meaning"):
        check_classes(folder, ("grass", "blue", "red", "sky"))
    (folder / "classes.txt").unlink()
    check_classes(folder, tuple(f"class {number}" for number in range(6)))


def test_hidden_files_are_none_of_ours(folder):
    (folder / "images" / ".DS_Store").write_bytes(b"x")
    (folder / "masks" / "Thumbs.db").write_bytes(b"x")
    assert check_label_folder(folder) == []
    (folder / "images" / "notes.txt").write_text("x")
    assert [problem.severity for problem in check_label_folder(folder)] == ["note"]


@pytest.mark.slow
def test_from_the_folder_to_the_report_by_name(folder, tmp_path, capsys):
    run = tmp_path / "run"
    assert main(["data", "check", str(folder)]) == 0
    train = ["train", "--data", str(folder), "--model", "tiny-unet", "--epochs", "1", "--size", "32"]
    assert main([*train, "--batch-size", "4", "--out", str(run)]) == 0
    capsys.readouterr()
    assert main(["evaluate", str(run), "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)["iou"]) == list(NAMES)
    assert main(["evaluate", str(run), "--split", "test", "--full-size", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["images"] == 2
    report = (run / "report.md").read_text()
    assert "| | mIoU | grass | red | blue | sky | pixel accuracy |" in report
    assert "| all grass, at 32x32 |" in report
    mask = tmp_path / "mask.png"
    assert main(["predict", str(run), str(folder / "images" / "shot_00.jpg"), "--out", str(mask)]) == 0
    assert "0 grass, 1 red, 2 blue, 3 sky" in capsys.readouterr().out
    (folder / "classes.txt").write_text("a\nb\nc\nd\n")
    assert main(["evaluate", str(run)]) == 2
    assert "this run was trained for grass, red, blue, sky" in capsys.readouterr().err


def test_a_pair_is_read_as_it_is(folder):
    entry = read_labels(folder, "train")[0]
    image, mask = read_label_pair(entry)
    assert (image.shape, mask.shape) == ((40, 48, 3), (40, 48))
    assert image.dtype == mask.dtype == np.uint8
