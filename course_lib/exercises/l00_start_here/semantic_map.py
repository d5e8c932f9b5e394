"""From instances to classes."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind


def semantic_map(instances, class_of):
    """Turn a map of instances into a map of classes.

    Args:
        instances: instance ids, a nested list of int; 0 where no object is.
        class_of: a dict from the id of each instance to the id of its class; it has no entry for 0.

    Returns:
        Class ids, a new nested list of the same shape; 0 where no object is.
    """
    classes = []
    ### BEGIN SOLUTION
    for row in instances:
        class_row = []
        for instance in row:
            if instance == 0:
                class_row.append(0)
            else:
                class_row.append(class_of[instance])
        classes.append(class_row)
    ### END SOLUTION
    return classes


_KINDS = (
    "usual",
    "two objects of one class",
    "no object",
    "no background",
    "one pixel",
    "square",
    "large",
    "an id that is the next class",
)


def _draw_instances(rng, kind):
    """Draw an instance map and the classes of its instances; some of these are nowhere on the map."""
    height, width = (int(side) for side in rng.choice([2, 3, 4, 5, 6], 2, replace=False))
    shape = {"one pixel": (1, 1), "square": (width, width), "large": (8, 11)}.get(kind, (height, width))
    ids = rng.choice(np.arange(1, 10), size=3, replace=False)
    classes = rng.permutation([1, 2, 3])
    if kind == "two objects of one class":
        classes[1] = classes[0]
    if kind == "an id that is the next class":  # who writes over the ids meets 2 again, and then 3
        ids, classes = np.array([1, 2, 3]), np.array([2, 3, 1])
    held = {"no object": [0], "no background": ids}.get(kind, np.array([0, *ids]))
    instances = rng.choice(held, size=shape)
    instances.flat[: len(held)] = held[: instances.size]
    return instances.tolist(), dict(zip(ids.tolist(), classes.tolist(), strict=True))


SEMANTIC_MAP = Exercise(
    semantic_map,
    title="From instances to classes",
    points=1,
    minutes=5,
    background=0,
    source="Lesson 33, section 2: semantic, instance and panoptic segmentation",
    draw=by_kind(_draw_instances, *_KINDS),
    hints=(
        "Two loops as before: rows, and the pixels of a row. This time you build a new row from what you find.",
        "For each row begin an empty list. Append 0 where the instance is 0, and `class_of[instance]` elsewhere.",
        "`for row in instances:`, `class_row = []`, `for instance in row:`, `class_row.append(class_of.get(instance, "
        "0))`, and after the inner loop `classes.append(class_row)`. `get` gives 0 where the dict has no entry.",
    ),
    why="Semantic segmentation only asks what a pixel is, so objects of one class merge. There is no way back: from "
    "the classes alone nobody can tell how many dogs there were.",
)

# Two dogs, 1 and 2, and a cat, 3; 0 where no pet is.
THREE_PETS = [
    [0, 0, 0, 0, 0, 0, 3],
    [1, 1, 0, 2, 2, 0, 3],
    [1, 1, 1, 2, 2, 3, 3],
    [1, 0, 1, 2, 2, 3, 3],
]

CLASS_OF_PETS = {1: 1, 2: 1, 3: 2}

THREE_PETS_CLASSES = [
    [0, 0, 0, 0, 0, 0, 2],
    [1, 1, 0, 1, 1, 0, 2],
    [1, 1, 1, 1, 1, 2, 2],
    [1, 0, 1, 1, 1, 2, 2],
]

SEMANTIC_MAP.worked(THREE_PETS, CLASS_OF_PETS, gives=THREE_PETS_CLASSES, example="three-pets")
SEMANTIC_MAP.worked([[0, 0, 7]], {7: 3}, gives=[[0, 0, 3]])


@SEMANTIC_MAP.wrong
def same(instances, class_of):
    """You returned the instance ids as they came. Dog 1 and dog 2 are still told apart: look each id up in
    `class_of`, which gives both the class of a dog.
    """
    return [list(row) for row in instances]


@SEMANTIC_MAP.wrong
def without_0(instances, class_of):
    """You looked every id up, 0 too, and `class_of` has no entry for 0. Where no object is, put class 0
    without looking it up.
    """
    return [[class_of[instance] for instance in row] for row in instances]


@SEMANTIC_MAP.wrong
def zeros_skipped(instances, class_of):
    """You left out the pixels without an object, so the rows have become shorter. Each pixel keeps its place:
    append 0 where the instance is 0.
    """
    return [[class_of[instance] for instance in row if instance != 0] for row in instances]


@SEMANTIC_MAP.wrong
def none_for_0(instances, class_of):
    """`get` gives None where the dict has no entry, and `class_of` has none for 0. Say what it should give
    instead: `class_of.get(instance, 0)`.
    """
    return [[class_of.get(instance) for instance in row] for row in instances]


@SEMANTIC_MAP.wrong
def object_or_not(instances, class_of):
    """You put 1 wherever there is an object: that tells object from background, but not a dog from a cat. Put
    the class that `class_of` has for the instance.
    """
    return [[int(instance != 0) for instance in row] for row in instances]


@SEMANTIC_MAP.wrong
def flat(instances, class_of):
    """The classes are right, but the rows are gone: all pixels are in one long list. Begin a new list for
    each row, and put it into `classes` when the row is done.
    """
    return [class_of.get(instance, 0) for row in instances for instance in row]


@SEMANTIC_MAP.wrong
def as_list(instances, class_of):
    """You returned one class for each object. A semantic map has one class for each pixel: go through the
    rows of `instances`, and in each row through its pixels.
    """
    return list(class_of.values())


@SEMANTIC_MAP.wrong
def transposed(instances, class_of):
    """Rows and columns have changed places. Let the outer loop go through the rows of `instances` and the
    inner one through the pixels of a row.
    """
    return [list(column) for column in zip(*semantic_map(instances, class_of), strict=True)]


@SEMANTIC_MAP.wrong
def in_place(instances, class_of):
    """The classes are right, but you wrote them over the instance ids, and others still need those. Build new
    rows and leave `instances` as it is.
    """
    for row in instances:
        for column, instance in enumerate(row):
            row[column] = class_of.get(instance, 0)
    return instances


@SEMANTIC_MAP.wrong
def flat_without_0(instances, class_of):
    """Two things at once. First: you looked every id up, 0 too, and `class_of` has no entry for 0. Second: all
    pixels go into one long list. Put class 0 where no object is, and begin a new list for each row.
    """
    return [class_of[instance] for row in instances for instance in row]


@SEMANTIC_MAP.wrong
def flat_object_or_not(instances, class_of):
    """Two things at once. First: you put 1 wherever there is an object; put the class that `class_of` has for it.
    Second: all pixels are in one long list; begin a new list for each row.
    """
    return [int(instance != 0) for row in instances for instance in row]


@SEMANTIC_MAP.wrong
def dict_of_the_three_pets(instances, class_of):
    """You wrote the classes of the three pets into your function. Another map has other instances: look their ids up
    in the argument, `class_of`.
    """
    return [[{0: 0, **CLASS_OF_PETS}[instance] for instance in row] for row in instances]


@SEMANTIC_MAP.wrong
def in_the_order_of_the_dict(instances, class_of):
    """You took the classes by their place in the dict, so id 7 would be the seventh. The ids need not be 1, 2, 3: look
    each one up, `class_of[instance]`.
    """
    classes = list(class_of.values())
    return [[classes[instance - 1] if instance else 0 for instance in row] for row in instances]


@SEMANTIC_MAP.wrong
def no_object_is_1(instances, class_of):
    """You put 1 where no object is. Here 1 is the class of an object, and 0 says that there is none."""
    return [[class_of.get(instance, 1) for instance in row] for row in instances]


@SEMANTIC_MAP.wrong
def flat_same(instances, class_of):
    """Two things at once. First: you kept the instance ids; look each one up in `class_of`. Second: all pixels are in
    one long list; begin a new list for each row.
    """
    return [instance for row in instances for instance in row]


@SEMANTIC_MAP.wrong
def one_after_the_other(instances, class_of):
    """You wrote the classes over the ids, one instance after another. A class that you have just written may be the id
    of the next instance, and is then changed once more. Look up the ids as they were.
    """
    classes = [list(row) for row in instances]
    for instance, class_id in class_of.items():
        classes = [[class_id if pixel == instance else pixel for pixel in row] for row in classes]
    return classes


@SEMANTIC_MAP.right
def get(instances, class_of):
    return [[class_of.get(instance, 0) for instance in row] for row in instances]


@SEMANTIC_MAP.right
def full_dict(instances, class_of):
    full = {0: 0, **class_of}
    return tuple(tuple(full[instance] for instance in row) for row in instances)


@SEMANTIC_MAP.right
def with_numpy(instances, class_of):
    instances = np.array(instances)
    classes = np.zeros_like(instances)
    for instance, class_id in class_of.items():
        classes[instances == instance] = class_id
    return classes
