"""Read the shape of logits."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind


def read_shape(shape):
    """Say what the four numbers of a shape (N, C, H, W) are, and which shape the class maps have.

    Args:
        shape: the shape of logits, a tuple of four int.

    Returns:
        A dict with images, classes, height, width, each an int, and class map: the shape that argmax over the
        classes leaves, a tuple.
    """
    ### BEGIN SOLUTION
    images, classes, height, width = shape
    class_map = (images, height, width)
    ### END SOLUTION
    return {"images": images, "classes": classes, "height": height, "width": width, "class map": class_map}


# In a shape, any two sizes may be equal by accident: none of them may be found by its value.
_EQUAL = {
    "usual": (),
    "as many images as classes": (0, 1),
    "as many images as rows": (0, 2),
    "as many images as columns": (0, 3),
    "as many classes as rows": (1, 2),
    "as many classes as columns": (1, 3),
    "square": (2, 3),
}
_KINDS = (*_EQUAL, "all equal", "one image", "one class")


def _draw_shape(rng, kind):
    shape = [int(size) for size in rng.choice(np.arange(2, 17), size=4, replace=False)]
    if _EQUAL.get(kind):
        first, second = _EQUAL[kind]
        shape[second] = shape[first]
    if kind == "all equal":
        shape = shape[:1] * 4
    if kind == "one image":
        shape[0] = 1
    if kind == "one class":
        shape[1] = 1
    return (tuple(shape),)


READ_SHAPE = Exercise(
    read_shape,
    title="Read the shape of logits",
    points=1,
    minutes=5,
    source="Losses and metrics, checkpoint 1",
    draw=by_kind(_draw_shape, *_KINDS),
    hints=(
        "The four letters N, C, H, W stand for images, classes, height and width, in this order.",
        "`images, classes, height, width = shape` names all four at once. Which of them does argmax take away?",
        "Second line: `class_map = (images, height, width)`.",
    ),
    why="Argmax compares the C scores of a pixel and leaves one id in their place: (N, C, H, W) becomes (N, H, W). "
    "Every network of this course ends like that.",
)

READ_SHAPE.worked(
    (4, 3, 128, 128),
    gives={"images": 4, "classes": 3, "height": 128, "width": 128, "class map": (4, 128, 128)},
    example="logits-shape",
)
READ_SHAPE.worked(
    (2, 21, 48, 64), gives={"images": 2, "classes": 21, "height": 48, "width": 64, "class map": (2, 48, 64)}
)


def _with(shape, **changed):
    """Return the right answer with some of it changed; ``class_map`` stands for the key "class map"."""
    return read_shape(shape) | {key.replace("_", " "): value for key, value in changed.items()}


@READ_SHAPE.wrong
def classes_last(shape):
    """You read the classes from the end. In (N, C, H, W) they stand second, right after the images."""
    images, height, width, classes = shape
    return _with((images, classes, height, width))


@READ_SHAPE.wrong
def width_first(shape):
    """Height and width have changed places. The height, the number of rows, comes before the width."""
    images, classes, width, height = shape
    return _with((images, classes, height, width))


@READ_SHAPE.wrong
def classes_first(shape):
    """Images and classes have changed places. The first number says how many images, the second how many
    classes.
    """
    classes, images, height, width = shape
    return _with((images, classes, height, width))


@READ_SHAPE.wrong
def colours(shape):
    """You answered 3 classes every time. Three is the number of colours in a photo; logits have as many maps
    as there are classes, the second number.
    """
    return _with(shape, classes=3)


@READ_SHAPE.wrong
def keeps_1(shape):
    """Your class map has a 1 where the classes stood. Argmax takes that axis away: (N, H, W), three numbers."""
    images, _, height, width = shape
    return _with(shape, class_map=(images, 1, height, width))


@READ_SHAPE.wrong
def keeps_classes(shape):
    """Your class map is as large as the logits. Argmax leaves one id where there were C scores, so the C is
    gone: (N, H, W).
    """
    return _with(shape, class_map=tuple(shape))


@READ_SHAPE.wrong
def one_map(shape):
    """Your class map is that of one image. Each of the N images gets its own: (N, H, W)."""
    return _with(shape, class_map=tuple(shape[2:]))


@READ_SHAPE.wrong
def loses_images(shape):
    """You took the images away and left the classes. Argmax compares classes, so their axis goes and the
    images stay: (N, H, W).
    """
    return _with(shape, class_map=tuple(shape[1:]))


@READ_SHAPE.right
def by_index(shape):
    return {
        "images": shape[0],
        "classes": shape[1],
        "height": shape[2],
        "width": shape[3],
        "class map": [shape[0], *shape[2:]],
    }


@READ_SHAPE.right
def zipped(shape):
    numbers = dict(zip(("images", "classes", "height", "width"), shape, strict=True))
    return numbers | {"class map": (numbers["images"], numbers["height"], numbers["width"])}


@READ_SHAPE.right
def with_numpy(shape):
    images, classes, height, width = np.array(shape)
    class_map = np.zeros(shape, np.uint8).argmax(axis=1).shape
    return {"images": images, "classes": classes, "height": height, "width": width, "class map": class_map}


READ_SHAPE.equivalent(
    "with_numpy, line 4: np.zeros(shape, np.uint8) -> np.ones(shape, np.uint8)",
    "with_numpy, line 4: np.zeros(shape, np.uint8) -> np.zeros(shape)",
    "with_numpy, line 4: np.zeros(shape, np.uint8).argmax(axis=1) -> np.zeros(shape, np.uint8).argmin(axis=1)",
    because="Only the shape of this array is asked for.",
)
