"""The exercises of lesson 06: the full U-Net, block by block, its parameters and its sizes."""

import math
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise, Misconception, Worked

# Parameters of a double convolution


def double_conv_parameters(in_channels, out_channels, bias):
    """Return how many numbers a double convolution learns, an int.

    It is a 3x3 convolution from in_channels to out_channels, a batch norm, a 3x3 convolution that keeps
    out_channels, a batch norm. `bias` is True if the convolutions have a bias.
    """
    ### BEGIN SOLUTION
    biases = out_channels if bias else 0  # one for each channel that comes out
    first = 3 * 3 * in_channels * out_channels + biases
    second = 3 * 3 * out_channels * out_channels + biases
    batch_norm = 2 * out_channels  # a scale and a shift for each channel
    return first + batch_norm + second + batch_norm
    ### END SOLUTION


def _count_with_a_side_of_three(in_channels, out_channels, bias):
    biases = out_channels if bias else 0
    return 3 * in_channels * out_channels + 3 * out_channels * out_channels + 2 * biases + 4 * out_channels


def _count_without_norms(in_channels, out_channels, bias):
    return double_conv_parameters(in_channels, out_channels, bias) - 4 * out_channels


def _count_running_statistics(in_channels, out_channels, bias):
    return double_conv_parameters(in_channels, out_channels, bias) + 4 * out_channels


def _count_half_the_norms(in_channels, out_channels, bias):
    return double_conv_parameters(in_channels, out_channels, bias) - 2 * out_channels


def _count_no_bias(in_channels, out_channels, bias):
    return double_conv_parameters(in_channels, out_channels, False)


def _count_bias_always(in_channels, out_channels, bias):
    return double_conv_parameters(in_channels, out_channels, True)


def _count_bias_per_kernel(in_channels, out_channels, bias):
    biases = (in_channels + out_channels) * out_channels if bias else 0
    return double_conv_parameters(in_channels, out_channels, False) + biases


def _count_second_from_input(in_channels, out_channels, bias):
    first = 9 * in_channels * out_channels + (out_channels if bias else 0)
    return 2 * (first + 2 * out_channels)


def _count_in_a_loop(in_channels, out_channels, bias):
    count = 0
    for channels in (in_channels, out_channels):
        count += (9 * channels + int(bias) + 2) * out_channels
    return count


def _count_by_torch(in_channels, out_channels, bias):
    block = nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, bias=bias, device="meta"),
        nn.BatchNorm2d(out_channels, device="meta"),
        nn.Conv2d(out_channels, out_channels, 3, bias=bias, device="meta"),
        nn.BatchNorm2d(out_channels, device="meta"),
    )
    return sum(parameter.numel() for parameter in block.parameters())


def _count_by_shapes(in_channels, out_channels, bias):
    shapes = [(out_channels, in_channels, 3, 3), (out_channels, out_channels, 3, 3)]
    shapes += [(out_channels,)] * (6 if bias else 4)
    return np.sum([np.prod(shape) for shape in shapes])


def _draw_channels(rng):
    in_channels, out_channels = rng.choice([1, 2, 3, 5, 8, 16, 64, 100, 256, 512], size=2, replace=False)
    return int(in_channels), int(out_channels), bool(rng.integers(2))


CONV_PARAMETERS = Exercise(
    id="conv-parameters",
    title="The parameters of a double convolution",
    lesson="06",
    points=2,
    minutes=8,
    source="Study guide, sections 5 and 15",
    reference=double_conv_parameters,
    worked=(
        Worked((1, 2, True), 66, "double-conv-1-2"),  # 18 + 2, 36 + 2, 4 + 4
        Worked((3, 64, True), 38_976, "double-conv-3-64"),  # 1,728 + 64, 36,864 + 64, 128 + 128
        Worked((3, 64, False), 38_848),
    ),
    fresh=_draw_channels,
    misconceptions=(
        Misconception(
            "side-of-three",
            _count_with_a_side_of_three,
            "You counted 3 weights in a kernel. It is 3 pixels high and 3 wide: 9 weights for each pair of an input "
            "and an output channel.",
        ),
        Misconception(
            "no-batch-norm",
            _count_without_norms,
            "You counted the convolutions alone. Each of the two batch norms learns a scale and a shift for every "
            "channel: 2 * out_channels more, twice.",
        ),
        Misconception(
            "running-statistics",
            _count_running_statistics,
            "You counted 4 numbers a channel in each batch norm. Two of them, the running mean and variance, are "
            "measured, not learned: they are buffers, no parameters.",
        ),
        Misconception(
            "half-the-norms",
            _count_half_the_norms,
            "You are 2 * out_channels short, which is half of the batch norms. There are two, and each has a scale "
            "and a shift for every channel.",
        ),
        Misconception(
            "bias-forgotten",
            _count_no_bias,
            "You left the bias out where there is one. It adds one number for each output channel, in both "
            "convolutions.",
        ),
        Misconception(
            "bias-always",
            _count_bias_always,
            "You counted a bias although bias=False says that there is none. Add it only if `bias` is true.",
        ),
        Misconception(
            "bias-per-kernel",
            _count_bias_per_kernel,
            "You gave every kernel a bias of its own. The kernels of all input channels are summed first, and one bias "
            "is added to the sum: out_channels biases a convolution.",
        ),
        Misconception(
            "second-from-input",
            _count_second_from_input,
            "You counted the first convolution twice. The second one reads what the first one wrote: out_channels in, "
            "out_channels out.",
        ),
    ),
    accepted=(_count_in_a_loop, _count_by_torch, _count_by_shapes),
    hints=(
        "Count one convolution first: how many kernels are there, how many weights has each, how many biases?",
        "Each output channel has a 3x3 kernel for each input channel, 9 * in * out weights in all, and one bias.",
        "9 * in * out + out, then 9 * out * out + out (without the two `+ out` if bias is False), and twice 2 * out.",
    ),
    why="A convolution's weights grow with the product of its channels and not with the image. That is why the "
    "deepest levels, with the most channels, hold most of a U-Net's parameters.",
)

# What the exercises on blocks observe


def _built(answer, *options):
    """Build an answer's network, the same weights every time."""
    torch.manual_seed(0)
    network = answer(*options)
    if not isinstance(network, nn.Module):
        raise TypeError(
            f"{type(network).__name__} is no nn.Module: derive your class from nn.Module and call "
            "super().__init__() first"
        )
    return network


def _attempt(network, *tensors):
    """Return what a network returns and "went through", or None and what it raised."""
    try:
        return network(*tensors), "went through"
    except NotImplementedError:
        raise  # not written yet
    except Exception as error:
        text = str(error).strip().partition("\n")[0]
        return None, f"{type(error).__name__}: {text}"


def _count_parameters(network):
    """Count parameters, as if every convolution had a bias: before batch norm, none is as good as one."""
    without = [
        m for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d) and m.bias is None
    ]
    return sum(p.numel() for p in network.parameters()) + sum(conv.out_channels for conv in without)


def _count_idle_weights(network, output):
    """Count the kernels that no gradient reaches."""
    network.zero_grad()
    if output.requires_grad:
        output.square().mean().backward()
    return sum(p.ndim == 4 and (p.grad is None or not p.grad.any()) for p in network.parameters())


def _minds_the_others(network, batch):
    """Return whether the output for the first image depends on the rest of the batch."""
    with torch.no_grad():
        return not torch.allclose(network(batch)[:1], network(batch[:1]), rtol=1e-3, atol=1e-4)


def _bends_inside(network, first, second):
    """Return whether there is a ReLU before the last one, for a network that ends in one.

    Where the output is positive for both, a network without a ReLU inside is affine: half-way between two
    inputs, its output is half-way between their outputs.
    """
    with torch.no_grad():
        ends, middle = (network(first), network(second)), network((first + second) / 2)
    both = (ends[0] > 0) & (ends[1] > 0)
    return not torch.allclose(middle[both], ((ends[0] + ends[1]) / 2)[both], rtol=1e-3, atol=1e-3)


# One block


class DoubleConv(nn.Module):
    """Twice: 3x3 convolution that keeps the size, batch norm, ReLU.

    Takes features (N, in_channels, H, W), returns (N, out_channels, H, W).
    """

    def __init__(self, in_channels, out_channels):
        super().__init__()
        ### BEGIN SOLUTION
        self.layers = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
        )
        ### END SOLUTION

    def forward(self, features):
        """Send the features through all layers."""
        return self.layers(features)


def _observe_double_conv(answer, in_channels, out_channels):
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        block = _built(answer, in_channels, out_channels).eval()
        images, others = 10 * torch.randn(2, 3, in_channels, 6, 4)  # strong enough to outdo the biases
        in_eval, went = _attempt(block, images)
        facts = {f"forward on {tuple(images.shape)}": went}
        if in_eval is None:
            return facts
        facts |= {
            f"the shape for {tuple(images.shape)}": tuple(in_eval.shape),
            "the number of parameters": _count_parameters(block),
            "negative values come out in eval": bool((in_eval < 0).any()),
            "there is a ReLU between the convolutions": _bends_inside(block, images, others),
            "other images of the batch matter in eval": _minds_the_others(block, images),
        }
        in_training = block.train()(images)
        return facts | {
            "negative values come out in training": bool((in_training < 0).any()),
            "other images of the batch matter in training": _minds_the_others(block, images),
            "kernels without a gradient": _count_idle_weights(block, in_training),
        }


def _layers(*layers):
    """Return a function from (in_channels, out_channels) to the layers, each one a function of them, in a row."""
    return lambda in_channels, out_channels: nn.Sequential(
        *(make(in_channels, out_channels) for make in layers)
    )


def _first_conv(in_channels, out_channels):
    return nn.Conv2d(in_channels, out_channels, 3, padding=1)


def _second_conv(in_channels, out_channels):
    return nn.Conv2d(out_channels, out_channels, 3, padding=1)


def _norm(in_channels, out_channels):
    return nn.BatchNorm2d(out_channels)


def _relu(in_channels, out_channels):
    return nn.ReLU()


_single_conv = _layers(_first_conv, _norm, _relu)
_without_norms = _layers(_first_conv, _relu, _second_conv, _relu)
_without_second_relu = _layers(_first_conv, _norm, _relu, _second_conv, _norm)
_without_first_relu = _layers(_first_conv, _norm, _second_conv, _norm, _relu)
_relu_before_norm = _layers(_first_conv, _relu, _norm, _second_conv, _relu, _norm)
_first_conv_twice = _layers(_first_conv, _norm, _relu, _first_conv, _norm, _relu)


class _Unpadded(DoubleConv):
    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        for layer in self.layers[::3]:
            layer.padding = (0, 0)


class _OneNormTwice(DoubleConv):
    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.layers[4] = self.layers[1]


class _InARow(nn.Sequential):
    def __init__(self, in_channels, out_channels):
        single = _layers(_first_conv, _norm, _relu)
        super().__init__(single(in_channels, out_channels), single(out_channels, out_channels))


def _without_bias(in_channels, out_channels):
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding="same", bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
        nn.Conv2d(out_channels, out_channels, 3, padding="same", bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )


class _Functional(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv1, self.bn1 = _first_conv(in_channels, out_channels), nn.BatchNorm2d(out_channels)
        self.conv2, self.bn2 = _second_conv(in_channels, out_channels), nn.BatchNorm2d(out_channels)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return torch.relu_(self.bn2(self.conv2(x)))


def _draw_two_widths(rng):
    in_channels, out_channels = rng.choice(np.arange(3, 13), size=2, replace=False)
    return int(in_channels), int(out_channels)


DOUBLE_CONV = Exercise(
    id="double-conv",
    title="The double convolution",
    lesson="06",
    points=2,
    minutes=8,
    source="Study guide, sections 5 and 15",
    reference=DoubleConv,
    observe=_observe_double_conv,
    worked=(
        Worked(
            (3, 8),
            {
                "forward on (3, 3, 6, 4)": "went through",
                "the shape for (3, 3, 6, 4)": (3, 8, 6, 4),
                "the number of parameters": 840,  # 216 + 8, 576 + 8, 16 + 16
                "negative values come out in eval": False,
                "there is a ReLU between the convolutions": True,
                "other images of the batch matter in eval": False,
                "negative values come out in training": False,
                "other images of the batch matter in training": True,
                "kernels without a gradient": 0,
            },
        ),
    ),
    fresh=_draw_two_widths,
    fresh_cases=4,
    misconceptions=(
        Misconception(
            "single",
            _single_conv,
            "Your block convolves once. Each stage of a U-Net does it twice: after the first convolution, batch norm "
            "and ReLU come a second convolution, batch norm and ReLU.",
        ),
        Misconception(
            "unpadded",
            _Unpadded,
            "Your output is 4 pixels smaller than the input: a 3x3 convolution without padding loses a pixel on every "
            "side, and there are two. Give both padding=1.",
        ),
        Misconception(
            "first-conv-twice",
            _first_conv_twice,
            "Your second convolution expects in_channels, but it reads what the first one wrote: it goes from "
            "out_channels to out_channels.",
        ),
        Misconception(
            "no-batch-norm",
            _without_norms,
            "There is no batch norm: in training, the other images of the batch do not matter. Put "
            "nn.BatchNorm2d(out_channels) between each convolution and its ReLU.",
        ),
        Misconception(
            "one-batch-norm",
            _OneNormTwice,
            "Both convolutions share one batch norm. Each needs its own: the scale, the shift and the running "
            "statistics belong to one place in the network.",
        ),
        Misconception(
            "no-second-relu",
            _without_second_relu,
            "Negative values come out: the ReLU after the second batch norm is missing. The order is convolution, "
            "batch norm, ReLU, both times.",
        ),
        Misconception(
            "no-first-relu",
            _without_first_relu,
            "There is no ReLU between your two convolutions. Without one they are no more than a single 5x5 "
            "convolution: two linear maps in a row are one linear map.",
        ),
        Misconception(
            "relu-before-norm",
            _relu_before_norm,
            "Your ReLU comes before the batch norm, which then makes values negative again. The order here is "
            "convolution, batch norm, ReLU.",
        ),
    ),
    accepted=(_InARow, _without_bias, _Functional),
    hints=(
        "Six layers in a row, of three kinds. nn.Sequential calls them one after the other.",
        "nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1), nn.BatchNorm2d(out_channels), nn.ReLU(), and "
        "then the same kinds again. Which channels does the second convolution read?",
        "The second three are nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1), "
        "nn.BatchNorm2d(out_channels), nn.ReLU(). Store nn.Sequential(...) of all six as self.layers.",
    ),
    why="Two 3x3 convolutions see 5x5 pixels and bend in between. Batch norm keeps every channel near mean 0 and "
    "variance 1 in training, so that a deep stack of them still learns.",
    deadline=10,
)

# One stage down


class Down(nn.Module):
    """One stage down: 2x2 max pooling, then a double convolution.

    Takes features (N, in_channels, H, W), returns (N, out_channels, H/2, W/2).
    """

    def __init__(self, in_channels, out_channels):
        super().__init__()
        ### BEGIN SOLUTION
        self.layers = nn.Sequential(nn.MaxPool2d(2), DoubleConv(in_channels, out_channels))
        ### END SOLUTION

    def forward(self, features):
        """Send the features through all layers."""
        return self.layers(features)


def _observe_down(answer, in_channels, out_channels):
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        stage = _built(answer, in_channels, out_channels)
        features = torch.randn(2, in_channels, 6, 4)
        output, went = _attempt(stage, features)
        facts = {f"forward on {tuple(features.shape)}": went}
        if output is None:
            return facts
        facts |= {
            f"the shape for {tuple(features.shape)}": tuple(output.shape),
            "the number of parameters": _count_parameters(stage),
            "a convolution at full size, before the pooling": _convolves_at_full_size(stage, features),
            "kernels without a gradient": _count_idle_weights(stage, output),
        }
        stage.eval()
        return facts | {
            f"the {name} of each 2x2 block is all that matters": _sees_only(stage, pooled, features)
            for name, pooled in (("maximum", F.max_pool2d(features, 2)), ("mean", F.avg_pool2d(features, 2)))
        }


def _convolves_at_full_size(stage, features):
    """Return whether a convolution gets maps as large as the features."""
    sizes = set()
    hooks = [
        layer.register_forward_pre_hook(lambda _layer, inputs: sizes.add(inputs[0].shape[2:]))
        for layer in stage.modules()
        if isinstance(layer, nn.Conv2d)
    ]
    with torch.no_grad():
        stage(features)
    for hook in hooks:
        hook.remove()
    return features.shape[2:] in sizes


def _sees_only(stage, pooled, features):
    """Return whether a stage gives the same where every 2x2 block of the features is filled with one number."""
    with torch.no_grad():
        return torch.allclose(
            stage(F.interpolate(pooled, scale_factor=2)), stage(features), rtol=1e-3, atol=1e-4
        )


def _max_pool(in_channels, out_channels):
    return nn.MaxPool2d(2)


_no_pool = DoubleConv
_pool_last = _layers(DoubleConv, _max_pool)
_mean_pool = _layers(lambda i, o: nn.AvgPool2d(2), DoubleConv)
_pool_without_stride = _layers(lambda i, o: nn.MaxPool2d(2, stride=1), DoubleConv)
_pool_by_four = _layers(lambda i, o: nn.MaxPool2d(4), DoubleConv)
_strided_conv = _layers(lambda i, o: nn.Conv2d(i, i, 2, stride=2), DoubleConv)
_pool_and_single_conv = _layers(_max_pool, _single_conv)


class _DownInARow(nn.Sequential):
    def __init__(self, in_channels, out_channels):
        super().__init__(nn.MaxPool2d(kernel_size=2, stride=2), _without_bias(in_channels, out_channels))


class _DownFunctional(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.block = DoubleConv(in_channels, out_channels)

    def forward(self, x):
        return self.block(F.max_pool2d(x, 2))


class _DownByBlocks(_DownFunctional):
    def forward(self, x):
        images, channels, height, width = x.shape
        return self.block(x.reshape(images, channels, height // 2, 2, width // 2, 2).amax(dim=(3, 5)))


DOWN = Exercise(
    id="down",
    title="One stage down",
    lesson="06",
    points=1,
    minutes=5,
    source="Study guide, sections 5 and 12",
    reference=Down,
    observe=_observe_down,
    worked=(
        Worked(
            (4, 8),
            {
                "forward on (2, 4, 6, 4)": "went through",
                "the shape for (2, 4, 6, 4)": (2, 8, 3, 2),
                "the number of parameters": 912,  # 288 + 8, 576 + 8, 16 + 16; a pooling learns nothing
                "a convolution at full size, before the pooling": False,
                "kernels without a gradient": 0,
                "the maximum of each 2x2 block is all that matters": True,
                "the mean of each 2x2 block is all that matters": False,
            },
        ),
    ),
    fresh=_draw_two_widths,
    fresh_cases=4,
    misconceptions=(
        Misconception(
            "no-pool",
            _no_pool,
            "Your stage keeps the size. Pool first, nn.MaxPool2d(2), then convolve twice.",
        ),
        Misconception(
            "pool-last",
            _pool_last,
            "Your stage convolves first and pools then. Here it is the other way round: the skip must be taken before "
            "the pooling, so a stage down begins with it.",
        ),
        Misconception(
            "mean-pool",
            _mean_pool,
            "You pool by the mean. A U-Net takes the maximum: it keeps the strongest sign of a feature in each 2x2 "
            "block.",
        ),
        Misconception(
            "pool-without-stride",
            _pool_without_stride,
            "Your pooling moves by one pixel at a time, so the size shrinks by one pixel only. nn.MaxPool2d(2) moves "
            "by 2 unless told otherwise.",
        ),
        Misconception(
            "pool-by-four",
            _pool_by_four,
            "You pool by 4 on each side. One stage halves: nn.MaxPool2d(2) turns four pixels, 2 x 2, into one.",
        ),
        Misconception(
            "strided-conv",
            _strided_conv,
            "You go down by a convolution with stride 2, which has parameters of its own. That works, and other "
            "networks do it; this U-Net pools.",
        ),
        Misconception(
            "single-conv",
            _pool_and_single_conv,
            "After the pooling you convolve once. A stage has a double convolution: use your DoubleConv.",
        ),
    ),
    accepted=(_DownInARow, _DownFunctional, _DownByBlocks),
    hints=(
        "Two things in a row: one that halves the size, and one that you have just written.",
        "nn.MaxPool2d(2) halves height and width and keeps the channels. DoubleConv goes from in_channels to "
        "out_channels.",
        "self.layers = nn.Sequential(nn.MaxPool2d(2), DoubleConv(..., ...))",
    ),
    why="After pooling, the same 3x3 kernel covers twice as much of the image on each side, and a quarter of the "
    "positions are left to compute: that pays for twice the channels.",
    deadline=10,
)

# One stage up


class Up(nn.Module):
    """One stage up: double the size, concatenate the skip, convolve twice.

    Write two methods: __init__ makes the layers, forward(self, features, skip) applies them. It takes features
    (N, in_channels, H, W) and the skip (N, out_channels, 2H, 2W), and returns (N, out_channels, 2H, 2W).
    """

    def __init__(self, in_channels, out_channels):
        super().__init__()
        # Make the layers here, and write forward below.
        ### BEGIN SOLUTION
        self.upsample = nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2)
        self.convs = DoubleConv(2 * out_channels, out_channels)

    def forward(self, features, skip):
        """Join the features from below with the encoder's."""
        features = self.upsample(features)  # (N, out_channels, 2H, 2W)
        features = torch.cat([features, skip], dim=1)  # (N, 2 * out_channels, 2H, 2W)
        return self.convs(features)  # (N, out_channels, 2H, 2W)
        ### END SOLUTION


def _observe_up(answer, in_channels, out_channels):
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        stage = _built(answer, in_channels, out_channels)
        features, skip = torch.randn(2, in_channels, 3, 5), torch.randn(2, out_channels, 6, 10)
        output, went = _attempt(stage, features, skip)
        called = f"features {tuple(features.shape)} and skip {tuple(skip.shape)}"
        facts = {f"forward on {called}": went}
        if output is None:
            return facts
        facts |= {
            f"the shape for {called}": tuple(output.shape),
            "the number of parameters": _count_parameters(stage),
            "negative values come out": bool((output < 0).any()),
            "kernels without a gradient": _count_idle_weights(stage, output),
        }
        with torch.no_grad():
            stage.eval()
            output = stage(features, skip)
            return facts | {
                "the features matter": not torch.equal(stage(-features, skip), output),
                "the skip matters": not torch.equal(stage(features, -skip), output),
                _NO_RELU_THERE: _negative_features_matter(stage.train(), features, skip),
            }


_NO_RELU_THERE = "negative values of the transposed convolution still matter (no ReLU after it)"


def _negative_features_matter(stage, features, skip):
    """Return whether the features matter where the transposed convolution makes negative values of all of them.

    In training mode: there, batch norm keeps the ReLUs of the double convolution from giving nothing but 0.
    """
    for weight in stage.parameters():
        if weight.shape[2:] == (2, 2):
            weight.copy_(-weight.abs())
    strong = 10 + features.abs()  # enough to outdo the biases
    return not torch.equal(stage(strong, skip), stage(strong.flip(-1), skip))


class _NoStride(Up):
    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.upsample = nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2)


class _AddedSkip(Up):
    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.convs = DoubleConv(out_channels, out_channels)

    def forward(self, features, skip):
        return self.convs(self.upsample(features) + skip)


class _NoSkip(_AddedSkip):
    def forward(self, features, skip):
        return self.convs(self.upsample(features))


class _ConcatenatedInBatch(Up):
    def forward(self, features, skip):
        return self.convs(torch.cat([self.upsample(features), skip]))


class _ConcatenatedUncounted(Up):
    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.convs = DoubleConv(out_channels, out_channels)


class _ChannelsKept(Up):
    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.upsample = nn.ConvTranspose2d(in_channels, in_channels, kernel_size=2, stride=2)
        self.convs = DoubleConv(in_channels + out_channels, out_channels)


class _Interpolated(_ChannelsKept):
    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.upsample = nn.Upsample(scale_factor=2, mode="bilinear")


class _NoConvs(Up):
    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.convs = nn.Identity()


class _SkipFirst(Up):
    def forward(self, features, skip):
        return self.convs(torch.concat((skip, self.upsample(features)), dim=-3))


class _UpWrittenOut(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.up = nn.Sequential(nn.ConvTranspose2d(in_channels, out_channels, 2, 2))
        self.block = _without_bias(out_channels * 2, out_channels)

    def forward(self, x, encoded):
        return self.block(torch.hstack([self.up(x), encoded]))


class _CopiedIn(Up):
    def forward(self, features, skip):
        channels = skip.shape[1]
        joined = skip.new_zeros(len(skip), 2 * channels, *skip.shape[2:])
        joined[:, :channels] = self.upsample(features)
        joined[:, channels:] = skip
        return self.convs(joined)


def _draw_stage(rng):
    out_channels = int(rng.integers(3, 7))
    return int(rng.choice([out_channels + 1, 2 * out_channels, 2 * out_channels + 1])), out_channels


UP = Exercise(
    id="up",
    title="One stage up",
    lesson="06",
    points=2,
    minutes=8,
    source="Study guide, sections 4, 5 and 13",
    reference=Up,
    observe=_observe_up,
    worked=(
        Worked(
            (8, 4),
            {
                "forward on features (2, 8, 3, 5) and skip (2, 4, 6, 10)": "went through",
                "the shape for features (2, 8, 3, 5) and skip (2, 4, 6, 10)": (2, 4, 6, 10),
                "the number of parameters": 588,  # 128 + 4 upwards; 288 + 4, 144 + 4, 8 + 8 in the double convolution
                "negative values come out": False,
                "kernels without a gradient": 0,
                "the features matter": True,
                "the skip matters": True,
                "negative values of the transposed convolution still matter (no ReLU after it)": True,
            },
        ),
    ),
    fresh=_draw_stage,
    fresh_cases=4,
    misconceptions=(
        Misconception(
            "no-stride",
            _NoStride,
            "Your transposed convolution has no stride, so it makes H + 1 pixels of H and the skip does not fit. "
            "Kernel 2 with stride=2 makes 2H.",
        ),
        Misconception(
            "added",
            _AddedSkip,
            "You added the skip. That works, and FCN does it, but a U-Net concatenates: torch.cat([features, skip], "
            "dim=1) keeps both, and the double convolution reads 2 * out_channels.",
        ),
        Misconception(
            "no-skip",
            _NoSkip,
            "The skip changes nothing in your output: it was never used. Concatenate it to the upsampled features "
            "before the double convolution.",
        ),
        Misconception(
            "concatenated-in-batch",
            _ConcatenatedInBatch,
            "You concatenated along the batch, which is what torch.cat does unless told otherwise: twice as many "
            "images. The channels are dim=1.",
        ),
        Misconception(
            "concatenated-uncounted",
            _ConcatenatedUncounted,
            "Your double convolution expects out_channels, but upsampled features and skip side by side are "
            "2 * out_channels.",
        ),
        Misconception(
            "channels-kept",
            _ChannelsKept,
            "Your transposed convolution keeps in_channels. The one of a U-Net goes to out_channels while it doubles "
            "the size, so that features and skip have equal shares after the concatenation.",
        ),
        Misconception(
            "interpolated",
            _Interpolated,
            "You interpolated, which learns nothing. It is a good way, and lesson 09 compares the two; this U-Net uses "
            "nn.ConvTranspose2d with kernel 2 and stride 2.",
        ),
        Misconception(
            "no-convs",
            _NoConvs,
            "You return the concatenation itself, with 2 * out_channels. The double convolution after it mixes what "
            "the two sides know, and brings the channels down to out_channels.",
        ),
    ),
    accepted=(_SkipFirst, _UpWrittenOut, _CopiedIn),
    hints=(
        "Two layers to build, three steps to take: double the size, put the skip beside it, convolve twice.",
        "nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2) doubles the size. How many channels "
        "are there after torch.cat([features, skip], dim=1)?",
        "The double convolution is DoubleConv(2 * out_channels, out_channels). In forward: upsample the features, "
        "torch.cat them with the skip along dim=1, return the double convolution of that.",
    ),
    why="The features from below know what is there, the skip knows where its edges are. Side by side in the "
    "channels, the next convolution can learn how to use both.",
    deadline=10,
)

# The whole network


class UNet(nn.Module):
    """Images (N, in_channels, H, W) to logits (N, num_classes, H, W); widths are the channels of the levels."""

    def __init__(self, in_channels=3, num_classes=21, widths=(64, 128, 256, 512, 1024)):
        super().__init__()
        ### BEGIN SOLUTION
        levels = list(pairwise(widths))  # (64, 128), (128, 256), (256, 512), (512, 1024)
        self.stem = DoubleConv(in_channels, widths[0])
        self.downs = nn.ModuleList(Down(fine, coarse) for fine, coarse in levels)
        self.ups = nn.ModuleList(Up(coarse, fine) for fine, coarse in reversed(levels))
        self.head = nn.Conv2d(widths[0], num_classes, kernel_size=1)

    def forward(self, images):
        """Return the logits: raw scores, no softmax."""
        features = self.stem(images)  # (N, 64, H, W)
        skips = []
        for down in self.downs:
            skips.append(features)
            features = down(features)  # half the size, the next width
        for up in self.ups:
            features = up(features, skips.pop())  # twice the size, the width before
        return self.head(features)  # (N, num_classes, H, W)
        ### END SOLUTION


def _observe_unet(answer, in_channels, num_classes, widths):
    """Look at shapes and parameters; at what the network does, too, if it is a small one.

    A large one is built on the meta device, where nothing is computed.
    """
    is_small = max(widths) <= 64
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        with torch.device("cpu" if is_small else "meta"):
            network = _built(answer, in_channels, num_classes, widths)
            images = torch.randn((2, in_channels, 16, 32) if is_small else (2, in_channels, 256, 256))
        facts, logits = _unet_shapes(network, images)
        return facts if logits is None or not is_small else facts | _unet_behaviour(network, images, logits)


def _unet_shapes(network, images):
    """Return the facts and the logits; these are None if the network raised."""
    maps = []
    hooks = [
        layer.register_forward_hook(lambda _layer, _inputs, output: maps.append(tuple(output.shape[1:])))
        for layer in network.modules()
    ]
    logits, went = _attempt(network, images)
    for hook in hooks:
        hook.remove()
    size = tuple(images.shape)
    facts = {f"forward on {size}": went}
    if logits is None:
        return facts, None
    smallest = min((m for m in maps if len(m) == 3), key=lambda m: (m[1] * m[2], -m[0]), default=())
    facts |= {
        f"the shape for {size}": tuple(logits.shape),
        "channels, height and width at the bottleneck": smallest,
        "the number of parameters": _count_parameters(network),
    }
    return facts, logits.float()


def _unet_behaviour(network, images, logits):
    facts = {
        "the logits of a pixel add up to 1": torch.allclose(logits.sum(dim=1), torch.ones(()), atol=1e-4),
        "kernels without a gradient": _count_idle_weights(network, logits),
    }
    with torch.no_grad():
        facts["negative logits come out"] = _is_ever_negative(network, images)
        for layer in network.modules():
            if isinstance(layer, nn.ConvTranspose2d):
                layer.weight.zero_()  # nothing comes up from below any more
        first, second = network(images), network(images.flip(0).contiguous())
    return facts | {"the image reaches the logits through the skips": not torch.equal(first, second)}


def _is_ever_negative(network, images):
    """Return whether a network gives negative values with some of ten weights, drawn in place."""
    for _ in range(10):
        if (network(images) < 0).any():
            return True
        for layer in network.modules():
            if hasattr(layer, "reset_parameters"):
                layer.reset_parameters()
    return False


class _DecoderInEncoderOrder(UNet):
    def __init__(self, in_channels=3, num_classes=21, widths=(64, 128, 256, 512, 1024)):
        super().__init__(in_channels, num_classes, widths)
        self.ups = self.ups[::-1]


class _FirstSkipFirst(UNet):
    def forward(self, images):
        features, skips = self.stem(images), []
        for down in self.downs:
            skips.append(features)
            features = down(features)
        for up in self.ups:
            features = up(features, skips.pop(0))
        return self.head(features)


class _BottleneckAsSkip(UNet):
    def forward(self, images):
        features, skips = self.stem(images), []
        for down in self.downs:
            features = down(features)
            skips.append(features)
        for up in self.ups:
            features = up(features, skips.pop())
        return self.head(features)


class _NoPool(UNet):
    def __init__(self, in_channels=3, num_classes=21, widths=(64, 128, 256, 512, 1024)):
        super().__init__(in_channels, num_classes, widths)
        self.downs = nn.ModuleList(DoubleConv(fine, coarse) for fine, coarse in pairwise(widths))


class _Softmax(UNet):
    def forward(self, images):
        return super().forward(images).softmax(dim=1)


class _Argmax(UNet):
    def forward(self, images):
        return super().forward(images).argmax(dim=1)


class _PlainLists(UNet):
    def __init__(self, in_channels=3, num_classes=21, widths=(64, 128, 256, 512, 1024)):
        super().__init__(in_channels, num_classes, widths)
        downs, ups = list(self.downs), list(self.ups)
        del self.downs, self.ups
        self.downs, self.ups = downs, ups


class _FiveLevels(nn.Module):
    def __init__(self, in_channels=3, num_classes=21, widths=(64, 128, 256, 512, 1024)):
        super().__init__()
        a, b, c, d, e = widths
        self.enc1, self.enc2 = DoubleConv(in_channels, a), DoubleConv(a, b)
        self.enc3, self.enc4 = DoubleConv(b, c), DoubleConv(c, d)
        self.bottleneck = DoubleConv(d, e)
        self.up4, self.up3, self.up2, self.up1 = Up(e, d), Up(d, c), Up(c, b), Up(b, a)
        self.final = nn.Conv2d(a, num_classes, 1)

    def forward(self, x):
        e1 = self.enc1(x)
        e2 = self.enc2(F.max_pool2d(e1, 2))
        e3 = self.enc3(F.max_pool2d(e2, 2))
        e4 = self.enc4(F.max_pool2d(e3, 2))
        x = self.bottleneck(F.max_pool2d(e4, 2))
        return self.final(self.up1(self.up2(self.up3(self.up4(x, e4), e3), e2), e1))


class _Nested(nn.Module):
    """A level that holds all levels below it."""

    def __init__(self, in_channels, widths):
        super().__init__()
        width, *below = widths
        self.convs = DoubleConv(in_channels, width)
        self.below = _Nested(width, below) if below else None
        self.up = Up(below[0], width) if below else None

    def forward(self, features):
        features = self.convs(features)
        if self.below is None:
            return features
        return self.up(self.below(F.max_pool2d(features, 2)), features)


def _recursive(in_channels=3, num_classes=21, widths=(64, 128, 256, 512, 1024)):
    return nn.Sequential(_Nested(in_channels, widths), nn.Conv2d(widths[0], num_classes, 1))


class _ByIndex(nn.Module):
    def __init__(self, in_channels=3, num_classes=21, widths=(64, 128, 256, 512, 1024)):
        super().__init__()
        self.encoder, self.decoder = nn.ModuleList(), nn.ModuleDict()
        for width in widths:
            self.encoder.append(_without_bias(in_channels, width))
            in_channels = width
        for level in range(len(widths) - 1):
            self.decoder[str(level)] = _UpWrittenOut(widths[level + 1], widths[level])
        self.head = nn.Conv2d(widths[0], num_classes, 1)

    def forward(self, x):
        levels = [self.encoder[0](x)]
        for block in list(self.encoder)[1:]:
            levels.append(block(nn.functional.max_pool2d(levels[-1], kernel_size=2, stride=2)))
        x = levels[-1]
        for level in range(len(levels) - 2, -1, -1):
            x = self.decoder[str(level)](x, levels[level])
        return self.head(x)


def _draw_unet(rng):
    widths = np.cumsum(rng.integers(1, 4, size=5)) + 1
    return int(rng.integers(1, 5)), int(rng.integers(2, 6)), tuple(widths.tolist())


UNET = Exercise(
    id="unet",
    title="The whole U-Net",
    lesson="06",
    points=3,
    minutes=15,
    source="Study guide, sections 5 and 15",
    reference=UNet,
    observe=_observe_unet,
    worked=(
        Worked(
            (3, 21, (64, 128, 256, 512, 1024)),
            {
                "forward on (2, 3, 256, 256)": "went through",
                "the shape for (2, 3, 256, 256)": (2, 21, 256, 256),
                "channels, height and width at the bottleneck": (1024, 16, 16),
                "the number of parameters": 31_044_821,
            },
            "unet-shapes",
        ),
        Worked(
            (3, 3, (2, 4, 8, 16, 32)),
            {
                "forward on (2, 3, 16, 32)": "went through",
                "the shape for (2, 3, 16, 32)": (2, 3, 16, 32),
                "channels, height and width at the bottleneck": (32, 1, 2),
                "the number of parameters": 30_941,
                "negative logits come out": True,
                "the logits of a pixel add up to 1": False,
                "kernels without a gradient": 0,
                "the image reaches the logits through the skips": True,
            },
        ),
    ),
    fresh=_draw_unet,
    fresh_cases=3,
    misconceptions=(
        Misconception(
            "decoder-in-encoder-order",
            _DecoderInEncoderOrder,
            "Your decoder starts with the stage for the finest level, but what arrives is the bottleneck with the most "
            "channels. Go through the levels in reverse: the last one down is the first one up.",
        ),
        Misconception(
            "first-skip-first",
            _FirstSkipFirst,
            "The first stage up got the skip of the first stage down, which has full resolution. Take the skips from "
            "the end: skips.pop(), not skips.pop(0).",
        ),
        Misconception(
            "bottleneck-as-skip",
            _BottleneckAsSkip,
            "You kept the features of each level after going down, so the first skip that is taken is the bottleneck "
            "itself, and the stem has none. Keep the features before you go down.",
        ),
        Misconception(
            "no-pool",
            _NoPool,
            "Nothing pools, so the bottleneck is as large as the image and the skips do not fit after doubling. "
            "Each stage on the way down is a Down, which pools first.",
        ),
        Misconception(
            "softmax",
            _Softmax,
            "Your network ends in a softmax. Return the logits as they are: cross-entropy has its own softmax, and two "
            "of them flatten the gradient.",
        ),
        Misconception(
            "argmax",
            _Argmax,
            "Your network returns class ids. Return the logits (N, num_classes, H, W): argmax has no gradient, so it "
            "comes after the network.",
        ),
        Misconception(
            "plain-lists",
            _PlainLists,
            "Your stages stand in a plain Python list, where torch does not find their parameters, so an optimiser "
            "would train the rest alone. Put them in an nn.ModuleList.",
        ),
    ),
    accepted=(_FiveLevels, _recursive, _ByIndex),
    hints=(
        "On the way down, keep the features of each level in a list before you go down. On the way up, take them "
        "from the list's end.",
        "Stages down: Down(64, 128), Down(128, 256), ... Stages up: Up(1024, 512), Up(512, 256), ... pairwise(widths) "
        "gives the pairs from the top, reversed(list(pairwise(widths))) from the bottom; keep the stages in two "
        "nn.ModuleLists.",
        "forward: features = stem(images); for each stage down: skips.append(features), then features = "
        "down(features); for each stage up: features = up(features, skips.pop()); return head(features).",
    ),
    why="A list that is filled from the front and emptied from the back pairs each level on the way up with the same "
    "level on the way down: that is all there is to the U.",
    deadline=20,
)

# Sizes without padding


def valid_size(size, poolings):
    """Return the side of the logits of a U-Net without padding, an int, or None if it cannot take this size.

    Every stage, the bottleneck too, has two 3x3 convolutions without padding. A pooling halves, a stage up
    doubles. None where a pooling would meet an odd side, or where nothing would be left.
    """
    ### BEGIN SOLUTION
    lost = 4  # two convolutions, each takes one pixel from either side
    for _ in range(poolings):
        size = size - lost
        if size % 2 == 1:
            return None
        size = size // 2
    size = size - lost  # the bottleneck
    for _ in range(poolings):
        size = 2 * size - lost
    return size if size > 0 else None
    ### END SOLUTION


def _follow_side(size, poolings, lost=4, lost_below=4, lost_up=4):
    for _ in range(poolings):
        if (size - lost) % 2:
            return None
        size = (size - lost) // 2
    size -= lost_below
    for _ in range(poolings):
        size = 2 * size - lost_up
    return size if size > 0 else None


def _loses_two(size, poolings):
    return _follow_side(size, poolings, 2, 2, 2)


def _loses_the_kernel(size, poolings):
    return _follow_side(size, poolings, 6, 6, 6)


def _loses_nothing_up(size, poolings):
    return _follow_side(size, poolings, lost_up=0)


def _loses_nothing_below(size, poolings):
    return _follow_side(size, poolings, lost_below=0)


def _same_size(size, poolings):
    return size if size % 2**poolings == 0 else None


def _pools_odd_sides(size, poolings):
    for _ in range(poolings):
        size = (size - 4) // 2
    size -= 4
    for _ in range(poolings):
        size = 2 * size - 4
    return size if size > 0 else None


def _divides_the_input(size, poolings):
    return None if size % 2**poolings else _pools_odd_sides(size, poolings)


def _stops_at_the_bottleneck(size, poolings):
    for _ in range(poolings):
        size -= 4
        if size % 2:
            return None
        size //= 2
    return size - 4 if size > 4 else None


def _side_by_recursion(size, poolings):
    size = size - 4
    if poolings == 0:
        return size if size > 0 else None
    below = _side_by_recursion(size // 2, poolings - 1) if size % 2 == 0 else None
    return 2 * below - 4 if below and 2 * below > 4 else None


def _side_by_formula(size, poolings):
    size = np.int64(size)
    power = 2**poolings
    # down: (size + 4) / 2^p - 4, less 4 at the bottleneck; up: the same backwards
    if (size + 4) % power:
        return None
    logits = ((size + 4) // power - 4 - 4 - 4) * power + 4
    return logits if logits > 0 else None


def _side_by_shapes(size, poolings):
    with torch.device("meta"):
        image = torch.empty(1, 1, size, 1)
        down = nn.Sequential(nn.Conv2d(1, 1, (3, 1)), nn.Conv2d(1, 1, (3, 1)))
        double = nn.Upsample(scale_factor=(2, 1))
        try:
            for _ in range(poolings):
                image = down(image)
                if image.shape[2] % 2:
                    return None
                image = F.max_pool2d(image, (2, 1))
            image = down(image)
            for _ in range(poolings):
                image = down(double(image))
        except RuntimeError:  # nothing left to convolve
            return None
    return image.shape[2]


def _draw_side(rng):
    poolings = int(rng.choice([1, 1, 2, 3, 4]))
    size = int(rng.integers(1, 30))  # of the bottleneck
    size += 4
    for _ in range(poolings):
        size = 2 * size + 4
    if rng.random() < 0.35:
        size += int(rng.integers(1, 2**poolings))
    return (int(rng.integers(1, 40)) if rng.random() < 0.1 else size), poolings


VALID_SIZE = Exercise(
    id="valid-size",
    title="572 in, 388 out",
    lesson="06",
    points=2,
    minutes=8,
    source="Study guide, section 5",
    reference=valid_size,
    worked=(
        Worked((572, 4), 388, "unet-572"),
        Worked((256, 4), None),  # 252, 126; 122, 61; 57 is odd
        Worked((44, 1), 28),  # 40, 20; 16; 32, 28
        Worked((20, 1), 4),  # 16, 8; 4; 8, 4
        Worked((16, 1), None),  # 12, 6; 2; 4, 0: nothing is left
    ),
    fresh=_draw_side,
    fresh_cases=24,
    misconceptions=(
        Misconception(
            "loses-two",
            _loses_two,
            "You took 2 pixels off a stage. A 3x3 convolution without padding loses one pixel on either side, 2 in "
            "all, and a stage has two of them: 4.",
        ),
        Misconception(
            "loses-the-kernel",
            _loses_the_kernel,
            "You took 3 pixels off for each convolution. A kernel of 3 fits size - 3 + 1 times: it loses 2, and a "
            "stage of two loses 4.",
        ),
        Misconception(
            "loses-nothing-up",
            _loses_nothing_up,
            "You only doubled on the way up. Each stage up has a double convolution, too, and loses 4 pixels after "
            "doubling.",
        ),
        Misconception(
            "loses-nothing-below",
            _loses_nothing_below,
            "You left out the bottleneck's double convolution: 4 pixels before the first doubling.",
        ),
        Misconception(
            "same-size",
            _same_size,
            "You returned the size that came in. That is so with padding; here every 3x3 convolution loses 2 pixels.",
        ),
        Misconception(
            "pools-odd-sides",
            _pools_odd_sides,
            "You pooled odd sides as well: // drops the last pixel without a word. Return None where a side is odd "
            "before a pooling.",
        ),
        Misconception(
            "divides-the-input",
            _divides_the_input,
            "You asked whether the image's side divides by 2 ** poolings. That is the rule with padding; without, the "
            "side must be even before each pooling, after 4 pixels have gone: 572 does not divide by 16, and fits.",
        ),
        Misconception(
            "stops-at-the-bottleneck",
            _stops_at_the_bottleneck,
            "You returned the size at the bottleneck. The decoder comes after it: double and convolve twice, once for "
            "every pooling.",
        ),
    ),
    accepted=(_side_by_recursion, _side_by_formula, _side_by_shapes),
    hints=(
        "Follow 572 with a pencil: 570, 568, pool to 284, 282, 280, ... What happens at each stage, in which order?",
        "Down, once for each pooling: take 4 off, check that it is even, halve. Then the bottleneck: take 4 off.",
        "Up, once for each pooling: size = 2 * size - 4. At the end return size if it is above 0, or else None.",
    ),
    why="Every stage takes the same 4 pixels, but a pixel lost at the bottleneck is worth 16 of the image. That is how "
    "four poolings come to lose 184 pixels.",
)

# Cropping the skip


def crop_skip(skip, height, width):
    """Return the middle of a skip: (N, C, H, W) becomes (N, C, height, width), the same pixels.

    H - height and W - width are even, and may be 0: as much goes at the top as at the bottom, at the left as
    at the right.
    """
    ### BEGIN SOLUTION
    top = (skip.shape[2] - height) // 2
    left = (skip.shape[3] - width) // 2
    return skip[:, :, top : top + height, left : left + width]
    ### END SOLUTION


def _crop_near_corner(skip, height, width):
    return skip[:, :, :height, :width]


def _crop_far_corner(skip, height, width):
    return skip[:, :, skip.shape[2] - height :, skip.shape[3] - width :]


def _crop_one_off(skip, height, width):
    top, left = (skip.shape[2] - height) // 2 + 1, (skip.shape[3] - width) // 2 + 1
    return skip[:, :, top : top + height, left : left + width]


def _crop_swapped(skip, height, width):
    return crop_skip(skip, width, height)


def _crop_minus_zero(skip, height, width):
    top, left = (skip.shape[2] - height) // 2, (skip.shape[3] - width) // 2
    return skip[:, :, top:-top, left:-left]


def _crop_twice_as_much(skip, height, width):
    top, left = skip.shape[2] - height, skip.shape[3] - width
    return skip[:, :, top : skip.shape[2] - top, left : skip.shape[3] - left]


def _crop_resized(skip, height, width):
    return F.interpolate(skip, size=(height, width), mode="nearest")


def _crop_not_at_all(skip, height, width):
    return skip


def _crop_by_padding(skip, height, width):
    top, left = (skip.shape[2] - height) // 2, (skip.shape[3] - width) // 2
    return F.pad(skip, (-left, -left, -top, -top))


def _crop_by_narrowing(skip, height, width):
    for dim, side in ((2, height), (3, width)):
        skip = skip.narrow(dim, (skip.shape[dim] - side) // 2, side)
    return skip.clone()


def _crop_by_numpy(skip, height, width):
    array = np.asarray(skip)
    top, left = (array.shape[-2] - height) // 2, (array.shape[-1] - width) // 2
    return array[..., top : array.shape[-2] - top, left : array.shape[-1] - left]


def _crop_by_torchvision(skip, height, width):
    from torchvision.transforms.functional import center_crop

    return center_crop(skip, [height, width])


def _numbered(*shape):
    """Return a tensor whose every value is its own number, so that a wrong place shows."""
    return torch.arange(float(math.prod(shape))).reshape(shape)


def _draw_skip(rng):
    images, channels = (int(n) for n in rng.integers(1, 3, size=2))
    height, width = (int(n) for n in rng.integers(1, 5, size=2))
    above, beside = (2 * int(n) for n in rng.integers(0, 4, size=2))
    return _numbered(images, channels, height + above, width + beside), height, width


CROP_SKIP = Exercise(
    id="crop-skip",
    title="Crop the skip",
    lesson="06",
    points=1,
    minutes=6,
    source="Study guide, section 5",
    reference=crop_skip,
    worked=(
        Worked(
            (_numbered(1, 1, 6, 6), 2, 4),
            [[[[13.0, 14.0, 15.0, 16.0], [19.0, 20.0, 21.0, 22.0]]]],
            "crop-6-to-2x4",
        ),
        Worked((_numbered(1, 2, 3, 2), 1, 2), [[[[2.0, 3.0]], [[8.0, 9.0]]]]),
    ),
    fresh=_draw_skip,
    misconceptions=(
        Misconception(
            "near-corner",
            _crop_near_corner,
            "You kept the top left corner, so the skip is shifted against the features. Leave out half of the surplus "
            "at the top and at the left first.",
        ),
        Misconception(
            "far-corner",
            _crop_far_corner,
            "You took the whole surplus off at the top and left. Half of it goes there, the other half at the bottom "
            "and right.",
        ),
        Misconception(
            "one-off",
            _crop_one_off,
            "Your crop starts one pixel too late. Rows count from 0: with 2 to leave out at the top, begin at row 2.",
        ),
        Misconception(
            "swapped",
            _crop_swapped,
            "You cropped the height to the width and the width to the height. The order is (N, C, H, W).",
        ),
        Misconception(
            "minus-zero",
            _crop_minus_zero,
            "You cut with [top:-top]. Where nothing is to go, that is [0:-0], which is empty. Take top : top + height.",
        ),
        Misconception(
            "twice-as-much",
            _crop_twice_as_much,
            "You left out the whole surplus on either side: twice as much as there is. Halve it with //.",
        ),
        Misconception(
            "resized",
            _crop_resized,
            "You resized the skip, which moves its edges against the features. Cropping keeps the very pixels in their "
            "places, and drops those that the features do not cover.",
        ),
        Misconception(
            "not-cropped",
            _crop_not_at_all,
            "The skip came back as large as it was, so it cannot be concatenated. Cut out its middle.",
        ),
    ),
    accepted=(_crop_by_padding, _crop_by_narrowing, _crop_by_numpy, _crop_by_torchvision),
    hints=(
        "Height first: of H rows keep `height`. How many are too many, and how many of these lie above the middle?",
        "top = (skip.shape[2] - height) // 2, and likewise for the left. The rest stays: skip[:, :, ..., ...].",
        "skip[:, :, top : top + height, left : left + width]",
    ),
    why="Unpadded convolutions lose equally on every side, so the middle of the skip shows the same part of the image "
    "as the features do.",
)

EXERCISES = (CONV_PARAMETERS, DOUBLE_CONV, DOWN, UP, UNET, VALID_SIZE, CROP_SKIP)
