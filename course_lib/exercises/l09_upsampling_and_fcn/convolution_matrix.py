"""A convolution is a matrix."""

import numpy as np
import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, by_kind


def convolution_matrix(kernel, size, stride):
    """Return the matrix by which a convolution without padding multiplies a row of pixels.

    For each row x of `size` pixels, matrix @ x must be what a network's convolution gives: the kernel, not turned
    around, at the places 0, stride, 2 * stride and so on, as long as it fits.

    Args:
        kernel: a float array (k,).
        size: int, the pixels of the row, at least k.
        stride: int.

    Returns:
        A float array ((size - k) // stride + 1, size).
    """
    ### BEGIN SOLUTION
    places = (size - len(kernel)) // stride + 1
    matrix = np.zeros((places, size))
    for place in range(places):
        matrix[place, place * stride : place * stride + len(kernel)] = kernel
    return matrix
    ### END SOLUTION


_KINDS = (
    "usual",
    "stride 1",
    "pixels left over",
    "side by side",
    "gaps",
    "one place",
    "kernel of one weight",
    "stride 3",
)


def _draw_row(rng, kind):
    """Draw a kernel of different numbers, a size and a stride."""
    side = 1 if kind == "kernel of one weight" else int(rng.integers(3, 5))
    kernel = rng.permutation(np.arange(1, 13))[:side] * rng.choice([-0.5, 0.5], side)
    stride = {"stride 1": 1, "stride 3": 3, "side by side": side, "gaps": side + 1}.get(kind, 2)
    places = 1 if kind == "one place" else int(rng.integers(3, 5))
    left_over = 1 if kind in ("pixels left over", "stride 3") else 0
    return kernel, (places - 1) * stride + side + left_over, stride


CONVOLUTION_MATRIX = Exercise(
    convolution_matrix,
    title="A convolution is a matrix",
    points=3,
    minutes=12,
    source="Study guide, section 4: transposed convolution",
    draw=by_kind(_draw_row, *_KINDS),
    hints=(
        "One row of the matrix makes one pixel of the output. Which pixels of the input does it look at, and with "
        "which weights?",
        "Begin with np.zeros((places, size)), where places = (size - k) // stride + 1. Row 0 holds the kernel at the "
        "columns 0 to k - 1. Where does row 1 hold it?",
        "for place in range(places): matrix[place, place * stride : place * stride + k] = kernel.",
    ),
    why="Each row is one place of the kernel, so each column says in which outputs an input takes part. Read by "
    "columns, the same matrix hands out what it collected by rows: that is the transposed convolution.",
)

CONVOLUTION_MATRIX.worked(
    np.array([1.0, 2.0, 3.0]), 5, 2, gives=[[1.0, 2.0, 3.0, 0.0, 0.0], [0.0, 0.0, 1.0, 2.0, 3.0]]
)
# With 4 pixels there is room for two places at stride 1, and for one at stride 2: the last pixel is left over.
CONVOLUTION_MATRIX.worked(np.array([1.0, 2.0, 3.0]), 4, 1, gives=[[1.0, 2.0, 3.0, 0.0], [0.0, 1.0, 2.0, 3.0]])
CONVOLUTION_MATRIX.worked(np.array([1.0, 2.0, 3.0]), 4, 2, gives=[[1.0, 2.0, 3.0, 0.0]])


@CONVOLUTION_MATRIX.wrong
def kernel_turned_around(kernel, size, stride):
    """Your rows hold the kernel turned around, as a convolution in mathematics and np.convolve have it. The
    convolution of a network leaves it as it is.
    """
    return convolution_matrix(kernel[::-1], size, stride)


@CONVOLUTION_MATRIX.wrong
def transposed_already(kernel, size, stride):
    """Your matrix is the transposed one: it has a row for each pixel of the input. Here each row makes a pixel of the
    output.
    """
    return convolution_matrix(kernel, size, stride).T


@CONVOLUTION_MATRIX.wrong
def one_step_apart(kernel, size, stride):
    """The kernel moves on by one pixel from row to row. It has to move on by `stride`: row r begins at r * stride."""
    places = (size - len(kernel)) // stride + 1
    return convolution_matrix(kernel, size, 1)[:places]


@CONVOLUTION_MATRIX.wrong
def stride_forgotten(kernel, size, stride):
    """You made the matrix for stride 1, with a row for every place. A larger stride leaves places out: keep the first
    row, and every `stride`-th one after it.
    """
    return convolution_matrix(kernel, size, 1)


@CONVOLUTION_MATRIX.wrong
def every_place_with_zeros(kernel, size, stride):
    """Your matrix still has the rows of the places that the stride leaves out, filled with zeros. Leave these rows out,
    so that (size - k) // stride + 1 remain.
    """
    matrix = convolution_matrix(kernel, size, 1)
    matrix[np.arange(len(matrix)) % stride > 0] = 0
    return matrix


@CONVOLUTION_MATRIX.wrong
def taps_apart(kernel, size, stride):
    """You put the stride between the weights of the kernel. That would be a dilated convolution, which comes in lesson
    12. Here the weights lie side by side, and it is the places of the kernel that are `stride` apart.
    """
    places = (size - len(kernel)) // stride + 1
    matrix = np.zeros((places, size))
    for place in range(places):
        for tap, weight in enumerate(kernel):
            matrix[place, min(place + tap * stride, size - 1)] = weight
    return matrix


@CONVOLUTION_MATRIX.wrong
def padded(kernel, size, stride):
    """You padded: in your first row the kernel begins before the first pixel. There is no padding here, so row 0 holds
    the kernel from column 0 on.
    """
    side = len(kernel)
    wide = convolution_matrix(kernel, size + 2 * (side // 2), stride)
    return wide[:, side // 2 : side // 2 + size]


@CONVOLUTION_MATRIX.wrong
def brackets_missing(kernel, size, stride):
    """You divided only the kernel's length by the stride: Python divides before it subtracts. The number of rows is
    (size - k) // stride + 1, with brackets.
    """
    places = size - len(kernel) // stride + 1
    matrix = np.zeros((places, size))
    for place in range(places):
        matrix[place, place * stride : place * stride + len(kernel)] = kernel
    return matrix


@CONVOLUTION_MATRIX.wrong
def one_place_short(kernel, size, stride):
    """The last row of your matrix is missing. The first place counts as well: (size - k) // stride + 1."""
    return convolution_matrix(kernel, size, stride)[:-1]


@CONVOLUTION_MATRIX.wrong
def wrapped_around(kernel, size, stride):
    """In your last rows the kernel runs out on the right and goes on at the left. Leave out the rows in which it no
    longer fits: (size - k) // stride + 1 remain.
    """
    row = np.zeros(size)
    row[: len(kernel)] = kernel
    return np.array([np.roll(row, start) for start in range(0, size, stride)])


@CONVOLUTION_MATRIX.right
def matrix_by_torch(kernel, size, stride):
    # Each column is what the convolution makes of a single pixel.
    single_pixels = torch.eye(size, dtype=torch.float64)[:, None]  # (size, 1, size)
    return F.conv1d(single_pixels, torch.from_numpy(kernel)[None, None], stride=stride)[:, 0].T


@CONVOLUTION_MATRIX.right
def matrix_in_plain_python(kernel, size, stride):
    rows = []
    for start in range(0, size - len(kernel) + 1, stride):
        after = size - start - len(kernel)
        rows.append([0.0] * start + kernel.tolist() + [0.0] * after)
    return rows


@CONVOLUTION_MATRIX.right
def matrix_by_adding_diagonals(kernel, size, stride):
    every_place = sum(weight * np.eye(size, k=tap) for tap, weight in enumerate(kernel))
    return every_place[: size - len(kernel) + 1 : stride]
