"""Wrong axes that the shape of the result does not give away."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind


def hidden_axes(shape):
    """Find the wrong axes that nobody would notice by looking at the shape of the class maps.

    Args:
        shape: the shape (N, C, H, W) of logits, a tuple of four int.

    Returns:
        A list of those axes among 0, 2 and 3, in rising order; empty if there is none. For (3, 3, 4, 5) it is [0]:
        over axis 0 argmax leaves (3, 4, 5), and over axis 1, the right one, it leaves (3, 4, 5) as well.
    """
    hidden = []
    ### BEGIN SOLUTION
    right = shape[:1] + shape[2:]
    for axis in (0, 2, 3):
        if shape[:axis] + shape[axis + 1 :] == right:
            hidden.append(axis)
    ### END SOLUTION
    return hidden


# In a shape, sizes may be equal by accident: pairs of places that hold the same size.
_EQUAL = {
    "all different": (),
    "as many images as classes": ((0, 1),),
    "as many classes as rows": ((1, 2),),
    "as many classes as columns": ((1, 3),),
    "a square": ((2, 3),),
    "a square, as many classes as rows": ((1, 2), (1, 3)),
    "as many images as classes, a square": ((0, 1), (2, 3)),
    "images, classes and rows": ((0, 1), (0, 2)),
    "images, classes and columns": ((0, 1), (0, 3)),
    "as many images as rows, classes as columns": ((0, 2), (1, 3)),
    "all equal": ((0, 1), (0, 2), (0, 3)),
}


def _draw_shape(rng, kind):
    shape = [int(size) for size in rng.choice(np.arange(1, 17), size=4, replace=False)]
    for first, second in _EQUAL[kind]:
        shape[second] = shape[first]
    return (tuple(shape),)


HIDDEN_AXES = Exercise(
    hidden_axes,
    title="Wrong axes that nobody notices",
    points=2,
    minutes=10,
    source="Losses and metrics, checkpoint 1; Lesson 33, section 3",
    draw=by_kind(_draw_shape, *_EQUAL),
    hints=(
        "Argmax takes one number out of the shape and keeps the order of the other three. Write down what is left of "
        "(N, C, H, W) for each of the four axes, and compare.",
        "Over axis 1 `shape[:1] + shape[2:]` is left. What is left over any other `axis`? The same with `axis` in "
        "place of 1.",
        "`right = shape[:1] + shape[2:]`, then `for axis in (0, 2, 3):`, in it `if shape[:axis] + shape[axis + 1:] == "
        "right:`, and in that `hidden.append(axis)`.",
    ),
    why="Axis 0 hides where N = C, axis 2 where C = H, and axis 3 only where C, H and W are all equal. A square image "
    "hides nothing as long as C is another number, so test with N, C, H and W all different.",
)

HIDDEN_AXES.worked((4, 3, 128, 128), gives=[], example="logits-shape")
HIDDEN_AXES.worked((3, 3, 4, 5), gives=[0])
HIDDEN_AXES.worked((2, 4, 4, 5), gives=[2])
HIDDEN_AXES.worked((2, 5, 4, 5), gives=[])
HIDDEN_AXES.worked((2, 4, 4, 4), gives=[2, 3])


@HIDDEN_AXES.wrong
def by_length(shape):
    """You list every axis that is as long as the class axis, and for axis 3 that is not enough. Over axis 3 the shape
    (N, C, H) is left, in this order, and it equals (N, H, W) only if H and W are the same as well.
    """
    return [axis for axis in (0, 2, 3) if shape[axis] == shape[1]]


@HIDDEN_AXES.wrong
def square_hides(shape):
    """You take a square image for the culprit. With H = W but another C, the wrong shapes are (N, C, W) and (N, C, H):
    the C in them gives the mistake away.
    """
    return [2, 3] if shape[2] == shape[3] else []


@HIDDEN_AXES.wrong
def not_square_is_safe(shape):
    """Images that are not square can hide a wrong axis too: with C = H they hide axis 2, because (N, C, W) equals
    (N, H, W) then.
    """
    return hidden_axes(shape) if shape[2] == shape[3] else [axis for axis in hidden_axes(shape) if axis == 0]


@HIDDEN_AXES.wrong
def together(shape):
    """You treat the axes 2 and 3 alike, but they hide under different conditions. Over axis 2 (N, C, W) is left, and
    over axis 3 (N, C, H): compare each of them with (N, H, W).
    """
    images, classes, height, width = shape
    hidden = [0] if images == classes else []
    return hidden + [2, 3] if classes in (height, width) else hidden


@HIDDEN_AXES.wrong
def sizes(shape):
    """You list how long the axes are. Asked for are their numbers: append `axis`, not `shape[axis]`."""
    return [shape[axis] for axis in hidden_axes(shape)]


@HIDDEN_AXES.wrong
def with_the_right_one(shape):
    """Your list holds axis 1 too, but axis 1 is the right one. Compare the axes 0, 2 and 3 with it."""
    return sorted([1, *hidden_axes(shape)])


@HIDDEN_AXES.wrong
def images_forgotten(shape):
    """You left axis 0 out. Where there are as many images as classes, argmax over the images gives (C, H, W), which
    looks like (N, H, W).
    """
    return [axis for axis in hidden_axes(shape) if axis != 0]


@HIDDEN_AXES.wrong
def visible(shape):
    """You list the axes that the shape gives away. Asked for are the others: those whose shape equals the right one."""
    return [axis for axis in (0, 2, 3) if axis not in hidden_axes(shape)]


@HIDDEN_AXES.wrong
def first_only(shape):
    """You stopped at the first axis that hides. Two or three may hide at once: collect them all."""
    return hidden_axes(shape)[:1]


@HIDDEN_AXES.wrong
def counted(shape):
    """You counted the axes that hide. Return which ones they are, in a list."""
    return len(hidden_axes(shape))


@HIDDEN_AXES.wrong
def by_length_of_all(shape):
    """You list every axis that is as long as the class axis, and so the class axis itself, axis 1, which is the right
    one. Over axis 3, moreover, (N, C, H) is left: equal lengths are not enough. Compare what is left over the axes 0, 2
    and 3 with (N, H, W).
    """
    return [axis for axis in range(4) if shape[axis] == shape[1]]


@HIDDEN_AXES.wrong
def twice_in_the_shape(shape):
    """You list every axis whose length occurs twice in the shape. With which other axis it is shared matters: a wrong
    axis hides only if the shape without it equals the shape without axis 1, in the same order.
    """
    return [axis for axis in (0, 2, 3) if shape.count(shape[axis]) > 1]


@HIDDEN_AXES.wrong
def values_removed(shape):
    """Did you use `remove`? `left.remove(1)` looks for an axis that is 1 long, and raises where there is none.
    `del left[1]` takes out what is at place 1.
    """

    def without(axis):
        left = list(shape)
        left.remove(axis)
        return left

    return [axis for axis in (0, 2, 3) if without(axis) == without(1)]


@HIDDEN_AXES.wrong
def columns_forgotten(shape):
    """You left axis 3 out. Where C, H and W are all equal, argmax over the columns gives (N, C, H), which looks like
    (N, H, W).
    """
    return [axis for axis in hidden_axes(shape) if axis != 3]


@HIDDEN_AXES.right
def by_trying(shape):
    logits = np.zeros(shape)
    return [axis for axis in (0, 2, 3) if logits.argmax(axis=axis).shape == logits.argmax(axis=1).shape]


@HIDDEN_AXES.right
def by_cases(shape):
    images, classes, height, width = shape
    found = []
    if images == classes:
        found.append(0)
    if classes == height:
        found.append(2)
        if height == width:
            found.append(3)
    return tuple(found)


@HIDDEN_AXES.right
def by_removal(shape):
    def without(axis):
        left = list(shape)
        del left[axis]
        return left

    return np.array([axis for axis in range(4) if axis != 1 and without(axis) == without(1)])


HIDDEN_AXES.equivalent(
    "by_trying, line 3: np.zeros(shape) -> np.ones(shape)",
    "by_trying, line 4: logits.argmax(axis=axis) -> logits.argmin(axis=axis)",
    "by_trying, line 4: logits.argmax(axis=1) -> logits.argmin(axis=1)",
    because="Only the shapes of these arrays are compared.",
)

HIDDEN_AXES.equivalent(
    "hidden_axes, line 1: right = shape[:1] + shape[2:] -> right = shape[:1] + shape[2:] (moved)",
    because="Computed again in each round, it has the same value.",
)

HIDDEN_AXES.equivalent(
    "by_cases, line 9: height -> classes",
    because="They are equal there.",
)
