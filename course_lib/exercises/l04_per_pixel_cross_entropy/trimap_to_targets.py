"""From the pet files to class ids."""

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def trimap_to_targets(trimap):
    """Turn a pet trimap into targets for cross-entropy.

    Args:
        trimap: a uint8 NumPy array of any shape with 1 pet, 2 background, 3 border. It must stay as it is.

    Returns:
        An int64 array of the same shape with 0 pet, 1 background, 2 border.
    """
    ### BEGIN SOLUTION
    return trimap.astype(np.int64) - 1
    ### END SOLUTION


def _observe_ids(answer, trimap):
    """Observe the ids, their dtype, and whether the trimap is still what it was."""
    before = trimap.copy()
    targets = answer(trimap)
    if targets is None:
        return None
    dtype = str(getattr(targets, "dtype", f"{type(targets).__name__}, which has no dtype"))
    same = "as it was" if np.array_equal(before, trimap) else "changed"
    return {"targets": targets, "dtype": dtype.removeprefix("torch."), "trimap afterwards": same}


_SHAPES = {"usual": (3, 4), "one row": (1, 5), "one pixel": (1, 1), "a batch": (2, 3, 4), "large": (9, 12)}
_SHAPES |= {"one axis": (5,)}


def _draw_trimap(rng, kind):
    trimap = rng.integers(1, 4, _SHAPES[kind], dtype=np.uint8)
    trimap.flat[:3] = rng.permutation([1, 2, 3])[: trimap.size]
    return (trimap,)


TRIMAP_TO_TARGETS = Exercise(
    trimap_to_targets,
    title="From the pet files to class ids",
    points=1,
    minutes=5,
    source="Losses and metrics, Oxford-IIIT Pet",
    draw=by_kind(_draw_trimap, *_SHAPES),
    observe=_observe_ids,
    hints=(
        "Every id moves by the same amount. Two more things are asked for: the dtype, and that the trimap stays "
        "as it is.",
        "astype makes a new array. What dtype does cross-entropy want?",
        "trimap.astype(np.int64) - 1",
    ),
    why="Ids from 0, of the dtype that cross-entropy takes, in a new array, so that the file's stays as it was. Where "
    "int64 comes before a subtraction, no byte can wrap around.",
)


def _seen_ids(targets):
    return {"targets": targets, "dtype": "int64", "trimap afterwards": "as it was"}


TRIMAP_TO_TARGETS.worked(
    np.array([[2, 2, 3], [2, 3, 1], [3, 1, 1]], np.uint8),
    gives=_seen_ids([[1, 1, 2], [1, 2, 0], [2, 0, 0]]),
    example="trimap-ids",
)
TRIMAP_TO_TARGETS.worked(np.array([[1, 2, 3]], np.uint8), gives=_seen_ids([[0, 1, 2]]))


@TRIMAP_TO_TARGETS.wrong
def left_as_they_are(trimap):
    """You left the ids at 1 to 3. Three classes have the ids 0, 1 and 2, and cross-entropy stops at a 3:
    subtract 1.
    """
    return trimap.astype(np.int64)


@TRIMAP_TO_TARGETS.wrong
def minus_2_in_uint8(trimap):
    """You subtracted 2, and in uint8 there is no -1: 1 - 2 wraps round to 255, which counts as ignored.
    Subtract 1, and convert to int64 first.
    """
    return (trimap - np.uint8(2)).astype(np.int64)


@TRIMAP_TO_TARGETS.wrong
def still_uint8(trimap):
    """Your ids are right, but they are still uint8. Cross-entropy takes int64 targets: .astype(np.int64)."""
    return trimap - np.uint8(1)


@TRIMAP_TO_TARGETS.wrong
def changed_in_place(trimap):
    """Your ids are right, but -= changed the trimap itself. Run twice, it would subtract 2: make a new array
    with trimap.astype(np.int64) - 1.
    """
    trimap -= 1
    return trimap.astype(np.int64)


@TRIMAP_TO_TARGETS.wrong
def border_as_0(trimap):
    """You made the border 0 and left pet and background at 1 and 2. All three move down by one: subtract 1."""
    return trimap.astype(np.int64) % 3


@TRIMAP_TO_TARGETS.wrong
def background_as_0(trimap):
    """You made the background 0. Many data sets do, but here pet is 0, background 1 and border 2: subtract 1."""
    return np.array([0, 1, 0, 2])[trimap]


@TRIMAP_TO_TARGETS.wrong
def floats(trimap):
    """Your ids are floats. A class id is a name, not a quantity, and cross-entropy takes int64:
    .astype(np.int64).
    """
    return trimap.astype(np.float32) - 1


@TRIMAP_TO_TARGETS.wrong
def replaced_in_turn(trimap):
    """You replaced 3 by 2, then 2 by 1, then 1 by 0, so every pixel fell down the stairs to 0. Subtract 1
    from all at once, or begin with the smallest id.
    """
    ids = trimap.astype(np.int64)
    for old, new in ((3, 2), (2, 1), (1, 0)):
        ids[ids == old] = new
    return ids


@TRIMAP_TO_TARGETS.wrong
def another_integer_dtype(trimap):
    """Your ids are right, and so is the idea to convert, but the dtype is int32. Cross-entropy takes int64:
    .astype(np.int64).
    """
    return trimap.astype(np.int32) - 1


@TRIMAP_TO_TARGETS.wrong
def lists(trimap):
    """You returned lists. A list has no dtype, and cross-entropy wants int64: compute with the whole array, or make one
    of your list with np.array(..., dtype=np.int64).
    """
    return (trimap.astype(np.int64) - 1).tolist()


@TRIMAP_TO_TARGETS.wrong
def floats_of_64_bits(trimap):
    """Your ids are floats, which float, 1.0 and / make of whole numbers. Cross-entropy takes ids as int64:
    .astype(np.int64).
    """
    return trimap.astype(np.float64) - 1


@TRIMAP_TO_TARGETS.wrong
def lists_of_rows(trimap):
    """You go through rows and columns and return lists. The trimap may have one axis or three, and a list has no dtype:
    subtract from the whole array at once.
    """
    return [[int(pixel) - 1 for pixel in row] for row in trimap]


@TRIMAP_TO_TARGETS.wrong
def rows_and_columns_only(trimap):
    """You loop over rows and columns, but the trimap may have any number of axes, one or three among them. Subtract
    from the whole array at once, without a loop.
    """
    ids = np.zeros(trimap.shape, np.int64)
    for row in range(trimap.shape[0]):
        for column in range(trimap.shape[1]):
            ids[row, column] = trimap[row, column] - 1
    return ids


@TRIMAP_TO_TARGETS.wrong
def pet_or_not(trimap):
    """You made two classes of the three: pet and everything else. The border keeps an id of its own: subtract 1."""
    return (trimap != 1).astype(np.int64)


@TRIMAP_TO_TARGETS.wrong
def only_the_pet_moves(trimap):
    """You made the pet 0 and left background and border at 2 and 3. All three ids move down by one: subtract 1."""
    return np.where(trimap == 1, 0, trimap).astype(np.int64)


@TRIMAP_TO_TARGETS.right
def ids_by_table(trimap):
    return np.array([255, 0, 1, 2])[trimap]


@TRIMAP_TO_TARGETS.right
def ids_by_torch(trimap):
    return torch.from_numpy(trimap).long() - 1


@TRIMAP_TO_TARGETS.right
def ids_replaced_in_order(trimap):
    ids = trimap.astype(np.int64)
    for old, new in ((1, 0), (2, 1), (3, 2)):
        ids[ids == old] = new
    return ids


@TRIMAP_TO_TARGETS.right
def ids_from_a_list(trimap):
    return np.array((trimap - 1).tolist(), dtype="int64")


TRIMAP_TO_TARGETS.equivalent(
    "ids_by_table, line 3: 255 -> 254",
    "ids_by_table, line 3: 255 -> 256",
    because="The table is longer than the largest id, 3.",
)

TRIMAP_TO_TARGETS.equivalent(
    "ids_from_a_list, line 3: np.array((trimap - 1).tolist(), dtype='int64') -> np.array((trimap - 1).tolist())",
    because="int64 is what NumPy makes of whole numbers.",
)

TRIMAP_TO_TARGETS.equivalent(
    "ids_replaced_in_order, line 5: ids -> trimap",
    because="At ids that were not replaced yet, both are equal.",
)
