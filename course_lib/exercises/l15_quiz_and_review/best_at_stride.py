"""The score of a perfect network that decides block by block."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind


def best_at_stride(truth, stride):
    """Return the IoU of a network that gives every block one class: that of most of its pixels.

    Args:
        truth: a NumPy array of shape (H, W): 1 object, 0 background; at least one pixel is object.
        stride: the side of a block in pixels; it divides H and W.

    Returns:
        The IoU of class 1 at full size, a float, of the mask in which each block of stride x stride pixels has the
        class of most of its pixels. If exactly half of a block is object, the block is object.
    """
    ### BEGIN SOLUTION
    height, width = truth.shape
    blocks = truth.reshape(height // stride, stride, width // stride, stride)
    coarse = blocks.mean(axis=(1, 3)) >= 0.5  # (H / stride, W / stride)
    mask = coarse.repeat(stride, axis=0).repeat(stride, axis=1)  # (H, W)
    both, either = mask & (truth == 1), mask | (truth == 1)
    return float(both.sum() / either.sum())
    ### END SOLUTION


_KINDS = (
    "usual",
    "not square",
    "thin line",
    "stride 1",
    "half blocks",
    "one block",
    "nothing left",
    "large object",
)


def _draw_truth(rng, kind):
    """Draw a mask of some blocks, and the side of a block."""
    stride = {"stride 1": 1, "half blocks": 2}.get(kind, int(rng.integers(2, 5)))
    rows, columns = (int(side) for side in rng.choice([2, 3, 4], size=2, replace=False))
    if kind == "one block":
        rows = columns = 1
    height, width = rows * stride, columns * stride
    truth = np.zeros((height, width), dtype=int)
    if kind == "thin line":
        truth[np.arange(height), np.arange(height) * width // height] = 1
    elif kind == "nothing left":
        stride = 4
        truth = np.zeros((4 * rows, 4 * columns), dtype=int)
        truth[2::4, 1::4] = 1
    elif kind == "half blocks":
        truth[::2] = 1
        truth[0, 0] = 0
    else:
        share = {"large object": 0.8, "one block": 0.6}.get(kind, 0.5)
        truth = (rng.random((height, width)) < share).astype(int)
        truth[0, :] = 1
        truth[-1, -1] = 0
        truth[-1, 0] = 1
    return truth, stride


BEST_AT_STRIDE = Exercise(
    best_at_stride,
    title="The score of perfect blocks",
    points=3,
    minutes=12,
    source="Lesson 33, common errors: blurry boundaries; notes, SegFormer's quarter-size logits",
    draw=by_kind(_draw_truth, *_KINDS),
    hints=(
        "The IoU compares two masks of one size. Which mask is compared with the truth here, and in which steps do you "
        "get from the truth to it?",
        "Three steps: decide each block, make the map as large as the truth again, and compare the two. "
        "`truth.reshape(H // stride, stride, W // stride, stride).mean(axis=(1, 3))` is the share of object in each "
        "block. Where is it at least 0.5?",
        "`mask = (shares >= 0.5).repeat(stride, axis=0).repeat(stride, axis=1)`, then the pixels of "
        "`mask & (truth == 1)` divided by those of `mask | (truth == 1)`.",
    ),
    why="Each block got the class of most of its pixels, and still the mask differs from the truth. A thin object "
    "loses most, because it fills half of only a few blocks.",
)

BEST_AT_STRIDE.worked(
    np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0]]), 2, gives=4 / 6
)  # one block of four is object, the others are not: 4 of the 6 object pixels are found
BEST_AT_STRIDE.worked(np.array([[1, 0], [1, 0]]), 2, gives=0.5)
BEST_AT_STRIDE.worked(np.array([[0, 1], [1, 1]]), 1, gives=1.0)


@BEST_AT_STRIDE.wrong
def corner_pixel(truth, stride):
    """You gave each block the class of its first pixel, as `truth[::stride, ::stride]` does. A block's class is the one
    that most of its pixels have.
    """
    height, width = truth.shape
    blocks = truth.reshape(height // stride, stride, width // stride, stride)
    coarse = blocks[:, 0, :, 0] == 1
    mask = coarse.repeat(stride, axis=0).repeat(stride, axis=1)
    both, either = mask & (truth == 1), mask | (truth == 1)
    return float(both.sum() / either.sum())


@BEST_AT_STRIDE.wrong
def any_pixel(truth, stride):
    """A block of yours is object as soon as one of its pixels is. Compare the share of object pixels with 0.5."""
    height, width = truth.shape
    blocks = truth.reshape(height // stride, stride, width // stride, stride)
    coarse = blocks.max(axis=(1, 3)) == 1
    mask = coarse.repeat(stride, axis=0).repeat(stride, axis=1)
    both, either = mask & (truth == 1), mask | (truth == 1)
    return float(both.sum() / either.sum())


@BEST_AT_STRIDE.wrong
def all_pixels(truth, stride):
    """A block of yours is object only if all of its pixels are. Compare the share of object pixels with 0.5."""
    height, width = truth.shape
    blocks = truth.reshape(height // stride, stride, width // stride, stride)
    coarse = blocks.min(axis=(1, 3)) == 1
    mask = coarse.repeat(stride, axis=0).repeat(stride, axis=1)
    both, either = mask & (truth == 1), mask | (truth == 1)
    return float(both.sum() / either.sum())


@BEST_AT_STRIDE.wrong
def half_is_background(truth, stride):
    """You gave a block that is half object to the background, as `> 0.5` does. Here half is enough: `>= 0.5`."""
    height, width = truth.shape
    blocks = truth.reshape(height // stride, stride, width // stride, stride)
    coarse = blocks.mean(axis=(1, 3)) > 0.5
    mask = coarse.repeat(stride, axis=0).repeat(stride, axis=1)
    both, either = mask & (truth == 1), mask | (truth == 1)
    return float(both.sum() / either.sum())


@BEST_AT_STRIDE.wrong
def half_of_the_side(truth, stride):
    """You compared the number of object pixels with half of the side, `stride / 2`. A block has `stride * stride`
    pixels: compare with half of those, or the share of object pixels with 0.5.
    """
    height, width = truth.shape
    blocks = truth.reshape(height // stride, stride, width // stride, stride)
    coarse = blocks.sum(axis=(1, 3)) >= stride / 2
    mask = coarse.repeat(stride, axis=0).repeat(stride, axis=1)
    both, either = mask & (truth == 1), mask | (truth == 1)
    return float(both.sum() / either.sum())


@BEST_AT_STRIDE.wrong
def accuracy(truth, stride):
    """You returned the share of right pixels. That is pixel accuracy, and the background counts in it: divide the
    object pixels that both masks have by those that either has.
    """
    height, width = truth.shape
    blocks = truth.reshape(height // stride, stride, width // stride, stride)
    coarse = blocks.mean(axis=(1, 3)) >= 0.5
    mask = coarse.repeat(stride, axis=0).repeat(stride, axis=1)
    return float((mask == (truth == 1)).mean())


@BEST_AT_STRIDE.wrong
def dice(truth, stride):
    """You returned the Dice score. For IoU divide by the union, the pixels that either mask has."""
    height, width = truth.shape
    blocks = truth.reshape(height // stride, stride, width // stride, stride)
    coarse = blocks.mean(axis=(1, 3)) >= 0.5
    mask = coarse.repeat(stride, axis=0).repeat(stride, axis=1)
    both = mask & (truth == 1)
    return float(2 * both.sum() / (mask.sum() + (truth == 1).sum()))


@BEST_AT_STRIDE.wrong
def recall(truth, stride):
    """You divided by the object pixels of the truth only, which is recall. The union also holds the pixels that only
    your mask has.
    """
    height, width = truth.shape
    blocks = truth.reshape(height // stride, stride, width // stride, stride)
    coarse = blocks.mean(axis=(1, 3)) >= 0.5
    mask = coarse.repeat(stride, axis=0).repeat(stride, axis=1)
    both = mask & (truth == 1)
    return float(both.sum() / (truth == 1).sum())


@BEST_AT_STRIDE.wrong
def mean_with_background(truth, stride):
    """You took the mean of two IoUs, that of the object and that of the background. Asked for is the IoU of class 1."""
    height, width = truth.shape
    blocks = truth.reshape(height // stride, stride, width // stride, stride)
    mask = (blocks.mean(axis=(1, 3)) >= 0.5).repeat(stride, axis=0).repeat(stride, axis=1)
    ious = [
        (mask & one).sum() / (mask | one).sum() for mask, one in ((mask, truth == 1), (~mask, truth != 1))
    ]
    return float(np.mean(ious))


@BEST_AT_STRIDE.wrong
def at_the_blocks_size(truth, stride):
    """You compared at the size of the blocks, where the mistakes inside of a block no longer show. Make the map of the
    blocks as large as the truth, with `repeat` along both axes, and compare there.
    """
    height, width = truth.shape
    coarse = truth.reshape(height // stride, stride, width // stride, stride).mean(axis=(1, 3)) >= 0.5
    small = truth[::stride, ::stride] == 1
    return float((coarse & small).sum() / (coarse | small).sum())


@BEST_AT_STRIDE.wrong
def overlapping(truth, stride):
    """Your blocks overlap: one begins at every pixel. They begin at every `stride`-th row and column only:
    `range(0, len(truth), stride)`.
    """
    mask = np.zeros_like(truth)
    for top in range(len(truth)):
        for left in range(len(truth[0])):
            here = np.s_[top : top + stride, left : left + stride]
            mask[here] = truth[here].mean() >= 0.5
    return float((mask & truth).sum() / (mask | truth).sum())


@BEST_AT_STRIDE.wrong
def cut_into_pieces(truth, stride):
    """`reshape` keeps the order of the numbers, so `(H // stride, W // stride, stride, stride)` does not cut out
    blocks. Each side is split where it is: `(H // stride, stride, W // stride, stride)`, and the mean goes over the
    axes 1 and 3.
    """
    height, width = truth.shape
    blocks = truth.reshape(height // stride, width // stride, stride, stride)
    coarse = blocks.mean(axis=(2, 3)) >= 0.5
    mask = coarse.repeat(stride, axis=0).repeat(stride, axis=1)
    both, either = mask & (truth == 1), mask | (truth == 1)
    return float(both.sum() / either.sum())


@BEST_AT_STRIDE.wrong
def scattered_blocks(truth, stride):
    """Your `reshape` splits each side the wrong way round, so a block holds pixels that lie far apart. Each side is
    split into blocks first: `(H // stride, stride, W // stride, stride)`, and the mean goes over the axes 1 and 3.
    """
    height, width = truth.shape
    blocks = truth.reshape(stride, height // stride, stride, width // stride)
    coarse = blocks.mean(axis=(0, 2)) >= 0.5
    mask = coarse.repeat(stride, axis=0).repeat(stride, axis=1)
    both, either = mask & (truth == 1), mask | (truth == 1)
    return float(both.sum() / either.sum())


@BEST_AT_STRIDE.wrong
def tiled(truth, stride):
    """You repeated the whole map of the blocks, as `np.tile` does. `repeat` makes each value large where it is."""
    height, width = truth.shape
    blocks = truth.reshape(height // stride, stride, width // stride, stride)
    coarse = blocks.mean(axis=(1, 3)) >= 0.5
    mask = np.tile(coarse, (stride, stride))
    both, either = mask & (truth == 1), mask | (truth == 1)
    return float(both.sum() / either.sum())


@BEST_AT_STRIDE.wrong
def one_axis_repeated(truth, stride):
    """Did you enlarge along one axis only? Then mask and truth differ in shape. Rows and columns both have to become
    `stride` times as many: `.repeat(stride, axis=0).repeat(stride, axis=1)`.
    """
    height, width = truth.shape
    blocks = truth.reshape(height // stride, stride, width // stride, stride)
    coarse = blocks.mean(axis=(1, 3)) >= 0.5
    mask = coarse.repeat(stride, axis=0)
    both, either = mask & (truth == 1), mask | (truth == 1)
    return float(both.sum() / either.sum())


@BEST_AT_STRIDE.wrong
def middle_pixel(truth, stride):
    """You gave each block the class of the pixel in its middle. A block's class is the one that most of its pixels
    have.
    """
    height, width = truth.shape
    blocks = truth.reshape(height // stride, stride, width // stride, stride)
    coarse = blocks[:, stride // 2, :, stride // 2] == 1
    mask = coarse.repeat(stride, axis=0).repeat(stride, axis=1)
    both, either = mask & (truth == 1), mask | (truth == 1)
    return float(both.sum() / either.sum())


@BEST_AT_STRIDE.right
def with_kron(truth, stride):
    height, width = truth.shape
    shares = truth.reshape(height // stride, stride, width // stride, stride).mean(axis=(1, 3))
    mask = np.kron(shares >= 0.5, np.ones((stride, stride))) > 0
    return (mask & (truth > 0)).sum() / (mask | (truth > 0)).sum()


@BEST_AT_STRIDE.right
def with_loops(truth, stride):
    both = either = 0
    for top in range(0, len(truth), stride):
        for left in range(0, len(truth[0]), stride):
            block = truth[top : top + stride, left : left + stride]
            if 2 * block.sum() >= block.size:
                both += block.sum()
                either += block.size
            else:
                either += block.sum()
    return both / either


@BEST_AT_STRIDE.right
def block_by_block(truth, stride):
    mask = np.zeros_like(truth)
    for top in range(0, len(truth), stride):
        for left in range(0, len(truth[0]), stride):
            here = np.s_[top : top + stride, left : left + stride]
            mask[here] = truth[here].mean() >= 0.5
    return (mask * truth).sum() / (mask + truth > 0).sum()


BEST_AT_STRIDE.equivalent(
    "best_at_stride, line 15: (1, 3) -> (3, 1)",
    "with_kron, line 4: (1, 3) -> (3, 1)",
    because="The mean goes over both axes in any order.",
)

BEST_AT_STRIDE.equivalent(
    "best_at_stride, line 18: float(both.sum() / either.sum()) -> both.sum() / either.sum()",
    because="A float of NumPy counts as one of Python.",
)

BEST_AT_STRIDE.equivalent(
    "block_by_block, line 4: truth -> mask",
    "block_by_block, line 5: truth -> mask",
    "block_by_block, line 5: 0 -> -1",
    "block_by_block, line 5: 0 -> 1",
    "with_loops, line 5: 0 -> -1",
    "with_loops, line 5: 0 -> 1",
    because="All rows of both arrays have the same length.",
)
