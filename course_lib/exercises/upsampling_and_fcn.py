"""The exercises of lesson 09: sizes going up, stamps and checkerboards, dense layers as convolutions, added skips."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise, Misconception, Worked

# --- pool-or-stride -----------------------------------------------------------------------------------------


def halve(images, weight, how):
    """Return the images at half size, with K channels: float (N, K, H/2, W/2).

    images is float (N, C, H, W) with even H and W, weight is (K, C, 3, 3); there is no bias and no ReLU.
    how is "pool": the 3x3 convolution with padding 1, then 2x2 max pooling;
    or "stride": the 3x3 convolution with padding 1 that moves on by 2, and no pooling.
    """
    ### BEGIN SOLUTION
    if how == "stride":
        return F.conv2d(images, weight, stride=2, padding=1)  # (N, K, H/2, W/2)
    features = F.conv2d(images, weight, padding=1)  # (N, K, H, W)
    return F.max_pool2d(features, kernel_size=2)  # (N, K, H/2, W/2)
    ### END SOLUTION


def _pool_first(images, weight, how):
    if how == "stride":
        return halve(images, weight, how)
    return F.conv2d(F.max_pool2d(images, 2), weight, padding=1)


def _mean_pooling(images, weight, how):
    if how == "stride":
        return halve(images, weight, how)
    return F.avg_pool2d(F.conv2d(images, weight, padding=1), 2)


def _always_pooled(images, weight, how):
    return halve(images, weight, "pool")


def _stride_and_pool(images, weight, how):
    if how == "pool":
        return halve(images, weight, how)
    return F.max_pool2d(F.conv2d(images, weight, stride=2, padding=1), 2, ceil_mode=True)


def _always_strided(images, weight, how):
    return halve(images, weight, "stride")


def _without_padding(images, weight, how):
    if how == "stride":
        return F.conv2d(F.pad(images, (0, 1, 0, 1)), weight, stride=2)
    return F.max_pool2d(F.pad(F.conv2d(images, weight), (0, 2, 0, 2)), 2)


def _every_second_pixel_first(images, weight, how):
    if how == "pool":
        return halve(images, weight, how)
    return F.conv2d(images[..., ::2, ::2], weight, padding=1)


def _halve_by_slicing(images, weight, how):
    features = F.conv2d(images, weight, padding=1)
    if how == "stride":
        return features[:, :, ::2, ::2]
    rows = torch.maximum(features[:, :, ::2], features[:, :, 1::2])
    return torch.maximum(rows[..., ::2], rows[..., 1::2])


def _halve_by_modules(images, weight, how):
    conv = nn.Conv2d(
        weight.shape[1], weight.shape[0], 3, stride=2 if how == "stride" else 1, padding=1, bias=False
    )
    conv.weight = nn.Parameter(weight, requires_grad=False)
    return conv(images) if how == "stride" else nn.MaxPool2d(2)(conv(images))


def _halve_in_numpy(images, weight, how):
    padded = np.pad(np.asarray(images), ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))  # (N, C, H, W, 3, 3)
    features = np.einsum("nchwij,kcij->nkhw", windows, np.asarray(weight))
    if how == "stride":
        return features[..., ::2, ::2]
    count, channels, height, width = features.shape
    return features.reshape(count, channels, height // 2, 2, width // 2, 2).max(axis=(3, 5))


def _quarters(rng, *shape):
    """Draw multiples of 1/4 from -2 to 2: sums and products of them are exact in float32."""
    return torch.from_numpy(rng.integers(-8, 9, shape).astype(np.float32)) / 4


def _draw_halving(rng):
    count, channels, kernels = (int(number) for number in rng.integers(1, 3, 3))
    height, width = (2 * int(half) for half in rng.choice([2, 3, 4], 2, replace=False))
    return (
        _quarters(rng, count, channels, height, width),
        _quarters(rng, kernels, channels, 3, 3),
        str(rng.choice(["pool", "stride"])),
    )


_COUNT = torch.arange(1.0, 17.0).view(1, 1, 4, 4)  # 1 to 16, row by row
_CENTRE = torch.zeros(1, 1, 3, 3)
_CENTRE[0, 0, 1, 1] = 1.0  # hands each pixel on as it is

POOL_OR_STRIDE = Exercise(
    id="pool-or-stride",
    title="Pool, or move on by two",
    lesson="09",
    points=2,
    minutes=6,
    source="Study guide, section 12: downsampling methods",
    reference=halve,
    worked=(
        Worked((_COUNT, _CENTRE, "pool"), [[[[6.0, 8.0], [14.0, 16.0]]]]),
        Worked((_COUNT, _CENTRE, "stride"), [[[[1.0, 3.0], [9.0, 11.0]]]]),
    ),
    fresh=_draw_halving,
    misconceptions=(
        Misconception(
            "pooled first",
            _pool_first,
            "You pooled before the convolution. It should see all pixels: convolve first, then keep the "
            "strongest answer.",
        ),
        Misconception(
            "mean of the block",
            _mean_pooling,
            "You pooled by the mean. Max pooling keeps the strongest answer of each 2x2 block: F.max_pool2d.",
        ),
        Misconception(
            "always pooled",
            _always_pooled,
            'You pooled in both cases. With how="stride" the convolution itself moves on by 2: pass stride=2.',
        ),
        Misconception(
            "stride and pooling",
            _stride_and_pool,
            'With how="stride" you halved twice: stride 2 is enough, no pooling follows.',
        ),
        Misconception(
            "always strided",
            _always_strided,
            'You used stride 2 in both cases. With how="pool" the convolution has stride 1, and F.max_pool2d halves.',
        ),
        Misconception(
            "no padding",
            _without_padding,
            "Your kernel does not start at the padded border. Let F.conv2d pad one pixel on each side: padding=1.",
        ),
        Misconception(
            "pixels dropped first",
            _every_second_pixel_first,
            "You dropped every second pixel before the convolution. With stride 2 the kernel still sees "
            "all pixels under it: it is the places of the kernel that are two apart.",
        ),
    ),
    accepted=(_halve_by_slicing, _halve_by_modules, _halve_in_numpy),
    hints=(
        "Both begin with F.conv2d and padding 1. Where does each of them lose half of the size?",
        "F.conv2d takes stride=2. F.max_pool2d(features, 2) keeps one of four.",
        'For "stride" return F.conv2d(images, weight, stride=2, padding=1); otherwise '
        "F.max_pool2d(F.conv2d(images, weight, "
        "padding=1), 2).",
    ),
    why="The strided convolution computes every fourth of the answers, so it is four times cheaper; "
    "pooling computes all, and keeps the strongest of each block.",
    tolerance=1e-5,
)

# --- transposed-2x2 -----------------------------------------------------------------------------------------


def transposed_convolution(image, kernel, stride):
    """Return the transposed convolution of an image, without padding: a float array.

    image is a float array (H, W), kernel is (k, k). The output is ((H-1) * stride + k, (W-1) * stride + k) of zeros, to
    which every pixel adds a stamp: its value times the kernel, with its upper left corner at (row * stride,
    column * stride). Where stamps overlap they add up.
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


def _stamped(image, kernel, stride, put):
    height, width = image.shape
    side = len(kernel)
    output = np.zeros(((height - 1) * stride + side, (width - 1) * stride + side))
    for row, column in np.ndindex(height, width):
        place = slice(row * stride, row * stride + side), slice(column * stride, column * stride + side)
        output[place] = put(output[place], image[row, column] * kernel)
    return output


def _overwritten(image, kernel, stride):
    return _stamped(image, kernel, stride, lambda there, stamp: stamp)


def _largest_stamp(image, kernel, stride):
    return _stamped(
        image, kernel, stride, lambda there, stamp: np.where(abs(stamp) > abs(there), stamp, there)
    )


def _kernel_turned(image, kernel, stride):
    return transposed_convolution(image, kernel[::-1, ::-1], stride)


def _kernel_transposed(image, kernel, stride):
    return transposed_convolution(image, kernel.T, stride)


def _without_moving(image, kernel, stride):
    return transposed_convolution(image, kernel, 1)


def _stride_times_size(image, kernel, stride):
    output = transposed_convolution(image, kernel, stride)
    return output[: image.shape[0] * stride, : image.shape[1] * stride]


def _zeros_alone(image, kernel, stride):
    height, width = image.shape
    output = np.zeros(((height - 1) * stride + len(kernel), (width - 1) * stride + len(kernel)))
    output[: height * stride : stride, : width * stride : stride] = image
    return output


def _cut_to_the_middle(image, kernel, stride):
    return transposed_convolution(image, kernel, stride)[1:-1, 1:-1]


def _transposed_by_torch(image, kernel, stride):
    image, kernel = (torch.from_numpy(np.asarray(array, float))[None, None] for array in (image, kernel))
    return F.conv_transpose2d(image, kernel, stride=stride)[0, 0]


def _transposed_by_zeros_between(image, kernel, stride):
    """Insert zeros between the pixels, pad, and convolve with the kernel turned round."""
    side = len(kernel)
    height, width = ((size - 1) * stride + 1 for size in image.shape)
    spread = np.zeros((height, width))
    spread[::stride, ::stride] = image
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(spread, side - 1), (side, side))
    return np.einsum("hwij,ij->hw", windows, kernel[::-1, ::-1])


def _transposed_in_plain_python(image, kernel, stride):
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


def _draw_stamps(rng):
    """Draw an image that is not square, and a kernel without symmetry and larger than its stride."""
    side = int(rng.integers(2, 5))
    stride = int(rng.integers(2, max(3, side))) if side > 2 else 1
    height, width = (int(size) for size in rng.choice([2, 3, 4], 2, replace=False))
    image = rng.permutation(np.arange(1, 21))[: height * width].reshape(height, width) / 4
    kernel = rng.permutation(np.arange(1, 17))[: side * side].reshape(side, side) * rng.choice(
        [-1.0, 1.0], (side, side)
    )
    return image, kernel, max(stride, 2) if side > 2 else 1


_ONE_TO_FOUR = np.array([[1.0, 2.0], [3.0, 4.0]])

TRANSPOSED_2X2 = Exercise(
    id="transposed-2x2",
    title="Transposed convolution by hand",
    lesson="09",
    points=3,
    minutes=12,
    source="Study guide, section 4: transposed convolution, 2 x 2 becomes 5 x 5",
    reference=transposed_convolution,
    worked=(
        Worked(
            (_ONE_TO_FOUR, np.ones((3, 3)), 2),
            [
                [1.0, 1.0, 3.0, 2.0, 2.0],
                [1.0, 1.0, 3.0, 2.0, 2.0],
                [4.0, 4.0, 10.0, 6.0, 6.0],
                [3.0, 3.0, 7.0, 4.0, 4.0],
                [3.0, 3.0, 7.0, 4.0, 4.0],
            ],
            "transposed-2x2",
        ),
        Worked(
            (np.array([[1.0, 10.0]]), np.array([[1.0, 2.0], [3.0, 4.0]]), 2),
            [[1.0, 2.0, 10.0, 20.0], [3.0, 4.0, 30.0, 40.0]],
        ),
    ),
    fresh=_draw_stamps,
    misconceptions=(
        Misconception(
            "overwritten",
            _overwritten,
            "Your stamps overwrite each other. Where they overlap they add up: += instead of =.",
        ),
        Misconception(
            "the largest stamp wins",
            _largest_stamp,
            "You kept the larger of two stamps. Where they overlap they add up.",
        ),
        Misconception(
            "kernel turned round",
            _kernel_turned,
            "You turned the kernel round. A stamp is the kernel as it is, times the pixel.",
        ),
        Misconception(
            "kernel on its side",
            _kernel_transposed,
            "You transposed the kernel: rows and columns are swapped. Only the layer is called "
            "transposed; the kernel stays as it is.",
        ),
        Misconception(
            "stamps one apart",
            _without_moving,
            "Your stamps are one pixel apart. The next pixel's stamp goes `stride` further on: row * "
            "stride, column * stride.",
        ),
        Misconception(
            "size times stride",
            _stride_times_size,
            "You made the output size * stride. The last stamp needs room for the whole kernel: (size - "
            "1) * stride + k.",
        ),
        Misconception(
            "zeros in between and no kernel",
            _zeros_alone,
            "You spread the pixels out, and left the zeros between them. Each pixel stamps the whole kernel.",
        ),
        Misconception(
            "edges cut off",
            _cut_to_the_middle,
            "You cut a pixel off every side: that is padding 1. Here there is none.",
        ),
    ),
    accepted=(_transposed_by_torch, _transposed_by_zeros_between, _transposed_in_plain_python),
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

# --- transposed-16 ------------------------------------------------------------------------------------------


def transposed_size(size, kernel, stride, padding, output_padding):
    """Return the height of a transposed convolution's output, an int, for an input of this height.

    The stamps reach (size - 1) * stride + kernel. padding is cut off on both sides, output_padding is added on one.
    """
    ### BEGIN SOLUTION
    reach = (size - 1) * stride + kernel
    return reach - 2 * padding + output_padding
    ### END SOLUTION


def _padding_added(size, kernel, stride, padding, output_padding):
    return (size - 1) * stride + kernel + 2 * padding + output_padding


def _padding_once(size, kernel, stride, padding, output_padding):
    return (size - 1) * stride + kernel - padding + output_padding


def _output_padding_twice(size, kernel, stride, padding, output_padding):
    return (size - 1) * stride + kernel - 2 * padding + 2 * output_padding


def _output_padding_forgotten(size, kernel, stride, padding, output_padding):
    return (size - 1) * stride + kernel - 2 * padding


def _size_times_stride(size, kernel, stride, padding, output_padding):
    return size * stride + kernel - 2 * padding + output_padding


def _size_of_a_convolution(size, kernel, stride, padding, output_padding):
    return (size + 2 * padding - kernel) // stride + 1


def _size_only_doubled(size, kernel, stride, padding, output_padding):
    return size * stride


def _size_by_torch(size, kernel, stride, padding, output_padding):
    layer = nn.ConvTranspose1d(1, 1, kernel, stride, padding, output_padding=output_padding)
    return layer(torch.zeros(1, 1, size)).shape[-1]


def _size_by_marking(size, kernel, stride, padding, output_padding):
    reached = {pixel * stride + step for pixel in range(size) for step in range(kernel)}
    return max(reached) + 1 - padding - padding + output_padding


def _size_by_turning_round(size, kernel, stride, padding, output_padding):
    """The convolution that leads back gives `size` for `stride` sizes in a row; output_padding chooses one."""
    return next(
        out + output_padding for out in range(1, 10_000) if (out + 2 * padding - kernel) // stride + 1 == size
    )


def _draw_transposed_size(rng):
    stride = int(rng.integers(2, 5))
    kernel = int(rng.integers(stride + 1, stride + 4))
    return (
        int(rng.integers(4, 40)),
        kernel,
        stride,
        int(rng.integers(1, 1 + kernel // 2)),
        int(rng.integers(1, stride)),
    )


TRANSPOSED_16 = Exercise(
    id="transposed-16",
    title="The size of a transposed convolution",
    lesson="09",
    points=1,
    minutes=5,
    source="Study guide, section 4: output size formula, 16 x 16 becomes 32 x 32",
    reference=transposed_size,
    worked=(
        Worked((16, 3, 2, 1, 1), 32, "transposed-16"),
        Worked((2, 3, 2, 0, 0), 5),
        Worked((32, 2, 2, 0, 0), 64),
    ),
    fresh=_draw_transposed_size,
    misconceptions=(
        Misconception(
            "padding added",
            _padding_added,
            "You added the padding. In a transposed convolution it is cut off: it is the padding of the "
            "convolution that would lead back.",
        ),
        Misconception(
            "padding on one side",
            _padding_once,
            "You cut the padding off once. It goes on both sides: 2 * padding.",
        ),
        Misconception(
            "output padding on both sides",
            _output_padding_twice,
            "You added output_padding twice. It is added on one side alone, below or on the right.",
        ),
        Misconception(
            "no output padding",
            _output_padding_forgotten,
            "You left output_padding out. Several sizes lead to the same one under a strided convolution; "
            "it says which is meant.",
        ),
        Misconception(
            "one step too many",
            _size_times_stride,
            "You moved on `size` times. The first stamp stands at 0, so there are size - 1 steps.",
        ),
        Misconception(
            "formula of the convolution",
            _size_of_a_convolution,
            "That is the formula of a convolution, which makes the map smaller. Solve it for the input: "
            "multiply where it divides.",
        ),
        Misconception(
            "size times stride",
            _size_only_doubled,
            "You multiplied by the stride. That fits common settings, but kernel, padding and output "
            "padding count, too.",
        ),
    ),
    accepted=(_size_by_torch, _size_by_marking, _size_by_turning_round),
    hints=(
        "How far does the last stamp reach? It starts at (size - 1) * stride.",
        "From that reach the padding is cut off on both sides. Then output_padding is added, once.",
        "return (size - 1) * stride + kernel - 2 * padding + output_padding.",
    ),
    why="It is the convolution's formula, solved for its input. The division there rounds down, so "
    "several inputs lead to one output: output_padding chooses among them.",
)

# --- stamp-counts -------------------------------------------------------------------------------------------


def stamp_counts(size, kernel, stride):
    """Return how many stamps reach each pixel of a row of a transposed convolution's output, a list of ints.

    The input row has `size` pixels. Pixel i stamps the output's pixels i * stride to i * stride + kernel - 1. The
    output has (size - 1) * stride + kernel pixels; there is no padding.
    """
    ### BEGIN SOLUTION
    counts = [0] * ((size - 1) * stride + kernel)
    for pixel in range(size):
        for step in range(kernel):
            counts[pixel * stride + step] += 1
    return counts
    ### END SOLUTION


def _counts_cut_to_size(size, kernel, stride):
    return stamp_counts(size, kernel, stride)[: size * stride]


def _counts_of_one_stride(size, kernel, stride):
    return stamp_counts(size, kernel, 1)


def _reached_or_not(size, kernel, stride):
    return [min(count, 1) for count in stamp_counts(size, kernel, stride)]


def _one_pixel_short(size, kernel, stride):
    counts = [0] * ((size - 1) * stride + kernel)
    for pixel in range(size):
        for step in range(kernel - 1):
            counts[pixel * stride + step] += 1
    return counts


def _inside_everywhere(size, kernel, stride):
    """The counts as if the row went on for ever."""
    length = (size - 1) * stride + kernel
    return [len(range(place % stride, kernel, stride)) for place in range(length)]


def _kernel_over_stride(size, kernel, stride):
    return [kernel // stride] * ((size - 1) * stride + kernel)


def _which_stamp_is_last(size, kernel, stride):
    length = (size - 1) * stride + kernel
    return [min(place // stride, size - 1) + 1 for place in range(length)]


def _counts_in_numpy(size, kernel, stride):
    starts = np.arange(size)[:, None] * stride
    return np.bincount((starts + np.arange(kernel)).ravel())


def _counts_by_torch(size, kernel, stride):
    ones, stamp = torch.ones(1, 1, size), torch.ones(1, 1, kernel)
    return F.conv_transpose1d(ones, stamp, stride=stride).flatten().long()


def _counts_by_looking_back(size, kernel, stride):
    length = (size - 1) * stride + kernel
    return [sum(0 <= place - pixel * stride < kernel for pixel in range(size)) for place in range(length)]


def _draw_overlaps(rng):
    stride = int(rng.integers(2, 4))
    return int(rng.integers(3, 7)), int(rng.integers(stride + 1, 2 * stride + 2)), stride


STAMP_COUNTS = Exercise(
    id="stamp-counts",
    title="Where stamps overlap",
    lesson="09",
    points=2,
    minutes=8,
    source="Lesson 33, section 4; study guide, section 4: checkerboard artefacts",
    reference=stamp_counts,
    worked=(
        Worked((3, 3, 2), [1, 1, 2, 1, 2, 1, 1]),
        Worked((3, 4, 2), [1, 1, 2, 2, 2, 2, 1, 1]),
        Worked((3, 2, 2), [1, 1, 1, 1, 1, 1]),
    ),
    fresh=_draw_overlaps,
    misconceptions=(
        Misconception(
            "cut to size times stride",
            _counts_cut_to_size,
            "Your list has size * stride entries. The last stamp reaches further: (size - 1) * stride + kernel.",
        ),
        Misconception(
            "stamps one apart",
            _counts_of_one_stride,
            "Your stamps are one pixel apart. Pixel i starts at i * stride.",
        ),
        Misconception(
            "reached or not",
            _reached_or_not,
            "You noted whether a pixel is reached. Count how often: add 1 for each stamp.",
        ),
        Misconception(
            "a pixel short",
            _one_pixel_short,
            "Your stamps are one pixel short: a kernel of 3 reaches 3 pixels, range(kernel).",
        ),
        Misconception(
            "edges like the inside",
            _inside_everywhere,
            "Your edges look like the inside. There are no stamps beyond the first and the last pixel: "
            "the ends get fewer.",
        ),
        Misconception(
            "kernel over stride",
            _kernel_over_stride,
            "You gave all pixels kernel // stride. That is right inside where the stride divides the "
            "kernel; elsewhere two counts take turns, and that is the checkerboard.",
        ),
        Misconception(
            "number of the stamp",
            _which_stamp_is_last,
            "You counted the stamps that have started so far. Those that ended before the pixel do not reach it.",
        ),
    ),
    accepted=(_counts_in_numpy, _counts_by_torch, _counts_by_looking_back),
    hints=(
        "Begin with a list of zeros of the output's length, and let each input pixel add to it.",
        "Two loops: over the pixels of the input, and over the steps of the kernel. Which place do the "
        "two of them give?",
        "for pixel in range(size): for step in range(kernel): counts[pixel * stride + step] += 1.",
    ),
    why="Where the stride divides the kernel, all pixels inside get the same number of stamps. Where it "
    "does not, the numbers take turns, in both directions: a checkerboard.",
)

# --- bilinear-up --------------------------------------------------------------------------------------------


class BilinearUp(nn.Module):
    """Double height and width bilinearly, then apply a 3x3 convolution with padding 1.

    Maps float (N, in_channels, H, W) to (N, out_channels, 2H, 2W). The interpolation takes align_corners=False.
    Write two methods: __init__ makes the layers, after super().__init__(); forward(self, features) applies them.
    """

    def __init__(self, in_channels, out_channels):
        super().__init__()
        # Make the layers here, and write forward below.
        ### BEGIN SOLUTION
        self.upsample = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1)

    def forward(self, features):
        """Return the features at twice their size."""
        return self.conv(self.upsample(features))  # (N, out_channels, 2H, 2W)
        ### END SOLUTION


class _NearestUp(BilinearUp):
    """Every pixel repeated."""

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.upsample = nn.Upsample(scale_factor=2)


class _AlignedCorners(BilinearUp):
    """Corner on corner."""

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.upsample = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)


class _ConvFirst(BilinearUp):
    """The convolution at the small size."""

    def forward(self, features):
        return self.upsample(self.conv(features))


class _TransposedUp(nn.Module):
    """A transposed convolution."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.up = nn.ConvTranspose2d(in_channels, out_channels, 2, stride=2)

    def forward(self, features):
        return self.up(features)


class _PointwiseUp(BilinearUp):
    """A 1x1 convolution."""

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=1)


class _UnpaddedUp(BilinearUp):
    """The convolution without padding."""

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=3)


class _UpAlone(BilinearUp):
    """The layer is made, and never applied."""

    def forward(self, features):
        return self.upsample(features)


class _UpWithReLU(BilinearUp):
    """A ReLU at the end."""

    def forward(self, features):
        return torch.relu(super().forward(features))


class _UpByFunction(nn.Module):
    """Interpolation as a function, to a size."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.mix = nn.Conv2d(in_channels, out_channels, 3, 1, 1)

    def forward(self, features):
        height, width = features.shape[2:]
        return self.mix(F.interpolate(features, size=(2 * height, 2 * width), mode="bilinear"))


class _UpAsASequence(nn.Sequential):
    """The two layers in a row."""

    def __init__(self, in_channels, out_channels):
        super().__init__(
            nn.UpsamplingBilinear2d(scale_factor=2), nn.Conv2d(in_channels, out_channels, 3, padding="same")
        )
        self[0].align_corners = False


class _UpByFixedStamps(nn.Module):
    """Bilinear interpolation as a transposed convolution of fixed weights, the edge pixels repeated."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        slope = torch.tensor([0.25, 0.75, 0.75, 0.25])
        self.register_buffer("stamp", (slope[:, None] * slope).expand(in_channels, 1, 4, 4).clone())

    def forward(self, features):
        padded = F.pad(features, (1, 1, 1, 1), mode="replicate")
        doubled = F.conv_transpose2d(padded, self.stamp, stride=2, padding=3, groups=len(self.stamp))
        return self.conv(doubled)


@torch.enable_grad()  # whatever mode the kernel is in
def _probe_upsampling(answer, features, out_channels):
    """Build the layer for these features, and look at what does not hang on names."""
    layer = answer(features.shape[1], out_channels)
    result = layer(features)
    with torch.no_grad():
        for weight in layer.parameters():
            if weight.ndim == 4:  # weights that fall from left to right and from top to bottom, of mean 1
                fall = torch.linspace(1.5, 0.5, weight[0, 0].numel()).view(weight.shape[2:])
                weight.copy_(fall.expand_as(weight) / weight[0].numel())
            else:
                weight.fill_(-1.0)
        known = layer(features)
    return {
        f"the shape for features of shape {tuple(features.shape)}": str(tuple(result.shape)),
        "the number of weights and biases": sum(weight.numel() for weight in layer.parameters()),
        "the first channel of the first image, for known weights": known[0, 0].tolist(),
    }


def _draw_features(rng):
    count, channels = int(rng.integers(1, 3)), int(rng.integers(1, 4))
    height, width = (int(side) for side in rng.choice([2, 3, 4], 2, replace=False))
    return _quarters(rng, count, channels, height, width), int(rng.choice([1, 2, 4]))


BILINEAR_UP = Exercise(
    id="bilinear-up",
    title="Bilinear, then a convolution",
    lesson="09",
    points=2,
    minutes=8,
    source="Study guide, section 12: bilinear + conv; Lesson 33, section 4",
    reference=BilinearUp,
    observe=_probe_upsampling,
    worked=(
        # Zeros stay zeros, and the bias of -1 is all that is left; 2 * 1 * 9 weights and 2 biases.
        Worked(
            (torch.zeros(1, 1, 1, 2), 2),
            {
                "the shape for features of shape (1, 1, 1, 2)": "(1, 2, 2, 4)",
                "the number of weights and biases": 20,
                "the first channel of the first image, for known weights": [[-1.0] * 4] * 2,
            },
        ),
        # Pixels of 1. The weights are ninths of 1.5, 1.375, 1.25; 1.125, 1, 0.875; 0.75, 0.625, 0.5. At an edge those
        # that lie outside are missing. In the upper left corner 1 + 0.875 + 0.625 + 0.5 = 3 ninths are left, less the
        # bias of 1.
        Worked(
            (torch.ones(1, 1, 2, 1), 1),
            {
                "the shape for features of shape (1, 1, 2, 1)": "(1, 1, 4, 2)",
                "the number of weights and biases": 10,
                "the first channel of the first image, for known weights": [
                    [-0.666667, -0.611111],
                    [-0.375, -0.291667],
                    [-0.375, -0.291667],
                    [-0.5, -0.444444],
                ],
            },
        ),
    ),
    fresh=_draw_features,
    misconceptions=(
        Misconception(
            "nearest pixel",
            _NearestUp,
            'You repeated the pixels: that is nearest-neighbour. Pass mode="bilinear".',
        ),
        Misconception(
            "corners aligned",
            _AlignedCorners,
            "You aligned the corners. Then the distance between pixels hangs on the size of the map; pass "
            "align_corners=False, which is torch's default.",
        ),
        Misconception(
            "convolution first",
            _ConvFirst,
            "You convolved at the small size. Upsample first: the convolution then smooths and sharpens "
            "at the final size.",
        ),
        Misconception(
            "transposed convolution",
            _TransposedUp,
            "You used a transposed convolution. Here the size is doubled without any weights, and a 3x3 "
            "convolution follows.",
        ),
        Misconception(
            "1x1 convolution",
            _PointwiseUp,
            "Your convolution is 1x1: it mixes channels and sees no neighbours. Take kernel_size=3, padding=1.",
        ),
        Misconception(
            "no padding",
            _UnpaddedUp,
            "Your map lost a pixel on every side: the 3x3 convolution needs padding=1.",
        ),
        Misconception(
            "convolution not applied",
            _UpAlone,
            "You made the convolution, but forward does not apply it: return self.conv(self.upsample(features)).",
        ),
        Misconception(
            "ReLU at the end",
            _UpWithReLU,
            "There is a ReLU at the end. Nobody asked for it here: return what the convolution gives.",
        ),
    ),
    accepted=(_UpByFunction, _UpAsASequence, _UpByFixedStamps),
    hints=(
        "Two layers, one after the other. Only one of them has weights.",
        'nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False) doubles the size; nn.Conv2d '
        "with kernel_size=3 and "
        "padding=1 keeps it.",
        "In __init__: self.upsample = nn.Upsample(...), self.conv = nn.Conv2d(in_channels, out_channels, "
        "kernel_size=3, padding=1). In forward: return self.conv(self.upsample(features)).",
    ),
    why="Bilinear interpolation treats all pixels alike, so there is nothing to overlap unevenly. The "
    "convolution after it learns what a transposed convolution would have learned.",
    tolerance=1e-5,
    fresh_cases=6,
)

# --- dense-to-conv ------------------------------------------------------------------------------------------


def dense_to_conv(dense, channels, height, width):
    """Return an nn.Conv2d that gives the same numbers as a dense layer on flattened maps.

    dense is an nn.Linear(channels * height * width, outputs). For maps of shape (N, channels, height, width),
    dense(maps.flatten(1)) is (N, outputs); the convolution must give the same as (N, outputs, 1, 1), with no padding.
    It has a bias, as the dense layer does.
    """
    ### BEGIN SOLUTION
    conv = nn.Conv2d(channels, dense.out_features, kernel_size=(height, width))
    with torch.no_grad():
        conv.weight.copy_(dense.weight.view(dense.out_features, channels, height, width))
        conv.bias.copy_(dense.bias)
    return conv
    ### END SOLUTION


@torch.enable_grad()  # whatever mode the kernel is in
def _probe_converted(answer, maps, weight, bias):
    """Convert a dense layer with these weights, and use the result on maps of its size and on larger ones."""
    channels, height, width = maps.shape[1:]
    dense = nn.Linear(weight.shape[1], len(weight))
    with torch.no_grad():
        dense.weight.copy_(weight)
        dense.bias.copy_(bias)
    # Not within no_grad: there torch would let pass a copy_ that it refuses in the notebook.
    conv = answer(dense, channels, height, width)
    if conv is None:
        return None
    with torch.no_grad():
        same = conv(maps)
        larger = conv(F.pad(maps, (0, 1, 0, 2)))
    return {
        "the shape for maps of the dense layer's size": str(tuple(same.shape)),
        "the numbers, as the dense layer gives them": same.flatten().tolist(),
        "the shape for maps one column wider and two rows higher": str(tuple(larger.shape)),
        "the sum of the numbers there": larger.sum().item(),
    }


def _converted(dense, channels, height, width, weight, bias=None, **options):
    conv = nn.Conv2d(channels, dense.out_features, (height, width), **options)
    with torch.no_grad():
        conv.weight.copy_(weight)
        conv.bias.copy_(dense.bias if bias is None else bias)
    return conv


def _channels_last(dense, channels, height, width):
    weight = dense.weight.view(-1, height, width, channels).permute(0, 3, 1, 2)
    return _converted(dense, channels, height, width, weight)


def _weights_not_copied(dense, channels, height, width):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Conv2d(channels, dense.out_features, (height, width))


def _bias_not_copied(dense, channels, height, width):
    weight = dense.weight.view(-1, channels, height, width)
    return _converted(dense, channels, height, width, weight, torch.zeros(dense.out_features))


def _kernel_flipped(dense, channels, height, width):
    weight = dense.weight.view(-1, channels, height, width).flip((2, 3))
    return _converted(dense, channels, height, width, weight)


def _rows_and_columns_swapped(dense, channels, height, width):
    weight = dense.weight.view(-1, channels, width, height).transpose(2, 3)
    return _converted(dense, channels, height, width, weight)


def _padded(dense, channels, height, width):
    weight = dense.weight.view(-1, channels, height, width)
    return _converted(dense, channels, height, width, weight, padding=1)


def _strided(dense, channels, height, width):
    weight = dense.weight.view(-1, channels, height, width)
    return _converted(dense, channels, height, width, weight, stride=(height, width))


def _outputs_swapped(dense, channels, height, width):
    weight = dense.weight.view(-1, channels, height, width)
    return _converted(dense, channels, height, width, weight.flip(0), dense.bias.flip(0))


def _converted_by_reshape(dense, channels, height, width):
    conv = nn.Conv2d(channels, dense.out_features, (height, width))
    conv.weight = nn.Parameter(dense.weight.detach().reshape(conv.weight.shape).clone())
    conv.bias = nn.Parameter(dense.bias.detach().clone())
    return conv


def _converted_by_state(dense, channels, height, width):
    conv = nn.Conv2d(channels, len(dense.bias), (height, width), stride=1, padding=0)
    state = dense.state_dict()
    conv.load_state_dict(
        {"weight": state["weight"].unflatten(1, (channels, height, width)), "bias": state["bias"]}
    )
    return conv.requires_grad_(True)


def _converted_by_data(dense, channels, height, width):
    conv = nn.LazyConv2d(dense.out_features, (height, width))
    conv(torch.zeros(1, channels, height, width))
    conv.weight.data[:] = dense.weight.data.view_as(conv.weight)
    conv.bias.data[:] = dense.bias.data
    return conv


def _draw_maps(rng):
    height, width = (int(side) for side in rng.choice([2, 3, 4], 2, replace=False))
    channels, outputs = int(rng.integers(2, 4)), int(rng.integers(2, 5))
    maps = _quarters(rng, int(rng.integers(1, 3)), channels, height, width)
    return maps, _quarters(rng, outputs, channels * height * width), _quarters(rng, outputs) + 3


DENSE_TO_CONV = Exercise(
    id="dense-to-conv",
    title="A dense layer as a convolution",
    lesson="09",
    points=3,
    minutes=10,
    source="Study guide, section 3: converting FC to conv; Lesson 33, section 3",
    reference=dense_to_conv,
    observe=_probe_converted,
    worked=(
        # 1 * 1 + 10 * 2 + 100 * 3 + 1000 * 4 + 5. On the larger map 4326 as before, then the window one further on,
        # 1 * 2 + 100 * 4 + 5 = 407, then four times the bias alone: 4326 + 407 + 20.
        Worked(
            (
                torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]]),
                torch.tensor([[1.0, 10.0, 100.0, 1000.0]]),
                torch.tensor([5.0]),
            ),
            {
                "the shape for maps of the dense layer's size": "(1, 1, 1, 1)",
                "the numbers, as the dense layer gives them": [4326.0],
                "the shape for maps one column wider and two rows higher": "(1, 1, 3, 2)",
                "the sum of the numbers there": 4753.0,
            },
        ),
    ),
    fresh=_draw_maps,
    misconceptions=(
        Misconception(
            "channels last",
            _channels_last,
            "You took the weights apart as (height, width, channels). flatten(1) runs through a channel "
            "row by row before the next: view(outputs, channels, height, width).",
        ),
        Misconception(
            "weights not copied",
            _weights_not_copied,
            "Your convolution has the right shape and its own random weights. Copy the dense layer's into "
            "it, in torch.no_grad().",
        ),
        Misconception(
            "bias not copied",
            _bias_not_copied,
            "You copied the weights and not the bias: conv.bias.copy_(dense.bias).",
        ),
        Misconception(
            "kernel flipped",
            _kernel_flipped,
            "You flipped the kernel. torch's convolution does not flip: weight and pixel stand in the same place.",
        ),
        Misconception(
            "rows and columns swapped",
            _rows_and_columns_swapped,
            "You swapped rows and columns. In (N, C, H, W) the rows come first: view(outputs, channels, "
            "height, width).",
        ),
        Misconception(
            "padded",
            _padded,
            "Your convolution pads. The dense layer sees the maps and nothing around them: no padding.",
        ),
        Misconception(
            "windows side by side",
            _strided,
            "Your convolution jumps by a whole window. On larger maps it should look at every place: stride 1.",
        ),
        Misconception(
            "outputs swapped",
            _outputs_swapped,
            "Your outputs come in another order than the dense layer's.",
        ),
    ),
    accepted=(_converted_by_reshape, _converted_by_state, _converted_by_data),
    hints=(
        "A dense layer has one weight for each number of the flattened maps. What kernel has as many?",
        "nn.Conv2d(channels, dense.out_features, kernel_size=(height, width)) has the right shape. Its "
        "weight is (outputs, channels, height, width), dense.weight is (outputs, channels * height * width).",
        "with torch.no_grad(): conv.weight.copy_(dense.weight.view(dense.out_features, channels, height, width)); "
        "conv.bias.copy_(dense.bias).",
    ),
    why="A dense layer is a convolution whose kernel covers the whole map. As a convolution it no longer "
    "minds how large the map is: on a larger one it is applied in every place.",
    tolerance=1e-4,
    fresh_cases=6,
)

# --- added-skips --------------------------------------------------------------------------------------------


def fuse_scores(scores, size):
    """Return logits (N, classes, H, W) for size = (H, W), made of score maps from coarse to fine.

    scores is a list of float tensors (N, classes, h, w), the coarsest first, each next one twice as high and wide.
    Begin with the coarsest. For each finer one: double what there is, bilinearly, and add the finer scores.
    At the end enlarge the sum to `size`, bilinearly. Interpolate with align_corners=False.
    """
    ### BEGIN SOLUTION
    coarsest, *finer = scores
    fused = coarsest
    for score in finer:
        fused = F.interpolate(fused, scale_factor=2, mode="bilinear") + score  # (N, classes, 2h, 2w)
    return F.interpolate(fused, size=size, mode="bilinear")  # (N, classes, H, W)
    ### END SOLUTION


def _bilinear(maps, size):
    return F.interpolate(maps, size=size, mode="bilinear")


def _coarsest_alone(scores, size):
    return _bilinear(scores[0], size)


def _finest_alone(scores, size):
    return _bilinear(scores[-1], size)


def _concatenated(scores, size):
    return torch.cat([_bilinear(score, size) for score in scores], dim=1)


def _averaged(scores, size):
    return sum(_bilinear(score, size) for score in scores) / len(scores)


def _each_enlarged_alone(scores, size):
    return sum(_bilinear(score, size) for score in scores)


def _nearest(scores, size):
    fused = scores[0]
    for score in scores[1:]:
        fused = F.interpolate(fused, scale_factor=2) + score
    return F.interpolate(fused, size=size)


def _not_enlarged(scores, size):
    return fuse_scores(scores, tuple(scores[-1].shape[2:]))


def _first_two_alone(scores, size):
    return fuse_scores(scores[:2], size)


def _class_map(scores, size):
    return fuse_scores(scores, size).argmax(dim=1)


def _fused_by_sizes(scores, size):
    fused = scores[0]
    for score in scores[1:]:
        fused = score + nn.functional.interpolate(
            fused, score.shape[-2:], mode="bilinear", align_corners=False
        )
    return nn.Upsample(size=tuple(size), mode="bilinear")(fused)


def _fused_from_behind(scores, size):
    def up_to(level):
        if level == 0:
            return scores[0]
        return scores[level] + nn.Upsample(scale_factor=2, mode="bilinear")(up_to(level - 1))

    return F.interpolate(up_to(len(scores) - 1), tuple(size), mode="bilinear")


def _fused_channel_by_channel(scores, size):
    channels = []
    for class_id in range(scores[0].shape[1]):
        fused = scores[0][:, class_id : class_id + 1]
        for score in scores[1:]:
            fused = F.interpolate(fused, scale_factor=(2, 2), mode="bilinear") + score[:, class_id].unsqueeze(
                1
            )
        channels.append(F.interpolate(fused, size, mode="bilinear"))
    return torch.cat(channels, dim=1)


def _draw_scores(rng):
    count, classes = int(rng.integers(1, 3)), int(rng.integers(2, 4))
    height, width = (int(side) for side in rng.choice([1, 2, 3], 2, replace=False))
    levels = 3 if rng.uniform() < 0.7 else int(rng.integers(1, 3))
    scores = [
        _quarters(rng, count, classes, height * 2**level, width * 2**level) + 0.125 for level in range(levels)
    ]
    last = 2 ** (levels + int(rng.integers(0, 2)))
    return scores, (height * last, width * last)


ADDED_SKIPS = Exercise(
    id="added-skips",
    title="Add the scores of finer levels",
    lesson="09",
    points=3,
    minutes=10,
    source="Study guide, section 3: FCN; section 13: addition",
    reference=fuse_scores,
    worked=(
        # One pixel of 1 stays 1 all over when doubled; the finer scores are added; 2 x 2 is the final size.
        Worked(
            ([torch.ones(1, 1, 1, 1), torch.tensor([[[[0.0, 1.0], [2.0, 3.0]]]])], (2, 2)),
            [[[[1.0, 2.0], [3.0, 4.0]]]],
        ),
        # Between 0 and 4, bilinear doubling puts 1 and 3; at the edges 0 and 4 are repeated.
        Worked(([torch.tensor([[[[0.0, 4.0]]]])], (1, 4)), [[[[0.0, 1.0, 3.0, 4.0]]]]),
    ),
    fresh=_draw_scores,
    misconceptions=(
        Misconception(
            "coarsest alone",
            _coarsest_alone,
            "You enlarged the coarsest scores and left the finer ones out. That is FCN-32s: add the others on the way.",
        ),
        Misconception(
            "finest alone",
            _finest_alone,
            "You took the finest scores alone. They know where, but hardly what: begin with the coarsest and add.",
        ),
        Misconception(
            "concatenated",
            _concatenated,
            "You concatenated. FCN adds scores, class by class; concatenation is U-Net's way, with features.",
        ),
        Misconception(
            "averaged",
            _averaged,
            "You averaged the levels. Add them: how much each one says, its own convolution has learned.",
        ),
        Misconception(
            "each enlarged alone",
            _each_enlarged_alone,
            "You enlarged each level straight to the full size. The coarse sum is doubled level by level, "
            "and so becomes smoother: two doublings are not one enlargement by 4.",
        ),
        Misconception(
            "nearest pixel",
            _nearest,
            'Your interpolation repeats pixels. Pass mode="bilinear".',
        ),
        Misconception(
            "not enlarged at the end",
            _not_enlarged,
            "Your logits have the size of the finest scores. Enlarge the sum to `size` at the end.",
        ),
        Misconception(
            "class map",
            _class_map,
            "You returned the class map. The loss needs logits: leave argmax to the prediction.",
        ),
    ),
    accepted=(_fused_by_sizes, _fused_from_behind, _fused_channel_by_channel),
    hints=(
        "Keep one tensor that grows. It starts as the coarsest scores.",
        'F.interpolate(fused, scale_factor=2, mode="bilinear") doubles it; then the finer scores have the same shape.',
        'for score in scores[1:]: fused = F.interpolate(fused, scale_factor=2, mode="bilinear") + score; at the end '
        'return F.interpolate(fused, size=size, mode="bilinear").',
    ),
    why="The coarse scores know what is there, the finer ones where it ends. Adding costs no weights, but "
    "all levels must speak of the same classes: so scores are added here, not features.",
    tolerance=1e-5,
)

EXERCISES = (
    POOL_OR_STRIDE,
    TRANSPOSED_2X2,
    TRANSPOSED_16,
    STAMP_COUNTS,
    BILINEAR_UP,
    DENSE_TO_CONV,
    ADDED_SKIPS,
)
