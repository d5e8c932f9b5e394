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
# - say what semantic, instance and panoptic segmentation each answer, and turn one map into another,
# - show where connected components fail, and why a network that detects does not,
# - read features inside a box with RoI Align, build the mask head of Mask R-CNN, and compute its loss,
# - compute average precision and panoptic quality by hand,
# - train torchvision's Mask R-CNN on scenes of pets, and judge what it gets.
#
# **You need** lesson 05: convolutions, a training step. IoU of lesson 03.
#
# **Time** 120 minutes; 150 seconds of computing on two CPU cores.

# %%
import math

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.ops import clip_boxes_to_image, remove_small_boxes, roi_pool

from course_lib.data.pocket_pets.scene import SCENE_CLASSES, STUFF, THINGS, draw_scene_of_pets
from course_lib.instances import AveragePrecision, PanopticQuality, boxes_of, connected_components, mask_iou
from course_lib.masks import PALETTE, colorize, overlay
from course_lib.plots import show, show_masks

# %% [markdown]
# ## One scene, three truths
#
# So far every pixel had a class, and that was all. This is **semantic** segmentation. Two cats side by side are one
# patch of cat to it. There are two more ways to describe a picture:
#
# | | every pixel gets | wall and floor | two cats that touch |
# |---|---|---|---|
# | **semantic** | a class | are classes | one patch |
# | **instance** | the number of an object, or nothing | are nothing | number 1 and number 2 |
# | **panoptic** | a class, and a number where there is an object | are classes | cat 1 and cat 2 |
#
# What can be counted is called a **thing**: cat, dog. What cannot be counted is called **stuff**: wall, floor, clutter.
#
# The function below draws a room with pets, and all three truths from one and the same drawing.

# %% tags=["nbval-check-output"]
SIZE = (128, 160)
scene = draw_scene_of_pets(np.random.default_rng(97), SIZE)
print("classes:", dict(enumerate(SCENE_CLASSES)), "- things:", THINGS)
print("the pets' classes, from back to front:", [SCENE_CLASSES[label] for label in scene.labels])
print("numbers in the instance map:", np.unique(scene.instances).tolist())


# %%
def write_on(ax, segment, text):
    """Write on a segment, in the middle of the row that halves it."""
    rows, columns = np.nonzero(segment)
    row = rows[len(rows) // 2]
    in_row = columns[rows == row]
    box = {"facecolor": "white", "pad": 1.5, "edgecolor": "none"}
    ax.text(in_row[len(in_row) // 2], row, text, ha="center", va="center", fontsize=8, bbox=box)


def show_segments(panels, alt):
    """Show maps side by side: each segment in a colour of its own, with its id written on it."""
    figure, axes = plt.subplots(1, len(panels), figsize=(3.4 * len(panels), 3), layout="constrained")
    for ax, (title, ids) in zip(axes, panels.items(), strict=True):
        ax.set_title(title)
        ax.axis("off")
        if ids.ndim == 3:
            ax.imshow(ids)
            continue
        segments, numbers = np.unique(ids, return_inverse=True)
        ax.imshow(colorize(numbers.reshape(ids.shape)))
        for segment in segments:
            write_on(ax, ids == segment, segment)
    show(figure, alt=alt)


# %%
show_segments(
    {"photo": scene.image, "semantic": scene.semantic, "instances": scene.instances},
    alt="A room with two dogs and a cat, its semantic map with both dogs as one patch of class 4, and its instance map "
    "with the pets 1, 2 and 3",
)

# %% [markdown]
# Panoptic truth is stored with one integer a pixel. Cityscapes uses class * 1000 + number: 3002 is the second pet, and
# a cat. Divide by 1000 and the semantic map is back.

# %% [markdown] exercise="panoptic-ids"
# Write `panoptic_ids(classes, instances, things)`. Mind the stuff: a wall behind two pets is one wall, whatever number
# stands in the instance map there.

# %% exercise="panoptic-ids"

# %%
panoptic_ids = unblock("panoptic-ids")

# %%
panoptic = np.array(panoptic_ids(scene.semantic.tolist(), scene.instances.tolist(), list(THINGS)))
show_segments(
    {"semantic": scene.semantic, "panoptic": panoptic},
    alt="The semantic map, and the panoptic map, where wall, floor and clutter keep one id each and every pet has its own",
)

# %% tags=["nbval-check-output"]
print("the same as the drawing's own:", bool((panoptic == scene.panoptic).all()))
print("the semantic map is in it:", bool((panoptic // 1000 == scene.semantic).all()))
print("things in it:", [segment for segment in np.unique(panoptic).tolist() if segment // 1000 in THINGS])

# %% [markdown]
# Which of the three can be computed from which? Panoptic gives both others. Instances give no stuff. And semantic to
# instances? That looks easy: let every patch of pet be a pet.
#
# ## Connected components, and where they fail
#
# Two pixels of a mask are **connected** if you can walk from one to the other without leaving the mask. Walking goes up,
# down, left and right. All pixels that are connected make one **component**.

# %% [markdown] exercise="label-components"
# Write `label_components(mask)`. It numbers the components 1, 2, 3, ... in the order in which a reader of the rows meets
# them. Flooding is the simplest way: start at a pixel, and go on to neighbours until there is none left. Keep the pixels
# to visit in a list: a pet has thousands, more than a function may call itself.

# %% exercise="label-components"

# %%
label_components = unblock("label-components")

# %% [markdown]
# Here is the scene again, and another one. Before you run the cell: into how many components do the pets of each fall?
# The first has three pets, the second two.

# %%
cut = draw_scene_of_pets(np.random.default_rng(67), SIZE)
for number, one in enumerate((scene, cut)):
    pets = np.isin(one.semantic, THINGS).astype(int)
    components = np.array(label_components(pets.tolist()))
    show_segments(
        {"photo": one.image, "true instances": one.instances, "components": components},
        alt=("Two dogs and a cat that touch: three instances, one component",
             "A dog behind a post, and a cat: two instances, but four components, for the post cuts the dog")[number],
    )  # fmt: skip

# %% [markdown]
# Both fail, in opposite ways:
#
# - **Pets that touch merge.** Between them there is no background that would part them.
# - **A pet that is cut splits.** Behind a post, the dog's head is another component. So is the crumb beside the post, 4.
#
# How common is that? Count over sixty scenes. The library's own `connected_components` does the same as yours, faster.

# %% tags=["nbval-check-output"]
counted = {"right": 0, "too few": 0, "too many": 0}
for seed in range(60):
    one = draw_scene_of_pets(np.random.default_rng([1, seed]), (64, 80))
    found = connected_components(np.isin(one.semantic, THINGS)).max()
    counted[
        "right" if found == len(one.labels) else "too few" if found < len(one.labels) else "too many"
    ] += 1
print("wrong in at least a quarter of the scenes:", counted["right"] <= 45)
print("merged in some, split in others:", counted["too few"] > 0 and counted["too many"] > 0)

# %%
counted

# %% [markdown]
# And this was the *true* semantic map: no network, however good, can mend it afterwards. (Counts that come out right may
# be wrong twice, too: one pet merged, another one split.) The number of objects must come from somewhere else.
#
# ## Detect, then segment
#
# **Mask R-CNN** finds boxes first, then draws a mask inside each. Two pets that touch have two boxes; a pet behind a post
# has one.
#
# 1. A **backbone** turns the image into features, as an encoder does.
# 2. A **region proposal network** (RPN) looks at every place of the features, with some boxes of set sizes at each (the
#    *anchors*): is there an object, and how must the box be moved to fit?
# 3. The features inside each proposed box, the *region of interest* (RoI), are brought to one size, 14 x 14 say.
# 4. Three **heads** look at that: which class, which box precisely, which mask.
#
# Step 3 is where pixels get lost. The features are smaller than the image by 8 or 16, so a box of whole pixels has
# fractions there. The older **RoI Pool** rounds: box to whole cells, parts to whole cells, then the largest value of
# each part. On features at an eighth of the size, half a cell is four pixels of the image.
#
# **RoI Align** rounds nothing. It takes the middle of each part, wherever that lies, and interpolates between the four
# cells around.

# %% [markdown] exercise="roi-align"
# Write `roi_align(features, box, size)` for features of one channel. One value is read in the middle of each part.
# (Libraries can read several a part and take their mean.) The trap: the centre of cell 0 lies at 0.5, not at 0.

# %% exercise="roi-align"

# %%
roi_align = unblock("roi-align")

# %% [markdown]
# Now shift a box, slowly. The features are a ramp: the value of every cell is the x of its centre. So what is read should
# grow by just the shift. Before you run the cell: in which steps will RoI Pool's number grow?

# %% tags=["nbval-check-output"]
ramp = np.tile(np.arange(16) + 0.5, (8, 1))  # (8, 16)
print("shift   Align   Pool")
for shift in (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0):
    box = (4.1 + shift, 2.0, 8.1 + shift, 6.0)
    aligned = np.array(roi_align(ramp, box, 2))[0, 0]
    batch = torch.from_numpy(ramp)[None, None]  # (1, 1, 8, 16)
    pooled = roi_pool(batch, [torch.tensor([box]).double()], output_size=2)[0, 0, 0, 0].item()
    print(f"{shift:5.2f}  {aligned:6.2f} {pooled:6.2f}")

# %% [markdown]
# RoI Align follows the box. RoI Pool stands still, then jumps by a whole cell. At an eighth of the size that is 8 pixels of
# the image, on a mask that should be right to one or two. Here is the same with a pet: its mask as a feature of 1/8 of the
# size, read in a box that moves by two pixels of the image at a time.

# %%
mask = torch.from_numpy(scene.masks[-1]).float()[None, None]  # (1, 1, 128, 160)
small = F.avg_pool2d(mask, 8)  # (1, 1, 16, 20)
left, top, right, bottom = boxes_of(scene.masks[-1:])[0] / 8
figure, axes = plt.subplots(2, 5, figsize=(11, 4.6), layout="constrained")
for column, shift in zip(axes.T, (0, 2, 4, 6, 8), strict=True):
    box = (left + shift / 8, top, right + shift / 8, bottom)
    readings = (
        roi_align(small[0, 0].numpy(), box, 14),
        roi_pool(small, [torch.tensor([box]).float()], 14)[0, 0],
    )
    for ax, name, values in zip(column, ("Align", "Pool"), readings, strict=True):
        ax.imshow(torch.as_tensor(values).numpy(), cmap="gray", vmin=0, vmax=1)
        ax.set_title(f"{name}, box + {shift} pixels", fontsize=10)
        ax.axis("off")
show(
    figure,
    alt="14 x 14 readings of a pet's mask while the box moves by 0 to 8 pixels: with RoI Align it glides to the left a little "
    "each time, with RoI Pool it is blocky, stays for some steps and jumps",
)

# %% [markdown]
# RoI Align's pet glides. RoI Pool's edges jump one at a time, so that its pet is now wider, now narrower than it is.
#
# ### Boxes outside of the image
#
# A network may propose a box that reaches over the edge, or lies outside altogether. What is read there means nothing, so
# detectors cut boxes to the image, and drop what is left without a size. What will be left of these three?

# %% tags=["nbval-check-output"]
boxes = torch.tensor([[10.0, 20.0, 60.0, 90.0], [-30.0, 100.0, 40.0, 150.0], [170.0, 10.0, 220.0, 60.0]])
clipped = clip_boxes_to_image(boxes, SIZE)
kept = remove_small_boxes(clipped, min_size=1)
print("cut to the image:", clipped.tolist())
print("kept:", kept.tolist())

# %% [markdown]
# ## The mask head
#
# The mask head is a small fully convolutional network, used on every RoI by itself. Its input is 14 x 14, for its masks
# need more detail than the class does. (The class and box heads are content with 7 x 7.)
#
# | layer | gives |
# |---|---|
# | four times: 3x3 convolution, padding 1, ReLU | width x 14 x 14 |
# | 2x2 transposed convolution, stride 2, ReLU | width x 28 x 28 |
# | 1x1 convolution | num_classes x 28 x 28 |
#
# There is one mask **for each class**. The head does not decide what it sees: it draws the cat that would be here, and the
# dog that would be here. The class head picks.

# %% [markdown] exercise="mask-head"
# Build `MaskHead`. Count its weights on paper for 256 channels in, a width of 256 and 3 classes: the check compares.

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
# The 28 x 28 logits are then scaled to the box, and pasted at its place in the image.
#
# ## The loss: three parts
#
# $$L_\text{total} = L_\text{cls} + L_\text{box} + L_\text{mask}$$
#
# | part | which RoIs | what |
# |---|---|---|
# | class | all, background included | cross-entropy |
# | box | those with an object | smooth L1 (`F.smooth_l1_loss`): half the square of an error below 1, straight above |
# | mask | those with an object | binary cross-entropy for each pixel, **of the mask of the true class alone** |
#
# Why of the true class alone? If the dog's mask were taught to be empty on every cat, the classes would fight over each
# pixel, as they do with softmax. So the other masks get no loss, and no gradient.

# %% [markdown] exercise="total-loss"
# Write `total_loss`. Mind a batch in which no RoI has an object: a mean over nothing is `nan`.

# %% exercise="total-loss"

# %%
total_loss = unblock("total-loss")

# %% [markdown]
# A test of "the true class alone": one RoI, truly a cat (class 1). Before you run the cell: which of the three masks
# will get a gradient?

# %% tags=["nbval-check-output"]
masks = torch.zeros(1, 3, 28, 28, requires_grad=True)  # (N, C, 28, 28): background, cat, dog
losses = total_loss(
    torch.zeros(1, 3),
    torch.zeros(1, 3, 4),
    masks,
    torch.tensor([1]),
    torch.zeros(1, 4),
    torch.ones(1, 28, 28),
)
print({name: round(torch.as_tensor(value).item(), 4) for name, value in losses.items()})
mask_loss = torch.as_tensor(losses["mask"])
if mask_loss.requires_grad:
    mask_loss.backward()
    print("gradient in the masks of background, cat, dog:", (masks.grad != 0).any(dim=(0, 2, 3)).tolist())

# %% [markdown]
# ## Average precision
#
# A detector gives a list of masks, each with a class and a **score**: how sure it is. How good is such a list? Two steps.
#
# **Who hits?** Go through the list, the surest first. Of the objects that nobody has taken before, each detection takes the
# one that it overlaps most, if their IoU is at least a threshold. Else it is a false alarm.

# %% [markdown] exercise="match-detections"
# Write `match_detections(ious, threshold)`. Row 0 holds the IoUs of the surest detection with every object.

# %% exercise="match-detections"

# %%
match_detections = unblock("match-detections")

# %% [markdown]
# **How good is the order?** After each detection you know two things: the **precision**, the share of hits so far, and
# the **recall**, the share of objects found so far. Precision at high recall is what makes a good detector. COCO asks for
# the best precision that is reached at recall 0, 0.01, ..., 1 *or more*, and takes the mean.
#
# Three detections, hit, miss, hit, for two objects:
#
# | after | precision | recall |
# |---|---|---|
# | the first | 1 | 0.5 |
# | the second | 1/2 | 0.5 |
# | the third | 2/3 | 1 |
#
# At the 51 recalls up to 0.5 the best precision is 1, at the other 50 it is 2/3: (51 + 50 * 2/3) / 101 = 0.835.

# %% [markdown] exercise="average-precision"
# Write `average_precision(hits, objects)`. It should give 0.835 for the table above.

# %% exercise="average-precision"

# %%
average_precision = unblock("average-precision")

# %% [markdown]
# Now with pets. Say, a detector gave four masks for the scene, all of the right class: two good ones, a shifted one, and
# the first once more. Before you run the cell: what happens to the AP as the threshold rises?

# %%
good, other, third = scene.masks[scene.labels.argsort(kind="stable")]
found = np.stack(
    [good, np.roll(other, 2, axis=1), good, np.roll(third, 9, axis=1)]
)  # (4, H, W), the surest first
ious = mask_iou(found, np.stack([good, other, third]))  # (4, 3)
print(ious.round(2))

# %% tags=["nbval-check-output"]
thresholds = [0.5 + 0.05 * step for step in range(10)]
by_hand = [average_precision(match_detections(ious.tolist(), t), objects=3) for t in thresholds]
print("falls or stays as the threshold rises:", by_hand == sorted(by_hand, reverse=True))
library = AveragePrecision(by="masks")
library.update(
    {"masks": found, "labels": [1] * 4, "scores": [0.9, 0.8, 0.7, 0.6]},
    {"masks": np.stack([good, other, third]), "labels": [1] * 3},
)
print("the library computes the same:", bool(np.allclose(library.of_classes()[1], by_hand)))

# %%
figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
ax.plot(thresholds, by_hand, "o-", color="black")
ax.set(xlabel="IoU that a hit needs", ylabel="average precision", ylim=(0, 1.05))
show(
    figure,
    alt="Average precision of the four detections against the threshold: it falls in steps as more IoU is asked for",
)
print(f"AP at 0.5: {by_hand[0]:.3f}   AP over 0.5:0.95, COCO's headline: {np.mean(by_hand):.3f}")

# %% [markdown]
# "AP 38" in a paper is the mean over the ten thresholds and over all classes, times 100. AP at 0.5 is never the
# smaller figure: look which one is meant.
#
# ## Panoptic quality
#
# A panoptic map has no scores and no overlaps: every pixel has one segment. So there is no curve either. A predicted and
# a true segment of one class **match** if their IoU is above 0.5. More than one match is impossible then: two segments
# cannot both cover more than half.
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
# What would connected components score, had they the true semantic map? Stuff is perfect then. Things are not.

# %%
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
# Stuff is perfect, and the pets, with every pixel of their classes right, are not. That is what a detector is for.
#
# ## Mask R-CNN, trained here
#
# torchvision has Mask R-CNN. Its usual backbone has 64 to 2048 channels and starts from weights that have seen a million
# photos. Ours is a narrow ResNet that starts from nothing, so that two minutes of a CPU are enough to see it learn. All
# other parts are torchvision's own classes, in small sizes.
#
# - **Feature pyramid** (FPN): the features of 1/4, 1/8, 1/16 and 1/32 of the size, each with what the coarser ones know
#   added to it. Small pets are found in the fine ones, large pets in the coarse ones.
# - **Stuff**: a 1x1 convolution on the finest features, with cross-entropy, as in a U-Net. With it one network gives
#   both parts of a panoptic map; this is called a Panoptic FPN.

# %%
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.ops import FeaturePyramidNetwork, MultiScaleRoIAlign

from course_lib.models.resnet_unet import ResNetEncoder


class Pyramid(nn.Module):
    """Features of four sizes, each with `channels` channels; and the logits of the semantic map, kept aside."""

    def __init__(self, width=12, channels=32):
        super().__init__()
        self.encoder = ResNetEncoder(3, width)
        stages = [width, 2 * width, 4 * width, 8 * width]
        self.pyramid = FeaturePyramidNetwork(stages, channels, norm_layer=nn.BatchNorm2d)
        self.semantic_head = nn.Conv2d(channels, len(SCENE_CLASSES), kernel_size=1)
        self.out_channels = channels  # MaskRCNN asks for it

    def forward(self, images):
        features = self.encoder(images)[1:]  # 1/4, 1/8, 1/16 and 1/32 of the size
        features = self.pyramid({str(number): each for number, each in enumerate(features)})
        self.semantic_logits = self.semantic_head(features["0"])  # (N, classes, H/4, W/4)
        return features


# %% [markdown]
# Now the detector around it. You know every part: anchors of four sizes and three shapes, RoI Align to 7 x 7 and to 14 x 14,
# a box head, and a mask head of four convolutions. `sampling_ratio=1` reads one value a part, as your `roi_align` does.
# New is `nms`, non-maximum suppression: of boxes of one class that overlap much, only the surest stays, so that a pet is not
# found five times. `top_n` says how many boxes are kept. Three classes: background, cat, dog.


# %%
def build_detector(backbone, channels=32):
    """Return torchvision's Mask R-CNN on a backbone, with small heads."""
    return MaskRCNN(
        backbone,
        min_size=SIZE[0],
        max_size=SIZE[1],
        rpn_anchor_generator=AnchorGenerator(((16,), (32,), (56,), (96,)), ((0.6, 1.0, 1.7),) * 4),
        rpn_pre_nms_top_n_train=100,
        rpn_post_nms_top_n_train=40,
        rpn_post_nms_top_n_test=30,
        rpn_batch_size_per_image=64,
        box_roi_pool=MultiScaleRoIAlign(["0", "1"], output_size=7, sampling_ratio=1, canonical_scale=96),
        box_head=TwoMLPHead(channels * 7 * 7, 128),
        box_predictor=FastRCNNPredictor(128, num_classes=3),
        box_batch_size_per_image=32,
        box_detections_per_img=10,
        mask_roi_pool=MultiScaleRoIAlign(["0"], output_size=14, sampling_ratio=1),
        mask_head=MaskRCNNHeads(channels, (32,) * 4, dilation=1, norm_layer=nn.BatchNorm2d),
        mask_predictor=MaskRCNNPredictor(32, 32, num_classes=3),
    )


# %% [markdown]
# Its targets are dictionaries. A scene without a pet has boxes of shape (0, 4): it must stay in, for it teaches what is no
# pet. torchvision's loss allows for that, as your `total_loss` does. Drawing 360 scenes takes some fifteen seconds.


# %%
def as_example(scene):
    """Return an image (3, H, W) from 0 to 1 and its target: boxes, labels, masks, and the semantic map."""
    image = torch.from_numpy(scene.image).permute(2, 0, 1).float() / 255  # (3, H, W)
    return image, {
        "boxes": torch.from_numpy(boxes_of(scene.masks)).float(),  # (K, 4)
        "labels": torch.from_numpy(scene.labels) - 2,  # 1 cat, 2 dog; 0 is background
        "masks": torch.from_numpy(scene.masks),  # (K, H, W)
        "semantic": torch.from_numpy(scene.semantic).long(),  # (H, W)
    }


def mirrored(image, target):
    """Return image and target with left and right swapped, boxes included."""
    boxes = target["boxes"].clone()
    boxes[:, [0, 2]] = SIZE[1] - target["boxes"][:, [2, 0]]
    flipped = {name: target[name].flip(-1) for name in ("masks", "semantic")}
    return image.flip(-1), {**target, **flipped, "boxes": boxes}


# %%
train_scenes = [draw_scene_of_pets(np.random.default_rng([2, number]), SIZE) for number in range(300)]
test_scenes = [draw_scene_of_pets(np.random.default_rng([3, number]), SIZE) for number in range(60)]
train_set = [as_example(scene) for scene in train_scenes]

# %% tags=["nbval-check-output"]
empty = next(target for _, target in train_set if len(target["labels"]) == 0)
print("a scene without pets:", {name: tuple(part.shape) for name, part in empty.items()})


# %% [markdown]
# Training has two parts. First the backbone alone learns the semantic map: a batch of 16 costs little, and every pixel
# teaches it something. Usually weights made on ImageNet take this part's place. The loss is taken at a quarter of the size.


# %%
def draw_batch(size, chance):
    """Return images and targets of some scenes, half of them mirrored."""
    chosen = [train_set[number] for number in chance.integers(len(train_set), size=size)]
    chosen = [mirrored(*pair) if chance.random() < 0.5 else pair for pair in chosen]
    return [list(part) for part in zip(*chosen, strict=True)]


def semantic_loss(backbone, targets):
    """Return the cross-entropy of the semantic map that the backbone has just computed."""
    semantic = torch.stack([target["semantic"] for target in targets])  # (N, H, W)
    return F.cross_entropy(backbone.semantic_logits, semantic[:, 2::4, 2::4])


def optimizer_for(model, rate, steps):
    """Return an optimiser, and a schedule that warms up and then falls to 0."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.05)
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.15)


# %% [markdown]
# Then the whole detector. In training mode torchvision's detectors return a dictionary of losses: the three that you know,
# and two of the RPN. The semantic loss goes on beside them.


# %%
def train_backbone(model, steps):
    """Train the backbone of a detector on the semantic maps, in place."""
    optimizer, schedule = optimizer_for(model.backbone, 4e-3, steps)
    chance = np.random.default_rng(1)
    model.train()
    for step in range(1, steps + 1):
        images, targets = draw_batch(16, chance)
        model.backbone(model.transform(images)[0].tensors)
        loss = semantic_loss(model.backbone, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            print(f"step {step} of {steps}: semantic loss {loss.item():.2f}")


# %%
def train_detector(model, steps):
    """Train the whole detector in place, and return the losses of every step."""
    optimizer, schedule = optimizer_for(model, 2e-3, steps)
    chance, history = np.random.default_rng(0), []
    model.train()
    for step in range(1, steps + 1):
        images, targets = draw_batch(4, chance)
        losses = model(images, targets)
        losses["loss_semantic"] = semantic_loss(model.backbone, targets)
        optimizer.zero_grad()
        sum(losses.values()).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        history.append({name: loss.item() for name, loss in losses.items()})
        if step % 100 == 0:
            print(f"step {step} of {steps}: sum of the losses {sum(history[-1].values()):.2f}")
    return history


# %% [markdown]
# The next two cells take about 100 seconds of one core. They end after a number of steps, not of seconds, so that they end
# alike on a slow machine. Meanwhile: which losses may rise at first, and why?

# %% tags=["trains"]
torch.manual_seed(0)
detector = build_detector(Pyramid())
train_backbone(detector, steps=200)

# %% tags=["trains"]
history = train_detector(detector, steps=600)

# %% tags=["trains"]
figure, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
lines = {"loss_classifier": "-", "loss_box_reg": "--", "loss_mask": ":", "loss_semantic": "-."}
for (name, line), colour in zip(lines.items(), PALETTE[[0, 1, 7, 3]] / 255, strict=True):
    values = np.array([losses[name] for losses in history])
    ax.plot(np.convolve(values, np.ones(40) / 40, "valid"), line, color=colour, label=name, linewidth=2)
ax.set(xlabel="step", ylabel="loss, mean of 40 steps", ylim=(0, None))
ax.legend(ncols=2)
show(
    figure,
    alt="Four losses of the training. The box loss rises at first, the class loss falls and then rises, while proposals "
    "begin to hit pets; then all fall slowly",
)

# %% [markdown]
# The box loss rises from the start, and the class loss soon after its first fall: in the beginning the RPN proposes
# background, which is easy to class and has no box to get wrong. As its proposals begin to hit pets, there is more to be
# wrong about. The semantic loss rises a little, too: the backbone that learnt for it alone now serves all of them.
#
# ## What it gets
#
# In evaluation mode it returns detections. Their masks are soft, from 0 to 1; above 0.5 counts.


# %%
@torch.no_grad()
def detect(model, scene):
    """Return the detections of a scene, the surest first, and its semantic logits (classes, H, W)."""
    model.eval()
    (found,) = model([as_example(scene)[0]])
    found = {name: part.numpy() for name, part in found.items()}
    found["masks"] = found["masks"][:, 0] > 0.5  # (K, H, W)
    logits = F.interpolate(model.backbone.semantic_logits, size=SIZE, mode="bilinear")  # (1, classes, H, W)
    return found, logits[0].numpy()


def scores_of(results):
    """Return the average precision of masks and boxes over the test scenes."""
    scores = {"masks": AveragePrecision("masks"), "boxes": AveragePrecision("boxes")}
    for scene, (found, _) in zip(test_scenes, results, strict=True):
        for precision in scores.values():
            precision.update(found, as_example(scene)[1])
    return scores


# %% tags=["trains"]
results = [detect(detector, scene) for scene in test_scenes]
scores = scores_of(results)
for name, precision in scores.items():
    print(f"{name}: AP at 0.5 {precision.mean(at=0.5):.2f}, over 0.5:0.95 {precision.mean():.2f}")

# %% tags=["nbval-check-output"]
print("boxes and masks are found, AP at 0.5 above 0.15:", all(s.mean(at=0.5) > 0.15 for s in scores.values()))
print("AP over 0.5:0.95 is the lower one:", all(s.mean() < s.mean(at=0.5) for s in scores.values()))

# %% [markdown]
# ### Panoptic from both
#
# The detections overlap, and panoptic segments must not. So the surest pet takes its pixels first; who comes later
# gets what is left, and is dropped if that is less than half of its mask. Where no pet stands, the semantic logits say
# which stuff: the best of wall, floor and clutter.


# %%
def as_panoptic(found, logits, surest=0.3):
    """Return a panoptic map (H, W) of the detections above a score, and of the best stuff elsewhere."""
    ids = logits[list(STUFF)].argmax(axis=0) * 1000
    taken, number = np.zeros(ids.shape, bool), 0
    for mask, label, score in zip(found["masks"], found["labels"], found["scores"], strict=True):
        free = mask & ~taken
        if score >= surest and free.any() and free.sum() >= 0.5 * mask.sum():
            number += 1
            ids[free] = (label + 2) * 1000 + number
            taken |= free
    return ids


def by_components(logits, least=40):
    """Return the panoptic map of the semantic map alone: each component of a thing is an object, unless it is tiny."""
    semantic = logits.argmax(axis=0)
    ids = semantic * 1000
    for thing in THINGS:
        numbers = connected_components(semantic == thing)
        tiny = np.bincount(numbers.ravel()) < least
        ids += np.where(tiny[numbers], 0, numbers)
    return ids


# %% tags=["trains"]
qualities = {name: PanopticQuality(len(SCENE_CLASSES)) for name in ("Mask R-CNN and stuff", "components")}
for scene, (found, logits) in zip(test_scenes, results, strict=True):
    qualities["Mask R-CNN and stuff"].update(as_panoptic(found, logits), scene.panoptic)
    qualities["components"].update(by_components(logits), scene.panoptic)
for name, quality in qualities.items():
    classes = zip(SCENE_CLASSES, quality.of_classes(), strict=True)
    print(f"{name:22} PQ of things {quality.mean(THINGS):.2f}, of stuff {quality.mean(STUFF):.2f} -",
          ", ".join(f"{class_name} {of_class.panoptic:.2f}" for class_name, of_class in classes))  # fmt: skip


# %% [markdown]
# Now look. Each detection has a number, a class and a score, listed above its picture; the truth stands below. Colours
# count from the surest on above and from back to front below, so they need not agree. What do two numbers
# within one outline mean?


# %%
def show_detections(scenes, results, alt):
    """Show photos with the detections above 0.3 on them, and below each its true instances."""
    figure, axes = plt.subplots(2, len(scenes), figsize=(2.9 * len(scenes), 5.6), layout="constrained")
    for (above, below), scene, (found, _) in zip(axes.T, scenes, results, strict=True):
        sure, numbered, lines = found["scores"] > 0.3, np.zeros(SIZE, int), []
        for number, mask in reversed(list(enumerate(found["masks"][sure], start=1))):
            numbered[mask] = number  # the surest one last, on top
        above.imshow(np.where((numbered > 0)[..., None], overlay(scene.image, numbered), scene.image))
        detections = zip(found["labels"][sure], found["scores"][sure], strict=True)
        for number, (label, score) in enumerate(detections, start=1):
            lines.append(f"{number} {SCENE_CLASSES[label + 2]} {score:.2f}")
            if (numbered == number).any():
                above.contour(numbered == number, [0.5], colors="white", linewidths=1)
                write_on(above, numbered == number, number)
        above.set_title("\n".join(lines), fontsize=9)
        truth = np.where((scene.instances > 0)[..., None], overlay(scene.image, scene.instances), scene.image)
        below.imshow(truth)
        for number, label in enumerate(scene.labels, start=1):
            if (scene.instances == number).any():
                write_on(below, scene.instances == number, SCENE_CLASSES[label])
        above.axis("off")
        below.axis("off")
    show(figure, alt=alt)


# %% tags=["trains"]
chosen = [number for number, scene in enumerate(test_scenes) if len(scene.labels) >= 2][:4]
show_detections(
    [test_scenes[number] for number in chosen],
    [results[number] for number in chosen],
    alt="Four test scenes: most pets have a mask of roughly their shape, with class and score; some that overlap share "
    "one mask, some have none, and some are found twice, as a dog and as a cat",
)

# %% [markdown]
# **What you see.** Two numbers in one outline are one pet, found as a dog and as a cat: boxes suppress only those of their
# own class. Two minutes are enough for boxes on most pets, and for masks that follow a pet where it stands free. They are
# not enough for thin tails, for a pet behind another one, or to tell cats from dogs for sure: each of these costs AP, and
# AP over 0.5:0.95 most, because it asks for exact outlines. But see the PQ of things: with the same features, detecting
# gets about twice what components of the semantic map get. What is worst is clutter, stuff of any shape and colour.
#
# <!-- not measured here -->
# Mask R-CNN on COCO, with 80 classes, a large backbone and days of training, gets an AP over 0.5:0.95 of 0.35 to 0.40.
#
# **To try.** Train for twice as many steps, or on pets that never overlap: `draw_scene_of_pets(..., pets=1)`. Which of
# the scores gains more, AP at 0.5 or AP over 0.5:0.95?

# %% [markdown]
# ## Checkpoint
#
# **1.** A street has a road, a pavement and eleven cars. How many segments does its panoptic truth have? How many classes
# its semantic one, and how many masks its instance one?
#
# <details><summary>Answer</summary>
#
# Panoptic 13: two of stuff, eleven of things. Semantic 3: road, pavement, car. Instance 11: the cars alone.
#
# </details>
#
# **2.** Connected components of a perfect semantic map count 7 sheep; there are 7. Does each component hold one sheep?
#
# <details><summary>Answer</summary>
#
# Not for sure. Two may have merged while a third was cut in two by a fence: the counts make up for each other.
#
# </details>
#
# **3.** Features have 1/16 of the image's size. By how many pixels of the image can RoI Pool's rounding move an edge of a
# box, and by how many RoI Align?
#
# <details><summary>Answer</summary>
#
# Rounding moves an edge by up to half a cell, 8 pixels; the rounding of the parts comes on top. RoI Align rounds nothing:
# 0.
#
# </details>

# %% [markdown]
# **4.** Two networks find the same three pets of four with the same good masks. One gives a fourth detection, a false alarm,
# with the highest score; the other gives it the lowest. Whose AP is higher, and does the recall differ?
#
# <details><summary>Answer</summary>
#
# The recall is 3/4 for both. The second one's AP is higher: its precision is 1 at all recalls up to 0.75. The first one's
# is at best 3/4 there.
#
# </details>
#
# **5.** A class has SQ 0.9 and RQ 0.3. What is its trouble, and what is its PQ?
#
# <details><summary>Answer</summary>
#
# What it recognises it draws well, but it misses or invents most segments. PQ = 0.27.
#
# </details>
#
# ## What to remember
#
# - **Semantic**: a class a pixel. **Instance**: a mask an object. **Panoptic**: both, and every pixel once.
# - Connected components merge what touches and split what is cut.
# - **RoI Align** interpolates where RoI Pool rounds: masks need it.
# - The mask head draws one mask a class, 28 x 28; the loss looks at the true class's alone.
# - **AP**: hits by IoU, the surest first; the best precision at 101 recalls; mean over thresholds and classes.
# - **PQ** = SQ x RQ: how well drawn, times how well found.
#
# Next: [Lesson 14](14_foundation_models.ipynb), models that others have trained.
