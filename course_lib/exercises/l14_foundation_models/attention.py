"""Scaled dot-product attention."""

import math

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def attention(queries, keys, values, allowed):
    """Return for each query a mixture of the values.

    The score of a query with a key is their dot product, divided by the square root of their length D. Each query's
    weights are the softmax of its scores over the keys that it may look at. Scores may be in the thousands.

    Args:
        queries: a float tensor (T, D).
        keys: a float tensor (S, D).
        values: a float tensor (S, C).
        allowed: a bool tensor (T, S), False where a query must not look; every query may look at one key at least.

    Returns:
        A float tensor (T, C).
    """
    ### BEGIN SOLUTION
    scores = queries @ keys.T / queries.shape[1] ** 0.5  # (T, S)
    scores = scores.masked_fill(~allowed, -torch.inf)
    return scores.softmax(dim=1) @ values
    ### END SOLUTION


_KINDS = (
    "everything allowed",
    "some forbidden",
    "only one key each",
    "one key",
    "one query",
    "scores thousands apart",
    "scores thousands below 0",
    "as many queries as keys",
    "one channel",
    "large",
)


def _draw_tokens(rng, kind):
    """Draw tokens whose three sizes differ, unless the kind says otherwise."""
    count, others, length, channels = (int(n) for n in rng.permutation([2, 3, 4, 5]))
    others = {"one key": 1, "as many queries as keys": count, "large": 20}.get(kind, others)
    count, length = {"one query": 1}.get(kind, count), {"one channel": 1, "large": 16}.get(kind, length)
    queries, keys = rng.normal(size=(count, length)), rng.normal(size=(others, length))
    if kind == "scores thousands below 0":  # where a forbidden score of -1000 would be the highest
        queries, keys = rng.uniform(0.8, 1.2, queries.shape) * 3000, -rng.uniform(0.8, 1.2, keys.shape)
    queries *= {"scores thousands apart": 5000.0, "scores thousands below 0": 1.0}.get(kind, 2.0)
    allowed = np.ones((count, others), bool)
    if kind in ("some forbidden", "as many queries as keys", "large") or kind.startswith("scores thousands"):
        allowed = rng.random((count, others)) < 0.6
        allowed[np.arange(count), rng.integers(others, size=count)] = True
        allowed[0, :2] = True, False
    if kind == "only one key each":
        allowed = np.arange(others) == rng.integers(others, size=(count, 1))
    values = rng.normal(size=(others, channels))
    return tuple(torch.from_numpy(array) for array in (queries, keys, values, allowed))


ATTENTION = Exercise(
    attention,
    title="Attention",
    points=3,
    minutes=12,
    source="Vaswani et al. 2017, Attention is all you need",
    draw=by_kind(_draw_tokens, *_KINDS),
    fresh_cases=20,
    tolerance=1e-5,
    hints=(
        "Three steps are enough. Compute the scores of every query with every key, (T, S); put the forbidden ones out "
        "of the race; then take the softmax, and mix the values with it.",
        "queries @ keys.T holds all dot products; divide them by the root of D. A forbidden key must get the weight 0 "
        "from the softmax. Which score does that take?",
        "scores = queries @ keys.T / queries.shape[1] ** 0.5, then scores.masked_fill(~allowed, -torch.inf), then "
        ".softmax(dim=1) @ values.",
    ),
    why="A transformer has nothing else that lets one token see another: all its other layers look at each token by "
    "itself. The weights of a convolution are fixed after training, and these are computed from the picture.",
)

ATTENTION.worked(
    torch.tensor([[0.0, 0.0]]),
    torch.tensor([[5.0, 1.0], [2.0, 2.0]]),
    torch.tensor([[10.0], [20.0]]),
    torch.tensor([[True, True]]),
    gives=torch.tensor([[15.0]]),
)
ATTENTION.worked(
    torch.tensor([[2.0 * math.log(3), 0.0, 0.0, 0.0]]),
    torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [9.0, 9.0, 9.0, 9.0]]),
    torch.tensor([[8.0, 0.0], [0.0, 4.0], [100.0, 100.0]]),
    torch.tensor([[True, True, False]]),
    gives=torch.tensor([[6.0, 1.0]]),
)


def _from_scores(scores, values, allowed):
    return scores.masked_fill(~allowed, -torch.inf).softmax(dim=1) @ values


@ATTENTION.wrong
def unscaled(queries, keys, values, allowed):
    """You did not divide the scores. Dot products grow with the length D of the vectors, and then the softmax gives
    nearly all the weight to a single key: divide by the square root of D.
    """
    scores = queries @ keys.T
    scores = scores.masked_fill(~allowed, -torch.inf)
    return scores.softmax(dim=1) @ values


@ATTENTION.wrong
def divided_by_length(queries, keys, values, allowed):
    """You divided by D. The spread of a dot product grows with the square root of D, so divide by that."""
    scores = queries @ keys.T / queries.shape[1]
    scores = scores.masked_fill(~allowed, -torch.inf)
    return scores.softmax(dim=1) @ values


@ATTENTION.wrong
def softmax_over_queries(queries, keys, values, allowed):
    """Your weights add up to 1 over the queries. Each query shares out its attention among the keys: take the softmax
    over dim=1.
    """
    scores = queries @ keys.T / queries.shape[1] ** 0.5
    scores = scores.masked_fill(~allowed, -1e30)
    return scores.softmax(dim=0) @ values


@ATTENTION.wrong
def forbidden_after_softmax(queries, keys, values, allowed):
    """You set forbidden weights to 0 after the softmax, so the others no longer add up to 1. Put the forbidden keys out
    of the race before it: let their scores be minus infinity.
    """
    scores = queries @ keys.T / queries.shape[1] ** 0.5
    return (scores.softmax(dim=1) * allowed) @ values


@ATTENTION.wrong
def forbidden_score_zero(queries, keys, values, allowed):
    """You gave forbidden keys the score 0. That is an ordinary score, and its softmax is not 0: use minus infinity."""
    scores = queries @ keys.T / queries.shape[1] ** 0.5
    scores = scores * allowed
    return scores.softmax(dim=1) @ values


@ATTENTION.wrong
def everything_allowed(queries, keys, values, allowed):
    """Forbidden keys still get weight: allowed has no effect in your answer. Set their scores to minus infinity before
    the softmax. masked_fill does not change its tensor, it returns a new one.
    """
    return _from_scores(queries @ keys.T / queries.shape[1] ** 0.5, values, torch.ones_like(allowed))


@ATTENTION.wrong
def allowed_turned_round(queries, keys, values, allowed):
    """You put the allowed keys out of the race and kept the forbidden ones. It is the other way round: fill the scores
    where ~allowed.
    """
    scores = queries @ keys.T / queries.shape[1] ** 0.5
    scores = scores.masked_fill(allowed, -torch.inf)
    return scores.softmax(dim=1) @ values


@ATTENTION.wrong
def allowed_pushed_down(queries, keys, values, allowed):
    """You put the allowed keys out of the race and kept the forbidden ones. It is the other way round: push the scores
    down where ~allowed.
    """
    scores = queries @ keys.T / queries.shape[1] ** 0.5
    scores = scores.masked_fill(allowed, -1e9)
    return scores.softmax(dim=1) @ values


@ATTENTION.wrong
def plain_exponential(queries, keys, values, allowed):
    """Where scores are in the thousands, their exponentials are too large for a float, or are all 0, and the result is
    nan. Subtract each row's largest score first, or let softmax do it.
    """
    weights = torch.exp(queries @ keys.T / queries.shape[1] ** 0.5) * allowed
    return weights / weights.sum(dim=1, keepdim=True) @ values


@ATTENTION.wrong
def without_values(queries, keys, values, allowed):
    """You returned the weights. They are there to mix the values: weights @ values."""
    scores = queries @ keys.T / queries.shape[1] ** 0.5
    return scores.masked_fill(~allowed, -torch.inf).softmax(dim=1)


@ATTENTION.wrong
def root_of_the_number_of_queries(queries, keys, values, allowed):
    """You divided by the root of the number of queries. D is the length of one query: queries.shape[1]."""
    return _from_scores(queries @ keys.T / len(queries) ** 0.5, values, allowed)


@ATTENTION.wrong
def root_of_the_number_of_keys(queries, keys, values, allowed):
    """You divided by the root of the number of keys. D is the length of one key: keys.shape[1]."""
    return _from_scores(queries @ keys.T / len(keys) ** 0.5, values, allowed)


@ATTENTION.wrong
def sums_over_queries(queries, keys, values, allowed):
    """You divided the exponentials by their sums over the queries. Each query shares out its attention among the keys:
    sum over dim=1, with keepdim=True.
    """
    weights = torch.exp(queries @ keys.T / queries.shape[1] ** 0.5) * allowed
    return weights / weights.sum(dim=0) @ values


@ATTENTION.wrong
def allowed_pushed_down_sums_over_queries(queries, keys, values, allowed):
    """You put the allowed keys out of the race and kept the forbidden ones: push the scores down where ~allowed. Each
    query's weights should add up to 1 over the keys, dim=1. And the D under the root is the length of one query.
    """
    scores = queries @ keys.T / len(queries) ** 0.5
    weights = torch.exp(scores.masked_fill(allowed, -1e9))
    return weights / weights.sum(dim=0) @ values


@ATTENTION.wrong
def pushed_down_by_a_thousand(queries, keys, values, allowed):
    """You pushed forbidden scores down by a number that is too small: scores may be in the thousands, and then a
    forbidden key still wins. Minus infinity is below all of them.
    """
    scores = queries @ keys.T / queries.shape[1] ** 0.5
    return (scores - 1000 * (~allowed).to(scores.dtype)).softmax(dim=1) @ values


@ATTENTION.right
def attention_torch(queries, keys, values, allowed):
    return torch.nn.functional.scaled_dot_product_attention(queries, keys, values, attn_mask=allowed)


@ATTENTION.right
def attention_einsum(queries, keys, values, allowed):
    scores = torch.einsum("td,sd->ts", queries, keys) * queries.shape[-1] ** -0.5
    scores[~allowed] = float("-inf")
    weights = torch.exp(scores - scores.amax(dim=1, keepdim=True))
    return torch.einsum("ts,sc->tc", weights / weights.sum(dim=1, keepdim=True), values)


@ATTENTION.right
def attention_loop(queries, keys, values, allowed):
    rows = []
    for query, may in zip(queries, allowed, strict=True):
        scores = keys[may] @ query / len(query) ** 0.5
        rows.append(torch.softmax(scores, 0) @ values[may])
    return torch.stack(rows)


ATTENTION.equivalent(
    "attention, line 17: queries -> keys",
    "attention_einsum, line 3: -1 -> 1",
    "attention_einsum, line 3: queries -> keys",
    "attention_loop, line 7: torch.stack(rows) -> rows",
    "attention_loop, line 6: 0 -> -1",
    because="Queries and keys have the same length, the first axis is the last, and any "
    "number subtracted from a row leaves its softmax.",
)
