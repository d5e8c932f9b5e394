"""Where stamps overlap."""

import numpy as np
import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, by_kind


def stamp_counts(size, kernel, stride):
    """Return, for each pixel in a row of a transposed convolution's output, how many stamps reach it.

    There is no padding. Pixel i of the input stamps the output's pixels i * stride to i * stride + kernel - 1.

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
        "Write two loops, one over the pixels of the input and one over the steps of the kernel. At which place of the "
        "output does step number `step` of pixel number `pixel` lie?",
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
    """Your list has size * stride entries. The last stamp begins at (size - 1) * stride and is `kernel` long, so there
    are (size - 1) * stride + kernel.
    """
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
    """You noted only whether a stamp reaches a pixel. Count how many do: add 1 for each of them."""
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
    """Your counts at both ends are those of the inside. No pixel of the input lies before the first or behind the last,
    so fewer stamps reach the ends.
    """
    length = (size - 1) * stride + kernel
    return [len(range(place % stride, kernel, stride)) for place in range(length)]


@STAMP_COUNTS.wrong
def kernel_over_stride(size, kernel, stride):
    """You gave all pixels kernel // stride. Away from the ends that is right if the stride divides the kernel. If it
    does not, two counts take turns, and that is the checkerboard.
    """
    return [kernel // stride] * ((size - 1) * stride + kernel)


@STAMP_COUNTS.wrong
def number_of_the_stamp(size, kernel, stride):
    """You counted the stamps that have started so far. Those that ended before the pixel do not reach it."""
    length = (size - 1) * stride + kernel
    return [min(place // stride, size - 1) + 1 for place in range(length)]


@STAMP_COUNTS.wrong
def room_for_one_stamp_more(size, kernel, stride):
    """Your list has size * stride + kernel entries, which is room for one more stamp. The first stamp begins at 0, so
    the last one ends at (size - 1) * stride + kernel.
    """
    return stamp_counts(size, kernel, stride) + [0] * stride


@STAMP_COUNTS.wrong
def only_overlaps(size, kernel, stride):
    """Your counts are one too small wherever a stamp reaches: you left out the first of the stamps. Each one that
    reaches a pixel counts.
    """
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
