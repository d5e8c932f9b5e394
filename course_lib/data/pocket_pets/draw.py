"""Composition: a pet is framed, placed on a scene, photographed, and given its trimap."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from course_lib.data.pocket_pets.body import POSES, draw_figure
from course_lib.data.pocket_pets.coat import BREEDS, Breed, Coat, Picture
from course_lib.data.pocket_pets.layer import PetLayer, draw_layer
from course_lib.data.pocket_pets.scenery import Size, add_thing, draw_scene, some_thing
from course_lib.data.pocket_pets.shapes import Figure, Placement, Points
from course_lib.data.pocket_pets.texture import cut, smooth

PET, BACKGROUND, BORDER = 1, 2, 3  # the ids of a trimap file
SMALLEST_SIDE = 32
_FILL = 0.57  # how much of the box around it a pet covers, on average


@dataclass(frozen=True)
class PocketPet:
    """A drawn photo: image uint8 (H, W, 3), trimap uint8 (H, W) with ids 1 pet, 2 background, 3 border."""

    image: NDArray[np.uint8]
    trimap: NDArray[np.uint8]
    species: str  # "cat" or "dog"
    breed: str  # the name of one of BREEDS


def draw_pet(
    rng: np.random.Generator,
    size: Size = (192, 256),
    breed: Breed | None = None,
    share: float | None = None,
) -> PocketPet:
    """Draw one pet of ``breed``, by default of any, in a picture of ``size`` (H, W).

    The same state of ``rng`` gives the same arrays. With ``share`` the whole pet is seen, it covers about this share of
    the picture, and nothing hides it; 0 leaves it out. The same state with another share gives the same pet on the same
    scene, larger or smaller. The border of the trimap keeps its width, which matters for small pets.

    Raises:
        ValueError: a side is shorter than 32 pixels, or the share is not from 0 to 0.5.
    """
    if min(size) < SMALLEST_SIDE:
        raise ValueError(
            f"size is {size}, but a pocket pet needs at least {SMALLEST_SIDE} pixels per side (H, W)"
        )
    if share is not None and not 0 <= share <= 0.5:
        raise ValueError(f"share is {share}, but a whole pet covers 0 to 0.5 of its picture")
    breed = breed or BREEDS[rng.integers(len(BREEDS))]
    coat = breed.coats[rng.integers(len(breed.coats))]
    lamp = np.array([rng.choice([-0.5, 0.5]), -0.6, 0.6])
    pose = list(POSES)[rng.integers(len(POSES))]
    figure = draw_figure(rng, breed.species, breed.ears, pose)
    figure = frame_figure(rng, figure, size) if share is None else shrink_figure(rng, figure, size, share)
    layer = draw_layer(rng, figure, breed, coat, size, lamp)
    scene = draw_scene(rng, size, coat, lamp)
    if share == 0:
        picture, silhouette = scene, np.zeros(size, dtype=bool)
    else:
        picture, silhouette = place(scene, layer, lamp), layer.silhouette
    if share is None and rng.uniform() < 0.2:
        silhouette = silhouette & ~_hide_some(rng, picture, figure, coat, lamp)
    return PocketPet(develop(rng, picture), make_trimap(silhouette), breed.species, breed.name)


def frame_figure(rng: np.random.Generator, figure: Figure, size: Size) -> Figure:
    """Place a figure in a picture of ``size``: a portrait or the whole pet, anywhere, often cut off by the frame."""
    frame = np.array([size[1], size[0]], dtype=float)
    low, high = figure.box
    if rng.uniform() < 0.4:
        centre, scale = figure.head[:2] + [0, 0.4], rng.uniform(0.2, 0.4) * frame.min()
    else:
        centre, scale = (low + high) / 2, rng.uniform(0.55, 1.25) * (frame / (high - low)).min()
    placement = Placement(scale, rng.normal(0, 0.1), bool(rng.integers(0, 2)), np.zeros(2))
    target = frame * rng.normal(0.5, 0.13, 2).clip(0.2, 0.8)
    return figure.placed(replace(placement, shift=target - placement.points(centre)))


def shrink_figure(rng: np.random.Generator, figure: Figure, size: Size, share: float) -> Figure:
    """Place a whole figure anywhere in a picture of ``size``, so that it covers about ``share`` of it."""
    frame = np.array([size[1], size[0]], dtype=float)
    low, high = figure.box
    scale = np.sqrt(max(share, 0.01) / _FILL * frame.prod() / (high - low).prod())  # 0 is left out later
    placement = Placement(scale, rng.normal(0, 0.1), bool(rng.integers(0, 2)), np.zeros(2))
    half = np.minimum(scale * (high - low), frame) / 2
    target = half + rng.uniform(0, 1, 2) * (frame - 2 * half)
    return figure.placed(replace(placement, shift=target - placement.points((low + high) / 2)))


def place(scene: Picture, layer: PetLayer, lamp: Points) -> Picture:
    """Put one pet, with its shadow, on a scene (H, W, 3) of the layer's size; ``lamp`` (3,) points to the light."""
    reach = 0.04 * max(layer.alpha.shape)
    alpha = Image.fromarray(layer.alpha)
    shift = (1, 0, reach * lamp[0], 0, 1, reach * lamp[1])
    shadow = smooth(np.asarray(alpha.transform(alpha.size, Image.Transform.AFFINE, shift)), reach)
    shaded = scene * (1 - 0.45 * shadow)[..., None]
    return shaded + layer.alpha[..., None] * (layer.colour - shaded)


def _hide_some(
    rng: np.random.Generator, picture: Picture, figure: Figure, coat: Coat, lamp: Points
) -> NDArray[np.bool_]:
    """Put a small thing in front of the pet's lower half, in place; return where it is, bool (H, W)."""
    height, width = picture.shape[:2]
    low, high = (corner.clip(0, [width, height]) for corner in figure.box)
    centre = low + (high - low) * [rng.uniform(0, 1), rng.uniform(0.6, 1)]
    thing = some_thing(rng, centre, reach=rng.uniform(0.1, 0.25) * min(height, width))
    return add_thing(rng, picture, thing, coat, lamp) > 0.5


def develop(rng: np.random.Generator, picture: Picture) -> NDArray[np.uint8]:
    """Turn a picture into a photo, uint8 (H, W, 3): uneven light, a tint, slight blur, sensor noise."""
    height, width = picture.shape[:2]
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    angle, strength, vignette = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.4), rng.uniform(0, 0.2)
    light = 1 + strength * (np.cos(angle) * x + np.sin(angle) * y) - vignette * (x**2 + y**2)
    tint = rng.uniform(0.9, 1.25) * (1 + rng.uniform(-0.08, 0.08) * np.array([1, 0, -1]))
    lit = picture * (light[..., None] * tint).astype(np.float32)
    image = Image.fromarray((255 * lit.clip(0, 1)).astype(np.uint8))
    exposed = np.asarray(image.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 0.9))), np.float32)
    noise = rng.uniform(0.5, 3) * cut(rng, "grain", (height, width))
    return (exposed + noise[..., None]).clip(0, 255).astype(np.uint8)


def make_trimap(silhouette: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Widen the outline of a silhouette, bool (H, W), to a border, as annotators do: ids 1, 2, 3, uint8 (H, W).

    A part thinner than the border, such as a tail's tip or a far leg, becomes border as a whole, as in the real data.
    """
    radius = 0.02 * max(silhouette.shape)
    image = Image.fromarray(silhouette.astype(np.uint8) * 255).filter(ImageFilter.GaussianBlur(radius))
    inside = np.asarray(image) / 255
    trimap = np.full(silhouette.shape, BORDER, np.uint8)
    trimap[inside > 0.86] = PET
    trimap[inside < 0.14] = BACKGROUND
    return trimap
