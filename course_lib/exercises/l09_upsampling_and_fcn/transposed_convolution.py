"""Transposed convolution by hand."""

import numpy as np
import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, by_kind


def transposed_convolution(image, kernel, stride):
    """Return the transposed convolution of an image, without padding.

    Every pixel adds a stamp to an output of zeros: its value times the kernel, with its upper left corner at
    (row * stride, column * stride). Where stamps overlap they add up.

    Args:
        image: a float array (H, W).
        kernel: a float array (k, k).
        stride: int.

    Returns:
        A float array ((H-1) * stride + k, (W-1) * stride + k).
    """
    ### BEGIN SOLUTION
    height, width = image.shape
    side = len(kernel)
    output = np.zeros(((height - 1) * stride + side, (width - 1) * stride + side))
    for row in range(height):
        for column in range(width):
            top, left = row * stride, column * stride
            output[top : top + side, left : left + side] += image[row, column] * kernel
    return output
    ### END SOLUTION


_KINDS = (
    "usual",
    "stride 1",
    "side by side",
    "gaps",
    "square",
    "as many rows as the kernel",
    "one pixel",
    "one row",
    "one column",
    "kernel of one weight",
)


def _draw_stamps(rng, kind):
    """Draw an image of different numbers and a kernel without symmetry; usually the stamps overlap."""
    side = 1 if kind == "kernel of one weight" else int(rng.integers(3, 5))
    stride = {"stride 1": 1, "side by side": side, "gaps": side + 1}.get(kind, 2)
    height, width = (int(size) for size in rng.choice([2, 3, 4, 5], 2, replace=False))
    height, width = {
        "square": (width, width),
        "as many rows as the kernel": (side, 5),
        "one pixel": (1, 1),
        "one row": (1, width),
        "one column": (height, 1),
    }.get(kind, (height, width))
    image = rng.permutation(np.arange(1, 26))[: height * width].reshape(height, width) / 4
    kernel = rng.permutation(np.arange(1, 17))[: side * side].reshape(side, side)
    return image, kernel * rng.choice([-1.0, 1.0], kernel.shape), stride


TRANSPOSED_CONVOLUTION = Exercise(
    transposed_convolution,
    title="Transposed convolution by hand",
    points=3,
    minutes=12,
    source="Study guide, section 4: transposed convolution, 2 x 2 becomes 5 x 5",
    draw=by_kind(_draw_stamps, *_KINDS),
    hints=(
        "Begin with an array of zeros of the final size. Then go through the pixels of the small image.",
        "A pixel at (row, column) stamps the square that starts at (row * stride, column * stride) and "
        "has the kernel's side.",
        "output[row * stride : row * stride + k, column * stride : column * stride + k] += image[row, "
        "column] * kernel.",
    ),
    why="A convolution collects a window into one pixel; the transposed one hands a pixel out into a "
    "window. Overlapping stamps add up, which is where checkerboards come from.",
)

_ONE_TO_FOUR = np.array([[1.0, 2.0], [3.0, 4.0]])

TRANSPOSED_CONVOLUTION.worked(
    _ONE_TO_FOUR,
    np.ones((3, 3)),
    2,
    gives=[
        [1.0, 1.0, 3.0, 2.0, 2.0],
        [1.0, 1.0, 3.0, 2.0, 2.0],
        [4.0, 4.0, 10.0, 6.0, 6.0],
        [3.0, 3.0, 7.0, 4.0, 4.0],
        [3.0, 3.0, 7.0, 4.0, 4.0],
    ],
    example="transposed-2x2",
)
TRANSPOSED_CONVOLUTION.worked(
    np.array([[1.0, 10.0]]),
    np.array([[1.0, 2.0], [3.0, 4.0]]),
    2,
    gives=[[1.0, 2.0, 10.0, 20.0], [3.0, 4.0, 30.0, 40.0]],
)


@TRANSPOSED_CONVOLUTION.wrong
def overwritten(image, kernel, stride):
    """Your stamps overwrite each other. Where they overlap they add up: += instead of =."""
    height, width = image.shape
    side = len(kernel)
    output = np.zeros(((height - 1) * stride + side, (width - 1) * stride + side))
    for row in range(height):
        for column in range(width):
            top, left = row * stride, column * stride
            output[top : top + side, left : left + side] = image[row, column] * kernel
    return output


@TRANSPOSED_CONVOLUTION.wrong
def kernel_turned_round(image, kernel, stride):
    """Your stamps are the kernel turned around. A stamp is the kernel as it is, times the pixel. If you put zeros
    between the pixels and then convolve, you have to turn the kernel around before that.
    """
    return transposed_convolution(image, kernel[::-1, ::-1], stride)


@TRANSPOSED_CONVOLUTION.wrong
def kernel_transposed(image, kernel, stride):
    """In your stamps the kernel's rows and columns are exchanged. Only the layer is called transposed; the kernel
    stays as it is.
    """
    return transposed_convolution(image, kernel.T, stride)


@TRANSPOSED_CONVOLUTION.wrong
def stamps_one_apart(image, kernel, stride):
    """Your stamps are one pixel apart. The stamp of the next pixel begins `stride` further on: at row * stride,
    column * stride.
    """
    return transposed_convolution(image, kernel, 1)


@TRANSPOSED_CONVOLUTION.wrong
def stride_only_in_the_size(image, kernel, stride):
    """Your output has the right size, but your stamps are one pixel apart. The stamp of the next pixel begins
    `stride` further on: at row * stride, column * stride.
    """
    output = np.zeros_like(transposed_convolution(image, kernel, stride))
    stamped = transposed_convolution(image, kernel, 1)
    output[: stamped.shape[0], : stamped.shape[1]] = stamped
    return output


@TRANSPOSED_CONVOLUTION.wrong
def size_times_stride(image, kernel, stride):
    """Your output has size * stride rows and columns. The last stamp begins at (size - 1) * stride and is k long, so
    there are (size - 1) * stride + k of each.
    """
    height, width = image.shape
    side = len(kernel)
    output = np.zeros((height * stride, width * stride))
    for row in range(height):
        for column in range(width):
            top, left = row * stride, column * stride
            output[top : top + side, left : left + side] += image[row, column] * kernel
    return output


@TRANSPOSED_CONVOLUTION.wrong
def room_for_one_stamp_more(image, kernel, stride):
    """Your output has room for one more stamp at the bottom and on the right: size * stride + k. The first stamp begins
    at 0, so the last one ends at (size - 1) * stride + k.
    """
    return np.pad(transposed_convolution(image, kernel, stride), ((0, stride), (0, stride)))


@TRANSPOSED_CONVOLUTION.wrong
def zeros_in_between_and_no_kernel(image, kernel, stride):
    """Each of your pixels fills one place, and the zeros between the places stay. A pixel stamps the whole kernel,
    times its value: k x k places.
    """
    height, width = image.shape
    output = np.zeros(((height - 1) * stride + len(kernel), (width - 1) * stride + len(kernel)))
    output[: height * stride : stride, : width * stride : stride] = image
    return output


@TRANSPOSED_CONVOLUTION.wrong
def same_stamp_everywhere(image, kernel, stride):
    """All your stamps are the same, whatever the values of their pixels. A stamp is the pixel times the kernel:
    image[row, column] * kernel.
    """
    return transposed_convolution(np.ones_like(image), kernel, stride)


@TRANSPOSED_CONVOLUTION.wrong
def ordinary_convolution(image, kernel, stride):
    """You convolved: a window of the image became one pixel. Here it is the other way around, and one pixel
    becomes a stamp.
    """
    side = len(kernel)
    rows, columns = (range(0, size - side + 1, stride) for size in image.shape)
    windows = [[image[row : row + side, column : column + side] for column in columns] for row in rows]
    output = np.zeros((len(rows), len(columns)))
    for row, column in np.ndindex(output.shape):
        output[row, column] = (windows[row][column] * kernel).sum()
    return output


@TRANSPOSED_CONVOLUTION.wrong
def edges_cut_off(image, kernel, stride):
    """You cut off one pixel on each side, as padding 1 would. Here there is no padding."""
    return transposed_convolution(image, kernel, stride)[1:-1, 1:-1]


@TRANSPOSED_CONVOLUTION.wrong
def as_wide_as_high(image, kernel, stride):
    """You took the height for the width as well. The image need not be square: height, width = image.shape."""
    height = len(image)
    if height > image.shape[1]:
        raise IndexError(f"index {image.shape[1]} is out of bounds for axis 1 with size {image.shape[1]}")
    return transposed_convolution(image[:, :height], kernel, stride)


@TRANSPOSED_CONVOLUTION.right
def transposed_by_torch(image, kernel, stride):
    image, kernel = (torch.from_numpy(array)[None, None] for array in (image, kernel))
    return F.conv_transpose2d(image, kernel, stride=stride)[0, 0]


@TRANSPOSED_CONVOLUTION.right
def transposed_by_zeros_between(image, kernel, stride):
    """Insert zeros between the pixels, pad, and convolve with the kernel turned around."""
    side = len(kernel)
    height, width = ((size - 1) * stride + 1 for size in image.shape)
    spread = np.zeros((height, width))
    spread[::stride, ::stride] = image
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(spread, side - 1), (side, side))
    return np.einsum("hwij,ij->hw", windows, kernel[::-1, ::-1])


@TRANSPOSED_CONVOLUTION.right
def transposed_in_plain_python(image, kernel, stride):
    side = len(kernel)
    rows = [
        [0.0] * ((image.shape[1] - 1) * stride + side) for _ in range((image.shape[0] - 1) * stride + side)
    ]
    for row, line in enumerate(image.tolist()):
        for column, value in enumerate(line):
            for down, weights in enumerate(kernel.tolist()):
                for right, weight in enumerate(weights):
                    rows[row * stride + down][column * stride + right] += value * weight
    return rows


TRANSPOSED_CONVOLUTION.equivalent(
    "transposed_by_torch, line 4: 0 -> -1",
    because="There is one image with one channel: the first is the last.",
)
