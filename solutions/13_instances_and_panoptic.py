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
# # Instances and panoptic
#
# ![A room with two dogs and a cat that overlap, and its three truths. Semantic: wall, floor, clutter, cat and dog, the two
# dogs in one colour. Instance: three pets in three colours, and nothing else. Panoptic: every pixel has its class, and
# every pet its own number](pictures/13_three_truths.png)
#
# **You will be able to**
#
# - say what semantic, instance and panoptic segmentation each answer, and how their truth is stored,
# - write the parts of Mask R-CNN that turn features into boxes and masks: matching of anchors, decoding of boxes,
#   suppression of duplicates, RoI Align, the mask head and its loss,
# - compute average precision and panoptic quality by hand, and read a table of COCO's scores,
# - judge what a trained Mask R-CNN finds, and what it misses.
#
# **You need** lesson 05: convolutions, a training step. IoU of lesson 03, precision and recall of lesson 02.
#
# **Time** 160 minutes; two sittings, with 120 seconds of computing on two CPU cores.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch

# %% [markdown]
# ## One scene, three truths
#
# So far a network gave every pixel a class. That is **semantic** segmentation, and to it two cats side by side are one
# patch of cat. Ask it how many cats there are, and it cannot say. There are two more ways to describe a picture:
#
# | | every pixel gets | wall and floor | two cats that touch |
# |---|---|---|---|
# | **semantic** | a class | are classes | one patch |
# | **instance** | the number of an object, or nothing | are nothing | number 1 and number 2 |
# | **panoptic** | a class, and a number where there is an object | are classes | cat 1 and cat 2 |
#
# What can be counted is called a **thing**: cat, dog. What cannot be counted is called **stuff**: wall, floor, clutter.
# The next cell draws a room with pets. All three truths come from the same drawing.
# %% tags=["nbval-check-output"]
from course_lib.data.pocket_pets.scene import SCENE_CLASSES, STUFF, THINGS, draw_scene_of_pets

SIZE = (128, 160)
scene = draw_scene_of_pets(np.random.default_rng(97), SIZE)
print("classes:", dict(enumerate(SCENE_CLASSES)), "- things:", THINGS)
print("the pets' classes, from back to front:", [SCENE_CLASSES[label] for label in scene.labels])
print("numbers in the instance map:", np.unique(scene.instances).tolist())

# %%
from course_lib.masks import PALETTE
from course_lib.plots import show

STUFF_COLOURS, PET_COLOURS = PALETTE[[1, 16, 5]], PALETTE[[0, 4, 6, 8, 15, 13]]  # blue tones, warm tones


def colours_of(ids):
    """Return a picture of panoptic ids: wall, floor and clutter in blue tones, each pet in a warm colour."""
    classes, numbers = np.divmod(ids, 1000)
    pets = PET_COLOURS[(np.where(numbers > 0, numbers - 1, classes - THINGS[0])) % len(PET_COLOURS)]
    return np.where(np.isin(classes, THINGS)[..., None], pets, STUFF_COLOURS[classes.clip(max=2)])


def write_on(ax, segment, text):
    """Write on a segment, in the middle of the row that halves it."""
    rows, columns = np.nonzero(segment)
    in_row = columns[rows == rows[len(rows) // 2]]
    box = {"facecolor": "white", "pad": 1.5, "edgecolor": "none"}
    place = in_row[len(in_row) // 2], rows[len(rows) // 2]
    ax.text(*place, text, ha="center", va="center", fontsize=8, bbox=box)


# %%
def show_segments(panels, alt):
    """Show photos and maps side by side; every segment of a map has its name or id written on it."""
    figure, axes = plt.subplots(1, len(panels), figsize=(3.4 * len(panels), 3), layout="constrained")
    for ax, (title, (ids, texts)) in zip(axes, panels.items(), strict=True):
        ax.set_title(title)
        ax.axis("off")
        ax.imshow(ids if ids.ndim == 3 else colours_of(ids))
        for segment in np.unique(ids) if ids.ndim == 2 else ():
            write_on(ax, ids == segment, texts(segment))
    show(figure, alt=alt)


def class_name(panoptic_id):
    """Return the name of an id's class."""
    return SCENE_CLASSES[panoptic_id // 1000]


def number(panoptic_id):
    """Return the number in an id, and nothing for stuff."""
    return panoptic_id % 1000 or "nothing"


# %%
as_instances = np.where(scene.instances > 0, 3000 + scene.instances.astype(int), 0)
show_segments(
    {
        "photo": (scene.image, None),
        "semantic": (scene.semantic.astype(int) * 1000, class_name),
        "instances": (as_instances, number),
    },
    alt="A room with two dogs and a cat, its semantic map with both dogs as one patch, and its instance map with the pets "
    "1, 2 and 3 and nothing elsewhere",
)

# %% [markdown]
# Panoptic truth fits into one integer per pixel: class * 1000 + number. The id 3002 is a cat, the second pet.
# Divide by 1000 and drop the rest, and the semantic map is back.

# %% [markdown] exercise="panoptic-ids"
# Write `panoptic_ids(classes, instances, things)`. Mind the stuff: a wall behind two pets is one wall, whatever number
# the instance map has there.

# %% exercise="panoptic-ids"

# %%
panoptic_ids = unblock("panoptic-ids")

# %% tags=["nbval-check-output"]
panoptic = np.array(panoptic_ids(scene.semantic.tolist(), scene.instances.tolist(), list(THINGS)))
print("the same as the drawing's own:", bool((panoptic == scene.panoptic).all()))
print("the semantic map is in it:", bool((panoptic // 1000 == scene.semantic).all()))
print("ids of things:", [int(each) for each in np.unique(panoptic) if each // 1000 in THINGS])

# %% [markdown]
# Real data sets differ in the details, and a reader that assumes the wrong ones raises no error.
#
# - **Cityscapes** stores 16-bit numbers in `..._instanceIds.png`. A thing is class * 1000 + number, counted from 0: 26003 is
#   the fourth car. Stuff keeps its bare class: road is 7, not 7000.
# - **COCO** stores a colour picture. A segment's id is R + 256 G + 256² B, and it says nothing about the class: that is
#   written in a JSON file, in `segments_info`. Dividing such an id by 1000 gives nonsense.
#
# Here are two pixels of a COCO file and its entry. Before you run the cell: what is the class of the first pixel?

# %% tags=["nbval-check-output"]
colours = np.array([[10, 2, 0], [200, 30, 1]])  # two pixels, RGB
segments_info = [{"id": 522, "category_id": 18}, {"id": 73416, "category_id": 17}]  # 17 is cat, 18 is dog
category_of = {segment["id"]: segment["category_id"] for segment in segments_info}
for segment_id in (colours @ [1, 256, 256**2]).tolist():
    print("id", segment_id, "has category", category_of[segment_id], "- divided by 1000:", segment_id // 1000)

# %% [markdown]
# ## Connected components, and where they fail
#
# Panoptic truth holds both others. Can instances be had from the semantic map as well? That looks easy: let every patch of
# pet be a pet. Two pixels of a mask are **connected** if you can walk from one to the other without leaving it, going up,
# down, left and right. All pixels that are connected make one **component**.
#
# Here is the scene again, and another one. The first has three pets, the second two. Before you run the cell: how
# many components will each have?

# %%
import math

import torch.nn.functional as F
from torch import nn

from course_lib.instances import connected_components

cut = draw_scene_of_pets(np.random.default_rng(67), SIZE)
alts = (
    "Two dogs and a cat that touch: three instances, one component",
    "A dog behind a post, and a cat: two instances, but four components, because the post cuts the dog",
)
for one, alt in zip((scene, cut), alts, strict=True):
    components = connected_components(np.isin(one.semantic, THINGS))
    pets = {"true instances": one.instances, "components": components}
    maps = {name: (np.where(ids > 0, 3000 + ids.astype(int), 0), number) for name, ids in pets.items()}
    show_segments({"photo": (one.image, None), **maps}, alt=alt)

# %% [markdown]
# Components fail in two opposite ways. **Pets that touch merge**, because no background parts them. **A pet that is cut
# splits**: behind the post the dog's head is a component of its own, and so is the crumb beside the post, number 4.
#
# How common is that? Guess the share of scenes in which the number comes out right, then count over sixty of them.

# %% tags=["nbval-check-output"]
counted = {"right": 0, "too few": 0, "too many": 0}
for seed in range(60):
    one = draw_scene_of_pets(np.random.default_rng([1, seed]), (64, 80))
    surplus = connected_components(np.isin(one.semantic, THINGS)).max() - len(one.labels)
    counted["right" if surplus == 0 else "too few" if surplus < 0 else "too many"] += 1
print("scenes of 60 whose number of components is", counted)

# %% [markdown]
# And this was the *true* semantic map. No network, however good, can mend that afterwards. (A count that comes out right may
# even be wrong twice: one pet merged, another one split.) What tells two pets apart must be predicted. It cannot be one output
# channel for each pet, because channels are fixed when a network is built, and nobody knows how many pets will come.

# %% [markdown]
# ## Three ways to tell objects apart
#
# ![Three columns. Segment, then detect: a map of pet or not, and one component for three pets. Bottom-up: arrows from the
# pixels of each pet to its centre, and three groups. Detect, then segment: three boxes that overlap, and a mask inside
# each](pictures/13_three_routes.png)
#
# | | predicts first | then | fails where | examples |
# |---|---|---|---|---|
# | **segment, then detect** | classes, often with borders or distances to them | cuts the map into components | pieces merge or split | watershed; cells under a microscope |
# | **bottom-up** | for every pixel, where its object's centre is | groups pixels that point to one place | two centres coincide | Panoptic-DeepLab |
# | **detect, then segment** | boxes | draws a mask inside each | two objects share nearly one box | Mask R-CNN |
#
# The rest of this lesson builds the third way. A fourth one, which asks for a fixed number of masks at once, is in lesson 14. You
# will often read that instance segmentation is semantic segmentation plus detection. That describes the first way. The third one
# needs no semantic map at all: inside each box it only asks what belongs to this object.

# %% [markdown]
# ## Detect, then segment
#
# **Mask R-CNN** (2017) is Faster R-CNN (2015), a detector of boxes with classes, with one head more, for the mask. It works in
# five steps.
#
# 1. A **backbone** turns the image into features, as an encoder does.
# 2. A **region proposal network** (RPN) looks at boxes of set sizes at every place of the features, the **anchors**. For
#    each it says: is there an object, and how must the box be moved to fit?
# 3. Boxes that say the same thing twice are removed: **non-maximum suppression**.
# 4. The features inside each box that is left, a *region of interest* (RoI), are read at one fixed size: **RoI Align**.
# 5. Three **heads** look at them: which class, which box precisely, which mask.
#
# You will write steps 2 to 5, except for their convolutions.

# %% [markdown]
# ### Features of several sizes
#
# ![On the left the encoder's features at 1/4, 1/8, 1/16 and 1/32 of the size, with 24 to 192 channels. Arrows go across
# through 1x1 convolutions to the pyramid on the right, which has 48 channels everywhere; from the top down each level is
# enlarged twofold and added to the next. Beside the levels: anchors of side 96, 56, 32 and 16](pictures/13_pyramid.png)
#
# A small pet is found in fine features, a large one in coarse ones. But fine features come early in an encoder, when it
# has seen little of the surroundings. A **feature pyramid** (FPN) lets the coarse levels tell the fine ones what they know:
# from the top down, each level is enlarged and added to the next, as a U-Net's decoder does with its skips. Unlike a
# U-Net, it keeps every level as an output.
#
# ### Anchors
#
# Each cell of each level has three anchors of the same area: a wide, a square and a high one. The levels have 1/4 to 1/32
# of the sides of 128 x 160 pixels. Before you run the cell: how many anchors are there in all?

# %% tags=["nbval-check-output"]
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList

levels = [torch.zeros(1, 48, SIZE[0] // stride, SIZE[1] // stride) for stride in (4, 8, 16, 32)]
generator = AnchorGenerator(sizes=((16,), (32,), (56,), (96,)), aspect_ratios=((0.6, 1.0, 1.7),) * 4)
batch = ImageList(torch.zeros(1, 3, *SIZE), [SIZE])
anchors = generator(batch, levels)[0].numpy()  # (A, 4): left, top, right, bottom
print("anchors:", len(anchors), "=", " + ".join(str(3 * level[0, 0].numel()) for level in levels))

# %% [markdown]
# The network gives two answers for each of these: a score, and four numbers that move the box. To teach it, every anchor
# needs a true answer. Which of the three pets should an anchor learn, if any? The IoU decides: with the pet that it
# overlaps most, if that is enough; with none if it overlaps hardly anything. In between, nothing is asked of it.

# %% [markdown] exercise="match-anchors"
# Write `match_anchors(ious, high, low)`. One rule saves the small and the thin objects, which no anchor fits well: every
# object's best anchor learns, even if its IoU is low.

# %% exercise="match-anchors"

# %%
match_anchors = unblock("match-anchors")

# %% [markdown]
# Now match the scene's anchors with its three pets, at the thresholds that the RPN uses, 0.7 and 0.3. Before you run the
# cell: how many of the 5100 will learn a pet? And how many would it be without the rule about the best anchor?

# %% tags=["nbval-check-output"]
from torchvision.models.detection._utils import Matcher

from course_lib.instances import box_iou, boxes_of

true_boxes = boxes_of(scene.masks)  # (3, 4)
ious = box_iou(anchors, true_boxes)  # (A, 3)
ious += np.random.default_rng(0).uniform(0, 1e-9, ious.shape)  # so that no two are equal
matches = np.array(match_anchors(ious, 0.7, 0.3))
print(
    "learn a pet:", int((matches >= 0).sum()), "- have an IoU of 0.7:", int((ious >= 0.7).any(axis=1).sum())
)
print("background:", int((matches == -1).sum()), "- not used:", int((matches == -2).sum()))
theirs = Matcher(0.7, 0.3, allow_low_quality_matches=True)(torch.from_numpy(ious.T)).numpy()
print("the same as torchvision's own matching:", bool((matches == theirs).all()))

# %%
figure, ax = plt.subplots(figsize=(6.2, 5), layout="constrained")
ax.imshow(scene.image)
kinds = (
    (np.flatnonzero(matches == -2)[::60], "not used (some)", PALETTE[1]),
    (np.flatnonzero(matches >= 0), "learns a pet", PALETTE[0]),
)
for chosen, name, colour in kinds:
    for count, (left, top, right, bottom) in enumerate(anchors[chosen]):
        corner, label = (left - 0.5, top - 0.5), name if count == 0 else None
        ax.add_patch(
            plt.Rectangle(
                corner, right - left, bottom - top, fill=False, color=colour / 255, label=label, linewidth=2
            )
        )
ax.axis("off")
ax.legend(loc="lower left")
show(
    figure,
    alt="The scene with the three anchors that learn a pet, one for each, which fit the pets more or less closely, and some "
    "that are not used",
)

# %% [markdown]
# Without the rule only one of these three pets would teach anything. And a few anchors that learn a pet are lost among thousands of
# background: the imbalance of lesson 08 again. So the RPN's loss looks at a random sample, 256 anchors in the paper of
# Faster R-CNN, which introduced it, and 64 in this lesson's network, of which up to half have an object.
#
# ### From anchors to boxes
#
# No anchor fits exactly, so the network also says how to move it. Not in pixels: a shift of 5 pixels is a lot for a
# small box and nothing for a large one. It gives the shift of the centre in widths and heights of the anchor, and the
# change of size as a logarithm. Here is how truth is turned into these four numbers.


# %%
def encode_box(anchor, box):
    """Return (dx, dy, dw, dh): how an anchor must be moved and stretched to become a box."""
    width, height = anchor[2] - anchor[0], anchor[3] - anchor[1]
    dx = ((box[0] + box[2]) / 2 - (anchor[0] + anchor[2]) / 2) / width
    dy = ((box[1] + box[3]) / 2 - (anchor[1] + anchor[3]) / 2) / height
    return dx, dy, np.log((box[2] - box[0]) / width), np.log((box[3] - box[1]) / height)


# %% [markdown]
# Before you run the next cell: the pet below is twice as wide and twice as high as its anchor, and has the same centre. What
# are the four numbers? And what if anchor and pet are both three times as large?

# %%
print([round(float(each), 2) for each in encode_box((20, 20, 40, 40), (10, 10, 50, 50))])
print([round(float(each), 2) for each in encode_box((60, 60, 120, 120), (30, 30, 150, 150))])

# %% [markdown] exercise="decode-box"
# When the network is used, the four numbers come from it, and a box must be made of them. Turn the equations of
# `encode_box` round: write `decode_box(anchor, code)`.

# %% exercise="decode-box"

# %%
decode_box = unblock("decode-box")

# %% tags=["nbval-check-output"]
learning = np.flatnonzero(matches >= 0)
there_and_back = [decode_box(anchors[n], encode_box(anchors[n], true_boxes[matches[n]])) for n in learning]
print("back at the pets' boxes:", bool(np.allclose(there_and_back, true_boxes[matches[learning]], atol=1e-3)))

# %% [markdown]
# Boxes that reach over the edge are cut to the image afterwards, and those without a size are dropped.
#
# ### One box for each object
#
# Neighbouring anchors see the same pet and all turn into nearly the same box. So the surest box suppresses those that
# overlap it much. This is **non-maximum suppression**, NMS, and it needs nothing but boxes and scores.

# %% [markdown] exercise="non-maximum-suppression"
# Write `non_maximum_suppression(ious, scores, threshold)`.

# %% exercise="non-maximum-suppression"

# %%
non_maximum_suppression = unblock("non-maximum-suppression")

# %% [markdown]
# Take all anchors that overlap a pet by 0.3 or more, let each be moved to its pet, not quite exactly, and give them scores.
# Before you run the cell: how many boxes should stay? And which risk do you see in a low threshold when pets hug?

# %% tags=["nbval-check-output"]
from torchvision.ops import nms

chance = np.random.default_rng(0)
near, pet = np.flatnonzero(ious.max(axis=1) >= 0.3), ious.argmax(axis=1)
moved = [decode_box(anchors[n], encode_box(anchors[n], true_boxes[pet[n]])) for n in near]
noisy = np.array(moved) + chance.normal(0, 1.5, (len(near), 4))
scores = chance.uniform(0.5, 1, len(noisy)).round(3)
kept = list(non_maximum_suppression(box_iou(noisy, noisy), scores.tolist(), 0.5))
print(len(noisy), "boxes, of which stay", len(kept), "- for the pets", sorted(pet[near][kept].tolist()))
theirs = nms(torch.from_numpy(noisy), torch.from_numpy(scores), 0.5).tolist()
print("the same as torchvision's nms:", theirs == [int(n) for n in kept])

# %% [markdown]
# Suppression takes much overlap for "the same object", and two pets that hug overlap much as well. How many pets would be
# lost even if every box were *exactly right*? In the heads, boxes of different classes do not suppress each other, so here a
# pet can be removed only by another one of its class. (The cell draws 200 scenes, which takes some seconds.)

# %%
lost, pets = dict.fromkeys((0.3, 0.4, 0.5, 0.6, 0.7), 0), 0
for seed in range(200):
    one = draw_scene_of_pets(np.random.default_rng([1, seed]), (64, 80))
    overlap = box_iou(boxes_of(one.masks), boxes_of(one.masks)) * (one.labels[:, None] == one.labels)
    pets += len(one.labels)
    for threshold in lost:
        stay = non_maximum_suppression(overlap, (1 - 0.01 * np.arange(len(one.labels))).tolist(), threshold)
        lost[threshold] += len(one.labels) - len(list(stay))
print(
    "of",
    pets,
    "pets are lost, at the thresholds",
    ", ".join(f"{each}: {count}" for each, count in lost.items()),
)

# %% [markdown]
# The lowest threshold costs one pet in nine before the network has made a mistake; a high one leaves duplicates. torchvision's
# default is 0.5, and the lesson's network uses 0.6. Soft-NMS lowers scores where NMS deletes boxes. Networks that match their
# outputs with the objects one to one, in lesson 14, need neither.

# %% [markdown]
# ## RoI Align
#
# The heads need features of one size, 7 x 7 or 14 x 14, whatever the size of the box. The features are smaller
# than the image by a factor of 4 or 8, so a box of whole pixels has fractions there. The older **RoI Pool** rounds: the box to
# whole cells, its parts to whole cells, and then it takes the largest value of each part. At an eighth of the size, half a
# cell is four pixels of the image.
#
# **RoI Align** rounds nothing. It takes the middle of each part, wherever that lies, and interpolates between the four
# cells around it.

# %% [markdown] exercise="roi-align"
# Write `roi_align(features, box, size)` for features of one channel. One value is read, in the middle of each part.
# The trap: the centre of cell 0 lies at 0.5, not at 0. And where a middle lies beyond the outermost centres, clamp it to them.

# %% exercise="roi-align"

# %%
roi_align = unblock("roi-align")

# %% [markdown]
# Now shift a box, slowly. The features are a ramp: the value of every cell is the x of its centre. So what is read should
# grow by exactly the shift. Before you run the cell: in which steps will RoI Pool's number grow?

# %% tags=["nbval-check-output"]
from torchvision.ops import MultiScaleRoIAlign, roi_pool

ramp = np.tile(np.arange(16) + 0.5, (8, 1))  # (8, 16)
print("shift   Align   Pool")
for shift in (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0):
    box = (4.1 + shift, 2.0, 8.1 + shift, 6.0)
    aligned = np.array(roi_align(ramp, box, 2))[0, 0]
    batch = torch.from_numpy(ramp)[None, None]  # (1, 1, 8, 16)
    pooled = roi_pool(batch, [torch.tensor([box]).double()], output_size=2)[0, 0, 0, 0].item()
    print(f"{shift:5.2f}  {aligned:6.2f} {pooled:6.2f}")

# %% [markdown]
# That RoI Pool's numbers are larger is not a fault: it reads the largest value of a part, not the one in its middle. Look at how
# they move. RoI Align follows the box. RoI Pool stays where it is, then jumps by a whole cell: 8 pixels of the image, on a mask
# that should be right to one or two. Here is the same with a pet. Its mask, at 1/8 of the size, is read in a box that moves
# by two pixels of the image at a time.

# %%
mask = torch.from_numpy(scene.masks[-1]).double()[None, None]  # (1, 1, 128, 160)
small = torch.nn.functional.avg_pool2d(mask, 8)  # (1, 1, 16, 20)
left, top, right, bottom = true_boxes[-1] / 8
figure, axes = plt.subplots(2, 5, figsize=(11, 4.6), layout="constrained")
for column, shift in zip(axes.T, (0, 2, 4, 6, 8), strict=True):
    box = (left + shift / 8, top, right + shift / 8, bottom)
    pooled = roi_pool(small, [torch.tensor([box])], 14)[0, 0]
    for ax, name, values in zip(
        column, ("Align", "Pool"), (roi_align(small[0, 0].numpy(), box, 14), pooled), strict=True
    ):
        ax.imshow(torch.as_tensor(values).numpy(), cmap="gray", vmin=0, vmax=1)
        ax.set_title(f"{name}, box + {shift} pixels", fontsize=10)
        ax.axis("off")
show(
    figure,
    alt="14 x 14 readings of a pet's mask while the box moves by 0 to 8 pixels: with RoI Align it glides to the left a little "
    "each time, with RoI Pool it is blocky, stays for some steps and jumps",
)

# %% [markdown]
# ### What torchvision's network does
#
# Two things differ from your function.
#
# **Half a cell.** `torchvision.ops.roi_align` has an argument `aligned`. With `aligned=True` it does what you wrote.
# With `aligned=False`, the older behaviour, it takes the centre of cell 0 to be at 0. That is the trap named above, and
# Mask R-CNN in torchvision falls into it: its `MultiScaleRoIAlign` calls `roi_align` with `aligned=False`.
# Detectron2 mended it in 2019; torchvision keeps it, because weights trained one way expect that way.

# %% tags=["nbval-check-output"]
box, features = (4.1, 2.0, 8.1, 6.0), torch.from_numpy(ramp).float()[None, None]
pooler = MultiScaleRoIAlign(["0"], output_size=2, sampling_ratio=1)
inside = pooler({"0": features}, [torch.tensor([box])], [(8, 16)])[0, 0, 0]
print("yours:        ", np.round(np.array(roi_align(ramp, box, 2))[0], 2).tolist())
print("the network's:", [round(value, 2) for value in inside.tolist()])

# %% [markdown]
# On features at a quarter of the size, this half cell is two pixels of the image. It is the same shift for every box, in
# training and in use, so the heads can get used to it. RoI Pool's error differs from box to box.
#
# **Four readings.** The paper reads four values in each part, at regular places, and takes their mean (`sampling_ratio=2`,
# two along each axis). Before you run the cell: on which of the two features does that make a difference, on the ramp or on
# a single bright column?

# %% tags=["nbval-check-output"]
from torchvision.ops import roi_align as their_roi_align

column = torch.zeros(1, 1, 8, 16).double()
column[..., 6] = 1
for name, features in (("ramp", torch.from_numpy(ramp)[None, None]), ("column", column)):
    boxes = [torch.tensor([[4.1, 2.0, 12.1, 6.0]]).double()]  # parts four cells wide
    for ratio in (1, 2):
        values = their_roi_align(features, boxes, 2, sampling_ratio=ratio, aligned=True)[0, 0, 0]
        print(f"{name:6} {ratio * ratio} readings: {np.round(values.numpy(), 3).tolist()}")

# %% [markdown]
# A ramp's mean is its value in the middle. But the column fills a quarter of the first part, and a single reading takes it
# for much more, because it happens to fall beside it. Four readings come nearer. The lesson's network uses four, as the
# paper does.
#
# ## The mask head
#
# The mask head is a small fully convolutional network that is applied to every RoI by itself. Its input is 14 x 14, because
# a mask needs more detail than a class does. (The class and box heads are content with 7 x 7.)
#
# | layer | gives |
# |---|---|
# | four times: 3x3 convolution, padding 1, ReLU | width x 14 x 14 |
# | 2x2 transposed convolution, stride 2, ReLU | width x 28 x 28 |
# | 1x1 convolution | num_classes x 28 x 28 |
#
# There is one mask **for each class**. The head does not decide what it sees: it draws the cat that would be here, and the
# dog that would be here. The class head picks one. The mask is then scaled to the box and pasted into the image.

# %% [markdown] exercise="mask-head"
# Build `MaskHead`. First count its weights and biases on paper, for 256 channels in, a width of 256 and 3 classes. The cell
# after it prints the number, and the check counts those of your head, mostly of smaller ones.

# %% exercise="mask-head"

# %%
MaskHead = unblock("mask-head")

# %% tags=["nbval-check-output"]
rois, num_classes, width = example("mask-head")
head = MaskHead(rois.shape[1], num_classes, width)
with torch.no_grad():
    print("a RoI", tuple(rois.shape), "gives mask logits", tuple(head(rois).shape))
print("weights and biases:", 4 * (256 * 256 * 9 + 256) + (256 * 256 * 4 + 256) + (256 * 3 + 3))

# %% [markdown]
# ## The loss: three parts
#
# The heads learn from a sample of RoIs, matched with the objects as the anchors were, at an IoU of 0.5. Three losses are
# added:
#
# | part | which RoIs | what |
# |---|---|---|
# | class | all, background included | cross-entropy |
# | box | those with an object | smooth L1 (`F.smooth_l1_loss`) of the four numbers: e² / 2 for an error e below 1, e − 1/2 above |
# | mask | those with an object | binary cross-entropy of each pixel, **of the true class's mask only** |
#
# Why of the true class only? If the dog's mask were taught to be empty on every cat, the classes would compete for each
# pixel, as they do with softmax. Here they need not: the class head has decided already.

# %% [markdown] exercise="total-loss"
# Write `total_loss`. Mind a batch in which no RoI has an object: a mean over nothing is `nan`.

# %% exercise="total-loss"

# %%
total_loss = unblock("total-loss")

# %% [markdown]
# A test: one RoI, truly a cat (class 1). Before you run the cell: which of the three masks will get a gradient?

# %% tags=["nbval-check-output"]
masks = torch.zeros(1, 3, 28, 28, requires_grad=True)  # (N, C, 28, 28): background, cat, dog
class_logits, boxes, truth = torch.zeros(1, 3), torch.zeros(1, 3, 4), torch.ones(1, 28, 28)
losses = total_loss(class_logits, boxes, masks, torch.tensor([1]), torch.zeros(1, 4), truth)
print({name: round(value.item(), 4) for name, value in losses.items()})
losses["mask"].backward()
print("gradient in the masks of background, cat, dog:", (masks.grad != 0).any(dim=(0, 2, 3)).tolist())

# %% [markdown]
# ## Average precision
#
# A detector gives a list of masks, each with a class and a **score**: how sure it is. How good is such a list? There are two
# steps.
#
# **Which detections are hits?** Go through the list, the surest first. Each detection takes, of the objects that are still
# free, the one that it overlaps most, if their IoU is at least a threshold. Otherwise it is a false alarm.

# %% [markdown] exercise="match-detections"
# Write `match_detections(ious, threshold)`. Row 0 holds the IoUs of the surest detection with every object.

# %% exercise="match-detections"

# %%
match_detections = unblock("match-detections")

# %% [markdown]
# **How good is the order?** After each detection you know two things: the **precision**, the share of hits among the
# detections so far, and the **recall**, the share of objects found so far. COCO asks for the best precision that is reached
# at recall 0, 0.01, ..., 1 *or more*, and takes the mean: that is the **average precision**, AP. Three detections, hit, miss, hit, for two objects:
#
# | after | precision | recall |
# |---|---|---|
# | the first | 1 | 0.5 |
# | the second | 1/2 | 0.5 |
# | the third | 2/3 | 1 |
#
# At the 51 recalls up to 0.5 the best precision is 1, at the other 50 it is 2/3: (51 + 50 * 2/3) / 101 = 0.835.

# %% [markdown] exercise="average-precision"
# Write `average_precision(hits, objects)`. It should give 0.835 for the table above. Compute each recall as `step / 100`: whoever
# adds 0.01 a hundred times does not get exactly 1.

# %% exercise="average-precision"

# %%
average_precision = unblock("average-precision")

# %% [markdown]
# Now with pets. Say a detector gave four masks for the scene, all of the right class: two good ones, a third one that is
# shifted, and the first one once more. Before you run the cell: what happens to the AP as the threshold rises?

# %%
from course_lib.instances import AveragePrecision, mask_iou

good, other, third = scene.masks[scene.labels.argsort(kind="stable")]
found = np.stack(
    [good, np.roll(other, 2, axis=1), good, np.roll(third, 9, axis=1)]
)  # (4, H, W), the surest first
overlaps = mask_iou(found, np.stack([good, other, third]))  # (4, 3)
print(overlaps.round(2))

# %% tags=["nbval-check-output"]
thresholds = [0.5 + 0.05 * step for step in range(10)]
by_hand = [average_precision(match_detections(overlaps.tolist(), t), objects=3) for t in thresholds]
library = AveragePrecision(by="masks")
library.update(
    {"masks": found, "labels": [1] * 4, "scores": [0.9, 0.8, 0.7, 0.6]},
    {"masks": np.stack([good, other, third]), "labels": [1] * 3},
)
print("the library computes the same:", bool(np.allclose(library.of_classes()[1], by_hand)))

# %%
fine = np.arange(0.5, 0.955, 0.005)
between = [average_precision(match_detections(overlaps.tolist(), t), objects=3) for t in fine]
figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
ax.step(fine, between, where="post", color="black")
ax.plot(thresholds, by_hand, "o", color="black", label="the ten thresholds of COCO")
ax.legend()
ax.set(xlabel="IoU that a hit needs", ylabel="average precision", ylim=(0, 1.05))
show(
    figure,
    alt="Average precision of the four detections against the threshold: it falls in steps as more IoU is asked for",
)
print(f"AP50 {by_hand[0]:.3f}   AP75 {by_hand[5]:.3f}   AP {np.mean(by_hand):.3f}")

# %% [markdown]
# A table of COCO's results has a column for each way to take this mean. You will compute them for a network below.
#
# | column | means |
# |---|---|
# | **AP** | the mean over the ten thresholds 0.5, 0.55, ..., 0.95, and over all classes; "AP 38" in a paper is 0.38 |
# | **AP50**, **AP75** | one threshold: found at all, and found with a good outline. AP50 is the highest of the three |
# | **AP S, M, L** | only objects of an area below 32², between, and above 96² pixels. Others are left out, and so are detections of them |
# | **maxDets** | only the surest detections of an image count: usually 100, sometimes 10 or 1 |
# | **crowd** | a region like "many people", marked as one. It need not be found, any number of detections may lie in it, and none of them is a false alarm. Our drawn scenes have none |
#
# ## Panoptic quality
#
# A panoptic map has no scores and no overlaps: every pixel belongs to one segment. So there is no curve either, and the score is
# another one, the **panoptic quality**, PQ. A predicted
# and a true segment of one class **match** if their IoU is above 0.5. A segment cannot have two matches then, because no two
# segments both cover more than half of it.
#
# $$PQ = \underbrace{\frac{\text{sum of the matches' IoUs}}{\text{matches}}}_{SQ,\ \text{how well drawn}} \cdot
# \underbrace{\frac{\text{matches}}{\text{matches} + \frac{1}{2}\,\text{only predicted} + \frac{1}{2}\,\text{only true}}}_{RQ,\
# \text{how well found}}$$
#
# It is computed for each class, stuff as well as things, and averaged over the classes.

# %% [markdown] exercise="panoptic-quality"
# Write `panoptic_quality(ious, predicted, true)` for one class. A class without any segment has no quality: nan, as in
# lesson 03.

# %% exercise="panoptic-quality"

# %%
panoptic_quality = unblock("panoptic-quality")

# %% [markdown]
# What would connected components score if they had the *true* semantic map? Before you run the cell, guess two numbers: PQ
# of the wall and PQ of the dog.

# %%
from course_lib.instances import PanopticQuality

quality = PanopticQuality(len(SCENE_CLASSES))
for seed in range(60):
    one = draw_scene_of_pets(np.random.default_rng([1, seed]), (64, 80))
    numbers = sum(connected_components(one.semantic == thing) for thing in THINGS)
    quality.update(one.semantic.astype(int) * 1000 + numbers, one.panoptic)
for name, of_class in zip(SCENE_CLASSES, quality.of_classes(), strict=True):
    print(
        f"{name:8} SQ {of_class.segmentation:.2f}  RQ {of_class.recognition:.2f}  PQ {of_class.panoptic:.2f}"
    )

# %% [markdown]
# Stuff is perfect, and the pets, with every pixel of their classes right, are not.
#
# ## Mask R-CNN, trained here
#
# torchvision has Mask R-CNN. Its usual backbone has 64 to 2048 channels and starts from weights that have seen a million
# photos. The course's is a narrow ResNet that starts from nothing; all other parts are torchvision's own classes in
# small sizes. `build_scene_detector` puts them together; a cell with `build_scene_detector??` shows its fifty lines. There is
# one extra: a 1x1 convolution on the finest features predicts the semantic map, with cross-entropy, so that one network gives
# both halves of a panoptic map. This is a *Panoptic FPN*.
#
# The next cell draws 260 scenes, which takes some ten seconds.

# %%
from course_lib.models.scene_detector import build_scene_detector, detect, load_scene_detector


def as_example(scene):
    """Return an image (3, H, W) from 0 to 1 and its target, a dictionary; without a pet, its boxes are (0, 4).

    Scenes without pets stay in, because they teach what is not a pet; torchvision's loss allows for them, as yours does.
    """
    image = torch.from_numpy(scene.image).permute(2, 0, 1).float() / 255  # (3, H, W)
    return image, {
        "boxes": torch.from_numpy(boxes_of(scene.masks)).float(),  # (K, 4)
        "labels": torch.from_numpy(scene.labels) - 2,  # 1 cat, 2 dog; 0 is background
        "masks": torch.from_numpy(scene.masks),  # (K, H, W)
        "semantic": torch.from_numpy(scene.semantic).long(),  # (H, W)
    }


train_set = [as_example(draw_scene_of_pets(np.random.default_rng([2, n]), SIZE)) for n in range(200)]
test_scenes = [draw_scene_of_pets(np.random.default_rng([3, n]), SIZE) for n in range(60)]

# %% [markdown]
# In training mode torchvision's detectors return a dictionary of losses: the three that you know, and two of the RPN, whether
# an anchor has an object (`loss_objectness`) and how it must be moved. The semantic loss is added, at a quarter of the size.


# %%
def train(model, steps):
    """Train a detector in place, four scenes at a time, and return the losses of every step."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps, pct_start=0.15)
    chance, history = np.random.default_rng(0), []
    model.train()
    for step in range(1, steps + 1):
        images, targets = zip(*[train_set[n] for n in chance.integers(len(train_set), size=4)], strict=True)
        losses = model(list(images), list(targets))
        semantic = torch.stack([target["semantic"] for target in targets])[:, 2::4, 2::4]  # (N, H/4, W/4)
        losses["loss_semantic"] = torch.nn.functional.cross_entropy(model.backbone.semantic_logits, semantic)
        optimizer.zero_grad()
        sum(losses.values()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        history.append({name: loss.item() for name, loss in losses.items()})
        if step % 25 == 0:
            lately = {name: np.mean([losses[name] for losses in history[-25:]]) for name in losses}
            print(f"step {step:3}: all {sum(lately.values()):.2f}, box {lately['loss_box_reg']:.2f}")
    return history


# %% [markdown]
# The next cell takes about a minute on a core of its own. It ends after a number of steps, not of seconds, so that it
# ends alike on a slow machine. Every 25 steps it prints the sum of all losses and the box loss, both the means of these steps.
# Meanwhile: which losses may rise at first, and why?

# %% tags=["trains"]
torch.manual_seed(0)
detector = build_scene_detector(SIZE, len(SCENE_CLASSES), len(THINGS))
history = train(detector, steps=250)

# %% tags=["trains"]
figure, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
lines = {
    "loss_objectness": "-",
    "loss_classifier": "-",
    "loss_box_reg": "--",
    "loss_mask": ":",
    "loss_semantic": "-.",
}
colours = ["#888888", *PALETTE[[0, 1, 7, 3]] / 255]
for (name, line), colour in zip(lines.items(), colours, strict=True):
    values = np.convolve([losses[name] for losses in history], np.ones(25) / 25, "valid")
    ax.plot(np.arange(25, len(history) + 1), values, line, color=colour, label=name, linewidth=2)
ax.set(xlabel="step", ylabel="mean of the last 25 steps", xlim=(0, None), ylim=(0, None))
ax.legend(ncols=2)
show(
    figure,
    alt="Five losses of the training: those of the RPN's objectness and of the semantic map fall, the box loss rises while "
    "proposals begin to hit pets",
)

# %% [markdown]
# <details><summary>Answer</summary>
#
# The box loss, and the class loss after its first fall. At first the RPN proposes background, which is easy to name and has no
# box to get wrong. As it learns, which the fall of `loss_objectness` shows, its proposals begin to hit pets, and there is more to
# be wrong about. A loss that rises need not be a bad sign in a detector: its task gets harder as it learns.
#
# </details>
#
# ### The same network, trained for longer
#
# A minute on 200 scenes is little. The course brings weights of the same network from a longer training: 6,000 other scenes,
# 28 times as many steps with twice as many scenes in each, and the backbone trained on the semantic maps first. The script
# is `docs/train_scene_detector_weights.py`; it takes about an hour on one core.
#
# In evaluation mode the network returns detections. `detect` of the course calls it, and cuts the soft masks at 0.5. The next
# cell runs both networks over 60 test scenes, for some ten seconds, and keeps the detections with a score above 0.3.

# %% tags=["trains"]
trained = load_scene_detector(SIZE, len(SCENE_CLASSES), len(THINGS))
networks = {"a minute": detector, "the course's weights": trained}
results = {name: [detect(model, scene.image) for scene in test_scenes] for name, model in networks.items()}


def surest(found, least=0.3):
    """Return the detections with a score above a bound."""
    return {name: part[found["scores"] > least] for name, part in found.items()}


sure = {name: [surest(found) for found, _ in of_scenes] for name, of_scenes in results.items()}

# %% [markdown]
# Four of the scenes, with the truth above. A detection has the colour of the true pet that it overlaps most, and is grey if it
# fits none with an IoU of at least 0.5. Two of one colour are duplicates. **Before you run the cell:** by what will you
# recognise the network of a minute: by pets that it misses, or by detections that are too many?

# %%
from course_lib.outlines import show_detections

NAMES = ("nothing", *(SCENE_CLASSES[thing] for thing in THINGS))
truths = [{"masks": scene.masks, "labels": scene.labels - 2} for scene in test_scenes]


def show_scenes(numbers, rows, alt):
    """Show some test scenes: their truth, and below it what each row's network found."""
    found = {name: [sure[name][n] for n in numbers] for name in rows}
    images = [test_scenes[n].image for n in numbers]
    show_detections(images, [truths[n] for n in numbers], found, NAMES, alt=alt)


# %% tags=["trains"]
show_scenes(
    [7, 10, 4, 8],
    list(results),
    alt="Four test scenes: their true pets, the many unsure detections of the network of a minute, and the few, mostly sure "
    "ones of the course's weights",
)

# %% [markdown]
# Compare the scores below the photos, and how often a pet's colour appears. Then the question of this lesson: **are touching
# pets found?** A pet is found if one of the detections overlaps its mask with an IoU of at least 0.5. Components get their
# chance too, on the semantic map that the same network predicts; they can part a cat from a dog, but not two dogs. Before you
# run the cell: what share do you expect of each?

# %% tags=["trains"]
from course_lib.instances import masks_of_components


def found_pets(scene, masks):
    """Return for each pet of a scene whether one of the masks (K, H, W) has an IoU of at least 0.5 with it."""
    return (
        (mask_iou(scene.masks, masks) >= 0.5).any(axis=1) if len(masks) else np.zeros(len(scene.labels), bool)
    )


touching = np.concatenate([scene.touching for scene in test_scenes])
for name, of_scenes in results.items():
    ways = {
        "Mask R-CNN": [found["masks"] for found in sure[name]],
        "components": [masks_of_components(logits, THINGS) for _, logits in of_scenes],
    }
    for way, masks in ways.items():
        hits = np.concatenate([found_pets(*pair) for pair in zip(test_scenes, masks, strict=True)])
        both = f"touching {hits[touching].sum():2} of {touching.sum()}, others {hits[~touching].sum():2} of {(~touching).sum()}"
        print(f"{name + ', ' + way:34}", both)

# %% [markdown]
# Detecting finds many more touching pets than components do: with the course's weights, more than eight in ten. And those that it
# misses: is it the box that is missed, or the mask inside it? And which pets are missed? Guess before you run the cell, which counts among
# the touching pets.

# %% tags=["trains"]
boxes_hit, masks_hit = [], []
for scene, found in zip(test_scenes, sure["the course's weights"], strict=True):
    overlap = box_iou(boxes_of(scene.masks), found["boxes"])  # (K, detections)
    boxes_hit.append((overlap >= 0.5).any(axis=1)[scene.touching])
    masks_hit.append(found_pets(scene, found["masks"])[scene.touching])
boxes_hit, masks_hit = np.concatenate(boxes_hit), np.concatenate(masks_hit)
print("missed:", (~masks_hit).sum(), "- with a box that hits:", (boxes_hit & ~masks_hit).sum(),
      "- without:", (~boxes_hit & ~masks_hit).sum())  # fmt: skip
visible = np.concatenate([scene.masks.sum(axis=(1, 2))[scene.touching] for scene in test_scenes])
for low, high in ((0, 900), (900, 1800), (1800, SIZE[0] * SIZE[1])):
    some = (low <= visible) & (visible < high)
    box, mask = boxes_hit[some].mean(), masks_hit[some].mean()
    print(f"{low:5} to {high:5} pixels visible: {some.sum():2} pets, box {box:.2f}, mask {mask:.2f}")

# %% [markdown]
# <details><summary>Answer</summary>
#
# More often it is the mask. A box around a pet that is half hidden can hold more of the pet in front than of the one that is
# meant, and the mask head has to tell which of the two to draw. The table shows how much depends on what is visible: about half
# of the smallest pieces get their mask, and nearly all of the large ones do.
#
# </details>
#
# Now look: first at scenes in which all pets are found. Which outlines are wrong, and are there two detections on one pet?

# %% tags=["trains"]
groups = {"all found": [], "some missed": []}
for number, (scene, found) in enumerate(zip(test_scenes, sure["the course's weights"], strict=True)):
    if scene.touching.any():
        complete = found_pets(scene, found["masks"]).all()
        groups["all found" if complete else "some missed"].append(number)
print("scenes with touching pets:", {name: len(numbers) for name, numbers in groups.items()})
alt = "Four test scenes with touching pets, and the course's network's detections, which find all of them"
show_scenes(groups["all found"][:4], ["the course's weights"], alt)

# %% [markdown]
# All pets are found, and yet there are masks that are grey, or that share their colour with a surer one: pieces of two pets, and
# duplicates that NMS has left. Both cost AP.
#
# And here is where it fails, in about a third of the scenes: one missed pet is enough to be here. What do the missed pets have in common?

# %% tags=["trains"]
alt = "Four test scenes in which a pet is missed: little of it is visible behind another pet, or masks mix two pets"
show_scenes(groups["some missed"][:4], ["the course's weights"], alt)

# %% [markdown]
# **What you see.** Two dogs that touch are told apart, which the components of a semantic map cannot do. Where the network
# fails, only a little of a pet is visible: its head behind another one's back, for example, or a narrow strip of it. Then
# either there is no detection at all, or its mask covers pieces of both.
#
# **To try.** Set `trained.roi_heads.nms_thresh` to 0.3, and to 0.9, and run the cells from `results` on. Which pets go,
# and what appears instead? Or draw scenes with six pets: `draw_scene_of_pets(rng, SIZE, pets=6)`.
#
# <details><summary>Answer</summary>
#
# With 0.3 there are fewer detections, and a few touching pets that hug another one of their class are lost with them. With 0.9
# one or two more pets are found than with the network's 0.6, at the price of more than three times as many detections, most of which
# are copies.
#
# </details>
#
# ### The table as COCO would print it
#
# Our scenes are small, and so are the bounds for the sizes: 900 and 1800 pixels. **Before you run the cell:** the network of a
# minute has found a little more than half of the 118 pets. Will its AP50 be near that?

# %% tags=["trains"]
ranges = {"": (0, np.inf), " S": (0, 900), " M": (900, 1800), " L": (1800, np.inf)}
print(f"{'':22}   AP  AP50  AP75  AP S  AP M  AP L  AP, maxDets 1")
for name, of_scenes in results.items():
    columns = {size: AveragePrecision(area=area) for size, area in ranges.items()}
    columns["one"] = AveragePrecision(most=1)
    for (found, _), truth in zip(of_scenes, truths, strict=True):
        for column in columns.values():
            column.update(found, truth)
    cells = [columns[""].mean(), columns[""].mean(at=0.5), columns[""].mean(at=0.75)]
    cells += [columns[each].mean() for each in (" S", " M", " L", "one")]
    print(f"{name:22}", "  ".join(f"{cell:4.2f}" for cell in cells))

# %% [markdown]
# <details><summary>Answer</summary>
#
# No, far below. "Found" asks of each pet whether *some* detection fits it. It overlooks the class, the duplicates, the false
# alarms and the order of the scores. AP counts them all: every grey mask, every second mask of one colour, and every dog that is
# called a cat, is a false alarm that lowers the precision of whatever comes after it.
#
# </details>
#
# And see how much is lost from AP50 to AP75: most pets are found, fewer with an outline that is right to the tail. One column
# tells you that there are scenes with two pets of one class. Which?
#
# <details><summary>Answer</summary>
#
# The last: it counts only the surest detection of each class in a scene, so with two dogs in it, one is missed for certain. An
# AP cannot be read without its `maxDets`.
#
# </details>
#
# ### Panoptic from both
#
# The detections overlap, and panoptic segments must not. So the surest pet takes its pixels first. A later one gets
# what is left, and is dropped if that is less than half of its mask. Where no pet is, the semantic logits decide between
# wall, floor and clutter. The components of the semantic map give a panoptic map as well. **Before you run the cell:** which of
# the two ways gets the better PQ of things, and which the better PQ of stuff, although the semantic logits are the same?

# %% tags=["trains"]
from course_lib.instances import panoptic_of_components, panoptic_of_detections

for name, of_scenes in results.items():
    qualities = {way: PanopticQuality(len(SCENE_CLASSES)) for way in ("Mask R-CNN", "components")}
    for scene, (found, logits) in zip(test_scenes, of_scenes, strict=True):
        maps = panoptic_of_detections(found, logits, STUFF, THINGS), panoptic_of_components(logits, THINGS)
        for quality, ids in zip(qualities.values(), maps, strict=True):
            quality.update(ids, scene.panoptic)
    for way, quality in qualities.items():
        classes = zip(SCENE_CLASSES, quality.of_classes(), strict=True)
        print(f"{name + ', ' + way:34} PQ of things {quality.mean(THINGS):.2f}, of stuff {quality.mean(STUFF):.2f} -",
              ", ".join(f"{class_name} {of_class.panoptic:.2f}" for class_name, of_class in classes))  # fmt: skip

# %% [markdown]
# <details><summary>Answer</summary>
#
# Detections give the better things, by far. Components give the better stuff, by a few hundredths: where Mask R-CNN misses a
# pet, its pixels must become wall, floor or clutter. In the components' map they may still be cat or dog, and the stuff stays
# clean. Clutter is small and lies where pets lie, so it suffers most.
#
# </details>
#
# <!-- not measured here -->
# How good is the original? On COCO, with 80 classes, the paper's best Mask R-CNN with a feature pyramid had a mask AP of 0.371
# (2017). torchvision offers two with weights, and names 0.346 and 0.418 for them; with a network,
# `maskrcnn_resnet50_fpn_v2(weights="DEFAULT")` loads the second one, 177 MB. No network was at hand when this lesson was
# built, so none of its pictures comes from these weights. Mask2Former, of lesson 14, reported 0.501 in 2022. So when you read that
# Mask R-CNN is the state of the art on COCO, or that an AP of 35 to 40 is a good result there, look for the year. Both were true
# when it was new.

# %% [markdown]
# ## Checkpoint
#
# **1.** A street has a road, a pavement and eleven cars. How many segments does its panoptic truth have? How many classes
# does its semantic truth have, and how many masks its instance truth?
#
# <details><summary>Answer</summary>
#
# Panoptic 13: two of stuff, eleven of things. Semantic 3: road, pavement, car. Instance 11: only the cars.
#
# </details>
#
# **2.** An anchor has an IoU of 0.5 with one pet and overlaps no other. The thresholds are 0.7 and 0.3. What is it taught?
#
# <details><summary>Answer</summary>
#
# Nothing, as a rule: it lies between the thresholds. If no other anchor fits that pet better, it is taught the pet.
#
# </details>
#
# **3.** The network says (0, 0, 0, 0) for an anchor that is 40 wide and 20 high. What is the box? And what does it say to
# double the height?
#
# <details><summary>Answer</summary>
#
# The anchor itself: no shift, and the factors are exp(0) = 1. To double the height it says dh = log 2 = 0.69.
#
# </details>

# %% [markdown]
# **4.** Features have 1/16 of the image's size. By how many pixels of the image can RoI Pool's rounding move an edge of a
# box? And by how many does RoI Align with `aligned=False` move everything?
#
# <details><summary>Answer</summary>
#
# Rounding moves an edge by up to half a cell, 8 pixels, and by another amount for every box; the rounding of the parts comes
# on top. With `aligned=False` all is read half a cell off, 8 pixels as well, but by the same amount for every box.
#
# </details>
#
# **5.** Two networks find the same three pets of four with the same good masks. One gives a fourth detection, a false alarm,
# with the highest score; the other gives it the lowest. Whose AP is higher, and does the recall differ?
#
# <details><summary>Answer</summary>
#
# The recall is 3/4 for both. The second one's AP is higher: its precision is 1 at all recalls up to 0.75. The first one's
# is at best 3/4 there.
#
# </details>
#
# **6.** A class has SQ 0.9 and RQ 0.3. What is its trouble, and what is its PQ?
#
# <details><summary>Answer</summary>
#
# What it finds it draws well, but it misses or invents most segments. PQ = 0.27.
#
# </details>

# %% [markdown]
# ## What to remember
#
# - **Semantic**: a class for each pixel. **Instance**: a mask for each object. **Panoptic**: both, and every pixel once.
# - Connected components merge what touches and split what is cut.
# - **Anchors** are matched with objects by IoU, and moved by four numbers that mean the same at every size.
# - **NMS** keeps the surest of boxes that overlap; pets that hug are its risk.
# - **RoI Align** interpolates where RoI Pool rounds. torchvision's network reads half a cell off.
# - The mask head draws one mask for each class; the loss looks at the true class's only.
# - **AP**: hits by IoU, the surest first; the best precision at 101 recalls; mean over thresholds and classes.
# - **PQ** = SQ x RQ: how well drawn, times how well found.
#
# ## Where to go from here
#
# - [Mask R-CNN](https://arxiv.org/abs/1703.06870), He, Gkioxari, Dollár and Girshick, 2017.
# - [Feature Pyramid Networks](https://arxiv.org/abs/1612.03144), Lin and others, 2016, and
#   [Panoptic Segmentation](https://arxiv.org/abs/1801.00868), Kirillov and others, 2018, which defines PQ.
# - [Panoptic-DeepLab](https://arxiv.org/abs/1911.10194), Cheng and others, 2019: bottom-up.
# - [torchvision's detection models](https://pytorch.org/vision/stable/models.html), with weights trained on COCO.
# - [Dive into Deep Learning, anchor boxes](https://d2l.ai/chapter_computer-vision/anchor.html): another way to write them.
#
# Next: [Lesson 14](14_foundation_models.ipynb), models that others have trained.
