"""Compute again instead of keeping."""

import warnings

import numpy as np
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint, checkpoint_sequential

from course_lib.checking.exercise import Exercise, by_kind


def run_stages(stages, features):
    """Return what the stages make of the features, one after the other, keeping only what goes into each stage.

    What a stage computes inside is not kept for the backward pass: each stage by itself is computed again
    then, by checkpoint(..., use_reentrant=False).

    Args:
        stages: a list of nn.Modules.
        features: float (N, C, H, W).

    Returns:
        What the last stage gives, a float tensor.
    """
    ### BEGIN SOLUTION
    for stage in stages:
        features = checkpoint(stage, features, use_reentrant=False)
    return features
    ### END SOLUTION


@torch.enable_grad()  # whatever mode the kernel is in
def _watch_stages(answer, features, number_of_stages):
    """Let the learner's function run some 1x1 convolutions, and note when each of them is called."""
    torch.manual_seed(0)
    stages = [nn.Conv2d(features.shape[1], features.shape[1], 1) for _ in range(number_of_stages)]
    runs = []
    for number, stage in enumerate(stages):
        stage.register_forward_pre_hook(lambda module, inputs, number=number: runs.append(number))
    with torch.no_grad():
        expected = nn.Sequential(*stages)(features)
    runs.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the facts below tell what the old way of checkpointing warns of
        result = answer(stages, features)
    if result is None:
        return None
    if not isinstance(result, torch.Tensor):
        raise TypeError(f"got a {type(result).__name__}, expected a tensor: only what the last stage gives")
    forward = list(runs)
    runs.clear()
    if result.requires_grad:
        result.square().sum().backward()
    if runs[:1] == [number_of_stages - 1]:
        del runs[0]  # the last stage may be computed again or not: its backward pass comes at once
    return {
        "the right features come out": bool(
            result.shape == expected.shape and torch.allclose(result, expected)
        ),
        "the stages in the order in which they ran": forward,
        "the stages that have gradients": [
            i for i, stage in enumerate(stages) if stage.weight.grad is not None
        ],
        "the stages that ran again for the backward pass, apart from the last": runs,
    }


_STAGES = {"one stage": 1, "two stages": 2, "three stages": 3, "six stages": 6}


def _draw_features(rng, kind):
    shape = [int(side) for side in rng.permutation([1, 2, 3, 4])]
    return torch.from_numpy(rng.normal(size=shape).astype(np.float32)), _STAGES[kind]


RUN_STAGES = Exercise(
    run_stages,
    title="Compute again instead of keeping",
    points=2,
    minutes=8,
    source="Study guide, section 16: out of memory, gradient checkpointing",
    draw=by_kind(_draw_features, *_STAGES),
    observe=_watch_stages,
    fresh_cases=4,
    hints=(
        "Begin with the loop that calls each stage. Then let checkpoint make the call.",
        "checkpoint(function, argument, use_reentrant=False) returns what function(argument) would.",
        "for stage in stages: features = checkpoint(stage, features, use_reentrant=False); then return features.",
    ),
    why="Between forward and backward only what passes from stage to stage waits in memory. The price is time: the "
    "forward pass is computed twice. If you use it, remember that batch norm then sees every batch twice.",
)

RUN_STAGES.worked(
    torch.ones(1, 2, 2, 2),
    4,
    gives={
        "the right features come out": True,
        "the stages in the order in which they ran": [0, 1, 2, 3],
        "the stages that have gradients": [0, 1, 2, 3],
        "the stages that ran again for the backward pass, apart from the last": [2, 1, 0],
    },
)


@RUN_STAGES.wrong
def no_checkpoint(stages, features):
    """Every stage ran only once, so all that it computed is kept for the backward pass. Let checkpoint call the stage:
    checkpoint(stage, features, use_reentrant=False).
    """
    for stage in stages:
        features = stage(features)
    return features


@RUN_STAGES.wrong
def all_in_one(stages, features):
    """You put all stages into one checkpoint. In the backward pass all of them are computed again at once, and then
    everything is in memory as before. Give each stage a checkpoint of its own.
    """
    return checkpoint(no_checkpoint, stages, features, use_reentrant=False)


@RUN_STAGES.wrong
def no_gradients(stages, features):
    """No weight has a gradient, so nothing is learned. That happens under torch.no_grad(), and also where
    use_reentrant=False is missing: checkpoint then works in its old way, which makes no gradients if its input, here
    the image, needs none. Call checkpoint(stage, features, use_reentrant=False), outside of torch.no_grad().
    """
    with torch.no_grad():
        return no_checkpoint(stages, features)


@RUN_STAGES.wrong
def stage_called_first(stages, features):
    """You gave checkpoint the result of the stage where it wants the stage. It has to call the stage by itself, now and
    once more later: checkpoint(stage, features, use_reentrant=False).
    """
    for stage in stages:
        features = checkpoint(stage(features), use_reentrant=False)
    return features


@RUN_STAGES.wrong
def always_the_first_features(stages, features):
    """Each of your stages gets the first features. Assign what comes out of a stage to features, so that the next stage
    gets it.
    """
    for stage in stages:
        result = checkpoint(stage, features, use_reentrant=False)
    return result


@RUN_STAGES.wrong
def only_first_stage(stages, features):
    """Only your first stage is computed again. Every stage has to go through checkpoint."""
    features = checkpoint(stages[0], features, use_reentrant=False)
    return no_checkpoint(stages[1:], features)


@RUN_STAGES.wrong
def always_the_last_stage_again(stages, features):
    """In the backward pass your function computes the last stage again, each time. A lambda that names the loop's
    variable looks it up when it is called, and by then the loop is over. Give checkpoint the stage itself, without a
    lambda.
    """
    for stage in stages:
        features = checkpoint(lambda inputs: stage(inputs), features, use_reentrant=False)  # noqa: B023
    return features


@RUN_STAGES.wrong
def last_stage_first(stages, features):
    """You went through the stages from the last to the first. Only the backward pass goes that way, and torch does that
    for you.
    """
    return run_stages(stages[::-1], features)


@RUN_STAGES.right
def stages_by_reduce(stages, features):
    import functools

    return functools.reduce(lambda x, stage: checkpoint(stage, x, use_reentrant=False), stages, features)


@RUN_STAGES.right
def stages_by_torch(stages, features):
    return checkpoint_sequential(nn.Sequential(*stages), len(stages), features, use_reentrant=False)


@RUN_STAGES.right
def all_but_the_last(stages, features):
    *first, last = stages
    for stage in first:
        features = torch.utils.checkpoint.checkpoint(stage, features, use_reentrant=False)
    return last(features)
