"""From masks with classes to a class per pixel."""

import torch

from course_lib.checking.exercise import Exercise, by_kind


def masks_to_classes(mask_logits, class_logits):
    """Turn the answers of all queries into one class per pixel.

    A query says how likely its segment covers each pixel (sigmoid of its mask logits), and how likely the segment has
    each class (softmax of its class logits, of which the last means "no segment"). Per pixel and class, sum over the
    queries the product of the two; the class with the largest sum wins. "No segment" cannot win.

    Args:
        mask_logits: a float tensor (Q, H, W).
        class_logits: a float tensor (Q, C + 1).

    Returns:
        An int tensor (H, W), class ids from 0 to C - 1.
    """
    ### BEGIN SOLUTION
    chances = class_logits.softmax(dim=1)[:, :-1]  # (Q, C)
    covers = mask_logits.sigmoid()  # (Q, H, W)
    return torch.einsum("qc,qhw->chw", chances, covers).argmax(dim=0)
    ### END SOLUTION


_KINDS = (
    "usual",
    "weak masks that agree",
    "nobody is sure",
    "most say no segment",
    "two queries share a class",
    "one query",
    "a class more than queries",
    "large",
)


def _sums(mask_logits, class_logits):
    return torch.einsum("qc,qhw->chw", class_logits.softmax(1)[:, :-1], mask_logits.sigmoid())


def _draw_queries(rng, kind):
    """Draw answers of queries; in small pictures the two best classes of every pixel differ by 0.003 or more."""
    queries, classes, height, width = (int(n) for n in rng.permutation([3, 4, 5, 6]))
    queries = {"one query": 1, "a class more than queries": max(classes - 1, 2), "large": 12}.get(
        kind, queries
    )
    classes = {"a class more than queries": queries + 1}.get(kind, classes)
    height = {"large": 14}.get(kind, height)
    spread = {"nobody is sure": 0.7, "weak masks that agree": 1.0}.get(kind, 2.5)
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
    while True:
        masks = spread * torch.randn(queries, height, width, generator=generator)
        named = 2 * torch.randn(queries, classes + 1, generator=generator)
        if kind == "most say no segment":
            named[:, -1] = 2.5
            named[0, -1] = -2
        if kind == "two queries share a class":
            named[:2] = 0
            named[:2, 1] = 3
            masks[:2] -= 1
        if kind == "weak masks that agree":
            masks -= 1
        best = _sums(masks, named).flatten(1).topk(2, dim=0).values
        close = (best[0] - best[1]) < 0.003
        if not close.any() or height * width > 50:
            return masks, named


MASKS_TO_CLASSES = Exercise(
    masks_to_classes,
    title="From masks to classes",
    points=2,
    minutes=8,
    source="Cheng et al. 2021, MaskFormer: semantic inference",
    draw=by_kind(_draw_queries, *_KINDS),
    fresh_cases=16,
    hints=(
        "Make two arrays of chances first: how likely each query has each class, (Q, C), and how likely it covers each "
        "pixel, (Q, H, W).",
        "The softmax is over all C + 1, so that a query that has no segment keeps little for the real classes. The "
        "last column is dropped after it.",
        'torch.einsum("qc,qhw->chw", chances, covers) multiplies the two and sums over the queries. The classes are '
        "then in dim=0: take the argmax there.",
    ),
    why="The same head answers for each segment and for each pixel. That is how a single network came to do semantic, "
    "instance and panoptic segmentation.",
)

_BIG = 20.0
MASKS_TO_CLASSES.worked(
    torch.tensor([[[_BIG, _BIG, -_BIG]], [[-_BIG, -_BIG, _BIG]]]),
    torch.tensor([[0.0, _BIG, 0.0], [_BIG, 0.0, 0.0]]),
    gives=torch.tensor([[1, 1, 0]]),
)
MASKS_TO_CLASSES.worked(
    torch.tensor([[[_BIG, _BIG]], [[-_BIG, _BIG]]]),
    torch.tensor([[0.0, -_BIG, 2.0], [-_BIG, 0.0, 0.0]]),
    gives=torch.tensor([[0, 1]]),
)


@MASKS_TO_CLASSES.wrong
def no_segment_wins(mask_logits, class_logits):
    """Your ids go up to C: "no segment" takes part in the argmax, and can win. Drop its column after the softmax."""
    return torch.einsum("qc,qhw->chw", class_logits.softmax(1), mask_logits.sigmoid()).argmax(0)


@MASKS_TO_CLASSES.wrong
def dropped_before_softmax(mask_logits, class_logits):
    """You dropped "no segment" before the softmax, so a query that has no segment speaks as loudly as the others.
    Softmax first, then drop.
    """
    chances = class_logits[:, :-1].softmax(1)
    return torch.einsum("qc,qhw->chw", chances, mask_logits.sigmoid()).argmax(0)


@MASKS_TO_CLASSES.wrong
def the_strongest_mask_decides(mask_logits, class_logits):
    """Each pixel took the class of its strongest mask. Several weaker queries that agree can outweigh it, and a query
    without a segment should not speak: sum over the queries.
    """
    return class_logits[:, :-1].argmax(1)[mask_logits.argmax(0)]


@MASKS_TO_CLASSES.wrong
def largest_product(mask_logits, class_logits):
    """You took the largest of the queries' products. Sum them, so that two queries that agree on a class count more
    than one.
    """
    products = class_logits.softmax(1)[:, :-1, None, None] * mask_logits.sigmoid()[:, None]
    return products.amax(0).argmax(0)


@MASKS_TO_CLASSES.wrong
def raw_class_logits(mask_logits, class_logits):
    """You used the class logits as they are, and they can be below 0. Make chances of them first, by a softmax over the
    classes.
    """
    return torch.einsum("qc,qhw->chw", class_logits[:, :-1], mask_logits.sigmoid()).argmax(0)


@MASKS_TO_CLASSES.wrong
def raw_mask_logits(mask_logits, class_logits):
    """You used the mask logits as they are, so a pixel far outside of a mask counts against its class many times over.
    Make chances of them first, by a sigmoid.
    """
    return torch.einsum("qc,qhw->chw", class_logits.softmax(1)[:, :-1], mask_logits).argmax(0)


@MASKS_TO_CLASSES.wrong
def masks_cut_at_0(mask_logits, class_logits):
    """You cut the masks at 0 first, so that each pixel counts fully or not at all. Let a query speak as loudly as it is
    sure: sigmoid of its mask logits.
    """
    return torch.einsum("qc,qhw->chw", class_logits.softmax(1)[:, :-1], (mask_logits > 0).float()).argmax(0)


@MASKS_TO_CLASSES.wrong
def masks_compete(mask_logits, class_logits):
    """You let the masks compete by a softmax over the queries. Each mask is judged by itself: take the sigmoid."""
    return torch.einsum("qc,qhw->chw", class_logits.softmax(1)[:, :-1], mask_logits.softmax(0)).argmax(0)


@MASKS_TO_CLASSES.wrong
def queries_compete_for_classes(mask_logits, class_logits):
    """Your softmax of the class logits runs over the queries. Each query shares out its chances among the classes: take
    it over dim=1.
    """
    return torch.einsum("qc,qhw->chw", class_logits.softmax(0)[:, :-1], mask_logits.sigmoid()).argmax(0)


@MASKS_TO_CLASSES.wrong
def empty_queries_left_out(mask_logits, class_logits):
    """You left out the queries whose likeliest class is "no segment". Such a query is quiet, not silent: what is left
    of its chance still counts for the other classes. Let all queries speak.
    """
    chances = class_logits.softmax(1)
    speaks = chances.argmax(1) < chances.shape[1] - 1
    return torch.einsum("qc,qhw->chw", chances[speaks, :-1], mask_logits[speaks].sigmoid()).argmax(0)


@MASKS_TO_CLASSES.right
def classes_matmul(mask_logits, class_logits):
    chances = class_logits.softmax(-1)[:, :-1]
    return (chances.T @ mask_logits.sigmoid().flatten(1)).argmax(0).view(mask_logits.shape[1:])


@MASKS_TO_CLASSES.right
def classes_broadcast(mask_logits, class_logits):
    weights = torch.exp(class_logits) / torch.exp(class_logits).sum(1, keepdim=True)
    covers = 1 / (1 + torch.exp(-mask_logits))
    return (weights[:, :-1, None, None] * covers[:, None]).sum(0).argmax(0)


@MASKS_TO_CLASSES.right
def classes_loop(mask_logits, class_logits):
    total = torch.zeros(class_logits.shape[1] - 1, *mask_logits.shape[1:])
    for mask, named in zip(mask_logits, class_logits, strict=True):
        total += named.softmax(0)[:-1, None, None] * mask.sigmoid()
    return total.argmax(0).tolist()


MASKS_TO_CLASSES.equivalent(
    "classes_matmul, line 3: -1 -> 1",
    "classes_broadcast, line 3: torch.exp(class_logits).sum(1, keepdim=True) -> "
    "torch.exp(class_logits).mean(1, keepdim=True)",
    "classes_broadcast, line 4: 1 -> 2",
    "classes_broadcast, line 5: (weights[:, :-1, None, None] * covers[:, "
    "None]).sum(0) -> (weights[:, :-1, None, None] * covers[:, None]).mean(0)",
    "classes_loop, line 3: torch.zeros(class_logits.shape[1] - 1, "
    "*mask_logits.shape[1:]) -> torch.ones(class_logits.shape[1] - 1, *mask_logits.shape[1:])",
    "classes_loop, line 3: torch.zeros(class_logits.shape[1] - 1, "
    "*mask_logits.shape[1:]) -> class_logits.shape[1] - 1",
    "classes_loop, line 5: 0 -> -1",
    because="All sums are scaled or moved alike, which leaves their order.",
)
