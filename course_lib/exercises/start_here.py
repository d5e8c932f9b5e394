"""The exercises of lesson 00: a first one, and from instances to classes."""

import numpy as np

from course_lib.checking.exercise import Exercise, Misconception, Worked

# 0 pet, 1 background, 2 border.
SMALL_PET = [
    [1, 1, 2, 2, 1, 1],
    [1, 2, 0, 0, 2, 1],
    [1, 2, 0, 0, 0, 2],
    [1, 2, 0, 2, 0, 2],
]
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


# --- New cases ---------------------------------------------------------------------------------------------


def _draw_mask(rng):
    """Draw a mask and the id to count; now and then the mask lacks it, or is one pixel."""
    shape = (1, 1) if rng.random() < 0.1 else tuple(rng.integers(2, 7, size=2))
    num_classes = int(rng.integers(2, 5))
    mask = rng.integers(num_classes, size=shape)
    wanted = int(rng.integers(num_classes + 1))
    return mask.tolist(), wanted


def _draw_instances(rng):
    """Draw an instance map, often with background and with several objects of one class."""
    height, width = rng.integers(2, 7, size=2)
    ids = rng.choice(np.arange(1, 10), size=rng.integers(1, 5), replace=False)
    held = np.concatenate([ids, [0] if rng.random() < 0.8 else []]).astype(int)
    instances = rng.choice(held, size=(height, width))
    return instances.tolist(), {int(number): int(rng.integers(1, 4)) for number in ids}


# --- class-pixels ------------------------------------------------------------------------------------------


def class_pixels(mask, class_id):
    """Count the pixels of one class.

    Goes in: a mask of class ids, a nested list (a list of rows); and one class id, an int.
    Comes out: how many pixels have this id, an int; 0 where none has.
    """
    count = 0
    ### BEGIN SOLUTION
    for row in mask:
        for pixel in row:
            if pixel == class_id:
                count += 1
    ### END SOLUTION
    return count


def _class_pixels_rows(mask, class_id):
    return sum(class_id in row for row in mask)


def _class_pixels_added(mask, class_id):
    return class_id * class_pixels(mask, class_id)


def _class_pixels_foreground(mask, class_id):
    return sum(pixel != 0 for row in mask for pixel in row)


def _class_pixels_others(mask, class_id):
    return sum(pixel != class_id for row in mask for pixel in row)


def _class_pixels_share(mask, class_id):
    return class_pixels(mask, class_id) / (len(mask) * len(mask[0]))


def _class_pixels_first_row(mask, class_id):
    return mask[0].count(class_id)


def _class_pixels_last_row(mask, class_id):
    return mask[-1].count(class_id)


def _class_pixels_of_rows(mask, class_id):
    return mask.count(class_id)


def _class_pixels_count(mask, class_id):
    return sum(row.count(class_id) for row in mask)


def _class_pixels_numpy(mask, class_id):
    return (np.array(mask) == class_id).sum()


def _class_pixels_flat(mask, class_id):
    return len([pixel for row in mask for pixel in row if pixel == class_id])


CLASS_PIXELS = Exercise(
    id="class-pixels",
    title="Count the pixels of a class",
    lesson="00",
    points=1,
    minutes=5,
    source="Lesson 33, section 1: a mask is a grid of class ids",
    reference=class_pixels,
    worked=(
        Worked((SMALL_PET, 2), 9, "small-pet"),
        Worked((SMALL_PET, 0), 7),
        Worked(([[1, 1, 0]], 2), 0),
    ),
    fresh=_draw_mask,
    misconceptions=(
        Misconception(
            "class-pixels-rows",
            _class_pixels_rows,
            "You counted the rows that hold the class: `class_id in row` says yes once a row. A row may hold many "
            "such pixels, so go through its pixels one by one.",
        ),
        Misconception(
            "class-pixels-added",
            _class_pixels_added,
            "You added up the ids. An id is a name, not an amount: add 1 for each pixel that has it.",
        ),
        Misconception(
            "class-pixels-foreground",
            _class_pixels_foreground,
            "You counted every pixel that is not 0, whatever was asked for. Compare each pixel with `class_id`.",
        ),
        Misconception(
            "class-pixels-others",
            _class_pixels_others,
            "You counted the pixels of all other classes: `!=` means differs from. Count where pixel and "
            "`class_id` are equal, with `==`.",
        ),
        Misconception(
            "class-pixels-share",
            _class_pixels_share,
            "You divided by the number of pixels: that is the share of the class. Return the count itself, a whole "
            "number.",
        ),
        Misconception(
            "class-pixels-first-row",
            _class_pixels_first_row,
            "You counted the first row alone. Is the `return` indented into the loop? Move it out, to the "
            "indentation of the `for`.",
        ),
        Misconception(
            "class-pixels-last-row",
            _class_pixels_last_row,
            "You counted the last row alone. Is there a `count = 0` inside the loop? It forgets the rows before: "
            "set the count to 0 once, before the loop.",
        ),
        Misconception(
            "class-pixels-of-rows",
            _class_pixels_of_rows,
            "You looked for the id among the rows: `mask` is a list of lists, and no row is a number. Take the rows "
            "first, and in each row its pixels.",
        ),
    ),
    accepted=(_class_pixels_count, _class_pixels_numpy, _class_pixels_flat),
    hints=(
        "A mask is a list of rows, and a row is a list of pixels. That makes two loops, one inside the other.",
        "`for row in mask:` and, indented under it, `for pixel in row:`. What has to be true of a pixel that counts?",
        "Inside the two loops: `if pixel == class_id:` and, indented under it, `count += 1`.",
    ),
    why="Every pixel was looked at once and compared with the one id. Every score of this course begins with "
    "such a count.",
)


# --- instances-to-semantic ---------------------------------------------------------------------------------


def semantic_map(instances, class_of):
    """Turn a map of instances into a map of classes.

    Goes in: instance ids, a nested list, 0 where no object is; and a dict from the id of each instance to the id of
    its class. The dict has no entry for 0.
    Comes out: class ids, a new nested list of the same shape, 0 where no object is.
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


def _semantic_map_same(instances, class_of):
    return [list(row) for row in instances]


def _semantic_map_without_0(instances, class_of):
    return [[class_of[instance] for instance in row] for row in instances]


def _semantic_map_object(instances, class_of):
    return [[int(instance != 0) for instance in row] for row in instances]


def _semantic_map_flat(instances, class_of):
    return [class_of.get(instance, 0) for row in instances for instance in row]


def _semantic_map_list(instances, class_of):
    return list(class_of.values())


def _semantic_map_transposed(instances, class_of):
    return [list(column) for column in zip(*semantic_map(instances, class_of), strict=True)]


def _semantic_map_in_place(instances, class_of):
    for row in instances:
        for column, instance in enumerate(row):
            row[column] = class_of.get(instance, 0)
    return instances


def _semantic_map_get(instances, class_of):
    return [[class_of.get(instance, 0) for instance in row] for row in instances]


def _semantic_map_full_dict(instances, class_of):
    full = {0: 0, **class_of}
    return tuple(tuple(full[instance] for instance in row) for row in instances)


def _semantic_map_numpy(instances, class_of):
    instances = np.array(instances)
    classes = np.zeros_like(instances)
    for instance, class_id in class_of.items():
        classes[instances == instance] = class_id
    return classes


INSTANCES_TO_SEMANTIC = Exercise(
    id="instances-to-semantic",
    title="From instances to classes",
    lesson="00",
    points=1,
    minutes=5,
    source="Lesson 33, section 2: semantic, instance and panoptic segmentation",
    reference=semantic_map,
    worked=(
        Worked((THREE_PETS, CLASS_OF_PETS), THREE_PETS_CLASSES, "three-pets"),
        Worked(([[0, 0, 7]], {7: 3}), [[0, 0, 3]]),
    ),
    fresh=_draw_instances,
    misconceptions=(
        Misconception(
            "semantic-map-same",
            _semantic_map_same,
            "You returned the instance ids as they came. Dog 1 and dog 2 are still told apart: look each id up in "
            "`class_of`, which gives both the class of a dog.",
        ),
        Misconception(
            "semantic-map-without-0",
            _semantic_map_without_0,
            "You looked every id up, 0 too, and `class_of` has no entry for 0. Where no object is, put class 0 "
            "without looking it up.",
        ),
        Misconception(
            "semantic-map-object",
            _semantic_map_object,
            "You put 1 wherever there is an object: that tells object from background, but not a dog from a cat. "
            "Put the class that `class_of` has for the instance.",
        ),
        Misconception(
            "semantic-map-flat",
            _semantic_map_flat,
            "The classes are right, but the rows are gone: all pixels stand in one long list. Begin a new list for "
            "each row, and put it into `classes` when the row is done.",
        ),
        Misconception(
            "semantic-map-list",
            _semantic_map_list,
            "You returned one class for each object. A semantic map has one class for each pixel: go through the "
            "rows of `instances`, and in each row through its pixels.",
        ),
        Misconception(
            "semantic-map-transposed",
            _semantic_map_transposed,
            "Rows and columns have changed places. Let the outer loop go through the rows of `instances` and the "
            "inner one through the pixels of a row.",
        ),
        Misconception(
            "semantic-map-in-place",
            _semantic_map_in_place,
            "The classes are right, but you wrote them over the instance ids, and others still need those. Build "
            "new rows and leave `instances` as it is.",
        ),
    ),
    accepted=(_semantic_map_get, _semantic_map_full_dict, _semantic_map_numpy),
    hints=(
        "Two loops as before: rows, and the pixels of a row. This time you build a new row from what you find.",
        "For each row begin an empty list. Append 0 where the instance is 0, and `class_of[instance]` elsewhere.",
        "`for row in instances:`, `class_row = []`, `for instance in row:`, `class_row.append(class_of.get(instance, "
        "0))`, and after the inner loop `classes.append(class_row)`. `get` gives 0 where the dict has no entry.",
    ),
    why="Semantic segmentation only asks what a pixel is, so objects of one class merge. There is no way back: from "
    "the classes alone nobody can tell how many dogs there were.",
)

EXERCISES = (CLASS_PIXELS, INSTANCES_TO_SEMANTIC)
