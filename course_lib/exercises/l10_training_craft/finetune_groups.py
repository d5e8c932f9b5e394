"""Decoder first, then the encoder, slowly."""

import torch
from torch import nn

from course_lib.checking.exercise import Exercise, by_kind


def finetune_groups(model, epoch, rate):
    """Return the optimiser's parameter groups for an epoch.

    Epochs 0 to 4: the encoder is frozen, its weights have requires_grad False and are in no group; the rest
    learns at rate. From epoch 5 on: the encoder learns too, its weights have requires_grad True and form a
    group of their own, at a tenth of the rate.

    Args:
        model: a module; model.encoder is pretrained, all other weights are new.
        epoch: int.
        rate: float.

    Returns:
        A list of dicts with the keys "params" and "lr".
    """
    ### BEGIN SOLUTION
    encoder = list(model.encoder.parameters())
    known = {id(weight) for weight in encoder}
    new = [weight for weight in model.parameters() if id(weight) not in known]
    for weight in encoder:
        weight.requires_grad = epoch >= 5
    groups = [{"params": new, "lr": rate}]
    if epoch >= 5:
        groups.append({"params": encoder, "lr": rate / 10})
    return groups
    ### END SOLUTION


class _Probe(nn.Module):
    """An encoder, a decoder and a head, and a scale that belongs to no part.

    Two names of new weights have the encoder's in them.
    """

    def __init__(self, channels):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(channels, 2, 1), nn.BatchNorm2d(2))
        self.decoder = nn.ModuleDict({"from_encoder": nn.Conv2d(2, 2, 1)})
        self.head = nn.Conv2d(2, 3, 1, bias=False)
        self.encoder_scale = nn.Parameter(torch.ones(1))


def _observe_groups(answer, epoch, rate, channels):
    model = _Probe(channels)
    names = {id(weight): name for name, weight in model.named_parameters()}
    if epoch >= 5:
        answer(model, 0, rate)  # what was frozen must thaw
    groups = answer(model, epoch, rate)
    if groups is None:
        return None
    if isinstance(groups, dict):
        raise TypeError("got one dict, expected a list of dicts, even if it holds only one")
    rates, twice = dict.fromkeys(names.values(), "in no group"), []
    for group in groups:
        for weight in group["params"]:
            name = names.get(id(weight), "a weight that is not the model's")
            twice += [name] if rates.get(name) != "in no group" else []
            rates[name] = f"{float(group['lr']):g}"
    frozen = [name for name, weight in model.named_parameters() if not weight.requires_grad]
    found = {f"the rate of {name}": value for name, value in rates.items()}
    return found | {"weights in two groups": twice, "weights that are frozen": frozen}


_EPOCHS = {
    "the first epoch": 0,
    "frozen, on the way": 2,
    "the last frozen epoch": 4,
    "the first thawed epoch": 5,
    "the second thawed epoch": 6,
    "long after": 20,
}


def _draw_finetuning(rng, kind):
    return _EPOCHS[kind], float(rng.choice([0.1, 0.02, 0.003])), int(rng.integers(1, 4))


FINETUNE_GROUPS = Exercise(
    finetune_groups,
    title="Decoder first, then the encoder, slowly",
    points=2,
    minutes=10,
    source="Losses and metrics: pretrained encoders; study guide, section 8: transfer learning",
    draw=by_kind(_draw_finetuning, *_EPOCHS),
    observe=_observe_groups,
    fresh_cases=10,
    hints=(
        "Sort the weights into two lists first: those of model.encoder, and all others.",
        "Compare tensors by id, not by ==: known = {id(weight) for weight in model.encoder.parameters()}.",
        'groups = [{"params": new, "lr": rate}]; if epoch >= 5, append {"params": encoder, "lr": rate / 10}. Set '
        "weight.requires_grad = epoch >= 5 for the encoder's weights.",
    ),
    why="The idea: the decoder starts from random weights, so its first gradients say little, and the encoder's "
    "weights took a million images to find. The lesson measures next whether the rule is worth its trouble.",
)

_REST = ("encoder_scale", "decoder.from_encoder.weight", "decoder.from_encoder.bias", "head.weight")
_OLD = ("encoder.0.weight", "encoder.0.bias", "encoder.1.weight", "encoder.1.bias")

FINETUNE_GROUPS.worked(
    0,
    0.01,
    3,
    gives={f"the rate of {name}": "0.01" for name in _REST}
    | {f"the rate of {name}": "in no group" for name in _OLD}
    | {"weights in two groups": [], "weights that are frozen": list(_OLD)},
)
FINETUNE_GROUPS.worked(
    5,
    0.01,
    3,
    gives={f"the rate of {name}": "0.01" for name in _REST}
    | {f"the rate of {name}": "0.001" for name in _OLD}
    | {"weights in two groups": [], "weights that are frozen": []},
)


def _encoder_and_rest(model):
    encoder = [weight for name, weight in model.named_parameters() if name.startswith("encoder.")]
    return encoder, [weight for name, weight in model.named_parameters() if not name.startswith("encoder.")]


def _groups_that(first=5, share=0.1, frozen=True, thawed=True, rest=None):
    def groups(model, epoch, rate):
        encoder, new = _encoder_and_rest(model)
        if rest is not None:
            new = rest(model)
        learns = epoch >= first
        for weight in encoder:
            weight.requires_grad = not frozen or (learns and thawed) or (weight.requires_grad and learns)
        slow = [{"params": encoder, "lr": rate * share}] if learns else []
        return [{"params": new, "lr": rate}, *slow]

    return groups


@FINETUNE_GROUPS.wrong
def same_rate(model, epoch, rate):
    """Your encoder learns at the full rate. It knows much and should change only a little: give it rate / 10."""
    return _groups_that(share=1)(model, epoch, rate)


@FINETUNE_GROUPS.wrong
def compared_by_value(model, epoch, rate):
    """`weight in encoder`, like remove and index, compares tensors by ==. That goes number by number, and its result is
    neither True nor False. Ask whether it is the same object: known = {id(weight) for weight in
    model.encoder.parameters()}.
    """
    encoder = list(model.encoder.parameters())
    return _groups_that(rest=lambda whole: [w for w in whole.parameters() if w not in encoder])(
        model, epoch, rate
    )


@FINETUNE_GROUPS.wrong
def encoder_in_no_group(model, epoch, rate):
    """From epoch 5 on your encoder may learn, but no group holds its weights. If you did add a group: a loop uses
    model.encoder.parameters() up, and a group that is made of it after that is empty. Make it a list first.
    """
    encoder, new = model.encoder.parameters(), _encoder_and_rest(model)[1]
    for weight in encoder:
        weight.requires_grad = epoch >= 5
    return [{"params": new, "lr": rate}, *([{"params": encoder, "lr": rate / 10}] if epoch >= 5 else [])]


@FINETUNE_GROUPS.wrong
def never_thawed(model, epoch, rate):
    """Your encoder has a group from epoch 5 on, but its weights are still frozen. Without gradients no rate moves them:
    set requires_grad back to True.
    """
    return _groups_that(thawed=False)(model, epoch, rate)


@FINETUNE_GROUPS.wrong
def one_epoch_late(model, epoch, rate):
    """Your encoder is still frozen at epoch 5. Epochs 0 to 4 are five epochs: it learns if epoch >= 5."""
    return _groups_that(first=6)(model, epoch, rate)


@FINETUNE_GROUPS.wrong
def only_decoder(model, epoch, rate):
    """Your group of new weights holds only model.decoder, so the head and whatever else there is would keep
    their random weights. Everything that is not in the encoder is new.
    """
    return _groups_that(rest=lambda whole: list(whole.decoder.parameters()))(model, epoch, rate)


@FINETUNE_GROUPS.wrong
def encoder_in_both_groups(model, epoch, rate):
    """model.parameters() holds the encoder's weights too, so they are in the group of the new ones, at the
    full rate. Leave out what model.encoder.parameters() holds.
    """
    return _groups_that(rest=lambda whole: list(whole.parameters()))(model, epoch, rate)


@FINETUNE_GROUPS.wrong
def not_frozen(model, epoch, rate):
    """No group holds your encoder at first, so it does not move, but its gradients are still computed and
    kept: that costs time and memory for nothing. Set requires_grad to False.
    """
    return _groups_that(frozen=False)(model, epoch, rate)


@FINETUNE_GROUPS.wrong
def rates_exchanged(model, epoch, rate):
    """You exchanged the two rates. The new weights learn at rate, and the encoder, which knows much already, learns at
    rate / 10.
    """
    encoder, new = _encoder_and_rest(model)
    model.encoder.requires_grad_(epoch >= 5)
    groups = [{"params": new, "lr": rate / 10}]
    if epoch >= 5:
        groups.append({"params": encoder, "lr": rate})
    return groups


@FINETUNE_GROUPS.wrong
def encoder_somewhere_in_the_name(model, epoch, rate):
    """You sorted the weights by whether "encoder" is somewhere in their names. That may be so for new weights, too,
    such as decoder.from_encoder.weight. model.encoder.parameters() holds the right ones.
    """
    encoder, new = [], []
    for name, weight in model.named_parameters():
        if "encoder" in name:
            weight.requires_grad = epoch >= 5
            encoder.append(weight)
        else:
            new.append(weight)
    return [{"params": new, "lr": rate}, *([{"params": encoder, "lr": rate / 10}] if epoch >= 5 else [])]


@FINETUNE_GROUPS.wrong
def ten_times_the_rate(model, epoch, rate):
    """Your encoder learns at ten times the rate. It should move more slowly than the rest: rate / 10."""
    return _groups_that(share=10)(model, epoch, rate)


@FINETUNE_GROUPS.wrong
def encoder_at_the_beginning_of_the_name(model, epoch, rate):
    """You sorted the weights by whether their names begin with "encoder". The name of a new weight may begin like
    that, too, such as encoder_scale. model.encoder.parameters() holds the right ones; their names begin with
    "encoder.", with a dot.
    """
    encoder, new = [], []
    for name, weight in model.named_parameters():
        if name.startswith("encoder"):
            weight.requires_grad = epoch >= 5
            encoder.append(weight)
        else:
            new.append(weight)
    return [{"params": new, "lr": rate}, *([{"params": encoder, "lr": rate / 10}] if epoch >= 5 else [])]


@FINETUNE_GROUPS.wrong
def frozen_in_a_group(model, epoch, rate):
    """Your encoder has a group from the beginning. In epochs 0 to 4 its weights belong in no group: add one only from
    epoch 5 on.
    """
    groups = finetune_groups(model, epoch, rate)
    if epoch < 5:
        groups.append({"params": list(model.encoder.parameters()), "lr": rate / 10})
    return groups


@FINETUNE_GROUPS.right
def groups_by_name(model, epoch, rate):
    encoder, new = _encoder_and_rest(model)
    model.encoder.requires_grad_(epoch > 4)
    return [{"params": new, "lr": rate}] + [{"params": encoder, "lr": 0.1 * rate}] * (epoch > 4)


@FINETUNE_GROUPS.right
def groups_by_weight(model, epoch, rate):
    groups = []
    for name, weight in model.named_parameters():
        is_old = name.split(".")[0] == "encoder"
        weight.requires_grad_(not is_old or epoch >= 5)
        if weight.requires_grad:
            groups.append({"params": [weight], "lr": rate / 10 if is_old else rate, "weight_decay": 0})
    return groups


@FINETUNE_GROUPS.right
def groups_by_identity(model, epoch, rate):
    encoder = set(model.encoder.parameters())
    for weight in encoder:
        weight.requires_grad = epoch >= 5
    new = {"lr": rate, "params": [weight for weight in model.parameters() if weight not in encoder]}
    return ({"lr": rate / 10, "params": list(encoder)}, new) if epoch >= 5 else (new,)


_NEW = "[weight for weight in model.parameters() if"

FINETUNE_GROUPS.equivalent(
    f"finetune_groups, line 1: new = {_NEW} id(weight) not in known]"
    f" -> new = {_NEW} id(weight) not in known] (moved)",
    "finetune_groups, line 1: groups = [{'params': new, 'lr': rate}]"
    " -> groups = [{'params': new, 'lr': rate}] (moved)",
    f"groups_by_identity, line 2: new = {{'lr': rate, 'params': {_NEW} weight not in encoder]}}"
    f" -> new = {{'lr': rate, 'params': {_NEW} weight not in encoder]}} (moved)",
    because="Moved into the loop, the same list is made once more for each weight.",
)
FINETUNE_GROUPS.equivalent(
    "groups_by_identity, line 7: ({'lr': rate / 10, 'params': list(encoder)}, new)"
    " -> (new, {'lr': rate / 10, 'params': list(encoder)})",
    because="An optimiser takes its groups in any order.",
)
FINETUNE_GROUPS.equivalent(
    "groups_by_weight, line 8: 0 -> 1",
    "groups_by_weight, line 8: 0 -> -1",
    because="A group may say more than its rate; nothing is asked about the decay of weights.",
)
