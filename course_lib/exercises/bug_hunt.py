"""The exercises of lesson 11: name the causes of ten broken runs, and mend the ten pieces that broke them."""

import itertools
import zlib

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise, Misconception, Worked

# --- name-causes-a-e, name-causes-f-j -----------------------------------------------------------------------


def causes_a_to_e(runs):
    """Return the cause of each of these runs, in their order.

    runs is a list of the letters "A" to "E", in any order. The causes are strings, spelt as in the table above.
    """
    ### BEGIN SOLUTION
    causes = {
        "A": "evaluation mode",
        "B": "oversmoothing",
        "C": "label format",
        "D": "memory",
        "E": "no skip connections",
    }
    return [causes[run] for run in runs]
    ### END SOLUTION


def causes_f_to_j(runs):
    """Return the cause of each of these runs, in their order.

    runs is a list of the letters "F" to "J", in any order. The causes are strings, spelt as in the table above.
    """
    ### BEGIN SOLUTION
    causes = {
        "F": "class imbalance",
        "G": "boundary pixels",
        "H": "metric on a subset",
        "I": "augmentation mismatch",
        "J": "size mismatch",
    }
    return [causes[run] for run in runs]
    ### END SOLUTION


_CAUSES = (
    "augmentation mismatch",
    "boundary pixels",
    "class imbalance",
    "evaluation mode",
    "label format",
    "memory",
    "metric on a subset",
    "no skip connections",
    "oversmoothing",
    "size mismatch",
)


def _sealed(answer, runs):
    """Return a number for each cause instead of its name: what is expected can be shown and gives nothing away."""
    named = answer(list(runs))
    if named is None:
        return None
    if isinstance(named, (str, dict)) or len(named) != len(runs):
        return {"how many causes came back": len(named)}
    unknown = [str(cause) for cause in named if str(cause).lower() not in _CAUSES]
    return {"names that are not in the table": unknown} | {
        f"the number that stands for the cause of {run}": zlib.crc32(f"{run}: {cause}".lower().encode())
        % 10000
        for run, cause in sorted(zip(runs, map(str, named), strict=True))
    }


def _but(reference, **other):
    """Name some causes otherwise."""

    def named(runs):
        return [other.get(run, cause) for run, cause in zip(runs, reference(runs), strict=True)]

    return named


def _in_fixed_order(reference):
    def named(runs):
        return reference(sorted(runs))

    return named


def _by_match(runs):
    named = []
    for run in runs:
        match run:
            case "A":
                named.append("evaluation mode")
            case "B":
                named.append("oversmoothing")
            case "C":
                named.append("label format")
            case "D":
                named.append("memory")
            case _:
                named.append("no skip connections")
    return named


def _by_position(runs):
    causes = ("evaluation mode", "oversmoothing", "label format", "memory", "no skip connections")
    return tuple(causes["ABCDE".index(run)] for run in runs)


def _by_capitals(runs):
    causes = {"A": "Evaluation mode", "B": "Oversmoothing", "C": "Label format", "D": "Memory"}
    return np.array([causes.get(run, "No skip connections") for run in runs])


def _by_zip(runs):
    causes = [
        "class imbalance",
        "boundary pixels",
        "metric on a subset",
        "augmentation mismatch",
        "size mismatch",
    ]
    return list(map(dict(zip("FGHIJ", causes, strict=True)).get, runs))


def _by_ifs(runs):
    named = []
    for run in runs:
        if run == "F":
            cause = "class imbalance"
        elif run == "G":
            cause = "boundary pixels"
        elif run == "H":
            cause = "metric on a subset"
        elif run == "I":
            cause = "augmentation mismatch"
        else:
            cause = "size mismatch"
        named.append(cause)
    return named


def _by_generator(runs):
    first, last = "class imbalance,boundary pixels,metric on a subset", "augmentation mismatch,size mismatch"
    return tuple([*first.split(","), *last.split(",")][ord(run) - ord("F")].title() for run in runs)


def _shuffled(letters):
    def draw(rng):
        return ([letters[place] for place in rng.permutation(len(letters))],)

    return draw


def _seals(**numbers):
    seals = {f"the number that stands for the cause of {run}": number for run, number in numbers.items()}
    return {"names that are not in the table": []} | seals


_HINTS_FOR_NAMING = (
    "Go by what contradicts a healthy run, and leave the mIoU for last: which line of its card is far from "
    "that of the healthy run?",
    "Each cause touches one line of the card first: the table above says which. Two runs can look alike and differ "
    "in that line.",
)

NAME_CAUSES_A_E = Exercise(
    id="name-causes-a-e",
    title="Name the causes of runs A to E",
    lesson="11",
    points=5,
    minutes=10,
    source="Study guide, section 16; Losses and metrics, failure modes checklist",
    reference=causes_a_to_e,
    observe=_sealed,
    worked=(Worked((["A", "B", "C", "D", "E"],), _seals(A=7765, B=3897, C=2500, D=425, E=930)),),
    fresh=_shuffled("ABCDE"),
    fresh_cases=4,
    misconceptions=(
        Misconception(
            "A: the metric",
            _but(causes_a_to_e, A="metric on a subset"),
            "Look at A again. Its metric counts every pixel: the card says 100 %. The logged score and the second "
            "look differ for another reason, which stands in the line about the model's mode.",
        ),
        Misconception(
            "B: no skips",
            _but(causes_a_to_e, B="no skip connections"),
            "Look at B again. Nothing leads around its narrowest maps, that is true. But there is no decoder "
            "that could take a skip: its sides go from the narrowest map to full size in one step.",
        ),
        Misconception(
            "C: imbalance",
            _but(causes_a_to_e, C="class imbalance"),
            "Look at C again. One class is predicted everywhere, but it is the pet, which is not the most frequent "
            "one. Compare the classes in its targets with those in the truth.",
        ),
        Misconception(
            "C: augmentation",
            _but(causes_a_to_e, C="augmentation mismatch"),
            "Look at C again. Image and mask disagree, that is true. But its targets hold one class alone, and a mask "
            "that is pet everywhere agrees with no picture, however both were moved.",
        ),
        Misconception(
            "D: evaluation mode",
            _but(causes_a_to_e, D="evaluation mode"),
            "Look at D again. Its model is in evaluation mode, and its scores are right. What it wastes stands in "
            "another line: eval() does not switch gradients off.",
        ),
        Misconception(
            "E: oversmoothing",
            _but(causes_a_to_e, E="oversmoothing"),
            "Look at E again. Its sides come back step by step, so there is a decoder. What it should get "
            "around the narrowest maps does not arrive.",
        ),
        Misconception(
            "B and E exchanged",
            _but(causes_a_to_e, B="no skip connections", E="oversmoothing"),
            "You exchanged B and E. Both lose outlines, and in both nothing leads around the narrowest maps. "
            "Compare how their sides come back to full size: step by step, or in one.",
        ),
        Misconception(
            "alphabetical",
            _in_fixed_order(causes_a_to_e),
            "You returned the causes from A to E whatever was asked. `runs` comes in any order: look each letter up.",
        ),
    ),
    accepted=(_by_match, _by_position, _by_capitals),
    hints=(
        *_HINTS_FOR_NAMING,
        "A: the line about the mode. B: how the sides come back. C: targets against truth. D: megabytes. E: "
        "what leads around the narrowest maps.",
    ),
    why="Five runs, five lines of evidence. The score alone would have told you nothing but that something is wrong, "
    "and for D not even that.",
)

NAME_CAUSES_F_J = Exercise(
    id="name-causes-f-j",
    title="Name the causes of runs F to J",
    lesson="11",
    points=5,
    minutes=10,
    source="Study guide, section 16; Losses and metrics, failure modes checklist",
    reference=causes_f_to_j,
    observe=_sealed,
    worked=(Worked((["F", "G", "H", "I", "J"],), _seals(F=9709, G=8862, H=4154, I=4722, J=5193)),),
    fresh=_shuffled("FGHIJ"),
    fresh_cases=4,
    misconceptions=(
        Misconception(
            "F: labels",
            _but(causes_f_to_j, F="label format"),
            "Look at F again. Its targets hold the same shares as the truth, so the labels are read as they should "
            "be. Look at how much of both is background.",
        ),
        Misconception(
            "G: labels",
            _but(causes_f_to_j, G="label format"),
            "Look at G again. Its targets agree with the truth, and the middle of its pictures is predicted "
            "well. Look at where it is wrong.",
        ),
        Misconception(
            "G: size",
            _but(causes_f_to_j, G="size mismatch"),
            "Look at G again. Its logits are as large as its images, or the loss would have stopped it. Something "
            "was filled in to make them so: compare the accuracy in the middle and along the frame.",
        ),
        Misconception(
            "H: evaluation mode",
            _but(causes_f_to_j, H="evaluation mode"),
            "Look at H again. Its model is in evaluation mode. Its score and its overlays contradict each "
            "other. Look at how many of the pixels were counted.",
        ),
        Misconception(
            "H: imbalance",
            _but(causes_f_to_j, H="class imbalance"),
            "Look at H again. Its classes are those of the healthy run, and none of them is rare. Its logged mIoU is "
            "far above the second look, so something was left out of it.",
        ),
        Misconception(
            "I: labels",
            _but(causes_f_to_j, I="label format"),
            "Look at I again. Its targets hold about the shares of the truth, so the ids are right. Look at "
            "whether they are in the right place.",
        ),
        Misconception(
            "J: boundary pixels",
            _but(causes_f_to_j, J="boundary pixels"),
            "Look at J again. It never came so far as to predict anything: its error names two numbers. Look "
            "for the sizes that they stand for.",
        ),
        Misconception(
            "alphabetical",
            _in_fixed_order(causes_f_to_j),
            "You returned the causes from F to J whatever was asked. `runs` comes in any order: look each letter up.",
        ),
    ),
    accepted=(_by_zip, _by_ifs, _by_generator),
    hints=(
        *_HINTS_FOR_NAMING,
        "F: the share of the background. G: middle and frame. H: the pixels counted. I: image and mask together. J: "
        "its error.",
    ),
    why="A run that stops is the kindest: it says what is wrong. The others go on to the end, and the best score "
    "of the five is the one that cannot be trusted.",
)

# --- mend-labels --------------------------------------------------------------------------------------------


def read_labels(labels):
    """Return targets, int64 (N, H, W) with ids 0 pet, 1 background, 2 border, for labels, a uint8 tensor.

    Labels (N, H, W) are trimaps: 1 pet, 2 background, 3 border, and 255 for void, which stays 255.
    Labels (N, H, W, 3) are one-hot: 1 in the channel of the pixel's class, 0 in the others.
    """
    ### BEGIN SOLUTION
    if labels.ndim == 4:
        return labels.argmax(dim=-1)  # (N, H, W)
    targets = labels.long() - 1
    targets[labels == 255] = 255
    return targets  # (N, H, W)
    ### END SOLUTION


def _kind_and_ids(answer, labels):
    targets = answer(labels)
    kind = str(getattr(targets, "dtype", type(targets).__name__)).removeprefix("torch.")
    return {"the dtype of the targets": kind, "the targets": targets}


def _trimaps_by(rule):
    def read(labels):
        return labels.argmax(dim=-1) if labels.ndim == 4 else rule(labels)

    return read


def _scaled(labels):
    return _trimaps_by(lambda trimaps: (trimaps / 255).long())(labels)


def _from_one(labels):
    return _trimaps_by(lambda trimaps: trimaps.long())(labels)


def _void_shifted(labels):
    return _trimaps_by(lambda trimaps: trimaps.long() - 1)(labels)


def _modulo(labels):
    return _trimaps_by(lambda trimaps: torch.where(trimaps == 255, 255, trimaps.long() % 3))(labels)


def _as_floats(labels):
    return read_labels(labels).float()


def _as_bytes(labels):
    return read_labels(labels).to(torch.uint8)


def _first_axis(labels):
    return labels.argmax(dim=1) if labels.ndim == 4 else read_labels(labels)


def _one_hot_kept(labels):
    return labels.long() if labels.ndim == 4 else read_labels(labels)


def _labels_by_lookup(labels):
    if labels.ndim == 4:
        return (labels * torch.arange(3, dtype=torch.uint8)).sum(dim=-1)
    table = torch.full((256,), 255)
    table[1:4] = torch.arange(3)
    return table[labels.long()]


def _labels_by_where(labels):
    if labels.dim() == 4:
        return torch.max(labels, -1).indices
    return torch.where(labels == 255, 255, labels.to(torch.int64) - 1)


def _labels_in_numpy(labels):
    array = labels.numpy().astype(np.int64)
    if array.ndim == 4:
        return torch.from_numpy(array.argmax(axis=-1))
    return torch.from_numpy(np.where(array == 255, 255, array - 1))


def _draw_labels(rng):
    shape = tuple(int(side) for side in rng.integers(2, 6, 3))
    ids = rng.integers(0, 3, shape)
    if rng.uniform() < 0.4:
        return (torch.from_numpy(np.eye(3, dtype=np.uint8)[ids]),)
    trimaps = (ids + 1).astype(np.uint8)
    trimaps[rng.uniform(size=shape) < 0.15] = 255
    return (torch.from_numpy(trimaps),)


MEND_LABELS = Exercise(
    id="mend-labels",
    title="Mend run C: read the labels",
    lesson="11",
    points=2,
    minutes=5,
    source="Study guide, section 16, pitfall 1",
    reference=read_labels,
    observe=_kind_and_ids,
    worked=(
        Worked(
            (torch.tensor([[[1, 2], [3, 255]]], dtype=torch.uint8),),
            {"the dtype of the targets": "int64", "the targets": [[[0, 1], [2, 255]]]},
        ),
        Worked(
            (torch.tensor([[[[0, 0, 1], [1, 0, 0]], [[0, 1, 0], [0, 1, 0]]]], dtype=torch.uint8),),
            {"the dtype of the targets": "int64", "the targets": [[[2, 0], [1, 1]]]},
        ),
    ),
    fresh=_draw_labels,
    misconceptions=(
        Misconception(
            "scaled like an image",
            _scaled,
            "You divided the ids by 255, as one does with images. Ids are names, not brightness: 1, 2 and 3 "
            "all become 0, and void becomes 1. Subtract 1 instead.",
        ),
        Misconception(
            "ids from 1",
            _from_one,
            "Your ids still start at 1. With three classes they must be 0, 1 and 2: subtract 1.",
        ),
        Misconception(
            "void shifted",
            _void_shifted,
            "You subtracted 1 from void as well, which makes 254 of it: no loss ignores that. Put the 255 back.",
        ),
        Misconception(
            "modulo",
            _modulo,
            "You took the ids modulo 3. That keeps them below 3, and it exchanges the classes: 3 becomes 0, the "
            "pet's id. The loss falls all the same, and the mIoU stays near 0. Subtract 1.",
        ),
        Misconception(
            "floats",
            _as_floats,
            "Your targets are floats. Cross-entropy takes class ids as int64: use .long().",
        ),
        Misconception(
            "bytes",
            _as_bytes,
            "Your targets are uint8. Ids are right, but torch's cross-entropy takes int64: use .long() before you "
            "subtract.",
        ),
        Misconception(
            "another axis",
            _first_axis,
            "You looked for the class of one-hot labels along dim 1, the rows. In (N, H, W, 3) the classes are last: "
            "argmax(dim=-1).",
        ),
        Misconception(
            "one-hot kept",
            _one_hot_kept,
            "You left one-hot labels as they are. A target is one id a pixel, (N, H, W): take the argmax over "
            "the last dim.",
        ),
    ),
    accepted=(_labels_by_lookup, _labels_by_where, _labels_in_numpy),
    hints=(
        "labels.ndim tells the two formats apart.",
        "For one-hot labels, argmax over the last dim is all. For trimaps, go to int64 before you subtract.",
        "targets = labels.long() - 1; targets[labels == 255] = 255.",
    ),
    why="A target is one class id a pixel, int64, from 0 to C-1, and 255 where nobody knows. Everything else either "
    "stops the loss or, worse, does not.",
)

# --- mend-crops ---------------------------------------------------------------------------------------------


def crop_pairs(images, masks, tops, lefts, side):
    """Return the crops (N, C, side, side) of the images and (N, side, side) of the masks, as two tensors.

    images is (N, C, H, W), masks (N, H, W). tops and lefts are lists of N integers: the upper left corner of each
    crop, the same in an image and in its mask.
    """
    ### BEGIN SOLUTION
    image_crops, mask_crops = [], []
    for image, mask, top, left in zip(images, masks, tops, lefts, strict=True):
        rows, columns = slice(top, top + side), slice(left, left + side)
        image_crops.append(image[:, rows, columns])
        mask_crops.append(mask[rows, columns])
    return torch.stack(image_crops), torch.stack(mask_crops)
    ### END SOLUTION


def _two_tensors(answer, images, masks, tops, lefts, side):
    crops = answer(images, masks, tops, lefts, side)
    if crops is None:
        return None
    of_images, of_masks = crops
    return {
        "what came back": [type(of_images).__name__, type(of_masks).__name__],
        "the crops of the images": of_images,
        "the crops of the masks": of_masks,
    }


def _cropped(pictures, tops, lefts, side):
    return torch.stack(
        [p[..., t : t + side, s : s + side] for p, t, s in zip(pictures, tops, lefts, strict=True)]
    )


def _masks_elsewhere(images, masks, tops, lefts, side):
    return _cropped(images, tops, lefts, side), _cropped(masks, tops[::-1], lefts[::-1], side)


def _masks_in_the_corner(images, masks, tops, lefts, side):
    return _cropped(images, tops, lefts, side), masks[:, :side, :side]


def _masks_whole(images, masks, tops, lefts, side):
    return _cropped(images, tops, lefts, side), masks


def _masks_transposed(images, masks, tops, lefts, side):
    return _cropped(images, tops, lefts, side), _cropped(masks, lefts, tops, side)


def _both_transposed(images, masks, tops, lefts, side):
    return _cropped(images, lefts, tops, side), _cropped(masks, lefts, tops, side)


def _all_at_the_first(images, masks, tops, lefts, side):
    return _cropped(images, tops[:1] * len(tops), lefts[:1] * len(tops), side), _cropped(
        masks, tops[:1] * len(tops), lefts[:1] * len(tops), side
    )


def _in_lists(images, masks, tops, lefts, side):
    return tuple(list(crops) for crops in crop_pairs(images, masks, tops, lefts, side))


def _masks_first(images, masks, tops, lefts, side):
    return crop_pairs(images, masks, tops, lefts, side)[::-1]


def _crops_joined(images, masks, tops, lefts, side):
    both = torch.cat([images.float(), masks.unsqueeze(1).float()], dim=1)
    crops = _cropped(both, tops, lefts, side)
    return crops[:, :-1], crops[:, -1].to(masks.dtype)


def _crops_by_index(images, masks, tops, lefts, side):
    rows = torch.tensor(tops)[:, None] + torch.arange(side)  # (N, side)
    columns = torch.tensor(lefts)[:, None] + torch.arange(side)
    n = torch.arange(len(images))[:, None, None]
    return (
        images[n, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2),
        masks[n, rows[:, :, None], columns[:, None, :]],
    )


def _crops_by_narrow(images, masks, tops, lefts, side):
    def cut(picture, top, left):
        return picture.narrow(-2, top, side).narrow(-1, left, side)

    return [
        torch.stack([cut(*each) for each in zip(batch, tops, lefts, strict=True)])
        for batch in (images, masks)
    ]


def _draw_crops(rng):
    count, side = int(rng.integers(2, 4)), int(rng.integers(2, 4))
    height, width = (side + 2 + int(more) for more in rng.choice(3, 2, replace=False))
    images = torch.from_numpy(rng.integers(0, 100, (count, 2, height, width)).astype(np.float32))
    masks = torch.from_numpy(rng.integers(0, 3, (count, height, width)))
    room = min(height, width) - side  # so that exchanged corners fit, too
    tops = rng.integers(0, room, count).tolist()
    lefts = [top + int(more) for top, more in zip(tops, rng.integers(0, 2, count), strict=True)]
    tops[0], lefts[0], lefts[-1] = 0, room - 1, 0
    return images, masks, tops, lefts, side


_STEPS = torch.arange(16.0).reshape(1, 1, 4, 4)  # 0 1 2 3 / 4 5 6 7 / 8 9 10 11 / 12 13 14 15

MEND_CROPS = Exercise(
    id="mend-crops",
    title="Mend run I: crop image and mask together",
    lesson="11",
    points=2,
    minutes=5,
    source="Study guide, section 16, pitfall 2",
    reference=crop_pairs,
    observe=_two_tensors,
    worked=(
        Worked(
            (_STEPS, (_STEPS[0] % 3).long(), [1], [2], 2),
            {
                "what came back": ["Tensor", "Tensor"],
                "the crops of the images": [[[[6.0, 7], [10, 11]]]],
                "the crops of the masks": [[[0, 1], [1, 2]]],
            },
        ),
    ),
    fresh=_draw_crops,
    misconceptions=(
        Misconception(
            "masks elsewhere",
            _masks_elsewhere,
            "Your masks are cropped at other places than their images. Image n and mask n share tops[n] and "
            "lefts[n].",
        ),
        Misconception(
            "masks in the corner",
            _masks_in_the_corner,
            "You cropped every mask in the upper left corner. It has the right size and shows another part of the "
            "picture: use the image's top and left.",
        ),
        Misconception(
            "whole masks",
            _masks_whole,
            "You left the masks whole. They must lose what their images lose.",
        ),
        Misconception(
            "masks with exchanged corners",
            _masks_transposed,
            "In the masks you took tops for columns and lefts for rows. Rows come first: mask[top:..., left:...].",
        ),
        Misconception(
            "exchanged corners",
            _both_transposed,
            "You took tops for columns and lefts for rows. Pairs stay together, but the crops are not the ones that "
            "were asked for: rows come first.",
        ),
        Misconception(
            "all at the first place",
            _all_at_the_first,
            "You cropped the whole batch where its first crop is. Each picture has its own top and left: go through "
            "them one by one.",
        ),
        Misconception(
            "lists of crops",
            _in_lists,
            "Your crops are right, and lie in two lists. A network takes a batch: torch.stack makes one tensor of each "
            "list.",
        ),
        Misconception(
            "masks first",
            _masks_first,
            "You returned the masks first. The callers take images first.",
        ),
    ),
    accepted=(_crops_joined, _crops_by_index, _crops_by_narrow),
    hints=(
        "Whatever is done to an image is done to its mask, with the same numbers.",
        "Loop over zip(images, masks, tops, lefts), slice both, and put the crops together with torch.stack.",
        "image[:, top : top + side, left : left + side] and mask[top : top + side, left : left + side].",
    ),
    why="Geometry belongs to the pair. Draw the numbers once, and use them twice; colours may change in the image "
    "alone.",
)

# --- mend-sizes ---------------------------------------------------------------------------------------------


def fit(features, skip):
    """Return features (N, C, h, w), enlarged to the height and width of skip (N, C, H, W); h <= H and w <= W.

    Rows that are missing are added at the bottom, columns at the right: copies of the last row and the last column.
    """
    ### BEGIN SOLUTION
    rows = skip.shape[2] - features.shape[2]
    columns = skip.shape[3] - features.shape[3]
    return F.pad(features, (0, columns, 0, rows), mode="replicate")  # (N, C, H, W)
    ### END SOLUTION


def _missing(features, skip):
    return skip.shape[2] - features.shape[2], skip.shape[3] - features.shape[3]


def _unfit(features, skip):
    return features


def _fit_with_zeros(features, skip):
    rows, columns = _missing(features, skip)
    return F.pad(features, (0, columns, 0, rows))


def _fit_at_the_top(features, skip):
    rows, columns = _missing(features, skip)
    return F.pad(features, (columns, 0, rows, 0), mode="replicate")


def _fit_exchanged(features, skip):
    rows, columns = _missing(features, skip)
    return F.pad(features, (0, rows, 0, columns), mode="replicate")


def _fit_stretched(features, skip):
    return F.interpolate(features, size=skip.shape[2:], mode="bilinear")


def _fit_nearest(features, skip):
    return F.interpolate(features, size=skip.shape[2:])


def _fit_rows_alone(features, skip):
    return F.pad(features, (0, 0, 0, _missing(features, skip)[0]), mode="replicate")


def _fit_and_added(features, skip):
    return fit(features, skip) + skip


def _fit_by_cat(features, skip):
    while features.shape[2] < skip.shape[2]:
        features = torch.cat([features, features[:, :, -1:]], dim=2)
    while features.shape[3] < skip.shape[3]:
        features = torch.cat([features, features[..., -1:]], dim=3)
    return features


def _fit_by_index(features, skip):
    rows = torch.arange(skip.shape[2]).clamp(max=features.shape[2] - 1)
    columns = torch.arange(skip.shape[3]).clamp(max=features.shape[3] - 1)
    return features[:, :, rows][..., columns]


def _fit_in_numpy(features, skip):
    rows, columns = _missing(features, skip)
    return torch.from_numpy(np.pad(features.numpy(), ((0, 0), (0, 0), (0, rows), (0, columns)), mode="edge"))


def _draw_fit(rng):
    count, channels = (int(number) for number in rng.integers(1, 3, 2))
    height, width = (int(number) for number in rng.integers(2, 5, 2))
    rows, columns = ((0, 1), (1, 0), (1, 2), (2, 1), (0, 0))[rng.integers(0, 5)]
    features = rng.integers(0, 50, (count, channels, height, width)).astype(np.float32)
    skip = rng.integers(1, 50, (count, channels, height + rows, width + columns)).astype(np.float32)
    return torch.from_numpy(features), torch.from_numpy(skip)


MEND_SIZES = Exercise(
    id="mend-sizes",
    title="Mend run J: make the sizes fit",
    lesson="11",
    points=2,
    minutes=5,
    source="Study guide, section 16, pitfall 3",
    reference=fit,
    worked=(
        Worked(
            (torch.tensor([[[[1.0, 2], [3, 4]]]]), torch.zeros(1, 1, 3, 3)),
            [[[[1.0, 2, 2], [3, 4, 4], [3, 4, 4]]]],
        ),
        Worked((torch.tensor([[[[1.0, 2], [3, 4]]]]), torch.zeros(1, 1, 2, 3)), [[[[1.0, 2, 2], [3, 4, 4]]]]),
    ),
    fresh=_draw_fit,
    misconceptions=(
        Misconception(
            "as it was",
            _unfit,
            "You returned the features as they came. Where a pooling has dropped a row, they are one row short of "
            "the skip: add it.",
        ),
        Misconception(
            "zeros",
            _fit_with_zeros,
            "You filled up with zeros. A frame of zeros is a pattern of its own to the next convolution: copy "
            "the last "
            'row and column, mode="replicate".',
        ),
        Misconception(
            "at the top and left",
            _fit_at_the_top,
            "You added at the top and on the left, which shifts all features against their skip. Pooling drops the "
            "last row and column, so they are missing at the bottom and on the right.",
        ),
        Misconception(
            "rows for columns",
            _fit_exchanged,
            "You exchanged rows and columns. F.pad counts from the last dim: (left, right, top, bottom).",
        ),
        Misconception(
            "stretched",
            _fit_stretched,
            "You stretched the features to the new size. That moves every feature a little against its skip, most of "
            "all in the middle: add the missing rows and columns instead.",
        ),
        Misconception(
            "stretched to the nearest",
            _fit_nearest,
            "You enlarged by nearest neighbour, which may double a row in the middle and shift all that follows. "
            "The missing one is the last.",
        ),
        Misconception(
            "rows alone",
            _fit_rows_alone,
            "You added rows alone. Columns may be missing as well: the first two numbers that F.pad takes are "
            "theirs.",
        ),
        Misconception(
            "added already",
            _fit_and_added,
            "You added the skip as well. That is the caller's next step: return the features alone.",
        ),
    ),
    accepted=(_fit_by_cat, _fit_by_index, _fit_in_numpy),
    hints=(
        "How many rows are missing? And how many columns?",
        "F.pad takes the dims from the last: (left, right, top, bottom). Which of the four are 0 here?",
        'F.pad(features, (0, columns, 0, rows), mode="replicate").',
    ),
    why="15 pixels become 7, and 7 become 14. One row is lost in the pooling and has to be given back before the "
    "skip can be joined. Printing shapes finds the place in a minute.",
)

# --- mend-loss ----------------------------------------------------------------------------------------------


def balanced_loss(logits, targets):
    """Return the cross-entropy in which every class counts alike, as a tensor without dimensions.

    logits is (N, C, H, W), targets (N, H, W) with ids 0..C-1, and 255 for void, which counts for nothing.
    Take the mean loss over the pixels of each class that occurs in targets; the result is the mean of these means.
    """
    ### BEGIN SOLUTION
    losses = F.cross_entropy(logits, targets, ignore_index=255, reduction="none")  # (N, H, W)
    present = [class_id for class_id in targets.unique() if class_id != 255]
    return torch.stack([losses[targets == class_id].mean() for class_id in present]).mean()
    ### END SOLUTION


def _pixel_losses(logits, targets):
    return F.cross_entropy(logits, targets, ignore_index=255, reduction="none")


def _class_means(logits, targets):
    losses = _pixel_losses(logits, targets)
    return [losses[targets == c].mean() for c in range(logits.shape[1]) if (targets == c).any()]


def _every_pixel_alike(logits, targets):
    return F.cross_entropy(logits, targets, ignore_index=255)


def _sum_of_means(logits, targets):
    return torch.stack(_class_means(logits, targets)).sum()


def _over_all_classes(logits, targets):
    return torch.stack(_class_means(logits, targets)).sum() / logits.shape[1]


def _by_frequency(logits, targets):
    counts = torch.bincount(targets[targets != 255], minlength=logits.shape[1]).float()
    return F.cross_entropy(logits, targets, weight=counts / counts.sum(), ignore_index=255)


def _void_as_a_class(logits, targets):
    losses = _pixel_losses(logits, targets)
    return torch.stack([losses[targets == class_id].mean() for class_id in targets.unique()]).mean()


def _absent_classes_too(logits, targets):
    losses = _pixel_losses(logits, targets)
    return torch.stack([losses[targets == class_id].mean() for class_id in range(logits.shape[1])]).mean()


def _sum_over_pixels(logits, targets):
    losses = _pixel_losses(logits, targets)
    sums = [losses[targets == c].sum() for c in range(logits.shape[1]) if (targets == c).any()]
    return torch.stack(sums).mean()


def _weighted_over_pixels(logits, targets):
    counts = torch.bincount(targets[targets != 255], minlength=logits.shape[1])
    weight = torch.where(counts > 0, 1 / counts.clamp_min(1), 0.0)
    return F.cross_entropy(logits, targets, weight=weight, ignore_index=255, reduction="sum") / counts.sum()


def _balanced_by_weights(logits, targets):
    counts = torch.bincount(targets[targets != 255], minlength=logits.shape[1])
    weight = torch.where(counts > 0, 1 / counts.clamp_min(1), 0.0)
    return F.cross_entropy(logits, targets, weight=weight, ignore_index=255)


def _balanced_by_loop(logits, targets):
    log_p = logits.log_softmax(dim=1)
    total, classes = 0.0, 0
    for c in range(logits.shape[1]):
        where = targets == c
        if where.any():
            total, classes = total - log_p[:, c][where].mean(), classes + 1
    return total / classes


def _balanced_in_numpy(logits, targets):
    scores, ids = np.moveaxis(logits.numpy(), 1, -1).astype(np.float64), targets.numpy()
    log_p = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
    return float(
        np.mean([-log_p[ids == c][:, c].mean() for c in range(scores.shape[-1]) if (ids == c).any()])
    )


def _draw_imbalanced(rng):
    count, classes = int(rng.integers(1, 3)), int(rng.integers(3, 5))
    height, width = (int(side) for side in rng.integers(3, 6, 2))
    logits = rng.normal(0, 2, (count, classes, height, width)).astype(np.float32)
    targets = np.where(rng.uniform(size=(count, height, width)) < 0.7, 1, 0)
    if rng.uniform() < 0.5:
        targets.flat[2] = 2  # one pixel of the rare class, or none: the last class is always absent
    targets.flat[0], targets.flat[1] = 255, 0
    targets.flat[3] = 1
    return torch.from_numpy(logits), torch.from_numpy(targets)


_CERTAIN = torch.tensor([[[[0.0, 0.0, 0.0]], [[0.0, 0.0, float(np.log(3))]]]])  # (1, 2, 1, 3)

MEND_LOSS = Exercise(
    id="mend-loss",
    title="Mend run F: let every class count alike",
    lesson="11",
    points=2,
    minutes=7,
    source="Study guide, section 16, pitfall 4; Lesson 33, common errors",
    reference=balanced_loss,
    worked=(
        # Class 0 has one pixel with p = 1/4, class 1 two with p = 1/2: (log 4 + log 2) / 2 = 1.5 log 2.
        Worked((_CERTAIN, torch.tensor([[[1, 1, 0]]])), 1.0397207708399179),
        Worked((_CERTAIN, torch.tensor([[[1, 255, 1]]])), 0.4904146265058631),  # (log 2 + log 4/3) / 2
    ),
    fresh=_draw_imbalanced,
    misconceptions=(
        Misconception(
            "every pixel alike",
            _every_pixel_alike,
            "You took the mean over the pixels. Then the background, with most pixels, decides alone. Take "
            "the mean for each class first, and then the mean of these.",
        ),
        Misconception(
            "sum of the means",
            _sum_of_means,
            "You added the means of the classes up. Divide by the number of classes that occur, or the loss "
            "jumps with what happens to be in a batch.",
        ),
        Misconception(
            "over all classes",
            _over_all_classes,
            "You divided by the number of all classes. Only those that occur in targets count.",
        ),
        Misconception(
            "weighted by frequency",
            _by_frequency,
            "You weighted each class by its frequency, which makes the frequent ones count twice over. It is the "
            "inverse of the frequency that evens them out.",
        ),
        Misconception(
            "void as a class",
            _void_as_a_class,
            "You counted void as one class more, with a loss of 0: targets.unique() holds 255 as well. Leave it out.",
        ),
        Misconception(
            "absent classes",
            _absent_classes_too,
            "A class that does not occur in targets has no pixels, and the mean of nothing is nan. Take the classes "
            "that occur alone.",
        ),
        Misconception(
            "sums of pixels",
            _sum_over_pixels,
            "You added up the pixels of each class instead of taking their mean: the frequent class still "
            "weighs most.",
        ),
        Misconception(
            "divided by the pixels",
            _weighted_over_pixels,
            "Your weights are right, but you divided by the number of pixels. A weighted mean is divided by "
            "the sum of the weights.",
        ),
    ),
    accepted=(_balanced_by_weights, _balanced_by_loop, _balanced_in_numpy),
    hints=(
        'F.cross_entropy(..., ignore_index=255, reduction="none") gives the loss of each pixel.',
        "losses[targets == class_id].mean() is the mean over one class. Which class ids occur? "
        "targets.unique() knows.",
        "Collect the means of the classes present, all but 255, in a list: torch.stack(means).mean().",
    ),
    why="It is weighted cross-entropy with the inverse of the frequency in this very batch. To say background "
    "everywhere now costs as much as to say pet everywhere.",
    tolerance=1e-5,
)

# --- mend-skips ---------------------------------------------------------------------------------------------


def decode(features, skips, ups, convs):
    """Return the decoder's features at full size.

    features come from the bottleneck. skips are the encoder's features, a list from fine to coarse. ups and convs are
    lists of as many modules, from coarse to fine. Each step enlarges, adds the skip of that size, and convolves.
    """
    ### BEGIN SOLUTION
    for up, conv, skip in zip(ups, convs, reversed(skips), strict=True):
        features = conv(up(features) + skip)
    return features
    ### END SOLUTION


def _probe_decoder(answer, features, skips):
    """Decode with modules that only count: each enlargement adds a hundredth, each convolution doubles."""

    def up(features):
        return features.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3) + 0.25

    convs = [
        lambda features, factor=factor: torch.relu(factor * features) for factor in range(2, 2 + len(skips))
    ]
    given = list(skips)
    decoded = answer(features, given, [up] * len(skips), convs)
    return {"the decoded features": decoded, "skips that are left in the list": len(given)}


def _decode_by(step):
    def decoded(features, skips, ups, convs):
        for up, conv, skip in zip(ups, convs, reversed(skips), strict=True):
            features = step(features, skip, up, conv)
        return features

    return decoded


def _decode_alone(features, skips, ups, convs):
    return _decode_by(lambda features, skip, up, conv: conv(up(features)))(features, skips, ups, convs)


def _decode_added_late(features, skips, ups, convs):
    return _decode_by(lambda features, skip, up, conv: conv(up(features)) + skip)(features, skips, ups, convs)


def _decode_concatenated(features, skips, ups, convs):
    def step(features, skip, up, conv):
        return conv(torch.cat([up(features), skip], dim=1))

    return _decode_by(step)(features, skips, ups, convs)


def _decode_with_the_finest_alone(features, skips, ups, convs):
    def step(features, skip, up, conv):
        return conv(up(features) + skip if skip is skips[0] else up(features))

    return _decode_by(step)(features, skips, ups, convs)


def _decode_skips_alone(features, skips, ups, convs):
    return _decode_by(lambda features, skip, up, conv: conv(skip))(features, skips, ups, convs)


def _decode_emptying(features, skips, ups, convs):
    for up, conv in zip(ups, convs, strict=True):
        features = conv(up(features) + skips.pop())
    return features


def _decode_fine_first(features, skips, ups, convs):
    for up, conv, skip in zip(ups, convs, skips, strict=True):
        features = conv(up(features) + skip)
    return features


def _decode_without_convs(features, skips, ups, convs):
    return _decode_by(lambda features, skip, up, conv: up(features) + skip)(features, skips, ups, convs)


def _decode_by_index(features, skips, ups, convs):
    for level in range(len(ups)):
        larger = ups[level](features)
        features = convs[level](larger + skips[len(skips) - 1 - level])
    return features


def _decode_by_copy(features, skips, ups, convs):
    waiting = list(skips)
    for up, conv in zip(ups, convs, strict=True):
        features = conv(torch.add(up(features), waiting.pop()))
    return features


def _decode_recursively(features, skips, ups, convs):
    if not len(skips):
        return features
    features = convs[0](ups[0](features) + skips[-1])
    return _decode_recursively(features, skips[:-1], ups[1:], convs[1:])


def _draw_decoder(rng):
    levels, side = int(rng.integers(2, 4)), int(rng.integers(1, 3))
    sizes = [side * 2 ** (levels - level) for level in range(levels)]  # fine to coarse
    skips = [
        torch.from_numpy(rng.integers(1, 9, (1, 2, size, size)).astype(np.float32)) / 4 for size in sizes
    ]
    return torch.from_numpy(rng.integers(1, 9, (1, 2, side, side)).astype(np.float32)) / 4, skips


MEND_SKIPS = Exercise(
    id="mend-skips",
    title="Mend run E: give the decoder its skips",
    lesson="11",
    points=2,
    minutes=5,
    source="Study guide, section 16, pitfall 5; Lesson 33, common errors",
    reference=decode,
    observe=_probe_decoder,
    worked=(
        # Up adds 0.25, then the skip, then times 2: (1 + 0.25 + 1) * 2 = 4.5, with a skip of 2: 6.5.
        Worked(
            (torch.ones(1, 1, 1, 1), [torch.tensor([[[[1.0, 2], [1, 1]]]])]),
            {"the decoded features": [[[[4.5, 6.5], [4.5, 4.5]]]], "skips that are left in the list": 1},
        ),
    ),
    fresh=_draw_decoder,
    misconceptions=(
        Misconception(
            "no skips",
            _decode_alone,
            "Your decoder does not use the skips. What pooling forgot cannot be guessed from the bottleneck: add the "
            "skip of the same size after each enlargement.",
        ),
        Misconception(
            "added after the convolution",
            _decode_added_late,
            "You added the skip after the convolution. It belongs before: the convolution is what combines the two.",
        ),
        Misconception(
            "concatenated",
            _decode_concatenated,
            "You concatenated. These convolutions take as many channels as before, so the skip is added.",
        ),
        Misconception(
            "the finest alone",
            _decode_with_the_finest_alone,
            "You used the finest skip alone. Every step up gets the one of its own size.",
        ),
        Misconception(
            "skips alone",
            _decode_skips_alone,
            "Your decoder sees the skips alone, so nothing of what the bottleneck found comes through. Add the two.",
        ),
        Misconception(
            "emptied the list",
            _decode_emptying,
            "Your features are right, but pop() has emptied the caller's list of skips. Go through reversed(skips).",
        ),
        Misconception(
            "fine first",
            _decode_fine_first,
            "You went through the skips from fine to coarse, so the sizes do not fit. The decoder goes from coarse to "
            "fine: reversed(skips) gives each step the skip of its own size.",
        ),
        Misconception(
            "no convolutions",
            _decode_without_convs,
            "You left the convolutions out. Each step ends in conv(...).",
        ),
    ),
    accepted=(_decode_by_index, _decode_by_copy, _decode_recursively),
    hints=(
        "Which of the skips is as large as the first result of an enlargement: the first in the list, or the last?",
        "zip(ups, convs, reversed(skips)) gives what each step needs.",
        "In the loop: features = conv(up(features) + skip).",
    ),
    why="The bottleneck says what, the skips say where. Without them the decoder draws what it remembers of pets, "
    "not what it sees.",
    fresh_cases=5,
)

# --- mend-mode ----------------------------------------------------------------------------------------------


def predict(model, images):
    """Return class maps (N, H, W) for images (N, C, H, W): predicted in evaluation mode, without gradients.

    Leave the model in the mode in which you found it; model.training is True in training mode.
    """
    ### BEGIN SOLUTION
    was_training = model.training
    model.eval()
    with torch.no_grad():
        prediction = model(images).argmax(dim=1)  # (N, H, W)
    model.train(was_training)
    return prediction
    ### END SOLUTION


def _probe_prediction(answer, images, starts_in_training):
    """Predict with a network that has batch norm and dropout, and note what became of it."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.BatchNorm2d(images.shape[1]), nn.Dropout2d(0.5))
    model.train(starts_in_training)
    kept = []
    model.register_forward_hook(lambda module, inputs, logits: kept.append(logits.requires_grad))
    with torch.enable_grad():
        prediction = answer(model, images)
    mode = model.training
    changed = bool(model[0].running_mean.any())
    return {
        "the prediction": prediction,
        "the model is in training mode afterwards": mode,
        "batch norm's running means were changed": changed,
        "the logits kept their graph": any(kept),
    }


def _as_it_is(model, images):
    with torch.no_grad():
        return model(images).argmax(dim=1)


def _left_in_eval(model, images):
    model.eval()
    with torch.no_grad():
        return model(images).argmax(dim=1)


def _always_back_to_train(model, images):
    prediction = _left_in_eval(model, images)
    model.train()
    return prediction


def _eval_too_late(model, images):
    prediction = _as_it_is(model, images)
    model.eval()
    return prediction


def _without_no_grad(model, images):
    was_training = model.training
    model.eval()
    prediction = model(images).argmax(dim=1)
    model.train(was_training)
    return prediction


def _train_for_eval(model, images):
    was_training = model.training
    model.train()
    with torch.no_grad():
        prediction = model(images).argmax(dim=1)
    model.train(was_training)
    return prediction


def _wrong_axis(model, images):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        prediction = model(images).argmax(dim=-1)
    model.train(was_training)
    return prediction


def _prediction_with_finally(model, images):
    mode = model.training
    try:
        with torch.inference_mode():
            return model.eval()(images).max(dim=1).indices
    finally:
        model.train(mode)


@torch.no_grad()
def _prediction_decorated(model, images):
    mode = model.training
    model.train(False)
    logits = model(images)
    if mode:
        model.train()
    return torch.argmax(logits, 1)


def _prediction_module_by_module(model, images):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        prediction = torch.stack([model(image[None])[0].argmax(dim=0) for image in images])
    for module, mode in modes:
        module.training = mode
    return prediction


def _draw_prediction(rng):
    count, channels, height, width = (int(n) for n in rng.integers((2, 3, 3, 3), (4, 5, 6, 6)))
    images = rng.permutation(count * channels * height * width).reshape(count, channels, height, width)
    return torch.from_numpy(images.astype(np.float32) / 16), bool(rng.integers(0, 2))


MEND_MODE = Exercise(
    id="mend-mode",
    title="Mend run A: predict in evaluation mode",
    lesson="11",
    points=2,
    minutes=6,
    source="Study guide, section 16, pitfall 6",
    reference=predict,
    observe=_probe_prediction,
    worked=(
        Worked(
            (torch.tensor([[[[1.0, 2]], [[3, 0]], [[2, 1]]], [[[0.0, 5]], [[1, 4]], [[2, 3]]]]), True),
            {
                "the prediction": [[[1, 0]], [[2, 0]]],
                "the model is in training mode afterwards": True,
                "batch norm's running means were changed": False,
                "the logits kept their graph": False,
            },
        ),
    ),
    fresh=_draw_prediction,
    fresh_cases=8,
    misconceptions=(
        Misconception(
            "as it is",
            _as_it_is,
            "You left the model in whatever mode it was in. In training mode, dropout deletes channels at random, "
            "and batch norm takes its means from this batch and remembers them: call model.eval() first.",
        ),
        Misconception(
            "left in evaluation mode",
            _left_in_eval,
            "You left the model in evaluation mode. The training that called you goes on without dropout, and nobody "
            "notices: note model.training first, and go back with model.train(was_training).",
        ),
        Misconception(
            "always back to training",
            _always_back_to_train,
            "You put the model into training mode at the end, whatever it was before. A model that was meant "
            "to predict must stay in evaluation mode: go back to the mode that you found.",
        ),
        Misconception(
            "eval too late",
            _eval_too_late,
            "You called model.eval() after the prediction. It has to come first.",
        ),
        Misconception(
            "graph kept",
            _without_no_grad,
            "Your mode is right, but the logits kept their graph. eval() does not switch gradients off: that is what "
            "torch.no_grad() is for.",
        ),
        Misconception(
            "train for eval",
            _train_for_eval,
            "You called model.train() before predicting. It takes a mode, and True is what it takes by default: "
            "model.eval(), or model.train(False).",
        ),
        Misconception(
            "wrong axis",
            _wrong_axis,
            "You took the argmax along the last dim, the columns. The classes are dim 1 of (N, C, H, W).",
        ),
    ),
    accepted=(_prediction_with_finally, _prediction_decorated, _prediction_module_by_module),
    hints=(
        "Three things: note the mode, predict, go back.",
        "model.train(mode) takes True or False. torch.no_grad() is a context.",
        "was_training = model.training; model.eval(); ...; model.train(was_training).",
    ),
    why="Training mode and gradients are two switches: eval() turns the one, no_grad() the other. And what borrows a "
    "model gives it back as it was.",
)

# --- mend-memory --------------------------------------------------------------------------------------------


def predict_all(model, images, batch_size):
    """Return the class maps (N, H, W) of images (N, C, H, W), in their order.

    Hand the model batch_size images at a time, and what remains at the end, and keep nothing for gradients.
    The model is in evaluation mode already.
    """
    ### BEGIN SOLUTION
    predictions = []
    with torch.no_grad():
        for batch in images.split(batch_size):
            predictions.append(model(batch).argmax(dim=1))
    return torch.cat(predictions)  # (N, H, W)
    ### END SOLUTION


def _probe_memory(answer, images, batch_size):
    """Predict with a network that notes what it is given."""
    sizes, kept = [], []

    class Noting(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(()))

        def forward(self, batch):
            logits = self.scale * batch
            sizes.append(len(batch))
            kept.append(logits.requires_grad)
            return logits

    with torch.enable_grad():
        prediction = answer(Noting().eval(), images, batch_size)
    return {
        "the sizes of the batches": sizes,
        "logits that kept their graph": sum(kept),
        "the shape": list(getattr(prediction, "shape", ())),
        "the prediction": prediction.detach() if isinstance(prediction, torch.Tensor) else prediction,
    }


def _all_at_once(model, images, batch_size):
    with torch.no_grad():
        return model(images).argmax(dim=1)


def _with_graphs(model, images, batch_size):
    return torch.cat([model(batch).argmax(dim=1) for batch in images.split(batch_size)])


def _at_once_with_graph(model, images, batch_size):
    return model(images).argmax(dim=1)


def _whole_batches_alone(model, images, batch_size):
    with torch.no_grad():
        whole = len(images) // batch_size
        return torch.cat([model(b).argmax(dim=1) for b in images[: whole * batch_size].split(batch_size)])


def _one_by_one(model, images, batch_size):
    with torch.no_grad():
        return torch.cat([model(image[None]).argmax(dim=1) for image in images])


def _so_many_batches(model, images, batch_size):
    with torch.no_grad():
        return torch.cat([model(batch).argmax(dim=1) for batch in images.chunk(batch_size)])


def _all_logits(model, images, batch_size):
    with torch.no_grad():
        return torch.cat([model(batch) for batch in images.split(batch_size)])


def _detached_afterwards(model, images, batch_size):
    logits = [model(batch) for batch in images.split(batch_size)]
    return torch.cat(logits).detach().argmax(dim=1).clone()[: len(images)].flip(0).flip(0)


def _stacked_predictions(model, images, batch_size):
    with torch.no_grad():
        batches = [model(batch).argmax(dim=1) for batch in images.split(batch_size)]
    return batches[-1]


@torch.inference_mode()
def _predicted_by_slices(model, images, batch_size):
    starts = range(0, images.shape[0], batch_size)
    return torch.cat([torch.argmax(model(images[start : start + batch_size]), 1) for start in starts])


def _predicted_into(model, images, batch_size):
    prediction = torch.empty(len(images), *images.shape[2:], dtype=torch.int64)
    with torch.no_grad():
        for start in range(0, len(images), batch_size):
            stop = min(start + batch_size, len(images))
            prediction[start:stop] = model(images[start:stop]).max(dim=1).indices
    return prediction


@torch.no_grad()
def _predicted_by_while(model, images, batch_size):
    done = []
    while len(images):
        done.extend(model(images[:batch_size]).argmax(dim=1))
        images = images[batch_size:]
    return torch.stack(done)


def _draw_memory(rng):
    batch_size = int(rng.integers(2, 4))
    count = batch_size * int(rng.integers(2, 4)) + int(rng.integers(1, batch_size))
    images = rng.permutation(count * 3 * 6).reshape(count, 3, 2, 3).astype(np.float32)
    return torch.from_numpy(images), batch_size


MEND_MEMORY = Exercise(
    id="mend-memory",
    title="Mend run D: predict in batches, and keep nothing",
    lesson="11",
    points=2,
    minutes=6,
    source="Study guide, section 16, pitfall 7",
    reference=predict_all,
    observe=_probe_memory,
    worked=(
        Worked(
            (torch.tensor([[[[0.0]], [[1]]], [[[1.0]], [[0]]], [[[2.0]], [[3]]]]), 2),
            {
                "the sizes of the batches": [2, 1],
                "logits that kept their graph": 0,
                "the shape": [3, 1, 1],
                "the prediction": [[[1]], [[0]], [[1]]],
            },
        ),
    ),
    fresh=_draw_memory,
    fresh_cases=8,
    misconceptions=(
        Misconception(
            "all at once",
            _all_at_once,
            "You handed the model all images at once. What a layer computes then has room for all of them: split "
            "them into batches.",
        ),
        Misconception(
            "graphs kept",
            _with_graphs,
            "Your batches are right, but every one leaves its graph behind: all that backward() would need. Put the "
            "loop under torch.no_grad().",
        ),
        Misconception(
            "all at once, with the graph",
            _at_once_with_graph,
            "That is run D as it was: all images at once, and everything kept for a backward() that never "
            "comes. Split them into batches, under torch.no_grad().",
        ),
        Misconception(
            "whole batches alone",
            _whole_batches_alone,
            "You left out the images that do not fill a batch. The last batch may be smaller.",
        ),
        Misconception(
            "one by one",
            _one_by_one,
            "You handed over one image at a time. That saves memory and wastes time: take batch_size of them.",
        ),
        Misconception(
            "so many batches",
            _so_many_batches,
            "You made batch_size batches, which is what chunk does. split makes batches of batch_size images.",
        ),
        Misconception(
            "logits",
            _all_logits,
            "You returned logits. Take the argmax of each batch: class ids need a fraction of the memory.",
        ),
        Misconception(
            "last batch alone",
            _stacked_predictions,
            "You returned the last batch alone. Collect the predictions of all of them, and join them with "
            "torch.cat.",
        ),
    ),
    accepted=(_predicted_by_slices, _predicted_into, _predicted_by_while),
    hints=(
        "Two savings: fewer images at a time, and no graph.",
        "images.split(batch_size) gives the batches, the last one as small as it is.",
        "with torch.no_grad(): for batch in images.split(batch_size): "
        "predictions.append(model(batch).argmax(dim=1)).",
    ),
    why="Memory goes with the images handled at once, and with what is kept for backward(). Predicting needs neither "
    "all images nor any of the rest.",
)

# --- mend-edges ---------------------------------------------------------------------------------------------


def full_logits(model, images, margin):
    """Return logits (N, C, H, W) of a model whose logits are margin pixels smaller on each side than its images.

    Widen the images (N, 3, H, W) first, by margin pixels on each side, by mirroring them at their edges.
    """
    ### BEGIN SOLUTION
    wider = F.pad(images, (margin, margin, margin, margin), mode="reflect")
    return model(wider)  # (N, C, H, W)
    ### END SOLUTION


def _probe_edges(answer, images, margin):
    """Let the model be a mean over a square that reaches margin pixels to each side, unpadded."""

    def model(images):
        return F.avg_pool2d(images, 2 * margin + 1, stride=1)

    logits = answer(model, images, margin)
    return {"the shape of the logits": list(getattr(logits, "shape", ())), "the logits": logits}


def _widened(images, margin, mode):
    return F.pad(images, (margin,) * 4, mode=mode)


def _logits_with_zeros(model, images, margin):
    return F.pad(model(images), (margin,) * 4)


def _logits_repeated(model, images, margin):
    return _widened(model(images), margin, "replicate")


def _logits_stretched(model, images, margin):
    return F.interpolate(model(images), size=images.shape[2:], mode="bilinear")


def _images_with_zeros(model, images, margin):
    return model(F.pad(images, (margin,) * 4))


def _images_repeated(model, images, margin):
    return model(_widened(images, margin, "replicate"))


def _half_the_margin(model, images, margin):
    left, top = margin // 2, margin // 2
    return model(F.pad(images, (left, margin - left, top, margin - top), mode="reflect"))


def _one_side(model, images, margin):
    return model(F.pad(F.pad(images, (0, margin, 0, margin), "reflect"), (0, margin, 0, margin), "reflect"))


def _cut_instead(model, images, margin):
    return model(images)


def _edges_in_numpy(model, images, margin):
    width = ((0, 0), (0, 0), (margin, margin), (margin, margin))
    return model(torch.from_numpy(np.pad(images.numpy(), width, mode="reflect")))


def _edges_by_module(model, images, margin):
    return model(nn.ReflectionPad2d(margin)(images))


def _edges_by_cat(model, images, margin):
    for dim in (2, 3):
        before = images.narrow(dim, 1, margin).flip(dim)
        after = images.narrow(dim, images.shape[dim] - 1 - margin, margin).flip(dim)
        images = torch.cat([before, images, after], dim=dim)
    return model(images)


def _draw_edges(rng):
    margin = int(rng.integers(1, 3))
    height, width = (2 * margin + 2 + int(more) for more in rng.integers(0, 3, 2))
    images = rng.integers(0, 200, (int(rng.integers(1, 3)), 3, height, width))
    return torch.from_numpy(images.astype(np.float32)), margin


_RAMP = torch.tensor([[[[0.0, 9, 18], [0, 9, 18], [0, 9, 18]]]])

MEND_EDGES = Exercise(
    id="mend-edges",
    title="Mend run G: predict up to the edge",
    lesson="11",
    points=2,
    minutes=6,
    source="Study guide, section 16, pitfall 8",
    reference=full_logits,
    observe=_probe_edges,
    worked=(
        # Mirrored columns 9 0 9 18 9: the means of three are 6, 9, 12.
        Worked(
            (_RAMP, 1),
            {"the shape of the logits": [1, 1, 3, 3], "the logits": [[[[6.0, 9, 12]] * 3]]},
        ),
    ),
    fresh=_draw_edges,
    misconceptions=(
        Misconception(
            "zeros around the logits",
            _logits_with_zeros,
            "That is run G as it was: zeros around the logits. All classes have the same score there, and "
            "argmax takes the first. Widen the images, before the model.",
        ),
        Misconception(
            "logits repeated",
            _logits_repeated,
            "You repeated the outermost logits. The frame then says what its neighbour says, without looking. Widen "
            "the images, before the model.",
        ),
        Misconception(
            "logits stretched",
            _logits_stretched,
            "You stretched the logits to the size of the images. They belong to the middle of the picture: "
            "stretched, every class slides outwards. Widen the images, before the model.",
        ),
        Misconception(
            "zeros around the images",
            _images_with_zeros,
            "You widened the images with zeros: a frame that no photo has, and the model takes it for part of "
            "the scene. "
            'Mirror them, mode="reflect".',
        ),
        Misconception(
            "images repeated",
            _images_repeated,
            "You widened the images with copies of their outermost pixels, which draws stripes. Mirrored "
            "pixels look like "
            'the picture itself: mode="reflect".',
        ),
        Misconception(
            "half the margin",
            _half_the_margin,
            "You added half the margin on each side. The model takes margin pixels from each of the four.",
        ),
        Misconception(
            "one side",
            _one_side,
            "You widened at the bottom and on the right alone, by twice the margin. Sizes fit, and every logit now "
            "belongs to a pixel further down: add margin on each side.",
        ),
        Misconception(
            "smaller",
            _cut_instead,
            "Your logits are smaller than the images. Widen the images by margin on each side first.",
        ),
    ),
    accepted=(_edges_in_numpy, _edges_by_module, _edges_by_cat),
    hints=(
        "The model takes margin pixels from each side. Give them to it.",
        'F.pad(images, (left, right, top, bottom), mode="reflect") mirrors at the edges.',
        'model(F.pad(images, (margin, margin, margin, margin), mode="reflect")).',
    ),
    why="Now each logit is computed from pixels all around it. The U-Net paper predicts large pictures tile by "
    "tile in this way.",
    tolerance=1e-4,
)

# --- mend-blur ----------------------------------------------------------------------------------------------


def see_wide(features, kernels):
    """Return features (N, C, H, W) after one convolution for each kernel (C, C, 3, 3), each followed by ReLU.

    The first kernel has dilation 1, the second 2, the third 4, and so on: each reaches twice as far as the one before.
    Height and width stay as they are: pad with zeros, by as much as the dilation.
    """
    ### BEGIN SOLUTION
    dilation = 1
    for kernel in kernels:
        features = torch.relu(F.conv2d(features, kernel, padding=dilation, dilation=dilation))
        dilation = 2 * dilation
    return features  # (N, C, H, W)
    ### END SOLUTION


def _wide_by(step):
    def seen(features, kernels):
        for number, kernel in enumerate(kernels):
            features = step(features, kernel, number)
        return features

    return seen


def _wide_by_strides(features, kernels):
    size = features.shape[2:]
    for kernel in kernels:
        features = torch.relu(F.conv2d(features, kernel, stride=2, padding=1))
    return F.interpolate(features, size=size, mode="bilinear")


def _undilated(features, kernels):
    return _wide_by(lambda f, k, n: torch.relu(F.conv2d(f, k, padding=1)))(features, kernels)


def _dilated_by_one_more(features, kernels):
    return _wide_by(lambda f, k, n: torch.relu(F.conv2d(f, k, padding=n + 1, dilation=n + 1)))(
        features, kernels
    )


def _dilated_from_two(features, kernels):
    return _wide_by(lambda f, k, n: torch.relu(F.conv2d(f, k, padding=2 ** (n + 1), dilation=2 ** (n + 1))))(
        features, kernels
    )


def _dilated_unpadded(features, kernels):
    return _wide_by(lambda f, k, n: torch.relu(F.conv2d(f, k, dilation=2**n)))(features, kernels)


def _without_relus(features, kernels):
    return _wide_by(lambda f, k, n: F.conv2d(f, k, padding=2**n, dilation=2**n))(features, kernels)


def _relu_at_the_end(features, kernels):
    return torch.relu(_without_relus(features, kernels))


def _padded_by_one(features, kernels):
    return _wide_by(lambda f, k, n: torch.relu(F.conv2d(f, k, padding=1, dilation=2**n)))(features, kernels)


def _wide_by_same(features, kernels):
    for number, kernel in enumerate(kernels):
        features = F.relu(F.conv2d(features, kernel, padding="same", dilation=2**number))
    return features


def _wide_by_modules(features, kernels):
    for number, kernel in enumerate(kernels):
        channels = len(kernel)
        conv = nn.Conv2d(channels, channels, 3, padding=2**number, dilation=2**number, bias=False)
        conv.weight = nn.Parameter(kernel, requires_grad=False)
        features = conv(features).clamp(min=0)
    return features


def _wide_by_shifts(features, kernels):
    height, width = features.shape[2:]
    for number, kernel in enumerate(kernels):
        d = 2**number
        padded = F.pad(features, (d, d, d, d))
        features = sum(
            torch.einsum(
                "nchw,kc->nkhw", padded[..., d * i : d * i + height, d * j : d * j + width], kernel[..., i, j]
            )
            for i, j in itertools.product(range(3), repeat=2)
        )
        features = torch.relu(features)
    return features


def _draw_wide(rng):
    channels, height, width = (int(n) for n in rng.integers((1, 9, 9), (3, 12, 12)))
    features = torch.from_numpy(rng.integers(-4, 5, (1, channels, height, width)).astype(np.float32))
    kernels = [
        torch.from_numpy(rng.integers(-2, 4, (channels, channels, 3, 3)).astype(np.float32)) for _ in range(3)
    ]
    return features, kernels


_SPOT = torch.zeros(1, 1, 5, 5)
_SPOT[0, 0, 2, 2] = 1.0
_ROW = torch.zeros(1, 1, 3, 3)
_ROW[0, 0, 1] = 1.0  # adds up a pixel, its left and its right neighbour

MEND_BLUR = Exercise(
    id="mend-blur",
    title="Mend run B: see wide without shrinking",
    lesson="11",
    points=2,
    minutes=7,
    source="Study guide, section 16, pitfall 9; Lesson 33, common errors",
    reference=see_wide,
    worked=(
        # The first makes 0 1 1 1 0 of the spot, the second adds up neighbours at a distance of 2: 1 2 1 2 1... by hand:
        # place 0 gets places 0 and 2 (0 + 1), 1 gets 1 and 3 (2), 2 gets 0, 2, 4 (1), 3 gets 1 and 3 (2), 4 gets 2 (1).
        Worked(
            (_SPOT, [_ROW, _ROW]),
            [[[[0.0] * 5, [0.0] * 5, [1.0, 2, 1, 2, 1], [0.0] * 5, [0.0] * 5]]],
        ),
    ),
    fresh=_draw_wide,
    misconceptions=(
        Misconception(
            "by strides",
            _wide_by_strides,
            "That is run B as it was: three strides of 2 leave one number for 8 x 8 pixels, and enlarging "
            "them invents nothing. Keep stride 1, and widen the kernel by dilation.",
        ),
        Misconception(
            "no dilation",
            _undilated,
            "You left dilation at 1. Sizes stay, but three such kernels see 7 pixels in a row; with dilation "
            "1, 2, 4 they see 15.",
        ),
        Misconception(
            "one more each time",
            _dilated_by_one_more,
            "Your dilation grows 1, 2, 3. It should double: 1, 2, 4.",
        ),
        Misconception(
            "from two",
            _dilated_from_two,
            "Your dilation begins with 2. Then the first kernel already skips every second pixel: begin with 1.",
        ),
        Misconception(
            "no padding",
            _dilated_unpadded,
            "You did not pad, so the features shrink by the dilation on each side. padding=dilation keeps the size.",
        ),
        Misconception(
            "no ReLU",
            _without_relus,
            "You left the ReLUs out. Without them, three convolutions are no more than one.",
        ),
        Misconception(
            "one ReLU",
            _relu_at_the_end,
            "You applied ReLU at the end alone. It follows each convolution.",
        ),
        Misconception(
            "padded by one",
            _padded_by_one,
            "Your dilation grows, and your padding stays at 1, so the features shrink. A kernel of dilation 4 reaches "
            "4 pixels to each side: padding=dilation.",
        ),
    ),
    accepted=(_wide_by_same, _wide_by_modules, _wide_by_shifts),
    hints=(
        "F.conv2d takes padding and dilation. What keeps the size where a 3x3 kernel reaches 2 pixels to each side?",
        "Start with dilation = 1, and double it after each kernel.",
        "features = torch.relu(F.conv2d(features, kernel, padding=dilation, dilation=dilation)).",
    ),
    why="As many weights, as wide a view, and still one number a pixel. Lesson 12 builds on this.",
    tolerance=1e-4,
)

# --- mend-score ---------------------------------------------------------------------------------------------


def count_pixels(logits, targets):
    """Return a confusion matrix as nested lists or a tensor of whole numbers, (C, C): truth in rows.

    logits is (N, C, H, W), targets (N, H, W) with ids 0..C-1. Count every pixel, but not those whose target is 255.
    """
    ### BEGIN SOLUTION
    classes = logits.shape[1]
    prediction = logits.argmax(dim=1)  # (N, H, W)
    counted = targets != 255
    pairs = classes * targets[counted] + prediction[counted]
    return torch.bincount(pairs, minlength=classes**2).reshape(classes, classes)
    ### END SOLUTION


def _table(logits, targets, counted):
    prediction, classes = logits.argmax(dim=1), logits.shape[1]
    counted = counted & (targets != 255)
    pairs = classes * targets[counted] + prediction[counted]
    return torch.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def _sure_alone(logits, targets):
    return _table(logits, targets, logits.softmax(dim=1).amax(dim=1) > 0.8)


def _first_image_alone(logits, targets):
    return _table(logits[:1], targets[:1], targets[:1] >= 0)


def _without_background(logits, targets):
    return _table(logits, targets, targets != 1)


def _truth_in_columns(logits, targets):
    return count_pixels(logits, targets).T


def _right_ones_alone(logits, targets):
    return _table(logits, targets, logits.argmax(dim=1) == targets)


def _middle_alone(logits, targets):
    inside = torch.zeros_like(targets, dtype=torch.bool)
    inside[:, 1:-1, 1:-1] = True
    return _table(logits, targets, inside)


def _void_as_background(logits, targets):
    return count_pixels(logits, torch.where(targets == 255, 1, targets))


def _shares(logits, targets):
    counts = count_pixels(logits, targets)
    return counts / counts.sum()


def _counted_in_loops(logits, targets):
    classes = logits.shape[1]
    counts = [[0] * classes for _ in range(classes)]
    for p, t in zip(logits.argmax(dim=1).flatten().tolist(), targets.flatten().tolist(), strict=True):
        if t != 255:
            counts[t][p] += 1
    return counts


def _counted_in_numpy(logits, targets):
    prediction, truth = logits.numpy().argmax(axis=1), targets.numpy()
    counts = np.zeros((logits.shape[1],) * 2, dtype=np.int64)
    np.add.at(counts, (truth[truth != 255], prediction[truth != 255]), 1)
    return counts


def _counted_by_one_hot(logits, targets):
    ids = torch.arange(logits.shape[1])
    truth = (targets.flatten()[:, None] == ids).long()  # (pixels, C), a row of zeros for void
    predicted = (logits.argmax(dim=1).flatten()[:, None] == ids).long()
    return truth.T @ predicted


def _draw_scored(rng):
    count, classes = int(rng.integers(2, 4)), int(rng.integers(2, 5))
    height, width = (int(side) for side in rng.integers(3, 6, 2))
    logits = rng.permutation(count * classes * height * width).reshape(count, classes, height, width)
    targets = rng.integers(0, classes, (count, height, width))
    targets[rng.uniform(size=targets.shape) < 0.1] = 255
    targets.flat[0], targets.flat[1] = 255, 0
    return torch.from_numpy(logits.astype(np.float32) / 8), torch.from_numpy(targets)


MEND_SCORE = Exercise(
    id="mend-score",
    title="Mend run H: count every pixel",
    lesson="11",
    points=2,
    minutes=6,
    source="Study guide, section 16, pitfall 10; Losses and metrics, failure modes checklist",
    reference=count_pixels,
    worked=(
        # Truth 0 1 1 255, predicted 0 0 1 1: one 0 as 0, one 1 as 0, one 1 as 1, the void pixel left out.
        Worked(
            (
                torch.tensor([[[[2.0, 0.1, 0.0, 0.0]], [[0.0, 0.0, 3.0, 0.2]]]]),
                torch.tensor([[[0, 1, 1, 255]]]),
            ),
            [[1, 0], [1, 1]],
        ),
    ),
    fresh=_draw_scored,
    misconceptions=(
        Misconception(
            "sure pixels alone",
            _sure_alone,
            "That is run H as it was: only pixels of which the network is sure are counted. It is mostly "
            "right there, and knows it. Count the others, too.",
        ),
        Misconception(
            "first image alone",
            _first_image_alone,
            "You counted the first image alone. Every image of the batch belongs to the score.",
        ),
        Misconception(
            "no background",
            _without_background,
            "You left out the pixels that are truly background. A network that says pet everywhere then has a "
            "perfect score: only void is left out.",
        ),
        Misconception(
            "truth in columns",
            _truth_in_columns,
            "Your matrix has the truth in columns. It should have it in rows: count 1 at [truth, prediction].",
        ),
        Misconception(
            "right ones alone",
            _right_ones_alone,
            "You counted the pixels that are right. The wrong ones are what the score is about.",
        ),
        Misconception(
            "the middle alone",
            _middle_alone,
            "You left out the pixels along the frame. They are harder, and they count.",
        ),
        Misconception(
            "void counted",
            _void_as_background,
            "You counted void pixels as background. Nobody knows what they are: leave out where the target is 255.",
        ),
        Misconception(
            "shares",
            _shares,
            "You returned shares. Counts of several batches can be added up, shares cannot: return whole numbers.",
        ),
    ),
    accepted=(_counted_in_loops, _counted_in_numpy, _counted_by_one_hot),
    hints=(
        "Take the argmax first; then compare with targets pixel by pixel.",
        "counted = targets != 255 chooses the pixels, in both: targets[counted], prediction[counted].",
        "torch.bincount(classes * targets[counted] + prediction[counted], minlength=classes**2), reshaped to (C, C).",
    ),
    why="A score is worth as much as the pixels that it counts. Whoever chooses these by looking at the "
    "prediction has chosen the score.",
)


EXERCISES = (
    NAME_CAUSES_A_E,
    NAME_CAUSES_F_J,
    MEND_MODE,
    MEND_BLUR,
    MEND_LABELS,
    MEND_MEMORY,
    MEND_SKIPS,
    MEND_LOSS,
    MEND_EDGES,
    MEND_SCORE,
    MEND_CROPS,
    MEND_SIZES,
)
