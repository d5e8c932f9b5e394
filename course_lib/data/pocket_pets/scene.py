"""Scenes of several pets that overlap, in a room: who is where (instances), and what everything is (stuff, things).

One drawing gives all three truths. Pets are placed from back to front; a pet in front hides what is behind it,
and now and then a post in front of a pet cuts its mask in two.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from course_lib.data.pocket_pets.body import POSES, draw_figure
from course_lib.data.pocket_pets.coat import BREEDS, Coat, Picture
from course_lib.data.pocket_pets.draw import SMALLEST_SIDE, develop, place
from course_lib.data.pocket_pets.layer import PetLayer, draw_layer
from course_lib.data.pocket_pets.relief import PARTS
from course_lib.data.pocket_pets.scenery import (
    Size,
    add_thing,
    bricks,
    carpet,
    folds,
    planks,
    plaster,
    some_thing,
)
from course_lib.data.pocket_pets.shapes import Figure, Piece, Placement, Points
from course_lib.instances import INSTANCES_A_CLASS

SCENE_CLASSES = ("wall", "floor", "clutter", "cat", "dog")
"""Class names of a scene in the order of their ids."""

STUFF, THINGS = (0, 1, 2), (3, 4)
"""Ids of stuff, which is not counted, and of things, which are."""

MOST_PETS = 6
_WALL, _FLOOR, _CLUTTER = STUFF
_MUST_SHOW = 0.35  # share of a pet's silhouette, however many pets are in front of it
_ROOM: Coat = ((0.34, 0.43, 0.6), (0.6, 0.3, 0.35), (0.4, 0.54, 0.37))  # blue, red, green: what no coat has
_HEAD = [PARTS.index(part) for part in ("skull", "muzzle", "ear")]
_CALM = (plaster, carpet, planks, bricks, folds)


@dataclass(frozen=True)
class PocketScene:
    """A drawn photo of several pets with its truth.

    Attributes:
        image: uint8 (H, W, 3).
        semantic: class ids, indices of SCENE_CLASSES, uint8 (H, W).
        instances: 0 where there is stuff, else the number of the pet, 1 to K from back to front, uint8 (H, W).
        labels: the class id of each pet, int64 (K,).
        parts: indices of relief.PARTS, the part of the pet that is seen, uint8 (H, W); 0 where there is stuff, and in
            the fringe of the fur.
    """

    image: NDArray[np.uint8]
    semantic: NDArray[np.uint8]
    instances: NDArray[np.uint8]
    labels: NDArray[np.int64]
    parts: NDArray[np.uint8]

    @property
    def masks(self) -> NDArray[np.bool_]:
        """One mask per pet, of its visible part, bool (K, H, W)."""
        return self.instances == np.arange(1, len(self.labels) + 1)[:, None, None]

    @property
    def heads(self) -> NDArray[np.bool_]:
        """One mask per pet, of what is visible of its head, bool (K, H, W)."""
        return self.masks & np.isin(self.parts, _HEAD)

    @property
    def panoptic(self) -> NDArray[np.int32]:
        """One id per segment, class * 1000 + number of the pet, int32 (H, W); the number is 0 for stuff."""
        return self.semantic.astype(np.int32) * INSTANCES_A_CLASS + self.instances

    @property
    def touching(self) -> NDArray[np.bool_]:
        """Whether a pixel of each pet is next to one of another pet, above, below, left or right; bool (K,)."""
        ids, touching = self.instances, np.zeros(len(self.labels), bool)
        for one, other in ((ids[1:], ids[:-1]), (ids[:, 1:], ids[:, :-1])):
            meet = (one != other) & (one > 0) & (other > 0)
            touching[np.union1d(one[meet], other[meet]) - 1] = True
        return touching


def draw_scene_of_pets(
    rng: np.random.Generator, size: Size = (96, 128), pets: int | None = None
) -> PocketScene:
    """Draw a room with pets in a picture of ``size`` (H, W).

    The same state of ``rng`` gives the same arrays. A pet that would hide too much of another one is left out,
    so a scene may hold fewer pets than were asked for.

    Args:
        rng: the source of all random numbers.
        size: height and width in pixels.
        pets: the number of pets, 0 to 6; by default 1 to 4, and none in one scene of twenty.

    Raises:
        ValueError: a side is shorter than 32 pixels, or the number of pets is not in 0..6.
    """
    if min(size) < SMALLEST_SIDE:
        raise ValueError(
            f"size is {size}, but a scene of pets needs at least {SMALLEST_SIDE} pixels per side (H, W)"
        )
    if pets is None:
        pets = int(rng.choice([0, 1, 2, 3, 4], p=[0.05, 0.2, 0.35, 0.25, 0.15]))
    if not 0 <= pets <= MOST_PETS:
        raise ValueError(f"pets is {pets}: a scene holds 0 to {MOST_PETS}")
    lamp = np.array([rng.choice([-0.5, 0.5]), -0.6, 0.6])
    picture, semantic = _draw_room(rng, size, lamp)
    instances, parts = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
    labels: list[int] = []
    whole: list[int] = []  # pixels of each silhouette
    for baseline in np.sort(rng.uniform(0.62, 1.0, pets)):
        layer, species = _draw_pet(rng, size, float(baseline), labels, instances, lamp)
        if not _leaves_the_others_in_sight(layer.silhouette, instances, whole):
            continue
        picture = place(picture, layer, lamp)
        instances[layer.silhouette] = len(labels) + 1
        parts[layer.silhouette] = layer.parts[layer.silhouette]
        labels.append(SCENE_CLASSES.index(species))
        semantic[layer.silhouette] = labels[-1]
        whole.append(int(layer.silhouette.sum()))
    if labels and rng.uniform() < 0.25:
        _put_post(rng, picture, semantic, instances, lamp)
    parts[instances == 0] = 0  # a post hides them
    return PocketScene(develop(rng, picture), semantic, instances, np.array(labels, np.int64), parts)


def _draw_room(rng: np.random.Generator, size: Size, lamp: Points) -> tuple[Picture, NDArray[np.uint8]]:
    """A wall, a floor and some clutter: float32 (H, W, 3), and the class of each pixel (H, W)."""
    height, width = size
    horizon = int(rng.uniform(0.35, 0.6) * height)
    picture, classes = _paint_calmly(rng, size), np.full(size, _WALL, np.uint8)
    picture[horizon:] = _paint_calmly(rng, (height - horizon, width))
    picture[horizon : horizon + 2] *= np.float32(0.7)
    classes[horizon:] = _FLOOR
    for _ in range(rng.integers(0, 4)):
        thing = some_thing(rng, rng.uniform(0, 1, 2) * [width, height], rng.uniform(0.1, 0.25) * min(size))
        classes[add_thing(rng, picture, thing, _ROOM, lamp) > 0.5] = _CLUTTER
    return picture, classes


def _paint_calmly(rng: np.random.Generator, size: Size) -> Picture:
    """A surface in shades of one of the room's colours, so that a small network learns pets in minutes."""
    mix, brightness = _CALM[rng.integers(len(_CALM))](rng, size, rng.uniform(0, np.pi))
    colour = np.array(_ROOM[rng.integers(len(_ROOM))]) + rng.normal(0, 0.05, 3) + rng.normal(0, 0.1)
    shade = 1 + rng.uniform(0.1, 0.3) * (mix - 0.5)
    return (colour * (shade * brightness)[..., None]).astype(np.float32)


def _draw_pet(
    rng: np.random.Generator,
    size: Size,
    baseline: float,
    labels: list[int],
    instances: NDArray[np.uint8],
    lamp: Points,
) -> tuple[PetLayer, str]:
    """One pet at ``baseline`` of the height; half of the pets are close to one that is there already."""
    breed = BREEDS[rng.integers(len(BREEDS))]
    coat = breed.coats[rng.integers(len(breed.coats))]
    figure = draw_figure(rng, breed.species, breed.ears, list(POSES)[rng.integers(len(POSES))])
    column = rng.uniform(0.1, 0.9) * size[1]
    if labels and rng.uniform() < 0.6:
        others = np.nonzero(instances == rng.integers(1, len(labels) + 1))[1]
        column = others.mean() + rng.choice([-1, 1]) * rng.uniform(0.5, 1.1) * max(np.ptp(others), 8) / 2
    placed = _stand(rng, figure, size, baseline, float(np.clip(column, 0.1 * size[1], 0.9 * size[1])))
    return draw_layer(rng, placed, breed, coat, size, lamp), breed.species


def _stand(rng: np.random.Generator, figure: Figure, size: Size, baseline: float, column: float) -> Figure:
    """Place a figure's feet at ``baseline`` of the height, its middle at ``column``; pets in front are larger."""
    low, high = figure.box
    tall = rng.uniform(0.45, 0.6) * (0.3 + 0.9 * baseline) * size[0]
    placement = Placement(tall / (high - low)[1], rng.normal(0, 0.05), bool(rng.integers(0, 2)), np.zeros(2))
    feet = placement.points(np.array([(low + high)[0] / 2, high[1]]))
    return figure.placed(replace(placement, shift=np.array([column, baseline * size[0]]) - feet))


def _leaves_the_others_in_sight(
    silhouette: NDArray[np.bool_], instances: NDArray[np.uint8], whole: list[int]
) -> bool:
    """Tell whether the new pet is visible, and leaves enough of every other one visible."""
    if silhouette.sum() < 0.01 * silhouette.size:
        return False
    left = np.bincount(instances[~silhouette], minlength=len(whole) + 1)[1:]
    return all(seen >= _MUST_SHOW * pixels for seen, pixels in zip(left, whole, strict=True))


def _put_post(
    rng: np.random.Generator,
    picture: Picture,
    semantic: NDArray[np.uint8],
    instances: NDArray[np.uint8],
    lamp: Points,
) -> None:
    """Draw a post in front of one pet, in place, where it cuts the pet in two; leave it out if it hides another."""
    before = np.bincount(instances.ravel())[1:]
    rows, columns = np.nonzero(instances == rng.integers(1, len(before) + 1))
    half = max(1.5, 0.06 * float(np.ptp(columns)))
    middle = np.quantile(columns, rng.uniform(0.35, 0.65))
    corners = np.array([(-half, -2.0), (half, -2.0), (half, 0.0), (-half, 0.0)])
    corners[:, 0] += middle
    corners[:2, 1] += max(0, int(rows.min()) - 4)
    corners[2:, 1] += int(rows.max()) + 4
    post = Piece("box", 0, polygon=corners)
    cover = post.mask((slice(0, picture.shape[0]), slice(0, picture.shape[1]))) > 0.5
    left = np.bincount(instances[~cover], minlength=len(before) + 1)[1:]
    if (left >= 0.7 * before).all():
        hidden = add_thing(rng, picture, post, _ROOM, lamp) > 0.5
        semantic[hidden], instances[hidden] = _CLUTTER, 0
