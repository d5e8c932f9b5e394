"""Busy backgrounds: walls, floors, meadows and furniture, half of them in the colours of the pet."""

from collections.abc import Callable

import numpy as np
from PIL import ImageFilter

from course_lib.data.pocket_pets.coat import Coat, Picture
from course_lib.data.pocket_pets.relief import dome_light
from course_lib.data.pocket_pets.shapes import Piece, Placement, Points, spline
from course_lib.data.pocket_pets.texture import Field, cut, from_image, ramp, to_image

Size = tuple[int, int]  # (H, W)

HOME_COLOURS = (
    *((0.85, 0.82, 0.76), (0.75, 0.68, 0.5), (0.62, 0.6, 0.58), (0.3, 0.28, 0.27)),  # walls, stone
    *((0.56, 0.42, 0.3), (0.38, 0.24, 0.16)),  # wood
    *((0.33, 0.42, 0.2), (0.5, 0.53, 0.33)),  # plants
    *((0.35, 0.45, 0.58), (0.6, 0.25, 0.22)),  # cloth
)

# A surface says how much of its second colour each pixel has, 0..1, and its brightness, about 1. Its pattern is
# turned by an angle in radians.
Surface = Callable[[np.random.Generator, Size, float], tuple[Field, Field]]


def plaster(rng: np.random.Generator, size: Size, angle: float) -> tuple[Field, Field]:
    """A stained wall."""
    return ramp(cut(rng, "cloud", size), -1.5, 1.5), 1 + 0.03 * cut(rng, "grain", size)


def carpet(rng: np.random.Generator, size: Size, angle: float) -> tuple[Field, Field]:
    """Short fur: as hairy as a pet, and often in its colours."""
    tufts = cut(rng, "hair", size, zoom=rng.uniform(0.8, 1.6), angle=angle)
    return ramp(cut(rng, "cloud", size), -0.5, 1.5), 1 + 0.14 * tufts


def meadow(rng: np.random.Generator, size: Size, angle: float) -> tuple[Field, Field]:
    """Blades of grass, upright."""
    blades = cut(rng, "hair", size, zoom=rng.uniform(0.7, 1.2), angle=np.pi / 2 + rng.normal(0, 0.15))
    return ramp(cut(rng, "blotch", size) + blades, -1.0, 2.0), 1 + 0.22 * blades


def planks(rng: np.random.Generator, size: Size, angle: float) -> tuple[Field, Field]:
    """Boards with a grain, each of its own shade."""
    position = _across(size, angle) / np.float32(rng.uniform(14, 40))
    board = np.round(position)
    shades = rng.uniform(0, 1, 128).astype(np.float32)
    seams = ramp(np.abs(position - board), 0.0, 0.05)
    return shades[board.astype(np.int32) % 128], (0.55 + 0.45 * seams) * (
        1 + 0.08 * cut(rng, "hair", size, zoom=0.7, angle=angle)
    )


def bricks(rng: np.random.Generator, size: Size, angle: float) -> tuple[Field, Field]:
    """A wall of bricks, always level."""
    side = np.float32(rng.uniform(10, 26))
    y, x = -_across(size, np.pi) / side, -_across(size, np.pi / 2) / side
    along = x / 2 + 0.5 * (np.floor(y) % 2)
    gap = np.minimum(2 * np.abs(along - np.round(along)), np.abs(y - np.round(y)))
    seams = ramp(gap, 0.04, 0.1)
    brightness = (0.75 + 0.25 * seams) * (1 + 0.06 * cut(rng, "grain", size))
    return ramp(cut(rng, "cloud", size, zoom=2.0), -1.5, 1.5) * seams, brightness


def weave(rng: np.random.Generator, size: Size, angle: float) -> tuple[Field, Field]:
    """Checked cloth."""
    pace = np.float32(rng.uniform(0.2, 0.5))
    checks = np.sin(pace * _across(size, angle)) * np.sin(pace * _across(size, angle + np.pi / 2))
    return ramp(checks, -0.3, 0.3), 1 + 0.1 * cut(rng, "grain", size)


def stripes(rng: np.random.Generator, size: Size, angle: float) -> tuple[Field, Field]:
    """Wavy stripes, like a tabby's."""
    waves = np.sin(np.float32(rng.uniform(0.15, 0.5)) * _across(size, angle) + 1.5 * cut(rng, "cloud", size))
    return ramp(waves, 0.0, 0.5), 1 + 0.1 * cut(rng, "hair", size, angle=angle)


def leaves(rng: np.random.Generator, size: Size, angle: float) -> tuple[Field, Field]:
    """Spots and leaves, like a dappled dog's."""
    blotches = cut(rng, "blotch", size, zoom=rng.uniform(0.8, 2.0))
    return ramp(blotches, 0.3, 0.7), 1 + 0.12 * cut(rng, "cloud", size, zoom=2.0)


def folds(rng: np.random.Generator, size: Size, angle: float) -> tuple[Field, Field]:
    """A crumpled blanket."""
    ridges = cut(rng, "cloud", size, zoom=0.8, angle=angle)
    return ramp(ridges, -1.5, 1.5), 0.75 + 0.3 * np.abs(ridges) + 0.04 * cut(rng, "grain", size)


SURFACES: tuple[Surface, ...] = (plaster, carpet, meadow, planks, bricks, weave, stripes, leaves, folds)


def _across(size: Size, angle: float) -> Field:
    """The distance of each pixel from a line of the given angle, in pixels, (H, W)."""
    y, x = np.ogrid[: size[0], : size[1]]
    return (y * np.cos(angle) - x * np.sin(angle)).astype(np.float32)


def paint_surface(rng: np.random.Generator, size: Size, coat: Coat) -> Picture:
    """Any surface, float32 (H, W, 3), in two colours, each from the pet's coat or from the home."""
    first, second = (_some_colour(rng, coat) for _ in range(2))
    mix, brightness = SURFACES[rng.integers(len(SURFACES))](rng, size, rng.uniform(0, np.pi))
    contrast = np.float32(rng.uniform(0.2, 0.8))
    return (first + (contrast * mix)[..., None] * (second - first)) * brightness[..., None]


def _some_colour(rng: np.random.Generator, coat: Coat) -> Picture:
    palette = coat if rng.uniform() < 0.5 else HOME_COLOURS
    tint = rng.normal(0, 0.025, 3) + rng.normal(0, 0.1)
    return (palette[rng.integers(len(palette))] + tint).astype(np.float32)


def box(rng: np.random.Generator) -> Piece:
    """A rectangle: a door, a shelf, a frame."""
    sides = rng.permutation([1.0, rng.uniform(0.15, 1)])
    return Piece("box", 0, polygon=np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * sides)


def cushion(rng: np.random.Generator) -> Piece:
    """A round thing with a dented outline."""
    angle = np.linspace(0, 2 * np.pi, 9)[:-1]
    ring = np.stack([np.cos(angle), rng.uniform(0.5, 1) * np.sin(angle)], axis=1) * rng.uniform(
        0.7, 1.1, (8, 1)
    )
    return Piece("cushion", 0, polygon=spline(np.concatenate([ring, ring[:1]])))


def branch(rng: np.random.Generator) -> Piece:
    """A thin thing, as long and bent as a tail or a leg."""
    rows = [np.linspace(-1, 1, 4), rng.normal(0, 0.3, 4), np.full(4, rng.uniform(0.05, 0.2))]
    return Piece("branch", 0, discs=spline(np.stack(rows, axis=1)))


def heap(rng: np.random.Generator) -> Piece:
    """A roll of cloth, as plump as a body."""
    rows = [np.linspace(-0.6, 0.6, 3), rng.normal(0, 0.2, 3), rng.uniform(0.25, 0.5, 3)]
    return Piece("heap", 0, discs=spline(np.stack(rows, axis=1)))


THINGS = (box, box, cushion, branch, heap)


def some_thing(rng: np.random.Generator, centre: Points, reach: float) -> Piece:
    """A thing of about ``reach`` pixels around ``centre`` (2,), half of them level."""
    angle = float(rng.uniform(0, np.pi)) if rng.uniform() < 0.5 else 0.0
    return THINGS[rng.integers(len(THINGS))](rng).placed(Placement(reach, angle, False, centre))


def add_thing(rng: np.random.Generator, picture: Picture, thing: Piece, coat: Coat, lamp: Points) -> Field:
    """Paint a placed thing and its shade onto a picture (H, W, 3), in place; return its cover, (H, W) in 0..1."""
    height, width, _ = picture.shape
    cover = np.zeros((height, width), np.float32)
    window = thing.window((height, width), margin=thing.radius)
    view = picture[window]
    if min(view.shape[:2]) >= 2:
        cover[window] = mask = thing.mask(window)
        dome, *_, light = dome_light(mask, thing.radius, 1.0, lamp)
        view *= (1 - 0.4 * dome)[..., None]
        surface = paint_surface(rng, mask.shape, coat) * (0.45 + 0.8 * light)[..., None]
        view += mask[..., None] * (surface - view)
    return cover


def draw_scene(rng: np.random.Generator, size: Size, coat: Coat, lamp: Points) -> Picture:
    """A background of ``size``, float32 (H, W, 3): a wall, mostly a floor, some things; half of them out of focus."""
    height, width = size
    picture = paint_surface(rng, size, coat)
    if rng.uniform() < 0.7:
        horizon = int(rng.uniform(0.3, 0.85) * height)
        picture[horizon:] = paint_surface(rng, (height - horizon, width), coat)
        picture[horizon : horizon + 3] *= np.float32(0.8)
    for _ in range(rng.integers(2, 7)):
        centre = rng.uniform(0, 1, 2) * [width, height]
        thing = some_thing(rng, centre, reach=rng.uniform(0.12, 0.5) * min(size))
        add_thing(rng, picture, thing, coat, lamp)
    return _defocus(picture, radius=rng.uniform(0.5, 2.5)) if rng.uniform() < 0.5 else picture


def _defocus(picture: Picture, radius: float) -> Picture:
    return from_image(to_image(picture).filter(ImageFilter.GaussianBlur(radius)))
