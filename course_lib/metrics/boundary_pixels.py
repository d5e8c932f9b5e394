"""The boundary of a mask: its pixels, a band along it, and how far one boundary is from another.

The mask ends where the image does: what lies beyond the image's border is outside of it.
"""

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Distances = NDArray[np.float64]


def boundary_pixels(mask: Mask) -> Mask:
    """Return the mask's own pixels that touch the outside with a side, bool (H, W)."""
    padded = np.pad(mask, 1)
    inside = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return mask & ~inside


def inner_band(mask: Mask, width: int) -> Mask:
    """Return the mask's pixels from which ``width`` steps lead outside, diagonal ones included; bool (H, W)."""
    core = np.pad(mask, width)
    for axis in (0, 1):
        core = _all_in_window(core, 2 * width + 1, axis)
    return mask & ~core


def _all_in_window(mask: Mask, length: int, axis: int) -> Mask:
    """Whether all pixels in a window are set, for every place of the window along the axis."""
    mask, reached = np.moveaxis(mask, axis, 0), 1
    while reached < length:  # a window twice as long is two windows
        step = min(reached, length - reached)
        mask = mask[:-step] & mask[step:]
        reached += step
    return np.moveaxis(mask, 0, axis)


def boundary_distances(
    prediction: Mask, truth: Mask, spacing: tuple[float, float] = (1, 1)
) -> tuple[Distances, Distances]:
    """Measure from each boundary pixel of one mask to the nearest of the other, between the pixels' centres.

    Args:
        prediction: bool (H, W).
        truth: bool (H, W).
        spacing: height and width of a pixel.

    Returns:
        The distances of the prediction's boundary pixels, and those of the truth's; infinite where the other mask
        is empty.
    """
    edges = boundary_pixels(prediction), boundary_pixels(truth)
    return _distances(*edges, spacing), _distances(*edges[::-1], spacing)


def _distances(from_edge: Mask, to_edge: Mask, spacing: tuple[float, float]) -> Distances:
    """Return the exact Euclidean distance of each pixel of ``from_edge``, float64.

    A pixel first looks up and down its own column. Then it looks at the columns beside it, one step further each
    time, for as long as one of them could be nearer: a good prediction is done after a few steps. Only boundary
    pixels cost time and memory, which a distance transform of the whole image would spend on all.
    """
    height, width = to_edge.shape
    places, targets = _numbered(from_edge), _numbered(to_edge)
    if not targets.size:
        return np.full(len(places), np.inf)
    nearest = (_gaps(places, targets, height) * spacing[0]) ** 2
    looking = np.arange(len(places))
    for step in range(1, width):
        sideways = (step * spacing[1]) ** 2
        looking = looking[nearest[looking] > sideways]
        if not looking.size:
            break
        for column in (-step, step):
            gaps = _gaps(places[looking] + 2 * height * column, targets, height)
            nearest[looking] = np.minimum(nearest[looking], (gaps * spacing[0]) ** 2 + sideways)
    return np.sqrt(nearest)


def _numbered(edge: Mask) -> NDArray[np.intp]:
    """Number the pixels of an edge down the columns, with room for a column's height between two columns."""
    height = len(edge)
    numbers = np.flatnonzero(edge.T)
    return numbers + numbers // height * height


def _gaps(places: NDArray[np.intp], targets: NDArray[np.intp], height: int) -> Distances:
    """Return the rows between each place and the nearest target in its column, infinite if the column has none."""
    after = np.searchsorted(targets, places)
    above = places - targets[np.maximum(after - 1, 0)]
    below = targets[np.minimum(after, len(targets) - 1)] - places
    gaps = np.minimum(np.abs(above), np.abs(below))
    return np.where(gaps < height, gaps, np.inf)  # more than a height away is another column


def crop_to_both(prediction: Mask, truth: Mask) -> tuple[Mask, Mask]:
    """Cut both masks to the rows and columns that hold them; this changes neither boundaries nor distances."""
    together = prediction | truth
    rows, columns = _extent(np.any(together, axis=1)), _extent(np.any(together, axis=0))
    return prediction[rows, columns], truth[rows, columns]


def _extent(line: Mask) -> slice:
    places = np.flatnonzero(line)
    return slice(places[0], places[-1] + 1) if places.size else slice(0, 0)
