"""Weights from the frequency of the classes."""

import statistics

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def class_weights(counts, how):
    """Return one weight for each class.

    The frequency of a class is its number of pixels / all pixels of the images in which it occurs; the median
    of the frequencies is that of the classes that occur.

    Args:
        counts: an integer array (images, C): how many pixels of each class each training image has.
        how: "inverse": all pixels / (number of classes that occur * pixels of the class), or "median": the
            median of the frequencies / the frequency of the class.

    Returns:
        A float array (C,). A class that occurs nowhere gets 0.
    """
    ### BEGIN SOLUTION
    pixels = counts.sum(axis=0)  # (C,)
    occurs = pixels > 0
    weights = np.zeros(len(pixels))
    if how == "inverse":
        weights[occurs] = pixels.sum() / (occurs.sum() * pixels[occurs])
    else:
        pixels_of_images = counts.sum(axis=1, keepdims=True)  # (images, 1)
        where_seen = ((counts > 0) * pixels_of_images).sum(axis=0)  # (C,)
        frequency = pixels[occurs] / where_seen[occurs]
        weights[occurs] = np.median(frequency) / frequency
    return weights
    ### END SOLUTION


_KINDS = tuple(
    f"{rule}{what}"
    for rule in ("inverse", "median")
    for what in (
        "",
        ", a class is absent",
        ", a class of one pixel",
        ", one image",
        ", as many images as classes",
    )
)


def _draw_counts(rng, kind):
    """Draw counts of 3 to 5 classes: one is in few images only, and each has its own share."""
    rule, _, what = kind.partition(", ")
    classes = int(rng.integers(3, 6))
    images = {"one image": 1, "as many images as classes": classes}.get(what) or classes - 1
    counts = rng.integers(1, 40, (images, classes)) * rng.permutation([1, 3, 9, 27, 81])[:classes]
    absent, rare = rng.choice(classes, 2, replace=False)
    counts[: images - 1, rare] = 0
    if what == "a class is absent":
        counts[:, absent] = 0
    if what == "a class of one pixel":
        counts[-1, rare] = 1
    return counts, rule


CLASS_WEIGHTS = Exercise(
    class_weights,
    title="Weights from the frequency of the classes",
    points=3,
    minutes=12,
    source="Study guide, section 9: inverse-frequency class weights; pitfall 4",
    draw=by_kind(_draw_counts, *_KINDS),
    tolerance=1e-5,  # float32 will do
    hints=(
        "Begin with the pixels of each class over all images, and with which of the classes occur at all.",
        "np.zeros(counts.shape[1]) gives the weights of absent classes; weights[occurs] = ... fills in the others. For "
        "the median: counts.sum(axis=1, keepdims=True) is the area of each image, and (counts > 0) says which images "
        "show a class.",
        "inverse: pixels.sum() / (occurs.sum() * pixels[occurs]). median: where_seen = ((counts > 0) * "
        "areas).sum(axis=0); frequency = pixels[occurs] / where_seen[occurs]; np.median(frequency) / frequency.",
    ),
    why="With inverse weights every class weighs the same in total, however few pixels it has. Median frequency asks "
    "how large a class is where it is to be seen.",
)

# Two images of 100 pixels: the pet has 10 of all 200, and 10 of the 100 in whose image it is.
CLASS_WEIGHTS.worked(np.array([[90, 10], [100, 0]]), "inverse", gives=[200 / (2 * 190), 200 / (2 * 10)])
CLASS_WEIGHTS.worked(np.array([[90, 10], [100, 0]]), "median", gives=[0.525 / 0.95, 0.525 / 0.1])
CLASS_WEIGHTS.worked(np.array([[60, 30, 0, 10]]), "median", gives=[0.5, 1.0, 0.0, 3.0])


def _where_it_occurs(counts, weigh):
    """Weigh the classes that occur by ``weigh(pixels, pixels of their images)``; the others get 0."""
    pixels = counts.sum(axis=0)
    occurs = pixels > 0
    where_seen = ((counts > 0) * counts.sum(axis=1, keepdims=True)).sum(axis=0)
    weights = np.zeros(len(pixels))
    weights[occurs] = weigh(pixels[occurs], where_seen[occurs])
    return weights


@CLASS_WEIGHTS.wrong
def not_shared_out(counts, how):
    """You divided all pixels by the pixels of the class only. Divide by the number of classes that occur as well: then
    the mean weight of a pixel is 1.
    """
    if how == "median":
        return class_weights(counts, how)
    return _where_it_occurs(counts, lambda pixels, seen: pixels.sum() / pixels)


@CLASS_WEIGHTS.wrong
def frequent_classes_weigh_more(counts, how):
    """Your weights grow with the frequency. A rare class needs a large weight: the pixels of the class belong
    below the line.
    """
    if how == "median":
        return _where_it_occurs(counts, lambda pixels, seen: (pixels / seen) / np.median(pixels / seen))
    return _where_it_occurs(counts, lambda pixels, seen: len(pixels) * pixels / pixels.sum())


@CLASS_WEIGHTS.wrong
def one_minus_the_share(counts, how):
    """You took 1 - share. For a class of 2 % and one of 0.2 % that gives 0.98 and 0.998, nearly the same. The
    inverse, 1 / share, makes one ten times the other.
    """
    if how == "median":
        return class_weights(counts, how)
    return _where_it_occurs(counts, lambda pixels, seen: 1 - pixels / pixels.sum())


@CLASS_WEIGHTS.wrong
def frequency_in_all_images(counts, how):
    """Your median weights divide by the pixels of all images. The frequency of a class looks only at those
    images in which it occurs: (counts > 0) says which.
    """
    if how == "inverse":
        return class_weights(counts, how)
    return _where_it_occurs(counts, lambda pixels, seen: np.median(pixels) / pixels)


@CLASS_WEIGHTS.wrong
def mean_for_median(counts, how):
    """You took the mean of the frequencies. One class that fills the images pulls a mean up; the median is
    the one in the middle: np.median.
    """
    if how == "inverse":
        return class_weights(counts, how)
    return _where_it_occurs(counts, lambda pixels, seen: (pixels / seen).mean() / (pixels / seen))


@CLASS_WEIGHTS.wrong
def infinite_where_absent(counts, how):
    """A class that occurs nowhere got an infinite weight, from a division by 0. Give it 0: divide only where
    pixels > 0.
    """
    weights = class_weights(counts, how)
    weights[counts.sum(axis=0) == 0] = np.inf
    return weights


@CLASS_WEIGHTS.wrong
def absent_classes_counted(counts, how):
    """You counted the classes that occur nowhere: in the number of classes, or as a frequency of 0 in the
    median. Leave them out of both.
    """
    pixels = counts.sum(axis=0)
    if how == "inverse":
        return class_weights(counts, how) * (pixels > 0).sum() / len(pixels)
    where_seen = ((counts > 0) * counts.sum(axis=1, keepdims=True)).sum(axis=0)
    frequency = pixels / np.maximum(where_seen, 1)
    return np.where(pixels > 0, np.median(frequency) / np.where(pixels > 0, frequency, 1), 0.0)


@CLASS_WEIGHTS.wrong
def sum_of_1(counts, how):
    """You divided the weights by their sum. The formulas do not ask for that: only the ratios of your weights are
    right.
    """
    weights = class_weights(counts, how)
    return weights / weights.sum()


@CLASS_WEIGHTS.wrong
def mean_of_the_images(counts, how):
    """Your frequency is the mean of the shares in single images. Add up first: the class's pixels over all pixels of
    the images that show it.
    """
    if how == "inverse":
        return class_weights(counts, how)
    shares = (counts / counts.sum(axis=1, keepdims=True)).sum(axis=0)
    occurs = shares > 0
    frequency = shares[occurs] / (counts > 0).sum(axis=0)[occurs]
    weights = np.zeros(len(shares))
    weights[occurs] = np.median(frequency) / frequency
    return weights


@CLASS_WEIGHTS.wrong
def whole_numbers(counts, how):
    """Your weights are whole numbers: np.zeros_like(pixels) has the dtype of pixels, int, and what you write into it
    loses its fraction. np.zeros(C) holds floats.
    """
    weights = np.zeros_like(counts.sum(axis=0))
    weights[:] = class_weights(counts, how)
    return weights


@CLASS_WEIGHTS.wrong
def divided_by_the_number_of_images(counts, how):
    """Your frequency is the pixels of the class per image that shows it. Divide by the pixels of these images, not by
    their number.
    """
    if how == "inverse":
        return class_weights(counts, how)
    pixels = counts.sum(axis=0)
    occurs = pixels > 0
    frequency = pixels[occurs] / (counts > 0).sum(axis=0)[occurs]
    weights = np.zeros(len(pixels))
    weights[occurs] = np.median(frequency) / frequency
    return weights


@CLASS_WEIGHTS.wrong
def nothing_left_out(counts, how):
    """Two things at once. You left in the classes that occur nowhere, and they lead to a division by 0: keep only those
    with pixels > 0. And your median weights divide by the pixels of all images: divide by those of the images that show
    the class.
    """
    pixels = counts.sum(axis=0)
    if how == "inverse":
        return pixels.sum() / (len(pixels) * pixels)
    frequency = pixels / pixels.sum()
    return np.median(frequency) / frequency


@CLASS_WEIGHTS.wrong
def images_for_pixels(counts, how):
    """Your frequency is the share of the images that show the class. Count pixels: those of the class / all pixels of
    these images.
    """
    if how == "inverse":
        return class_weights(counts, how)
    frequency = (counts > 0).mean(axis=0)
    occurs = frequency > 0
    weights = np.zeros(len(frequency))
    weights[occurs] = np.median(frequency[occurs]) / frequency[occurs]
    return weights


@CLASS_WEIGHTS.right
def weights_in_plain_python(counts, how):
    areas = [sum(image) for image in counts.tolist()]
    columns = counts.T.tolist()  # for each class, its pixels in each image
    present = [column for column in columns if sum(column)]
    if how == "inverse":
        return [sum(areas) / (len(present) * sum(column)) if sum(column) else 0.0 for column in columns]

    def frequency(column):
        return sum(column) / sum(area for area, pixels in zip(areas, column, strict=True) if pixels)

    median = statistics.median(map(frequency, present))
    return [median / frequency(column) if sum(column) else 0.0 for column in columns]


@CLASS_WEIGHTS.right
def weights_by_nan(counts, how):
    counts = np.where(counts > 0, counts, np.nan)  # what is absent is left out by all that follows
    pixels = np.nansum(counts, axis=0)
    pixels[pixels == 0] = np.nan
    if how == "inverse":
        weights = np.nanmean(pixels) / pixels
    else:
        areas = np.nansum(counts, axis=1)[:, None] * ~np.isnan(counts)
        frequency = pixels / areas.sum(axis=0)
        weights = np.nanmedian(frequency) / frequency
    return np.nan_to_num(weights)


@CLASS_WEIGHTS.right
def weights_in_torch(counts, how):
    counts = torch.from_numpy(counts)
    pixels = counts.sum(dim=0)
    kept = pixels > 0
    areas = ((counts > 0) * counts.sum(dim=1, keepdim=True)).sum(dim=0)
    frequency = pixels / areas
    inverse = pixels.sum() / (kept.sum() * pixels)
    median = frequency[kept].quantile(0.5) / frequency
    return torch.where(kept, inverse if how == "inverse" else median, 0.0)


CLASS_WEIGHTS.equivalent(
    "class_weights, line 16: counts.sum(axis=0) -> counts.mean(axis=0)",
    "class_weights, line 22: counts.sum(axis=1, keepdims=True) -> counts.mean(axis=1, keepdims=True)",
    "class_weights, line 23: ((counts > 0) * pixels_of_images).sum(axis=0) -> "
    "((counts > 0) * pixels_of_images).mean(axis=0)",
    "weights_by_nan, line 10: areas.sum(axis=0) -> areas.mean(axis=0)",
    because="A mean is the sum but for a factor, which is common to all classes and cancels.",
)

CLASS_WEIGHTS.equivalent(
    "class_weights, line 18: pixels -> occurs",
    "class_weights, line 20: pixels -> counts",
    "weights_in_torch, line 8: pixels -> counts",
    because="Summed over images and classes in either order, the pixels are as many; so are the classes.",
)
