"""Matching queries to segments."""

from functools import cache
from itertools import combinations, permutations

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind


def match_queries(costs):
    """Give every true segment a query of its own, so that the costs of all pairs together are least.

    Args:
        costs: nested lists of float: one row per query, one column per segment, at least as many rows as columns.

    Returns:
        A list of int: for each segment the row of its query.
    """
    ### BEGIN SOLUTION
    segments = range(len(costs[0]))

    def total(queries):
        return sum(costs[query][segment] for query, segment in zip(queries, segments, strict=True))

    return list(min(permutations(range(len(costs)), len(segments)), key=total))
    ### END SOLUTION


_KINDS = (
    "usual",
    "two segments want one query",
    "the cheapest pair is a trap",
    "as many queries as segments",
    "one segment",
    "one segment and one query",
    "costs below 0",
    "costs in the thousands",
    "the last queries are best",
)


def _total(costs, queries):
    return sum(costs[query][segment] for segment, query in enumerate(queries))


def _draw_costs(rng, kind):
    """Draw costs with a single best matching, whose total is at least 0.05 below every other one."""
    segments = {"one segment": 1, "one segment and one query": 1}.get(kind, int(rng.integers(2, 4)))
    queries = segments + {"as many queries as segments": 0, "one segment and one query": 0}.get(
        kind, int(rng.integers(1, 3))
    )
    while True:
        costs = rng.uniform(0.1, 1.0, (queries, segments)).round(2)
        if kind == "two segments want one query":
            costs[rng.integers(queries)] = 0.05 + np.arange(segments) * 0.01
        if kind == "the cheapest pair is a trap":
            costs[:, :2] = 1.5
            costs[0, :2], costs[1, :2] = (0.0, 0.1), (0.1, 1.5)
        if kind == "costs below 0":
            costs -= 0.7
        if kind == "costs in the thousands":
            costs += 2000
        if kind == "the last queries are best":
            costs[:-segments] += 1
        costs = costs.round(2).tolist()
        totals = sorted(_total(costs, chosen) for chosen in permutations(range(queries), segments))
        if len(totals) == 1 or totals[1] - totals[0] > 0.05:
            return (costs,)


MATCH_QUERIES = Exercise(
    match_queries,
    title="Which query is responsible?",
    points=3,
    minutes=12,
    source="Carion et al. 2020, DETR; Cheng et al. 2021, MaskFormer",
    draw=by_kind(_draw_costs, *_KINDS),
    fresh_cases=27,
    hints=(
        "Do it on paper for three queries and two segments. First choose which query the first segment gets, then "
        "which of the others the second gets: that makes six ways. Which of the six costs least?",
        "itertools.permutations(range(Q), S) gives every choice of S different queries out of Q, in every order.",
        "Each choice is a tuple, and its entry s is the query of segment s. Its total is the sum of "
        "costs[query][segment] over these pairs; list(min(all_choices, key=total)) is the answer.",
    ),
    why="The Hungarian algorithm finds the same matching without trying them all: 100 queries and 20 segments can be "
    "paired in more than 10 to the 39 ways. Every query that is left over learns to say that it has no segment.",
)

MATCH_QUERIES.worked([[0.9, 0.2], [0.1, 0.8], [0.7, 0.6]], gives=[1, 0])
MATCH_QUERIES.worked([[0.0, 0.1], [0.2, 0.9]], gives=[1, 0])


@MATCH_QUERIES.wrong
def cheapest_for_each(costs):
    """Each segment took its cheapest query, so two segments may share one, which is then told two different things.
    Every segment needs a query of its own.
    """
    return [min(range(len(costs)), key=lambda q: costs[q][s]) for s in range(len(costs[0]))]


@MATCH_QUERIES.wrong
def segments_in_turn(costs):
    """Each segment in turn took the cheapest query that was left. The first may take what the second needs far more:
    compare the totals of whole matchings.
    """
    taken = []
    for s in range(len(costs[0])):
        free = [q for q in range(len(costs)) if q not in taken]
        taken.append(min(free, key=lambda q: costs[q][s]))
    return taken


@MATCH_QUERIES.wrong
def cheapest_pair_first(costs):
    """You took the cheapest pair, then the cheapest of what was left. A cheap pair can leave an expensive rest:
    compare the totals of whole matchings.
    """
    segments, found = range(len(costs[0])), {}
    while len(found) < len(costs[0]):
        pairs = [
            (costs[q][s], q, s)
            for q in range(len(costs))
            for s in segments
            if s not in found and q not in found.values()
        ]
        _, query, segment = min(pairs)
        found[segment] = query
    return [found[s] for s in segments]


@MATCH_QUERIES.wrong
def largest_total(costs):
    """You found the matching that costs most. The one that costs least is asked for: take the minimum."""
    return match_queries([[-cost for cost in row] for row in costs])


@MATCH_QUERIES.wrong
def first_queries_only(costs):
    """You only tried the first queries, as many as there are segments. Any query may be chosen:
    permutations(range(len(costs)), number of segments).
    """
    return match_queries(costs[: len(costs[0])])


@MATCH_QUERIES.wrong
def a_segment_for_each_query(costs):
    """You returned one entry per query. Return one per segment: the row of its query."""
    chosen = match_queries(costs)
    return [chosen.index(q) if q in chosen else -1 for q in range(len(costs))]


@MATCH_QUERIES.wrong
def without_order(costs):
    """Your queries come in the order of their own numbers, as combinations and the rows of scipy give them. Which query
    gets which segment matters: try every order, with permutations, and list the queries in the order of the segments.
    """
    return sorted(match_queries(costs))


@MATCH_QUERIES.wrong
def segments_by_query(costs):
    """You listed the segments in the order of their queries. List the queries in the order of the segments: entry s is
    the row of the query that segment s gets.
    """
    chosen = match_queries(costs)
    return sorted(range(len(chosen)), key=chosen.__getitem__)


@MATCH_QUERIES.wrong
def the_last_one_tried(costs):
    """You always return the last matching that is tried. Keep a matching only if its total is smaller than the smallest
    so far, and then keep its total as well.
    """
    return list(range(len(costs)))[::-1][: len(costs[0])]


@MATCH_QUERIES.wrong
def the_total(costs):
    """You returned the least total. Return the queries whose costs add up to it, one for each segment."""
    return _total(costs, match_queries(costs))


@MATCH_QUERIES.wrong
def combinations_in_order(costs):
    """You tried only ways in which the queries come in the order of their numbers, as combinations gives them. Any
    query may take any segment: permutations(range(len(costs)), number of segments).
    """
    ways = combinations(range(len(costs)), len(costs[0]))
    return list(min(ways, key=lambda way: _total(costs, way)))


@MATCH_QUERIES.right
def matched_loops(costs):
    best, chosen = float("inf"), []
    for queries in permutations(range(len(costs)), len(costs[0])):
        total = _total(costs, queries)
        if total < best:
            best, chosen = total, list(queries)
    return chosen


@MATCH_QUERIES.right
def matched_numpy(costs):
    table = np.array(costs)
    ways = np.array(list(permutations(range(len(table)), table.shape[1])))
    return ways[table[ways, np.arange(table.shape[1])].sum(axis=1).argmin()]


@MATCH_QUERIES.right
def matched_recursively(costs):
    @cache
    def best(segment, taken):
        if segment == len(costs[0]):
            return 0.0, ()
        ways = []
        for q, row in enumerate(costs):
            if not taken >> q & 1:
                rest, queries = best(segment + 1, taken | 1 << q)
                ways.append((row[segment] + rest, (q, *queries)))
        return min(ways)

    return list(best(0, 0)[1])


MATCH_QUERIES.equivalent(
    "match_queries, line 11: 0 -> -1",
    "matched_loops, line 6: total < best -> total <= best",
    "matched_loops, line 4: 0 -> -1",
    "matched_numpy, line 5: table[ways, np.arange(table.shape[1])].sum(axis=1) -> "
    "table[ways, np.arange(table.shape[1])].mean(axis=1)",
    "matched_numpy, line 4: table -> costs",
    "matched_numpy, line 5: table -> ways",
    "matched_recursively, line 6: 0.0 -> 1.0",
    "matched_recursively, line 5: 0 -> -1",
    because="The best matching is the same: every total is scaled or moved alike, all rows "
    "have the same length, and no two totals are equal.",
)
