"""The exercises of lesson 12: dilated convolutions, receptive fields, and three ways to see a whole scene."""

import itertools

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise, Misconception, Worked

# --- dilated-conv -------------------------------------------------------------------------------------------


def dilated_conv(image, kernel, rate):
    """Slide a kernel over an image, its taps rate pixels apart, and return the sums as a 2-D array.

    image is a float array (H, W), kernel a float array (k, k), rate a whole number from 1. There is no padding:
    out[y, x] is the sum of kernel[i, j] * image[y + i * rate, x + j * rate], wherever all taps lie on the image.
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


def _plain_conv(image, kernel, rate):
    return dilated_conv(image, kernel, 1)


def _strided_conv(image, kernel, rate):
    return dilated_conv(image, kernel, 1)[::rate, ::rate]


def _one_pixel_too_far(image, kernel, rate):
    return dilated_conv(image, kernel, rate + 1)


def _flipped_kernel(image, kernel, rate):
    return dilated_conv(image, kernel[::-1, ::-1], rate)


def _transposed_kernel(image, kernel, rate):
    return dilated_conv(image, kernel.T, rate)


def _padded_to_same(image, kernel, rate):
    added = rate * (len(kernel) - 1)
    before = added // 2
    return dilated_conv(np.pad(image, (before, added - before)), kernel, rate)


def _as_many_places_as_at_rate_1(image, kernel, rate):
    size = len(kernel)
    height, width = (side - size + 1 for side in image.shape)
    out = np.zeros((height, width))
    for y, x, i, j in np.ndindex(height, width, size, size):
        out[y, x] += kernel[i, j] * image[y + i * rate, x + j * rate]
    return out


def _convolved_by_torch(image, kernel, rate):
    images, kernels = torch.from_numpy(image)[None, None], torch.from_numpy(kernel)[None, None]
    return F.conv2d(images, kernels, dilation=rate)[0, 0]


def _convolved_tap_by_tap(image, kernel, rate):
    size = len(kernel)
    height, width = (side - rate * (size - 1) for side in image.shape)
    return sum(
        kernel[i, j] * image[i * rate : i * rate + height, j * rate : j * rate + width]
        for i in range(size)
        for j in range(size)
    )


def _convolved_with_zeros_between(image, kernel, rate):
    size = len(kernel)
    wide = np.zeros((rate * (size - 1) + 1,) * 2)
    wide[::rate, ::rate] = kernel
    rows, columns = (side - len(wide) + 1 for side in image.shape)
    return [
        [float((image[y : y + len(wide), x : x + len(wide)] * wide).sum()) for x in range(columns)]
        for y in range(rows)
    ]


def _draw_convolution(rng):
    """Draw a small image of halves, and a kernel that is neither even nor symmetric."""
    size, rate = int(rng.choice([2, 3])), int(rng.choice([1, 2, 2, 3]))
    reach = rate * (size - 1)
    height, width = (reach + int(side) for side in rng.choice([1, 2, 3, 4], 2, replace=False))
    image = rng.integers(-4, 10, (height, width)) / 2
    return image, rng.permutation(np.arange(1.0, size**2 + 1)).reshape(size, size), rate


_NINE = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
_FOUR = np.array([[1.0, 2.0], [3.0, 4.0]])
_CORNERS = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, -1.0]])

# rate 1: 1*1 + 2*2 + 3*4 + 4*5 = 37, and so on. rate 2: the taps are the corners, 1*1 + 2*3 + 3*7 + 4*9 = 64.
DILATED_CONV = Exercise(
    id="dilated-conv",
    title="A dilated convolution by hand",
    lesson="12",
    points=2,
    minutes=10,
    source="Notes: atrous convolution in DeepLab v3+",
    reference=dilated_conv,
    worked=(
        Worked((_NINE, _FOUR, 1), [[37.0, 47.0], [67.0, 77.0]]),
        Worked((_NINE, _FOUR, 2), [[64.0]], "dilated-3x3"),
        Worked((np.arange(30.0).reshape(5, 6), _CORNERS, 2), [[-28.0, -28.0]]),
    ),
    fresh=_draw_convolution,
    misconceptions=(
        Misconception(
            "rate ignored",
            _plain_conv,
            "You slid the kernel with its taps side by side: that is rate 1, whatever rate is. From one tap to "
            "the next it is rate pixels: image[y + i * rate, x + j * rate].",
        ),
        Misconception(
            "rate taken for a stride",
            _strided_conv,
            "You moved the kernel on by rate pixels: that is a stride, and it shrinks the result. Dilation "
            "spreads the taps of one kernel; the kernel itself still visits every place.",
        ),
        Misconception(
            "rate pixels left out between taps",
            _one_pixel_too_far,
            "You left rate pixels out between two taps, so that they are rate + 1 apart. Rate 1 is an ordinary "
            "convolution: from one tap to the next it is rate pixels.",
        ),
        Misconception(
            "kernel flipped",
            _flipped_kernel,
            "You turned the kernel round, as in mathematics. In networks kernel[0, 0] meets the upper left pixel: "
            "what is called convolution there flips nothing.",
        ),
        Misconception(
            "rows and columns exchanged",
            _transposed_kernel,
            "You exchanged rows and columns of the kernel: i goes down and belongs to y, j goes right and belongs "
            "to x.",
        ),
        Misconception(
            "padded",
            _padded_to_same,
            "You padded the image, so the result is as large as it. Without padding only the places count where "
            "all taps lie on the image: (H - rate * (k - 1)) rows.",
        ),
        Misconception(
            "as many places as at rate 1",
            _as_many_places_as_at_rate_1,
            "Your loops run over H - k + 1 rows, as at rate 1, and the last taps fall off the image. At rate `rate` "
            "the kernel spans rate * (k - 1) + 1 pixels: there are H - rate * (k - 1) rows.",
        ),
    ),
    accepted=(_convolved_by_torch, _convolved_tap_by_tap, _convolved_with_zeros_between),
    hints=(
        "How many pixels does a kernel of three taps span at rate 2? In how many places of a row of H pixels does "
        "that fit?",
        "The span is rate * (k - 1) + 1. A slice takes every rate-th pixel of it: image[y : y + span : rate, ...].",
        "Two loops over y in range(H - span + 1) and x likewise; out[y, x] = (image[y : y + span : rate, x : x + "
        "span : rate] * kernel).sum().",
    ),
    why="Nine weights span 3 x 3 pixels at rate 1, 5 x 5 at rate 2 and 9 x 9 at rate 4, at the same price: the "
    "view grows, the number of weights does not.",
)

# --- receptive-field ----------------------------------------------------------------------------------------


def receptive_field(layers):
    """Return the receptive field of a stack of layers: the side, in pixels of the image, of what one output sees.

    layers holds tuples of three whole numbers (kernel, stride, dilation), from the image upwards. Without any layer,
    an output is a pixel, and sees 1.
    """
    ### BEGIN SOLUTION
    field = 1
    jump = 1  # pixels of the image from one place of this layer's input to the next
    for kernel, stride, dilation in layers:
        field += (kernel - 1) * dilation * jump
        jump *= stride
    return field
    ### END SOLUTION


def _field_by(step):
    """Follow field and jump by another rule for one layer."""

    def follow(layers):
        field, jump = 1, 1
        for layer in layers:
            field, jump = step(field, jump, *layer)
        return field

    return follow


def _no_jump(layers):
    return _field_by(lambda field, jump, k, s, d: (field + (k - 1) * d, 1))(layers)


def _no_dilation(layers):
    return _field_by(lambda field, jump, k, s, d: (field + (k - 1) * jump, jump * s))(layers)


def _own_stride_first(layers):
    return _field_by(lambda field, jump, k, s, d: (field + (k - 1) * d * jump * s, jump * s))(layers)


def _whole_kernels(layers):
    return _field_by(lambda field, jump, k, s, d: (field + k * d * jump, jump * s))(layers)


def _from_zero(layers):
    return receptive_field(layers) - 1


def _product(layers):
    return _field_by(lambda field, jump, k, s, d: (field * ((k - 1) * d + 1), 1))(layers)


def _backwards_rule_forwards(layers):
    return _field_by(lambda field, jump, k, s, d: (field * s + (k - 1) * d, 1))(layers)


def _strides_added(layers):
    return _field_by(lambda field, jump, k, s, d: (field + (k - 1) * d * jump, jump + s - 1))(layers)


def _from_the_output_down(layers):
    field = 1
    for kernel, stride, dilation in reversed(layers):
        field = (field - 1) * stride + (kernel - 1) * dilation + 1
    return field


def _by_places(layers):
    places = {0}
    for kernel, stride, dilation in reversed(layers):
        places = {place * stride + tap * dilation for place in places for tap in range(kernel)}
    return max(places) - min(places) + 1


def _by_products(layers):
    kernels, strides, dilations = np.array(layers, dtype=int).reshape(-1, 3).T
    jumps = np.cumprod(np.concatenate([[1], strides]))[:-1]
    return 1 + np.sum((kernels - 1) * dilations * jumps)


def _draw_layers(rng):
    """Draw up to five layers: convolutions, dilated ones, strided ones, poolings; sometimes none."""
    kinds = [
        (3, 1, 1),
        (3, 1, 2),
        (3, 1, 4),
        (3, 2, 1),
        (2, 2, 1),
        (1, 1, 1),
        (5, 1, 1),
        (3, 2, 2),
        (3, 3, 1),
    ]
    return ([kinds[int(kind)] for kind in rng.integers(0, len(kinds), int(rng.choice([0, 2, 3, 4, 5, 5])))],)


RECEPTIVE_FIELD = Exercise(
    id="receptive-field",
    title="The receptive field by rule",
    lesson="12",
    points=2,
    minutes=10,
    source="Study guide, section 12: larger receptive field",
    reference=receptive_field,
    worked=(
        Worked(([(3, 1, 1), (3, 1, 1), (3, 1, 1)],), 7),
        Worked(([(3, 1, 1), (2, 2, 1), (3, 1, 1)],), 8, "field-with-pooling"),  # 1 + 2, + 1, + 2 * 2
        Worked(([(3, 1, 1), (3, 1, 2), (3, 1, 4)],), 15),  # 1 + 2 + 4 + 8
    ),
    fresh=_draw_layers,
    misconceptions=(
        Misconception(
            "strides ignored",
            _no_jump,
            "You left the strides out. After a stride of 2, one step of the layers above it is two pixels of the "
            "image: multiply what they add by the strides below them.",
        ),
        Misconception(
            "dilation ignored",
            _no_dilation,
            "You left the dilation out: k taps that are d apart span (k - 1) * d + 1 places.",
        ),
        Misconception(
            "a layer's own stride counted",
            _own_stride_first,
            "You let a layer's own stride widen its own view. Its stride says how far the *next* layer's steps "
            "are apart: add first, then multiply the jump.",
        ),
        Misconception(
            "whole kernels added",
            _whole_kernels,
            "You added kernel * dilation a layer. One tap lies on what is seen already, so a layer adds (kernel - "
            "1) * dilation steps.",
        ),
        Misconception(
            "started at 0",
            _from_zero,
            "You are one pixel short: before any layer, an output is a pixel and sees 1, itself.",
        ),
        Misconception(
            "spans multiplied",
            _product,
            "You multiplied the spans of the kernels. Two 3x3 convolutions see 5 x 5, not 9 x 9: each adds a rim "
            "to what the one below sees.",
        ),
        Misconception(
            "from the wrong end",
            _backwards_rule_forwards,
            "You stretched the field by each stride as you went up. That rule goes from the output down to the "
            "image; going up, it is the step between places that grows.",
        ),
        Misconception(
            "strides added",
            _strides_added,
            "You added the strides up. After two strides of 2, one step is four pixels, after three it is eight: "
            "multiply them.",
        ),
    ),
    accepted=(_from_the_output_down, _by_places, _by_products),
    hints=(
        "Two numbers are enough: how much an output sees so far, and how many pixels of the image one step is so "
        "far.",
        "A layer adds (kernel - 1) * dilation steps. Then its stride makes the steps of the next layers longer.",
        "field = jump = 1; for each layer: field += (kernel - 1) * dilation * jump, then jump *= stride. Return "
        "field.",
    ),
    why="Strides multiply and dilations add: both widen the view. Strides pay with resolution, dilations do not.",
)

# --- pixels-seen --------------------------------------------------------------------------------------------


def pixels_seen(network, size):
    """Return which pixels of an image the middle output of a network depends on: bools (size, size).

    network takes images (1, 1, size, size) and gives (1, 1, h, w), where h and w may be smaller than size. Its middle
    output is the one at [0, 0, h // 2, w // 2]. A pixel is seen where the gradient of that output is not 0.
    """
    ### BEGIN SOLUTION
    image = torch.rand(1, 1, size, size, requires_grad=True)
    output = network(image)  # (1, 1, h, w)
    height, width = output.shape[2:]
    output[0, 0, height // 2, width // 2].backward()
    return image.grad[0, 0] != 0  # (size, size)
    ### END SOLUTION


@torch.enable_grad()  # whatever mode the kernel is in
def _watch_pixels(answer, layers, size):
    """Measure a stack of convolutions (kernel, stride, dilation) that keep the size where the stride is 1."""
    network = nn.Sequential(
        *(
            nn.Conv2d(1, 1, kernel, stride, (kernel - 1) * dilation // 2, dilation)
            for kernel, stride, dilation in layers
        )
    )
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in network.parameters():  # of both signs, none near 0, and sums that never cancel
            signs = 2.0 * torch.randint(0, 2, weight.shape, generator=generator) - 1
            weight.copy_(signs * (0.5 + torch.rand(weight.shape, generator=generator)))
    return {f"the pixels that the middle of {layers} sees": answer(network, size)}


def _gradient_of(choose):
    """Measure the gradient of another output than the middle one."""

    def measure(network, size):
        image = torch.rand(1, 1, size, size, requires_grad=True)
        choose(network(image)).backward()
        return image.grad[0, 0]

    return measure


def _middle_of(output):
    return output[0, 0, output.shape[2] // 2, output.shape[3] // 2]


def _of_the_corner(network, size):
    return _gradient_of(lambda output: output[0, 0, 0, 0])(network, size) != 0


def _of_the_sum(network, size):
    return _gradient_of(torch.sum)(network, size) != 0


def _positive_alone(network, size):
    return _gradient_of(_middle_of)(network, size) > 0


def _the_box(network, size):
    rows, columns = torch.nonzero(pixels_seen(network, size), as_tuple=True)
    seen = torch.zeros(size, size, dtype=torch.bool)
    seen[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = True
    return seen


def _middle_of_the_image(network, size):
    return _gradient_of(lambda output: output[0, 0, size // 2, size // 2])(network, size) != 0


def _image_without_gradient(network, size):
    image = torch.rand(1, 1, size, size)
    _middle_of(network(image)).backward()
    return image.grad[0, 0] != 0


def _gradients_themselves(network, size):
    return _gradient_of(_middle_of)(network, size)


def _how_many(network, size):
    return int(pixels_seen(network, size).sum())


def _seen_by_autograd(network, size):
    image = torch.ones(1, 1, size, size, requires_grad=True)
    (gradient,) = torch.autograd.grad(_middle_of(network(image)), image)
    return gradient.squeeze().reshape(size, size).abs() > 0


def _seen_by_change(network, size):
    with torch.no_grad():
        before = _middle_of(network(torch.zeros(1, 1, size, size)))
        one_pixel_each = torch.eye(size * size).reshape(-1, 1, 1, size, size)
        changed = [bool(_middle_of(network(image)) != before) for image in one_pixel_each]
    return np.array(changed).reshape(size, size)


def _seen_as_lists(network, size):
    image = torch.randn(1, 1, size, size).requires_grad_()
    output = network(image)
    mask = torch.zeros_like(output)
    mask[..., output.shape[2] // 2, output.shape[3] // 2] = 1
    output.backward(mask)
    return [[value != 0 for value in row] for row in image.grad[0, 0].tolist()]


def _draw_stack(rng):
    """Draw one to three convolutions, at least one of them dilated or strided, and an image of 7 to 11 pixels."""
    stacks = [
        [(3, 1, 2)],
        [(3, 1, 3)],
        [(3, 1, 1), (3, 1, 2)],
        [(3, 1, 2), (3, 1, 2)],
        [(3, 2, 1)],
        [(3, 2, 1), (3, 1, 1)],
        [(3, 2, 1), (3, 1, 2)],
        [(3, 2, 1), (3, 2, 1)],
    ]
    return stacks[int(rng.integers(len(stacks)))], int(rng.integers(7, 12))


_N, _Y = False, True
PIXELS_SEEN = Exercise(
    id="pixels-seen",
    title="The receptive field, measured",
    lesson="12",
    points=3,
    minutes=10,
    source="Study guide, section 12: larger receptive field",
    reference=pixels_seen,
    observe=_watch_pixels,
    worked=(
        Worked(
            ([(3, 1, 1)], 5),
            {
                "the pixels that the middle of [(3, 1, 1)] sees": [
                    [_N, _N, _N, _N, _N],
                    [_N, _Y, _Y, _Y, _N],
                    [_N, _Y, _Y, _Y, _N],
                    [_N, _Y, _Y, _Y, _N],
                    [_N, _N, _N, _N, _N],
                ]
            },
        ),
        Worked(
            ([(3, 1, 2)], 5),
            {
                "the pixels that the middle of [(3, 1, 2)] sees": [
                    [_Y, _N, _Y, _N, _Y],
                    [_N, _N, _N, _N, _N],
                    [_Y, _N, _Y, _N, _Y],
                    [_N, _N, _N, _N, _N],
                    [_Y, _N, _Y, _N, _Y],
                ]
            },
        ),
    ),
    fresh=_draw_stack,
    misconceptions=(
        Misconception(
            "the corner's output",
            _of_the_corner,
            "You followed the output in the upper left corner: most of what it would see lies outside the image. "
            "Take the one in the middle, [0, 0, h // 2, w // 2].",
        ),
        Misconception(
            "all outputs at once",
            _of_the_sum,
            "You summed all outputs before backward(): together they see nearly everything. The question is what "
            "*one* output sees.",
        ),
        Misconception(
            "positive gradients alone",
            _positive_alone,
            "You kept the pixels whose gradient is above 0. Where it is below 0 the pixel counts too, the other "
            "way round: ask whether it is not 0.",
        ),
        Misconception(
            "the box around them",
            _the_box,
            "You filled the box around the pixels seen. A dilated kernel skips pixels inside it, and that is what "
            "you want to find out: return where the gradient is not 0, and no more.",
        ),
        Misconception(
            "the middle of the image",
            _middle_of_the_image,
            "You took the output at [size // 2, size // 2]. After a stride the output is smaller than the image: "
            "the middle follows from output.shape.",
        ),
        Misconception(
            "an image that wants no gradient",
            _image_without_gradient,
            "image.grad is None: backward() fills .grad only for tensors that want a gradient, and an image does not "
            "by itself. Make it with requires_grad=True, before the network sees it.",
        ),
        Misconception(
            "the gradients themselves",
            _gradients_themselves,
            "You returned the gradients. They say how strongly a pixel counts; the question is whether: compare "
            "with 0.",
        ),
        Misconception(
            "their number",
            _how_many,
            "You returned how many pixels are seen. Return which: bools (size, size).",
        ),
    ),
    accepted=(_seen_by_autograd, _seen_by_change, _seen_as_lists),
    hints=(
        "backward() fills .grad of every tensor that wants a gradient, an image too.",
        "Make an image with requires_grad=True, pick the one output in the middle, and call backward() on that "
        "number.",
        "image = torch.rand(1, 1, size, size, requires_grad=True); output = network(image); call backward() on "
        "output[0, 0, output.shape[2] // 2, output.shape[3] // 2]; return image.grad[0, 0] != 0.",
    ),
    why="The gradient of an output is 0 for every pixel that cannot change it. So a network tells by itself what "
    "it sees, whatever is inside.",
)

# --- unseen-between -----------------------------------------------------------------------------------------


def unseen_between(rates):
    """Return the places that a stack of dilated layers skips, as a sorted list of offsets from the middle.

    rates holds the rate of each layer, whole numbers from 1. A layer has three taps in a row: for every place that is
    seen above it, it sees the places rate to the left, there, and rate to the right. The stack reaches
    sum(rates) to either side; the offsets between -sum(rates) and sum(rates) that it never sees are returned.
    """
    ### BEGIN SOLUTION
    seen = {0}
    for rate in rates:
        seen = {place + step for place in seen for step in (-rate, 0, rate)}
    reach = sum(rates)
    return [place for place in range(-reach, reach + 1) if place not in seen]
    ### END SOLUTION


def _taps_of_each(rates):
    seen = {0} | {step for rate in rates for step in (-rate, rate)}
    return sorted(set(range(-sum(rates), sum(rates) + 1)) - seen)


def _outer_taps_alone(rates):
    seen = {0}
    for rate in rates:
        seen = {place + step for place in seen for step in (-rate, rate)}
    return sorted(set(range(-sum(rates), sum(rates) + 1)) - seen)


def _to_the_right_alone(rates):
    return [place for place in unseen_between(rates) if place > 0]


def _as_far_as_the_largest(rates):
    reach = max(rates, default=0)
    return [place for place in unseen_between(rates) if -reach <= place <= reach]


def _those_seen(rates):
    return sorted(set(range(-sum(rates), sum(rates) + 1)) - set(unseen_between(rates)))


def _number_unseen(rates):
    return len(unseen_between(rates))


def _last_layer_alone(rates):
    return unseen_between(rates[-1:])


def _unseen_by_product(rates):
    seen = {sum(steps) for steps in itertools.product(*((-rate, 0, rate) for rate in rates))}
    return np.array(sorted(set(range(-sum(rates), sum(rates) + 1)) - seen), dtype=int)


def _unseen_by_convolving(rates):
    ways = np.ones(1, dtype=int)
    for rate in rates:
        kernel = np.zeros(2 * rate + 1, dtype=int)
        kernel[::rate] = 1
        ways = np.convolve(ways, kernel)
    return np.flatnonzero(ways == 0) - sum(rates)


def _unseen_by_recursion(rates):
    def sees(place, left):
        if not left:
            return place == 0
        return any(sees(place - step, left[1:]) for step in (-left[0], 0, left[0]))

    return [place for place in range(-sum(rates), sum(rates) + 1) if not sees(place, list(rates))]


def _draw_rates(rng):
    """Draw up to four rates; equal ones, even ones and doubling ones among them."""
    made = [[2, 2], [1, 2, 4], [2, 4], [3, 3, 3], [1, 3], [2, 2, 2], [4], []]
    if rng.uniform() < 0.4:
        return (made[int(rng.integers(len(made)))],)
    return ([int(rate) for rate in rng.integers(1, 6, int(rng.integers(2, 5)))],)


UNSEEN_BETWEEN = Exercise(
    id="unseen-between",
    title="The holes between the taps",
    lesson="12",
    points=2,
    minutes=10,
    source="Notes: atrous convolution in DeepLab v3+",
    reference=unseen_between,
    worked=(
        Worked(([3],), [-2, -1, 1, 2]),
        Worked(([2, 2],), [-3, -1, 1, 3], "gridding-2-2"),
        Worked(([1, 2, 4],), []),
    ),
    fresh=_draw_rates,
    misconceptions=(
        Misconception(
            "each layer by itself",
            _taps_of_each,
            "You put the taps of the layers side by side. They are stacked: every place that one layer sees is a "
            "sum of three places of the next, so the offsets add up.",
        ),
        Misconception(
            "outer taps alone",
            _outer_taps_alone,
            "You forgot the tap in the middle: a layer sees rate to the left, *there*, and rate to the right.",
        ),
        Misconception(
            "one side alone",
            _to_the_right_alone,
            "You looked to the right alone. The taps go both ways, so the holes lie on both sides: begin at "
            "-sum(rates).",
        ),
        Misconception(
            "as far as the largest rate",
            _as_far_as_the_largest,
            "You stopped at the largest rate. Stacked layers reach as far as all their rates together: sum(rates).",
        ),
        Misconception(
            "those that are seen",
            _those_seen,
            "You returned the places that are seen. The holes are the others.",
        ),
        Misconception(
            "their number",
            _number_unseen,
            "You returned how many holes there are. Return where they are, in a sorted list.",
        ),
        Misconception(
            "the last layer alone",
            _last_layer_alone,
            "Only the last rate counts in your answer: did each layer start from {0} again? It starts from what "
            "the layers before it see.",
        ),
    ),
    accepted=(_unseen_by_product, _unseen_by_convolving, _unseen_by_recursion),
    hints=(
        "Keep the places that are seen so far in a set. It starts as {0}. What does a layer of rate 2 make of it?",
        "{place + step for place in seen for step in (-rate, 0, rate)} is the set after one more layer.",
        "After the loop over the rates: the places of range(-sum(rates), sum(rates) + 1) that are not in the set.",
    ),
    why="Rates with a common factor leave a grid of holes, however many layers there are. 1, 2, 4 see everything; "
    "2, 2, 2 see every second pixel, and a neighbour works on the other half.",
)

# --- aspp ---------------------------------------------------------------------------------------------------


class ASPP(nn.Module):
    """Map features (N, in_channels, H, W) to (N, out_channels, H, W), looking from several distances at once."""

    def __init__(self, in_channels, out_channels, rates):
        super().__init__()
        # Make the layers here, and write forward below.
        ### BEGIN SOLUTION
        self.point = nn.Conv2d(in_channels, out_channels, kernel_size=1)
        self.atrous = nn.ModuleList(
            nn.Conv2d(in_channels, out_channels, 3, padding=rate, dilation=rate) for rate in rates
        )
        self.image = nn.Conv2d(in_channels, out_channels, kernel_size=1)
        self.project = nn.Conv2d((len(rates) + 2) * out_channels, out_channels, kernel_size=1)

    def forward(self, features):
        """Return the features, seen from everywhere."""
        mean = features.mean(dim=(2, 3), keepdim=True)  # (N, C, 1, 1)
        views = [self.point(features)]  # (N, out_channels, H, W)
        views += [conv(features) for conv in self.atrous]
        views += [self.image(mean).expand_as(views[0])]
        return self.project(torch.relu(torch.cat(views, dim=1)))
        ### END SOLUTION


class _RatesIgnored(ASPP):
    def __init__(self, in_channels, out_channels, rates):
        super().__init__(in_channels, out_channels, [1 for _ in rates])


class _PaddingOfOne(ASPP):
    def __init__(self, in_channels, out_channels, rates):
        super().__init__(in_channels, out_channels, rates)
        for conv in self.atrous:
            conv.padding = (1, 1)


class _NoImage(ASPP):
    def __init__(self, in_channels, out_channels, rates):
        super().__init__(in_channels, out_channels, rates)
        self.image = None
        self.project = nn.Conv2d((len(rates) + 1) * out_channels, out_channels, kernel_size=1)

    def forward(self, features):
        views = [self.point(features), *(conv(features) for conv in self.atrous)]
        return self.project(torch.relu(torch.cat(views, dim=1)))


class _Summed(ASPP):
    def __init__(self, in_channels, out_channels, rates):
        super().__init__(in_channels, out_channels, rates)
        self.project = nn.Conv2d(out_channels, out_channels, kernel_size=1)

    def forward(self, features):
        mean = features.mean(dim=(2, 3), keepdim=True)
        views = [self.point(features), *(conv(features) for conv in self.atrous)]
        return self.project(torch.relu(sum(views) + self.image(mean)))


class _NoReLU(ASPP):
    def forward(self, features):
        mean = self.image(features.mean(dim=(2, 3), keepdim=True))
        views = [self.point(features), *(conv(features) for conv in self.atrous)]
        return self.project(torch.cat([*views, mean.expand_as(views[0])], dim=1))


class _ReLULast(ASPP):
    def forward(self, features):
        return torch.relu(super().forward(features))


class _MaxForMean(ASPP):
    def forward(self, features):
        best = self.image(features.amax(dim=(2, 3), keepdim=True))
        views = [self.point(features), *(conv(features) for conv in self.atrous)]
        return self.project(torch.relu(torch.cat([*views, best.expand_as(views[0])], dim=1)))


class _OneAfterTheOther(ASPP):
    """The dilated convolutions are stacked."""

    def __init__(self, in_channels, out_channels, rates):
        super().__init__(in_channels, out_channels, rates)
        self.atrous = nn.ModuleList(
            nn.Conv2d(in_channels if first else out_channels, out_channels, 3, padding=rate, dilation=rate)
            for first, rate in zip([True] + [False] * len(rates), rates, strict=False)
        )
        self.project = nn.Conv2d(3 * out_channels, out_channels, kernel_size=1)

    def forward(self, features):
        mean = self.image(features.mean(dim=(2, 3), keepdim=True))
        point, far = self.point(features), features
        for conv in self.atrous:
            far = torch.relu(conv(far))
        return self.project(torch.relu(torch.cat([point, far, mean.expand_as(point)], dim=1)))


class _OfBranches(nn.Module):
    """A list of branches with their own ReLU, the mean's first, enlarged by interpolation."""

    def __init__(self, in_channels, out_channels, rates):
        super().__init__()
        kinds = [{"kernel_size": 1}] + [
            {"kernel_size": 3, "padding": "same", "dilation": rate} for rate in rates
        ]
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(in_channels, out_channels, 1), nn.ReLU())
        self.branches = nn.ModuleList(
            nn.Sequential(nn.Conv2d(in_channels, out_channels, **kind), nn.ReLU()) for kind in kinds
        )
        self.last = nn.Conv2d(out_channels * (len(kinds) + 1), out_channels, 1)

    def forward(self, features):
        everywhere = F.interpolate(self.pool(features), features.shape[-2:])
        return self.last(torch.cat((everywhere, *(branch(features) for branch in self.branches)), 1))


class _OfBareWeights(nn.Module):
    """Weights and functions, no layers."""

    def __init__(self, in_channels, out_channels, rates):
        super().__init__()
        self.rates = rates
        sides = [1, *(3 for _ in rates), 1]
        shapes = [(out_channels, in_channels, side, side) for side in sides]
        shapes += [(out_channels, len(sides) * out_channels, 1, 1)]
        self.weights = nn.ParameterList(torch.randn(shape) / 4 for shape in shapes)
        self.biases = nn.ParameterList(torch.zeros(out_channels) for _ in shapes)

    def forward(self, features):
        w, b = self.weights, self.biases
        views = [F.conv2d(features, w[0], b[0])]
        for rate, weight, bias in zip(self.rates, w[1:-2], b[1:-2], strict=True):
            views.append(F.conv2d(features, weight, bias, padding=rate, dilation=rate))
        pooled = F.conv2d(F.adaptive_avg_pool2d(features, 1), w[-2], b[-2])
        views.append(pooled.repeat(1, 1, *features.shape[2:]))
        return F.conv2d(F.relu(torch.cat(views, 1)), w[-1], b[-1])


class _WithOneMeanImage(nn.Module):
    """The mean is spread out before its convolution."""

    def __init__(self, in_channels, out_channels, rates):
        super().__init__()
        self.near = nn.Conv2d(in_channels, out_channels, 1)
        self.whole = nn.Conv2d(in_channels, out_channels, 1)
        self.far = nn.ModuleList([nn.Conv2d(in_channels, out_channels, 3, 1, rate, rate) for rate in rates])
        self.out = nn.Conv2d(out_channels * (2 + len(rates)), out_channels, 1)

    def forward(self, features):
        mean = torch.zeros_like(features) + features.mean((-1, -2), keepdim=True)
        views = [self.near(features), self.whole(mean)] + [conv(features) for conv in self.far]
        return self.out(torch.cat([view.clamp(min=0) for view in views], dim=1))


@torch.enable_grad()  # whatever mode the kernel is in
def _probe_aspp(answer, features, out_channels, rates):
    """Build the module, run it, and find out from where the middle of its output is reached."""
    model = answer(features.shape[1], out_channels, rates)
    seen, lists = (
        set(model.modules()),
        [each for each in vars(model).values() if isinstance(each, list | tuple)],
    )
    unseen = sum(isinstance(layer, nn.Module) and layer not in seen for each in lists for layer in each)
    output = model(features)
    if output.requires_grad:
        output.square().sum().backward()
    without_gradient = sum(weight.grad is None for weight in model.parameters())
    _let_it_take_means(model)
    image = features.clone().requires_grad_()
    middle = model(image)[0, :, features.shape[2] // 2, features.shape[3] // 2]
    (gradient,) = torch.autograd.grad(middle[0], image)
    column = gradient[0, 0, :, features.shape[3] // 2]
    nearer = torch.nonzero(column > gradient.min() * 1.001 + 1e-9).flatten() - features.shape[2] // 2
    return {
        "the number of layers in a plain list, where torch does not see them (nn.ModuleList)": unseen,
        f"the shape of the output for features of shape {tuple(features.shape)}": str(tuple(output.shape)),
        "the number of weights and biases": sum(weight.numel() for weight in model.parameters()),
        "the number of weight tensors that get no gradient": without_gradient,
        "how many rows away from the middle it looks": nearer.tolist(),
        "every pixel of the first image reaches its middle (by the mean)": bool((gradient[0] > 0).all()),
        "the middle's output for known weights (is the ReLU in its place?)": middle.tolist(),
    }


def _let_it_take_means(model):
    """Let every layer take means: bias 0, weights 1 / inputs, and -1 / inputs for every second channel it gives."""
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
            if weight.ndim == 4:
                weight += 1 / weight[0].numel()
                weight[1::2] *= -1


def _draw_features(rng):
    """Draw positive features, larger than twice the largest rate, and rates that all differ."""
    rates = sorted(int(rate) for rate in rng.choice([1, 2, 3, 4], int(rng.integers(2, 4)), replace=False))
    rates = rates if max(rates) > 1 else [2, 3]
    count, channels = int(rng.integers(1, 3)), int(rng.integers(1, 4))
    height, width = (int(side) for side in rng.choice([9, 10, 11, 12], 2, replace=False))
    features = rng.integers(1, 17, (count, channels, height, width)).astype(np.float32) / 16
    return torch.from_numpy(features), int(rng.choice([2, 3, 4])), rates


# Ones stay ones, so every view is 1 in its first channel and -1 in its second, which ReLU makes 0: the mean of all
# is 0.5. Weights: 2 * 2 + 2 = 6 for the point, 6 for the image, twice 2 * 2 * 9 + 2 = 38, 2 * 8 + 2 = 18.
ASPP_EXERCISE = Exercise(
    id="aspp",
    title="Atrous spatial pyramid pooling",
    lesson="12",
    points=4,
    minutes=15,
    source="Notes: DeepLab v3+, atrous convolution and ASPP",
    reference=ASPP,
    observe=_probe_aspp,
    worked=(
        Worked(
            (torch.ones(1, 2, 9, 12), 2, [1, 3]),
            {
                "the number of layers in a plain list, where torch does not see them (nn.ModuleList)": 0,
                "the shape of the output for features of shape (1, 2, 9, 12)": "(1, 2, 9, 12)",
                "the number of weights and biases": 106,
                "the number of weight tensors that get no gradient": 0,
                "how many rows away from the middle it looks": [-3, -1, 0, 1, 3],
                "every pixel of the first image reaches its middle (by the mean)": True,
                "the middle's output for known weights (is the ReLU in its place?)": [0.5, -0.5],
            },
        ),
    ),
    fresh=_draw_features,
    fresh_cases=4,
    misconceptions=(
        Misconception(
            "rates ignored",
            _RatesIgnored,
            "Your 3x3 branches all look one pixel far: hand the rates on, dilation=rate, or all branches see the "
            "same.",
        ),
        Misconception(
            "padding of 1",
            _PaddingOfOne,
            "The views have different sizes and cannot be joined. A 3x3 kernel of rate r needs padding=r to keep the "
            "size, and the mean of the image, 1 x 1, must be given to every pixel: .expand_as(another_view).",
        ),
        Misconception(
            "no mean of the image",
            _NoImage,
            "The branch of the whole image is missing: take the mean over height and width, a 1x1 convolution of "
            "it, and give every pixel the result.",
        ),
        Misconception(
            "views added",
            _Summed,
            "You added the views up. Join them with torch.cat along the channels: the last convolution is there "
            "to find out which distance counts for what.",
        ),
        Misconception(
            "no ReLU",
            _NoReLU,
            "There is no ReLU between the views and the last convolution, so the two melt into one linear step: "
            "torch.relu(torch.cat(...)).",
        ),
        Misconception(
            "ReLU at the end",
            _ReLULast,
            "You put a ReLU after the last convolution, too. Here the last convolution has the last word.",
        ),
        Misconception(
            "max for mean",
            _MaxForMean,
            "You took the largest value of the image instead of the mean: one pixel would then speak for all of "
            "them.",
        ),
        Misconception(
            "one after the other",
            _OneAfterTheOther,
            "You applied the dilated convolutions one after the other. They stand side by side: each gets the "
            "features themselves, and all views are joined.",
        ),
    ),
    accepted=(_OfBranches, _OfBareWeights, _WithOneMeanImage),
    hints=(
        "Count the views: one of 1x1, one for each rate, one of the whole image. All have out_channels channels "
        "and the same height and width.",
        "nn.Conv2d(..., 3, padding=rate, dilation=rate) keeps the size; a list of such layers belongs into an "
        "nn.ModuleList. features.mean(dim=(2, 3), keepdim=True) "
        "is (N, C, 1, 1); after its 1x1 convolution, .expand_as(another_view) gives it to every pixel.",
        "forward: views = [point(features), *(conv(features) for conv in atrous), image(mean).expand_as(...)]; "
        "return project(torch.relu(torch.cat(views, dim=1))), where project takes (len(rates) + 2) * out_channels "
        "channels.",
    ),
    why="Each branch answers at its own distance, the mean answers for the whole image, and the last convolution "
    "weighs them for every pixel. No pixel was given up for it.",
    tolerance=1e-5,
)

# --- pyramid ------------------------------------------------------------------------------------------------


def pyramid(features, bins):
    """Tell every pixel about its surroundings: features (N, C, H, W) to (N, C * (1 + len(bins)), H, W).

    For every number of bins: take the means over bins x bins cells of the image, and enlarge them to H x W again,
    bilinear, align_corners=False. The features come first, then the levels in the order of bins.
    """
    ### BEGIN SOLUTION
    levels = [features]
    for cells in bins:
        means = F.adaptive_avg_pool2d(features, cells)  # (N, C, cells, cells)
        levels.append(F.interpolate(means, size=features.shape[2:], mode="bilinear", align_corners=False))
    return torch.cat(levels, dim=1)
    ### END SOLUTION


def _levels_by(pool=F.adaptive_avg_pool2d, **enlarge):
    """Build the levels by another pooling, or enlarge them otherwise."""
    options = {"mode": "bilinear", **enlarge}

    def levels(features, bins):
        return [F.interpolate(pool(features, cells), features.shape[2:], **options) for cells in bins]

    return levels


def _largest(features, bins):
    return torch.cat([features, *_levels_by(F.adaptive_max_pool2d)(features, bins)], dim=1)


def _in_blocks(features, bins):
    return torch.cat([features, *_levels_by(mode="nearest")(features, bins)], dim=1)


def _from_corner_to_corner(features, bins):
    return torch.cat([features, *_levels_by(align_corners=True)(features, bins)], dim=1)


def _levels_alone(features, bins):
    return torch.cat(_levels_by()(features, bins), dim=1)


def _features_last(features, bins):
    return torch.cat([*_levels_by()(features, bins), features], dim=1)


def _cells_of_that_size(features, bins):
    return torch.cat([features, *_levels_by(F.avg_pool2d)(features, bins)], dim=1)


def _cells_by_whole_division(features, bins):
    height, width = features.shape[2:]
    size = {"size": (height, width), "mode": "bilinear"}
    means = [F.avg_pool2d(features, (height // cells, width // cells)) for cells in bins]
    return torch.cat([features, *(F.interpolate(each, **size) for each in means)], dim=1)


def _levels_added(features, bins):
    return features + sum(_levels_by()(features, bins))


def _pyramid_of_layers(features, bins):
    height, width = features.shape[-2:]
    up = nn.Upsample((height, width), mode="bilinear")
    return torch.cat((features, *(up(nn.AdaptiveAvgPool2d((n, n))(features)) for n in bins)), 1)


def _pyramid_by_area(features, bins):
    size = tuple(features.shape[2:])
    out = features
    for cells in bins:
        small = F.interpolate(features, size=(cells, cells), mode="area")
        out = torch.concat([out, F.interpolate(small, size=size, mode="bilinear")], dim=1)
    return out


def _pyramid_of_loops(features, bins):
    count, channels, height, width = features.shape
    out = torch.empty(count, channels * (1 + len(bins)), height, width)
    out[:, :channels] = features
    for level, cells in enumerate(bins, start=1):
        means = torch.empty(count, channels, cells, cells)
        for row, column in np.ndindex(cells, cells):
            rows = slice(row * height // cells, -(-(row + 1) * height // cells))
            columns = slice(column * width // cells, -(-(column + 1) * width // cells))
            means[:, :, row, column] = features[:, :, rows, columns].mean(dim=(2, 3))
        out[:, level * channels : (level + 1) * channels] = F.interpolate(
            means, size=(height, width), mode="bilinear"
        )
    return out.numpy()


def _draw_pyramid(rng):
    """Draw features no smaller than three cells, and one to three levels in any order."""
    count, channels = (int(number) for number in rng.integers(1, 3, 2))
    height, width = (int(side) for side in rng.choice([3, 4, 5, 6], 2, replace=False))
    features = rng.integers(-8, 9, (count, channels, height, width)).astype(np.float32) / 4
    bins = [int(cells) for cells in rng.permutation([1, 2, 3])[: int(rng.integers(1, 4))]]
    return torch.from_numpy(features), bins


# The cells' means are 2.5, 4.5, 10.5 and 12.5. Enlarged twofold, a pixel takes three quarters of its own cell and a
# quarter of the next one; beyond the outer cells' middles there is none.
PYRAMID = Exercise(
    id="pyramid",
    title="Pyramid pooling",
    lesson="12",
    points=2,
    minutes=10,
    source="Notes: PSPNet, pyramid pooling",
    reference=pyramid,
    worked=(
        Worked(
            (torch.tensor([[[[0.0, 2.0], [4.0, 6.0]]]]), [1]),
            [[[[0.0, 2.0], [4.0, 6.0]], [[3.0, 3.0], [3.0, 3.0]]]],
        ),
        Worked(
            (torch.arange(16.0).reshape(1, 1, 4, 4), [2]),
            [
                [
                    [
                        [0.0, 1.0, 2.0, 3.0],
                        [4.0, 5.0, 6.0, 7.0],
                        [8.0, 9.0, 10.0, 11.0],
                        [12.0, 13.0, 14.0, 15.0],
                    ],
                    [
                        [2.5, 3.0, 4.0, 4.5],
                        [4.5, 5.0, 6.0, 6.5],
                        [8.5, 9.0, 10.0, 10.5],
                        [10.5, 11.0, 12.0, 12.5],
                    ],
                ]
            ],
            "pyramid-4x4",
        ),
    ),
    fresh=_draw_pyramid,
    misconceptions=(
        Misconception(
            "largest values",
            _largest,
            "You kept the largest value of each cell. Pyramid pooling takes means: adaptive_avg_pool2d, not max.",
        ),
        Misconception(
            "blocks",
            _in_blocks,
            "Your levels are blocks with steps between them: F.interpolate enlarges by nearest neighbour unless "
            'you say mode="bilinear".',
        ),
        Misconception(
            "stretched from corner to corner",
            _from_corner_to_corner,
            "You stretched the cells from corner to corner of the image (align_corners=True), away from the "
            "pixels that they are the means of. Use align_corners=False.",
        ),
        Misconception(
            "levels alone",
            _levels_alone,
            "The features themselves are missing: the levels tell a pixel about its surroundings, and without the "
            "features nothing is left of the pixel.",
        ),
        Misconception(
            "features last",
            _features_last,
            "You put the features after the levels. They come first here, then the levels in the order of bins.",
        ),
        Misconception(
            "cells of that size",
            _cells_of_that_size,
            "You made cells of bins x bins pixels. bins is how many cells there are a side, whatever the image's "
            "size: adaptive_avg_pool2d.",
        ),
        Misconception(
            "cells of H // bins pixels",
            _cells_by_whole_division,
            "You cut the image into cells of H // bins pixels. Where bins does not divide the side, these are too many "
            "cells, or miss the last pixels: F.adaptive_avg_pool2d(features, bins) fits any size.",
        ),
        Misconception(
            "levels added",
            _levels_added,
            "You added the levels to the features. Join them along the channels, with torch.cat: added, no later "
            "layer can tell a pixel from its surroundings.",
        ),
    ),
    accepted=(_pyramid_of_layers, _pyramid_by_area, _pyramid_of_loops),
    hints=(
        "Two functions do the work for a level: one takes means over a number of cells, one enlarges.",
        'F.adaptive_avg_pool2d(features, cells), then F.interpolate(..., size=features.shape[2:], mode="bilinear").',
        "Collect [features, level, level, ...] in a list and return torch.cat(that_list, dim=1).",
    ),
    why="A mean over a cell says what sort of place it is: much carpet, little fur. Coarse levels speak for the "
    "scene, fine ones for the neighbourhood.",
    tolerance=1e-5,
)

# --- exchange -----------------------------------------------------------------------------------------------


def exchange(fine, coarse):
    """Let two branches tell each other what they see, and return both: the new fine one, the new coarse one.

    fine is (N, C, H, W), coarse (N, C, H/2, W/2). Each becomes the sum of itself and the other, brought to its size:
    up by bilinear interpolation (align_corners=False), down by the means of 2x2 pixels.
    """
    ### BEGIN SOLUTION
    up = F.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)  # (N, C, H, W)
    down = F.avg_pool2d(fine, 2)  # (N, C, H/2, W/2)
    return fine + up, coarse + down
    ### END SOLUTION


def _doubled(coarse, mode="bilinear"):
    return F.interpolate(coarse, scale_factor=2, mode=mode)


def _second_hears_the_new_first(fine, coarse):
    fine = fine + _doubled(coarse)
    return fine, coarse + F.avg_pool2d(fine, 2)


def _fine_alone(fine, coarse):
    return fine + _doubled(coarse), coarse


def _each_other_only(fine, coarse):
    return _doubled(coarse), F.avg_pool2d(fine, 2)


def _up_in_blocks(fine, coarse):
    return fine + _doubled(coarse, "nearest"), coarse + F.avg_pool2d(fine, 2)


def _down_by_max(fine, coarse):
    return fine + _doubled(coarse), coarse + F.max_pool2d(fine, 2)


def _down_by_every_second(fine, coarse):
    return fine + _doubled(coarse), coarse + fine[..., ::2, ::2]


def _joined(fine, coarse):
    return torch.cat([fine, _doubled(coarse)], 1), torch.cat([coarse, F.avg_pool2d(fine, 2)], 1)


def _coarse_first(fine, coarse):
    return exchange(fine, coarse)[::-1]


def _exchanged_by_layers(fine, coarse):
    return [
        nn.Upsample(size=fine.shape[2:], mode="bilinear")(coarse) + fine,
        nn.AvgPool2d(2)(fine).add(coarse),
    ]


def _exchanged_by_blocks(fine, coarse):
    count, channels, height, width = fine.shape
    blocks = fine.reshape(count, channels, height // 2, 2, width // 2, 2)
    return torch.add(fine, _doubled(coarse)), coarse + blocks.mean(dim=(3, 5))


def _exchanged_by_slices(fine, coarse):
    down = (fine[..., ::2, ::2] + fine[..., 1::2, ::2] + fine[..., ::2, 1::2] + fine[..., 1::2, 1::2]) / 4
    up = F.interpolate(coarse, size=tuple(fine.shape[-2:]), mode="bilinear")
    return (fine + up).numpy(), (coarse + down).numpy()


def _draw_branches(rng):
    """Draw two branches of whole numbers, the coarse one sometimes a single row."""
    count, channels = (int(number) for number in rng.integers(1, 3, 2))
    height, width = (int(side) for side in rng.choice([1, 2, 3], 2, replace=False))
    fine = rng.integers(-9, 10, (count, channels, 2 * height, 2 * width)).astype(np.float32)
    coarse = rng.integers(-9, 10, (count, channels, height, width)).astype(np.float32)
    return torch.from_numpy(fine), torch.from_numpy(coarse)


EXCHANGE = Exercise(
    id="exchange",
    title="Two resolutions, side by side",
    lesson="12",
    points=2,
    minutes=8,
    source="Notes: HRNet, high resolution kept throughout",
    reference=exchange,
    worked=(
        Worked(
            (torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), torch.tensor([[[[10.0]]]])),
            ([[[[11.0, 12.0], [13.0, 14.0]]]], [[[[12.5]]]]),
            "exchange-2x2",
        ),
        Worked(  # up: 0, 0.25 * 8 = 2, 6, 8 in both rows
            (torch.zeros(1, 1, 2, 4), torch.tensor([[[[0.0, 8.0]]]])),
            ([[[[0.0, 2.0, 6.0, 8.0], [0.0, 2.0, 6.0, 8.0]]]], [[[[0.0, 8.0]]]]),
        ),
    ),
    fresh=_draw_branches,
    misconceptions=(
        Misconception(
            "one after the other",
            _second_hears_the_new_first,
            "Your coarse branch hears the new fine one, and so its own echo. Both speak at the same time: compute "
            "up and down from what came in, then add.",
        ),
        Misconception(
            "the coarse branch hears nothing",
            _fine_alone,
            "Only the fine branch learnt something. The coarse one gets the means of the fine one's 2x2 pixels.",
        ),
        Misconception(
            "branches replaced",
            _each_other_only,
            "Each branch became the other: what it saw itself is gone. Add the other to it.",
        ),
        Misconception(
            "up in blocks",
            _up_in_blocks,
            'The coarse branch came up in blocks: F.interpolate takes the nearest unless you say mode="bilinear".',
        ),
        Misconception(
            "down by max",
            _down_by_max,
            "You kept the largest of each 2x2 pixels on the way down. Means are asked for: avg_pool2d.",
        ),
        Misconception(
            "down by every second pixel",
            _down_by_every_second,
            "You took every second pixel on the way down: three of four are never heard. Take the mean of each 2x2.",
        ),
        Misconception(
            "joined, not added",
            _joined,
            "You joined the branches along the channels. Here they are added, so that the widths stay as they are.",
        ),
        Misconception(
            "coarse first",
            _coarse_first,
            "You returned the coarse branch first. The fine one comes first.",
        ),
    ),
    accepted=(_exchanged_by_layers, _exchanged_by_blocks, _exchanged_by_slices),
    hints=(
        "Each branch needs the other in its own size: one goes up, one goes down. Then both are sums.",
        'F.interpolate(coarse, scale_factor=2, mode="bilinear") is as large as fine; F.avg_pool2d(fine, 2) as '
        "coarse.",
        "Compute up and down first, from the branches as they came in; then return fine + up, coarse + down.",
    ),
    why="After one exchange the fine branch knows about the surroundings and the coarse one about details, and "
    "neither has given up its resolution.",
    tolerance=1e-5,
)

EXERCISES = (
    DILATED_CONV,
    RECEPTIVE_FIELD,
    PIXELS_SEEN,
    UNSEEN_BETWEEN,
    ASPP_EXERCISE,
    PYRAMID,
    EXCHANGE,
)
