"""Draw the rare class more often."""

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def draw_chances(targets, class_id, share):
    """Return for each image the chance to be drawn next.

    The images that hold the class anywhere get `share` of the chances together, the others the rest; within
    each of the two groups all are alike.

    Args:
        targets: class ids, an integer array (N, H, W).
        class_id: the class, an int.
        share: a float from 0 to 1.

    Returns:
        A float array (N,) that sums to 1. If all images hold the class, or none does, all chances are alike.
    """
    ### BEGIN SOLUTION
    holds_it = (targets == class_id).any(axis=(1, 2))  # (N,)
    with_it = holds_it.sum()
    without_it = len(targets) - with_it
    if with_it == 0 or without_it == 0:
        return np.full(len(targets), 1 / len(targets))
    return np.where(holds_it, share / with_it, (1 - share) / without_it)
    ### END SOLUTION


_KINDS = (
    "usual",
    "all hold it",
    "none holds it",
    "one holds it",
    "more hold it than not",
    "one image",
    "class 0",
    "as many images as rows",
    "all of the share",
)


def _draw_images(rng, kind):
    """Draw images of which some hold the class 2 or 0, in different amounts; one of them is filled by it."""
    count = 1 if kind == "one image" else int(rng.integers(5, 8))
    class_id = 0 if kind == "class 0" else 2
    targets = rng.integers(0, 2, (count, count if kind == "as many images as rows" else 2, 3)) + (
        class_id == 0
    )
    holding = {
        "all hold it": count,
        "none holds it": 0,
        "one holds it": 1,
        "more hold it than not": count - 2,
    }
    some = rng.choice(count, min(holding.get(kind, 2), count), replace=False)
    targets[some, 0, 0] = class_id
    targets[some[:1]] = class_id
    return targets, class_id, 1.0 if kind == "all of the share" else float(rng.choice([0.6, 0.7, 0.8]))


DRAW_CHANCES = Exercise(
    draw_chances,
    title="Draw the rare class more often",
    points=2,
    minutes=8,
    source="Study guide, section 8: oversample rare classes; notes: class imbalance",
    draw=by_kind(_draw_images, *_KINDS),
    background=0,
    hints=(
        "First find out, for each image, whether the class is in it. That makes two groups.",
        "(targets == class_id).any(axis=(1, 2)) is True for the images that hold it. How many are there, "
        "and how many not?",
        "np.where(holds_it, share / with_it, (1 - share) / without_it), unless one of the two numbers is 0: then "
        "np.full(N, 1 / N).",
    ),
    why="Oversampling changes what the network sees and leaves the loss alone. It helps against classes "
    "that few images show; against a class that is small in every image it can do nothing.",
)

_FOUR_IMAGES = np.array([[[0, 0], [0, 0]], [[0, 1], [1, 1]], [[0, 0], [0, 0]], [[0, 0], [0, 0]]])

DRAW_CHANCES.worked(_FOUR_IMAGES, 1, 0.7, gives=[0.1, 0.7, 0.1, 0.1])
DRAW_CHANCES.worked(_FOUR_IMAGES, 2, 0.7, gives=[0.25, 0.25, 0.25, 0.25])


def _chances(targets, class_id, inside, outside):
    """Give the images that hold the class one chance and the others another; the same to all if they are alike."""
    holds_it = (targets == class_id).any(axis=(1, 2))
    if holds_it.all() or not holds_it.any():
        return np.full(len(targets), 1 / len(targets))
    return np.where(holds_it, inside(holds_it.sum()), outside((~holds_it).sum()))


@DRAW_CHANCES.wrong
def share_for_each_image(targets, class_id, share):
    """You gave every image the whole share of its group, so the chances do not sum to 1. Divide the share by
    the number of images in the group.
    """
    holds_it = (targets == class_id).any(axis=(1, 2))
    with_it = holds_it.sum()
    without_it = len(targets) - with_it
    if with_it == 0 or without_it == 0:
        return np.full(len(targets), 1 / len(targets))
    return np.where(holds_it, share, 1 - share)


@DRAW_CHANCES.wrong
def share_as_a_factor(targets, class_id, share):
    """You made one image share / (1 - share) times as likely as another. Where few images hold the class, the
    group as a whole still stays rare: divide each share by the size of its group.
    """
    chances = _chances(targets, class_id, lambda count: share, lambda count: 1 - share)
    return chances / chances.sum()


@DRAW_CHANCES.wrong
def by_number_of_pixels(targets, class_id, share):
    """You shared it out by pixels: images full of the class come up often, those with a small part of it hardly ever.
    Here it only counts whether an image holds the class.
    """
    pixels = (targets == class_id).sum(axis=(1, 2)).astype(float)
    with_it = pixels > 0
    if with_it.all() or not with_it.any():
        return np.full(len(targets), 1 / len(targets))
    return np.where(with_it, share * pixels / pixels.sum(), (1 - share) / (~with_it).sum())


@DRAW_CHANCES.wrong
def others_never(targets, class_id, share):
    """Images without the class are never drawn. The network would learn that there always is one: leave them
    the rest.
    """
    return _chances(targets, class_id, lambda count: 1 / count, lambda count: 0.0)


@DRAW_CHANCES.wrong
def groups_swapped(targets, class_id, share):
    """You gave the share to the images without the class. It belongs to those that hold it."""
    return draw_chances(targets, class_id, 1 - share)


@DRAW_CHANCES.wrong
def always_half(targets, class_id, share):
    """You gave each group a half, whatever was asked for: use share and 1 - share."""
    return draw_chances(targets, class_id, 0.5)


@DRAW_CHANCES.wrong
def one_group_empty(targets, class_id, share):
    """Where all images hold the class, or none does, your chances do not sum to 1. Then one group is empty,
    and all images are alike: 1 / N.
    """
    holds_it = (targets == class_id).any(axis=(1, 2))
    with_it = holds_it.sum()
    without_it = len(targets) - with_it
    return np.where(holds_it, share / with_it, (1 - share) / without_it)


@DRAW_CHANCES.wrong
def class_must_fill_the_image(targets, class_id, share):
    """You looked for images that the class fills, with all. One pixel is enough: any."""
    holds_it = (targets == class_id).all(axis=(1, 2))
    with_it = holds_it.sum()
    without_it = len(targets) - with_it
    if with_it == 0 or without_it == 0:
        return np.full(len(targets), 1 / len(targets))
    return np.where(holds_it, share / with_it, (1 - share) / without_it)


@DRAW_CHANCES.wrong
def divided_by_all_images(targets, class_id, share):
    """You divided both shares by the number of all images, so the chances do not sum to 1. Divide each by the
    number of images in its own group.
    """
    return _chances(targets, class_id, lambda _: share / len(targets), lambda _: (1 - share) / len(targets))


@DRAW_CHANCES.wrong
def ones_where_all_are_alike(targets, class_id, share):
    """Where all images are alike you gave each of them the chance 1, and N ones sum to N. Each has 1 / N."""
    holds_it = (targets == class_id).any(axis=(1, 2))
    with_it = holds_it.sum()
    without_it = len(targets) - with_it
    if with_it == 0 or without_it == 0:
        return np.ones(len(targets))
    return np.where(holds_it, share / with_it, (1 - share) / without_it)


@DRAW_CHANCES.right
def chances_in_plain_python(targets, class_id, share):
    groups = [class_id in image.ravel().tolist() for image in targets]
    sizes = {kind: groups.count(kind) for kind in (True, False)}
    if 0 in sizes.values():
        return [1 / len(groups) for _ in groups]
    return [(share if kind else 1 - share) / sizes[kind] for kind in groups]


@DRAW_CHANCES.right
def chances_in_torch(targets, class_id, share):
    holds_it = (torch.from_numpy(targets) == class_id).flatten(1).any(dim=1).double()
    if holds_it.mean() in (0, 1):
        return torch.full_like(holds_it, 1 / len(holds_it))
    return share * holds_it / holds_it.sum() + (1 - share) * (1 - holds_it) / (1 - holds_it).sum()


@DRAW_CHANCES.right
def chances_by_indices(targets, class_id, share):
    chances = np.ones(len(targets)) / len(targets)
    with_it = np.unique(np.nonzero(targets == class_id)[0])
    without_it = np.setdiff1d(np.arange(len(targets)), with_it)
    if len(with_it) and len(without_it):
        chances[with_it] = share / len(with_it)
        chances[without_it] = (1 - share) / len(without_it)
    return chances


DRAW_CHANCES.equivalent(
    "draw_chances, line 16: (1, 2) -> (2, 1)",
    "chances_in_torch, line 4: (0, 1) -> (1, 0)",
    "chances_in_plain_python, line 4: (True, False) -> (False, True)",
    because="Two axes, two limits or two groups are the same in either order.",
)

DRAW_CHANCES.equivalent(
    "draw_chances, line 18: targets -> holds_it",
    "draw_chances, line 20: targets -> holds_it",
    "chances_in_plain_python, line 6: groups -> targets",
    "chances_in_torch, line 5: holds_it -> targets",
    "chances_by_indices, line 5: targets -> chances",
    because="Only the number of images is asked for.",
)
