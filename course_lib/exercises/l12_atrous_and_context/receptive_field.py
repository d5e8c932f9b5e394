"""The receptive field by rule."""

import math

from course_lib.checking.exercise import Exercise, by_kind


def receptive_field(layers):
    """Return the receptive field of a stack of layers: the side, in pixels of the image, of what one output sees.

    Args:
        layers: a list of tuples of three int (kernel, stride, dilation), from the image upwards.

    Returns:
        The side, an int. Without any layer, an output is a pixel, and sees 1.
    """
    ### BEGIN SOLUTION
    field = 1
    jump = 1  # pixels of the image from one place of this layer's input to the next
    for kernel, stride, dilation in layers:
        field += (kernel - 1) * dilation * jump
        jump *= stride
    return field
    ### END SOLUTION


_LAYERS = {  # they come in any order
    "no layer": [],
    "one layer": [(5, 3, 2)],
    "one tap": [(1, 1, 1), (1, 2, 1), (1, 1, 3)],
    "convolutions": [(3, 1, 1), (5, 1, 1), (2, 1, 1)],
    "dilated ones": [(3, 1, 2), (3, 1, 4), (2, 1, 3)],
    "strided ones": [(3, 2, 1), (2, 2, 1), (3, 3, 1), (5, 2, 1)],
    "dilated and strided ones": [(3, 2, 2), (2, 3, 4), (4, 2, 3)],
    "all sorts": [(3, 1, 1), (2, 2, 1), (3, 1, 2), (3, 2, 3), (1, 3, 1), (5, 1, 1)],
}


def _draw_layers(rng, kind):
    layers = _LAYERS[kind]
    return ([layers[place] for place in rng.permutation(len(layers))],)


RECEPTIVE_FIELD = Exercise(
    receptive_field,
    title="The receptive field by rule",
    points=2,
    minutes=10,
    source="Study guide, section 12: larger receptive field",
    draw=by_kind(_draw_layers, *_LAYERS),
    fresh_cases=16,
    hints=(
        "Two numbers are enough as you go up: how many pixels of the image one output of this layer sees, and how many "
        "pixels of the image lie between this output and the next one.",
        "A layer adds (kernel - 1) * dilation steps to what is seen. How long is one step in pixels of the image? The "
        "strides of the layers before this one say so.",
        "field = jump = 1; for each layer: field += (kernel - 1) * dilation * jump, then jump *= stride. Return "
        "field.",
    ),
    why="A stride multiplies all later steps, and a dilation widens its own layer. A stride costs resolution, and a "
    "dilation does not.",
)

RECEPTIVE_FIELD.worked([(3, 1, 1), (3, 1, 1), (3, 1, 1)], gives=7)
# 1 + 2, + 1, + 2 * 2
RECEPTIVE_FIELD.worked([(3, 1, 1), (2, 2, 1), (3, 1, 1)], gives=8, example="field-with-pooling")
# 1 + 2 + 4 + 8
RECEPTIVE_FIELD.worked([(3, 1, 1), (3, 1, 2), (3, 1, 4)], gives=15)


def _field_by(step):
    """Follow field and jump by another rule for one layer."""

    def follow(layers):
        field, jump = 1, 1
        for layer in layers:
            field, jump = step(field, jump, *layer)
        return field

    return follow


@RECEPTIVE_FIELD.wrong
def strides_ignored(layers):
    """You left the strides out. After a stride of 2, one step of every later layer is two pixels of the image: multiply
    what a layer adds by the strides of all layers before it.
    """
    return _field_by(lambda field, jump, k, s, d: (field + (k - 1) * d, 1))(layers)


@RECEPTIVE_FIELD.wrong
def dilation_ignored(layers):
    """You left the dilation out: k taps that are d apart span (k - 1) * d + 1 places."""
    return _field_by(lambda field, jump, k, s, d: (field + (k - 1) * jump, jump * s))(layers)


@RECEPTIVE_FIELD.wrong
def own_stride_counted(layers):
    """You let a layer's own stride widen its own view. Its stride says how long the steps of the *next* layer are: add
    first, then multiply the jump.
    """
    return _field_by(lambda field, jump, k, s, d: (field + (k - 1) * d * jump * s, jump * s))(layers)


@RECEPTIVE_FIELD.wrong
def whole_kernels_added(layers):
    """You added kernel * dilation per layer. One tap lies on what is seen already, so a layer adds (kernel - 1)
    * dilation steps.
    """
    return _field_by(lambda field, jump, k, s, d: (field + k * d * jump, jump * s))(layers)


@RECEPTIVE_FIELD.wrong
def started_at_0(layers):
    """You are one pixel short: before any layer an output is a pixel, and a pixel sees 1, itself."""
    return receptive_field(layers) - 1


@RECEPTIVE_FIELD.wrong
def spans_multiplied(layers):
    """You multiplied the spans of the kernels. Two 3x3 convolutions see 5 x 5, not 9 x 9: each adds a rim to
    what the one below sees.
    """
    return _field_by(lambda field, jump, k, s, d: (field * ((k - 1) * d + 1), 1))(layers)


@RECEPTIVE_FIELD.wrong
def from_the_wrong_end(layers):
    """You stretched the field by each stride as you went up. That rule goes from the output down to the
    image; going up, it is the step between places that grows.
    """
    return _field_by(lambda field, jump, k, s, d: (field * s + (k - 1) * d, 1))(layers)


@RECEPTIVE_FIELD.wrong
def jump_of_one_layer(layers):
    """Your jump is the stride of the layer before. It is the product of all strides so far: multiply."""
    return _field_by(lambda field, jump, k, s, d: (field + (k - 1) * d * jump, s))(layers)


@RECEPTIVE_FIELD.wrong
def strides_added(layers):
    """You added the strides up. After two strides of 2, one step is four pixels, after three it is eight:
    multiply them.
    """
    return _field_by(lambda field, jump, k, s, d: (field + (k - 1) * d * jump, jump + s - 1))(layers)


@RECEPTIVE_FIELD.wrong
def stride_added_to_the_jump(layers):
    """You added the stride to the jump. After a stride of 1 a step must be as long as before, and after a second
    stride of 2 it is four pixels: multiply.
    """
    return _field_by(lambda field, jump, k, s, d: (field + (k - 1) * d * jump, jump + s))(layers)


@RECEPTIVE_FIELD.wrong
def from_the_last_layer(layers):
    """You went through the layers from the last to the first. Field and jump grow from the image upwards, and
    layers come in that order already.
    """
    return receptive_field(layers[::-1])


@RECEPTIVE_FIELD.wrong
def dilation_in_the_jump(layers):
    """You let the dilation lengthen the jump. It spreads the taps of its own layer, (kernel - 1) * dilation * jump; the
    places of the result are as far apart as before. Only the stride goes into the jump.
    """
    return _field_by(lambda field, jump, k, s, d: (field + (k - 1) * jump, jump * s * d))(layers)


@RECEPTIVE_FIELD.right
def from_the_output_down(layers):
    field = 1
    for kernel, stride, dilation in reversed(layers):
        field = (field - 1) * stride + (kernel - 1) * dilation + 1
    return field


@RECEPTIVE_FIELD.right
def by_places(layers):
    places = {0}
    for kernel, stride, dilation in reversed(layers):
        places = {place * stride + tap * dilation for place in places for tap in range(kernel)}
    return max(places) + 1


@RECEPTIVE_FIELD.right
def by_products(layers):
    field = 1
    for below, (kernel, _, dilation) in enumerate(layers):
        field += (kernel - 1) * dilation * math.prod(stride for _, stride, _ in layers[:below])
    return field
