"""Odd masks, photos and names: each is read rightly, or `course data check` names it and training refuses it."""

import unicodedata

import numpy as np
import pytest
from odd_files import COUNT, HEIGHT, TURNS, WIDTH, exif, photo, png_bytes, scene, write_folder
from PIL import Image

from course_lib.data.labels import check_label_folder, class_names, read_label_pair, read_labels
from course_lib.data.pets import load_pets
from course_lib.masks import write_label_png

COLOURS = [[0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255]]
DEEP = np.linspace(2000, 60000, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.uint16)


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "named")


@pytest.fixture
def counted(tmp_path):
    return write_folder(tmp_path / "counted", named=False)


def mask_path(root, number=3):
    return root / "masks" / f"s{number:02}.png"


def image_path(root, number=3):
    return root / "images" / f"s{number:02}.png"


def pair(root, name="s03"):
    (entry,) = [
        entry
        for split in ("train", "val", "test")
        for entry in read_labels(root, split)
        if entry.name == name
    ]
    return read_label_pair(entry)


def train_reads(root):
    """Do what `course train` does before it trains."""
    class_names(root)
    for split in ("trainval", "test"):
        load_pets(root, split, 32, cache=root.parent / "cache")


def refused(root, *words):
    """Assert that the check reports a problem with all the words, and that training stops."""
    problems = [str(found) for found in check_label_folder(root) if found.severity == "problem"]
    assert any(all(word in problem for word in words) for problem in problems), problems
    with pytest.raises((ValueError, OSError)):
        train_reads(root)


def noted(root, *words):
    """Assert that the check has one note, with all the words, and that training goes on."""
    (found,) = check_label_folder(root)
    assert found.severity == "note"
    assert all(word in found.what for word in words), found
    train_reads(root)


# --- Masks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(lambda ids: png_bytes(ids, 2), id="2-bit"),
        pytest.param(lambda ids: png_bytes(ids, 4), id="4-bit"),
        pytest.param(lambda ids: png_bytes(ids, 8), id="8-bit"),
        pytest.param(lambda ids: png_bytes(ids, 16), id="16-bit"),
        pytest.param(lambda ids: png_bytes(ids, 2, transparency=b"\0\1"), id="2-bit-transparent"),
        pytest.param(lambda ids: png_bytes(ids, 2, 3, COLOURS), id="2-bit-palette"),
        pytest.param(lambda ids: png_bytes(ids, 4, 3, COLOURS), id="4-bit-palette"),
        pytest.param(lambda ids: png_bytes(ids, 8, 3, COLOURS, b"\0\x80"), id="palette-transparent"),
    ],
)
def test_ids_are_those_that_were_written_whatever_the_bit_depth(folder, data):
    mask_path(folder).write_bytes(data(scene(3)))
    assert check_label_folder(folder) == []
    np.testing.assert_array_equal(pair(folder)[1], scene(3))


@pytest.mark.parametrize(
    ("save", "words"),
    [
        (lambda p, m: p.write_bytes(png_bytes(m.astype(int) * 1000, 16)), ["holds 1000, 2000 and 3000"]),
        (
            lambda p, m: p.write_bytes(png_bytes(m, 8, 3, [[0] * 3, [1] * 3, [3] * 3, [2] * 3])),
            ["palette indices"],
        ),
        (lambda p, m: Image.fromarray(m).convert("LA").save(p), ["channels LA", "save the first one"]),
        (lambda p, m: Image.fromarray(m).convert("RGB").save(p), ["channels RGB", "save the first one"]),
        (lambda p, m: Image.fromarray(photo(m)).save(p), ["channels RGB", "each of its 4 colours"]),
        (lambda p, m: Image.fromarray(photo(m)).convert("RGBA").save(p), ["channels RGBA"]),
        (lambda p, m: Image.fromarray(m).save(p, "GIF"), ["is a GIF file", "convert it"]),
        (lambda p, m: Image.fromarray(m).save(p, "TIFF"), ["is a TIFF file"]),
        (lambda p, m: Image.fromarray(m).save(p, "JPEG"), ["is a JPEG file", "changes ids for good"]),
        (lambda p, m: Image.fromarray(m).save(p, exif=exif(6)), ["turn it (EXIF)"]),
        (
            lambda p, m: Image.fromarray(m).save(p, save_all=True, append_images=[Image.fromarray(m.T)]),
            ["2 pictures"],
        ),
        (lambda p, m: write_label_png(p, m.T.copy()), ["is 40x48", "its sides are swapped"]),
        (lambda p, m: write_label_png(p, m[::2, ::2].copy()), ["is 24x20", "same size"]),
        (lambda p, m: p.write_bytes(p.read_bytes()[:90]), ["not a readable image"]),
        (lambda p, m: p.write_bytes(b""), ["zero bytes"]),
        (lambda p, m: p.write_bytes(png_bytes(np.zeros((1, 0), int), 8)), ["not a readable image"]),
        (lambda p, m: write_label_png(p, (m > 1) * np.uint8(255)), ["only 0 and 255", "'255 void'"]),
        (lambda p, m: write_label_png(p, np.full_like(m, 255)), ["only 0 and 255"]),
    ],
)
def test_a_mask_that_cannot_be_read_rightly_is_refused(folder, save, words):
    save(mask_path(folder), scene(3))
    refused(folder, "s03.png", *words)


def through_jpeg(root, number, factor):
    path = root.parent / "through.jpg"
    Image.fromarray(scene(number) * np.uint8(factor)).save(path, quality=60)
    Image.open(path).save(mask_path(root, number))


def smooth(root, number, foreground):
    mask = np.isin(scene(number), (1, 2)) * np.uint8(foreground)
    half = Image.fromarray(mask[::2, ::2].copy())
    half.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR).save(mask_path(root, number))


def all_masks(root, change):
    for number in range(COUNT):
        change(root, number)


def test_masks_through_jpeg_and_smooth_resizes_are_refused(counted):
    through_jpeg(counted, 3, 40)
    refused(counted, "s03.png", "scattered over single pixels", "JPEG")


@pytest.mark.parametrize("foreground", [2, 3, 255])
def test_smooth_resizes_are_refused_where_classes_are_counted(counted, foreground):
    all_masks(counted, lambda root, number: smooth(root, number, foreground))
    refused(counted, "nearest neighbour" if foreground < 255 else "but none with")


def test_a_smooth_resize_is_noted_where_classes_are_named(folder):
    smooth(folder, 3, 3)
    noted(folder, "holds 1 and 2 only in thin lines", "nearest neighbour")


@pytest.mark.parametrize("ids", [[0, 1, 5, 6], [1, 2, 3, 4], [0, 85, 170, 255]])
def test_ids_with_gaps_are_refused_where_classes_are_counted(counted, ids):
    all_masks(counted, lambda root, n: write_label_png(mask_path(root, n), np.uint8(ids)[scene(n)]))
    refused(counted, "but none with", "classes.txt")


def test_ids_with_gaps_are_read_where_classes_txt_gives_them(folder):
    all_masks(folder, lambda root, n: write_label_png(mask_path(root, n), np.uint8([0, 7, 11, 26])[scene(n)]))
    (folder / "classes.txt").write_text("26 car\n0 grass\n\n7 road\n11 void\n", encoding="utf-8")
    assert check_label_folder(folder) == []
    assert class_names(folder) == ("grass", "road", "car")
    np.testing.assert_array_equal(pair(folder)[1], np.uint8([0, 1, 255, 2])[scene(3)])


def test_a_class_that_no_mask_holds_is_noted(folder):
    all_masks(folder, lambda root, n: write_label_png(mask_path(root, n), np.minimum(scene(n), 2)))
    noted(folder, "no mask that holds 3 sky")


@pytest.mark.parametrize("named", [True, False])
def test_black_and_white_masks_among_others_are_refused_one_by_one(tmp_path, named):
    root = write_folder(tmp_path / "mixed", classes=2, named=named)
    for number in range(0, COUNT, 2):
        Image.fromarray(scene(number, 2) > 0).save(mask_path(root, number))  # 1 bit: 0 and 1
    assert check_label_folder(root) == []
    for number in range(1, COUNT, 2):
        write_label_png(mask_path(root, number), scene(number, 2) * np.uint8(255))
    problems = check_label_folder(root)
    assert [problem.path for problem in problems] == [
        mask_path(root, number) for number in range(1, COUNT, 2)
    ]
    refused(root, "only 0 and 255")


def test_a_mask_of_background_and_void_is_taken_where_classes_txt_says_so(folder):
    write_label_png(mask_path(folder), (scene(3) > 1) * np.uint8(255))
    (folder / "classes.txt").write_text("0 grass\n1 red\n2 blue\n3 sky\n255 void\n", encoding="utf-8")
    assert check_label_folder(folder) == []
    train_reads(folder)


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
def test_a_photo_whose_size_does_not_tell_how_it_lies_is_refused(folder, orientation):
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
        (lambda p, i: i.save(p, "WEBP"), ["WEBP image under .png"]),
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
