"""The exercises of lesson 14: large pretrained models. They need torch and NumPy, and none of the large libraries."""

import numpy as np
import torch
from torch.nn import functional as F

from course_lib.checking.exercise import Exercise, Misconception, Worked

# --- model-output-shape ------------------------------------------------------------------------------------------


def logits_shape(family, batch, classes, height, width):
    """Return the shape of what a model gives for a batch of images.

    Goes in: family, "smp" or "segformer"; batch, classes, height, width, int. SegFormer's first layer takes every
    fourth pixel and rounds up.
    Comes out: a tuple of four int, (N, C, H, W) of the logits.
    """
    ### BEGIN SOLUTION
    if family == "segformer":
        height = (height + 3) // 4
        width = (width + 3) // 4
    return batch, classes, height, width
    ### END SOLUTION


def _shape_of(change):
    def answer(family, batch, classes, height, width):
        return change(logits_shape(family, batch, classes, height, width), family, classes, height, width)

    return answer


def _shape_round_down(shape, family, classes, height, width):
    return shape if family == "smp" else (*shape[:2], height // 4, width // 4)


def _shape_full(shape, family, classes, height, width):
    return (*shape[:2], height, width)


def _shape_quarter_everywhere(shape, family, classes, height, width):
    return (*shape[:2], (height + 3) // 4, (width + 3) // 4)


def _shape_colours(shape, family, classes, height, width):
    return (shape[0], 3, *shape[2:])


def _shape_last(shape, family, classes, height, width):
    return (shape[0], *shape[2:], shape[1])


def _shape_argmaxed(shape, family, classes, height, width):
    return (shape[0], *shape[2:])


def _shape_half(shape, family, classes, height, width):
    return shape if family == "smp" else (*shape[:2], (height + 1) // 2, (width + 1) // 2)


def _shape_ceil(family, batch, classes, height, width):
    step = {"smp": 1, "segformer": 4}[family]
    return (batch, classes, int(np.ceil(height / step)), int(np.ceil(width / step)))


def _shape_negative(family, batch, classes, height, width):
    step = 4 if family == "segformer" else 1
    return [batch, classes, -(-height // step), -(-width // step)]


def _shape_torch(family, batch, classes, height, width):
    stem = torch.nn.Conv2d(1, 1, 7, stride=4 if family == "segformer" else 1, padding=3)
    return (batch, classes, *stem(torch.zeros(1, 1, height, width)).shape[2:])


def _draw_shape(rng):
    family = str(rng.choice(["smp", "segformer"], p=[0.3, 0.7]))
    height, width = (int(side) for side in rng.integers(33, 120, size=2))
    return family, int(rng.integers(1, 9)), int(rng.choice([2, 4, 5, 7, 21])), height, width


SHAPE = Exercise(
    id="model-output-shape",
    title="What shape comes out",
    lesson="14",
    points=2,
    minutes=6,
    source="Notes, SegFormer; Lesson 33, segmentation-models-pytorch",
    reference=logits_shape,
    worked=(
        Worked(("smp", 1, 5, 256, 256), (1, 5, 256, 256), "smp-shapes"),
        Worked(("segformer", 2, 150, 512, 512), (2, 150, 128, 128), "segformer-shapes"),
        Worked(("segformer", 1, 3, 65, 50), (1, 3, 17, 13)),
    ),
    fresh=_draw_shape,
    misconceptions=(
        Misconception(
            "rounds-down",
            _shape_of(_shape_round_down),
            "You round the quarter down. SegFormer takes pixel 0, 4, 8 …, so a remainder gives one more: round up.",
        ),
        Misconception(
            "full-size",
            _shape_of(_shape_full),
            "You give SegFormer's logits the image's size. They have a quarter of its height and width, and are "
            "upsampled afterwards.",
        ),
        Misconception(
            "quarter-everywhere",
            _shape_of(_shape_quarter_everywhere),
            "You divide by 4 for smp as well. Its models upsample inside and give full size.",
        ),
        Misconception(
            "half",
            _shape_of(_shape_half),
            "You took half of the size. SegFormer starts with a stride of 4: a quarter of each side.",
        ),
        Misconception(
            "colours",
            _shape_of(_shape_colours),
            "Your second number is 3, the image's colours. Logits have a channel for each class.",
        ),
        Misconception(
            "classes-last",
            _shape_of(_shape_last),
            "You put the classes last. In torch they are the second axis: (N, C, H, W).",
        ),
        Misconception(
            "class-map",
            _shape_of(_shape_argmaxed),
            "You gave three numbers: that is the class map, after argmax. Logits still have an axis for the classes.",
        ),
    ),
    accepted=(_shape_ceil, _shape_negative, _shape_torch),
    hints=(
        "The batch and the classes are the same for both; only height and width differ.",
        "smp keeps height and width. SegFormer has a quarter of each, rounded up.",
        "Rounding up without floats: (height + 3) // 4.",
    ),
    why="Know the shape before you run a model: a quarter that is not upsampled meets a full-size truth otherwise.",
)


# --- upsample-then-argmax ----------------------------------------------------------------------------------


def upsample_then_argmax(logits, size):
    """Return the class map at the image's size.

    Goes in: logits, a float tensor (N, C, h, w); size, (H, W) of the image, two int.
    Comes out: an int64 tensor (N, H, W): the logits enlarged bilinearly, with align_corners=False, then the class of
    the highest.
    """
    ### BEGIN SOLUTION
    enlarged = F.interpolate(logits, size=size, mode="bilinear", align_corners=False)  # (N, C, H, W)
    return enlarged.argmax(dim=1)  # (N, H, W)
    ### END SOLUTION


def _argmax_first(logits, size):
    ids = logits.argmax(dim=1, keepdim=True).float()
    return F.interpolate(ids, size=size, mode="nearest")[:, 0].long()


def _ids_bilinear(logits, size):
    ids = logits.argmax(dim=1, keepdim=True).float()
    return F.interpolate(ids, size=size, mode="bilinear")[:, 0].round().long()


def _corners_aligned(logits, size):
    return F.interpolate(logits, size=size, mode="bilinear", align_corners=True).argmax(dim=1)


def _size_swapped(logits, size):
    return upsample_then_argmax(logits, (size[1], size[0]))


def _times_four(logits, size):
    return F.interpolate(logits, scale_factor=4, mode="bilinear").argmax(dim=1)


def _no_argmax(logits, size):
    return F.interpolate(logits, size=size, mode="bilinear")


def _probabilities_first(logits, size):
    return F.interpolate(logits.softmax(dim=1), size=size, mode="bilinear").argmax(dim=1)


def _highest_value(logits, size):
    return F.interpolate(logits, size=size, mode="bilinear").max(dim=1).values


def _upsample_module(logits, size):
    return torch.nn.Upsample(tuple(size), mode="bilinear")(logits).max(dim=1).indices


def _upsample_probabilities_of_one_image_each(logits, size):
    maps = [F.interpolate(one[None], size=list(size), mode="bilinear")[0].argmax(0) for one in logits]
    return torch.stack(maps)


def _upsample_by_channel(logits, size):
    maps = [F.interpolate(logits[:, [c]], size=size, mode="bilinear")[:, 0] for c in range(logits.shape[1])]
    return torch.stack(maps).argmax(dim=0).numpy()


def _draw_logits(rng):
    batch, classes = int(rng.integers(1, 3)), int(rng.integers(3, 5))
    height, width = int(rng.integers(2, 4)), int(rng.integers(4, 6))
    logits = torch.from_numpy(rng.normal(size=(batch, classes, height, width)).astype(np.float32))
    return logits, (height * 4 - int(rng.integers(1, 3)), width * 4 - int(rng.integers(0, 3)))


SHOWN_LOGITS = torch.tensor([[[[2.0, 0.0]], [[0.0, 1.0]]]])


UPSAMPLE = Exercise(
    id="upsample-then-argmax",
    title="Upsample, then argmax",
    lesson="14",
    points=3,
    minutes=8,
    source="Notes, practical example",
    reference=upsample_then_argmax,
    worked=(
        # Bilinear weights of the second value at the eight places: 0, 0, 1/8, 3/8, 5/8, 7/8, 1, 1; classes tie at 2/3.
        Worked((SHOWN_LOGITS, (1, 8)), torch.tensor([[[0, 0, 0, 0, 0, 1, 1, 1]]])),
        # Here they tie at 3/5: above the fifth place's 4/7 where corners are aligned, below its 5/8 where they are not.
        Worked(
            (torch.tensor([[[[3.0, 0.0]], [[0.0, 2.0]]]]), (1, 8)), torch.tensor([[[0, 0, 0, 0, 1, 1, 1, 1]]])
        ),
        Worked((torch.tensor([[[[1.0]], [[3.0]], [[2.0]]]]), (2, 3)), torch.ones(1, 2, 3, dtype=torch.int64)),
    ),
    fresh=_draw_logits,
    misconceptions=(
        Misconception(
            "argmax-first",
            _argmax_first,
            "You took argmax first and enlarged the ids, or repeated the logits (interpolate's default mode), which is "
            'the same: outlines then move in steps of a whole cell. Enlarge the logits with mode="bilinear".',
        ),
        Misconception(
            "bilinear-ids",
            _ids_bilinear,
            "You interpolated class ids: between class 0 and class 2 that makes a class 1 that nobody predicted. "
            "Interpolate the logits.",
        ),
        Misconception(
            "align-corners",
            _corners_aligned,
            "You aligned the corners: the image then stretches by a part of a cell. With align_corners=False each cell "
            "keeps its place.",
        ),
        Misconception(
            "height-width-swapped",
            _size_swapped,
            "Your height and width are swapped. size is (H, W), in this order.",
        ),
        Misconception(
            "times-four",
            _times_four,
            "You enlarged four times. A side that is no multiple of 4 then comes out too long: give the size.",
        ),
        Misconception(
            "probabilities-first",
            _probabilities_first,
            "You took softmax before enlarging. At a cell's own place that changes no argmax, between two cells it "
            "does: enlarge the logits themselves.",
        ),
        Misconception(
            "logits", _no_argmax, "You returned the enlarged logits. The class map still wants argmax."
        ),
        Misconception(
            "values",
            _highest_value,
            "You returned the highest logits, by max. The class is the index of the highest: argmax over dim=1.",
        ),
    ),
    accepted=(_upsample_module, _upsample_probabilities_of_one_image_each, _upsample_by_channel),
    hints=(
        "Two lines: torch.nn.functional.interpolate, then argmax.",
        'F.interpolate(logits, size=size, mode="bilinear", align_corners=False) gives (N, C, H, W).',
        "argmax over dim=1, where the classes are.",
    ),
    why="Scores can be averaged and names cannot: between two cells there is a score, and no name.",
)


# --- prompt-in-frame ---------------------------------------------------------------------------------------


def prompt_in_frame(box, image_size, longest_side):
    """Return a box in the frame of a model that scales every image to one longest side.

    Goes in: box, (x0, y0, x1, y1) in pixels of the image; image_size, (height, width); longest_side, int.
    Comes out: four float. A box that reaches out of the image raises ValueError; one that ends at the image's edge,
    with x1 = width or y1 = height, lies in it.
    """
    ### BEGIN SOLUTION
    height, width = image_size
    x0, y0, x1, y1 = box
    if x0 < 0 or y0 < 0 or x1 > width or y1 > height:
        raise ValueError(f"the box {box} does not lie in an image of {width} x {height} pixels")
    scale = longest_side / max(height, width)
    return x0 * scale, y0 * scale, x1 * scale, y1 * scale
    ### END SOLUTION


def _observe_prompt(answer, box, image_size, longest_side):
    """Return what comes back, or that ValueError was raised."""
    try:
        result = answer(box, image_size, longest_side)
    except ValueError:
        return {"a ValueError is raised": True}
    return {"a ValueError is raised": False, "the box": result}


def _frame_each_side(box, image_size, longest_side):
    prompt_in_frame(box, image_size, longest_side)
    height, width = image_size
    across, down = longest_side / width, longest_side / height
    return box[0] * across, box[1] * down, box[2] * across, box[3] * down


def _frame_shortest(box, image_size, longest_side):
    prompt_in_frame(box, image_size, longest_side)
    scale = longest_side / min(image_size)
    return tuple(value * scale for value in box)


def _frame_rows_first(box, image_size, longest_side):
    x0, y0, x1, y1 = prompt_in_frame(box, image_size, longest_side)
    return y0, x0, y1, x1


def _frame_backwards(box, image_size, longest_side):
    prompt_in_frame(box, image_size, longest_side)
    scale = max(image_size) / longest_side
    return tuple(value * scale for value in box)


def _frame_unchecked(box, image_size, longest_side):
    scale = longest_side / max(image_size)
    return tuple(value * scale for value in box)


def _frame_clipped(box, image_size, longest_side):
    height, width = image_size
    inside = (max(box[0], 0), max(box[1], 0), min(box[2], width), min(box[3], height))
    return _frame_unchecked(inside, image_size, longest_side)


def _frame_edge_refused(box, image_size, longest_side):
    height, width = image_size
    if box[2] >= width or box[3] >= height:
        raise ValueError
    return prompt_in_frame(box, image_size, longest_side)


def _frame_sides_swapped(box, image_size, longest_side):
    height, width = image_size
    if min(box) < 0 or box[2] > height or box[3] > width:
        raise ValueError
    return _frame_unchecked(box, image_size, longest_side)


def _frame_numpy(box, image_size, longest_side):
    corners = np.array(box, dtype=float).reshape(2, 2)
    if (corners < 0).any() or (corners > np.array(image_size)[::-1]).any():
        raise ValueError("outside")
    return (corners * longest_side / max(image_size)).ravel()


def _frame_list(box, image_size, longest_side):
    prompt_in_frame(box, image_size, longest_side)
    return [value * (longest_side / max(image_size)) for value in box]


def _frame_torch(box, image_size, longest_side):
    prompt_in_frame(box, image_size, longest_side)
    return torch.tensor(box, dtype=torch.float64) * longest_side / max(image_size)


def _draw_box(rng):
    height, width = (int(side) for side in rng.choice([60, 80, 90, 100, 150, 200], size=2, replace=False))
    x0, y0 = int(rng.integers(0, width // 2)), int(rng.integers(0, height // 2))
    box = [x0, y0, int(rng.integers(x0 + 5, width + 1)), int(rng.integers(y0 + 5, height + 1))]
    kind = rng.choice(
        ["inside", "edge", "right", "below", "left", "above"], p=[0.35, 0.25, 0.1, 0.1, 0.1, 0.1]
    )
    if kind == "edge":
        box[2], box[3] = (width, box[3]) if rng.random() < 0.5 else (box[2], height)
    if kind == "right":
        box[2] = width + int(rng.integers(1, 20))
    if kind == "below":
        box[3] = height + int(rng.integers(1, 20))
    if kind == "left":
        box[0] = -int(rng.integers(1, 10))
    if kind == "above":
        box[1] = -int(rng.integers(1, 10))
    return tuple(box), (height, width), int(rng.choice([64, 1024]))


FRAME = Exercise(
    id="prompt-in-frame",
    title="A box in the model's frame",
    lesson="14",
    points=2,
    minutes=8,
    source="Notes, SAM",
    reference=prompt_in_frame,
    worked=(
        Worked(
            ((10, 20, 50, 60), (100, 200), 1024),
            {"a ValueError is raised": False, "the box": (51.2, 102.4, 256.0, 307.2)},
        ),
        Worked(
            ((0, 0, 60, 90), (90, 60), 45),
            {"a ValueError is raised": False, "the box": (0.0, 0.0, 30.0, 45.0)},
        ),
        Worked(((10, 20, 210, 60), (100, 200), 1024), {"a ValueError is raised": True}),
    ),
    fresh=_draw_box,
    observe=_observe_prompt,
    fresh_cases=16,
    misconceptions=(
        Misconception(
            "each-side",
            _frame_each_side,
            "You scale width and height by different factors, which stretches the image. One factor for both: "
            "longest_side / max(height, width).",
        ),
        Misconception(
            "shortest-side",
            _frame_shortest,
            "You divide by the shorter side. The longer one becomes longest_side: divide by max(height, width).",
        ),
        Misconception(
            "rows-first",
            _frame_rows_first,
            "Your result has y before x. Arrays are indexed by row first; boxes are (x0, y0, x1, y1).",
        ),
        Misconception(
            "backwards",
            _frame_backwards,
            "Your factor is upside down: it goes from the model's frame back to the image.",
        ),
        Misconception(
            "unchecked",
            _frame_unchecked,
            "A box that reaches out of the image passes. The model would answer with a mask of nonsense: raise "
            "ValueError.",
        ),
        Misconception(
            "clipped",
            _frame_clipped,
            "You cut the box at the image's edge. Then a mistake with the coordinates stays hidden: raise ValueError.",
        ),
        Misconception(
            "edge-refused",
            _frame_edge_refused,
            "You refuse a box that ends at the image's edge. x1 and y1 are one past the last pixel, so that width and "
            "height themselves are allowed: compare with >.",
        ),
        Misconception(
            "sides-swapped",
            _frame_sides_swapped,
            "You compared x with the height. x runs across, up to the width; image_size is (height, width).",
        ),
    ),
    accepted=(_frame_numpy, _frame_list, _frame_torch),
    hints=(
        "First the check, then one factor for all four numbers.",
        "Outside means x0 < 0, y0 < 0, x1 > width or y1 > height; image_size is (height, width).",
        "scale = longest_side / max(height, width), and every number times scale.",
    ),
    why="A prompt in the wrong frame raises no error and gives a confident mask of something else.",
)


# --- best-of-three -----------------------------------------------------------------------------------------


def best_of_three(mask_logits, expected_iou):
    """Return the mask that the model itself expects to be best.

    Goes in: mask_logits, a float array (3, H, W); expected_iou, a float array (3,).
    Comes out: a bool array (H, W), True where the logits of that mask are above 0.
    """
    ### BEGIN SOLUTION
    best = np.argmax(expected_iou)
    return mask_logits[best] > 0
    ### END SOLUTION


def _best_first(mask_logits, expected_iou):
    return mask_logits[0] > 0


def _best_largest(mask_logits, expected_iou):
    return mask_logits[int(np.argmax((mask_logits > 0).sum(axis=(1, 2))))] > 0


def _best_half(mask_logits, expected_iou):
    return mask_logits[int(np.argmax(expected_iou))] > 0.5


def _best_any(mask_logits, expected_iou):
    return (mask_logits > 0).any(axis=0)


def _best_mean(mask_logits, expected_iou):
    return mask_logits.mean(axis=0) > 0


def _best_logits(mask_logits, expected_iou):
    return mask_logits[int(np.argmax(expected_iou))]


def _best_worst(mask_logits, expected_iou):
    return mask_logits[int(np.argmin(expected_iou))] > 0


def _best_argmax_of_masks(mask_logits, expected_iou):
    return mask_logits.argmax(axis=0) == int(np.argmax(expected_iou))


def _best_sorted(mask_logits, expected_iou):
    pairs = sorted(zip(expected_iou, range(3), strict=True), key=lambda pair: pair[0])
    return mask_logits[pairs[-1][1]] > 0


def _best_sigmoid(mask_logits, expected_iou):
    return torch.from_numpy(mask_logits)[int(torch.tensor(expected_iou).argmax())].sigmoid() > 0.5


def _best_lists(mask_logits, expected_iou):
    best = list(expected_iou).index(max(expected_iou))
    return [[bool(value > 0) for value in row] for row in mask_logits[best]]


def _draw_three(rng):
    height, width = (int(side) for side in rng.integers(2, 5, size=2))
    logits = rng.normal(size=(3, height, width)) + rng.choice([-0.7, 0, 0.7], size=(3, 1, 1))
    logits = logits.round(2) * (rng.random(logits.shape) < 0.9)  # here and there exactly 0
    return logits, (rng.permutation(3) / 4 + rng.random(3) / 5).round(3)


BEST = Exercise(
    id="best-of-three",
    title="One mask of three",
    lesson="14",
    points=1,
    minutes=5,
    source="Notes, SAM",
    reference=best_of_three,
    worked=(
        Worked(
            (np.array([[[4.0, -1.0]], [[0.2, 0.3]], [[-2.0, 5.0]]]), np.array([0.3, 0.8, 0.5])),
            np.array([[True, True]]),
        ),
        Worked(
            (np.array([[[4.0, 1.0]], [[2.0, 3.0]], [[-2.0, 0.1]]]), np.array([0.3, 0.4, 0.9])),
            np.array([[False, True]]),
        ),
    ),
    fresh=_draw_three,
    misconceptions=(
        Misconception(
            "first", _best_first, "You always take the first mask. Ask expected_iou which one is best."
        ),
        Misconception(
            "largest",
            _best_largest,
            "You take the largest mask. Large is not good: ask expected_iou, by argmax.",
        ),
        Misconception(
            "half",
            _best_half,
            "You cut at 0.5. These are logits: a probability of one half is a logit of 0.",
        ),
        Misconception(
            "union", _best_any, "You joined the three masks. They are three offers, of which one is taken."
        ),
        Misconception(
            "mean",
            _best_mean,
            "You averaged the three masks. They are of different things, a part, an object, a group; take one.",
        ),
        Misconception("logits", _best_logits, "You returned the logits. The mask is where they are above 0."),
        Misconception(
            "worst", _best_worst, "You took the mask with the lowest expected IoU. Higher is better."
        ),
        Misconception(
            "competing-masks",
            _best_argmax_of_masks,
            "You let the three masks compete for each pixel, as classes do. Here each is judged by itself: above 0.",
        ),
    ),
    accepted=(_best_sorted, _best_sigmoid, _best_lists),
    hints=(
        "Two steps: which of the three, and where it is on.",
        "np.argmax(expected_iou) is the index of the mask.",
        "mask_logits[best] > 0.",
    ),
    why="One click is ambiguous. SAM offers three readings, and says how sure it is of each.",
)


# --- box-from-mask -----------------------------------------------------------------------------------------


def box_from_mask(mask):
    """Return the smallest box around a mask, to prompt a model with.

    Goes in: mask, a bool or int array (H, W).
    Comes out: (x0, y0, x1, y1), four int; x1 and y1 are one past the last pixel. None for an empty mask.
    """
    ### BEGIN SOLUTION
    rows, columns = np.nonzero(mask)
    if rows.size == 0:
        return None
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1
    ### END SOLUTION


def _box_changed(change):
    def answer(mask):
        box = box_from_mask(mask)
        return None if box is None else change(box, mask)

    return answer


def _box_last_pixel(box, mask):
    return box[0], box[1], box[2] - 1, box[3] - 1


def _box_rows_first(box, mask):
    return box[1], box[0], box[3], box[2]


def _box_size(box, mask):
    return box[0], box[1], box[2] - box[0], box[3] - box[1]


def _box_empty_raises(mask):
    rows, columns = np.nonzero(mask)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def _box_last_pixel_empty_raises(mask):
    x0, y0, x1, y1 = _box_empty_raises(mask)
    return x0, y0, x1 - 1, y1 - 1


def _box_whole(mask):
    box = box_from_mask(mask)
    return (0, 0, 0, 0) if box is None else box


def _box_image(box, mask):
    return 0, 0, mask.shape[1], mask.shape[0]


def _box_ends(box, mask):
    rows, columns = np.nonzero(mask)  # sorted by row, so that the columns' ends are not first and last
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _box_any(mask):
    if not mask.any():
        return None
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]


def _box_loops(mask):
    places = [(x, y) for y, row in enumerate(mask) for x, value in enumerate(row) if value]
    if not places:
        return None
    xs, ys = zip(*places, strict=True)
    return min(xs), min(ys), max(xs) + 1, max(ys) + 1


def _box_torch(mask):
    ys, xs = torch.nonzero(torch.as_tensor(np.asarray(mask)), as_tuple=True)
    return None if len(ys) == 0 else torch.stack([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])


def _draw_mask(rng):
    shape = rng.integers(4, 9, size=2)
    density = rng.choice([0.0, 0.15], p=[0.35, 0.65])
    mask = rng.random(shape) < density
    return (mask,)


BOX = Exercise(
    id="box-from-mask",
    title="A box from a mask",
    lesson="14",
    points=2,
    minutes=6,
    source="Notes, SAM",
    reference=box_from_mask,
    worked=(
        Worked((np.array([[0, 0, 0, 0], [0, 0, 1, 0], [0, 1, 1, 0]]),), (1, 1, 3, 3)),
        Worked((np.array([[0, 0], [0, 0]]),), None),
    ),
    fresh=_draw_mask,
    fresh_cases=16,
    misconceptions=(
        Misconception(
            "last-pixel",
            _box_changed(_box_last_pixel),
            "Your box ends at the last pixel. x1 and y1 are one past it, so that x1 − x0 is the width: add 1.",
        ),
        Misconception(
            "rows-first",
            _box_changed(_box_rows_first),
            "Your box has y before x. np.nonzero gives rows first; a box starts with x, the column.",
        ),
        Misconception(
            "width-height",
            _box_changed(_box_size),
            "Your last two numbers are width and height. Here the box has its second corner: x1, y1.",
        ),
        Misconception(
            "empty-raises",
            _box_empty_raises,
            "An empty mask has no smallest column, so that min() raises: look for that first, and return None.",
        ),
        Misconception(
            "last-pixel-empty-raises",
            _box_last_pixel_empty_raises,
            "Your box ends at the last pixel: x1 and y1 are one past it, so add 1. Then look at an empty mask: min() "
            "raises there, and None is expected.",
        ),
        Misconception(
            "empty-is-zero",
            _box_whole,
            "For an empty mask you return a box. There is nothing to prompt with: return None.",
        ),
        Misconception(
            "whole-image",
            _box_changed(_box_image),
            "Your box is the whole image. Look for the smallest one: from the first to the last row and column with a "
            "pixel.",
        ),
        Misconception(
            "first-and-last",
            _box_changed(_box_ends),
            "You took the columns of the first and the last pixel. The pixels are sorted by rows, so the outermost "
            "columns may be anywhere: take min and max.",
        ),
    ),
    accepted=(_box_any, _box_loops, _box_torch),
    hints=(
        "np.nonzero(mask) gives the rows and the columns of all pixels that are on.",
        "The box goes from the smallest column and row to the largest column and row, plus 1.",
        "Before that: where there is no row at all, return None.",
    ),
    why="So one model can prompt another: a U-Net finds the pet, its box asks SAM for the outline.",
)

EXERCISES = (SHAPE, UPSAMPLE, FRAME, BEST, BOX)
