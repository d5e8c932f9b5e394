"""The exercises of lesson 05: a tiny U-Net, its parts, and one step of its training."""

import itertools

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise, Misconception, Worked

# --- downsample-sizes ---------------------------------------------------------------------------------------


def follow_sizes(size, layers):
    """Return the list of sizes after each layer, for an image of size x size pixels.

    layers holds tuples of three integers (kernel, stride, padding). A layer that is applied to n pixels gives
    (n + 2 * padding - kernel) // stride + 1, a whole number. The size that goes in is not part of the list.
    """
    ### BEGIN SOLUTION
    sizes = []
    for kernel, stride, padding in layers:
        size = (size + 2 * padding - kernel) // stride + 1
        sizes.append(size)
    return sizes
    ### END SOLUTION


CONV, VALID, POOL = (3, 1, 1), (3, 1, 0), (2, 2, 0)


def _sizes_by(rule):
    """Follow the sizes by another rule for one layer."""

    def follow(size, layers):
        sizes = [size]
        for kernel, stride, padding in layers:
            sizes.append(rule(sizes[-1], kernel, stride, padding))
        return sizes[1:]

    return follow


def _padding_once(size, layers):
    return _sizes_by(lambda n, kernel, stride, padding: (n + padding - kernel) // stride + 1)(size, layers)


def _without_padding(size, layers):
    return _sizes_by(lambda n, kernel, stride, padding: (n - kernel) // stride + 1)(size, layers)


def _without_the_last(size, layers):
    return _sizes_by(lambda n, kernel, stride, padding: (n + 2 * padding - kernel) // stride)(size, layers)


def _true_division(size, layers):
    return _sizes_by(lambda n, kernel, stride, padding: (n + 2 * padding - kernel) / stride + 1)(size, layers)


def _rounded_up(size, layers):
    return _sizes_by(lambda n, kernel, stride, padding: -((kernel - n - 2 * padding) // stride) + 1)(
        size, layers
    )


def _always_from_the_image(size, layers):
    return [(size + 2 * padding - kernel) // stride + 1 for kernel, stride, padding in layers]


def _with_the_image(size, layers):
    return [size, *follow_sizes(size, layers)]


def _last_size_alone(size, layers):
    return follow_sizes(size, layers)[-1]


def _sizes_by_accumulate(size, layers):
    def through(n, layer):
        kernel, stride, padding = layer
        return 1 + (n + 2 * padding - kernel) // stride

    return tuple(itertools.accumulate(layers, through, initial=size))[1:]


def _sizes_by_counting(size, layers):
    sizes = []
    for kernel, stride, padding in layers:
        sizes.append(len(range(0, (sizes[-1] if sizes else size) + 2 * padding - kernel + 1, stride)))
    return sizes


def _sizes_by_torch(size, layers):
    line, sizes = torch.zeros(1, 1, size), []
    for kernel, stride, padding in layers:
        line = F.avg_pool1d(F.pad(line, (padding, padding)), kernel, stride)
        sizes.append(line.shape[-1])
    return sizes


def _draw_layers(rng):
    """Four to six layers, the first a pooling of an odd size, so that the rounding is always met."""
    others = [
        (CONV, VALID, POOL, (5, 1, 2), (3, 2, 1))[kind] for kind in rng.integers(0, 5, rng.integers(2, 5))
    ]
    return int(rng.integers(60, 130)) * 2 + 1, [POOL, CONV, *others]


DOWNSAMPLE_SIZES = Exercise(
    id="downsample-sizes",
    title="Follow the size through the layers",
    lesson="05",
    points=1,
    minutes=5,
    source="Study guide, section 3: output size calculation",
    reference=follow_sizes,
    worked=(
        Worked((32, [CONV, POOL, CONV, POOL]), [32, 16, 16, 8], "downsample-32"),
        Worked((15, [POOL, POOL]), [7, 3]),
        Worked((572, [VALID, VALID, POOL]), [570, 568, 284]),
    ),
    fresh=_draw_layers,
    misconceptions=(
        Misconception(
            "padding on one side",
            _padding_once,
            "You added the padding once. It goes on both sides of the image, left and right, top and bottom: "
            "add 2 * padding.",
        ),
        Misconception(
            "no padding",
            _without_padding,
            "You left the padding out. A 3x3 convolution with padding 1 keeps the size, because the two pixels "
            "added make up for the two that it loses: add 2 * padding before you subtract the kernel.",
        ),
        Misconception(
            "positions less one",
            _without_the_last,
            "You left out the + 1. The division counts how often the kernel can move on; the place where it "
            "starts is one more.",
        ),
        Misconception(
            "true division",
            _true_division,
            "You divided with /, which gives fractions of a pixel, and floats even where it comes out even. "
            "A kernel that no longer fits is not applied: divide with //.",
        ),
        Misconception(
            "rounded up",
            _rounded_up,
            "You rounded up. Pooling an odd size drops the last pixel, so 15 gives 7, not 8: divide with //, "
            "which rounds down.",
        ),
        Misconception(
            "every layer on the image",
            _always_from_the_image,
            "You computed every layer from the image's size. A layer takes what the layer before it gave: "
            "assign the new size to `size` before you go on.",
        ),
        Misconception(
            "with the image's size",
            _with_the_image,
            "Your list begins with the image's own size. It should hold one size for each layer, so start with "
            "an empty list.",
        ),
        Misconception(
            "last size alone",
            _last_size_alone,
            "You returned the last size alone. Collect the size after each layer in a list, and return the list.",
        ),
    ),
    accepted=(_sizes_by_accumulate, _sizes_by_counting, _sizes_by_torch),
    hints=(
        "Start with an empty list. Each layer changes `size`, and the next layer starts from what it has become.",
        "`for kernel, stride, padding in layers:` gives you the three numbers. Divide with //.",
        "In the loop: size = (size + 2 * padding - kernel) // stride + 1, then sizes.append(size).",
    ),
    why="A 3x3 convolution with padding 1 keeps the size, a 2x2 pooling halves it and drops an odd pixel. "
    "That is why a network with one pooling wants even sides, and one with four wants multiples of 16.",
)

# --- encoder-step -------------------------------------------------------------------------------------------


def encoder_step(images, weight, bias):
    """Return (detail, pooled) of one encoder stage.

    images is float (N, C, H, W) with even H and W, weight is (K, C, 3, 3), bias is (K,).
    detail, (N, K, H, W), is the 3x3 convolution of the images with padding 1, followed by ReLU.
    pooled, (N, K, H/2, W/2), is the 2x2 max pooling of detail.
    """
    ### BEGIN SOLUTION
    detail = torch.relu(F.conv2d(images, weight, bias, padding=1))  # (N, K, H, W)
    pooled = F.max_pool2d(detail, kernel_size=2)  # (N, K, H/2, W/2)
    return detail, pooled
    ### END SOLUTION


def _without_relu(images, weight, bias):
    detail = F.conv2d(images, weight, bias, padding=1)
    return detail, F.max_pool2d(detail, 2)


def _relu_of_the_pooled_alone(images, weight, bias):
    detail = F.conv2d(images, weight, bias, padding=1)
    return detail, F.max_pool2d(torch.relu(detail), 2)


def _unpadded_convolution(images, weight, bias):
    detail = torch.relu(F.conv2d(images, weight, bias))
    return detail, F.max_pool2d(detail, 2)


def _average_pooling(images, weight, bias):
    detail, _ = encoder_step(images, weight, bias)
    return detail, F.avg_pool2d(detail, 2)


def _pooling_by_one(images, weight, bias):
    detail, _ = encoder_step(images, weight, bias)
    return detail, F.max_pool2d(detail, 2, stride=1)


def _without_bias(images, weight, bias):
    return encoder_step(images, weight, torch.zeros_like(bias))


def _pooled_first(images, weight, bias):
    detail, pooled = encoder_step(images, weight, bias)
    return pooled, detail


def _pooled_alone(images, weight, bias):
    return encoder_step(images, weight, bias)[1]


def _encoder_step_of_modules(images, weight, bias):
    conv = nn.Conv2d(images.shape[1], len(weight), kernel_size=3, padding=1)
    conv.weight, conv.bias = (
        nn.Parameter(weight, requires_grad=False),
        nn.Parameter(bias, requires_grad=False),
    )
    detail = nn.ReLU()(conv(images))
    return [detail, nn.MaxPool2d(2)(detail)]


def _encoder_step_pooling_first(images, weight, bias):
    # The larger of two numbers, then ReLU, is the larger of their ReLUs.
    convolved = F.conv2d(images, weight, bias, padding="same")
    return convolved.clamp(min=0), F.max_pool2d(convolved, (2, 2)).clamp(min=0)


def _encoder_step_in_numpy(images, weight, bias):
    padded = np.pad(images.numpy(), ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))  # (N, C, H, W, 3, 3)
    convolved = np.einsum("nchwij,kcij->nkhw", windows, weight.numpy()) + bias.numpy()[:, None, None]
    detail = np.maximum(convolved, 0)  # (N, K, H, W)
    count, channels, height, width = detail.shape
    blocks = detail.reshape(count, channels, height // 2, 2, width // 2, 2)
    return detail, blocks.max(axis=(3, 5))


def _quarters(rng, *shape):
    """Draw multiples of 1/4 from -2 to 2: sums and products of them are exact in float32."""
    return torch.from_numpy(rng.integers(-8, 9, shape).astype(np.float32)) / 4


def _draw_stage(rng):
    count, channels, kernels = (int(number) for number in rng.integers(1, 3, 3))
    height, width = (2 * int(half) for half in rng.choice([1, 2, 3], 2, replace=False))
    return (
        _quarters(rng, count, channels, height, width),
        _quarters(rng, kernels, channels, 3, 3),
        _quarters(rng, kernels),
    )


_EDGE = torch.tensor(
    [[[[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]]]]
)  # (1, 1, 2, 4), dark left, bright right
_CENTRE = torch.zeros(1, 1, 3, 3)
_CENTRE[0, 0, 1, 1] = 1.0  # hands each pixel on as it is
_RISE = torch.zeros(1, 1, 3, 3)
_RISE[0, 0, 1] = torch.tensor([-1.0, 1.0, 0.0])  # each pixel less the one on its left

ENCODER_STEP = Exercise(
    id="encoder-step",
    title="One stage of the encoder",
    lesson="05",
    points=2,
    minutes=7,
    source="Lesson 33, section 3: encoder; study guide, section 12",
    reference=encoder_step,
    worked=(
        # An edge between columns 2 and 3: the kernel answers in column 3 alone, and its block remembers that.
        Worked((_EDGE, _RISE, torch.zeros(1)), ([[[[0, 0, 1.0, 0], [0, 0, 1, 0]]]], [[[[0, 1.0]]]])),
        Worked(
            (torch.tensor([[[[1.0, -2.0], [3.0, -4.0]]]]), _CENTRE, torch.tensor([1.0])),
            ([[[[2.0, 0], [4, 0]]]], [[[[4.0]]]]),
        ),
    ),
    fresh=_draw_stage,
    misconceptions=(
        Misconception(
            "no ReLU",
            _without_relu,
            "You left the ReLU out: negative numbers came back. Without it the convolutions of a network collapse "
            "into one; wrap the convolution in torch.relu(...).",
        ),
        Misconception(
            "ReLU for the pooled alone",
            _relu_of_the_pooled_alone,
            "Your pooled features went through ReLU, your detail did not. The decoder gets detail by the skip, so "
            "apply torch.relu to the convolution first, and pool what comes out.",
        ),
        Misconception(
            "no padding",
            _unpadded_convolution,
            "Your convolution has no padding, so every side lost 2 pixels. The logits must be as large as the "
            "image: pass padding=1.",
        ),
        Misconception(
            "average pooling",
            _average_pooling,
            "You pooled by the mean. Max pooling keeps the strongest answer of each 2x2 block, however weak its "
            "neighbours are: use F.max_pool2d.",
        ),
        Misconception(
            "pooling in steps of one",
            _pooling_by_one,
            "Your pooling moves on by one pixel, so its blocks overlap and the size hardly shrinks. Blocks lie "
            "side by side: stride 2, which is what F.max_pool2d(detail, 2) does by itself.",
        ),
        Misconception(
            "no bias",
            _without_bias,
            "You did not use the bias. It is added to every pixel of its channel: hand it to F.conv2d as the "
            "third argument.",
        ),
        Misconception(
            "pooled before detail",
            _pooled_first,
            "You returned the two in the other order. The callers take detail first: return detail, pooled.",
        ),
        Misconception(
            "pooled alone",
            _pooled_alone,
            "You returned the pooled features alone. The decoder needs those of full size too: return both.",
        ),
    ),
    accepted=(_encoder_step_of_modules, _encoder_step_pooling_first, _encoder_step_in_numpy),
    hints=(
        "Three things happen in turn: a convolution, a ReLU, a pooling. You return what came after the second and "
        "after the third.",
        "F.conv2d(images, weight, bias, padding=1) is the convolution, torch.relu the ReLU, F.max_pool2d the pooling.",
        "detail = torch.relu(F.conv2d(images, weight, bias, padding=1)); pooled = F.max_pool2d(detail, 2).",
    ),
    why="The convolution looks for a pattern, ReLU keeps where it was found, and pooling keeps that it was found "
    "somewhere in the block. The first of the two results still knows where, and waits for the decoder.",
    tolerance=1e-5,
)

# --- skip-concat-add ----------------------------------------------------------------------------------------


def join(features, skip, how):
    """Join the decoder's features with the encoder's skip; both are float tensors (N, C, H, W).

    how is "concat" or "add". "concat" puts the channels one after the other, features first: (N, 2C, H, W).
    "add" adds them up, channel by channel: (N, C, H, W).
    """
    ### BEGIN SOLUTION
    if how == "add":
        return features + skip  # (N, C, H, W)
    return torch.cat([features, skip], dim=1)  # (N, 2C, H, W)
    ### END SOLUTION


def _joined_along(dim):
    def joined(features, skip, how):
        return features + skip if how == "add" else torch.cat([features, skip], dim=dim)

    return joined


def _along_the_batch(features, skip, how):
    return _joined_along(0)(features, skip, how)


def _along_the_rows(features, skip, how):
    return _joined_along(2)(features, skip, how)


def _along_the_columns(features, skip, how):
    return _joined_along(-1)(features, skip, how)


def _stacked(features, skip, how):
    return features + skip if how == "add" else torch.stack([features, skip], dim=1)


def _always_added(features, skip, how):
    return features + skip


def _always_concatenated(features, skip, how):
    return torch.cat([features, skip], dim=1)


def _skip_first(features, skip, how):
    return join(skip, features, how)


def _averaged(features, skip, how):
    return (features + skip) / 2 if how == "add" else torch.cat([features, skip], dim=1)


def _joined_in_numpy(features, skip, how):
    if how == "concat":
        return np.concatenate([features.numpy(), skip.numpy()], axis=1)
    return features.numpy() + skip.numpy()


def _joined_by_slices(features, skip, how):
    if how == "add":
        return torch.stack([features, skip]).sum(dim=0)
    count, channels, height, width = features.shape
    joined = features.new_empty(count, 2 * channels, height, width)
    joined[:, :channels] = features
    joined[:, channels:] = skip
    return joined


def _joined_image_by_image(features, skip, how):
    if how == "add":
        return features.add(skip)
    return torch.stack([torch.cat(pair) for pair in zip(features, skip, strict=True)])


def _draw_join(rng):
    count, channels = (int(number) for number in rng.integers(1, 3, 2))
    height, width = (int(side) for side in rng.choice([1, 2, 3], 2, replace=False))
    shape = (count, channels, height, width)
    return _quarters(rng, *shape), _quarters(rng, *shape), ("concat", "add")[rng.integers(0, 2)]


def _maps(value, channels):
    return torch.full((1, channels, 32, 32), value)


SKIP_CONCAT_ADD = Exercise(
    id="skip-concat-add",
    title="Join the skip: concatenate or add",
    lesson="05",
    points=1,
    minutes=5,
    source="Study guide, section 13: types of skip connections",
    reference=join,
    worked=(
        # 64 + 64 channels at 32 x 32: 128 concatenated, 64 added.
        Worked(
            (_maps(1.0, 64), _maps(2.0, 64), "concat"),
            torch.cat([_maps(1.0, 64), _maps(2.0, 64)], dim=1),
            "skip-concat-add",
        ),
        Worked((_maps(1.0, 64), _maps(2.0, 64), "add"), _maps(3.0, 64)),
    ),
    fresh=_draw_join,
    misconceptions=(
        Misconception(
            "concatenated along the batch",
            _along_the_batch,
            "You concatenated along dim 0, the batch: that doubles the number of images. Channels are dim 1 of "
            "(N, C, H, W).",
        ),
        Misconception(
            "concatenated along the rows",
            _along_the_rows,
            "You concatenated along dim 2, the rows: one picture now stands below the other. Channels are dim 1 of "
            "(N, C, H, W).",
        ),
        Misconception(
            "concatenated along the columns",
            _along_the_columns,
            "You concatenated along the last dim, the columns: the two pictures now stand side by side. Channels "
            "come last in NumPy pictures, but are dim 1 of a tensor (N, C, H, W).",
        ),
        Misconception(
            "stacked",
            _stacked,
            "torch.stack makes a new dimension, (N, 2, C, H, W), which no convolution takes. torch.cat lengthens one "
            "that is there.",
        ),
        Misconception(
            "always added",
            _always_added,
            'You added in both cases. With how="concat" no number changes: the channels are put one after the other, '
            "C + C of them.",
        ),
        Misconception(
            "always concatenated",
            _always_concatenated,
            'You concatenated in both cases. With how="add" the result has as many channels as before, each the sum '
            "of two.",
        ),
        Misconception(
            "skip first",
            _skip_first,
            "You put the skip's channels first. The next convolution learns one weight for each channel by its "
            "place, so both sides must agree on the order: features first here.",
        ),
        Misconception(
            "averaged",
            _averaged,
            "You halved the sum. Adding means features + skip; a factor is the next convolution's business.",
        ),
    ),
    accepted=(_joined_in_numpy, _joined_by_slices, _joined_image_by_image),
    hints=(
        "Compare the shapes that go in and come out: which of N, C, H, W grows with concatenation, and which with "
        "addition?",
        "torch.cat takes a list of tensors and the dim to join them along. Addition is a plain +.",
        'if how == "add": return features + skip; else return torch.cat([features, skip], dim=1).',
    ),
    why="Concatenation keeps both voices and lets the next convolution decide what to make of them, for twice the "
    "weights. Addition costs nothing, but both sides must agree on what each channel means.",
)

# --- tiny-unet ----------------------------------------------------------------------------------------------


class TinyUNet(nn.Module):
    """Map images (N, in_channels, H, W) with even H and W to logits (N, num_classes, H, W).

    Write two methods: __init__ makes the layers, after super().__init__(); forward(self, images) applies them.
    """

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__()
        # Make the layers here, and write forward below.
        ### BEGIN SOLUTION
        self.encoder = nn.Conv2d(in_channels, 16, kernel_size=3, padding=1)
        self.bottleneck = nn.Conv2d(16, 32, kernel_size=3, padding=1)
        self.upsample = nn.ConvTranspose2d(32, 16, kernel_size=2, stride=2)
        self.decoder = nn.Conv2d(16 + 16, 16, kernel_size=3, padding=1)
        self.head = nn.Conv2d(16, num_classes, kernel_size=1)

    def forward(self, images):
        """Return the logits."""
        detail = torch.relu(self.encoder(images))  # (N, 16, H, W)
        context = torch.relu(self.bottleneck(F.max_pool2d(detail, 2)))  # (N, 32, H/2, W/2)
        features = self.upsample(context)  # (N, 16, H, W)
        features = torch.cat([features, detail], dim=1)  # (N, 32, H, W)
        features = torch.relu(self.decoder(features))  # (N, 16, H, W)
        return self.head(features)  # (N, num_classes, H, W)
        ### END SOLUTION


class _Added(TinyUNet):
    """The skip is added."""

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__(in_channels, num_classes)
        self.decoder = nn.Conv2d(16, 16, kernel_size=3, padding=1)

    def forward(self, images):
        detail = torch.relu(self.encoder(images))
        context = torch.relu(self.bottleneck(F.max_pool2d(detail, 2)))
        return self.head(torch.relu(self.decoder(self.upsample(context) + detail)))


class _NoSkip(_Added):
    """The decoder gets the upsampled features alone."""

    def forward(self, images):
        pooled = F.max_pool2d(torch.relu(self.encoder(images)), 2)
        context = torch.relu(self.bottleneck(pooled))
        return self.head(torch.relu(self.decoder(self.upsample(context))))


class _NoReLU(TinyUNet):
    """Convolutions alone."""

    def forward(self, images):
        detail = self.encoder(images)
        features = self.upsample(self.bottleneck(F.max_pool2d(detail, 2)))
        return self.head(self.decoder(torch.cat([features, detail], dim=1)))


class _NoPool(TinyUNet):
    """No pooling, and an upsampling of factor 1 that makes the sizes fit."""

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__(in_channels, num_classes)
        self.upsample = nn.ConvTranspose2d(32, 16, kernel_size=3, padding=1)

    def forward(self, images):
        detail = torch.relu(self.encoder(images))
        features = self.upsample(torch.relu(self.bottleneck(detail)))
        return self.head(torch.relu(self.decoder(torch.cat([features, detail], dim=1))))


class _NoUpsample(TinyUNet):
    """The skip is pooled to the size of the bottleneck, and the logits stay there."""

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__(in_channels, num_classes)
        self.upsample = nn.Conv2d(32, 16, kernel_size=1)

    def forward(self, images):
        pooled = F.max_pool2d(torch.relu(self.encoder(images)), 2)
        features = self.upsample(torch.relu(self.bottleneck(pooled)))
        return self.head(torch.relu(self.decoder(torch.cat([features, pooled], dim=1))))


class _Softmax(TinyUNet):
    """Probabilities instead of logits."""

    def forward(self, images):
        return super().forward(images).softmax(dim=1)


class _ThreeClasses(TinyUNet):
    """The head has three classes, whatever is asked for."""

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__(in_channels, num_classes=3)


class _DetailTwice(TinyUNet):
    """The decoder gets the skip twice, and never what the bottleneck found."""

    def forward(self, images):
        detail = torch.relu(self.encoder(images))
        return self.head(torch.relu(self.decoder(torch.cat([detail, detail], dim=1))))


class _OfSequences(nn.Module):
    """Other names, ReLU as a module, the skip's channels first."""

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__()
        self.down1 = nn.Sequential(nn.Conv2d(in_channels, 16, 3, padding="same"), nn.ReLU())
        self.down2 = nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, 1, 1), nn.ReLU(inplace=True))
        self.up = nn.ConvTranspose2d(32, 16, 2, 2)
        self.out = nn.Sequential(nn.Conv2d(32, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, num_classes, 1))

    def forward(self, images):
        detail = self.down1(images)
        return self.out(torch.cat((detail, self.up(self.down2(detail))), 1))


class _OfAList(nn.Module):
    """The layers in a list, ReLU by clamping."""

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__()
        widths = [(in_channels, 16), (16, 32), (32, 16)]
        self.convs = nn.ModuleList(nn.Conv2d(*width, 3, padding=1) for width in widths)
        self.up, self.head = nn.ConvTranspose2d(32, 16, 2, stride=2), nn.Conv2d(16, num_classes, 1)

    def forward(self, images):
        detail = self.convs[0](images).clamp(min=0)
        low = self.convs[1](F.max_pool2d(detail, 2)).clamp(min=0)
        return self.head(self.convs[2](torch.concat([self.up(low), detail], 1)).clamp(min=0))


class _OfParameters(nn.Module):
    """Bare weights and functions, no layers."""

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__()
        shapes = [
            (16, in_channels, 3, 3),
            (32, 16, 3, 3),
            (32, 16, 2, 2),
            (16, 32, 3, 3),
            (num_classes, 16, 1, 1),
        ]
        self.weights = nn.ParameterList(torch.randn(shape) / 10 for shape in shapes)
        self.biases = nn.ParameterList(torch.zeros(size) for size in (16, 32, 16, 16, num_classes))

    def forward(self, images):
        w, b = self.weights, self.biases
        detail = F.relu(F.conv2d(images, w[0], b[0], padding=1))
        context = F.relu(F.conv2d(F.max_pool2d(detail, 2), w[1], b[1], padding=1))
        features = F.conv_transpose2d(context, w[2], b[2], stride=2)
        features = F.relu(F.conv2d(torch.cat([features, detail], 1), w[3], b[3], padding=1))
        return F.conv2d(features, w[4], b[4])


@torch.enable_grad()  # whatever mode the kernel is in
def _probe_network(answer, images, num_classes):
    """Build the network for these images, run it, and return the facts about it that do not hang on names."""
    model = answer(images.shape[1], num_classes)
    logits = model(images)
    if logits.requires_grad:
        logits.square().sum().backward()
    without_gradient = sum(weight.grad is None for weight in model.parameters())
    model.eval()
    with torch.no_grad():
        same = torch.equal(model(images), model(images))
        _set_weights(model)
        known = model(images)
        for weight in model.parameters():
            if weight.shape == (32, 16, 3, 3):  # the bottleneck's: no other weight has this shape
                weight.zero_()
        around = model(images)
    return {
        f"the shape of the logits for images of shape {tuple(images.shape)}": str(tuple(logits.shape)),
        "the shape of logits.argmax(dim=1)": str(tuple(logits.argmax(dim=1).shape)),
        "the number of weights and biases": sum(weight.numel() for weight in model.parameters()),
        "the number of weight tensors that get no gradient": without_gradient,
        "the same logits twice in eval mode": same,
        "logits that still follow the image when the bottleneck's weights are 0": bool(around.any()),
        "the middle pixel's logits for known weights (is each ReLU in its place?)": _middle(known),
    }


def _set_weights(model):
    """Let every layer take means: bias 0, weights 1 / inputs, but -1 / inputs for every fourth channel it gives.

    The transposed convolution has them for every eighth channel: with equal shares, a ReLU after it would make up
    for one that is missing after the bottleneck. All weights of a channel are equal, so it does not matter in which
    order the skip is joined.
    """
    for weight in model.parameters():
        weight.zero_()
        if weight.ndim == 4:
            transposed = weight.shape[2] == 2
            inputs = weight.shape[0] if transposed else weight[0].numel()
            channels = weight.transpose(0, 1) if transposed else weight
            channels += 1 / inputs
            channels[3 :: 8 if transposed else 4] *= -1


def _middle(logits):
    return logits[0, ..., logits.shape[-2] // 2, logits.shape[-1] // 2].tolist()


def _draw_images(rng):
    """Draw positive images of 1, 2 or 4 channels, and any number of classes but three."""
    count, channels = int(rng.integers(1, 3)), int(rng.choice([1, 2, 4]))
    height, width = (2 * int(half) for half in rng.choice([2, 3, 4, 5], 2, replace=False))
    images = rng.integers(1, 17, (count, channels, height, width)).astype(np.float32) / 16
    return torch.from_numpy(images), int(rng.choice([1, 2, 4, 5, 7]))


# With an image of ones and the weights of `_set_weights`, 3 channels in 4 come out positive, of the features 7 in 8:
# detail 0.75 on average, context 0.75 * 0.75 = 0.5625, features 0.5625 * (14 - 2) / 16 = 0.421875,
# joined (0.421875 + 0.75) / 2 = 0.5859375, decoder 0.5859375 * 0.75 = 0.439453125 for each of three classes.
TINY_UNET = Exercise(
    id="tiny-unet",
    title="A tiny U-Net",
    lesson="05",
    points=4,
    minutes=15,
    source="Lesson 33, section 3: a tiny U-Net",
    reference=TinyUNet,
    observe=_probe_network,
    worked=(
        Worked(
            (torch.ones(1, 3, 64, 64), 3),
            {
                "the shape of the logits for images of shape (1, 3, 64, 64)": "(1, 3, 64, 64)",
                "the shape of logits.argmax(dim=1)": "(1, 64, 64)",
                "the number of weights and biases": 448 + 4640 + 2064 + 4624 + 51,
                "the number of weight tensors that get no gradient": 0,
                "the same logits twice in eval mode": True,
                "logits that still follow the image when the bottleneck's weights are 0": True,
                "the middle pixel's logits for known weights (is each ReLU in its place?)": [0.439453125] * 3,
            },
            "tiny-unet-shapes",
        ),
    ),
    fresh=_draw_images,
    misconceptions=(
        Misconception(
            "skip added",
            _Added,
            "You added the skip. That is a network too, but here the decoder should get both: torch.cat them along "
            "dim=1, and let the decoder's convolution take 16 + 16 channels.",
        ),
        Misconception(
            "no skip",
            _NoSkip,
            "Nothing leads around the pooling: your decoder sees the upsampled features alone. Join them with the "
            "encoder's features of full size, torch.cat([features, detail], dim=1), and give the decoder 32 channels.",
        ),
        Misconception(
            "no ReLU",
            _NoReLU,
            "You left the ReLUs out. Two convolutions in a row are no more than one; put torch.relu around the "
            "encoder, the bottleneck and the decoder, and none around the head.",
        ),
        Misconception(
            "no pooling",
            _NoPool,
            "Nothing is pooled: the bottleneck works at full size, at four times the cost and with less of the image "
            "in sight. Pool before the bottleneck, and upsample with kernel_size=2, stride=2.",
        ),
        Misconception(
            "no upsampling",
            _NoUpsample,
            "Your logits are half as high and wide as the image. Upsample the bottleneck's features to full size with "
            "nn.ConvTranspose2d(32, 16, kernel_size=2, stride=2), and join them with the features from before pooling.",
        ),
        Misconception(
            "softmax at the end",
            _Softmax,
            "You return probabilities. Cross-entropy takes logits and applies its own softmax, and argmax needs none: "
            "return what the head gives.",
        ),
        Misconception(
            "always three classes",
            _ThreeClasses,
            "Your head always has 3 channels. It should have one for each class: nn.Conv2d(16, num_classes, "
            "kernel_size=1).",
        ),
        Misconception(
            "skip twice",
            _DetailTwice,
            "Your decoder never sees what the bottleneck found: the skip went in twice. Concatenate the upsampled "
            "features and the skip.",
        ),
    ),
    accepted=(_OfSequences, _OfAList, _OfParameters),
    hints=(
        "Write down the shape after each step, as in the table above. A layer's first argument is the number of "
        "channels that reach it.",
        "Five layers have weights: encoder (in_channels to 16), bottleneck (16 to 32), upsample (32 to 16), decoder "
        "(16 + 16 to 16), head (16 to num_classes). Keep the encoder's output: you need it twice.",
        "In forward: detail = torch.relu(self.encoder(images)); context = torch.relu(self.bottleneck(F.max_pool2d("
        "detail, 2))); features = torch.cat([self.upsample(context), detail], dim=1); then decoder with ReLU, then "
        "head.",
    ),
    why="The path through the bottleneck sees more of the image and knows what is there; the skip knows where it "
    "ends to the pixel. The decoder's 32 input channels are where the two meet.",
    tolerance=1e-5,
    fresh_cases=4,
)

# --- predict ------------------------------------------------------------------------------------------------


def predict(model, images):
    """Return the class map of each image, integers (N, H, W), for float images (N, C, H, W).

    model maps images to logits (N, classes, H, W). Put it in evaluation mode first, and record no gradients.
    """
    ### BEGIN SOLUTION
    model.eval()
    with torch.no_grad():
        logits = model(images)  # (N, classes, H, W)
    return logits.argmax(dim=1)  # (N, H, W)
    ### END SOLUTION


class _Witness(nn.Module):
    """Takes the images for logits, and remembers how it was called. In training mode they come out negative."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))
        self.calls = []

    def forward(self, images):
        self.calls.append((self.training, torch.is_grad_enabled()))
        return images * (-self.scale if self.training else self.scale)


@torch.enable_grad()  # restores the mode afterwards, too
def _watch_prediction(answer, logits):
    model = _Witness()
    prediction = answer(model, logits)
    training, recording = model.calls[-1] if model.calls else (None, None)
    return {
        "the class map": _as_list(prediction),
        "the model in evaluation mode while it predicts": training is False,
        "gradients recorded while it predicts": recording,
        "gradients recorded again afterwards": torch.is_grad_enabled(),
    }


def _as_list(tensor):
    return tensor.tolist() if isinstance(tensor, (torch.Tensor, np.ndarray)) else tensor


def _logits_of(model, images):
    model.eval()
    with torch.no_grad():
        return model(images)


def _best_image(model, images):
    return _logits_of(model, images).argmax(dim=0)


def _best_column(model, images):
    return _logits_of(model, images).argmax(dim=-1)


def _in_training_mode(model, images):
    with torch.no_grad():
        return model(images).argmax(dim=1)


def _recording_gradients(model, images):
    model.eval()
    return model(images).argmax(dim=1)


def _best_score(model, images):
    return _logits_of(model, images).max(dim=1).values


def _with_a_channel(model, images):
    return _logits_of(model, images).argmax(dim=1, keepdim=True)


def _first_image_alone(model, images):
    return predict(model, images)[0]


@torch.no_grad()
def _predicted_by_decorator(model, images):
    return model.eval()(images).softmax(dim=1).argmax(1)


def _predicted_in_inference_mode(model, images):
    model.train(False)
    with torch.inference_mode():
        return model(images).max(dim=1).indices


def _predicted_in_numpy(model, images):
    model.eval()
    with torch.no_grad():
        return np.argmax(model(images).numpy(), axis=1)


def _draw_logits(rng):
    """Draw logits, often negative, sometimes all equal; N, classes, H and W all differ."""
    shape = [int(side) for side in rng.permutation([1, 2, 3, 4])]
    shape[1] = max(shape[1], 2)
    return (_quarters(rng, *shape) * (rng.uniform() < 0.9) - 1,)


_DOG = torch.tensor(  # background, person, dog: (1, 3, 2, 2)
    [[[[0.6, 0.1], [0.2, 0.7]], [[0.3, 0.8], [0.2, 0.2]], [[0.1, 0.1], [0.6, 0.1]]]]
)
_TWO = torch.tensor([[[[-3.0, 5.0]], [[-2.0, 4.0]]], [[[1.0, 0.0]], [[1.0, 2.0]]]])  # (2, 2, 1, 2)

PREDICT = Exercise(
    id="predict",
    title="From a model to class maps",
    lesson="05",
    points=2,
    minutes=6,
    source="Lesson 33, section 3: argmax of the logits; study guide, pitfall 6",
    reference=predict,
    observe=_watch_prediction,
    worked=(
        Worked(
            (_DOG,),
            {
                "the class map": [[[0, 1], [2, 0]]],
                "the model in evaluation mode while it predicts": True,
                "gradients recorded while it predicts": False,
                "gradients recorded again afterwards": True,
            },
        ),
        Worked(
            (_TWO,),
            {
                "the class map": [[[1, 0]], [[0, 1]]],
                "the model in evaluation mode while it predicts": True,
                "gradients recorded while it predicts": False,
                "gradients recorded again afterwards": True,
            },
        ),
    ),
    fresh=_draw_logits,
    misconceptions=(
        Misconception(
            "argmax over the batch",
            _best_image,
            "You took the argmax over dim 0: that asks which image scores best, not which class. Classes are dim 1 of "
            "(N, classes, H, W).",
        ),
        Misconception(
            "argmax over the columns",
            _best_column,
            "You took the argmax over the last dim: that asks which column scores best. Classes come last in NumPy "
            "score maps, but are dim 1 of (N, classes, H, W).",
        ),
        Misconception(
            "training mode left on",
            _in_training_mode,
            "The model was in training mode. Dropout and batch norm behave differently there, so the prediction would "
            "hang on chance and on the other images: call model.eval() first.",
        ),
        Misconception(
            "gradients recorded",
            _recording_gradients,
            "Gradients were recorded while you predicted: right, but it keeps every layer's output in memory. Call the "
            "model inside `with torch.no_grad():`.",
        ),
        Misconception(
            "best score, not best class",
            _best_score,
            "You returned the highest score of each pixel. The class map holds where it stands, its index: argmax, not "
            "max.",
        ),
        Misconception(
            "channel kept",
            _with_a_channel,
            "Your class map is (N, 1, H, W). Targets and scores expect (N, H, W): take the argmax without keepdim.",
        ),
        Misconception(
            "raw logits",
            _logits_of,
            "You returned the logits, one score for each class. Take their argmax over dim 1 to get one class for each "
            "pixel.",
        ),
        Misconception(
            "first image alone",
            _first_image_alone,
            "You returned the first image's class map alone. A batch goes in, a batch comes out: leave the [0] away.",
        ),
    ),
    accepted=(_predicted_by_decorator, _predicted_in_inference_mode, _predicted_in_numpy),
    hints=(
        "Three things: tell the model that it is not being trained, call it without recording gradients, take the best "
        "class of each pixel.",
        "model.eval() is the first, `with torch.no_grad():` the second. In which dim of (N, classes, H, W) do the "
        "classes stand?",
        "model.eval(), then inside `with torch.no_grad():` logits = model(images), then return logits.argmax(dim=1).",
    ),
    why="The head gives each pixel one logit a class; the best of them is the prediction. eval() makes it repeatable, "
    "no_grad() makes it cheap.",
)

# --- train-step ---------------------------------------------------------------------------------------------


def train_step(model, optimizer, images, targets):
    """Take one optimiser step on a batch, with the model in training mode, and return its loss as a float.

    images is float (N, C, H, W), targets are class ids, int64 (N, H, W), and the model gives logits
    (N, classes, H, W). The loss is the cross-entropy, the mean over all pixels.
    """
    ### BEGIN SOLUTION
    model.train()
    logits = model(images)  # (N, classes, H, W)
    loss = F.cross_entropy(logits, targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


class _Pixelwise(nn.Conv2d):
    """A 1x1 convolution that starts at 0, and remembers in which mode it was called."""

    def __init__(self, in_channels, num_classes):
        super().__init__(in_channels, num_classes, kernel_size=1, bias=False)
        nn.init.zeros_(self.weight)
        self.modes = []

    def forward(self, images):
        self.modes.append(self.training)
        return super().forward(images)


@torch.enable_grad()  # whatever mode the kernel is in
def _watch_training(answer, images, targets):
    """Take two steps with the learner's function, from weights of 0, with plain gradient descent of rate 1."""
    model = _Pixelwise(images.shape[1], num_classes=3)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    model.eval()  # as `predict` leaves it
    losses, weights = [], []
    for _ in range(2):
        losses.append(answer(model, optimizer, images, targets))
        weights.append(model.weight.detach().flatten(1).tolist())
    return {
        "the model in training mode during the step": bool(model.modes) and all(model.modes),
        "the loss as a plain number, without a graph behind it": isinstance(losses[0], (float, np.floating)),
        "the loss of the first step": _as_list(losses[0]),
        "the weights after the first step": weights[0],
        "the loss of the second step": _as_list(losses[1]),
        "the weights after the second step": weights[1],
    }


def _step_with(loss_of):
    """Make a training step of another loss."""

    def step(model, optimizer, images, targets):
        model.train()
        loss = loss_of(model(images), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def _without_zero_grad(model, optimizer, images, targets):
    model.train()
    loss = F.cross_entropy(model(images), targets)
    loss.backward()
    optimizer.step()
    return loss.item()


def _step_before_backward(model, optimizer, images, targets):
    model.train()
    loss = F.cross_entropy(model(images), targets)
    optimizer.zero_grad()
    optimizer.step()
    loss.backward()
    return loss.item()


def _softmax_first(model, optimizer, images, targets):
    step = _step_with(lambda logits, true: F.cross_entropy(logits.softmax(dim=1), true))
    return step(model, optimizer, images, targets)


def _sum_over_pixels(model, optimizer, images, targets):
    step = _step_with(lambda logits, true: F.cross_entropy(logits, true, reduction="sum"))
    return step(model, optimizer, images, targets)


def _returns_the_tensor(model, optimizer, images, targets):
    model.train()
    loss = F.cross_entropy(model(images), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


def _in_eval_mode(model, optimizer, images, targets):
    loss = F.cross_entropy(model(images), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def _stepped_by_module(model, optimizer, images, targets):
    optimizer.zero_grad(set_to_none=False)
    loss = nn.CrossEntropyLoss()(model.train()(images), targets)
    loss.backward()
    optimizer.step()
    return float(loss.detach())


def _stepped_by_hand(model, optimizer, images, targets):
    model.train(True)
    log_p = model(images).log_softmax(dim=1)  # (N, classes, H, W)
    loss = -log_p.gather(1, targets.unsqueeze(1)).mean()
    model.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach().cpu().numpy().item()


def _stepped_over_pixels(model, optimizer, images, targets):
    model.train()
    logits = model(images).permute(0, 2, 3, 1).reshape(-1, 3)
    loss = F.cross_entropy(logits, targets.flatten())
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.detach().item()


def _draw_batch(rng):
    """Draw a batch of at least two pixels, so that their sum is not their mean."""
    count, channels = (int(number) for number in rng.integers(1, 3, 2))
    height, width = (int(side) for side in rng.choice([1, 2, 3], 2, replace=False))
    images = _quarters(rng, count, channels, height, width) + 0.125  # never 0: every pixel has a gradient
    return images, torch.from_numpy(rng.integers(0, 3, (count, height, width)))


# One pixel of value 1 and class 0. From weights of 0 the three classes have probability 1/3 each, so the loss is
# log 3 and the gradient (-2/3, 1/3, 1/3). Then class 0 has 1 / (1 + 2 / e) = 0.576117, and the loss is log(1 + 2 / e).
TRAIN_STEP = Exercise(
    id="train-step",
    title="One step of training",
    lesson="05",
    points=3,
    minutes=8,
    source="Study guide, section 8: training pipeline; Losses and metrics: per-pixel cross-entropy",
    reference=train_step,
    observe=_watch_training,
    worked=(
        Worked(
            (torch.ones(1, 1, 1, 1), torch.zeros(1, 1, 1, dtype=torch.int64)),
            {
                "the model in training mode during the step": True,
                "the loss as a plain number, without a graph behind it": True,
                "the loss of the first step": 1.098612,
                "the weights after the first step": [[0.666667], [-0.333333], [-0.333333]],
                "the loss of the second step": 0.551445,
                "the weights after the second step": [[1.090550], [-0.545275], [-0.545275]],
            },
        ),
    ),
    fresh=_draw_batch,
    misconceptions=(
        Misconception(
            "no zero_grad",
            _without_zero_grad,
            "You did not clear the gradients: backward() adds to what is there, so your second step took the first "
            "one's gradient once more. Call optimizer.zero_grad() before backward().",
        ),
        Misconception(
            "no gradient to step along",
            _step_before_backward,
            "The weights did not change: step() is missing, or it found no gradient. backward() computes the gradients "
            "and step() uses them, with no zero_grad() in between.",
        ),
        Misconception(
            "softmax before cross-entropy",
            _softmax_first,
            "You applied softmax before the cross-entropy, which applies it once more: the gradients become small and "
            "training crawls. Hand it the logits.",
        ),
        Misconception(
            "sum over the pixels",
            _sum_over_pixels,
            "You summed over the pixels, so the step grows with the size of the batch and the images. Take the mean, "
            "which is what F.cross_entropy does by itself.",
        ),
        Misconception(
            "a tensor is returned",
            _returns_the_tensor,
            "You returned a tensor that still holds on to its graph: a list of such losses keeps every batch in "
            "memory. Return loss.item(), a plain float.",
        ),
        Misconception(
            "evaluation mode left on",
            _in_eval_mode,
            "The model was still in evaluation mode, where a prediction had left it: dropout and batch norm would not "
            "train. Call model.train() first.",
        ),
    ),
    accepted=(_stepped_by_module, _stepped_by_hand, _stepped_over_pixels),
    hints=(
        "In words: training mode, forward, loss, clear the old gradients, backward, step, and return the loss.",
        "F.cross_entropy(logits, targets) is the loss, optimizer.zero_grad() clears, loss.backward() computes the "
        "gradients, optimizer.step() changes the weights.",
        "model.train(); loss = F.cross_entropy(model(images), targets); optimizer.zero_grad(); loss.backward(); "
        "optimizer.step(); return loss.item().",
    ),
    why="backward() finds for each weight in which direction the loss rises; step() goes a little the other way. Every "
    "training of this course is this step, repeated.",
    tolerance=1e-5,
)

EXERCISES = (DOWNSAMPLE_SIZES, ENCODER_STEP, SKIP_CONCAT_ADD, TINY_UNET, PREDICT, TRAIN_STEP)
