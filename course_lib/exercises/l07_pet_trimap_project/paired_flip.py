"""One flip for image and mask."""

import torch

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l07_pet_trimap_project.paired_flip_probe import KINDS, draw_flip, observe_flip


def paired_flip(images, masks, generator):
    """Return images and masks in which each pair is mirrored left to right with a chance of one half.

    Args:
        images: tensor (N, 3, H, W); it stays as it is.
        masks: tensor (N, H, W); it stays as it is.
        generator: the torch.Generator that every pair's own chance is drawn from.

    Returns:
        (images, masks), of the same shapes and dtypes.
    """
    ### BEGIN SOLUTION
    mirrored = torch.rand(len(images), generator=generator) < 0.5  # (N,), one draw for image and mask
    images = torch.where(mirrored.view(-1, 1, 1, 1), images.flip(-1), images)  # (N, 3, H, W)
    masks = torch.where(mirrored.view(-1, 1, 1), masks.flip(-1), masks)  # (N, H, W)
    return images, masks
    ### END SOLUTION


PAIRED_FLIP = Exercise(
    paired_flip,
    title="One flip for image and mask",
    points=2,
    minutes=10,
    source="Study guide, pitfall 2: augmentation mismatch",
    draw=by_kind(draw_flip, *KINDS),
    observe=observe_flip,
    fresh_cases=6,
    hints=(
        "Decide first, for all N pairs, which are mirrored. Then apply that one decision twice.",
        "torch.rand(N, generator=generator) < 0.5 decides; .flip(-1) mirrors; torch.where(condition, a, b) picks. The "
        "condition (N,) has to become (N, 1, 1, 1) for images, and what for masks?",
        "mirrored = torch.rand(len(images), generator=generator) < 0.5; torch.where(mirrored.view(-1, 1, 1, 1), "
        "images.flip(-1), images), and the masks likewise with mirrored.view(-1, 1, 1).",
    ),
    why="One draw decides for both, so an image and its mask cannot come apart, whatever the draw is.",
)


def _flip_facts(count, height, width):
    return {
        "the shape of the images": [count, 3, height, width],
        "the shape of the masks": [count, height, width],
        "the dtypes": "float32, int64",
        "pairs in which image and mask no longer fit": "none",
        "images that are neither as before nor mirrored left to right": "none",
        "images that were mirrored": "some",
        "masks that were mirrored": "some",
        "the share that was mirrored in four large batches": "about half",
        "the next batch gets": "other flips",
        "the same seed gives": "the same flips",
        "what was passed in": "unchanged",
    }


PAIRED_FLIP.worked(24, 2, 3, 0, gives=_flip_facts(24, 2, 3))
PAIRED_FLIP.worked(32, 4, 2, 1, gives=_flip_facts(32, 4, 2))


@PAIRED_FLIP.wrong
def drawn_apart(images, masks, generator):
    """You drew once for the images and once more for the masks, so half of the masks belong to the mirror
    image of their photo. Draw once, and use the same draw for both.
    """
    images, _ = paired_flip(images, masks, generator)
    _, masks = paired_flip(images, masks, generator)
    return images, masks


@PAIRED_FLIP.wrong
def only_image(images, masks, generator):
    """You mirrored images left to right, but not their masks: the network would be taught that the pet is where
    it is not. Mirror the mask of every mirrored image along its last axis, -1.
    """
    return paired_flip(images, masks, generator)[0], masks


@PAIRED_FLIP.wrong
def upside_down(images, masks, generator):
    """You turned the pets upside down: dim -2 counts the rows. Left and right are the last dimension, -1."""
    mirrored = torch.rand(len(images), generator=generator) < 0.5
    images = torch.where(mirrored.view(-1, 1, 1, 1), images.flip(-2), images)
    return images, torch.where(mirrored.view(-1, 1, 1), masks.flip(-2), masks)


@PAIRED_FLIP.wrong
def the_same_number_of_the_axis(images, masks, generator):
    """You flipped dim 2 of both. In masks (N, H, W) that is the width, but in images (N, 3, H, W) it is the
    height. Count from the end: -1 is the width of both.
    """
    mirrored = torch.rand(len(images), generator=generator) < 0.5
    images = torch.where(mirrored.view(-1, 1, 1, 1), images.flip(2), images)
    return images, torch.where(mirrored.view(-1, 1, 1), masks.flip(2), masks)


@PAIRED_FLIP.wrong
def one_draw_for_the_batch(images, masks, generator):
    """You drew once for the whole batch, so all pairs are mirrored or none is. Draw N numbers, one per pair."""
    if torch.rand(1, generator=generator) < 0.5:
        return images.flip(-1), masks.flip(-1)
    return images, masks


@PAIRED_FLIP.wrong
def without_the_generator(images, masks, generator):
    """You did not draw from the generator: the same seed gives other flips, and no run can be repeated. Pass
    it on, torch.rand(N, generator=generator).
    """
    mirrored = torch.rand(len(images)) < 0.5
    images = torch.where(mirrored.view(-1, 1, 1, 1), images.flip(-1), images)
    return images, torch.where(mirrored.view(-1, 1, 1), masks.flip(-1), masks)


@PAIRED_FLIP.wrong
def in_place(images, masks, generator):
    """You wrote into the tensors that were passed in. Whoever keeps them, a cache for instance, now has
    mirrored pets, and mirrors them back next time. Build new tensors.
    """
    mirrored = torch.rand(len(images), generator=generator) < 0.5
    images[mirrored] = images[mirrored].flip(-1)
    masks[mirrored] = masks[mirrored].flip(-1)
    return images, masks


@PAIRED_FLIP.wrong
def always(images, masks, generator):
    """You mirrored every pair. Then the network sees only the mirror images and nothing is gained: mirror
    each with a chance of one half.
    """
    return images.flip(-1), masks.flip(-1)


@PAIRED_FLIP.wrong
def masks_of_the_others(images, masks, generator):
    """You mirrored the masks of those images that stayed as they were. Mask and image go together: mirror both, or
    none.
    """
    mirrored = torch.rand(len(images), generator=generator) < 0.5
    images = torch.where(mirrored.view(-1, 1, 1, 1), images.flip(-1), images)
    return images, torch.where(mirrored.view(-1, 1, 1), masks, masks.flip(-1))


@PAIRED_FLIP.wrong
def condition_with_one_axis(images, masks, generator):
    """Your condition has the shape (N,), and torch.where lays it along the last axis, the width. Give it as many
    axes as the tensors have: mirrored.view(-1, 1, 1, 1) for images, and one axis less for masks.
    """
    mirrored = torch.rand(len(images), generator=generator) < 0.5
    return torch.where(mirrored, images.flip(-1), images), torch.where(mirrored, masks.flip(-1), masks)


@PAIRED_FLIP.right
def flip_by_copy(images, masks, generator):
    images, masks = images.clone(), masks.clone()
    chosen = torch.randint(2, (len(images),), generator=generator).bool()
    images[chosen] = images[chosen].flip(3)
    masks[chosen] = masks[chosen].flip(2)
    return images, masks


@PAIRED_FLIP.right
def flip_one_by_one(images, masks, generator):
    new_images, new_masks = [], []
    for image, mask in zip(images, masks, strict=True):
        if torch.rand(1, generator=generator) > 0.5:
            image, mask = image.flip(2), mask.flip(1)
        new_images.append(image)
        new_masks.append(mask)
    return torch.stack(new_images), torch.stack(new_masks)


@PAIRED_FLIP.right
def flip_joined(images, masks, generator):
    joined = torch.cat([images, masks.unsqueeze(1)], dim=1)  # (N, 4, H, W)
    chosen = torch.rand((len(joined), 1, 1, 1), generator=generator) < 0.5
    joined = torch.where(chosen, torch.flip(joined, dims=[-1]), joined)
    return joined[:, :3], joined[:, 3].to(masks.dtype)


PAIRED_FLIP.equivalent(
    "paired_flip, line 13: torch.rand(len(images), generator=generator) < 0.5 -> "
    "torch.rand(len(images), generator=generator) > 0.5",
    "paired_flip, line 13: torch.rand(len(images), generator=generator) < 0.5 -> "
    "torch.rand(len(images), generator=generator) <= 0.5",
    "flip_one_by_one, line 4: if torch.rand(1, generator=generator) > 0.5: -> "
    "if not torch.rand(1, generator=generator) > 0.5:",
    "flip_one_by_one, line 5: torch.rand(1, generator=generator) > 0.5 -> "
    "torch.rand(1, generator=generator) >= 0.5",
    "flip_one_by_one, line 5: torch.rand(1, generator=generator) > 0.5 -> "
    "torch.rand(1, generator=generator) < 0.5",
    "flip_joined, line 4: torch.rand((len(joined), 1, 1, 1), generator=generator) < 0.5 -> "
    "torch.rand((len(joined), 1, 1, 1), generator=generator) > 0.5",
    "flip_joined, line 4: torch.rand((len(joined), 1, 1, 1), generator=generator) < 0.5 -> "
    "torch.rand((len(joined), 1, 1, 1), generator=generator) <= 0.5",
    because="The chance is one half on either side of 0.5, and 0.5 itself is one of millions of numbers.",
)

PAIRED_FLIP.equivalent(
    "paired_flip, line 13: images -> masks",
    "flip_by_copy, line 4: images -> masks",
    "flip_joined, line 4: joined -> images",
    "flip_joined, line 4: joined -> masks",
    because="There are as many masks as images.",
)
