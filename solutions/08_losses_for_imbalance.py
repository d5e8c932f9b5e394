# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Losses for imbalance
#
# ![The same drawn pet on the same scene four times, covering a fifth, a tenth, a twentieth and a fiftieth of the picture; under each a bar shows how little of the pixels it has](pictures/08_walking_away.png)
#
# **You will be able to**
#
# - find out whether a network knows nothing of a rare class, or knows it and argmax hides that
# - read a precision-recall curve, and choose a threshold on validation pictures
# - see from one picture whether probabilities mean what they say, and why class weights change that
# - write weighted cross-entropy, Dice, IoU and focal loss, and draw rare pictures more often
# - compare remedies in a table with three seeds, at equal cost
#
# **You need** lesson 04 for the cross-entropy, lesson 03 for Dice and IoU, and a training step from lesson 05.
#
# **Time** 130 minutes; 90 seconds of computing on two CPU cores.

# %%
import numpy as np
import torch

from course_lib.data.pocket_pets import draw_pet

# %% [markdown]
# ## The pet walks away
#
# Some classes have far fewer pixels than others: a pedestrian in a street, a crack in a wall, a tumour in a scan. This is **class
# imbalance**, and it comes in two kinds: the class may be small in every picture, or most pictures may not show it at all. To see both,
# you will draw pets that cover about a given `share` of each picture; with `every=4`, three pictures in four show no pet. There are
# two classes: 0 is background, 1 is pet with its border. Part of the border lies outside the pet, so the class has more pixels than
# the `share` says.

# %%
SIDE = 48


def draw_set(count, seed, share, every=1):
    """Return images (N, 3, H, W) from -1 to 1, and targets (N, H, W): 0 background, 1 pet."""
    images, targets = [], []
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        pet = draw_pet(rng, (SIDE, SIDE), share=0 if number % every else share)
        images.append(pet.image)
        targets.append(pet.trimap != 2)  # in the file 2 is background
    images = torch.from_numpy(np.stack(images)).float().permute(0, 3, 1, 2) / 127.5 - 1
    return images, torch.from_numpy(np.stack(targets)).long()


near = draw_set(128, seed=0, share=0.16)
far = draw_set(128, seed=0, share=0.05)
rare = draw_set(256, seed=0, share=0.06, every=4)
rare_validation = draw_set(96, seed=2, share=0.06, every=4)
rare_test = draw_set(96, seed=1, share=0.06, every=4)

# %%
import matplotlib.pyplot as plt

from course_lib.masks import PALETTE
from course_lib.plots import show

sets = {"near": near, "far": far, "rare": rare}
figure, axes = plt.subplots(3, 8, figsize=(10, 4), layout="constrained")
for row, (name, (images, targets)) in zip(axes, sets.items(), strict=True):
    for ax, image, target in zip(row, images, targets, strict=False):
        ax.imshow(((image + 1) / 2).permute(1, 2, 0).numpy(), interpolation="nearest")
        if target.any():
            ax.contour(target.numpy(), [0.5], colors="white", linewidths=2.4)
            ax.contour(target.numpy(), [0.5], colors=[PALETTE[0] / 255], linewidths=1.2)
        ax.set(xticks=[], yticks=[])
    row[0].set_ylabel(name)
show(
    figure,
    alt="Three rows of pictures with outlined pets: large ones, small ones, and small ones in only every fourth picture",
)

# %% tags=["nbval-check-output"]
for name, (_, targets) in sets.items():
    with_pet = targets.flatten(1).any(dim=1).float().mean()
    print(f"{name:5} pet pixels {targets.float().mean():.0%}, pictures with a pet {with_pet:.0%}")

# %% [markdown]
# In *far* every picture has a pet, but a small one. In *rare* most pictures have none, as when a camera watches a garden, and the few
# pets are small as well. Most of this lesson is about *rare*. It has a training set, a validation set and a test set: you are going
# to choose something, and the pictures on which you choose must not be those on which you report.
#
# Every training below starts with the same weights, draws from the same seed, and runs for the number of steps that it is given.
# Only the loss differs, or how often each picture is drawn. `torch.multinomial(chances, 16, ...)` draws the numbers of 16 pictures; a picture whose chance is twice
# as large comes up twice as often. `OneCycleLR` lets the learning rate rise and then fall to 0; lesson 10 tells more about it.

# %%
import torch.nn.functional as F

from course_lib.models import FastUNet


def train(loss, images, targets, steps=80, chances=None, seed=2):
    """Train a new network with loss(logits, targets), and return it."""
    torch.manual_seed(seed)
    network, generator = FastUNet(3, 2, widths=(16, 32)), torch.Generator().manual_seed(seed)
    chances = torch.ones(len(images)) if chances is None else torch.as_tensor(chances)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.005)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.005, steps)
    for step in range(steps):
        batch = torch.multinomial(chances, 16, replacement=True, generator=generator)
        pictures, true = images[batch], targets[batch]
        if step % 2:
            pictures, true = pictures.flip(3), true.flip(2)
        cost = loss(network(pictures), true)
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        schedule.step()
    return network.eval()


# %% [markdown]
# To judge a network you will look at three numbers for the pet: its IoU, its precision (of what is called pet, how much is one) and its
# recall (of the pets, how much is found). All three come from the chance of pet in every pixel and a threshold. With two classes,
# argmax is such a threshold: one half.


# %%
@torch.no_grad()
def chances_of(network, images):
    """Return the probability of pet in every pixel (N, H, W)."""
    return torch.cat([network(part).softmax(dim=1)[:, 1] for part in images.split(32)])


def scores_at(chances, targets, threshold=0.5):
    """Return IoU, precision and recall of the pet; 0 where nothing is found."""
    found, true = chances > threshold, targets == 1
    both = (found & true).sum().item()
    return (
        both / max(1, (found | true).sum().item()),
        both / max(1, found.sum().item()),
        both / max(1, true.sum().item()),
    )


def report(name, scores):
    """Print the three scores on a line."""
    iou, precision, recall = scores
    print(f"{name:34} IoU {iou:.2f}  precision {precision:.2f}  recall {recall:.2f}")


# %% [markdown]
# ## A network that finds nothing
#
# Plain cross-entropy comes first, once for 80 steps and once for 400. Before you run the cell, write down what you expect for each of the
# two: its pixel accuracy, and its recall of the pets.

# %% tags=["trains"]
networks = {
    "cross-entropy, 80 steps": train(F.cross_entropy, *rare, steps=80),
    "cross-entropy, 400 steps": train(F.cross_entropy, *rare, steps=400),
}
images, targets = rare_test
for name, network in networks.items():
    chances = chances_of(network, images)
    accuracy = ((chances > 0.5) == targets).float().mean()
    report(name, scores_at(chances, targets))
    print(f"{'':34} accuracy {accuracy:.1%}")

# %% [markdown]
# Both have an excellent accuracy, and neither finds a pet. With three seeds the recall after 400 steps was {{imbalance.ce_400.recall}}.
# You will often read that such a network "ignores the rare class", and that only another loss can help. Is that so? Look at the chances
# themselves before anything is decided.

# %%
plain = networks["cross-entropy, 400 steps"]
figure, axes = plt.subplots(2, 5, figsize=(10, 4.3), layout="constrained")
chances = chances_of(plain, rare_test[0])
for (above, below), number in zip(axes.T, (0, 4, 8, 12, 1), strict=True):
    above.imshow(((rare_test[0][number] + 1) / 2).permute(1, 2, 0).numpy())
    shades = below.imshow(chances[number].numpy(), cmap="cividis", vmin=0, vmax=0.5)
    for ax in (above, below):
        if rare_test[1][number].any():
            ax.contour(rare_test[1][number].numpy(), [0.5], colors=[PALETTE[0] / 255], linewidths=1.4)
        ax.set(xticks=[], yticks=[])
figure.colorbar(shades, ax=axes[1], label="chance of pet")
print(f"the largest chance of pet in all of the test pictures: {chances.max():.2f}")
show(
    figure,
    alt="Four pictures with a small outlined pet and one without; below, the chance of pet in every pixel. Three of the pets "
    "have a bright patch that covers part of them and reaches beyond them, the dark pet a faint one, and in the picture without a "
    "pet there are small patches as well",
)

# %% [markdown]
# The network does know roughly where the pets are: most outlines have a bright patch inside, although it spills over and is, in the
# second picture, much larger than the pet. But in no pixel does it give the pet a larger chance than the background: the largest of
# its chances is below one half. Argmax asks only which of the two is larger. What the network has learned is lost at the very last
# step, in one comparison with one half.
#
# ## All thresholds at once
#
# If one half is the wrong place to cut, which is the right one? Lower the threshold, and more pets are found, together with more false
# alarms. Each threshold gives one precision and one recall. All of them together make the **precision-recall curve**, which describes
# the network before anyone has decided how cautious it should be.

# %%
import math  # math.nan, "not a number", says that there is no answer

# %% [markdown] exercise="read-curve"
# A curve answers questions that a single mask cannot. Two of them come up daily: *I need to find at least so much; what will it cost me?*
# and *how good can the IoU become?* Write `read_curve(precision, recall, wanted)`.

# %% exercise="read-curve"

# %%
read_curve = unblock("read-curve")

# %% [markdown]
# Now draw the curves of both networks, on validation pictures. The grey lines join points with the same IoU, which you have just
# worked out. Where will the curve of the network with 400 steps lie? And where on it is one half?

# %%
THRESHOLDS = [round(0.02 * number, 2) for number in range(1, 50)]


def curve_of(network, images, targets):
    """Return precision and recall (thresholds,) of the thresholds at which anything is found."""
    chances = chances_of(network, images)
    points = [scores_at(chances, targets, threshold)[1:] for threshold in THRESHOLDS]
    return np.array([point for point in points if point != (0, 0)]).reshape(-1, 2).T


# %%
def draw_curves(networks, pictures, marks=("o-", "s-", "^-", "v-", "D-")):
    """Draw the precision-recall curve of each network, and lines of equal IoU."""
    figure, ax = plt.subplots(figsize=(7, 4.6), layout="constrained")
    grid = np.linspace(0.01, 1, 100)
    lines = ax.contour(
        grid,
        grid,
        1 / (1 / grid + 1 / grid[:, None] - 1),
        [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
        colors="lightgrey",
    )
    ax.clabel(lines, fmt="IoU %.1f", fontsize="small")
    for (name, network), mark, shade in zip(networks.items(), marks, (1, 0, 3, 6, 5), strict=False):
        precision, recall = curve_of(network, *pictures)
        ax.plot(recall, precision, mark, color=PALETTE[shade] / 255, markersize=3.5, label=name)
    ax.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1))
    ax.legend(frameon=False, loc="upper right")
    return figure


# %%
show(
    draw_curves(networks, rare_validation),
    alt="Two precision-recall curves over lines of equal IoU: the one of 80 steps runs along the bottom, the one of 400 steps "
    "far above it",
)

# %%
for name, network in networks.items():
    precision, recall = curve_of(network, *rare_validation)
    at_half, best = read_curve(precision, recall, 0.5)
    print(f"{name:26} precision at recall 0.5 or more: {at_half:.2f}, best IoU: {best:.2f}")

# %% [markdown]
# At one half the two networks could not be told apart. Their curves could hardly differ more: after 80 steps no threshold is worth
# choosing, and after 400 many are. One half is on neither curve: nothing is called a pet there, so there is no precision.
#
# ## Choose on validation
#
# The threshold is one number, and choosing it costs no training at all. It has to be chosen on pictures that were not used for training
# and will not be used for the report.

# %% [markdown] exercise="choose-threshold"
# Write `choose_threshold(chances, is_pet, thresholds)`.

# %% exercise="choose-threshold"

# %%
choose_threshold = unblock("choose-threshold")


# %%
def report_chosen(name, network):
    """Print the scores on test pictures at one half, and at the threshold that is best on validation pictures."""
    chances, is_pet = (
        chances_of(network, rare_validation[0]).double().numpy(),
        rare_validation[1].numpy() == 1,
    )
    chosen = choose_threshold(chances, is_pet, THRESHOLDS)
    chances = chances_of(network, rare_test[0])
    report(f"{name}, above 0.50", scores_at(chances, rare_test[1]))
    report(f"{name}, above {chosen:.2f}", scores_at(chances, rare_test[1], chosen))


for name, network in networks.items():
    report_chosen(name, network)

# %% [markdown]
# The weights and the pictures are the same; only the number has changed with which each chance is compared. Over three seeds the IoU on test pictures goes from {{imbalance.ce_400.iou}} at one
# half to {{imbalance.ce_400.iou_chosen}} at the chosen threshold, which lay at {{imbalance.ce_400.threshold}}. After 80 steps the chosen threshold gives
# {{imbalance.ce_80.iou_chosen}}: there the network really knows little, and no threshold can help.
#
# So before you change a loss, ask which of two problems you have. A poor curve means that the network cannot tell the pixels apart. A good
# curve with an empty mask means that you have chosen the wrong point on it.
#
# **Move something.** Here is the threshold of another network, on one picture. Find the place where precision and recall are equal. Is it the
# place with the best IoU?

# %%
from course_lib.explorers import explore_threshold

explore_threshold()

# %% [markdown]
# It need not be. Where precision and recall are equal, there are as many false alarms as misses. The IoU counts the two together, so it is
# best where their sum is small beside what is found, and that may be elsewhere.
#
# ## Do the chances mean what they say?
#
# Why is the network so cautious? Perhaps it is merely honest. Take all pixels to which it gives a chance of about 20 %. If a fifth of them
# are pets, the number means what it says. Agreement between chances and frequencies is called **calibration**, and one picture shows
# it: sort the pixels into bins by their chance, and plot how many of each bin are pets.


# %%
def reliability(chances, targets, bins=10):
    """Return the mean chance and the share of pets in each bin with 50 pixels or more."""
    place = (chances * bins).long().clamp(max=bins - 1).flatten()  # (pixels,)
    true, flat = targets.flatten() == 1, chances.flatten()
    kept = [number for number in range(bins) if (place == number).sum() >= 50]
    said = [flat[place == number].mean().item() for number in kept]
    return said, [true[place == number].float().mean().item() for number in kept]


def draw_reliability(chances_by_name, targets):
    """Draw the share of pets over the chance that was given; a network that is calibrated follows the diagonal."""
    figure, ax = plt.subplots(figsize=(5.4, 4.2), layout="constrained")
    ax.plot([0, 1], [0, 1], "--", color="grey", label="chance = share")
    shades = (PALETTE[0], PALETTE[3], PALETTE[5])  # the first two as in the curves
    for (name, chances), mark, shade in zip(chances_by_name.items(), "os^", shades, strict=False):
        ax.plot(*reliability(chances, targets), f"{mark}-", color=shade / 255, label=name)
    ax.set(xlabel="chance of pet that the network gives", ylabel="share of these pixels that are pet")
    ax.legend(frameon=False)
    return figure


honest = {"cross-entropy, 400 steps": chances_of(plain, rare_test[0])}
show(
    draw_reliability(honest, rare_test[1]),
    alt="The share of pets over the chance given by the network trained with cross-entropy, beside a diagonal: the points "
    "lie near it or a little above it, and none lies beyond one half",
)

# %% [markdown]
# Where the points follow the diagonal, the number is simply right. Where they lie above it, the network is even too cautious.
# Still, nothing is broken. Cross-entropy rewards true chances, and for a small pet that the network is unsure of, the true chance is often below
# one half. The trouble is that argmax asks another question: is this pixel more likely a pet than not?
#
# ## Weigh the classes
#
# The best-known remedy lets a pixel of a rare class count more in the loss. There are two usual formulas.
#
# - **Inverse frequency**: all pixels / (classes * pixels of the class). Every class then weighs the same in total.
# - **Median frequency**: the median of the frequencies / the frequency of the class. Here the frequency of a class is its
#   pixels / all pixels of *the images that show it*; images without it do not count.

# %% [markdown] exercise="class-weights"
# Write `class_weights(counts, how)`. Each row of `counts` is an image, and each column is a class.

# %% exercise="class-weights"

# %%
class_weights = unblock("class-weights")

# %% [markdown]
# Here are the weights for *far* and *rare*. In one of the two sets both formulas give the same ratio. In which, and why?

# %%
weights = {}
for name in ("far", "rare"):
    counts = np.array([np.bincount(target.flatten(), minlength=2) for target in sets[name][1].numpy()])
    for how in ("inverse", "median"):
        weights[name, how] = torch.as_tensor(np.asarray(class_weights(counts, how))).float()
        background, pet = weights[name, how].tolist()
        print(
            f"{name:5}{how:8} background {background:.2f}, pet {pet:5.2f}, ratio 1 : {pet / background:.0f}"
        )

# %% [markdown]
# In *far* every image shows both classes, so "the images that show it" are all images. In *rare* only a quarter of the images show a
# pet. The median formula divides the pixels of the pet by those of that quarter, so the frequency of the pet is four times as large,
# and the ratio is a quarter of the other.

# %% [markdown] exercise="weighted-cross-entropy"
# Write `weighted_cross_entropy(logits, targets, weight)`. By what do you have to divide in a weighted mean?

# %% exercise="weighted-cross-entropy"

# %%
weighted_cross_entropy = unblock("weighted-cross-entropy")

# %% [markdown]
# The worked example has two pixels, a true background and a true pet, both with one chance in four of pet. Which of these losses
# is largest?

# %% tags=["nbval-check-output"]
logits, targets, weight = example("weighted-ce")
print("weights", weight.tolist())
for factors in ([1.0, 1.0], [0.5, 2.0], [2.0, 0.5]):
    print(factors, f"{weighted_cross_entropy(logits, targets, torch.tensor(factors)):.3f}")

# %% [markdown]
# The second is. The pet is the pixel that is mostly wrong, so the mean grows with its weight. In a project of
# your own, `F.cross_entropy(logits, targets, weight=weight)` or `nn.CrossEntropyLoss(weight=weight)` computes the same.
#
# Now train with inverse weights, a ratio of about 1 : 44. A missed pixel then costs as much as 44 false alarms. Take a pixel that truly
# has one chance in ten of being a pet. Without weights, a network at the minimum of its loss says just that. What does it say with
# these weights?

# %% tags=["trains"]
weight = weights["rare", "inverse"]
weighted = train(lambda logits, true: weighted_cross_entropy(logits, true, weight), *rare, steps=400)
networks["inverse weights, 400 steps"] = weighted
report("inverse weights, 400 steps", scores_at(chances_of(weighted, rare_test[0]), rare_test[1]))

# %% [markdown]
# One chance in ten is one chance for a pet against nine for background. With the weights the pet counts 44 times, so it is 44 against 9, and
# the network says 44 / (44 + 9), which is 0.83. The general rule, with a true chance $p$ and a ratio of $1 : w$, and the way back:
#
# $$q = \frac{w\,p}{w\,p + (1 - p)} \qquad\qquad p = \frac{q}{q + w\,(1 - q)}$$
#
# One half for $q$ is one in 45 for $p$. **Weights are a threshold, chosen before the training.** If the rule is right, undoing them
# must bring the chances back to the diagonal. Will it?

# %%
ratio = (weight[1] / weight[0]).item()
given = chances_of(weighted, rare_test[0])  # q
undone = given / (given + ratio * (1 - given))  # p
show(
    draw_reliability({**honest, "inverse weights": given, "inverse weights, undone": undone}, rare_test[1]),
    alt="Three reliability curves: cross-entropy near the diagonal, inverse weights far below it, and inverse weights undone "
    "between the two, near the diagonal for low chances and below it for high ones",
)

# %% [markdown]
# For low chances it does, and those are the chances of nearly all pixels. For high ones the network is still too sure. The rule describes
# a network that has reached the minimum of its loss, and 400 steps do not get there. Undoing the weights takes away what the weights
# did. What is left is the network's own error.
#
# Does the curve change as much as the chances did? Compare the new one with that of plain cross-entropy.

# %%
show(
    draw_curves(networks, rare_validation),
    alt="Three precision-recall curves: cross-entropy with 80 steps at the bottom, cross-entropy with 400 steps far above it, and "
    "inverse weights with 400 steps higher still",
)

# %%
report_chosen("inverse weights", weighted)


# %% [markdown]
# The mask of the weighted network is flooded with false alarms, and yet its curve is no lower than that of the plain network: in this one
# run, and on validation pictures, it is even higher. Is that a gain? One run cannot tell. Which of the two is higher changes with the seed,
# with the pictures, and even with the processor. Over three seeds, at one half its precision is {{imbalance.inverse_400.precision}} and its IoU {{imbalance.inverse_400.iou}}. At a threshold chosen on validation, which was
# {{imbalance.inverse_400.threshold}}, the IoU is {{imbalance.inverse_400.iou_chosen}}; plain cross-entropy has {{imbalance.ce_400.iou_chosen}} with a threshold of its own.
#
# Weights do have one effect of their own: early in the training, the rare pixels pull harder. After 80 steps a chosen threshold gives {{imbalance.inverse_80.iou_chosen}} with
# inverse weights, more than the {{imbalance.ce_80.iou_chosen}} of plain cross-entropy.


# %%
def compare(networks, pictures, numbers):
    """Show some pictures, their truth and what each network calls a pet at one half, shaded and outlined."""
    images, targets = pictures
    masks = {"truth": targets == 1} | {
        name: chances_of(network, images) > 0.5 for name, network in networks.items()
    }
    figure, axes = plt.subplots(len(numbers), len(masks), layout="constrained", squeeze=False)
    figure.set_size_inches(2.2 * len(masks), 2.1 * len(numbers) + 0.4)
    for row, number in zip(axes, numbers, strict=True):
        for ax, mask in zip(row, masks.values(), strict=True):
            ax.imshow(((images[number] + 1) / 2).permute(1, 2, 0).numpy())
            ax.imshow(np.where(mask[number][..., None], [*PALETTE[0] / 255, 0.45], 0))
            if mask[number].any():
                ax.contour(mask[number].numpy(), [0.5], colors="white", linewidths=1.2)
            ax.set(xticks=[], yticks=[])
    for ax, title in zip(axes[0], masks, strict=True):
        ax.set_title(title, fontsize="medium")
    figure.legend(
        handles=[plt.Rectangle((0, 0), 1, 1, color=PALETTE[0] / 255)],
        labels=["1 pet"],
        loc="outside lower center",
        frameon=False,
    )
    return figure


# %%
show(
    compare({"cross-entropy": plain, "inverse weights": weighted}, rare_test, numbers=(0, 4, 1)),
    alt="Two pictures with a small pet and one with none: plain cross-entropy marks nothing, and the weighted network marks the "
    "pets, much around them, and a patch in the picture without a pet",
)

# %% [markdown]
# ## Count areas, not pixels
#
# Weights are still a sum over pixels. **Dice loss** takes another view and compares areas, as the score of lesson 03 does. Counting
# needs a class map, and a class map needs argmax, which has no slope. So the loss takes probabilities where the score has pixels
# of 0 and 1:
#
# $$\text{Dice} = \frac{2 \sum p\,t + s}{\sum p + \sum t + s}$$
#
# $p$ is the probability of the class, $t$ is 1 where the class is true, and the sums run over all pixels of the batch.
# The small number $s$, `smooth`, avoids 0 / 0, and keeps a few pixels from changing the loss by much.

# %% [markdown] exercise="dice-loss"
# Write `dice_loss(logits, targets, smooth)`: the mean of 1 - Dice over the classes that occur.

# %% exercise="dice-loss"

# %%
dice_loss = unblock("dice-loss")

# %% [markdown] exercise="iou-loss"
# The IoU loss has the same three sums. This time, try it without a loop over the classes.

# %% exercise="iou-loss"

# %%
iou_loss = unblock("iou-loss")

# %% [markdown]
# Among 100,000 pixels there is a pet of 4 pixels, or of 400. Half of it is found, for sure, and nothing else is called a pet. What
# does each loss say? Before you run the cell: which one tells the two pets apart?

# %% tags=["nbval-check-output"]
pixels = torch.arange(100_000).view(1, 1, -1)  # (N, H, W)
for size in (4, 400):
    true = (pixels < size).long()
    sure = torch.where(pixels < size // 2, 10.0, -10.0)
    logits = torch.stack([-sure, sure], dim=1)  # (N, 2, H, W)
    print(f"pet of {size:3} pixels: cross-entropy {F.cross_entropy(logits, true):.4f}", end=", ")
    print(f"Dice {dice_loss(logits, true, 0.0):.3f}, IoU {iou_loss(logits, true, 0.0):.3f}")

# %% [markdown]
# Cross-entropy hardly notices that half of the small pet is missed. To Dice and IoU both pets are alike, because an area is
# compared with an area of its own size. Where does 0.167 come from? The pet's Dice is 2 · 2 / (2 + 4), so its loss is a third. The
# background's is 0, and the loss is the mean of the two.
#
# ### By batch or image by image?
#
# In *rare* most pictures show no pet. If the Dice of the pet is computed image by image, what does such a picture teach? The cell has
# two pictures. In one the pet is found. The other shows none, and more and more of its pixels are called pet for sure. The loss is
# computed once with sums over both pictures, and once as the mean of the two pictures' losses. Which of the two goes on rising?


# %% tags=["nbval-check-output"]
def dice_of_pet(p, true, dims, smooth=1.0):
    """1 - Dice of the pet; the sums run over these dims: (0, 1) is the batch, (1,) each image."""
    overlap, areas = (p * true).sum(dim=dims), (p + true).sum(dim=dims)
    return (1 - (2 * overlap + smooth) / (areas + smooth)).mean().item()


true = torch.zeros(2, 2304)  # (N, pixels)
true[0, :150] = 1.0
for alarms in (0, 10, 100, 1000):
    p = true.clone()
    p[1, :alarms] = 1.0
    by_batch, by_image = dice_of_pet(p, true, (0, 1)), dice_of_pet(p, true, (1,))
    print(f"{alarms:5} false alarms: by batch {by_batch:.3f}, image by image {by_image:.3f}")

# %% [markdown]
# Image by image, ten false alarms cost nearly as much as a thousand: the loss is flat, so it does not say which way is better. Summed
# over the batch, each false alarm makes the area larger and costs something. That is why your `dice_loss` sums over the batch, and why it
# leaves out classes that no image of the batch shows.
#
# ### The sum of both
#
# Dice has a weakness of its own. Where a class has a chance near 0 everywhere, its slope is near 0 as well, and a batch with few pets can
# change it by much. Cross-entropy has its largest slope just there. The two are therefore often added: $\text{CE} + \lambda \cdot (1 - \text{Dice})$, with a $\lambda$ between
# a half and a few. A usual order is to begin with cross-entropy, and to add Dice if the IoU of the foreground stops rising. Your
# `dice_loss` is 1 - Dice already, so the sum is one line.


# %%
def combined_loss(logits, targets, dice_weight=2.0):
    """Cross-entropy + dice_weight * (1 - Dice)."""
    return F.cross_entropy(logits, targets) + dice_weight * dice_loss(logits, targets)


logits, targets, smooth = example("dice-loss")
print(f"{F.cross_entropy(logits, targets):.3f} + 2 * {dice_loss(logits, targets):.3f}", end=" = ")
print(f"{combined_loss(logits, targets):.3f}")

# %% [markdown]
# You will often read that this sum is a safe default. With $\lambda = 2$ it was not safe after 80 steps: the IoU at one
# half was {{imbalance.ce_2dice_80.iou}}, because with some seeds it found nothing at all. At the chosen threshold it was
# {{imbalance.ce_2dice_80.iou_chosen}}. After 400 steps that problem is gone: the IoU is {{imbalance.ce_2dice_400.iou}} at one half.
#
# ## Listen to the hard pixels
#
# The **focal loss** asks how hard a pixel is, not which class it has. It multiplies the loss of a pixel by $\alpha\,(1 - p)^\gamma$,
# where $p$ is the probability of its true class. A pixel that is nearly right falls silent. $\alpha$ is one number for all pixels here: it
# makes the whole loss smaller, which matters only if another loss is added. (In the paper, with two classes, each has an $\alpha$ of its own.)

# %% [markdown] exercise="focal-loss"
# Write `focal_loss(logits, targets, alpha, gamma)`. Every pixel needs a factor of its own.

# %% exercise="focal-loss"

# %%
focal_loss = unblock("focal-loss")

# %% [markdown]
# With $\alpha = 1$ and $\gamma = 2$, by what is the loss of a pixel multiplied whose true class has a chance of 0.9? And at 0.1? Work out
# both before you run the cell.

# %% tags=["nbval-check-output"]
for p in (0.99, 0.9, 0.5, 0.1):
    pixel = torch.log(torch.tensor([p, 1 - p])).view(1, 2, 1, 1)
    background = torch.zeros(1, 1, 1, dtype=torch.int64)
    cost, focal = F.cross_entropy(pixel, background), focal_loss(pixel, background, 1.0, 2.0)
    print(f"p {p:4.2f}: cross-entropy {cost:.3f}, focal {focal:.6f}, factor {focal / cost:.4f}")

# %% [markdown]
# **Move something.** Set the foreground to 50 %, and then make it rarer and rarer. Which curves in the left picture sink to the bottom,
# and which stay? Then set gamma to 0: which two curves become one?

# %%
from course_lib.explorers import explore_losses

explore_losses()

# %% [markdown]
# The two means over all pixels, cross-entropy and focal loss, sink when the foreground becomes rarer, because few pixels hardly count in
# them. The weighted cross-entropy, Dice and IoU stay up. With gamma 0 the focal loss is the cross-entropy, because every factor is 1.
#
# Focal loss was made for detectors that judge up to a hundred thousand boxes in each picture, nearly all of them easy background. On *rare*, with a gamma of 2 and the same $\alpha$ for
# both classes, its masks at one half stay nearly as empty as those of cross-entropy: their IoU is {{imbalance.focal_400.iou}} after 400 steps. Here, too, argmax hides what was learned.
# A chosen threshold gives an IoU of {{imbalance.focal_400.iou_chosen}}.
#
# ### When labels are wrong
#
# The hardest pixel of all is one whose label is wrong. Train on the clean labels of *near*, then flip 5 % of the labels at random, and
# ask this network which share of the loss the wrong ones pay. Before you run the cell: how does the share change with gamma?

# %% tags=["trains"]
images, targets = near
clean = train(F.cross_entropy, *near)
turned = torch.rand(targets.shape, generator=torch.Generator().manual_seed(0)) < 0.05  # (N, H, W)
noisy = torch.where(turned, 1 - targets, targets)
with torch.no_grad():
    losses = F.cross_entropy(clean(images), noisy, reduction="none")  # (N, H, W)
shares = {}
for gamma in (0, 2, 5):
    focal = (1 - torch.exp(-losses)) ** gamma * losses
    shares[gamma] = (focal[turned].sum() / focal.sum()).item()
    print(f"gamma {gamma}: the 5 % wrong labels pay {shares[gamma]:.0%} of the loss")

# %% tags=["nbval-check-output"]
print("the larger gamma, the more the wrong labels pay:", shares[0] < shares[2] < shares[5])

# %% [markdown]
# Wrong labels are few, but a large gamma turns the loss towards them. Where labels are drawn in a hurry, as outlines often are, much of a
# focal loss comes from mistakes in the labels.
#
# ## Draw rare pictures more often
#
# All remedies so far change the loss. In *rare* there is something simpler to change. A batch of 16 holds four pets on average, and
# nothing keeps you from drawing the pictures with a pet more often. That is **oversampling**.

# %% [markdown] exercise="draw-chances"
# Write `draw_chances(targets, class_id, share)`. `targets` is a NumPy array this time.

# %% exercise="draw-chances"

# %%
draw_chances = unblock("draw-chances")

# %% [markdown]
# With a share of 0.7, eleven of sixteen pictures show a pet. How large is the share of pet pixels in a batch then, if it was about 2 % with a
# quarter of the pictures? Work it out, and predict as well: at one half, will this network find pets?

# %% tags=["trains"]
chances = np.asarray(draw_chances(rare[1].numpy(), 1, 0.7))
pet_pixels = rare[1].float().mean(dim=(1, 2)).numpy()  # (N,)
print(f"pet pixels in a batch: {pet_pixels.mean():.1%}, oversampled {chances @ pet_pixels:.1%}")
oversampled = train(lambda logits, true: combined_loss(logits, true, 1.0), *rare, steps=400, chances=chances)
networks["oversampled, CE + Dice, 400 steps"] = oversampled
report("oversampled, CE + Dice, 400 steps", scores_at(chances_of(oversampled, rare_test[0]), rare_test[1]))

# %%
show(
    draw_curves(networks, rare_validation),
    alt="Four precision-recall curves: the oversampled network's lies above those of cross-entropy and inverse weights for most "
    "recalls",
)

# %% [markdown]
# Over three seeds, this is the first remedy that lifts the curve by much. The others mostly choose another point on it: the table below shows
# both in its last column. In the picture above you see one run, whose curves come close where the recall is high. In the same 400 steps the network has seen almost three times as
# many pets. The chances move as well, just as with weights: pets are more frequent in the batches than in the world, so a chance given by this
# network is too high for the world.
#
# There are only 64 different pets in the training set, and each comes up nearly three times as often, which invites overfitting. In *far*, where
# every picture has a pet, oversampling pictures can do nothing at all.
#
# ## Two more: Tversky and Lovász
#
# The **Tversky loss** generalises the two area losses. It gives misses and false alarms a price each, $a$ and $b$:
#
# $$1 - \frac{\sum p\,t}{\sum p\,t + a \sum (1 - p)\,t + b \sum p\,(1 - t)}$$
#
# With $a = b = 1$ it is the IoU loss. What are $a$ and $b$ for the Dice loss? And what does $a = 0.7$, $b = 0.3$ ask for?


# %% tags=["nbval-check-output"]
def tversky_loss(p, true, missed, alarms):
    """Return 1 - Tversky index of the chances p and the truth, both (pixels,)."""
    found = (p * true).sum()
    errors = missed * ((1 - p) * true).sum() + alarms * (p * (1 - true)).sum()
    return 1 - found / (found + errors)


p, true = torch.tensor([0.75, 0.5, 0.25]), torch.tensor([1.0, 1.0, 0.0])
for missed, alarms in ((1.0, 1.0), (0.5, 0.5), (0.7, 0.3)):
    print(missed, alarms, f"{tversky_loss(p, true, missed, alarms):.4f}")
print(f"IoU loss {1 - 1.25 / 2.25:.4f}, Dice loss {1 - 2 * 1.25 / 3.5:.4f}")

# %% [markdown]
# A half for each gives the Dice loss. With 0.7 and 0.3 a miss costs more than twice as much as a false alarm, so the loss asks for
# recall.
#
# The **Lovász loss** reaches the IoU from the other side. Sort the pixels by how wrong they are. If only the worst pixel were wrong, the IoU would
# fall by some amount; if the two worst were, by some more. Each pixel pays its error times what it takes from the IoU. For masks of
# 0 and 1 this is exactly 1 - IoU, and between them it changes a little when a chance does.


# %% tags=["nbval-check-output"]
def lovasz_loss(p, true):
    """Return the Lovász extension of 1 - IoU for chances p and the truth, both (pixels,)."""
    errors, order = (true - p).abs().sort(descending=True)
    sorted_true = true[order]
    left = sorted_true.sum() - sorted_true.cumsum(0)  # intersection if the first k pixels are wrong
    union = sorted_true.sum() + (1 - sorted_true).cumsum(0)
    lost = 1 - left / union  # (pixels,)
    return (errors * torch.diff(lost, prepend=torch.zeros(1))).sum()


mask, true = torch.tensor([1.0, 1.0, 0.0, 0.0, 1.0]), torch.tensor([1.0, 1.0, 1.0, 0.0, 0.0])
print(f"mask of 0 and 1: Lovász {lovasz_loss(mask, true):.3f}, 1 - IoU {1 - 2 / 4:.3f}")
unsure = torch.tensor([0.9, 0.6, 0.4, 0.2, 0.7])
print(f"the same mask, less sure: {lovasz_loss(unsure, true):.3f}")

# %% [markdown]
# The unsure mask costs a little less than the sure one. Its two wrong pixels are less wrong and pay 0.325 instead of 0.5; the other
# three, which are right and not quite sure, pay 0.13.
#
# The authors of the Lovász loss advise training with cross-entropy first and finishing with Lovász, or adding the two. The table below
# agrees with them: from random weights and by itself, it found next to nothing here.
#
# ## Side by side, at equal cost
#
# Each row is one remedy on *rare*, trained for 80 and for 400 steps with each of three seeds. "At ½" is the IoU of the pet on test pictures as
# argmax decides; "chosen" is the IoU on the same pictures at the threshold that was best on validation. Read it column by column, and look at the
# spread before you call anything a winner.
#
# | loss | 80 steps, at ½ | 80 steps, chosen | 400 steps, at ½ | 400 steps, chosen |
# |---|---|---|---|---|
# | cross-entropy | {{imbalance.ce_80.iou}} | {{imbalance.ce_80.iou_chosen}} | {{imbalance.ce_400.iou}} | {{imbalance.ce_400.iou_chosen}} |
# | inverse weights | {{imbalance.inverse_80.iou}} | {{imbalance.inverse_80.iou_chosen}} | {{imbalance.inverse_400.iou}} | {{imbalance.inverse_400.iou_chosen}} |
# | median weights | {{imbalance.median_80.iou}} | {{imbalance.median_80.iou_chosen}} | {{imbalance.median_400.iou}} | {{imbalance.median_400.iou_chosen}} |
# | focal, γ = 2 | {{imbalance.focal_80.iou}} | {{imbalance.focal_80.iou_chosen}} | {{imbalance.focal_400.iou}} | {{imbalance.focal_400.iou_chosen}} |
# | Dice | {{imbalance.dice_80.iou}} | {{imbalance.dice_80.iou_chosen}} | {{imbalance.dice_400.iou}} | {{imbalance.dice_400.iou_chosen}} |
# | IoU | {{imbalance.iou_80.iou}} | {{imbalance.iou_80.iou_chosen}} | {{imbalance.iou_400.iou}} | {{imbalance.iou_400.iou_chosen}} |
# | CE + 2 (1 - Dice) | {{imbalance.ce_2dice_80.iou}} | {{imbalance.ce_2dice_80.iou_chosen}} | {{imbalance.ce_2dice_400.iou}} | {{imbalance.ce_2dice_400.iou_chosen}} |
# | Tversky, a = 0.7 | {{imbalance.tversky_80.iou}} | {{imbalance.tversky_80.iou_chosen}} | {{imbalance.tversky_400.iou}} | {{imbalance.tversky_400.iou_chosen}} |
# | Lovász by itself | {{imbalance.lovasz_80.iou}} | {{imbalance.lovasz_80.iou_chosen}} | {{imbalance.lovasz_400.iou}} | {{imbalance.lovasz_400.iou_chosen}} |
# | oversampled, CE | {{imbalance.oversampled_80.iou}} | {{imbalance.oversampled_80.iou_chosen}} | {{imbalance.oversampled_400.iou}} | {{imbalance.oversampled_400.iou_chosen}} |
# | oversampled, CE + Dice | {{imbalance.oversampled_dice_80.iou}} | {{imbalance.oversampled_dice_80.iou_chosen}} | {{imbalance.oversampled_dice_400.iou}} | {{imbalance.oversampled_dice_400.iou_chosen}} |

# %% [markdown]
# In which column does the choice of the loss seem to matter most? How much of that is left in the column to its right? Decide before you
# read on.
#
# - **At one half the losses look worlds apart; at a chosen threshold most of the distance is gone.** In the last column, cross-entropy without any
#   remedy is within a few hundredths of the area losses. Much of what the remedies are credited with is a choice of threshold.
# - **With few steps, the loss matters more.** After 80 steps the chosen threshold gives {{imbalance.ce_80.iou_chosen}} for cross-entropy and {{imbalance.dice_80.iou_chosen}} for Dice. A loss
#   that listens to the pets learns them sooner.
# - **What lifts the last column most is oversampling**, to {{imbalance.oversampled_400.iou_chosen}} with plain cross-entropy. The loss added to it hardly
#   matters after 400 steps. It does after 80: at one half, oversampling with Dice found pets with every seed,
#   and with cross-entropy by itself one seed found none.
# - **One IoU can be two different failures.** After 400 steps and at one half, median weights and Dice have the same IoU up to its spread.
#   With median weights the precision is {{imbalance.median_400.precision}} and the recall {{imbalance.median_400.recall}}, so most mistakes are false alarms.
#   With Dice the two are {{imbalance.dice_400.precision}} and {{imbalance.dice_400.recall}}, so most are misses.

# %% [markdown]
# What follows for your own data? These are a few hundred small drawings, so take the order of the steps rather than the numbers.
#
# | step | because |
# |---|---|
# | 1. Count: few pixels in each image, or few images? | only the second can be mended by drawing images |
# | 2. Draw the curve of plain cross-entropy, trained long enough | an empty mask does not mean that nothing was learned |
# | 3. Choose the threshold on validation | it costs nothing, and it is what weights do indirectly |
# | 4. If few images show the class, draw them more often, and add Dice where steps are few | the largest gain of the table, and a stable one |
# | 5. If the class is small in every image, add an area loss to cross-entropy, and train long enough | at one half its masks were not empty on *rare*; *far* was not measured |
# | 6. Take weights if a miss really costs more than a false alarm | the weight is that price: 10, if a miss costs ten times as much. Or leave the loss as it is, and lower the threshold |
# | 7. Take focal loss with clean labels and very many easy pixels | and choose its threshold as well |

# %%
show(
    compare(
        {"cross-entropy": plain, "inverse weights": weighted, "oversampled": oversampled},
        rare_test,
        numbers=(0, 4, 1),
    ),
    alt="Two pictures with a small pet and one with none, the truth and three predictions at one half. Cross-entropy marks "
    "nothing. Weights mark both pets with much around them, and a patch where no pet is. Oversampling with Dice marks the first pet at "
    "least in part, misses the second, marks wrong places beside it, and rightly leaves the third picture empty",
)

# %% [markdown]
# Look at the second row before you call anything solved. A curve counts the pixels of all pictures together, and a better one promises
# nothing for a single picture.
#
# ## Checkpoint
#
# **1.** A network finds no tumour in any scan; its largest chance of tumour anywhere is 0.3. A colleague wants to train again with a weight of 50. What
# do you look at first?
#
# <details><summary>Answer</summary>
#
# At its precision-recall curve on validation scans. If the curve is good, choose a threshold from it: the weight would only have moved it. If the
# curve is poor, the network cannot tell tumours apart yet, and longer training, more scans with tumours or another loss are worth a try.
#
# </details>
#
# **2.** A pixel of the rare class weighs as much as 9 of the other. From which true chance on will a calibrated network's answer be above one half?
#
# <details><summary>Answer</summary>
#
# In the loss the rare class counts $9p$ and the other $1 - p$. The first is larger where $p$ is above $1/10$.
#
# </details>
#
# **3.** Why can't Dice loss be computed from the class map?
#
# <details><summary>Answer</summary>
#
# Argmax jumps: a small change of the weights changes no pixel, or flips a few. There is no slope to follow. Probabilities change
# a little when the weights change a little.
#
# </details>

# %% [markdown]
# **4.** A tumour shows in one scan of fifty. Dice is summed scan by scan, and the network marks a tumour in every scan. Name two
# things that help.
#
# <details><summary>Answer</summary>
#
# Sum over the batch, so that every false alarm costs something, or add cross-entropy, to which every false alarm costs something in
# any scan. Scans with a tumour may be drawn more often, so that each batch holds some, but scans without one have to stay in.
#
# </details>
#
# **5.** What do alpha = 1 and gamma = 0 make of the focal loss?
#
# <details><summary>Answer</summary>
#
# The factor is 1 for every pixel: it is the cross-entropy.
#
# </details>
#
# ## What to remember
#
# - Rare has two meanings: few pixels in each image, or few images. Find out which before you choose a remedy.
# - Argmax is one threshold. A precision-recall curve shows all of them, and validation chooses one.
# - Class weights move chances, and with them the threshold; undo them if you need chances that mean what they say.
# - Dice and IoU compare areas. Sum over the batch, and leave absent classes out.
# - A single run proves little: some remedies of the table succeed with one seed and find nothing with the next.

# %% [markdown]
# ## Where to go from here
#
# - [Focal Loss for Dense Object Detection](https://arxiv.org/abs/1708.02002), Lin and others, 2017
# - [V-Net](https://arxiv.org/abs/1606.04797), Milletari and others, 2016: where the Dice loss comes from
# - [Tversky loss](https://arxiv.org/abs/1706.05721), Salehi and others, 2017
# - [The Lovász-Softmax loss](https://arxiv.org/abs/1705.08790), Berman and others, 2018
# - [On Calibration of Modern Neural Networks](https://arxiv.org/abs/1706.04599), Guo and others, 2017
# - [torch.nn.CrossEntropyLoss](https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html), with `weight` and `ignore_index`
#
# Next: [Lesson 09](09_upsampling_and_fcn.ipynb), from small maps back to full size.
