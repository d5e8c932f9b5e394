"""Where stamps overlap."""

import numpy as np
import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, by_kind


def stamp_counts(size, kernel, stride):
    """Return how many stamps reach each pixel of a row of a transposed convolution's output. There is no padding.

    Pixel i of the input stamps the output's pixels i * stride to i * stride + kernel - 1.

    Args:
        size: int, the pixels of the input row.
        kernel: int.
        stride: int.

    Returns:
        A list of (size - 1) * stride + kernel int, one for each pixel of the output.
    """
    ### BEGIN SOLUTION
    counts = [0] * ((size - 1) * stride + kernel)
    for pixel in range(size):
        for step in range(kernel):
            counts[pixel * stride + step] += 1
    return counts
    ### END SOLUTION


_KINDS = ("usual", "stride 1", "side by side", "gaps", "one pixel", "even overlap")


def _draw_overlaps(rng, kind):
    """Draw size, kernel and stride; between stamps that are farther apart than they are long, there are gaps."""
    stride = 1 if kind == "stride 1" else int(rng.integers(2, 4))
    kernel = {
        "side by side": stride,
        "gaps": stride - 1,
        "even overlap": 2 * stride,
    }.get(kind) or 2 * stride - 1 + 2 * int(rng.integers(0, 2))
    return 1 if kind == "one pixel" else int(rng.integers(3, 7)), kernel, stride


STAMP_COUNTS = Exercise(
    stamp_counts,
    title="Where stamps overlap",
    points=2,
    minutes=8,
    source="Lesson 33, section 4; study guide, section 4: checkerboard artefacts",
    draw=by_kind(_draw_overlaps, *_KINDS),
    hints=(
        "Begin with a list of zeros of the output's length, and let each input pixel add to it.",
        "Two loops: over the pixels of the input, and over the steps of the kernel. Which place do the "
        "two of them give?",
        "for pixel in range(size): for step in range(kernel): counts[pixel * stride + step] += 1.",
    ),
    why="Where the stride divides the kernel, all pixels inside get the same number of stamps. Where it "
    "does not, the numbers take turns, in both directions: a checkerboard.",
)

STAMP_COUNTS.worked(3, 3, 2, gives=[1, 1, 2, 1, 2, 1, 1])
STAMP_COUNTS.worked(3, 4, 2, gives=[1, 1, 2, 2, 2, 2, 1, 1])
STAMP_COUNTS.worked(3, 2, 2, gives=[1, 1, 1, 1, 1, 1])


@STAMP_COUNTS.wrong
def cut_to_size_times_stride(size, kernel, stride):
    """Your list has size * stride entries. The last stamp reaches further: (size - 1) * stride + kernel."""
    counts = [0] * (size * stride)
    for pixel in range(size):
        for step in range(kernel):
            counts[pixel * stride + step] += 1
    return counts


@STAMP_COUNTS.wrong
def stamps_one_apart(size, kernel, stride):
    """Your stamps are one pixel apart. Pixel i starts at i * stride."""
    return stamp_counts(size, kernel, 1)


@STAMP_COUNTS.wrong
def reached_or_not(size, kernel, stride):
    """You noted whether a pixel is reached. Count how often: add 1 for each stamp."""
    return [min(count, 1) for count in stamp_counts(size, kernel, stride)]


@STAMP_COUNTS.wrong
def a_pixel_short(size, kernel, stride):
    """Your stamps are one pixel short: a kernel of 3 reaches 3 pixels, range(kernel)."""
    counts = [0] * ((size - 1) * stride + kernel)
    for pixel in range(size):
        for step in range(kernel - 1):
            counts[pixel * stride + step] += 1
    return counts


@STAMP_COUNTS.wrong
def edges_like_the_inside(size, kernel, stride):
    """Your edges look like the inside. There are no stamps beyond the first and the last pixel: the ends get
    fewer.
    """
    length = (size - 1) * stride + kernel
    return [len(range(place % stride, kernel, stride)) for place in range(length)]


@STAMP_COUNTS.wrong
def kernel_over_stride(size, kernel, stride):
    """You gave all pixels kernel // stride. That is right inside where the stride divides the kernel;
    elsewhere two counts take turns, and that is the checkerboard.
    """
    return [kernel // stride] * ((size - 1) * stride + kernel)


@STAMP_COUNTS.wrong
def number_of_the_stamp(size, kernel, stride):
    """You counted the stamps that have started so far. Those that ended before the pixel do not reach it."""
    length = (size - 1) * stride + kernel
    return [min(place // stride, size - 1) + 1 for place in range(length)]


@STAMP_COUNTS.wrong
def room_for_one_stamp_more(size, kernel, stride):
    """Your list has size * stride + kernel entries, room for one stamp more. The first begins at 0, so the last one
    ends at (size - 1) * stride + kernel.
    """
    return stamp_counts(size, kernel, stride) + [0] * stride


@STAMP_COUNTS.wrong
def only_overlaps(size, kernel, stride):
    """You counted the stamps beyond the first. Each stamp that reaches a pixel counts, the first one as well."""
    return [max(count - 1, 0) for count in stamp_counts(size, kernel, stride)]


@STAMP_COUNTS.wrong
def stamps_up_to_the_end(size, kernel, stride):
    """Your stamps go on up to the end of the output. Only the pixels of the input stamp: there are `size` stamps,
    and the last one begins at (size - 1) * stride.
    """
    length = (size - 1) * stride + kernel
    more = -(-length // stride)
    return stamp_counts(more, kernel, stride)[:length]


@STAMP_COUNTS.right
def counts_in_numpy(size, kernel, stride):
    starts = np.arange(size)[:, None] * stride
    return np.bincount((starts + np.arange(kernel)).ravel())


@STAMP_COUNTS.right
def counts_by_torch(size, kernel, stride):
    ones, stamp = torch.ones(1, 1, size), torch.ones(1, 1, kernel)
    return F.conv_transpose1d(ones, stamp, stride=stride).flatten().long()


@STAMP_COUNTS.right
def counts_by_looking_back(size, kernel, stride):
    length = (size - 1) * stride + kernel
    return [sum(0 <= place - pixel * stride < kernel for pixel in range(size)) for place in range(length)]
