"""`course predict` turns photos as viewers do, and never overwrites a photo or anybody's work."""

import os

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from course_lib.models import create_model
from course_lib.training.devices import Devices
from course_lib.training.inference import predict_mask, read_photo
from course_lib.training.prediction_files import check_outputs, photo_remarks, write_mask, write_overlay

DEVICES = Devices(torch.device("cpu"), torch.float32)


@pytest.fixture
def cat(tmp_path):
    path = tmp_path / "cat.png"
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


@pytest.mark.parametrize("force", [False, True])
def test_the_photo_is_never_written_over(cat, tmp_path, force):
    linked = tmp_path / "linked.png"
    os.link(cat, linked)
    round_about = tmp_path / "elsewhere" / ".." / "cat.png"
    (tmp_path / "elsewhere").mkdir()
    for output in (cat, linked, round_about):
        with pytest.raises(ValueError, match="is the photo itself"):
            check_outputs(cat, output, force=force)
        with pytest.raises(ValueError, match="is the photo itself"):
            check_outputs(cat, tmp_path / "mask.png", output, force)


@pytest.mark.parametrize("second", ["mask.png", "MASK.png"])
def test_mask_and_overlay_are_two_files(cat, tmp_path, second):
    with pytest.raises(ValueError, match="both name .*mask.png"):
        check_outputs(cat, tmp_path / "mask.png", tmp_path / second, force=True)


def test_only_its_own_files_are_replaced_without_force(cat, tmp_path):
    mask, picture, jpeg = (tmp_path / name for name in ("mask.png", "look.png", "look.jpg"))
    image = np.array(Image.open(cat))
    for path in (mask, picture, jpeg):
        Image.fromarray(image).save(path)
    with pytest.raises(ValueError, match=r"mask\.png exists and was not made by `course predict`.*--force"):
        check_outputs(cat, mask)
    check_outputs(cat, mask, force=True)
    ids = np.zeros((30, 40), np.uint8)
    write_mask(mask, ids)
    for path in (picture, jpeg):
        with pytest.raises(ValueError, match="was not made by"):
            check_outputs(cat, mask, path)
        write_overlay(path, image, ids)
        check_outputs(cat, mask, path)
    assert Image.open(picture).size == Image.open(jpeg).size == (40, 30)
    assert np.array(Image.open(mask)).tolist() == ids.tolist()


@pytest.mark.parametrize("content", [b"", b"notes", b"\x89PNG\r\n\x1a\n"])
def test_a_file_that_is_not_a_picture_is_somebodys_work(cat, tmp_path, content):
    (tmp_path / "mask.png").write_bytes(content)
    with pytest.raises(ValueError, match="was not made by"):
        check_outputs(cat, tmp_path / "mask.png")


@pytest.mark.parametrize(
    ("mask", "picture", "message"),
    [
        ("mask.jpg", None, r"does not end in \.png"),
        ("mask.png", "look.pt", r"does not end in \.png, \.jpg, \.jpeg"),
        ("folder.png", None, "is a folder"),
    ],
)
def test_names_that_cannot_be_written(cat, tmp_path, mask, picture, message):
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(ValueError, match=message):
        check_outputs(cat, tmp_path / mask, picture and tmp_path / picture)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_mask_is_of_the_photo_as_viewers_show_it(cat, tmp_path, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    stored = tmp_path / "phone.png"
    Image.open(cat).save(stored, exif=exif)
    shown = np.array(ImageOps.exif_transpose(Image.open(stored)))
    torch.manual_seed(0)
    model = create_model("tiny-unet")
    image = read_photo(stored)
    mask = predict_mask(model, image, 32, DEVICES)
    np.testing.assert_array_equal(image, shown)
    assert mask.shape == shown.shape[:2]
    said = any("asks to be turned or mirrored (EXIF)" in remark for remark in photo_remarks(stored))
    assert said == (orientation != 1)
