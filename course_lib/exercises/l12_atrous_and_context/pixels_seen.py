"""The receptive field, measured."""

import numpy as np
import torch
from torch import nn

from course_lib.checking.exercise import Exercise, by_kind


def pixels_seen(network, size):
    """Return which pixels of an image the middle output of a network depends on.

    A pixel is seen where the gradient of that output is not 0, however small it may be.

    Args:
        network: takes images (1, 1, size, size) and gives (1, 1, h, w), where h and w may be smaller than
            size. Its middle output is the one at [0, 0, h // 2, w // 2].
        size: int.

    Returns:
        Bools (size, size).
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
        for weight in network.parameters():  # small, of both signs, none 0, and sums that never cancel
            signs = 2.0 * torch.randint(0, 2, weight.shape, generator=generator) - 1
            weight.copy_(1e-4 * signs * (0.5 + torch.rand(weight.shape, generator=generator)))
    return {f"the pixels that the middle of {layers} sees": answer(network, size)}


_STACKS = {  # a stride may be one for the rows and one for the columns
    "one pixel": [(1, 1, 1)],
    "dilated": [(3, 1, 2)],
    "dilated twice": [(3, 1, 3), (3, 1, 2)],
    "an even kernel": [(2, 1, 1), (3, 1, 2)],
    "strided": [(3, 2, 1)],
    "strided twice": [(3, 2, 1), (3, 2, 1)],
    "strided and dilated": [(3, 2, 1), (3, 1, 2)],
    "fewer rows than columns": [(3, (2, 1), 1), (3, 1, 1)],
    "fewer columns than rows": [(3, 1, 2), (3, (1, 2), 1)],
}


def _draw_stack(rng, kind):
    """Draw how large the image is, and take one or two convolutions of which most are dilated or strided."""
    return _STACKS[kind], int(rng.integers(8, 12))


PIXELS_SEEN = Exercise(
    pixels_seen,
    title="The receptive field, measured",
    points=3,
    minutes=10,
    source="Study guide, section 12: larger receptive field",
    draw=by_kind(_draw_stack, *_STACKS),
    observe=_watch_pixels,
    hints=(
        "backward() fills .grad of every tensor that wants a gradient. Usually those are the weights. The image can be "
        "one as well.",
        "Make an image with requires_grad=True, pick the one output in the middle, and call backward() on that "
        "number.",
        "image = torch.rand(1, 1, size, size, requires_grad=True); output = network(image). Call backward() on "
        "output[0, 0, output.shape[2] // 2, output.shape[3] // 2], and return image.grad[0, 0] != 0.",
    ),
    why="The gradient of an output is 0 for every pixel that cannot change it. So the network itself tells you what "
    "it sees, whatever its layers are.",
)

_N, _Y = False, True

PIXELS_SEEN.worked(
    [(3, 1, 1)],
    5,
    gives={
        "the pixels that the middle of [(3, 1, 1)] sees": [
            [_N, _N, _N, _N, _N],
            [_N, _Y, _Y, _Y, _N],
            [_N, _Y, _Y, _Y, _N],
            [_N, _Y, _Y, _Y, _N],
            [_N, _N, _N, _N, _N],
        ]
    },
)
PIXELS_SEEN.worked(
    [(3, 1, 2)],
    5,
    gives={
        "the pixels that the middle of [(3, 1, 2)] sees": [
            [_Y, _N, _Y, _N, _Y],
            [_N, _N, _N, _N, _N],
            [_Y, _N, _Y, _N, _Y],
            [_N, _N, _N, _N, _N],
            [_Y, _N, _Y, _N, _Y],
        ]
    },
)


def _gradient_of(choose):
    """Measure the gradient of another output than the middle one."""

    def measure(network, size):
        image = torch.rand(1, 1, size, size, requires_grad=True)
        choose(network(image)).backward()
        return image.grad[0, 0]

    return measure


@PIXELS_SEEN.wrong
def output_of_the_corner(network, size):
    """You followed the output in the upper left corner, where the edge of the image cuts off a part of what it would
    see. Take the one in the middle, [0, 0, h // 2, w // 2].
    """
    return _gradient_of(lambda output: output[0, 0, 0, 0])(network, size) != 0


@PIXELS_SEEN.wrong
def all_outputs_at_once(network, size):
    """You asked for the gradient of all outputs together, and together they see nearly every pixel. The question is
    what *one* output sees, the one in the middle.
    """
    return _gradient_of(torch.sum)(network, size) != 0


def _middle_of(output):
    return output[0, 0, output.shape[2] // 2, output.shape[3] // 2]


@PIXELS_SEEN.wrong
def only_positive_gradients(network, size):
    """You kept the pixels whose gradient is above 0. A pixel whose gradient is below 0 is seen, too: as it rises, the
    output falls. Ask whether the gradient is not 0.
    """
    return _gradient_of(_middle_of)(network, size) > 0


@PIXELS_SEEN.wrong
def small_gradients_left_out(network, size):
    """You left out the pixels whose gradient is small. Small weights and many layers make every gradient tiny, and a
    pixel with a tiny one is seen all the same: compare with 0 itself.
    """
    return _gradient_of(_middle_of)(network, size).abs() > 1e-3


@PIXELS_SEEN.wrong
def the_box_around_them(network, size):
    """You filled the box around the pixels seen. A dilated kernel skips pixels inside it, and that is what
    you want to find out: return where the gradient is not 0, and no more.
    """
    rows, columns = torch.nonzero(pixels_seen(network, size), as_tuple=True)
    seen = torch.zeros(size, size, dtype=torch.bool)
    seen[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = True
    return seen


@PIXELS_SEEN.wrong
def the_middle_of_the_image(network, size):
    """You took the output at [size // 2, size // 2]. After a stride the output is smaller than the image: the
    middle follows from output.shape.
    """
    return _gradient_of(lambda output: output[0, 0, size // 2, size // 2])(network, size) != 0


@PIXELS_SEEN.wrong
def an_image_that_wants_no_gradient(network, size):
    """image.grad is None: backward() fills .grad only of a tensor that was made with requires_grad=True, and not of one
    that was computed from it. Make the image like that, and hand this very tensor to the network.
    """
    image = torch.rand(1, 1, size, size)
    _middle_of(network(image)).backward()
    return image.grad[0, 0] != 0


@PIXELS_SEEN.wrong
def the_gradients_themselves(network, size):
    """You returned the gradients. They say how strongly a pixel counts, and the question is only whether it counts:
    compare them with 0.
    """
    return _gradient_of(_middle_of)(network, size)


@PIXELS_SEEN.wrong
def height_for_both(network, size):
    """You took the output's height for its width, too. The two may differ: the middle is at [0, 0, h // 2, w // 2]."""
    return (
        _gradient_of(lambda output: output[0, 0, output.shape[2] // 2, output.shape[2] // 2])(network, size)
        != 0
    )


@PIXELS_SEEN.wrong
def with_batch_and_channel(network, size):
    """Your result still has the axes of the batch and the channel. Take [0, 0] of the gradient: bools (size, size)."""
    return pixels_seen(network, size)[None, None]


@PIXELS_SEEN.wrong
def their_number(network, size):
    """You returned how many pixels are seen. Return which ones they are: bools (size, size)."""
    return int(pixels_seen(network, size).sum())


@PIXELS_SEEN.right
def seen_by_autograd(network, size):
    image = torch.rand(1, 1, size, size, requires_grad=True)
    (gradient,) = torch.autograd.grad(_middle_of(network(image)), image)
    return gradient.reshape(size, size).abs() > 0


@PIXELS_SEEN.right
def seen_by_change(network, size):
    with torch.no_grad():
        before = _middle_of(network(torch.zeros(1, 1, size, size)))
        one_pixel_each = torch.eye(size * size).reshape(-1, 1, 1, size, size)
        changed = [_middle_of(network(image)) != before for image in one_pixel_each]
    return np.array(changed).reshape(size, size)


@PIXELS_SEEN.right
def seen_as_lists(network, size):
    image = torch.randn(1, 1, size, size).requires_grad_()
    output = network(image)
    *_, height, width = output.shape
    is_middle = torch.zeros_like(output)
    is_middle[..., height // 2, width // 2] = True
    output.backward(is_middle)
    return [[value != 0 for value in row] for row in image.grad[0, 0].tolist()]


PIXELS_SEEN.equivalent(
    "pixels_seen, line 15: 1 -> 2",
    "seen_as_lists, line 3: 1 -> 2",
    because="A second image changes nothing of what the first one's output sees.",
)
PIXELS_SEEN.equivalent(
    "pixels_seen, line 18: 0 -> -1",
    "pixels_seen, line 19: 0 -> -1",
    "seen_as_lists, line 9: 0 -> -1",
    because="There is one image and one channel: the first is the last.",
)
