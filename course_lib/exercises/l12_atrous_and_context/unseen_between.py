"""The holes between the taps."""

import itertools
import math

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind


def unseen_between(rates):
    """Return the places that a stack of dilated layers skips.

    A layer has three taps in a row. So for every place that is seen before it, three are seen after it: that
    place, and the ones rate to its left and to its right. The stack reaches sum(rates) to either side.

    Args:
        rates: a list of int, the rate of each layer, 1 or more.

    Returns:
        A sorted list of int, offsets from the middle: those between -sum(rates) and sum(rates) that it never
        sees.
    """
    ### BEGIN SOLUTION
    seen = {0}
    for rate in rates:
        seen = {place + step for place in seen for step in (-rate, 0, rate)}
    reach = sum(rates)
    return [place for place in range(-reach, reach + 1) if place not in seen]
    ### END SOLUTION


_RATES = {
    "no layer": [],
    "one layer": [4],
    "equal rates": [3, 3, 3],
    "even rates": [2, 4, 2],
    "doubled rates, without holes": [1, 2, 4],
    "large beside small": [1, 5],
    "the largest first": [6, 2, 1],
}


def _draw_rates(rng, kind):
    """Take rates with and without holes, or draw two to four."""
    if kind in _RATES:
        return (_RATES[kind],)
    return ([int(rate) for rate in rng.integers(2, 6, int(rng.integers(2, 5)))],)


UNSEEN_BETWEEN = Exercise(
    unseen_between,
    title="The holes between the taps",
    points=2,
    minutes=10,
    source="Notes: atrous convolution in DeepLab v3+",
    draw=by_kind(_draw_rates, "any", *_RATES),
    fresh_cases=16,
    hints=(
        "Keep the places that are seen so far in a set. It starts as {0}. What does a layer of rate 2 make of it?",
        "{place + step for place in seen for step in (-rate, 0, rate)} is the set after one more layer.",
        "After the loop over the rates: the places of range(-sum(rates), sum(rates) + 1) that are not in the set.",
    ),
    why="Rates with a common factor leave a grid of holes, however many layers there are. 1, 2, 4 see everything; "
    "2, 2, 2 see every second pixel, and the output beside it sees only the others.",
)

UNSEEN_BETWEEN.worked([3], gives=[-2, -1, 1, 2])
UNSEEN_BETWEEN.worked([2, 2], gives=[-3, -1, 1, 3], example="gridding-2-2")
UNSEEN_BETWEEN.worked([1, 2, 4], gives=[])


@UNSEEN_BETWEEN.wrong
def each_layer_by_itself(rates):
    """You put the taps of the layers side by side. The layers are stacked, and from each place that one layer sees the
    next one goes on to three, so their offsets add up.
    """
    seen = {0} | {step for rate in rates for step in (-rate, rate)}
    return sorted(set(range(-sum(rates), sum(rates) + 1)) - seen)


@UNSEEN_BETWEEN.wrong
def only_outer_taps(rates):
    """You forgot the tap in the middle: a layer also sees each place itself, not only those to its left and right."""
    seen = {0}
    for rate in rates:
        seen = {place + step for place in seen for step in (-rate, rate)}
    return sorted(set(range(-sum(rates), sum(rates) + 1)) - seen)


@UNSEEN_BETWEEN.wrong
def only_one_side(rates):
    """You looked only to the right. The taps go both ways, so the holes lie on both sides: begin at -sum(rates)."""
    return [place for place in unseen_between(rates) if place > 0]


@UNSEEN_BETWEEN.wrong
def nothing_to_begin_with(rates):
    """You call every place a hole. Did your set of places that are seen stay empty? It begins as {0}, the middle
    itself.
    """
    return list(range(-sum(rates), sum(rates) + 1))


@UNSEEN_BETWEEN.wrong
def taps_on_one_side(rates):
    """Your layers look in one direction only. They have three taps: rate to the left, the place itself, and rate to
    the right.
    """
    seen = {0}
    for rate in rates:
        seen = {place + step for place in seen for step in (0, rate)}
    return sorted(set(range(-sum(rates), sum(rates) + 1)) - seen)


@UNSEEN_BETWEEN.wrong
def unsorted(rates):
    """These are the right places in the wrong order. A set has no order of its own: sort them."""
    reach = sum(rates)
    seen = set(range(-reach, reach + 1)) - set(unseen_between(rates))
    return list(set(range(-reach, reach + 1)) - seen)


@UNSEEN_BETWEEN.wrong
def as_far_as_the_largest_rate(rates):
    """You stopped at the largest rate. Stacked layers reach as far as all their rates together: sum(rates)."""
    reach = max(rates, default=0)
    return [place for place in unseen_between(rates) if -reach <= place <= reach]


@UNSEEN_BETWEEN.wrong
def largest_rate_for_the_reach(rates):
    """You stopped at the largest rate. Stacked layers reach as far as all their rates together: sum(rates). Without any
    layer that is 0, while max(rates) raises an error.
    """
    reach = max(rates)
    return [place for place in unseen_between(rates) if -reach <= place <= reach]


@UNSEEN_BETWEEN.wrong
def by_the_common_factor(rates):
    """You asked for the common factor of the rates. Rates with one do leave holes, but others may, too: [2, 3] have
    none, and never see 4. Follow the places layer by layer.
    """
    reach, factor = sum(rates), math.gcd(*rates)
    return [place for place in range(-reach, reach + 1) if factor and place % factor]


@UNSEEN_BETWEEN.wrong
def those_that_are_seen(rates):
    """You returned the places that are seen. The holes are the others."""
    return sorted(set(range(-sum(rates), sum(rates) + 1)) - set(unseen_between(rates)))


@UNSEEN_BETWEEN.wrong
def their_number(rates):
    """You returned how many holes there are. Return where they are, in a sorted list."""
    return len(unseen_between(rates))


@UNSEEN_BETWEEN.wrong
def only_the_last_layer(rates):
    """Only the last rate counts in your answer: did each layer start from {0} again? It starts from what the
    layers before it see.
    """
    return unseen_between(rates[-1:])


@UNSEEN_BETWEEN.right
def unseen_by_product(rates):
    seen = {sum(steps) for steps in itertools.product(*((-rate, 0, rate) for rate in rates))}
    return np.array(sorted(set(range(-sum(rates), sum(rates) + 1)) - seen))


@UNSEEN_BETWEEN.right
def unseen_by_convolving(rates):
    seen = np.array([True])
    for rate in rates:
        is_tap = np.arange(2 * rate + 1) % rate == 0
        seen = np.convolve(seen, is_tap)
    return np.flatnonzero(~seen) - sum(rates)


@UNSEEN_BETWEEN.right
def unseen_by_recursion(rates):
    def sees(place, left):
        if not left:
            return place == 0
        return any(sees(place - step, left[1:]) for step in (-left[0], 0, left[0]))

    return [place for place in range(-sum(rates), sum(rates) + 1) if not sees(place, list(rates))]


UNSEEN_BETWEEN.equivalent(
    "unseen_between, line 17: place + step -> place - step",
    "unseen_between, line 17: (-rate, 0, rate) -> (rate, 0, -rate)",
    "unseen_by_product, line 3: (-rate, 0, rate) -> (rate, 0, -rate)",
    "unseen_by_recursion, line 6: place - step -> place + step",
    "unseen_by_recursion, line 6: place - step -> step - place",
    "unseen_by_recursion, line 6: (-left[0], 0, left[0]) -> (left[0], 0, -left[0])",
    "unseen_by_convolving, line 6: np.convolve(seen, is_tap) -> np.convolve(is_tap, seen)",
    because="The taps are the same on both sides, and their order does not matter.",
)
UNSEEN_BETWEEN.equivalent(
    "unseen_between, line 19: reach + 1 -> reach * 1",
    "unseen_between, line 19: reach + 1 -> reach",
    "unseen_between, line 19: 1 -> 0",
    "unseen_by_product, line 4: sum(rates) + 1 -> sum(rates) * 1",
    "unseen_by_product, line 4: sum(rates) + 1 -> sum(rates)",
    "unseen_by_product, line 4: 1 -> 0",
    "unseen_by_recursion, line 8: sum(rates) + 1 -> sum(rates) * 1",
    "unseen_by_recursion, line 8: sum(rates) + 1 -> sum(rates)",
    "unseen_by_recursion, line 8: 1 -> 0",
    because="The outermost place is always seen, so it does not matter whether it is looked at.",
)
