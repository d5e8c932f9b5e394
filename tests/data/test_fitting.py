"""Photos on a canvas: their shape is kept, what is around them is void, and both are undone exactly."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from course_lib.data import transforms
from course_lib.data.fitting import FILL, Canvas
from course_lib.data.pets import load_pets
from course_lib.data.pocket_pets import write_pocket_pets
from course_lib.data.sizes import parse_size, sides_of, size_name
from course_lib.data.transforms import Augment, normalize, warp
from course_lib.masks import IGNORE_INDEX
from course_lib.training.inference import class_ids, enlarged_rows

sides = st.integers(1, 400)


@pytest.mark.parametrize(
    ("photo", "place"),
    [
        ((360, 480), (0, 0, 180, 240)),  # the canvas's own shape: all of it
        ((100, 100), (0, 30, 180, 180)),  # a square is enlarged until its height fits: (240 - 180) / 2 = 30
        ((100, 400), (60, 0, 60, 240)),  # 240 / 400 = .6 of the height: (180 - 60) / 2 = 60
        ((1, 1), (0, 30, 180, 180)),
        ((2, 5000), (89, 0, 1, 240)),  # never thinner than a pixel
    ],
)
def test_a_letterbox_by_hand(photo, place):
    assert Canvas(180, 240, "letterbox").place(*photo) == place


def test_a_canvas_may_be_wider_than_the_room_for_photos():
    assert Canvas(192, 256, "letterbox", (180, 240)).place(360, 480) == (6, 8, 180, 240)


@given(height=sides, width=sides, canvas=st.tuples(sides, sides))
def test_a_letterbox_fills_one_side_and_keeps_the_shape(height, width, canvas):
    top, left, tall, wide = Canvas(*canvas, "letterbox").place(height, width)
    assert 0 <= top <= canvas[0] - tall
    assert 0 <= left <= canvas[1] - wide
    assert tall == canvas[0] or wide == canvas[1]
    scale = min(canvas[0] / height, canvas[1] / width)
    assert tall == 1 or abs(tall - scale * height) <= 0.5
    assert wide == 1 or abs(wide - scale * width) <= 0.5


def test_around_a_letterboxed_photo_are_void_and_the_mean():
    photo, mask = np.full((10, 20, 3), 200, np.uint8), np.full((10, 20), 7, np.uint8)
    canvas = Canvas(32, 32, "letterbox")
    image, ids = canvas.fit_image(photo), canvas.fit_mask(mask)
    inside = np.zeros((32, 32), bool)
    inside[8:24] = True
    assert (image[inside] == 200).all()
    assert (image[~inside] == FILL).all()
    np.testing.assert_array_equal(ids, np.where(inside, 7, IGNORE_INDEX))
    around = normalize(torch.tensor(FILL).view(1, 3, 1, 1))
    assert around.abs().max() < 0.01  # as the padding of a convolution


def test_squeezing_is_what_it_was():
    photo = np.random.default_rng(0).integers(0, 256, (50, 70, 3), np.uint8)
    expected = np.array(Image.fromarray(photo).resize((32, 32), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(Canvas.of(32).fit_image(photo), expected)
    assert Canvas.of(32).name == "32"
    assert Canvas.of((18, 24)).fit_image(photo).shape == (18, 24, 3)


@pytest.mark.parametrize("fit", ["letterbox", "squeeze"])
@pytest.mark.parametrize("shape", [(37, 61), (61, 37), (96, 128), (5, 90)])
def test_undoing_gives_the_photos_size_and_every_pixel_its_class(fit, shape):
    """A mask that is put on the canvas as probabilities finds back to where it was, but for pixels at its edges."""
    mask = np.zeros(shape, np.uint8)
    mask[:, shape[1] // 2 :] = 1
    mask[: shape[0] // 2, : shape[1] // 3] = 2
    canvas = Canvas(192, 256, fit, (180, 240) if fit == "letterbox" else None)
    on_canvas = canvas.fit_mask(mask)
    probabilities = torch.stack([torch.from_numpy(on_canvas == class_id).float() for class_id in (0, 1, 2)])
    found = class_ids(probabilities, canvas, *shape)
    assert found.shape == shape
    assert (found == mask).mean() > 0.97


@given(height=st.integers(1, 60), small=st.integers(1, 20), width=st.integers(1, 9))
def test_enlarging_in_bands_is_torchs_bilinear_interpolation(height, small, width):
    part = torch.rand(3, small, width, generator=torch.Generator().manual_seed(small))
    expected = F.interpolate(part[None], size=(height, width), mode="bilinear")[0]
    bands = [enlarged_rows(part, height, top, min(7, height - top)) for top in range(0, height, 7)]
    torch.testing.assert_close(torch.cat(bands, dim=1), expected, atol=1e-5, rtol=0)


def test_bands_do_not_change_the_ids(monkeypatch):
    probabilities = torch.rand(4, 32, 32, generator=torch.Generator().manual_seed(0))
    whole = class_ids(probabilities, Canvas.of(32), 100, 90)
    monkeypatch.setattr("course_lib.training.inference.BAND_NUMBERS", 4 * 90 * 7)
    np.testing.assert_array_equal(class_ids(probabilities, Canvas.of(32), 100, 90), whole)


def test_the_arrays_of_every_canvas_are_kept_apart(tmp_path):
    folder, cache = write_pocket_pets(tmp_path / "pets", trainval=6, test=1, seed=0), tmp_path / "cache"
    squeezed = load_pets(folder, "trainval", (24, 48), cache=cache)
    boxed = load_pets(folder, "trainval", Canvas(24, 48, "letterbox"), cache=cache)
    roomy = load_pets(folder, "trainval", Canvas(24, 48, "letterbox", (20, 20)), cache=cache)
    assert squeezed.shape == boxed.shape == roomy.shape == (24, 48)
    assert len({path.name for path in cache.iterdir()}) == 3
    assert not (squeezed.masks == IGNORE_INDEX).any()
    assert 0 < (boxed.masks == IGNORE_INDEX).mean() < (roomy.masks == IGNORE_INDEX).mean()


@pytest.mark.parametrize(
    ("text", "size"), [("192", 192), (64, 64), ("180x240", "180x240"), ("96X128", "96x128"), ("64x64", 64)]
)
def test_sizes_as_options_give_them(text, size):
    assert parse_size(text) == size
    assert parse_size(size) == size


@pytest.mark.parametrize("text", ["180x", "x240", "180 x 240", "-5", "1.5", "180x240x3", "large", "", "٣"])
def test_what_is_no_size_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match=r"^--size is .*as in 192, or height x width, as in 180x240\.$"):
        parse_size(text)


@pytest.mark.parametrize("text", ["0", "0x240", "180x0", 0])
def test_a_side_of_0_is_refused(text):
    with pytest.raises(ValueError, match=r"^--tiles is .*: give a number above 0\.$"):
        parse_size(text, "--tiles")


def test_a_side_that_no_memory_holds_is_refused():
    with pytest.raises(ValueError, match=r"^--size is 100000: .* at most 4096 pixels per side"):
        parse_size("100000")
    assert parse_size("4096x32") == "4096x32"


def test_names_and_sides_of_sizes():
    assert (sides_of(128), sides_of("180x240")) == ((128, 128), (180, 240))
    assert [size_name(size) for size in (128, "180x240", "full")] == ["128x128", "180x240", "full size"]


def test_a_rotation_of_a_rectangle_does_not_shear_it():
    """A disc stays a disc: turned by 45 degrees on a canvas twice as wide as high, it covers the same pixels."""
    rows, columns = torch.meshgrid(torch.arange(64) - 31.5, torch.arange(128) - 63.5, indexing="ij")
    disc = ((rows**2 + columns**2) < 20**2).to(torch.uint8)[None]  # (1, 64, 128)
    turn = torch.tensor([[[0.5**0.5, -(0.5**0.5), 0.0], [0.5**0.5, 0.5**0.5, 0.0]]])
    images = disc[:, None].expand(-1, 3, -1, -1)
    for matrices, low, high in ((transforms.for_shape(turn, 64, 128), 0.99, 1), (turn, 0, 0.9)):
        _, turned = warp(images, disc, matrices, (64, 128))
        seen = turned != IGNORE_INDEX
        assert low <= (turned == disc)[seen].float().mean() <= high


def test_a_quarter_turn_of_a_square_in_a_rectangle_by_hand():
    ids = torch.full((1, 4, 8), IGNORE_INDEX, dtype=torch.uint8)
    ids[0, :, 2:6] = torch.arange(16).view(4, 4)
    turn = torch.tensor([[[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]]])
    images = ids[:, None].expand(-1, 3, -1, -1)
    _, turned = warp(images, ids, transforms.for_shape(turn, 4, 8), (4, 8))
    assert torch.equal(turned[0, :, 2:6], torch.rot90(torch.arange(16).view(4, 4), k=1))


def test_squares_are_augmented_as_before():
    matrices = Augment().draw_matrices(5, torch.Generator().manual_seed(0))
    assert torch.equal(transforms.for_shape(matrices, 96, 96), matrices)


def test_void_stays_void_and_pairs_stay_together_in_rectangles():
    ids = torch.randint(0, 2, (8, 6, 10), generator=torch.Generator().manual_seed(0))
    masks = ids.repeat_interleave(8, 1).repeat_interleave(8, 2).to(torch.uint8)  # (8, 48, 80)
    masks[:, :8] = IGNORE_INDEX
    pictures = torch.where(masks == IGNORE_INDEX, 120, 60 + 140 * masks).to(torch.uint8)
    still_colours = Augment(brightness=0, contrast=0, saturation=0, tint=0)
    generator = torch.Generator().manual_seed(1)
    moved, targets = still_colours(pictures[:, None].expand(-1, 3, -1, -1), masks, (32, 64), generator)
    assert moved.shape == (8, 3, 32, 64)
    assert targets.shape == (8, 32, 64)
    assert set(targets.unique().tolist()) == {0, 1, IGNORE_INDEX}
    seen = targets != IGNORE_INDEX
    agree = (moved[:, 0] > 130) == (targets == 1)
    assert agree[seen].float().mean() > 0.93
