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
# - compute class weights from counts, in two ways, and say what they do to precision
# - write weighted cross-entropy, Dice, IoU and focal loss, and a sum of two
# - draw the pictures that hold a rare class more often
# - see which remedy helps against which kind of rareness, and when each one hurts
#
# **You need** lesson 04 for the cross-entropy, lesson 03 for Dice and IoU, and a training step from lesson 05.
#
# **Time** 75 minutes; 50 seconds of computing on two CPU cores.

# %%
import copy

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F

from course_lib.data.pocket_pets import draw_pet
from course_lib.masks import PALETTE
from course_lib.metrics import ConfusionMatrix
from course_lib.models import FastUNet
from course_lib.plots import show

# %% [markdown]
# ## The pet walks away
#
# Two classes are enough for this lesson: 0 is background, 1 is pet, its border included. `draw_set` draws pictures whose
# pet covers about a given `share` of them. With `every=4`, only one picture in four shows a pet at all. Drawing all 736 takes some
# seconds.

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


near, far = {"share": 0.16}, {"share": 0.05}
rare = {"share": 0.06, "every": 4}
train_near, test_near = draw_set(128, 0, **near), draw_set(64, 1, **near)
train_far, test_far = draw_set(128, 0, **far), draw_set(64, 1, **far)
train_rare, test_rare = draw_set(256, 0, **rare), draw_set(96, 1, **rare)

# %%
figure, axes = plt.subplots(3, 8, figsize=(10, 4), layout="constrained")
sets = {"near": train_near, "far": train_far, "rare": train_rare}
for row, (name, (images, targets)) in zip(axes, sets.items(), strict=True):
    for ax, image, target in zip(row, images, targets, strict=False):
        ax.imshow(((image + 1) / 2).permute(1, 2, 0).numpy())
        if target.any():
            ax.contour(target.numpy(), [0.5], colors="white", linewidths=1)
        ax.set(xticks=[], yticks=[])
    row[0].set_ylabel(name)
show(
    figure,
    alt="Three rows of pictures with outlined pets: large ones, small ones, and small ones in every fourth picture alone",
)

# %% tags=["nbval-check-output"]
for name, (_, targets) in sets.items():
    with_pet = targets.flatten(1).any(dim=1).float().mean()
    print(f"{name:5} pet pixels {targets.float().mean():.0%}, pictures with a pet {with_pet:.0%}")

# %% [markdown]
# That is two kinds of rareness. In *far* every picture has a pet, but a small one. In *rare*, most have none, as on a
# camera in a garden; only about 2 % of the pixels are left.
#
# Each training below is the same but for one thing: the same network with the same first weights, the same number of steps, the
# same order of pictures. What differs is the loss, or which pictures are drawn.

# %%
torch.manual_seed(2)
first_network = FastUNet(in_channels=3, num_classes=2, widths=(16, 32))


def train(loss, images, targets, chances=None, steps=80):
    """Train a copy of the first network with loss(logits, targets), and return it."""
    network, generator = copy.deepcopy(first_network), torch.Generator().manual_seed(2)
    chances = torch.ones(len(images)) if chances is None else torch.as_tensor(chances)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.005)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.005, steps)
    for step in range(steps):
        batch = torch.multinomial(chances, 16, replacement=True, generator=generator)
        mirrored = [3] if step % 2 else []
        logits = network(images[batch].flip(mirrored))  # (16, 2, H, W)
        cost = loss(logits, targets[batch].flip([2] if step % 2 else []))
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        schedule.step()
    return network.eval()


# %%
def score(network, images, targets):
    """Return a dict: IoU of both classes; precision and recall of the pet, 0 where nothing was found."""
    with torch.no_grad():
        prediction = network(images).argmax(dim=1)  # (N, H, W)
    matrix = ConfusionMatrix(num_classes=2)
    matrix.update(prediction, targets)
    (_, false_alarms), (missed, found) = matrix.counts.tolist()
    background, pet = matrix.iou().tolist()
    precision = found / max(found + false_alarms, 1)
    return {"background": background, "pet": pet, "precision": precision, "recall": found / (found + missed)}


def report(scores):
    """Print the scores of several trainings, a line each."""
    print(f"{'':24}{'background':>11}{'pet':>6}{'precision':>11}{'recall':>8}")
    for name, values in scores.items():
        background, pet, precision, recall = values.values()
        print(f"{name:24}{background:11.2f}{pet:6.2f}{precision:11.2f}{recall:8.2f}")


# %% [markdown]
# Now cross-entropy on all three. Before you run the cell: what will it find on *rare*, and what will its accuracy be?

# %% tags=["trains"]
scores = {"near": {}, "far": {}, "rare": {}}
clean = train(F.cross_entropy, *train_near)
scores["near"]["cross-entropy"] = score(clean, *test_near)
scores["far"]["cross-entropy"] = score(train(F.cross_entropy, *train_far), *test_far)
scores["rare"]["cross-entropy"] = score(train(F.cross_entropy, *train_rare), *test_rare)
report({name: values["cross-entropy"] for name, values in scores.items()})

# %% tags=["nbval-check-output"]
plain = {name: values["cross-entropy"] for name, values in scores.items()}
print("near: it finds most of the pet:", plain["near"]["recall"] > 0.4)
print("rare: it finds less than a fifth:", plain["rare"]["recall"] < 0.2)
print("rare: the background's IoU looks fine:", plain["rare"]["background"] > 0.95)

# %% [markdown]
# On *rare*, "all background" costs next to nothing from the first steps on: 98 pixels in 100 are right. The 2 others pull the
# other way, too weakly to lift the probability of pet above one half anywhere. More steps alone do not help: try `steps=400`. The
# remedies below need no more than these 80.
#
# ## Weigh the classes
#
# The plainest remedy: let a pixel of a rare class count more. There are two usual formulas.
#
# - **Inverse frequency**: all pixels / (classes * pixels of the class). Every class then weighs the same in total.
# - **Median frequency**: the median of the frequencies / the frequency of the class. Here a frequency is a share of *those
#   images that show the class*.

# %% [markdown] exercise="class-weights"
# Write `class_weights(counts, how)`. Each row of `counts` is an image, each column a class.

# %% exercise="class-weights"

# %%
class_weights = unblock("class-weights")

# %% [markdown]
# Here are the weights for *far* and *rare*. In one of the two sets both formulas give the same ratio. In which, and why?

# %%
for name in ("far", "rare"):
    counts = np.array([np.bincount(target.flatten(), minlength=2) for target in sets[name][1].numpy()])
    for how in ("inverse", "median"):
        background, pet = np.asarray(class_weights(counts, how))
        print(
            f"{name:5}{how:8} background {background:.2f}, pet {pet:5.2f}, ratio 1 : {pet / background:.0f}"
        )

# %% [markdown]
# In *far* every image shows both classes, so "the images that show it" are all images. In *rare*, the pet's share is taken of
# its own quarter of the images, and it gets a quarter of the weight.

# %% [markdown] exercise="weighted-cross-entropy"
# Write `weighted_cross_entropy(logits, targets, weight)`. What has to stand below the line of a weighted mean?

# %% exercise="weighted-cross-entropy"

# %%
weighted_cross_entropy = unblock("weighted-cross-entropy")

# %% [markdown]
# The worked example: two pixels, a true background and a true pet, both with one chance in four of pet. Which of these losses
# is largest?

# %% tags=["nbval-check-output"]
logits, targets, weight = example("weighted-ce")
print("weights", weight.tolist())
for factors in ([1.0, 1.0], [0.5, 2.0], [2.0, 0.5]):
    print(factors, f"{weighted_cross_entropy(logits, targets, torch.tensor(factors)):.3f}")

# %% [markdown]
# Now train with both kinds of weights. Before you run the cell: recall will rise. What will precision do?

# %% tags=["trains"]
for how in ("inverse", "median"):
    weight = torch.as_tensor(np.asarray(class_weights(counts, how))).float()  # of rare
    network = train(lambda logits, true, w=weight: weighted_cross_entropy(logits, true, w), *train_rare)
    scores["rare"][f"{how} frequency"] = score(network, *test_rare)
    if how == "inverse":
        weighted = network
report(scores["rare"])

# %% tags=["nbval-check-output"]
weights_of_both = scores["rare"]["inverse frequency"]
print("inverse weights: most of the pets found:", weights_of_both["recall"] > 0.5)
print("inverse weights: most of what it calls pet is none:", weights_of_both["precision"] < 0.3)

# %% [markdown]
# **When it hurts.** A ratio of 1 : 44 makes a missed pixel as dear as 44 false alarms, so the network calls anything a pet
# that is one with a chance of 1 in 45. The next cell shows it.


# %%
def compare(predictions, images, targets, numbers):
    """Show some pictures, their truth and several predictions; what is called a pet is shaded and outlined."""
    figure, axes = plt.subplots(len(numbers), len(predictions) + 1, layout="constrained", squeeze=False)
    figure.set_size_inches(1.9 * (len(predictions) + 1), 2 * len(numbers))
    for row, number in zip(axes, numbers, strict=True):
        with torch.no_grad():
            masks = [targets[number]] + [
                net(images[number : number + 1])[0].argmax(0) for net in predictions.values()
            ]
        for ax, mask in zip(row, masks, strict=True):
            ax.imshow(((images[number] + 1) / 2).permute(1, 2, 0).numpy())
            ax.imshow(np.where(mask[..., None] > 0, [*PALETTE[1] / 255, 0.35], 0))
            if mask.any():
                ax.contour(mask.numpy(), [0.5], colors="white", linewidths=1.2)
            ax.set(xticks=[], yticks=[])
    for ax, title in zip(axes[0], ("truth", *predictions), strict=True):
        ax.set_title(title, fontsize="medium")
    return figure


figure = compare({"inverse weights": weighted}, *test_rare, numbers=(0, 4, 1))
show(
    figure,
    alt="Two pictures with a small pet and one with none: the weighted network marks the pets and much beside",
)

# %% [markdown]
# ## Count areas, not pixels
#
# Weights are still a sum over pixels. **Dice loss** takes another view: it compares areas, as the score of lesson 03
# does. Counting needs a class map, and a class map needs argmax, which has no slope. So it takes probabilities where the
# score has pixels of 0 and 1:
#
# $$\text{Dice} = \frac{2 \sum p\,t + s}{\sum p + \sum t + s}$$
#
# $p$ is the probability of the class, $t$ is 1 where the class is true, and the sums run over all pixels of the batch.
# The small number $s$, `smooth`, keeps 0 / 0 away and softens what a few pixels can do.

# %% [markdown] exercise="dice-loss"
# Write `dice_loss(logits, targets, smooth)`: the mean of 1 - Dice over the classes that occur.

# %% exercise="dice-loss"

# %%
dice_loss = unblock("dice-loss")

# %% [markdown] exercise="iou-loss"
# Now `iou_loss`. The three sums are the same. This time without a loop, if you like.

# %% exercise="iou-loss"

# %%
iou_loss = unblock("iou-loss")

# %% [markdown]
# Among 100,000 pixels stands a pet of 4 pixels, or of 400. Half of it is found, for sure, and nothing else is called a pet. What
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
# Cross-entropy hardly notices that half of the small pet is missed. To Dice and IoU both pets are alike: the background's loss is about
# 0, the pet's is 1 - 2/3 or 1 - 1/2, and the mean is half of that. And IoU is the stricter of the two.
#
# Now train with both on *rare*. Before you run the cell: will precision be above or below that of the weights?

# %% tags=["trains"]
dice = train(dice_loss, *train_rare)
scores["rare"]["Dice"] = score(dice, *test_rare)
scores["rare"]["IoU"] = score(train(iou_loss, *train_rare), *test_rare)
report(scores["rare"])

# %% [markdown]
# Both raise fewer false alarms than the weights, and find less: to an area a false alarm is as bad as a missed pixel.
#
# ### When the class is absent
#
# The sums run over the batch. Many programs sum over one image at a time instead, and take the mean of the images' losses. Three
# quarters of our images have no pet. What does Dice say about the pet class there?

# %% tags=["nbval-check-output"]
nothing = torch.zeros(1, 1, 100, dtype=torch.int64)  # (N, H, W), no pet
for p in (0.001, 0.01, 0.1, 0.5):
    predicted = 100 * p  # the area that 100 pixels with probability p of pet make
    print(
        f"p {p:5}: 1 - Dice of an absent pet: smooth 0 {1 - 0 / predicted:.2f}, smooth 1 {1 - 1 / (predicted + 1):.2f}"
    )

# %% [markdown]
# Without `smooth` it is always 1: whatever the network does, there is nothing to gain. With it, a loss of 0.5 is left when
# one pixel in a hundred is called pet, and above that it is nearly flat: false alarms cost no more than they do already. So the
# images without a pet teach nothing, and the false alarms stay. To see it, take the Dice of the pet alone, over the batch and image by
# image, absent pets included:


# %% tags=["trains"]
def dice_of_pet(logits, targets, dims, smooth=1.0):
    """1 - Dice of the pet alone; the sums run over these dims: (0, 1, 2) is the batch, (1, 2) each image."""
    p, true = logits.softmax(dim=1)[:, 1], (targets == 1).float()  # (N, H, W)
    overlap, areas = (p * true).sum(dim=dims), (p + true).sum(dim=dims)
    return (1 - (2 * overlap + smooth) / (areas + smooth)).mean()


of_pet = {}
for name, dims in (("Dice of pet, by batch", (0, 1, 2)), ("Dice of pet, by image", (1, 2))):
    network = train(lambda logits, true, d=dims: dice_of_pet(logits, true, d), *train_rare)
    of_pet[name] = score(network, *test_rare)
scores["rare"]["Dice of pet, by image"] = of_pet["Dice of pet, by image"]
report(of_pet)

# %% tags=["nbval-check-output"]
by_batch, by_image = of_pet.values()
print("Dice beats cross-entropy:", scores["rare"]["Dice"]["pet"] > scores["rare"]["cross-entropy"]["pet"])
print("image by image it raises more false alarms:", by_image["precision"] < by_batch["precision"])

# %% [markdown]
# Your `dice_loss` has the background in its mean as well. Every image shows some, and a false alarm takes a little from it; so there the
# difference is smaller.
#
# ## Add two losses
#
# Dice has weaknesses of its own: where a class has a probability near 0 everywhere, its slope is near 0, too, and one batch
# with few pet pixels can swing it. Cross-entropy is steady. So the two are often added up:
#
# $$\text{loss} = \text{CE} + \lambda \cdot (1 - \text{Dice})$$

# %% [markdown] exercise="combined-loss"
# Write `combined_loss(logits, targets, dice_weight)`. One line will do.

# %% exercise="combined-loss"

# %%
combined_loss = unblock("combined-loss")

# %% [markdown]
# Here it is on *far*, where every picture has a small pet. Before you run the cell: will the sum lie between its two parts?

# %% tags=["trains"]
scores["far"]["Dice"] = score(train(dice_loss, *train_far), *test_far)
network = train(lambda logits, true: combined_loss(logits, true, 2.0), *train_far)
scores["far"]["CE + 2 (1 - Dice)"] = score(network, *test_far)
report(scores["far"])

# %% tags=["nbval-check-output"]
far_scores = scores["far"]
print("far, CE + 2 (1 - Dice):")
print(
    "finds more than CE:", far_scores["CE + 2 (1 - Dice)"]["recall"] > far_scores["cross-entropy"]["recall"]
)
print(
    "fewer false alarms than Dice:",
    far_scores["CE + 2 (1 - Dice)"]["precision"] > far_scores["Dice"]["precision"],
)

# %% [markdown]
# The sum is more careful than Dice alone: it raises fewer false alarms, and misses a little more. How much so is what $\lambda$
# decides. Now on *rare*:

# %% tags=["trains"]
network = train(lambda logits, true: combined_loss(logits, true, 2.0), *train_rare)
scores["rare"]["CE + 2 (1 - Dice)"] = score(network, *test_rare)
report({name: scores["rare"][name] for name in ("cross-entropy", "Dice", "CE + 2 (1 - Dice)")})

# %% [markdown]
# **When it hurts.** With so few pet pixels, the cross-entropy can win the first steps, whatever Dice says: once the pet has a
# probability near 0 everywhere, the slope of Dice is near 0 as well. If that happened here, try a $\lambda$ of 10, or
# wait for the last remedy of this lesson.
#
# ## Listen to the hard pixels
#
# **Focal loss** asks how hard a pixel is, not which class it has. It multiplies the loss of a pixel by $\alpha\,(1 - p)^\gamma$,
# where $p$ is the probability of its true class. What is nearly right falls silent.

# %% [markdown] exercise="focal-loss"
# Write `focal_loss(logits, targets, alpha, gamma)`. Every pixel needs a factor of its own.

# %% exercise="focal-loss"

# %%
focal_loss = unblock("focal-loss")

# %% tags=["nbval-check-output"]
for p in (0.99, 0.9, 0.5, 0.1):
    pixel = torch.log(torch.tensor([p, 1 - p])).view(1, 2, 1, 1)
    background = torch.zeros(1, 1, 1, dtype=torch.int64)
    plain, focal = F.cross_entropy(pixel, background), focal_loss(pixel, background, 1.0, 2.0)
    print(f"p {p:4.2f}: cross-entropy {plain:.3f}, focal {focal:.6f}, factor {focal / plain:.4f}")

# %% [markdown]
# A pixel of p 0.99 is next to silent, one of p 0.1 keeps four fifths of its loss.
#
# **Move something.** Make the foreground rarer, and watch which curves in the left picture sink to the bottom. Then set gamma to 0:
# which two curves fall together?

# %%
from course_lib.explorers import explore_losses

explore_losses()

# %% tags=["trains"]
network = train(lambda logits, true: focal_loss(logits, true, 1.0, 2.0), *train_rare)
scores["rare"]["focal"] = score(network, *test_rare)
report({name: scores["rare"][name] for name in ("cross-entropy", "focal")})
images, targets = test_rare
with torch.no_grad():
    p = network(images).softmax(dim=1)[:, 1]  # (N, H, W)
on_pets, elsewhere = p[targets == 1].mean(), p[targets == 0].mean()
print(
    f"focal: mean probability of pet {on_pets:.2f} on the pets, {elsewhere:.2f} elsewhere; at most {p.max():.2f}"
)

# %% [markdown]
# Here it does not help. Focal loss was made for detectors with a hundred thousand easy boxes and a few hard ones, trained for
# days. In 80 steps the network has hardly learned what sets a pet apart: silencing the background lifts the probability of pet
# everywhere, and nearly nowhere above one half. Nor do the classes have weights here; the paper has one $\alpha$ for each.
#
# ### When labels are wrong
#
# The hardest pixel of all is one whose label is wrong. Turn the labels of 5 % of the pixels round, at random, and ask
# a network that was trained on clean labels: which share of the loss do these pixels pay?

# %% tags=["trains"]
images, targets = train_near
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
print("the larger gamma, the more wrong labels are listened to:", shares[0] < shares[2] < shares[5])

# %% [markdown]
# What does that do to a training? A few wrong pixels among many right ones do little, so turn 35 % round. And a gamma of 5 costs
# something even with clean labels, so train with both. Before you run the cell: how much will the wrong labels cost each gamma?

# %% tags=["trains"]
turned = torch.rand(targets.shape, generator=torch.Generator().manual_seed(0)) < 0.35  # (N, H, W)
noisy = torch.where(turned, 1 - targets, targets)
with_gamma = {"clean labels, gamma 0": scores["near"]["cross-entropy"]}
for name, labels, gamma in (("clean", targets, 5), ("wrong", noisy, 0), ("wrong", noisy, 5)):
    network = train(lambda logits, true, g=gamma: focal_loss(logits, true, 1.0, g), images, labels)
    with_gamma[f"{name} labels, gamma {gamma}"] = score(network, *test_near)
report(with_gamma)

# %% tags=["nbval-check-output"]
lost = {
    gamma: with_gamma[f"clean labels, gamma {gamma}"]["pet"]
    - with_gamma[f"wrong labels, gamma {gamma}"]["pet"]
    for gamma in (0, 5)
}
print("wrong labels cost gamma 5 more, by 0.1 of IoU or above:", lost[5] > lost[0] + 0.1)

# %% [markdown]
# With gamma 0 the network averages most of the wrong labels away. With gamma 5 it listens to little else.

# %% [markdown]
# ## Draw rare pictures more often
#
# All remedies so far change the loss. In *rare* there is a simpler thing to change. A batch of 16 holds four pets on average;
# nothing forbids to draw the pictures with a pet more often. That is **oversampling**.

# %% [markdown] exercise="draw-chances"
# Write `draw_chances(targets, class_id, share)`. `targets` is a NumPy array this time.

# %% exercise="draw-chances"

# %%
draw_chances = unblock("draw-chances")

# %% [markdown]
# With a share of 0.7, eleven of sixteen pictures show a pet. Before you run the cell: how much of the pixels of a batch is pet
# then, if it was 2 % with a quarter of the pictures?

# %% tags=["trains"]
chances = np.asarray(draw_chances(train_rare[1].numpy(), 1, 0.7))
pet_pixels = train_rare[1].float().mean(dim=(1, 2)).numpy()  # (N,)
print(f"pet pixels in a batch: {pet_pixels.mean():.1%}, oversampled {chances @ pet_pixels:.1%}")
scores["rare"]["oversampled, CE"] = score(train(F.cross_entropy, *train_rare, chances), *test_rare)
both = train(lambda logits, true: combined_loss(logits, true, 1.0), *train_rare, chances)
scores["rare"]["oversampled, CE + Dice"] = score(both, *test_rare)
report(scores["rare"])

# %% tags=["nbval-check-output"]
print(
    "oversampled, CE + Dice beats CE by 0.1 or more:",
    scores["rare"]["oversampled, CE + Dice"]["pet"] > scores["rare"]["cross-entropy"]["pet"] + 0.1,
)

# %% [markdown]
# **When it hurts.** There are 64 different pets, and each comes up nearly three times as often; the network may learn them by heart. And
# with every picture showing a pet, it would learn that there always is one. In *far*, where all pictures have a pet, oversampling
# can do nothing at all.
#
# ## Side by side
#
# The same losses on *near* and *far*, where no picture is without a pet. Which of the remedies will still be worth it on *near*? The
# trainings take a while; a line comes after each.

# %% tags=["trains"]
for name, train_set, test_set in (("far", train_far, test_far), ("near", train_near, test_near)):
    counts = np.array([np.bincount(target.flatten(), minlength=2) for target in train_set[1].numpy()])
    weight = torch.as_tensor(np.asarray(class_weights(counts, "inverse"))).float()
    losses = {
        "inverse frequency": lambda logits, true, w=weight: weighted_cross_entropy(logits, true, w),
        "Dice": dice_loss,
        "IoU": iou_loss,
        "focal": lambda logits, true: focal_loss(logits, true, 1.0, 2.0),
        "CE + 2 (1 - Dice)": lambda logits, true: combined_loss(logits, true, 2.0),
    }
    for title, loss in losses.items():
        if title not in scores[name]:
            scores[name][title] = score(train(loss, *train_set), *test_set)
            print(f"{name:5}{title:18} IoU of the pet {scores[name][title]['pet']:.2f}")

# %%
print(f"{'IoU of background, pet':24}" + "".join(f"{name:>14}" for name in scores))
for title in scores["rare"]:
    cells = [scores[name].get(title) for name in scores]
    print(
        f"{title:24}"
        + "".join(f"{s['background']:8.2f}{s['pet']:6.2f}" if s else " " * 13 + "-" for s in cells)
    )

# %%
figure, axes = plt.subplots(figsize=(8, 5.8), layout="constrained")
titles = list(scores["rare"])
for offset, (name, mark) in enumerate(zip(scores, ("", "//", ".."), strict=True)):
    places = {
        title: place + 0.26 * (offset - 1) for place, title in enumerate(titles) if title in scores[name]
    }
    heights = [scores[name][title]["pet"] for title in places]
    bars = axes.barh(
        list(places.values()), heights, 0.24, color=PALETTE[offset] / 255, hatch=mark, label=name
    )
    plt.setp(bars, edgecolor="black")
    axes.bar_label(bars, fmt="%.2f", padding=3, fontsize="x-small")
axes.set_yticks(range(len(titles)), titles)
axes.invert_yaxis()
axes.set(xlabel="IoU of the pet on test pictures", xlim=(0, 1))
axes.legend(frameon=False)
show(
    figure,
    alt="Bars of the pet's IoU for each loss on near, far and rare: alike on near; on rare plain cross-entropy and focal are "
    "close to 0, Dice and oversampling are best",
)

# %% [markdown]
# Where there is no bar, that remedy was not trained there; a bar of no height means that it was, and found nothing. On *near* no remedy is worth much. On
# *far* Dice, IoU and the sum help; weights do not, because they pay for recall with too much precision. On *rare* all but focal loss
# help, and changing the pictures helps as much as any loss.
#
# | remedy | helps when | hurts when |
# |---|---|---|
# | inverse weights | a miss is worse than false alarms | precision matters: it floods the picture |
# | median weights | the class is missing from many images | as above, more mildly |
# | Dice, IoU | the class is small | it is absent from an image, and you sum image by image |
# | CE + lambda (1 - Dice) | nearly always a fair start | lambda is too small for the rareness |
# | focal | very many easy pixels, a long training | labels are wrong, or the training is short |
# | oversampling | few images show the class | all images show it, or very few do: learned by heart |
#
# Look at precision and recall beside the IoU: two remedies with the same IoU can fail in opposite ways.

# %%
figure = compare({"weights": weighted, "Dice": dice, "oversampled": both}, *test_rare, numbers=(0, 4, 1))
show(
    figure,
    alt="Two pictures with a small pet and one with none, the truth and three predictions: weights flood the picture, Dice "
    "and oversampling with Dice mark far less beside the pets",
)

# %% [markdown]
# ## Checkpoint
#
# **1.** A class has 1 % of the pixels. What does inverse weighting do to its recall and its precision, and why?
#
# <details><summary>Answer</summary>
#
# Recall rises, precision falls. A miss costs about a hundred times what a false alarm costs, so the network says the class
# wherever it has a small chance.
#
# </details>
#
# **2.** Why can't Dice loss be computed from the class map?
#
# <details><summary>Answer</summary>
#
# argmax jumps: a small change of the weights changes no pixel, or turns one over. There is no slope to follow. Probabilities change
# a little when the weights change a little.
#
# </details>

# %% [markdown]
# **3.** A tumour shows in one scan of fifty. Dice is summed scan by scan, and the network marks a tumour in every scan. Give two
# ways out.
#
# <details><summary>Answer</summary>
#
# Sum over the batch, or add cross-entropy, which makes every false alarm cost something. Drawing scans with a tumour more often
# helps, too, but not only those.
#
# </details>
#
# **4.** What do alpha = 1 and gamma = 0 make of the focal loss?
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
# - Weights trade precision for recall. Dice and IoU compare areas; leave absent classes out, and sum over the batch.
# - CE + lambda (1 - Dice) and oversampling together are a good start. Focal loss wants clean labels and time.
# - Report the IoU of every class. The mean hides the rare one, and so does accuracy.
#
# Next: [Lesson 09](09_upsampling_and_fcn.ipynb), from small maps back to full size.
