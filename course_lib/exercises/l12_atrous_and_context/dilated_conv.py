"""A dilated convolution by hand."""

import numpy as np
import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, by_kind


def dilated_conv(image, kernel, rate):
    """Slide a kernel over an image, its taps rate pixels apart, without padding.

    Args:
        image: a float array (H, W).
        kernel: a float array (k, k).
        rate: an int, 1 or more.

    Returns:
        The sums as a 2-D float array: out[y, x] is the sum of kernel[i, j] * image[y + i * rate, x + j *
        rate], wherever all taps lie on the image.
    """
    ### BEGIN SOLUTION
    span = rate * (len(kernel) - 1) + 1  # pixels from the first tap to the last
    height, width = image.shape[0] - span + 1, image.shape[1] - span + 1
    out = np.zeros((height, width))
    for y in range(height):
        for x in range(width):
            taps = image[y : y + span : rate, x : x + span : rate]
            out[y, x] = (taps * kernel).sum()
    return out
    ### END SOLUTION


_SIZES = {  # the kernel's size, the rate, and the places where it fits, downwards and sideways
    "rate 1": (3, 1, 2, 4),
    "rate 2": (3, 2, 3, 2),
    "rate 3, an even kernel": (2, 3, 4, 3),
    "as many places as taps": (3, 2, 3, 3),
    "one place": (3, 2, 1, 1),
    "one row": (2, 2, 1, 5),
    "one column": (4, 2, 3, 1),
    "a kernel of one tap": (1, 2, 4, 3),
    "a large image": (3, 3, 7, 6),
}


def _draw_convolution(rng, kind):
    """Draw an image of halves, and a kernel that is not symmetric."""
    size, rate, rows, columns = _SIZES[kind]
    reach = rate * (size - 1)
    image = rng.integers(-4, 10, (reach + rows, reach + columns)) / 2
    return image, rng.permutation(np.arange(1.0, size**2 + 1)).reshape(size, size), rate


DILATED_CONV = Exercise(
    dilated_conv,
    title="A dilated convolution by hand",
    points=2,
    minutes=10,
    source="Notes: atrous convolution in DeepLab v3+",
    draw=by_kind(_draw_convolution, *_SIZES),
    hints=(
        "How many pixels does a kernel of three taps span at rate 2? In how many places of a row of W pixels does "
        "that fit?",
        "The span is rate * (k - 1) + 1. A slice takes every rate-th pixel of it: image[y : y + span : rate, ...].",
        "Two loops over y in range(H - span + 1) and x likewise; out[y, x] = (image[y : y + span : rate, x : x + "
        "span : rate] * kernel).sum().",
    ),
    why="Nine weights span 3 x 3 pixels at rate 1, 5 x 5 at rate 2 and 9 x 9 at rate 4, at the same price: the "
    "view grows, the number of weights does not.",
)

_NINE = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
_FOUR = np.array([[1.0, 2.0], [3.0, 4.0]])

# rate 1: 1*1 + 2*2 + 3*4 + 4*5 = 37, and so on. rate 2: the taps are the corners, 1*1 + 2*3 + 3*7 + 4*9 = 64.
DILATED_CONV.worked(_NINE, _FOUR, 1, gives=[[37.0, 47.0], [67.0, 77.0]])
DILATED_CONV.worked(_NINE, _FOUR, 2, gives=[[64.0]], example="dilated-3x3")

_CORNERS = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, -1.0]])

DILATED_CONV.worked(np.arange(30.0).reshape(5, 6), _CORNERS, 2, gives=[[-28.0, -28.0]])


@DILATED_CONV.wrong
def rate_ignored(image, kernel, rate):
    """You slid the kernel with its taps side by side, as at rate 1. From one tap to the next it is rate pixels:
    image[y + i * rate, x + j * rate].
    """
    return dilated_conv(image, kernel, 1)


@DILATED_CONV.wrong
def rate_only_in_the_size(image, kernel, rate):
    """Your result has the right size, but the taps lie side by side, as at rate 1. From one tap to the next it is rate
    pixels: image[y + i * rate, x + j * rate].
    """
    height, width = dilated_conv(image, kernel, rate).shape
    return dilated_conv(image, kernel, 1)[:height, :width]


@DILATED_CONV.wrong
def rate_taken_for_a_stride(image, kernel, rate):
    """You moved the kernel on by rate pixels: that is a stride, and it shrinks the result. Dilation spreads
    the taps of one kernel; the kernel itself still visits every place.
    """
    return dilated_conv(image, kernel, 1)[::rate, ::rate]


@DILATED_CONV.wrong
def rate_pixels_left_out_between_taps(image, kernel, rate):
    """You left rate pixels out between two taps, so that they are rate + 1 apart. Rate 1 is an ordinary
    convolution: from one tap to the next it is rate pixels.
    """
    return dilated_conv(image, kernel, rate + 1)


@DILATED_CONV.wrong
def kernel_flipped(image, kernel, rate):
    """You turned the kernel round, as the convolution of mathematics does. That of networks turns nothing: kernel[0, 0]
    meets the upper left pixel.
    """
    return dilated_conv(image, kernel[::-1, ::-1], rate)


@DILATED_CONV.wrong
def rows_and_columns_exchanged(image, kernel, rate):
    """You exchanged rows and columns of the kernel: i goes down and belongs to y, j goes right and belongs to
    x.
    """
    return dilated_conv(image, kernel.T, rate)


@DILATED_CONV.wrong
def slices_that_leave_the_image(image, kernel, rate):
    """At a rate above 1 your slice of the image is sometimes smaller than the kernel. The kernel spans
    rate * (k - 1) + 1 pixels, so the slice has to be as long as that; and it fits only H - rate * (k - 1) times, since
    H - k + 1 is the number of rows at rate 1.
    """
    size, span = len(kernel), rate * (len(kernel) - 1) + 1
    height, width = (side - size + 1 for side in image.shape)
    out = np.zeros((height, width))
    for y, x in np.ndindex(height, width):
        out[y, x] = (image[y : y + span : rate, x : x + span : rate] * kernel).sum()
    return out


@DILATED_CONV.wrong
def as_many_places_as_at_rate_1(image, kernel, rate):
    """At a rate above 1 your loops go too far, and the last taps fall off the image. The kernel spans
    rate * (k - 1) + 1 pixels, so there are H - rate * (k - 1) rows; H - k + 1 is their number at rate 1.
    """
    size = len(kernel)
    height, width = (side - size + 1 for side in image.shape)
    out = np.zeros((height, width))
    for y, x, i, j in np.ndindex(height, width, size, size):
        out[y, x] += kernel[i, j] * image[y + i * rate, x + j * rate]
    return out


@DILATED_CONV.wrong
def as_wide_as_high(image, kernel, rate):
    """You took the image's height for its width, too. It may be wider or narrower than it is high: the columns
    follow from image.shape[1].
    """
    span = rate * (len(kernel) - 1) + 1
    side = len(image) - span + 1
    out = np.zeros((side, side))
    for y, x in np.ndindex(side, side):
        out[y, x] = (image[y : y + span : rate, x : x + span : rate] * kernel).sum()
    return out


@DILATED_CONV.wrong
def padded_to_the_same_size(image, kernel, rate):
    """You padded with zeros, so the result is as large as the image. Here nothing is padded: only places where all
    taps lie on the image count, H - rate * (k - 1) rows of them.
    """
    reach = rate * (len(kernel) - 1)
    return dilated_conv(np.pad(image, (reach // 2, reach - reach // 2)), kernel, rate)


@DILATED_CONV.wrong
def one_place_too_few(image, kernel, rate):
    """Your result is one row and one column too small. The kernel spans rate * (k - 1) + 1 pixels, and a span of n
    fits into H rows in H - n + 1 places: H - rate * (k - 1).
    """
    return dilated_conv(image, kernel, rate)[:-1, :-1]


@DILATED_CONV.wrong
def span_of_k_times_rate(image, kernel, rate):
    """You took rate * k pixels for the span of the kernel. From its first tap to its last there are k - 1 steps, so it
    spans rate * (k - 1) + 1 pixels, and there are H - rate * (k - 1) rows.
    """
    out = dilated_conv(image, kernel, rate)
    return out[: len(out) - rate + 1, : out.shape[1] - rate + 1]


@DILATED_CONV.wrong
def taps_together_at_every_rate_th_place(image, kernel, rate):
    """You move the kernel by rate pixels from place to place, and leave its taps side by side: that is a stride. It is
    the other way round: the kernel moves by one pixel, and from tap to tap it is rate.
    """
    size = len(kernel)
    height, width = (side - rate * (size - 1) for side in image.shape)
    out = np.zeros((height, width))
    for y, x in np.ndindex(height, width):
        out[y, x] = (image[y * rate : y * rate + size, x * rate : x * rate + size] * kernel).sum()
    return out


@DILATED_CONV.right
def convolved_by_torch(image, kernel, rate):
    images, kernels = torch.from_numpy(image)[None, None], torch.from_numpy(kernel)[None, None]
    return F.conv2d(images, kernels, dilation=rate)[0, 0]


@DILATED_CONV.right
def convolved_tap_by_tap(image, kernel, rate):
    size = len(kernel)
    height, width = (side - rate * (size - 1) for side in image.shape)
    return sum(
        kernel[i, j] * image[i * rate : i * rate + height, j * rate : j * rate + width]
        for i in range(size)
        for j in range(size)
    )


@DILATED_CONV.right
def convolved_with_zeros_between(image, kernel, rate):
    size = len(kernel)
    wide = np.zeros((rate * (size - 1) + 1,) * 2)
    wide[::rate, ::rate] = kernel
    rows, columns = (side - len(wide) + 1 for side in image.shape)
    return [
        [(image[y : y + len(wide), x : x + len(wide)] * wide).sum() for x in range(columns)]
        for y in range(rows)
    ]


DILATED_CONV.equivalent(
    "dilated_conv, line 16: np.zeros((height, width)) -> np.ones((height, width))",
    because="Every place is written, so it does not matter what was there.",
)
DILATED_CONV.equivalent(
    "convolved_by_torch, line 4: 0 -> -1",
    because="There is one image and one channel: the first is the last.",
)
