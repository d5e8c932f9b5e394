"""A pet as a layer: coat, fur, fringe, face and whiskers, ready to be placed on any background."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from course_lib.data.pocket_pets.coat import Breed, Coat, Colour, Picture, paint_coat
from course_lib.data.pocket_pets.relief import Relief, build_relief
from course_lib.data.pocket_pets.shapes import Figure, Mark, Points
from course_lib.data.pocket_pets.texture import Field, comb, cut, from_image, ramp, slopes, smooth, to_image

IRIS = {
    "cat": ((0.55, 0.6, 0.2), (0.75, 0.6, 0.2), (0.4, 0.6, 0.7), (0.4, 0.55, 0.3)),
    "dog": ((0.3, 0.18, 0.09), (0.4, 0.26, 0.12)),
}
NOSE = {"cat": ((0.68, 0.4, 0.37), (0.3, 0.2, 0.18)), "dog": ((0.1, 0.08, 0.08), (0.25, 0.16, 0.14))}
FACE = {
    "rim": (0.08, 0.06, 0.05),
    "pupil": (0.03, 0.03, 0.03),
    "glint": (0.95, 0.95, 0.95),
    "mouth": (0.2, 0.12, 0.1),
    "tongue": (0.82, 0.42, 0.45),
    "ear lining": (0.65, 0.47, 0.43),
}
WHISKER = 0.85  # a light grey


@dataclass(frozen=True)
class PetLayer:
    """One pet without a background."""

    colour: Picture  # (H, W, 3)
    alpha: Field  # (H, W), 0..1, with whiskers and the fringe of the fur
    silhouette: NDArray[np.bool_]  # (H, W), without whiskers
    parts: NDArray[np.uint8]  # (H, W), indices of relief.PARTS, 0 outside the pet


def draw_layer(
    rng: np.random.Generator, figure: Figure, breed: Breed, coat: Coat, size: tuple[int, int], lamp: Points
) -> PetLayer:
    """Draw a placed figure on an empty picture of ``size`` (H, W).

    ``coat`` is its base, dark and pale colour, and ``lamp`` (3,) points to the light: x right, y down, z to the viewer.
    """
    unit = float(figure.head[2])
    relief = build_relief(figure, size, lamp)
    fur = _comb_fur(rng, relief, length=0.22 * unit * breed.fluff)
    colour = paint_coat(rng, breed.pattern, coat, relief, unit)
    colour *= ((1 + 0.1 * fur) * (0.55 + 0.55 * relief.light))[..., None]
    irises, noses = IRIS[breed.species], NOSE[breed.species]
    chosen = {"iris": irises[rng.integers(len(irises))], "nose": noses[rng.integers(len(noses))]}
    colour = _paint_face(colour, figure.marks, FACE | chosen)
    alpha = _fringe(relief.cover, fur, reach=max(0.7, 0.05 * unit * breed.fluff))
    whiskers = _whiskers(figure.whiskers, size)
    colour += ramp(whiskers, 0.0, 0.3)[..., None] * (WHISKER - colour)
    return PetLayer(colour, np.maximum(alpha, whiskers), alpha > 0.5, relief.part)


def _comb_fur(rng: np.random.Generator, relief: Relief, length: float) -> Field:
    """Hairs of ``length`` pixels as a field (H, W) of brightness, mean 0."""
    slope_x, slope_y = slopes(smooth(relief.cover, max(2.0, length)))
    outside = 4 * length * (1 - relief.cover)  # hairs of the fringe point away from the pet
    hair_x, hair_y = relief.hair_x - outside * slope_x, relief.hair_y - outside * slope_y
    steps = int(np.clip(length, 4, 14))
    pace = np.float32(max(1.0, length / steps)) / (np.sqrt(hair_x**2 + hair_y**2) + np.float32(1e-3))
    strands = cut(rng, "grain", relief.cover.shape) + 0.5 * cut(rng, "cloud", relief.cover.shape, zoom=2.5)
    return comb(strands, hair_x * pace, hair_y * pace, steps)


def _fringe(cover: Field, fur: Field, reach: float) -> Field:
    """The cover with single hairs that reach about ``reach`` pixels beyond its outline."""
    edge = from_image(to_image(cover).filter(ImageFilter.GaussianBlur(reach)))
    softness = 0.5 / max(1.0, reach)
    return ramp(edge + 0.5 * fur * edge * (1 - edge), 0.5 - softness, 0.5 + softness)


def _paint_face(picture: Picture, marks: list[Mark], palette: dict[str, Colour]) -> Picture:
    """Draw the marks at twice the size: shrinking it again leaves every other pixel as it was."""
    image = to_image(picture)
    image = image.resize((2 * image.width, 2 * image.height), Image.Resampling.NEAREST)
    pen = ImageDraw.Draw(image)
    for mark in marks:
        red, green, blue = (int(255 * channel) for channel in palette[mark.colour])
        pen.polygon((2 * mark.polygon).ravel().tolist(), fill=(red, green, blue))
    return from_image(image.reduce(2))


def _whiskers(lines: Points, size: tuple[int, int]) -> Field:
    """Thin lines (K, 2, 2) as a field of opacity (H, W)."""
    image = Image.new("L", (2 * size[1], 2 * size[0]))
    pen = ImageDraw.Draw(image)
    for line in (2 * lines).reshape(-1, 4).tolist():
        pen.line(line, fill=170)
    return from_image(image.reduce(2))
