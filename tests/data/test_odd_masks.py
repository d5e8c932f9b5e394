"""Odd masks: each is read rightly, or `course data check` names it and training refuses it."""

import numpy as np
import pytest
from odd_files import (
    COUNT,
    HEIGHT,
    WIDTH,
    exif,
    mask_path,
    noted,
    pair,
    photo,
    png_bytes,
    refused,
    scene,
    train_reads,
    write_folder,
)
from PIL import Image

from course_lib.data.labels import check_label_folder, class_names
from course_lib.masks import write_label_png

COLOURS = [[0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255]]


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "named")


@pytest.fixture
def counted(tmp_path):
    return write_folder(tmp_path / "counted", named=False)


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
