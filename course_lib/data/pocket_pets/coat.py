"""Breeds and their coats: which parts of a pet are dark or pale, with stripes, patches or spots."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from course_lib.data.pocket_pets.relief import Relief
from course_lib.data.pocket_pets.texture import Field, cut, ramp, smooth

Picture = NDArray[np.float32]  # (H, W, 3), red, green, blue in 0..1
Colour = tuple[float, float, float]
Coat = tuple[Colour, Colour, Colour]  # base, dark, pale

GINGER, GOLD, CREAM, SAND = (0.76, 0.46, 0.22), (0.77, 0.58, 0.34), (0.86, 0.77, 0.63), (0.68, 0.56, 0.42)
BROWN, CHOCOLATE, TAN = (0.44, 0.33, 0.24), (0.33, 0.22, 0.16), (0.64, 0.42, 0.24)
BLACK, SLATE, GREY, WHITE = (0.13, 0.12, 0.12), (0.33, 0.35, 0.39), (0.52, 0.5, 0.48), (0.9, 0.88, 0.85)

# A pattern says how dark and how pale the coat is at each pixel, 0..1. ``wobble`` and ``blotches`` are two noise
# fields of standard deviation 1, slow and spotty, in the scale of the pet.
Pattern = Callable[[Relief, Field, Field], tuple[Field, Field]]


def striped(relief: Relief, wobble: Field, blotches: Field) -> tuple[Field, Field]:
    """A mackerel tabby, with a pale belly."""
    waves = np.sin(15 * relief.distance + 1.5 * wobble)
    belly = ramp(relief.side + 0.3 * wobble, 0.5, 1.0)
    return 0.85 * ramp(waves - 0.5 * relief.side, 0.0, 0.5), np.maximum(
        0.7 * belly, 0.9 * relief.where("muzzle")
    )


def bib(relief: Relief, wobble: Field, blotches: Field) -> tuple[Field, Field]:
    """White paws, chest and muzzle."""
    paws = relief.where("leg") * ramp(relief.along + 0.15 * wobble, 0.55, 0.62)
    chest = relief.where("torso") * ramp(relief.along + 0.5 * relief.side + 0.15 * wobble, 0.85, 0.95)
    return np.zeros_like(wobble), np.maximum(np.maximum(paws, chest), relief.where("muzzle"))


def points(relief: Relief, wobble: Field, blotches: Field) -> tuple[Field, Field]:
    """Dark ears, muzzle, paws and tail, as Siamese cats have."""
    ends = relief.where("leg", "tail") * ramp(relief.along, 0.3, 0.9)
    return np.maximum(ends, 0.95 * relief.where("ear", "muzzle")), ramp(relief.side, 0.2, 1.0)


def saddle(relief: Relief, wobble: Field, blotches: Field) -> tuple[Field, Field]:
    """A dark back on a coloured dog with white ends."""
    back = relief.where("torso", "tail") * ramp(0.3 - relief.side + 0.7 * wobble, 0.0, 0.25)
    ends = relief.where("leg", "tail") * ramp(relief.along + 0.1 * wobble, 0.5, 0.6)
    belly = relief.where("torso") * ramp(relief.side + 0.3 * wobble, 0.4, 0.6)
    return back, np.maximum(np.maximum(ends, belly), relief.where("muzzle"))


def plain(relief: Relief, wobble: Field, blotches: Field) -> tuple[Field, Field]:
    """One colour, darker at the ears and paler below."""
    return 0.6 * relief.where("ear"), 0.6 * ramp(relief.side + 0.3 * wobble, 0.0, 1.0)


def spotted(relief: Relief, wobble: Field, blotches: Field) -> tuple[Field, Field]:
    """Dark spots and ears."""
    spots = ramp(blotches, 0.9, 1.2) * (1 - relief.where("muzzle"))
    return np.maximum(spots, relief.where("ear")), relief.where("muzzle")


@dataclass(frozen=True)
class Breed:
    """A made-up breed; each pet has one of its ``coats``."""

    name: str
    species: str  # "cat" or "dog"
    ears: str  # a key of head.EARS
    fluff: float  # the length of the fur, about 1
    pattern: Pattern
    coats: tuple[Coat, ...]


# As in the real data set, a cat's name starts with a capital and a dog's does not.
BREEDS = (
    Breed(
        *("Pocket_smoke", "cat", "pointed", 1.3, points),
        coats=((CREAM, CHOCOLATE, WHITE), (SAND, BLACK, CREAM), (WHITE, GREY, WHITE)),
    ),
    Breed(
        *("Pocket_tabby", "cat", "pointed", 0.8, striped),
        coats=((GINGER, TAN, CREAM), (GREY, BLACK, WHITE), (BROWN, BLACK, SAND), (SAND, CHOCOLATE, WHITE)),
    ),
    Breed(
        *("Pocket_tuxedo", "cat", "pointed", 1.0, bib),
        coats=((BLACK, BLACK, WHITE), (SLATE, BLACK, WHITE), (GINGER, TAN, WHITE)),
    ),
    Breed(
        *("pocket_dapple", "dog", "folded", 0.6, spotted),
        coats=((WHITE, BLACK, WHITE), (WHITE, CHOCOLATE, WHITE), (GREY, BLACK, WHITE), (CREAM, TAN, WHITE)),
    ),
    Breed(
        *("pocket_hound", "dog", "hanging", 0.5, saddle),
        coats=((TAN, BLACK, WHITE), (GINGER, CHOCOLATE, WHITE), (SAND, BROWN, WHITE)),
    ),
    Breed(
        *("pocket_shaggy", "dog", "hanging", 1.9, plain),
        coats=(
            (GOLD, TAN, CREAM),
            (CREAM, SAND, WHITE),
            (CHOCOLATE, BLACK, BROWN),
            (BLACK, BLACK, SLATE),
            (GREY, SLATE, WHITE),
        ),
    ),
)


def paint_coat(
    rng: np.random.Generator, pattern: Pattern, coat: Coat, relief: Relief, unit: float
) -> Picture:
    """The colour of the fur before light, float32 (H, W, 3). ``unit`` is the head's radius in pixels."""
    size = relief.cover.shape
    wobble = cut(rng, "cloud", size, zoom=max(0.5, 30 / unit))
    dark, pale = pattern(relief, wobble, cut(rng, "blotch", size, zoom=max(1.0, 45 / unit)))
    base_colour, dark_colour, pale_colour = np.array(coat, np.float32)
    picture = base_colour * (1 + 0.08 * wobble[..., None])
    for amount, colour in ((pale, pale_colour), (dark, dark_colour)):
        blended = smooth(amount, radius=max(1.0, 0.06 * unit))  # hairs of two colours mix where patches meet
        picture += blended[..., None] * (colour - picture)
    return picture
