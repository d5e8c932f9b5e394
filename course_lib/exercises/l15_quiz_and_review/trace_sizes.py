"""Sizes through any layers."""

from course_lib.checking.exercise import Exercise, by_kind


def trace_sizes(size, layers):
    """Return the side of a square map after each layer.

    Args:
        size: int.
        layers: a list of tuples: ("conv", kernel, stride, padding), ("pool", kernel) with a stride equal to
            the kernel, ("transposed", kernel, stride, padding, output_padding), ("upsample", factor).

    Returns:
        A list with one int for each layer.
    """
    ### BEGIN SOLUTION
    sizes = []
    for kind, *numbers in layers:
        if kind == "conv":
            kernel, stride, padding = numbers
            size = (size + 2 * padding - kernel) // stride + 1
        elif kind == "pool":
            size = size // numbers[0]
        elif kind == "transposed":
            kernel, stride, padding, output_padding = numbers
            size = (size - 1) * stride - 2 * padding + kernel + output_padding
        else:
            size = size * numbers[0]
        sizes.append(size)
    return sizes
    ### END SOLUTION


_LAYERS = ("conv", "pool", "transposed", "upsample")
_FIRST = {  # what each kind begins with
    "no layer": (),
    "one pixel": (("conv", 3, 1, 1), ("upsample", 4), ("conv", 3, 1, 0)),
    "a remainder": (("conv", 3, 2, 1), ("pool", 3)),
    "padding that is not the same": (("conv", 5, 1, 1), ("conv", 2, 3, 2)),
    "doubled": (("transposed", 3, 2, 1, 1), ("transposed", 2, 2, 0, 0)),
    "more than doubled": (("transposed", 4, 2, 0, 1), ("upsample", 3)),
    "three layers": (),
    "many layers": (),
}


def _draw_layer(rng):
    stride = int(rng.integers(2, 4))
    numbers = {
        "conv": (rng.integers(1, 6), rng.integers(1, 4), rng.integers(3)),
        "pool": (stride,),
        "transposed": (rng.integers(2, 5), stride, rng.integers(2), rng.integers(stride)),
        "upsample": (stride,),
    }
    kind = str(rng.choice(_LAYERS, p=[0.4, 0.2, 0.3, 0.1]))
    return (kind, *map(int, numbers[kind]))


def _draw_layers(rng, kind):
    """Draw layers for an even size; where it has become small, they enlarge it."""
    size, layers = 1 if kind == "one pixel" else 2 * int(rng.integers(10, 30)), [*_FIRST[kind]]
    for _ in range({"three layers": 3, "many layers": 9}.get(kind, 0)):
        layers.append(_draw_layer(rng))
        if trace_sizes(size, layers)[-1] < 6:
            layers.append(("upsample", 4))
    return size, layers


TRACE_SIZES = Exercise(
    trace_sizes,
    title="Sizes through any layers",
    points=3,
    minutes=10,
    source="Study guide, sections 3, 4 and 12",
    draw=by_kind(_draw_layers, *_FIRST),
    fresh_cases=16,
    hints=(
        "Keep one variable for the size, change it in each round, and append it to a list.",
        "Convolution: (n + 2p − k) // s + 1. Pooling: n // k. Upsampling: n · f.",
        "Transposed: (n − 1) · s − 2p + k + output padding. `for kind, *numbers in layers:` takes a tuple apart.",
    ),
    why="With these four rules you can tell the size at any place of any network in this course before it runs.",
)

TRACE_SIZES.worked(
    32, [("conv", 3, 1, 1), ("pool", 2), ("conv", 3, 1, 1), ("pool", 2)], gives=[32, 16, 16, 8]
)
TRACE_SIZES.worked(2, [("transposed", 3, 2, 0, 0)], gives=[5])
TRACE_SIZES.worked(16, [("transposed", 3, 2, 1, 1), ("conv", 3, 2, 1), ("upsample", 4)], gives=[32, 16, 64])


@TRACE_SIZES.wrong
def from_start(size, layers):
    """Every layer of yours starts from the first size. Each layer gets what the one before it gave."""
    return [trace_sizes(size, [layer])[0] for layer in layers]


def _trace_with(rules):
    """Return an answer with its own rule for some kinds of layers."""

    def answer(size, layers):
        sizes = []
        for kind, *numbers in layers:
            rule = rules.get(kind)
            size = rule(size, *numbers) if rule else trace_sizes(size, [(kind, *numbers)])[0]
            sizes.append(size)
        return sizes

    return answer


TRACE_SIZES.wrong(
    _trace_with({"conv": lambda n, k, s, p: (n + p - k) // s + 1}),
    name="one_side_padding",
    sentence="Your convolution pads one side. There are two: add 2 · padding.",
)
TRACE_SIZES.wrong(
    _trace_with({"conv": lambda n, k, s, p: (n + 2 * p - k) // s}),
    name="no_plus_one",
    sentence="Your convolution counts the steps and not the places: the first place needs no step, so add 1.",
)
TRACE_SIZES.wrong(
    _trace_with({"conv": lambda n, k, s, p: n + 2 * p - k + 1}),
    name="stride_ignored",
    sentence="Your convolution takes every place. With a stride it takes every stride-th: divide, then add 1.",
)


def _trace_rounds_up(size, kernel, stride, padding):
    return -(-(size + 2 * padding - kernel) // stride) + 1


TRACE_SIZES.wrong(
    _trace_with({"conv": _trace_rounds_up}),
    name="rounds_up",
    sentence="Your convolution rounds up. A place where the kernel sticks out is left out: round down with //.",
)
TRACE_SIZES.wrong(
    _trace_with({"transposed": lambda n, k, s, p, extra: n * s}),
    name="transposed_times_stride",
    sentence="You took a transposed convolution for n · stride. That holds for kernel = stride and no padding; "
    "in general it is (n − 1) · stride − 2 · padding + kernel + output padding.",
)
TRACE_SIZES.wrong(
    _trace_with({"transposed": lambda n, k, s, p, extra: (n - 1) * s - 2 * p + k}),
    name="no_output_padding",
    sentence="You left out the output padding of the transposed convolution. It is added once.",
)
TRACE_SIZES.wrong(
    _trace_with({"transposed": lambda n, k, s, p, extra: (n - 1) * s + 2 * p + k + extra}),
    name="transposed_adds_padding",
    sentence="You added the padding of the transposed convolution. There it takes away on both sides: − 2 · "
    "padding.",
)


@TRACE_SIZES.wrong
def only_the_last(size, layers):
    """You returned the last size alone. Append the size after each layer to a list, and return the list."""
    return [size, *trace_sizes(size, layers)][-1]


@TRACE_SIZES.wrong
def with_the_start(size, layers):
    """Your list begins with the size before the first layer. It should hold one size for each layer."""
    return [size, *trace_sizes(size, layers)]


@TRACE_SIZES.right
def trace_table(size, layers):
    rules = {
        "conv": lambda n, k, s, p: (n + 2 * p - k) // s + 1,
        "pool": lambda n, k: n // k,
        "transposed": lambda n, k, s, p, extra: (n - 1) * s - 2 * p + k + extra,
        "upsample": lambda n, f: n * f,
    }
    return _trace_with(rules)(size, layers)


@TRACE_SIZES.right
def trace_torch(size, layers):
    import torch
    from torch import nn

    make = {
        "conv": lambda k, s, p: nn.Conv1d(1, 1, k, s, p),
        "pool": nn.MaxPool1d,
        "transposed": lambda k, s, p, extra: nn.ConvTranspose1d(1, 1, k, s, p, extra),
        "upsample": lambda f: nn.Upsample(scale_factor=f),
    }
    x, sizes = torch.empty(1, 1, size), []
    for kind, *numbers in layers:
        x = make[kind](*numbers)(x)
        sizes.append(x.shape[-1])
    return sizes


@TRACE_SIZES.right
def trace_recursive(size, layers):
    if not layers:
        return []
    [first] = trace_sizes(size, layers[:1])
    return [first, *trace_recursive(first, layers[1:])]


TRACE_SIZES.equivalent(
    "trace_sizes, line 19: 0 -> -1",
    "trace_sizes, line 24: 0 -> -1",
    because="There is one number, the first and the last.",
)

TRACE_SIZES.equivalent(
    "trace_torch, line 12: 1 -> 2",
    "trace_torch, line 12: 1 -> 0",
    because="The batch may be of any size.",
)
