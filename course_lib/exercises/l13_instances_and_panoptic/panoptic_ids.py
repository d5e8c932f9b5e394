"""One id for class and object."""

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def panoptic_ids(classes, instances, things):
    """Return one id per pixel: class * 1000 + number of the object for things, class * 1000 for stuff.

    Args:
        classes: nested lists of int (H, W), the class of every pixel.
        instances: nested lists of int (H, W), the number of the object that it belongs to. At a pixel of
            stuff, the number means nothing.
        things: the list of the class ids that are counted.

    Returns:
        Nested lists of int (H, W).
    """
    ### BEGIN SOLUTION
    ids = []
    for class_row, number_row in zip(classes, instances, strict=True):
        row = []
        for class_id, number in zip(class_row, number_row, strict=True):
            row.append(class_id * 1000 + (number if class_id in things else 0))
        ids.append(row)
    return ids
    ### END SOLUTION


_KINDS = ("usual", "one row", "square", "large", "no thing", "only things", "other things")
_OTHER_THINGS = ([1, 3], [4, 2], [0, 3])  # neither the last classes nor neighbours


def _draw_labelled_scene(rng, kind):
    height, width = (int(side) for side in rng.choice([2, 3, 4, 5], 2, replace=False))
    shape = {"one row": (1, 5), "square": (4, 4), "large": (6, 7)}.get(kind, (height, width))
    classes, instances = rng.integers(0, 5, shape), rng.integers(1, 4, shape)
    classes[0, :2] = 1, 4  # stuff and a thing, whatever else there is
    if kind in ("no thing", "only things"):
        classes = classes % 3 if kind == "no thing" else 3 + classes % 2
    things = [3, 4]
    if kind == "other things":
        classes, instances = rng.integers(0, 5, (3, 5)), rng.integers(1, 4, (3, 5))
        classes[0] = rng.permutation(5)
        things = list(_OTHER_THINGS[rng.integers(len(_OTHER_THINGS))])
    return classes.tolist(), instances.tolist(), things


PANOPTIC_IDS = Exercise(
    panoptic_ids,
    title="One id for class and object",
    points=1,
    minutes=6,
    source="Lesson 33, section 2; study guide, section 1: panoptic segmentation",
    draw=by_kind(_draw_labelled_scene, *_KINDS),
    hints=(
        "Walk over the pixels of both maps at once. What does the id need to hold if a pixel belongs to a cat, and "
        "what if it belongs to a wall?",
        "Two nested loops with zip give you class_id and number. `class_id in things` tells what is counted.",
        "Each id is class_id * 1000 + (number if class_id in things else 0). Collect them row by row.",
    ),
    why="One integer per pixel holds both. Divide by 1000 and drop the rest, and you have the semantic map; two ids of "
    "one class that differ are two objects. Cityscapes numbers its things like this. COCO's ids do not hold the class: "
    "that is in a JSON file.",
)

PANOPTIC_IDS.worked(
    [[0, 0, 3], [1, 4, 4]], [[0, 0, 1], [0, 2, 3]], [3, 4], gives=[[0, 0, 3001], [1000, 4002, 4003]]
)
PANOPTIC_IDS.worked([[2, 3]], [[7, 7]], [3], gives=[[2000, 3007]])


def _ids_by(rule):
    """Give each pixel an id by another rule of class, number and whether it is a thing."""

    def ids(classes, instances, things):
        return [
            [rule(c, n, c in things) for c, n in zip(*rows, strict=True)]
            for rows in zip(classes, instances, strict=True)
        ]

    return ids


@PANOPTIC_IDS.wrong
def stuff_is_numbered(classes, instances, things):
    """You added the number at every pixel. Stuff is not counted: a wall behind two pets is one wall. Add the
    number only where the class is one of the things.
    """
    return _ids_by(lambda c, n, thing: c * 1000 + n)(classes, instances, things)


@PANOPTIC_IDS.wrong
def only_class(classes, instances, things):
    """Your ids hold only the class, so two cats have the same one: that is the semantic map again. Add the
    number of the object where the class is a thing.
    """
    return _ids_by(lambda c, n, thing: c * 1000)(classes, instances, things)


@PANOPTIC_IDS.wrong
def only_number(classes, instances, things):
    """Your ids of things hold only the number, so that nobody can tell object 1 from class 1. Every id holds the class,
    times 1000; the number is added to that.
    """
    return _ids_by(lambda c, n, thing: n if thing else c)(classes, instances, things)


@PANOPTIC_IDS.wrong
def stuff_left_out(classes, instances, things):
    """You gave all stuff the id 0. That is instance segmentation; panoptic means that every pixel has its
    class: class * 1000 for stuff.
    """
    return _ids_by(lambda c, n, thing: c * 1000 + n if thing else 0)(classes, instances, things)


@PANOPTIC_IDS.wrong
def stuff_not_times_1000(classes, instances, things):
    """Your stuff has the bare class as its id, as in Cityscapes' files. Here an id divided by 1000 is always the class:
    multiply for stuff as well.
    """
    return _ids_by(lambda c, n, thing: c * 1000 + n if thing else c)(classes, instances, things)


@PANOPTIC_IDS.wrong
def number_times_1000(classes, instances, things):
    """You multiplied the number by 1000, and not the class. An id divided by 1000 should give the class:
    class * 1000 + number.
    """
    return _ids_by(lambda c, n, thing: (n if thing else 0) * 1000 + c)(classes, instances, things)


@PANOPTIC_IDS.wrong
def things_and_stuff_swapped(classes, instances, things):
    """You numbered the stuff and not the things. Things are what is counted: add the number where the class
    is in things.
    """
    return _ids_by(lambda c, n, thing: c * 1000 + (0 if thing else n))(classes, instances, things)


@PANOPTIC_IDS.wrong
def from_the_first_thing_on(classes, instances, things):
    """You took every class from a certain id upwards for a thing. The things may have any ids: ask whether the class is
    in things.
    """
    return [
        [c * 1000 + n * (c >= min(things)) for c, n in zip(*rows, strict=True)]
        for rows in zip(classes, instances, strict=True)
    ]


@PANOPTIC_IDS.wrong
def only_the_first_thing(classes, instances, things):
    """You numbered the objects of one class only. There are several classes of things: ask whether the class is in
    things.
    """
    return _ids_by(lambda c, n, thing: c * 1000 + n * (c == things[0]))(classes, instances, things)


@PANOPTIC_IDS.wrong
def times_100(classes, instances, things):
    """You multiplied the class by 100. It is 1000 here, which leaves room for 999 objects of a class."""
    return _ids_by(lambda c, n, thing: c * 100 + (n if thing else 0))(classes, instances, things)


@PANOPTIC_IDS.right
def ids_in_numpy(classes, instances, things):
    classes, instances = np.array(classes), np.array(instances)
    return 1000 * classes + np.where(np.isin(classes, things), instances, 0)


@PANOPTIC_IDS.right
def ids_in_torch(classes, instances, things):
    ids = torch.tensor(classes)
    counted = torch.isin(ids, torch.tensor(things))
    return ids * 1000 + torch.tensor(instances) * counted


@PANOPTIC_IDS.right
def ids_by_comprehension(classes, instances, things):
    return [
        tuple(1000 * c + n * (c in things) for c, n in zip(*rows, strict=True))
        for rows in zip(classes, instances, strict=True)
    ]
