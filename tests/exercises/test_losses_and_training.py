"""Wrong losses and wrong training steps that passed: none does with any of 20 seeds."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from verdicts import SEEDS, seeds_that_pass

from course_lib.checking.calling import outcome_of
from course_lib.exercises import find_exercise


def p_true(logits, targets):
    return logits.softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)  # (N, H, W)


LOGARITHMS = {
    "softmax, then log": torch.log,
    "1e-8 added": lambda p: (p + 1e-8).log(),
    "clamped": lambda p: p.clamp(1e-6, 1).log(),
}


@pytest.mark.parametrize("log", LOGARITHMS.values(), ids=LOGARITHMS)
def test_losses_of_a_probability_that_may_be_0_are_refused(log):
    def weighted(logits, targets, weight):
        return (weight[targets] * -log(p_true(logits, targets))).sum() / weight[targets].sum()

    def focal(logits, targets, alpha=0.25, gamma=2.0):
        p = p_true(logits, targets)
        return (alpha * (1 - p) ** gamma * -log(p)).mean()

    assert seeds_that_pass("weighted-cross-entropy", weighted) == []
    assert seeds_that_pass("focal-loss", focal) == []


def test_a_gradient_that_is_lost_on_the_way_is_seen():
    def factor_without_gradient(logits, targets, alpha=0.25, gamma=2.0):
        losses = F.cross_entropy(logits, targets, reduction="none")
        return (alpha * (1 - torch.exp(-losses)).detach() ** gamma * losses).mean()

    def by_cross_entropy(logits, targets, alpha=0.25, gamma=2.0):
        losses = F.cross_entropy(logits, targets, reduction="none")
        return (alpha * (1 - torch.exp(-losses)) ** gamma * losses).mean()

    assert seeds_that_pass("focal-loss", factor_without_gradient) == []
    assert seeds_that_pass("focal-loss", by_cross_entropy) == list(SEEDS)


def test_the_right_loss_of_a_sure_mistake_is_its_logit_with_a_gradient_of_1():
    exercise = find_exercise("weighted-cross-entropy")
    logits = torch.tensor([[[[0.0]], [[200.0]]]])
    args = (logits, torch.zeros(1, 1, 1, dtype=torch.int64), torch.ones(2))
    facts = outcome_of(exercise, exercise.reference, args).value
    assert facts["the loss"] == 200
    assert np.array(facts["its gradient at the logits"]).tolist() == [[[[-1.0]], [[1.0]]]]


def heads_with(mask_loss, none=0.0):
    """Make the losses of Mask R-CNN's heads with another loss of the masks."""

    def losses(class_logits, boxes, masks, labels, true_boxes, true_masks):
        at = torch.nonzero(labels > 0).squeeze(1)
        per_class = F.cross_entropy(class_logits, labels)
        box = F.smooth_l1_loss(boxes[at, labels[at]], true_boxes[at], reduction="sum") / len(labels)
        mask = mask_loss(masks[at, labels[at]], true_masks[at]) if len(at) else torch.tensor(none)
        return {"class": per_class, "box": box, "mask": mask, "total": per_class + box + mask}

    return losses


def test_total_loss_of_sure_masks_and_without_objects():
    after_a_sigmoid = heads_with(lambda logits, true: F.binary_cross_entropy(logits.sigmoid(), true))
    assert seeds_that_pass("total-loss", after_a_sigmoid) == []
    assert (
        seeds_that_pass("total-loss", heads_with(F.binary_cross_entropy_with_logits, none=float("nan"))) == []
    )
    assert seeds_that_pass("total-loss", heads_with(F.binary_cross_entropy_with_logits)) == list(SEEDS)


def test_a_training_step_clears_gradients_that_are_there_already():
    def cleared_afterwards(model, optimizer, images, targets):
        model.train()
        loss = F.cross_entropy(model(images), targets)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    def cleared_first(model, optimizer, images, targets):
        optimizer.zero_grad()
        loss = F.cross_entropy(model.train()(images), targets)
        loss.backward()
        optimizer.step()
        return loss.item()

    assert seeds_that_pass("train-step", cleared_afterwards) == []
    assert seeds_that_pass("train-step", cleared_first) == list(SEEDS)
