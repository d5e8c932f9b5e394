"""Mend run E: give the decoder its skips."""

from functools import partial

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def decode(features, skips, ups, convs):
    """Return the decoder's features at full size.

    Each step enlarges, adds the skip of that size, and convolves.

    Args:
        features: float (N, C, h, w), from the bottleneck.
        skips: the encoder's features, a list of float tensors from fine to coarse.
        ups: a list of as many modules, from coarse to fine.
        convs: a list of as many modules, from coarse to fine.

    Returns:
        Float tensor of the size of the finest skip.
    """
    ### BEGIN SOLUTION
    for up, conv, skip in zip(ups, convs, reversed(skips), strict=True):
        features = conv(up(features) + skip)
    return features
    ### END SOLUTION


@torch.enable_grad()  # whatever mode the kernel is in
def _probe_decoder(answer, features, skips):
    """Decode with modules that only count.

    The enlargements add 0.25, 0.5 and so on, the convolutions multiply by 2, by 3 and so on.
    """

    def enlarged(features, more):
        return features.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3) + more

    ups = [partial(enlarged, more=0.25 * step) for step in range(1, 1 + len(skips))]
    convs = [partial(torch.mul, step + 1) for step in range(1, 1 + len(skips))]
    weights = [given.clone().requires_grad_() for given in (features, *skips)]  # the encoder's, so to speak
    encoded = [1 * weight for weight in weights]
    given = encoded[1:]
    decoded = answer(encoded[0], given, ups, convs)
    if decoded is None:
        return None
    if getattr(decoded, "requires_grad", False):
        decoded.sum().backward()
    return {
        "the decoded features": decoded.detach() if isinstance(decoded, torch.Tensor) else decoded,
        "skips that are still in their places": _in_place(encoded[1:], given),
        "features of the encoder that were overwritten": _overwritten(weights, encoded),
        "features of the encoder that no gradient reaches": sum(weight.grad is None for weight in weights),
    }


def _in_place(skips, given):
    return sum(before is after for before, after in zip(skips, given, strict=False))


def _overwritten(before, after):
    return sum(not torch.equal(*pair) for pair in zip(before, after, strict=True))


_SHAPES = {  # of the features, and how many levels
    "one level": ((1, 2, 2, 3), 1),
    "two levels": ((1, 3, 3, 2), 2),
    "three levels": ((1, 2, 1, 2), 3),
    "square": ((1, 2, 2, 2), 2),
    "three images": ((3, 1, 1, 2), 2),
}


def _draw_decoder(rng, kind):
    shape, levels = _SHAPES[kind]

    def features(scale):
        size = (*shape[:2], scale * shape[2], scale * shape[3])
        return torch.from_numpy(rng.integers(1, 9, size).astype(np.float32)) / 4

    return features(1), [features(2**level) for level in range(levels, 0, -1)]  # fine to coarse


DECODE = Exercise(
    decode,
    title="Mend run E: give the decoder its skips",
    points=2,
    minutes=5,
    source="Study guide, section 16, pitfall 5; Lesson 33, common errors",
    draw=by_kind(_draw_decoder, *_SHAPES),
    observe=_probe_decoder,
    fresh_cases=5,
    hints=(
        "Which of the skips is as large as the first result of an enlargement: the first in the list, or the last?",
        "zip(ups, convs, reversed(skips)) gives what each step needs.",
        "In the loop: features = conv(up(features) + skip).",
    ),
    why="The bottleneck says what, the skips say where. Without them the decoder draws what it remembers of pets, "
    "not what it sees.",
)

# Up adds 0.25, then the skip, then times 2: (1 + 0.25 + 1) * 2 = 4.5, with a skip of 2: 6.5.
DECODE.worked(
    torch.ones(1, 1, 1, 1),
    [torch.tensor([[[[1.0, 2], [1, 1]]]])],
    gives={
        "the decoded features": [[[[4.5, 6.5], [4.5, 4.5]]]],
        "skips that are still in their places": 1,
        "features of the encoder that were overwritten": 0,
        "features of the encoder that no gradient reaches": 0,
    },
)


def _decode_by(step):
    def decoded(features, skips, ups, convs):
        for up, conv, skip in zip(ups, convs, reversed(skips), strict=True):
            features = step(features, skip, up, conv)
        return features

    return decoded


@DECODE.wrong
def no_skips(features, skips, ups, convs):
    """Your decoder does not use the skips. What pooling forgot is no longer in the bottleneck: add the skip of the same
    size after each enlargement.
    """
    return _decode_by(lambda features, skip, up, conv: conv(up(features)))(features, skips, ups, convs)


@DECODE.wrong
def added_after_the_convolution(features, skips, ups, convs):
    """You added the skip after the convolution. It belongs before: the convolution is what combines the two."""
    return _decode_by(lambda features, skip, up, conv: conv(up(features)) + skip)(features, skips, ups, convs)


@DECODE.wrong
def concatenated(features, skips, ups, convs):
    """You concatenated. These convolutions take as many channels as before, so the skip is added."""

    def step(features, skip, up, conv):
        return conv(torch.cat([up(features), skip], dim=1))

    return _decode_by(step)(features, skips, ups, convs)


@DECODE.wrong
def only_the_finest(features, skips, ups, convs):
    """You used only the finest skip. Add one in every step up: the skip of that step's size."""

    def step(features, skip, up, conv):
        return conv(up(features) + skip if skip is skips[0] else up(features))

    return _decode_by(step)(features, skips, ups, convs)


@DECODE.wrong
def only_skips(features, skips, ups, convs):
    """Your decoder sees only the skips, so nothing of what the bottleneck found comes through. Add the enlarged
    features and the skip.
    """
    return _decode_by(lambda features, skip, up, conv: conv(skip))(features, skips, ups, convs)


@DECODE.wrong
def emptied_the_list(features, skips, ups, convs):
    """Your function has emptied the caller's list of skips, as pop() does. Go through reversed(skips), which leaves the
    list as it is.
    """
    for up, conv in zip(ups, convs, strict=True):
        features = conv(up(features) + skips.pop())
    return features


@DECODE.wrong
def fine_first(features, skips, ups, convs):
    """Your first step gets the finest skip, so the sizes do not fit. The decoder goes from coarse to fine:
    reversed(skips) gives each step the skip of its own size. By number, the last is skips[-1]; skips[-0] is the
    first.
    """
    for up, conv, skip in zip(ups, convs, skips, strict=True):
        features = conv(up(features) + skip)
    return features


@DECODE.wrong
def overwrote_the_skips(features, skips, ups, convs):
    """+= writes into the tensor on its left, and so the encoder's features are lost.
    backward() still needs them and would stop the training. Make a new tensor: up(features) + skip.
    """

    def step(features, skip, up, conv):
        skip += up(features)
        return conv(skip)

    return _decode_by(step)(features, skips, ups, convs)


@DECODE.wrong
def no_convolutions(features, skips, ups, convs):
    """You left the convolutions out. Each step ends with conv(...)."""
    return _decode_by(lambda features, skip, up, conv: up(features) + skip)(features, skips, ups, convs)


@DECODE.wrong
def reversed_the_list(features, skips, ups, convs):
    """Your function has turned the caller's list of skips around, as reverse() does. Go through reversed(skips), which
    leaves the list as it is.
    """
    skips.reverse()
    for up, conv, skip in zip(ups, convs, skips, strict=True):
        features = conv(up(features) + skip)
    return features


@DECODE.wrong
def one_place_too_far(features, skips, ups, convs):
    """A number in your function leads out of its list. Places count from 0, so the last of n places is n - 1: the last
    skip is skips[len(skips) - 1], or skips[-1].
    """
    for level in range(len(ups)):
        features = convs[level](ups[level](features) + skips[len(skips) - level])
    return features


@DECODE.wrong
def ups_and_convs_exchanged(features, skips, ups, convs):
    """You called the convolution where the enlargement belongs, and the enlargement where the convolution belongs.
    First comes up(features), then the skip, then conv(...).
    """
    return decode(features, skips, convs, ups)


@DECODE.wrong
def skips_detached(features, skips, ups, convs):
    """Your features are right, but no gradient goes through the skips back to the encoder, as after detach(). Carrying
    gradients is half of what a skip is for: add the skips as they are.
    """
    return _decode_by(lambda features, skip, up, conv: conv(up(features) + skip.detach()))(
        features, skips, ups, convs
    )


@DECODE.wrong
def convolved_before_enlarging(features, skips, ups, convs):
    """You convolved before you enlarged and added the skip. The convolution comes last in each step: it is what
    combines the two.
    """
    return _decode_by(lambda features, skip, up, conv: up(conv(features)) + skip)(features, skips, ups, convs)


@DECODE.wrong
def reverse_returns_nothing(features, skips, ups, convs):
    """skips.reverse() turns the list itself around and returns None, so there is nothing to go through.
    reversed(skips) gives the skips from the last to the first, and leaves the list as it is.
    """
    for up, conv, skip in zip(ups, convs, skips.reverse(), strict=True):
        features = conv(up(features) + skip)
    return features


@DECODE.wrong
def everything_reversed(features, skips, ups, convs):
    """You turned ups and convs around as well. They come from coarse to fine already: only the skips are in the other
    order.
    """
    for up, conv, skip in zip(reversed(ups), reversed(convs), reversed(skips), strict=True):
        features = conv(up(features) + skip)
    return features


@DECODE.right
def by_index(features, skips, ups, convs):
    for level in range(len(ups)):
        larger = ups[level](features)
        features = convs[level](larger + skips[len(skips) - 1 - level])
    return features


@DECODE.right
def by_copy(features, skips, ups, convs):
    waiting = list(skips)
    for up, conv in zip(ups, convs, strict=True):
        features = conv(torch.add(up(features), waiting.pop()))
    return features


@DECODE.right
def recursively(features, skips, ups, convs):
    if not len(skips):
        return features
    features = convs[0](ups[0](features) + skips[-1])
    return recursively(features, skips[:-1], ups[1:], convs[1:])


DECODE.equivalent(
    "by_index, line 3: ups -> skips",
    "by_index, line 3: ups -> convs",
    "by_index, line 5: skips -> ups",
    "by_index, line 5: skips -> convs",
    "recursively, line 3: skips -> ups",
    "recursively, line 3: skips -> convs",
    because="There are as many skips, enlargements and convolutions.",
)
