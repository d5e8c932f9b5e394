"""Odd photos and names: each is read rightly, or `course data check` names it and training refuses it."""

import unicodedata

import numpy as np
import pytest
from odd_files import (
    HEIGHT,
    TURNS,
    WIDTH,
    exif,
    image_path,
    mask_path,
    noted,
    pair,
    photo,
    refused,
    scene,
    train_reads,
    write_folder,
)
from PIL import Image

from course_lib.data.labels import check_label_folder
from course_lib.masks import write_label_png

DEEP = np.linspace(2000, 60000, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.uint16)


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "named")


@pytest.fixture
def counted(tmp_path):
    return write_folder(tmp_path / "counted", named=False)


# --- Photos ------------------------------------------------------------------------------------------------


def store(root, turn, orientation, mask=None):
    """Replace photo 3 by one that is stored turned, with an EXIF orientation."""
    picture = Image.fromarray(photo(scene(3) if mask is None else mask))
    picture = picture.transpose(TURNS[turn]) if turn in TURNS else picture
    picture.save(image_path(root), exif=exif(orientation))


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
@pytest.mark.parametrize("as_shown", [True, False])
def test_a_turned_photo_is_loaded_as_its_mask_was_drawn(folder, orientation, as_shown):
    store(folder, orientation if as_shown else 1, orientation)
    noted(folder, "asks to be turned", "turned," if as_shown else "as it is stored")
    np.testing.assert_array_equal(pair(folder)[0], photo(scene(3)))


@pytest.mark.parametrize("orientation", [2, 3, 4])
def test_a_photo_whose_size_does_not_show_its_orientation_is_refused(folder, orientation):
    store(folder, orientation, orientation)
    refused(folder, f"orientation {orientation}", "without EXIF")


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_a_square_photo_that_asks_to_be_turned_is_refused(folder, orientation):
    square = scene(3)[:, :HEIGHT].copy()
    write_label_png(mask_path(folder), square)
    store(folder, orientation, orientation, square)
    refused(folder, f"orientation {orientation}")


@pytest.mark.parametrize("orientation", [0, 1, 9])
def test_an_orientation_that_means_nothing_changes_nothing(folder, orientation):
    store(folder, 1, orientation)
    assert check_label_folder(folder) == []


@pytest.mark.parametrize(
    ("save", "words"),
    [
        (
            lambda p, i: Image.fromarray(np.float32(DEEP) / 65535).save(p, "TIFF"),
            ["decimal numbers from 0.0305"],
        ),
        (lambda p, i: Image.fromarray(DEEP.astype(np.int32)).save(p, "TIFF"), ["32-bit whole numbers"]),
        (lambda p, i: Image.merge("LAB", i.split()).save(p, "TIFF"), ["colours LAB"]),
        (
            lambda p, i: p.write_bytes(b"\0\0\0\x24ftypheic" + bytes(99)),
            ["HEIC", "convert it to JPEG or PNG"],
        ),
        (lambda p, i: p.write_text("<svg/>"), ["SVG"]),
        (lambda p, i: p.write_bytes(p.read_bytes()[:90]), ["damaged"]),
        (lambda p, i: p.write_bytes(b""), ["zero bytes"]),
    ],
)
def test_a_photo_that_cannot_be_read_rightly_is_refused(folder, save, words):
    save(image_path(folder), Image.fromarray(photo(scene(3))))
    refused(folder, "s03.png", *words)


@pytest.mark.parametrize(
    ("save", "words"),
    [
        (lambda p, i: i.convert("LA").save(p), ["alpha"]),
        (lambda p, i: i.convert("P").save(p, transparency=0), ["alpha"]),
        (lambda p, i: i.save(p, "GIF", save_all=True, append_images=[i.rotate(180)]), ["first frame"]),
        (lambda p, i: i.save(p, save_all=True, append_images=[i.rotate(180)]), ["2 frames"]),
        (lambda p, i: i.save(p, "WEBP"), ["WEBP image with the suffix .png"]),
        (lambda p, i: Image.fromarray(DEEP).save(p), ["2000 to 60000 become 7 to 234"]),
    ],
)
def test_a_photo_that_is_changed_when_it_is_read_is_noted(folder, save, words):
    save(image_path(folder), Image.fromarray(photo(scene(3))))
    noted(folder, *words)


def test_a_tiny_pair_is_noted(folder):
    Image.new("RGB", (1, 1)).save(image_path(folder))
    write_label_png(mask_path(folder), np.zeros((1, 1), np.uint8))
    noted(folder, "1x1 pixels")


# --- Names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC")])
def test_names_are_compared_after_normalising(folder, forms):
    for path, form in zip((image_path(folder), mask_path(folder)), forms, strict=True):
        path.rename(path.with_name(unicodedata.normalize(form, "café.png")))
    assert check_label_folder(folder) == []
    train_reads(folder)


def test_names_that_differ_in_case_are_named_once(folder):
    image_path(folder).rename(folder / "images" / "IMG_00.png")
    mask_path(folder).rename(folder / "masks" / "img_00.png")
    assert len(check_label_folder(folder)) == 1
    refused(folder, "There is img_00.png, and only upper and lower case differ")


@pytest.mark.parametrize("suffix", [".PNG", ".bmp", ".jpg", ".tif"])
def test_two_masks_of_one_image_are_refused(folder, suffix):
    Image.fromarray(scene(5)).save(mask_path(folder).with_suffix(suffix))
    refused(folder, "is a second mask of s03.png")


def test_a_photo_that_is_not_looked_for_is_noted_with_what_to_do(folder):
    image_path(folder).rename(image_path(folder).with_suffix(".heic"))
    mask_path(folder).unlink()
    noted(folder, "convert it to JPEG or PNG")


def test_folders_of_splits_with_other_names_are_noted(tmp_path):
    write_folder(tmp_path / "train")
    write_folder(tmp_path / "valid")
    assert any(
        found.path.name == "valid" and "rename it" in found.what for found in check_label_folder(tmp_path)
    )


@pytest.mark.parametrize("name", ["labelmap.txt", "class_names.txt"])
def test_names_of_classes_in_another_file_are_noted(counted, name):
    (counted / name).write_text("a\nb\nc\nd\n", encoding="utf-8")
    noted(counted, "looked for in classes.txt")


def test_a_folder_inside_is_noted(folder):
    (folder / "images" / "more").mkdir()
    noted(folder, "is a folder, whose files are not read")


def test_a_class_that_is_only_in_other_splits_is_noted(tmp_path):
    write_folder(tmp_path / "train", classes=3)
    write_folder(tmp_path / "val", classes=4)
    (tmp_path / "classes.txt").write_text("a\nb\nc\nd\n", encoding="utf-8")
    found = [problem.what for problem in check_label_folder(tmp_path)]
    assert "has no mask in train that holds 3, only in other splits: not learnt" in found
