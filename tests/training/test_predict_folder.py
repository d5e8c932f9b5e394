"""`course predict FOLDER`: what is done stays done, what is odd is named, the rest goes on; and a contact sheet."""

import os

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib.cli import main
from course_lib.files import DiskFullError
from course_lib.masks import PALETTE, read_label_png
from course_lib.models import create_model
from course_lib.training import predict_folder as folder_module
from course_lib.training.config import TrainConfig
from course_lib.training.contact_sheet import PAIRS_PER_SHEET, contact_sheet, thumbnails
from course_lib.training.predict_folder import predict_folder
from course_lib.training.prediction_files import is_ours
from course_lib.training.runs import Run

CLASSES = ("pet", "background", "border")


def threshold(image):
    """Stand in for a network: class 1 where a pixel is bright."""
    return (image[..., 0] > 127).astype(np.uint8)


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number, shape in enumerate([(30, 40), (60, 24), (33, 33)]):
        Image.fromarray(rng.integers(0, 256, (*shape, 3), np.uint8)).save(folder / f"photo-{number}.png")
    return folder


@pytest.fixture
def run(tmp_path):
    run = Run.create(tmp_path / "run", TrainConfig(model="tiny-unet", size=32, epochs=1, precision="float32"))
    torch.manual_seed(0)
    run.save_best(create_model("tiny-unet"))
    return run.folder


def predicted(photos, out, predict=threshold, overlays=None, **options):
    return predict_folder(predict, photos, out, overlays, CLASSES, **({"settings": "a"} | options))


def names(paths):
    return [path.name for path in paths]


def test_every_photo_gets_a_mask_of_its_size_and_an_overlay(photos, tmp_path):
    result = predicted(photos, tmp_path / "masks", overlays=tmp_path / "overlays")
    assert names(result.now) == ["photo-0.png", "photo-1.png", "photo-2.png"]
    assert (result.before, result.left_out) == ([], [])
    for photo in result.now:
        image = np.array(Image.open(photo))
        np.testing.assert_array_equal(read_label_png(tmp_path / "masks" / photo.name), threshold(image))
        assert Image.open(tmp_path / "overlays" / f"{photo.stem}.jpg").size == (
            image.shape[1],
            image.shape[0],
        )


def test_what_is_done_is_not_done_again(photos, tmp_path):
    calls = []

    def counting(image):
        calls.append(image.shape)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return threshold(image)

    with pytest.raises(KeyboardInterrupt):
        predicted(photos, tmp_path / "masks", counting)
    assert names(sorted((tmp_path / "masks").iterdir())) == ["photo-0.png", "photo-1.png"]
    result = predicted(photos, tmp_path / "masks", counting)
    assert (names(result.before), names(result.now)) == (["photo-0.png", "photo-1.png"], ["photo-2.png"])
    assert len(calls) == 4
    before = result.sheets[0].stat().st_mtime_ns
    again = predicted(photos, tmp_path / "masks", counting)
    assert (len(again.before), again.now, len(calls)) == (3, [], 4)
    assert again.sheets[0].stat().st_mtime_ns == before


def test_a_changed_photo_other_settings_and_a_wanted_overlay_are_done_again(photos, tmp_path):
    predicted(photos, tmp_path / "masks")
    os.utime(photos / "photo-1.png", ns=(1, 1))
    assert names(predicted(photos, tmp_path / "masks").now) == ["photo-1.png"]
    assert len(predicted(photos, tmp_path / "masks", settings="b").now) == 3
    assert len(predicted(photos, tmp_path / "masks", settings="b", overlays=tmp_path / "look").now) == 3
    assert len(predicted(photos, tmp_path / "masks", settings="b", overlays=tmp_path / "look").before) == 3


def test_odd_files_are_named_in_a_sentence_each_and_the_rest_goes_on(photos, tmp_path, monkeypatch):
    (photos / "notes.txt").write_text("no picture", encoding="utf-8")
    (photos / "empty.jpg").touch()
    (photos / "Thumbs.db").write_bytes(b"x")
    (photos / ".hidden.png").write_bytes(b"x")
    (photos / "below").mkdir()
    Image.new("RGB", (1, 1)).save(photos / "dot.png")
    Image.new("RGB", (20, 20)).save(photos / "photo-0.bmp")
    Image.new("L", (64, 50)).save(photos / "huge.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1500)  # a picture of twice as many is refused
    result = predicted(photos, tmp_path / "masks")
    assert names(result.now) == ["photo-0.bmp", "photo-1.png", "photo-2.png"]
    told = dict(zip(["dot", "empty", "huge", "notes", "photo-0.png"], result.left_out, strict=True))
    for name, what in {
        "dot": "is 1x1 pixels: there is nothing to segment in it",
        "empty": "is empty (zero bytes)",
        "huge": "has more than 3,000 pixels, too many to be opened safely",
        "notes": "is not an image that Pillow can read",
        "photo-0.png": "has the name of another photo up to the suffix",
    }.items():
        assert what in told[name]
        assert name in told[name]
        assert "\n" not in told[name]


def test_other_peoples_files_are_left_alone(photos, tmp_path):
    out = tmp_path / "masks"
    out.mkdir()
    Image.new("L", (5, 5)).save(out / "photo-1.png")
    result = predicted(photos, out)
    assert names(result.now) == ["photo-0.png", "photo-2.png"]
    assert "was not made by `course predict`" in result.left_out[0]
    assert Image.open(out / "photo-1.png").size == (5, 5)
    assert names(predicted(photos, out, force=True).now) == ["photo-1.png"]


def test_a_full_disk_ends_it_and_keeps_what_is_done(photos, tmp_path, monkeypatch):
    def full(path, *_):
        raise DiskFullError(f"The disk that holds {path} is full: free some space and run this again.")

    predicted(photos, tmp_path / "masks")
    os.utime(photos / "photo-1.png", ns=(1, 1))
    monkeypatch.setattr(folder_module, "write_mask", full)
    with pytest.raises(DiskFullError):
        predicted(photos, tmp_path / "masks")
    assert len(list((tmp_path / "masks").glob("photo-*.png"))) == 3


@pytest.mark.parametrize(
    ("out", "overlays", "message"),
    [
        ("photos", None, "is the folder of the photos"),
        ("masks", "photos", "is the folder of the photos"),
        ("masks", "masks", "--out and --overlay both name"),
        ("photos/photo-0.png", None, "is a file, but many pictures are predicted"),
    ],
)
def test_folders_that_cannot_be(photos, tmp_path, out, overlays, message):
    with pytest.raises(ValueError, match=message):
        predicted(photos, tmp_path / out, overlays=overlays and tmp_path / overlays)


def test_a_folder_without_files(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="holds no files: give a folder with pictures in it"):
        predicted(tmp_path / "empty", tmp_path / "masks")


def test_the_sheet_shows_photo_overlay_and_every_class():
    image = np.full((300, 600, 3), 200, np.uint8)
    mask = np.zeros((300, 600), np.uint8)
    mask[:, 300:] = 2
    photo, painted = thumbnails(image, mask)
    assert photo.shape == painted.shape == (80, 160, 3)  # 600 becomes 160
    sheet = contact_sheet([("a.jpg", photo, painted)] * 4, CLASSES)
    for class_id in range(3):
        assert (sheet == PALETTE[class_id]).all(axis=-1).sum() > 100
    for pixels in (photo, painted[:, :80], painted[:, 80:]):
        count = (sheet == pixels[40, 40]).all(axis=-1).sum()
        assert count >= 4 * pixels.shape[0] * pixels.shape[1]
    two_rows = contact_sheet([("a.jpg", photo, painted)] * 4, CLASSES).shape
    assert two_rows[0] > contact_sheet([("a.jpg", photo, painted)] * 3, CLASSES).shape[0]


def test_long_names_and_many_classes_find_room():
    photo = np.zeros((160, 160, 3), np.uint8)
    named = tuple(f"class number {n}" for n in range(40))
    few = contact_sheet([("a.jpg", photo, photo)], ("a", "b"))
    many = contact_sheet([("a very long name indeed " * 20 + ".jpg", photo, photo)], named)
    assert many.shape[1] == few.shape[1]
    assert many.shape[0] > few.shape[0]


def test_many_photos_have_several_sheets(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(PAIRS_PER_SHEET + 1):
        Image.new("RGB", (8, 8)).save(folder / f"{number:03}.png")
    result = predicted(folder, tmp_path / "masks")
    assert names(result.sheets) == ["contact-sheet.jpg", "contact-sheet-2.jpg"]
    assert all(is_ours(sheet) for sheet in result.sheets)


def test_the_command_tells_what_it_did_and_ends_with_1_if_something_was_left_out(
    run, photos, tmp_path, capsys
):
    command = ["predict", str(run), str(photos), "--out", str(tmp_path / "masks")]
    assert main(command) == 0
    out = capsys.readouterr().out
    assert "holds 3 masks of class ids: 0 pet, 1 background, 2 border." in out
    assert "contact-sheet.jpg shows photos beside their masks." in out
    (photos / "notes.txt").write_text("no picture", encoding="utf-8")
    assert main(command) == 1
    captured = capsys.readouterr()
    assert "holds 3 masks (3 of them were there before)" in captured.out
    assert captured.err.startswith("left out: ")
    assert main([*command, "--tiles", "16"]) == 1
    assert "holds 3 masks of class ids" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("tiles", "message"),
    [
        (["--tiles", "64"], "tiles of 64x64 do not fit into a picture of 30x40"),
        (["--tiles"], "tiles of 32x32 do not fit into a picture of 30x40"),
        (["--tiles", "0"], "--tiles is 0: give a number above 0"),
        (["--tiles", "16x"], "--tiles is 16x: give the side of a square"),
    ],
)
def test_tiles_that_cannot_be_are_one_sentence(run, photos, tmp_path, capsys, tiles, message):
    command = ["predict", str(run), str(photos / "photo-0.png"), "--out", str(tmp_path / "mask.png"), *tiles]
    assert main(command) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not (tmp_path / "mask.png").exists()


@pytest.mark.parametrize(
    ("size", "message"), [((1, 1), "is 1x1 pixels"), ((20_000, 20_000), "too many to be opened safely")]
)
def test_pictures_too_small_and_too_large_are_one_sentence(run, tmp_path, capsys, size, message):
    photo = tmp_path / "photo.png"
    Image.new("1", size).save(photo)
    assert main(["predict", str(run), str(photo), "--out", str(tmp_path / "mask.png")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert "photo.png" in line
