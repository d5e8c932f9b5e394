"""The exercises of lesson 04: cross-entropy of one pixel, of a map and of a batch, and how to wire it."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from course_lib.checking.exercise import Exercise, Misconception, Worked

# Logits whose exponentials are 1, 2 and 5: the probabilities are 1/8, 2/8 and 5/8, and every loss can be
# worked out on paper: ln 8 = 2.07944, ln 4 = 1.38629, ln 1.6 = 0.47000.
ONE_TWO_FIVE = [0.0, 0.6931, 1.6094]
TOLERANCE = 1e-4  # lets answers in float32 pass


def _everywhere(logits, height, width):
    """Return a map that has the same logits at every pixel, (C, H, W)."""
    return torch.tensor(logits, dtype=torch.float64).view(-1, 1, 1).repeat(1, height, width)


def _draw_logits(rng, count, classes, height, width):
    """Draw logits (N, C, H, W): multiples of 1/4 from -3 to 3, all different at a pixel, so that nothing ties."""
    steps = np.tile(np.arange(-12, 13), (count, height, width, 1))
    chosen = rng.permuted(steps, axis=-1)[..., :classes] / 4  # (N, H, W, C)
    return torch.from_numpy(chosen).float().permute(0, 3, 1, 2).contiguous()


# --- softmax ------------------------------------------------------------------------------------------------


def softmax(logits):
    """Return the probabilities of one pixel's classes.

    Goes in: logits, a list of one float a class; they may be negative, and as large as 1000.
    Comes out: a list of as many floats from 0 to 1 that add up to 1.
    """
    ### BEGIN SOLUTION
    highest = max(logits)
    exponentials = [math.exp(z - highest) for z in logits]
    total = sum(exponentials)
    return [exponential / total for exponential in exponentials]
    ### END SOLUTION


def _softmax_overflows(logits):
    exponentials = [math.exp(z) for z in logits]
    return [exponential / sum(exponentials) for exponential in exponentials]


def _softmax_nan(logits):
    with np.errstate(all="ignore"):
        exponentials = np.exp(np.array(logits))
        return exponentials / exponentials.sum()


def _softmax_without_exp(logits):
    return [z / sum(logits) for z in logits]


def _softmax_not_divided(logits):
    return [math.exp(z - max(logits)) for z in logits]


def _softmax_base_2(logits):
    return softmax([z * math.log(2) for z in logits])


def _softmax_sign_turned(logits):
    return softmax([-z for z in logits])


def _softmax_one_hot(logits):
    return [float(c == logits.index(max(logits))) for c in range(len(logits))]


def _softmax_sigmoids(logits):
    return [0.5 + 0.5 * math.tanh(z / 2) for z in logits]


def _softmax_in_numpy(logits):
    exponentials = np.exp(np.array(logits) - np.max(logits))
    return exponentials / exponentials.sum()


def _softmax_by_torch(logits):
    return torch.softmax(torch.tensor(logits), dim=0)


def _softmax_through_logs(logits):
    highest = max(logits)
    log_total = highest + math.log(sum(math.exp(z - highest) for z in logits))
    return tuple(math.exp(z - log_total) for z in logits)


def _draw_pixel(rng):
    """Two to five logits: small ones, all moved up or down by 1000, or a thousand apart."""
    count = int(rng.integers(2, 6))
    kind = rng.choice(["small", "equal", "high", "low", "apart"], p=[0.3, 0.05, 0.3, 0.15, 0.2])
    logits = rng.choice(np.arange(-16, 17), size=count, replace=False) / 4
    if kind == "equal":
        logits[:] = logits[0]
    elif kind == "apart":
        logits = rng.permutation([1000.0, -1000.0, *logits][:count])
    return [float(z) for z in logits + {"high": 1000, "low": -1000}.get(str(kind), 0)]


SOFTMAX = Exercise(
    id="softmax",
    title="From logits to probabilities",
    lesson="04",
    points=2,
    minutes=7,
    source="Losses and metrics, per-pixel cross-entropy",
    reference=softmax,
    worked=(
        Worked((ONE_TWO_FIVE,), [0.125, 0.25, 0.625]),
        Worked(([1000.0, 1000.0],), [0.5, 0.5]),
        Worked(([-1000.0, 0.0],), [0.0, 1.0]),
    ),
    fresh=lambda rng: (_draw_pixel(rng),),
    misconceptions=(
        Misconception(
            "overflow",
            _softmax_overflows,
            "Your formula is right, but math.exp(1000) is larger than any float (OverflowError), and where all "
            "logits are -1000 the sum is 0. Subtract max(logits) from every logit first: the probabilities stay "
            "the same, and the largest exponential is 1.",
        ),
        Misconception(
            "nan",
            _softmax_nan,
            "Your formula is right, but np.exp(1000) is inf, and inf / inf is nan: not a number. Subtract the "
            "largest logit from all of them first: the probabilities stay the same.",
        ),
        Misconception(
            "no exponential",
            _softmax_without_exp,
            "You divided the logits by their sum. Logits may be negative, and then a share of them is no "
            "probability: take math.exp of each one first, which is always positive.",
        ),
        Misconception(
            "not divided",
            _softmax_not_divided,
            "You returned the exponentials. Their sum is not 1 yet: divide each of them by the sum of all.",
        ),
        Misconception(
            "base 2",
            _softmax_base_2,
            "You took powers of 2. Softmax uses e = 2.718...: use math.exp.",
        ),
        Misconception(
            "sign turned",
            _softmax_sign_turned,
            "Your probabilities are turned round: the highest logit got the lowest probability. Compute "
            "z - highest, not highest - z.",
        ),
        Misconception(
            "hard maximum",
            _softmax_one_hot,
            "You gave the highest logit 1 and the others 0. That is argmax; softmax is the soft version, in "
            "which every class keeps a share: divide each exponential by the sum of all.",
        ),
        Misconception(
            "sigmoid of each",
            _softmax_sigmoids,
            "You took the sigmoid of each logit by itself, so the values do not add up to 1. The classes of a "
            "pixel compete: divide each exponential by the sum over all classes.",
        ),
    ),
    accepted=(_softmax_in_numpy, _softmax_by_torch, _softmax_through_logs),
    hints=(
        "Every logit becomes a positive number, then each of these is divided by the sum of all. What happens "
        "to math.exp(1000)?",
        "exp(z - m) is exp(z) / exp(m). The divisor is the same for all classes, so it cancels: subtract "
        "max(logits) from every logit.",
        "exponentials = [math.exp(z - max(logits)) for z in logits], then each one divided by sum(exponentials).",
    ),
    why="Only differences between logits count: adding the same number to all of them changes no probability. "
    "So you may subtract the largest, and then nothing can overflow.",
    tolerance=TOLERANCE,
)


# --- ce-one-pixel -------------------------------------------------------------------------------------------


def pixel_loss(logits, target):
    """Return the cross-entropy of one pixel: minus the natural logarithm of the target's probability.

    Goes in: logits, a list of one float a class, as large as 1000; target, the id of the true class.
    Comes out: a float, 0 or more. Where the target's probability is too small for a float, the loss is large,
    but not infinite.
    """
    ### BEGIN SOLUTION
    highest = max(logits)
    total = sum(math.exp(z - highest) for z in logits)
    # -log(exp(z_y) / sum) is log(sum) - z_y, and no probability can become 0 on the way.
    return highest + math.log(total) - logits[target]
    ### END SOLUTION


def _loss_log_of_zero(logits, target):
    return -math.log(softmax(logits)[target])


def _loss_infinite(logits, target):
    with np.errstate(all="ignore"):
        return -np.log(np.array(softmax(logits)))[target]


def _loss_overflows(logits, target):
    return math.log(sum(math.exp(z) for z in logits)) - logits[target]


def _loss_without_minus(logits, target):
    return -pixel_loss(logits, target)


def _loss_in_bits(logits, target):
    return pixel_loss(logits, target) / math.log(2)


def _loss_in_tens(logits, target):
    return pixel_loss(logits, target) / math.log(10)


def _loss_of_the_highest(logits, target):
    return pixel_loss(logits, logits.index(max(logits)))


def _loss_one_minus_p(logits, target):
    return 1 - softmax(logits)[target]


def _loss_by_torch(logits, target):
    return F.cross_entropy(torch.tensor([logits]), torch.tensor([target]))


def _loss_in_numpy(logits, target):
    return np.logaddexp.reduce(logits) - logits[target]


def _loss_of_differences(logits, target):
    moved = [z - logits[target] for z in logits]
    top = max(moved)
    return top + math.log(math.fsum(math.exp(z - top) for z in moved))


def _draw_pixel_and_target(rng):
    """Logits and a target; half of the time its probability is too small for a float."""
    if rng.uniform() < 0.5:
        logits = [float(z) for z in rng.permutation([1000.0, *rng.choice(np.arange(-16, 17), 2, False) / 4])]
        others = [c for c, z in enumerate(logits) if z < 1000]
        return logits, int(rng.choice(others))
    logits = _draw_pixel(rng)
    return logits, int(rng.integers(len(logits)))


CE_ONE_PIXEL = Exercise(
    id="ce-one-pixel",
    title="The loss of one pixel",
    lesson="04",
    points=2,
    minutes=7,
    source="Losses and metrics, per-pixel cross-entropy",
    reference=pixel_loss,
    worked=(
        Worked((ONE_TWO_FIVE, 2), 0.47000, "ce-one-pixel"),
        Worked((ONE_TWO_FIVE, 0), 2.07944),
        Worked(([0.0, 1000.0], 0), 1000.0),
    ),
    fresh=_draw_pixel_and_target,
    misconceptions=(
        Misconception(
            "log of 0",
            _loss_log_of_zero,
            "You took the logarithm of a probability that had become 0: exp(-1000) is too small for a float, "
            "and log(0) does not exist (ValueError). Simplify first: -log(exp(z_y) / sum) is log(sum) - z_y.",
        ),
        Misconception(
            "infinite",
            _loss_infinite,
            "Your loss is inf where the probability has become 0: exp(-1000) is too small for a float, and "
            "np.log(0) is -inf. Simplify first: -log(exp(z_y) / sum) is log(sum) - z_y.",
        ),
        Misconception(
            "overflow",
            _loss_overflows,
            "Your formula is right on paper, but math.exp(1000) is larger than any float. Subtract the highest "
            "logit inside the exponentials, and add it to the logarithm again.",
        ),
        Misconception(
            "no minus",
            _loss_without_minus,
            "Your loss is negative, so training would make it smaller by getting worse. The logarithm of a "
            "probability is 0 or less: put a minus sign before it.",
        ),
        Misconception(
            "base 2",
            _loss_in_bits,
            "You used the logarithm to base 2, so your losses are 1.44 times too large. Cross-entropy in "
            "libraries uses the natural one: math.log.",
        ),
        Misconception(
            "base 10",
            _loss_in_tens,
            "You used the logarithm to base 10, so your losses are 0.43 times what they should be. "
            "Cross-entropy in libraries uses the natural one: math.log.",
        ),
        Misconception(
            "highest class",
            _loss_of_the_highest,
            "You took the probability of the class that the model prefers. A sure mistake would then cost "
            "nothing: take the probability of the true class, target.",
        ),
        Misconception(
            "one minus p",
            _loss_one_minus_p,
            "You returned 1 - p, which is never more than 1. Cross-entropy is -log(p): a sure mistake costs "
            "far more than a hesitant one.",
        ),
    ),
    accepted=(_loss_by_torch, _loss_in_numpy, _loss_of_differences),
    hints=(
        "Write -log(softmax(z)[y]) down as a formula, with the fraction, and simplify it: the logarithm of a "
        "fraction is a difference.",
        "-log(exp(z_y) / sum) = log(sum) - z_y. The sum of the exponentials can still overflow: what did you "
        "do about that in softmax?",
        "With m = max(logits): m + math.log(sum(math.exp(z - m) for z in logits)) - logits[target].",
    ),
    why="The loss is the logarithm of the sum less the target's logit. Written like this it never takes the "
    "logarithm of 0, and libraries compute it in the same way.",
    tolerance=TOLERANCE,
)


# --- ce-map -------------------------------------------------------------------------------------------------


def loss_map(logits, targets):
    """Return the cross-entropy of every pixel of one image.

    Goes in: logits, float tensor (C, H, W), no batch axis; targets, int64 tensor (H, W), ids from 0 to C-1.
    Comes out: float tensor (H, W). Large logits must not make it infinite.
    """
    ### BEGIN SOLUTION
    log_p = logits.log_softmax(dim=0)  # (C, H, W)
    log_p_true = log_p.gather(dim=0, index=targets.unsqueeze(0))  # (1, H, W)
    return -log_p_true.squeeze(0)  # (H, W)
    ### END SOLUTION


def _pick(log_p, targets):
    return -log_p.gather(0, targets.unsqueeze(0)).squeeze(0)


def _map_over_rows(logits, targets):
    return _pick(logits.log_softmax(dim=1), targets)


def _map_over_columns(logits, targets):
    return _pick(logits.log_softmax(dim=-1), targets)


def _map_infinite(logits, targets):
    return _pick(logits.softmax(dim=0).log(), targets)


def _map_mean(logits, targets):
    return loss_map(logits, targets).mean()


def _map_without_minus(logits, targets):
    return -loss_map(logits, targets)


def _map_with_class_axis(logits, targets):
    return loss_map(logits, targets).unsqueeze(0)


def _map_indexed(logits, targets):
    return -logits.log_softmax(dim=0)[targets]


def _map_of_the_highest(logits, targets):
    return -logits.log_softmax(dim=0).amax(dim=0)


def _map_by_torch(logits, targets):
    return F.cross_entropy(logits.unsqueeze(0), targets.unsqueeze(0), reduction="none").squeeze(0)


def _map_by_loops(logits, targets):
    height, width = targets.shape
    return [
        [pixel_loss(logits[:, row, column].tolist(), int(targets[row, column])) for column in range(width)]
        for row in range(height)
    ]


def _map_in_numpy(logits, targets):
    scores, ids = logits.numpy().astype(float), targets.numpy()
    rows, columns = np.indices(ids.shape)
    return np.logaddexp.reduce(scores, axis=0) - scores[ids, rows, columns]


def _map_by_one_hot(logits, targets):
    is_true = F.one_hot(targets, len(logits)).permute(2, 0, 1)  # (C, H, W)
    return logits.logsumexp(dim=0) - (logits * is_true).sum(dim=0)


def _draw_map(rng):
    """A small map; in half of the cases the logits are so far apart that probabilities become 0."""
    classes, height, width = int(rng.integers(2, 5)), int(rng.integers(1, 4)), int(rng.integers(2, 5))
    logits = _draw_logits(rng, 1, classes, height, width)[0]
    scale = 400.0 if rng.uniform() < 0.5 else 1.0
    return logits * scale, torch.from_numpy(rng.integers(0, classes, (height, width)))


CE_MAP = Exercise(
    id="ce-map",
    title="The loss of every pixel",
    lesson="04",
    points=2,
    minutes=8,
    source="Losses and metrics, per-pixel cross-entropy",
    reference=loss_map,
    worked=(
        Worked(
            (_everywhere(ONE_TWO_FIVE, 2, 2), torch.tensor([[2, 1], [0, 2]])),
            [[0.47000, 1.38629], [2.07944, 0.47000]],
        ),
        Worked(
            (
                torch.tensor([[[0.0, 1000.0, 0.0]], [[0.0, 0.0, 1000.0]]], dtype=torch.float64),
                torch.tensor([[0, 0, 0]]),
            ),
            [[0.69315, 0.0, 1000.0]],
        ),
    ),
    fresh=_draw_map,
    misconceptions=(
        Misconception(
            "softmax over the rows",
            _map_over_rows,
            "You took the softmax over axis 1. In a batch (N, C, H, W) that would be the classes, but these "
            "logits are (C, H, W), where axis 1 is the height: use dim=0.",
        ),
        Misconception(
            "softmax over the last axis",
            _map_over_columns,
            "You took the softmax over the last axis, the width, so the pixels of a row compete with each other. "
            "The classes of one pixel must add up to 1: use dim=0.",
        ),
        Misconception(
            "infinite",
            _map_infinite,
            "Your loss is infinite where a probability is too small for a float. Do not take the logarithm of "
            "softmax: log_softmax does both in one step and stays finite.",
        ),
        Misconception(
            "one number",
            _map_mean,
            "You returned the mean, one number. The mean comes later; here every pixel keeps its own loss: "
            "return (H, W).",
        ),
        Misconception(
            "no minus",
            _map_without_minus,
            "Your losses are negative. The logarithm of a probability is 0 or less: put a minus sign before it.",
        ),
        Misconception(
            "class axis left",
            _map_with_class_axis,
            "Your values are right, but one axis of length 1 is left where the classes were: drop it with "
            "squeeze(0), which gives (H, W).",
        ),
        Misconception(
            "indexed with the map",
            _map_indexed,
            "log_p[targets] takes a whole map for every pixel, which gives (H, W, H, W). You want one value a "
            "pixel: gather(dim=0, index=targets.unsqueeze(0)).",
        ),
        Misconception(
            "highest class",
            _map_of_the_highest,
            "You took each pixel's highest probability, so the targets play no part. Take the probability of "
            "the true class: gather it with the targets.",
        ),
    ),
    accepted=(_map_by_torch, _map_by_loops, _map_in_numpy, _map_by_one_hot),
    hints=(
        "Which axis holds the classes of one pixel? There is no batch axis here.",
        "logits.log_softmax(dim=0) gives log-probabilities (C, H, W). `gather` picks one entry along an axis "
        "for every place; its index must have as many axes as the tensor.",
        "log_p.gather(dim=0, index=targets.unsqueeze(0)) is (1, H, W). Drop the first axis with squeeze(0), "
        "and put a minus sign before it.",
    ),
    why="No pixel looks at its neighbours: the loss of a map is the loss of one pixel, H times W times over.",
    tolerance=TOLERANCE,
)


# --- trimap-ids ---------------------------------------------------------------------------------------------


def trimap_to_targets(trimap):
    """Turn a pet trimap into targets for cross-entropy.

    Goes in: trimap, a uint8 NumPy array of any shape with 1 pet, 2 background, 3 border. It must stay as it is.
    Comes out: an int64 array of the same shape with 0 pet, 1 background, 2 border.
    """
    ### BEGIN SOLUTION
    return trimap.astype(np.int64) - 1
    ### END SOLUTION


def _ids_left(trimap):
    return trimap.astype(np.int64)


def _ids_minus_2_wrapped(trimap):
    return (trimap - np.uint8(2)).astype(np.int64)


def _ids_in_bytes(trimap):
    return trimap - np.uint8(1)


def _ids_changed_in_place(trimap):
    trimap -= 1
    return trimap.astype(np.int64)


def _ids_modulo_3(trimap):
    return trimap.astype(np.int64) % 3


def _ids_background_first(trimap):
    return np.array([0, 1, 0, 2])[trimap]


def _ids_as_floats(trimap):
    return trimap.astype(np.float32) - 1


def _ids_replaced_in_turn(trimap):
    ids = trimap.astype(np.int64)
    for old, new in ((3, 2), (2, 1), (1, 0)):
        ids[ids == old] = new
    return ids


def _ids_by_table(trimap):
    return np.array([255, 0, 1, 2])[trimap]


def _ids_by_torch(trimap):
    return torch.from_numpy(trimap).long() - 1


def _ids_replaced_in_order(trimap):
    ids = trimap.astype(np.int64)
    for old, new in ((1, 0), (2, 1), (3, 2)):
        ids[ids == old] = new
    return ids


def _ids_from_a_list(trimap):
    return np.array((trimap - 1).tolist(), dtype="int64")


def _observe_ids(answer, trimap):
    """Observe the ids, their dtype, and whether the trimap is still what it was."""
    before = trimap.copy()
    targets = answer(trimap)
    if targets is None:
        return None
    dtype = str(getattr(targets, "dtype", f"{type(targets).__name__}, which has no dtype"))
    same = "as it was" if np.array_equal(before, trimap) else "changed"
    return {"targets": targets, "dtype": dtype.removeprefix("torch."), "trimap afterwards": same}


def _seen_ids(targets):
    return {"targets": targets, "dtype": "int64", "trimap afterwards": "as it was"}


def _draw_trimap(rng):
    shape = rng.integers(2, 5, 2) if rng.uniform() < 0.8 else rng.integers(1, 4, 3)
    return (rng.integers(1, 4, tuple(shape), dtype=np.uint8),)


TRIMAP_IDS = Exercise(
    id="trimap-ids",
    title="From the pet files to class ids",
    lesson="04",
    points=1,
    minutes=5,
    source="Losses and metrics, Oxford-IIIT Pet",
    reference=trimap_to_targets,
    worked=(
        Worked(
            (np.array([[2, 2, 3], [2, 3, 1], [3, 1, 1]], np.uint8),),
            _seen_ids([[1, 1, 2], [1, 2, 0], [2, 0, 0]]),
            "trimap-ids",
        ),
        Worked((np.array([[1, 2, 3]], np.uint8),), _seen_ids([[0, 1, 2]])),
    ),
    fresh=_draw_trimap,
    observe=_observe_ids,
    misconceptions=(
        Misconception(
            "left as they are",
            _ids_left,
            "You left the ids at 1 to 3. Three classes have the ids 0, 1 and 2, and cross-entropy stops at a 3: "
            "subtract 1.",
        ),
        Misconception(
            "minus 2 in uint8",
            _ids_minus_2_wrapped,
            "You subtracted 2, and in uint8 there is no -1: 1 - 2 wraps round to 255, which counts as ignored. "
            "Subtract 1, and convert to int64 first.",
        ),
        Misconception(
            "still uint8",
            _ids_in_bytes,
            "Your ids are right, but they are still uint8. Cross-entropy takes int64 targets: .astype(np.int64).",
        ),
        Misconception(
            "changed in place",
            _ids_changed_in_place,
            "Your ids are right, but -= changed the trimap itself. Run twice, it would subtract 2: make a new "
            "array with trimap.astype(np.int64) - 1.",
        ),
        Misconception(
            "border as 0",
            _ids_modulo_3,
            "You made the border 0 and left pet and background at 1 and 2. All three move down by one: subtract 1.",
        ),
        Misconception(
            "background as 0",
            _ids_background_first,
            "You made the background 0. Many data sets do, but here pet is 0, background 1 and border 2: "
            "subtract 1.",
        ),
        Misconception(
            "floats",
            _ids_as_floats,
            "Your ids are floats. A class id is a name, not a quantity, and cross-entropy takes int64: "
            ".astype(np.int64).",
        ),
        Misconception(
            "replaced in turn",
            _ids_replaced_in_turn,
            "You replaced 3 by 2, then 2 by 1, then 1 by 0, so every pixel fell down the stairs to 0. Subtract "
            "1 from all at once, or begin with the smallest id.",
        ),
    ),
    accepted=(_ids_by_table, _ids_by_torch, _ids_replaced_in_order, _ids_from_a_list),
    hints=(
        "Every id moves by the same amount. Two more things are asked for: the dtype, and that the trimap stays "
        "as it is.",
        "astype makes a new array. What dtype does cross-entropy want?",
        "trimap.astype(np.int64) - 1",
    ),
    why="astype makes a copy, so the file's array stays as it was; int64 comes first, so that no byte can wrap "
    "round.",
)


# --- ce-mean ------------------------------------------------------------------------------------------------


def mean_loss(logits, targets, ignore_index=255):
    """Return the mean cross-entropy over the pixels of a batch that count.

    Goes in: logits, float tensor (N, C, H, W); targets, int64 tensor (N, H, W), ids from 0 to C-1.
    Pixels whose target is ignore_index count neither above nor below the line.
    Comes out: one float, or a tensor of one float; nan where no pixel counts.
    """
    ### BEGIN SOLUTION
    counted = targets != ignore_index  # (N, H, W)
    safe_targets = targets.where(counted, 0)  # gather needs ids that exist; these losses are dropped below
    log_p = logits.log_softmax(dim=1)  # (N, C, H, W)
    losses = -log_p.gather(dim=1, index=safe_targets.unsqueeze(1)).squeeze(1)  # (N, H, W)
    return losses[counted].mean()
    ### END SOLUTION


def _losses(logits, targets, ignore_index=255):
    """Return the losses with 0 where they are ignored, and how many count."""
    losses = F.cross_entropy(logits, targets, ignore_index=ignore_index, reduction="none")
    return losses, (targets != ignore_index).sum()


def _mean_is_a_sum(logits, targets, ignore_index=255):
    return _losses(logits, targets, ignore_index)[0].sum()


def _mean_over_all(logits, targets, ignore_index=255):
    return _losses(logits, targets, ignore_index)[0].mean()


def _mean_clamped(logits, targets, ignore_index=255):
    return F.cross_entropy(logits, targets.clamp(0, logits.shape[1] - 1))


def _mean_ignored_as_0(logits, targets, ignore_index=255):
    return F.cross_entropy(logits, targets.where(targets != ignore_index, 0))


def _mean_of_images(logits, targets, ignore_index=255):
    means = [
        mean_loss(image[None], target[None], ignore_index)
        for image, target in zip(logits, targets, strict=True)
    ]
    return torch.stack(means).mean()


def _mean_of_nothing_is_0(logits, targets, ignore_index=255):
    losses, count = _losses(logits, targets, ignore_index)
    return losses.sum() / count.clamp(min=1)


def _mean_ignores_255_alone(logits, targets, ignore_index=255):
    return mean_loss(logits, targets)


def _mean_over_the_last_axis(logits, targets, ignore_index=255):
    counted = targets != ignore_index
    log_p = logits.log_softmax(dim=-1)
    return -log_p.gather(1, targets.where(counted, 0).unsqueeze(1)).squeeze(1)[counted].mean()


def _mean_by_torch(logits, targets, ignore_index=255):
    return F.cross_entropy(logits, targets, ignore_index=ignore_index)


def _mean_of_counted_pixels(logits, targets, ignore_index=255):
    counted = targets != ignore_index
    pixels = logits.permute(0, 2, 3, 1)[counted]  # (pixels, C)
    return F.cross_entropy(pixels, targets[counted])


def _mean_by_loops(logits, targets, ignore_index=255):
    losses = []
    for image, target in zip(logits, targets, strict=True):
        for row, column in np.ndindex(*target.shape):
            if target[row, column] != ignore_index:
                losses.append(pixel_loss(image[:, row, column].tolist(), int(target[row, column])))
    return sum(losses) / len(losses) if losses else float("nan")


def _mean_by_quotient(logits, targets, ignore_index=255):
    losses, count = _losses(logits, targets, ignore_index)
    return (losses.sum() / count).item()


def _draw_batch(rng):
    """A batch with void pixels, with another id to ignore, or with nothing that counts."""
    kind = rng.choice(["void", "other", "nothing"], p=[0.4, 0.25, 0.35])
    count, classes = int(rng.integers(2, 4)), int(rng.integers(2, 5))
    height, width = int(rng.integers(1, 4)), int(rng.integers(2, 4))
    targets = rng.integers(0, classes, (count, height, width))
    ignored = rng.uniform(size=targets.shape) < 0.4
    ignored.flat[:2] = True, False
    ignore_index = int(rng.integers(classes)) if kind == "other" else 255
    targets[ignored | (kind == "nothing")] = ignore_index
    if kind == "other":
        targets.flat[1] = (ignore_index + 1) % classes
    return _draw_logits(rng, count, classes, height, width), torch.from_numpy(targets), ignore_index


CE_MEAN = Exercise(
    id="ce-mean",
    title="The mean over the pixels that count",
    lesson="04",
    points=3,
    minutes=8,
    source="Losses and metrics, per-pixel cross-entropy, ignore_index",
    reference=mean_loss,
    worked=(
        Worked((_everywhere(ONE_TWO_FIVE, 2, 2)[None], torch.tensor([[[2, 1], [0, 255]]])), 1.31191),
        Worked((_everywhere(ONE_TWO_FIVE, 1, 2)[None], torch.tensor([[[255, 255]]])), math.nan),
        Worked((_everywhere(ONE_TWO_FIVE, 2, 2)[None], torch.tensor([[[2, 1], [0, 0]]]), 0), 0.92815),
    ),
    fresh=_draw_batch,
    fresh_cases=16,
    misconceptions=(
        Misconception(
            "sum",
            _mean_is_a_sum,
            "You added the losses up and did not divide. A sum grows with the image, and with it every step of "
            "the training: divide by the number of pixels that count.",
        ),
        Misconception(
            "ignored pixels in the denominator",
            _mean_over_all,
            "You set the loss of ignored pixels to 0 but divided by all pixels, so each ignored pixel counts as "
            "a perfect one. Divide by the number of pixels that count: losses[counted].mean().",
        ),
        Misconception(
            "ignored pixels clamped",
            _mean_clamped,
            "You clamped the ids, so that 255 became the last class and is counted as such. Leave those pixels "
            "out of the mean: losses[counted].mean().",
        ),
        Misconception(
            "ignored pixels as class 0",
            _mean_ignored_as_0,
            "You gave ignored pixels the class 0, and then counted them. An id that exists is fine for gather, "
            "but drop these losses afterwards: losses[counted].mean().",
        ),
        Misconception(
            "mean of the images' means",
            _mean_of_images,
            "You averaged each image first. An image with few counted pixels then weighs as much as one with "
            "many: take one mean over all counted pixels of the batch.",
        ),
        Misconception(
            "0 for nothing",
            _mean_of_nothing_is_0,
            "Where no pixel counts you returned 0, which reads as a perfect score. The mean of nothing does not "
            "exist, and torch says nan: divide without a guard.",
        ),
        Misconception(
            "255 alone",
            _mean_ignores_255_alone,
            "You always ignored 255. The caller may choose another id: compare the targets with ignore_index.",
        ),
        Misconception(
            "softmax over the last axis",
            _mean_over_the_last_axis,
            "You took the softmax over the last axis, the width. The logits are (N, C, H, W), and the classes "
            "are axis 1: use dim=1.",
        ),
    ),
    accepted=(_mean_by_torch, _mean_of_counted_pixels, _mean_by_loops, _mean_by_quotient),
    hints=(
        "Three steps: the loss of every pixel as in loss_map, which pixels count, the mean over these.",
        "counted = targets != ignore_index. gather fails at an id of 255, so give it "
        "targets.where(counted, 0) instead, and drop those losses afterwards.",
        "log_p = logits.log_softmax(dim=1); losses = -log_p.gather(1, safe_targets.unsqueeze(1)).squeeze(1); "
        "return losses[counted].mean().",
    ),
    why="An ignored pixel is left out above and below the line, so it can neither raise nor lower the loss. "
    "This is what torch.nn.functional.cross_entropy computes.",
    tolerance=TOLERANCE,
)


# --- ce-wiring ----------------------------------------------------------------------------------------------


def prepare(logits, targets, num_classes):
    """Return (logits, targets) as cross-entropy wants them: float (N, C, H, W) and int64 (N, H, W).

    Goes in: logits, float tensor (N, C, H, W) or (N, H, W, C); if axis 1 has num_classes entries, they are in
    order. targets, tensor (N, H, W) or (N, 1, H, W) of whole numbers, of any dtype, floats among them. C is
    num_classes. N, H and W may be 1.
    """
    ### BEGIN SOLUTION
    if logits.shape[1] != num_classes:
        logits = logits.permute(0, 3, 1, 2)  # (N, H, W, C) to (N, C, H, W)
    if targets.ndim == 4:
        targets = targets.squeeze(1)  # (N, 1, H, W) to (N, H, W)
    return logits, targets.long()
    ### END SOLUTION


def _prepare_by_reshape(logits, targets, num_classes):
    if logits.shape[1] != num_classes:
        count, height, width, _ = logits.shape
        logits = logits.reshape(count, num_classes, height, width)
    return prepare(logits, targets, num_classes)


def _prepare_by_transpose(logits, targets, num_classes):
    if logits.shape[1] != num_classes:
        logits = logits.transpose(1, 3)
    return prepare(logits, targets, num_classes)


def _prepare_squeezes_all(logits, targets, num_classes):
    logits, _ = prepare(logits, targets, num_classes)
    return logits, targets.squeeze().long()


def _prepare_keeps_floats(logits, targets, num_classes):
    logits, ids = prepare(logits, targets, num_classes)
    return logits, ids.to(targets.dtype)


def _prepare_without_asking(logits, targets, num_classes):
    return logits.permute(0, 3, 1, 2), targets.squeeze(1).long()


def _prepare_keeps_the_axis(logits, targets, num_classes):
    logits, _ = prepare(logits, targets, num_classes)
    return logits, targets.long()


def _prepare_looks_at_the_end(logits, targets, num_classes):
    _, targets = prepare(logits, targets, num_classes)
    return (logits.permute(0, 3, 1, 2) if logits.shape[-1] == num_classes else logits), targets


def _prepare_adds_softmax(logits, targets, num_classes):
    logits, targets = prepare(logits, targets, num_classes)
    return logits.softmax(dim=1), targets


def _prepare_by_movedim(logits, targets, num_classes):
    in_order = logits.shape[1] == num_classes
    plain = targets[:, 0] if targets.dim() == 4 else targets
    return (logits if in_order else logits.movedim(-1, 1)), plain.to(torch.int64)


def _prepare_by_transposes(logits, targets, num_classes):
    if logits.shape[1] != num_classes:
        logits = logits.transpose(2, 3).transpose(1, 2)  # (N, H, C, W), then (N, C, H, W)
    return [logits.contiguous(), targets.reshape(len(targets), *targets.shape[-2:]).long()]


def _prepare_by_einsum(logits, targets, num_classes):
    if logits.size(1) != num_classes:
        logits = torch.einsum("nhwc->nchw", logits)
    if targets.dim() > 3:
        targets = targets.amax(dim=1)
    return logits, targets.type(torch.LongTensor)


def _observe_wiring(answer, logits, targets, num_classes):
    """Observe shapes and dtype of what came back, and the loss that torch makes of it."""
    pair = answer(logits, targets, num_classes)
    if pair is None:
        return None
    if not isinstance(pair, tuple | list) or len(pair) != 2 or not all(map(torch.is_tensor, pair)):
        return {"returned": f"a {type(pair).__name__}"}
    ready, ids = pair
    try:
        loss = F.cross_entropy(ready, ids).item()
    except (RuntimeError, IndexError, ValueError) as error:
        loss = f"none, torch raises {type(error).__name__}"
    return {
        "returned": "a pair of tensors",
        "shape of the logits": str(tuple(ready.shape)),
        "shape of the targets": str(tuple(ids.shape)),
        "dtype of the targets": str(ids.dtype).removeprefix("torch."),
        "loss": loss,
    }


def _seen_wiring(logits_shape, targets_shape, loss):
    return {
        "returned": "a pair of tensors",
        "shape of the logits": str(logits_shape),
        "shape of the targets": str(targets_shape),
        "dtype of the targets": "int64",
        "loss": loss,
    }


def _draw_wiring(rng):
    """A pair with any of the three bugs, or none; in order, W is often C as well, so that the end misleads."""
    count, classes = int(rng.choice([1, 1, 2])), int(rng.integers(2, 5))
    height = int(rng.choice([h for h in range(1, 6) if h != classes]))
    in_order = rng.uniform() < 0.5
    width = classes if in_order and rng.uniform() < 0.5 else int(rng.integers(2, 6))
    logits = _draw_logits(rng, count, classes, height, width)
    targets = torch.from_numpy(rng.integers(0, classes, (count, height, width)))
    dtype = (torch.float32, torch.float32, torch.uint8, torch.int64)[rng.integers(4)]
    return (
        logits if in_order else logits.permute(0, 2, 3, 1).contiguous(),
        (targets.unsqueeze(1) if rng.uniform() < 0.6 else targets).to(dtype),
        classes,
    )


CE_WIRING = Exercise(
    id="ce-wiring",
    title="Mend three wiring bugs",
    lesson="04",
    points=3,
    minutes=10,
    source="Losses and metrics, common bugs of cross-entropy",
    reference=prepare,
    worked=(
        Worked(
            (
                _everywhere(ONE_TWO_FIVE, 2, 2)[None].permute(0, 2, 3, 1).contiguous(),
                torch.tensor([[[[2.0, 0.0], [1.0, 2.0]]]]),
                3,
            ),
            _seen_wiring((1, 3, 2, 2), (1, 2, 2), 1.10144),
            "ce-wiring-bugs",
        ),
        Worked(
            (torch.zeros(2, 2, 1, 2), torch.tensor([[[0, 1]], [[1, 1]]]), 2),
            _seen_wiring((2, 2, 1, 2), (2, 1, 2), 0.69315),
        ),
    ),
    fresh=_draw_wiring,
    fresh_cases=20,
    observe=_observe_wiring,
    misconceptions=(
        Misconception(
            "reshape",
            _prepare_by_reshape,
            "Your shapes are right and your loss is wrong: reshape deals the same numbers out in the old order, "
            "so a pixel gets logits of other pixels. To move an axis use permute(0, 3, 1, 2).",
        ),
        Misconception(
            "two axes swapped",
            _prepare_by_transpose,
            "You swapped axis 1 with axis 3, so the image lies on its side: (N, C, W, H). Move the last axis to "
            "place 1 and keep the others in order: permute(0, 3, 1, 2).",
        ),
        Misconception(
            "squeezed everywhere",
            _prepare_squeezes_all,
            "squeeze() drops every axis of length 1, the batch of a single image too. Say which one: squeeze(1), "
            "and only if there are four axes.",
        ),
        Misconception(
            "dtype kept",
            _prepare_keeps_floats,
            "You left the targets' dtype as it was. Cross-entropy takes class ids as int64: targets.long().",
        ),
        Misconception(
            "mended without asking",
            _prepare_without_asking,
            "You mended every pair, those in order too, and so broke them. Permute only if axis 1 of the logits "
            "has not num_classes entries, and squeeze only if the targets have four axes.",
        ),
        Misconception(
            "axis of one channel kept",
            _prepare_keeps_the_axis,
            "Your targets still have the channel axis, (N, 1, H, W). There is one id a pixel and no channel: "
            "drop it with squeeze(1) where there are four axes.",
        ),
        Misconception(
            "looked at the last axis",
            _prepare_looks_at_the_end,
            "You decided by the last axis. An image whose width happens to be the number of classes is then "
            "turned over: look at axis 1, which must have num_classes entries.",
        ),
        Misconception(
            "softmax on the way",
            _prepare_adds_softmax,
            "You took a softmax on the way. Cross-entropy has its own inside, and two of them flatten the loss: "
            "hand over raw logits.",
        ),
    ),
    accepted=(_prepare_by_movedim, _prepare_by_transposes, _prepare_by_einsum),
    hints=(
        "Three questions, one after the other: are the classes at axis 1? Have the targets four axes? Which "
        "dtype do they have?",
        "permute(...) takes the old axes in their new order. From (N, H, W, C), where does C stand, and where "
        "shall it go? squeeze(1) drops axis 1 and no other.",
        "if logits.shape[1] != num_classes: logits = logits.permute(0, 3, 1, 2). "
        "if targets.ndim == 4: targets = targets.squeeze(1). Return logits, targets.long().",
    ),
    why="permute moves axes and keeps each pixel's logits together; squeeze(1) names its axis, so a batch of one "
    "survives; long() makes int64.",
    tolerance=TOLERANCE,
)


# --- which-logits -------------------------------------------------------------------------------------------


def read_logits(logits, targets):
    """Return a dict of what a step of training reports: "loss", "prediction" and "confidence".

    Goes in: logits, float tensor (N, C, H, W), as the network gives them; targets, int64 tensor (N, H, W).
    Comes out: loss, the mean cross-entropy; prediction, int64 (N, H, W), each pixel's class;
    confidence, float (N, H, W), the probability of the class predicted there.
    """
    ### BEGIN SOLUTION
    loss = F.cross_entropy(logits, targets)  # takes raw logits: the softmax is inside
    prediction = logits.argmax(dim=1)  # (N, H, W)
    confidence = logits.softmax(dim=1).amax(dim=1)  # (N, H, W)
    return {"loss": loss, "prediction": prediction, "confidence": confidence}
    ### END SOLUTION


def _read_softmax_first(logits, targets):
    return read_logits(logits, targets) | {"loss": F.cross_entropy(logits.softmax(dim=1), targets)}


def _read_sigmoid_first(logits, targets):
    return read_logits(logits, targets) | {"loss": F.cross_entropy(logits.sigmoid(), targets)}


def _read_nll_of_logits(logits, targets):
    return read_logits(logits, targets) | {"loss": F.nll_loss(logits, targets)}


def _read_nll_of_probabilities(logits, targets):
    return read_logits(logits, targets) | {"loss": F.nll_loss(logits.softmax(dim=1), targets)}


def _read_highest_logit(logits, targets):
    return read_logits(logits, targets) | {"confidence": logits.amax(dim=1)}


def _read_highest_sigmoid(logits, targets):
    return read_logits(logits, targets) | {"confidence": logits.sigmoid().amax(dim=1)}


def _read_target_probability(logits, targets):
    probability = logits.softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)
    return read_logits(logits, targets) | {"confidence": probability}


def _read_last_axis(logits, targets):
    return read_logits(logits, targets) | {
        "prediction": logits.argmax(dim=-1),
        "confidence": logits.softmax(dim=-1).amax(dim=-1),
    }


def _read_by_probabilities(logits, targets):
    confidence, prediction = logits.softmax(dim=1).max(dim=1)
    criterion = torch.nn.CrossEntropyLoss()
    return {"loss": criterion(logits, targets).item(), "prediction": prediction, "confidence": confidence}


def _read_by_log_softmax(logits, targets):
    log_p = logits.log_softmax(dim=1)  # a second log_softmax changes nothing, unlike a second softmax
    highest = log_p.max(dim=1)
    return {
        "loss": F.cross_entropy(log_p, targets),
        "prediction": highest.indices,
        "confidence": highest.values.exp(),
    }


def _read_by_nll(logits, targets):
    report = {"loss": F.nll_loss(F.log_softmax(logits, dim=1), targets)}
    report["prediction"] = logits.numpy().argmax(axis=1)
    report["confidence"] = (logits.amax(dim=1) - logits.logsumexp(dim=1)).exp().numpy()
    return report


def _draw_step(rng):
    count, classes = int(rng.integers(1, 3)), int(rng.integers(2, 5))
    height, width = int(rng.integers(1, 4)), int(rng.integers(2, 4))
    scale = float(rng.choice([1.0, 4.0]))
    targets = torch.from_numpy(rng.integers(0, classes, (count, height, width)))
    return _draw_logits(rng, count, classes, height, width) * scale, targets


WHICH_LOGITS = Exercise(
    id="which-logits",
    title="Raw logits for the loss, probabilities for people",
    lesson="04",
    points=2,
    minutes=5,
    source="Losses and metrics, per-pixel cross-entropy",
    reference=read_logits,
    worked=(
        Worked(
            (_everywhere(ONE_TWO_FIVE, 1, 2)[None], torch.tensor([[[2, 0]]])),
            {"loss": 1.27472, "prediction": [[[2, 2]]], "confidence": [[[0.625, 0.625]]]},
        ),
        Worked(
            (torch.tensor([[[[40.0]], [[-40.0]]]]), torch.tensor([[[1]]])),
            {"loss": 80.0, "prediction": [[[0]]], "confidence": [[[1.0]]]},
        ),
    ),
    fresh=_draw_step,
    misconceptions=(
        Misconception(
            "softmax before the loss",
            _read_softmax_first,
            "You gave cross_entropy probabilities. It takes a softmax itself, and the softmax of probabilities is "
            "nearly flat, so the loss stays high and the gradient small: hand over the raw logits.",
        ),
        Misconception(
            "sigmoid before the loss",
            _read_sigmoid_first,
            "You took a sigmoid before cross_entropy. It expects raw logits and has its softmax inside: hand "
            "over the logits as they are.",
        ),
        Misconception(
            "nll_loss of logits",
            _read_nll_of_logits,
            "You gave nll_loss raw logits. It only picks the target's entry and turns its sign; it wants "
            "log-probabilities. Use F.cross_entropy, which does both.",
        ),
        Misconception(
            "nll_loss of probabilities",
            _read_nll_of_probabilities,
            "You gave nll_loss probabilities, and it takes no logarithm in spite of its name. Use "
            "F.cross_entropy on the raw logits.",
        ),
        Misconception(
            "highest logit as confidence",
            _read_highest_logit,
            "Your confidence is a logit. A logit can be negative or larger than 1, so people cannot read it: "
            "take the softmax over axis 1, then the highest.",
        ),
        Misconception(
            "sigmoid as confidence",
            _read_highest_sigmoid,
            "Your confidence is a sigmoid, which looks at one logit alone. The classes exclude each other: take "
            "the softmax over axis 1, then the highest.",
        ),
        Misconception(
            "probability of the target",
            _read_target_probability,
            "Your confidence is the probability of the true class. Confidence is what the model gives to its own "
            "choice, and it needs no target: the highest probability.",
        ),
        Misconception(
            "last axis",
            _read_last_axis,
            "You looked for the highest along the last axis, the width. The classes are axis 1: use dim=1.",
        ),
    ),
    accepted=(_read_by_probabilities, _read_by_log_softmax, _read_by_nll),
    hints=(
        "Which of the three needs probabilities? Only one does.",
        "F.cross_entropy and argmax both work on raw logits. For the confidence take softmax(dim=1), then the "
        "highest along axis 1.",
        "loss = F.cross_entropy(logits, targets); prediction = logits.argmax(dim=1); confidence = "
        'logits.softmax(dim=1).amax(dim=1); return them as {"loss": loss, ...}.',
    ),
    why="cross_entropy takes raw logits because it can then compute log and softmax in one stable step. Softmax "
    "keeps the order of the classes, so argmax needs none.",
    tolerance=TOLERANCE,
)


EXERCISES = (SOFTMAX, CE_ONE_PIXEL, CE_MAP, TRIMAP_IDS, CE_MEAN, CE_WIRING, WHICH_LOGITS)
