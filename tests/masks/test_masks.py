"""Label maps: checks, files, trimaps and colours."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from torchvision import tv_tensors

from course_lib.masks import (
    IGNORE_INDEX,
    PALETTE,
    PET_CLASSES,
    check_label_map,
    colorize,
    overlay,
    palette_for,
    read_label_png,
    trimap_to_classes,
    write_label_png,
)

LABELS = np.array([[0, 1, 2], [2, 255, 0]], np.uint8)


# --- trimaps ---


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.int8])
def test_trimap_ids(dtype: type) -> None:
    classes = trimap_to_classes(np.array([[1, 2], [3, 1]], dtype))
    assert classes.tolist() == [[0, 1], [2, 0]]
    assert classes.dtype == np.uint8
    assert [PET_CLASSES[i] for i in classes.ravel()] == ["pet", "background", "border", "pet"]


def test_trimaps_come_as_tensors_lists_and_images_too() -> None:
    expected = [[0, 1], [2, 0]]
    assert trimap_to_classes([[1, 2], [3, 1]]).tolist() == expected
    assert trimap_to_classes(torch.tensor([[1, 2], [3, 1]])).tolist() == expected
    assert trimap_to_classes(Image.fromarray(np.array([[1, 2], [3, 1]], np.uint8))).tolist() == expected


@pytest.mark.parametrize(
    ("trimap", "message"),
    [
        ([[0, 1], [2, 1]], "the trimap holds 0, but pet trimaps hold 1 pet, 2 background and 3 border"),
        ([[0, 1], [4, 255]], "holds 0, 4 and 255, but"),
        ([[1, -1]], "holds -1, but"),
    ],
)
def test_other_values_in_a_trimap_are_named(trimap: list[list[int]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        trimap_to_classes(trimap)


def test_a_trimap_of_floats_is_refused() -> None:
    with pytest.raises(TypeError, match="the trimap is float64 of shape"):
        trimap_to_classes([[1.0, 2.0]])


# --- checks ---


@pytest.mark.parametrize(
    ("label_map", "num_classes", "ignore_index"),
    [
        ([[0, 1, 2]], 3, None),
        ([[0, 255]], 3, 255),
        ([[0, -1]], 3, -1),
        ([[True, False]], 2, None),
        (np.full((2, 4, 5, 3), 2, np.uint64), 3, None),
        (torch.tensor([[0, 255]], dtype=torch.uint8), 1, 255),
        (tv_tensors.Mask(torch.tensor([[0, 1]])), 2, None),
    ],
)
def test_good_label_maps_pass(label_map: object, num_classes: int, ignore_index: int | None) -> None:
    assert check_label_map(label_map, num_classes, ignore_index) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize(
    ("label_map", "ignore_index", "message"),
    [
        ([[0, 255]], None, r"^the mask holds 255, but the ids of 3 classes are 0\.\.2: .*\(mask == 255\)"),
        ([[0, 7]], 255, r"holds 7, but the ids of 3 classes are 0\.\.2 \(255 is ignored\): map the labels"),
        ([[1, 2, 3]], None, r"holds 3, .*start at 1, so subtract 1 \(for pet trimaps: trimap_to_classes\)"),
        ([[0, 1, 3]], None, r"holds 3, .*map the labels to 0\.\.C-1"),
        ([[-1, -2]], -1, r"holds -2, "),
        (np.full((4, 5, 3), 200), None, r"\(4, 5, 3\) looks like a colour picture \(H, W, 3\)"),
        (np.zeros((0, 5), int), None, r"shape \(0, 5\) holds no pixel"),
        ([[1, 2], [1]], None, r"rows differ in length"),
    ],
)
def test_bad_label_maps_are_refused(label_map: object, ignore_index: int | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_label_map(label_map, 3, ignore_index)


def test_the_error_calls_the_mask_by_its_name() -> None:
    with pytest.raises(ValueError, match=r"^cat\.png holds 9, "):
        check_label_map([[9]], 3, name="cat.png")


@pytest.mark.parametrize("floats", [[[0.5]], torch.zeros(2, 2), torch.zeros(2, dtype=torch.bfloat16)])
def test_floats_are_not_a_label_map(floats: object) -> None:
    with pytest.raises(TypeError, match="class ids are integers"):
        check_label_map(floats, 3)


@settings(max_examples=40)
@given(
    st.lists(st.integers(-3, 6), min_size=1, max_size=8),
    st.integers(1, 5),
    st.none() | st.integers(-3, 6),
)
def test_refuses_exactly_the_ids_out_of_range(ids: list[int], num_classes: int, ignored: int | None) -> None:
    if all(0 <= i < num_classes or i == ignored for i in ids):
        check_label_map(ids, num_classes, ignored)
    else:
        with pytest.raises(ValueError, match=f"the ids of {num_classes} classes are"):
            check_label_map(ids, num_classes, ignored)


# --- label PNGs ---


@settings(max_examples=25)
@given(label_map=arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_what_is_written_reads_back_the_same(
    label_map: np.ndarray, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("labels") / "mask.png"
    write_label_png(path, label_map)
    assert (read_label_png(path) == label_map).all()
    with Image.open(path) as image:  # with only Pillow, as any other program would
        assert image.mode == "L"
        assert (np.array(image) == label_map).all()
    assert path.read_bytes()[24:26] == bytes(
        [8, 0]
    )  # PNG header: 8 bits, grey, so that none expands a palette


@pytest.mark.parametrize(
    "label_map",
    [LABELS.tolist(), LABELS.astype(np.int64), torch.tensor(LABELS), LABELS.T.copy().T, LABELS.astype(">i4")],
    ids=["list", "int64", "tensor", "transposed", "big-endian"],
)
def test_any_integer_map_can_be_written(label_map: object, tmp_path: Path) -> None:
    write_label_png(str(tmp_path / "mask.PNG"), label_map)
    read = read_label_png(str(tmp_path / "mask.PNG"), num_classes=3)
    assert read.dtype == np.uint8
    assert read.tolist() == LABELS.tolist()


@pytest.mark.parametrize(
    ("name", "label_map", "error", "message"),
    [
        ("mask.jpg", LABELS, ValueError, r"mask\.jpg does not end in \.png: .*JPEG changes the ids"),
        ("mask.png", LABELS / 2, TypeError, r"the mask is float64"),
        (
            "mask.png",
            LABELS.astype(int) + 1,
            ValueError,
            r"holds 256, but the ids of 256 classes are 0\.\.255",
        ),
        ("mask.png", -LABELS.astype(int), ValueError, r"holds -255, -2 and -1"),
        (
            "mask.png",
            np.zeros((4, 5, 3), int),
            ValueError,
            r"\(4, 5, 3\), expected one id per pixel \(H, W\)",
        ),
        ("mask.png", [[]], ValueError, r"holds no pixel"),
    ],
)
def test_what_cannot_be_written(
    name: str, label_map: object, error: type[Exception], message: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=message):
        write_label_png(tmp_path / name, label_map)
    assert list(tmp_path.iterdir()) == []


def test_writing_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mask.png"
    write_label_png(path, LABELS)

    def disk_full(self: Image.Image, file: Path, **options: object) -> None:
        Path(file).write_bytes(b"half a file")
        raise OSError("no space left on device")

    monkeypatch.setattr(Image.Image, "save", disk_full)
    with pytest.raises(OSError, match="no space left"):
        write_label_png(path, LABELS * 0)
    assert read_label_png(path).tolist() == LABELS.tolist()
    assert list(tmp_path.iterdir()) == [path]


def save(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **options)
    return path


def test_palette_one_bit_and_16_bit_files_give_their_ids(tmp_path: Path) -> None:
    palette = Image.fromarray(LABELS)
    palette.putpalette(PALETTE.tobytes())
    assert palette.mode == "P"
    assert read_label_png(save(palette, tmp_path / "palette.png")).tolist() == LABELS.tolist()
    one_bit = Image.fromarray(LABELS == 2)
    assert (
        read_label_png(save(one_bit, tmp_path / "bits.png"), 2).tolist() == (LABELS == 2).astype(int).tolist()
    )
    deep = Image.fromarray(LABELS.astype(np.uint16))
    assert read_label_png(save(deep, tmp_path / "deep.png"), 3).tolist() == LABELS.tolist()
    for name in ("palette.png", "bits.png", "deep.png"):
        assert read_label_png(tmp_path / name).dtype == np.uint8


def test_what_is_not_a_label_png(tmp_path: Path) -> None:
    grey = Image.fromarray(LABELS)
    cases = [
        (save(grey, tmp_path / "a.jpg"), "is a JPEG file, but masks must be PNG"),
        (save(grey, tmp_path / "b.png", format="JPEG"), "is a JPEG file, but masks must be PNG"),
        (save(grey, tmp_path / "c.gif"), "is a GIF file"),
        (save(grey.convert("RGB"), tmp_path / "d.png"), "has the channels RGB, but a mask has one channel"),
        (save(grey.convert("RGBA"), tmp_path / "e.png"), "has the channels RGBA"),
        (save(grey.convert("LA"), tmp_path / "f.png"), "has the channels LA"),
        (save(Image.fromarray(np.full((2, 2), 300, np.uint16)), tmp_path / "g.png"), r"g\.png holds 300, "),
    ]
    for path, message in cases:
        with pytest.raises(ValueError, match=message):
            read_label_png(path)


def test_damaged_and_missing_files(tmp_path: Path) -> None:
    write_label_png(tmp_path / "whole.png", np.random.default_rng(0).integers(0, 256, (40, 40)))
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:300])
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    for name in ("cut.png", "text.png"):
        with pytest.raises(
            ValueError, match=rf"{name} is not a readable image \(.*\): write or download it again"
        ):
            read_label_png(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        read_label_png(tmp_path / "missing.png")


def test_the_ids_in_a_file_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    write_label_png(path, [[0, 1, 255]])
    assert read_label_png(path, num_classes=2).tolist() == [[0, 1, 255]]
    write_label_png(path, [[0, 1, 2]])
    with pytest.raises(
        ValueError, match=r"mask\.png holds 2, but the ids of 2 classes are 0\.\.1 \(255 is ig"
    ):
        read_label_png(path, num_classes=2)
    write_label_png(path, [[0, 0, 255]])
    with pytest.raises(ValueError, match=r"mask\.png holds 255, .*black and white .*\(mask == 255\)"):
        read_label_png(path, num_classes=2)


def test_real_trimaps_are_label_pngs(real_pets: Path) -> None:
    files = sorted((real_pets / "oxford-iiit-pet" / "annotations" / "trimaps").glob("[!.]*.png"))[:10]
    assert files
    for path in files:
        classes = trimap_to_classes(read_label_png(path))
        check_label_map(classes, len(PET_CLASSES))
        assert set(np.unique(classes)) == {0, 1, 2}


# --- colours ---


def test_palette_has_one_colour_for_each_of_21_classes_and_grey() -> None:
    assert PALETTE.shape == (256, 3)
    assert PALETTE.dtype == np.uint8
    assert len({tuple(colour) for colour in [*PALETTE[:22].tolist(), PALETTE[IGNORE_INDEX].tolist()]}) == 23
    assert PALETTE[IGNORE_INDEX].tolist() == [128, 128, 128]
    okabe_ito = {"d55e00", "0072b2", "f0e442", "009e73", "e69f00", "56b4e9", "cc79a7", "000000"}
    assert {bytes(colour).hex() for colour in PALETTE[:8]} == okabe_ito


# Machado, Oliveira & Fernandes (2009): linear RGB as seen with each deficiency, severity 1.0.
SEEN_WITH = {
    "full colour vision": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def cielab(colour: np.ndarray, seen_with: str) -> np.ndarray:
    srgb = colour / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(SEEN_WITH[seen_with]) @ linear, 0, 1)
    to_xyz = np.array([[0.4125, 0.3576, 0.1804], [0.2127, 0.7152, 0.0722], [0.0193, 0.1192, 0.9503]])
    x, y, z = np.cbrt(np.maximum(to_xyz @ linear / [0.9505, 1, 1.0888], 0.008856))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("seen_with", SEEN_WITH)
def test_pet_classes_and_grey_can_be_distinguished(seen_with: str) -> None:
    """A difference of 2.3 is just noticeable; ten times that is clear in a small patch."""
    colours = [cielab(PALETTE[i], seen_with) for i in (0, 1, 2, IGNORE_INDEX)]
    for first, second in itertools.combinations(colours, 2):
        assert np.linalg.norm(first - second) > 23


def test_colorize_looks_every_id_up() -> None:
    colours = colorize(LABELS)
    assert colours.shape == (2, 3, 3)
    assert colours.dtype == np.uint8
    for y, x in np.ndindex(LABELS.shape):
        assert colours[y, x].tolist() == PALETTE[LABELS[y, x]].tolist()
    assert (colorize(torch.tensor(LABELS)) == colours).all()
    with pytest.raises(ValueError, match=r"the class map has shape \(1, 2, 3\), expected one id per pixel"):
        colorize(LABELS[None])
    colours[:] = 0  # the caller's own array: the palette stays
    assert PALETTE[:22].any()


def test_the_background_is_blue_whatever_its_id_is() -> None:
    vermillion, blue, yellow = PALETTE[:3].tolist()
    assert colorize([[0, 1, 2]], background=0).tolist() == [[blue, vermillion, yellow]]
    assert colorize([[0, 1, 2]], background=2).tolist() == [[vermillion, yellow, blue]]
    image = np.zeros((1, 3, 3), dtype=np.uint8)
    assert overlay(image, [[0, 1, 2]], alpha=1, background=0).tolist() == [[blue, vermillion, yellow]]
    for background in range(22):
        palette = palette_for(background)
        assert palette[background].tolist() == blue
        assert sorted(palette.tolist()) == sorted(PALETTE.tolist())  # each colour once, as before


@settings(max_examples=40)
@given(arrays(np.uint8, (2, 3, 3)), arrays(np.uint8, (2, 3)))
def test_overlay(image: np.ndarray, class_map: np.ndarray) -> None:
    """Worked example overlay: 0.6 * RGB + 0.4 * colour, here in whole tenths, which never tie."""
    blended = overlay(image, class_map)
    assert blended.dtype == np.uint8
    for y, x, channel in np.ndindex(2, 3, 3):
        tenths = 6 * int(image[y, x, channel]) + 4 * int(PALETTE[class_map[y, x], channel])
        assert blended[y, x, channel] == (tenths + 5) // 10


def test_overlay_by_hand() -> None:
    image = np.full((1, 1, 3), 100, np.uint8)
    assert PALETTE[0].tolist() == [213, 94, 0]
    assert overlay(image, [[0]]).tolist() == [[[145, 98, 60]]]  # 145.2, 97.6, 60
    assert overlay(image, [[0]], alpha=0).tolist() == image.tolist()
    assert overlay(torch.tensor(image), [[0]], alpha=1).tolist() == [[[213, 94, 0]]]


@pytest.mark.parametrize(
    ("image", "alpha", "message"),
    [
        (np.zeros((3, 2, 3), np.uint8), 0.4, r"image has height and width \(3, 2\), the class map \(2, 3\)"),
        (np.zeros((2, 3, 3)), 0.4, r"the image is float64 of shape \(2, 3, 3\), expected uint8 \(H, W, 3\)"),
        (np.zeros((3, 2, 3, 1), np.uint8), 0.4, r"expected uint8 \(H, W, 3\): .*permute\(1, 2, 0\)"),
        (torch.zeros(3, 2, 5, dtype=torch.uint8), 0.4, r"uint8 of shape \(3, 2, 5\), expected"),
        (np.zeros((2, 3), np.uint8), 0.4, r"of shape \(2, 3\), expected uint8 \(H, W, 3\)"),
        (np.zeros((2, 3, 3), np.uint8), 40, r"alpha is 40, but the share of the colour must be in 0\.\.1"),
    ],
)
def test_overlays_that_make_no_sense(image: object, alpha: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        overlay(image, LABELS, alpha)


def test_everybody_may_read_a_written_file(tmp_path: Path) -> None:
    write_label_png(tmp_path / "mask.png", LABELS)
    assert (tmp_path / "mask.png").stat().st_mode & 0o444 == 0o444
