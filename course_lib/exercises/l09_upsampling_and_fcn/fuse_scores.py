"""Add the scores of finer levels."""

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l09_upsampling_and_fcn.shared import quarters


def fuse_scores(scores, size):
    """Return logits made of score maps from coarse to fine.

    Begin with the coarsest. For each finer one: double what there is, bilinearly, and add the finer scores.
    At the end enlarge the sum to `size`, bilinearly. Interpolate with align_corners=False.

    Args:
        scores: a list of float tensors (N, classes, h, w), one or more, the coarsest first, each next one twice
            as high and wide.
        size: (H, W), two int.

    Returns:
        Float (N, classes, H, W).
    """
    ### BEGIN SOLUTION
    coarsest, *finer = scores
    fused = coarsest
    for score in finer:
        fused = F.interpolate(fused, scale_factor=2, mode="bilinear") + score  # (N, classes, 2h, 2w)
    return F.interpolate(fused, size=size, mode="bilinear")  # (N, classes, H, W)
    ### END SOLUTION


_KINDS = (
    "usual",
    "one level",
    "two levels",
    "four levels",
    "one image",
    "three images",
    "square",
    "sizes alike",
    "no multiple",
    "as large as the finest",
    "from one pixel",
)


def _draw_scores(rng, kind):
    """Draw the scores of usually three levels, and a size that is usually a multiple of theirs."""
    count = {"one image": 1, "three images": 3}.get(kind, 2)
    classes = 2 if kind == "sizes alike" else int(rng.integers(3, 5))
    height, width = (int(side) for side in rng.choice([1, 2, 3], 2, replace=False))
    height, width = {"square": (height, height), "sizes alike": (2, 3), "from one pixel": (1, 1)}.get(
        kind, (height, width)
    )
    levels = {"one level": 1, "two levels": 2, "four levels": 4}.get(kind, 3)
    scores = [
        quarters(rng, count, classes, height * 2**level, width * 2**level) + 0.125 for level in range(levels)
    ]
    if kind == "as large as the finest":
        return scores, tuple(scores[-1].shape[2:])
    larger, more = 2 ** (levels + int(rng.integers(0, 2))), 1 if kind == "no multiple" else 0
    return scores, (height * larger + more, width * larger + 2 * more)


FUSE_SCORES = Exercise(
    fuse_scores,
    title="Add the scores of finer levels",
    points=3,
    minutes=10,
    source="Study guide, section 3: FCN; section 13: addition",
    draw=by_kind(_draw_scores, *_KINDS),
    tolerance=1e-5,
    hints=(
        "Keep one tensor that grows. It starts as the coarsest scores.",
        'F.interpolate(fused, scale_factor=2, mode="bilinear") doubles it; then the finer scores have the same shape.',
        'for score in scores[1:]: fused = F.interpolate(fused, scale_factor=2, mode="bilinear") + score; at the end '
        'return F.interpolate(fused, size=size, mode="bilinear").',
    ),
    why="The coarse scores know what is there, the finer ones where it ends. Adding costs no weights, but channel c "
    "must mean class c on every level. That is why scores are added here, and not features.",
)

# One pixel of 1 stays 1 all over when doubled; the finer scores are added; 2 x 2 is the final size.
FUSE_SCORES.worked(
    [torch.ones(1, 1, 1, 1), torch.tensor([[[[0.0, 1.0], [2.0, 3.0]]]])],
    (2, 2),
    gives=[[[[1.0, 2.0], [3.0, 4.0]]]],
)
# Between 0 and 4, bilinear doubling puts 1 and 3; at the edges 0 and 4 are repeated.
FUSE_SCORES.worked([torch.tensor([[[[0.0, 4.0]]]])], (1, 4), gives=[[[[0.0, 1.0, 3.0, 4.0]]]])


def _bilinear(maps, size):
    return F.interpolate(maps, size=size, mode="bilinear")


@FUSE_SCORES.wrong
def only_coarsest(scores, size):
    """You enlarged the coarsest scores and left the finer ones out, as FCN-32s does. Double step by step, and add the
    scores of the next level after each doubling.
    """
    return _bilinear(scores[0], size)


@FUSE_SCORES.wrong
def concatenated(scores, size):
    """You concatenated. FCN adds scores, class by class; concatenation is U-Net's way, with features."""
    return torch.cat([_bilinear(score, size) for score in scores], dim=1)


@FUSE_SCORES.wrong
def concatenated_level_by_level(scores, size):
    """You concatenated at each level, so the number of channels grows. Add the finer scores: the number of
    classes stays as it is.
    """
    fused = scores[0]
    for score in scores[1:]:
        fused = torch.cat([F.interpolate(fused, scale_factor=2, mode="bilinear"), score], dim=1)
    return _bilinear(fused, size)


@FUSE_SCORES.wrong
def enlarged_separately(scores, size):
    """You enlarged each level straight to the full size. Two bilinear doublings give other numbers than one
    enlargement by 4: double the sum level by level, and add the next scores each time.
    """
    return sum(_bilinear(score, size) for score in scores)


@FUSE_SCORES.wrong
def nearest_pixel(scores, size):
    """Your interpolation repeats pixels. Pass mode="bilinear"."""
    fused = scores[0]
    for score in scores[1:]:
        fused = F.interpolate(fused, scale_factor=2) + score
    return F.interpolate(fused, size=size)


@FUSE_SCORES.wrong
def not_enlarged_at_the_end(scores, size):
    """Your logits have the size of the finest scores. Enlarge the sum to `size` at the end."""
    return fuse_scores(scores, tuple(scores[-1].shape[2:]))


@FUSE_SCORES.wrong
def enlarged_by_8(scores, size):
    """You enlarge the sum 8 times, whatever `size` says. How much is missing depends on the number of levels and on the
    image: pass size=size instead of a scale_factor.
    """
    fused = fuse_scores(scores, tuple(scores[-1].shape[2:]))
    return F.interpolate(fused, scale_factor=8, mode="bilinear")


@FUSE_SCORES.wrong
def from_the_finest(scores, size):
    """You began with the finest scores, which come last in the list. Begin with the coarsest, scores[0], and go on with
    scores[1:].
    """
    fused = scores[-1]
    for score in scores[:-1]:
        fused = F.interpolate(fused, scale_factor=2, mode="bilinear") + score
    return F.interpolate(fused, size=size, mode="bilinear")


@FUSE_SCORES.wrong
def added_before_doubling(scores, size):
    """You added before you doubled. The sum so far has only half the size of the finer scores: double it first, and
    then add them.
    """
    fused = scores[0]
    for score in scores[1:]:
        fused = F.interpolate(fused + score, scale_factor=2, mode="bilinear")
    return F.interpolate(fused, size=size, mode="bilinear")


@FUSE_SCORES.wrong
def coarsest_added_twice(scores, size):
    """Your loop begins with the coarsest scores once more, although you have started from them. Go through the finer
    ones only: scores[1:].
    """
    fused = scores[0]
    for score in scores:
        fused = F.interpolate(fused, scale_factor=2, mode="bilinear") + score
    return F.interpolate(fused, size=size, mode="bilinear")


@FUSE_SCORES.wrong
def only_finest(scores, size):
    """You took only the finest scores. They know where, but hardly what: begin with the coarsest and add."""
    return _bilinear(scores[-1], size)


@FUSE_SCORES.wrong
def averaged_level_by_level(scores, size):
    """You took the mean of the sum so far and of the finer scores. Add them without dividing by 2: the convolution that
    makes a level's scores learns how large they should be.
    """
    fused = scores[0]
    for score in scores[1:]:
        fused = (F.interpolate(fused, scale_factor=2, mode="bilinear") + score) / 2
    return _bilinear(fused, size)


@FUSE_SCORES.wrong
def doubled_once_too_often(scores, size):
    """You double after each addition, so the sum is doubled once more after the finest scores. Double before you add:
    begin with scores[0], and go through scores[1:].
    """
    fused = 0
    for score in scores:
        fused = F.interpolate(fused + score, scale_factor=2, mode="bilinear")
    return _bilinear(fused, size)


@FUSE_SCORES.wrong
def enlarged_to_the_finest(scores, size):
    """You enlarged each level straight to the size of the finest and added them there. Two bilinear doublings give
    other numbers than one enlargement by 4: double the sum once per level, and add the next scores each time.
    """
    finest = tuple(scores[-1].shape[2:])
    return _bilinear(sum(_bilinear(score, finest) for score in scores), size)


@FUSE_SCORES.wrong
def finer_not_added(scores, size):
    """You double once per level, but never add the finer scores: this is FCN-32s in several steps. Add score after each
    doubling.
    """
    fused = scores[0]
    for _ in scores[1:]:
        fused = F.interpolate(fused, scale_factor=2, mode="bilinear")
    return _bilinear(fused, size)


@FUSE_SCORES.wrong
def corners_aligned(scores, size):
    """You aligned the corners, so the scores move towards the edges. Pass align_corners=False, or use nn.Upsample:
    nn.UpsamplingBilinear2d always aligns them.
    """
    fused = scores[0]
    for score in scores[1:]:
        fused = F.interpolate(fused, scale_factor=2, mode="bilinear", align_corners=True) + score
    return F.interpolate(fused, size=size, mode="bilinear", align_corners=True)


@FUSE_SCORES.right
def fused_by_sizes(scores, size):
    fused = scores[0]
    for score in scores[1:]:
        fused = score + F.interpolate(fused, score.shape[2:], mode="bilinear")
    return nn.Upsample(size=tuple(size), mode="bilinear")(fused)


@FUSE_SCORES.right
def fused_from_behind(scores, size):
    def up_to(level):
        if level == 0:
            return scores[0]
        return scores[level] + nn.Upsample(scale_factor=2, mode="bilinear")(up_to(level - 1))

    return F.interpolate(up_to(len(scores) - 1), tuple(size), mode="bilinear")


@FUSE_SCORES.right
def fused_channel_by_channel(scores, size):
    channels = []
    for class_id in range(scores[0].shape[1]):
        fused = scores[0][:, class_id : class_id + 1]
        for score in scores[1:]:
            fused = F.interpolate(fused, scale_factor=(2, 2), mode="bilinear") + score[:, class_id].unsqueeze(
                1
            )
        channels.append(F.interpolate(fused, size, mode="bilinear"))
    return torch.cat(channels, dim=1)


FUSE_SCORES.equivalent(
    "fused_channel_by_channel, line 4: 0 -> -1",
    because="All levels have the same classes.",
)
