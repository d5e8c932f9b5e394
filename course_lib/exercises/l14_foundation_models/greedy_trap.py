"""Costs that fool a greedy matcher."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind


def greedy_trap(ratio):
    """Return costs of two queries and two segments on which taking the cheapest pair first is a bad idea.

    A greedy matcher takes the cheapest of all four pairs, and then the pair that is left. Its two costs together must
    be at least ``ratio`` times those of the best matching.

    Args:
        ratio: an int from 2 to 50.

    Returns:
        Two lists of two numbers: one row per query, one column per segment. No number is below 0 or infinite, one is
        smaller than all others, and the best matching costs more than 0.
    """
    ### BEGIN SOLUTION
    return [[0.0, 1.0], [1.0, 2.0 * ratio]]
    ### END SOLUTION


def _observe_trap(answer, ratio):
    """Put the costs in plain facts; many tables have the same."""
    table = answer(ratio)
    if table is None or table is Ellipsis:
        return table
    try:
        costs = np.asarray(table, dtype=float)
    except (TypeError, ValueError):
        costs = np.zeros(0)
    if costs.shape != (2, 2):
        raise TypeError("expected two lists of two numbers each, and nothing around or beside them")
    if not np.isfinite(costs).all():
        return {"every number is finite": False}
    if (costs < 0).any():  # nothing else counts then
        return {"every number is finite": True, "no number below 0": False}
    straight, crossed = costs[0, 0] + costs[1, 1], costs[0, 1] + costs[1, 0]
    greedy = straight if costs.argmin() in (0, 3) else crossed
    ordered = np.sort(costs, axis=None)
    return {
        "every number is finite": True,
        "no number below 0": True,
        "one number is the smallest": bool(ordered[0] < ordered[1]),
        "the best matching costs more than 0": bool(min(straight, crossed) > 0),
        "greedy costs at least ratio times the best": bool(greedy >= ratio * min(straight, crossed) - 1e-9),
    }


def _draw_ratio(rng, kind):
    """Draw a ratio that a fixed table does not reach by accident."""
    low, high = {"twice": (2, 3), "a few times": (3, 10), "many times": (40, 51)}[kind]
    return (int(rng.integers(low, high)),)


GREEDY_TRAP = Exercise(
    greedy_trap,
    title="Fool the greedy matcher",
    points=1,
    minutes=6,
    source="Carion et al. 2020, DETR",
    draw=by_kind(_draw_ratio, "twice", "a few times", "many times"),
    observe=_observe_trap,
    hints=(
        "Two rows and two columns can be matched in two ways: straight, or crossed. Which one does a very cheap pair "
        "force on the greedy matcher?",
        "Put the cheapest number at the upper left. Then the greedy matcher must also take the lower right one, "
        "however expensive that is.",
        "On [[0, 1], [1, x]] the greedy matcher pays 0 + x, and the crossed matching pays 1 + 1. So x must be at least "
        "2 * ratio.",
    ),
    why="There is no limit to how bad a greedy matching can be. In training, the first cheap pair could leave a pet to "
    "a query that lies far away from it.",
)

_FACTS = {
    "every number is finite": True,
    "no number below 0": True,
    "one number is the smallest": True,
    "the best matching costs more than 0": True,
    "greedy costs at least ratio times the best": True,
}
GREEDY_TRAP.worked(2, gives=_FACTS)


@GREEDY_TRAP.wrong
def fixed_table(ratio):
    """Your table fools the greedy matcher up to some ratio and no further. Let one of its numbers grow with `ratio`."""
    return [[0.0, 1.0], [1.0, 4.0 if ratio == 2 else 5.0]]


@GREEDY_TRAP.wrong
def only_ratio(ratio):
    """The greedy matcher does not pay enough on your table. It pays for the cheapest pair and for the one across from
    it, and the best matching for the other two. The pair across must cost at least `ratio` times the sum of those two.
    """
    return [[0.0, 1.0], [1.0, 1.0 * ratio]]


@GREEDY_TRAP.wrong
def below_zero(ratio):
    """A cost of yours is below 0. Make the cheapest pair 0, and let another one grow."""
    return [[-1.0, 0.5], [0.5, 2.0 * ratio]]


@GREEDY_TRAP.wrong
def infinite(ratio):
    """One of your numbers is infinite. No cost is infinite, and none has to be: let the number grow with `ratio`."""
    return [[0.0, 1.0], [1.0, float("inf")]]


@GREEDY_TRAP.wrong
def free_matching(ratio):
    """Your best matching costs 0, and `ratio` times 0 is still 0. Let the best matching cost a little."""
    return [[0.0, 0.0], [0.0, 1.0 * ratio]]


@GREEDY_TRAP.wrong
def all_alike(ratio):
    """Your smallest number appears more than once, so nobody can say which pair is taken first. Make one of them the
    smallest.
    """
    return [[1.0, 1.0], [1.0, 2.0 * ratio]]


@GREEDY_TRAP.right
def trap_numpy(ratio):
    return np.array([[1, 2], [2, 4 * ratio]])


@GREEDY_TRAP.right
def trap_crossed(ratio):
    return [[1.0, 3.0 * ratio], [0.0, 1.0]]


@GREEDY_TRAP.right
def trap_with_room(ratio):
    return ((0.1, 0.2), (0.2, ratio + 0.0))


GREEDY_TRAP.equivalent(
    "greedy_trap, line 15: 2.0 -> 3.0",
    "greedy_trap, line 15: 2.0 -> 4.0",
    "trap_numpy, line 3: 1 -> 0",
    "trap_numpy, line 3: 4 -> 5",
    "trap_crossed, line 3: 1.0 -> 2.0",
    "trap_crossed, line 3: 3.0 -> 4.0",
    "trap_crossed, line 3: 3.0 -> 6.0",
    "trap_with_room, line 3: ((0.1, 0.2), (0.2, ratio + 0.0)) -> ((0.2, ratio + 0.0), (0.1, 0.2))",
    "trap_with_room, line 3: 0.1 -> 0.0",
    "trap_with_room, line 3: 0.2 -> 0.4",
    "trap_with_room, line 3: ratio + 0.0 -> ratio - 0.0",
    "trap_with_room, line 3: ratio + 0.0 -> ratio",
    "trap_with_room, line 3: 0.0 -> 1.0",
    because="Many tables fool the greedy matcher; these are traps as well.",
)
