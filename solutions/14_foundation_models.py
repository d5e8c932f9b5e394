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
# # Foundation models
#
# ![An outline at full size, the same outline enlarged from a quarter of the size in two ways: as class ids it moves in steps, as scores it follows the curve; beside it a picture with a point and a box as prompts](pictures/14_quarter.png)
#
# **You will be able to**
#
# - load a SegFormer, a SAM, an smp U-Net and a Swin-UNETR through their own libraries
# - tell the shape of what each gives before you run it
# - bring logits at a quarter of the size to the size of the image, without losing the outline
# - prompt a model with a point or a box, in the right coordinates
#
# **You need** lessons 05 and 06. PyTorch. The large libraries are an extra; the sections that need them say so.
#
# **Time** 45 minutes; 30 seconds of computing on two CPU cores.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from torch.nn import functional as F

from course_lib.data.pocket_pets.draw import draw_pet
from course_lib.foundation import have, load_sam, load_segformer, load_smp_unet, load_swin_unetr, prompt_masks
from course_lib.metrics import ConfusionMatrix
from course_lib.plots import show, show_masks

# %% [markdown]
# ## Somebody else's training
#
# Your U-Net learnt from a few hundred pets. A foundation model has learnt from millions of images, for weeks, on machines
# that few people have. You load its weights, and either use it as it is or go on training it a little.
#
# Four families, each with a library that people keep in good order:
#
# | model | library | what it is good for |
# |---|---|---|
# | U-Net and its relatives | segmentation-models-pytorch, "smp" | a network of your own, on an encoder trained on ImageNet |
# | SegFormer | transformers | classes for every pixel |
# | SAM | transformers | the outline of whatever you point at |
# | Swin-UNETR | MONAI | medical images, also in three dimensions |
#
# ImageNet is a collection of 1.3 million photos, each with one class. SegFormer, SAM and Swin-UNETR are **transformers**:
# their encoders are made of *attention*. A convolution adds up its neighbours with weights that training has fixed.
# Attention adds up places near and far, with weights that it works out from what stands there.
#
# The libraries are large, so the course installs them only when you ask for it:
#
# ```
# pip install -e ".[foundation]"
# ```
#
# **Without them, or without a network,** go on all the same. The next cell says which library is missing, and cells that
# need it then do nothing. Where weights are missing, a small model of the same architecture takes their place, and says
# that it is untrained. Its shapes are real. Its masks are noise.

# %%
ready = {name: have(name) for name in ("transformers", "segmentation_models_pytorch", "monai")}
ready

# %% [markdown]
# ## Load, and look at a shape
#
# `from_pretrained` is the line that you will see everywhere. It takes a name on the hub, Hugging Face's collection of
# models, or a folder in which the model was saved. The course's loaders call it for you; read them in
# `course_lib/foundation.py`, they are short.
#
# `load_segformer()` looks for the weights on this machine. `load_segformer(download=True)` also asks the hub, about 15 MB.
# `load_segformer("my/folder")` takes yours.

# %%
picture = draw_pet(np.random.default_rng(9), (128, 128))
if ready["transformers"]:
    segformer = load_segformer()
    print(segformer.note)
    inputs = segformer.processor(picture.image, return_tensors="pt")
    with torch.no_grad():
        logits = segformer.model(**inputs).logits
    print("in ", tuple(inputs["pixel_values"].shape))
    print("out", tuple(logits.shape))

# %% [markdown]
# Compare the last two numbers of both lines. What has happened to height and width? The 150 are the classes of ADE20K, the
# photos of rooms and streets on which the published SegFormer was trained.
#
# The **processor** comes with the model and belongs to it: it scales the image and normalises it just as in training.
# Another model's processor raises no error and gives worse masks.

# %% [markdown] exercise="model-output-shape"
# smp's models give logits of the image's size. SegFormer's have a quarter of its height and width, because its first layer
# has stride 4 and its decoder stops there. Write down which shape comes out.

# %% exercise="model-output-shape"

# %%
logits_shape = unblock("model-output-shape", logits_shape)

# %% [markdown]
# Does your function hold? Here is smp's own U-Net. `smp.Unet` has one argument for the encoder, `encoder_name`, one for its weights,
# `encoder_weights`, and one for `classes`. The rest of your training loop stays as it is.

# %%
if ready["segmentation_models_pytorch"]:
    unet = load_smp_unet()
    print(unet.note)
    with torch.no_grad():
        logits = unet.model(torch.zeros(1, 3, 256, 256))
    print(tuple(logits.shape), tuple(logits.shape) == logits_shape("smp", 1, 5, 256, 256))

# %%
if ready["transformers"]:
    for height, width in ((64, 64), (65, 50), (100, 96)):
        with torch.no_grad():
            logits = segformer.model(torch.zeros(1, 3, height, width)).logits
        print(tuple(logits.shape), tuple(logits.shape) == logits_shape("segformer", 1, 150, height, width))

# %% [markdown]
# ## A quarter of the size
#
# The truth has the image's size, so the prediction must get there. There are two orders: upsample the logits and then take
# argmax, or take argmax and then enlarge the class map. **Before you go on:** do you expect a difference?
#
# An untrained model cannot answer that. So let us make logits from the truth itself: the share of each class in every
# 4 × 4 block.

# %%
truth = torch.from_numpy(picture.trimap.astype(np.int64) - 1)  # (H, W)
one_hot = F.one_hot(truth, 3).permute(2, 0, 1)[None].float()  # (1, C, H, W)
quarter = F.avg_pool2d(one_hot, 4)  # (1, C, H/4, W/4)
quarter_ids = quarter.argmax(dim=1, keepdim=True).float()  # (1, 1, H/4, W/4)
enlarged_ids = F.interpolate(quarter_ids, size=truth.shape, mode="nearest")[0, 0].long()  # (H, W)
tuple(quarter.shape), tuple(enlarged_ids.shape)

# %% [markdown] exercise="upsample-then-argmax"
# Now the other order: enlarge the scores bilinearly to `size`, then take argmax over the classes.

# %% exercise="upsample-then-argmax"

# %%
upsample_then_argmax = unblock("upsample-then-argmax", upsample_then_argmax)

# %%
smooth = upsample_then_argmax(quarter, truth.shape)[0]  # (H, W)
show_masks(
    {"truth": truth, "argmax, then enlarge": enlarged_ids, "enlarge, then argmax": smooth},
    names=("pet", "background", "border"),
    alt="Three class maps of a drawn cat; in the second all outlines are made of steps four pixels wide, in the third "
    "they follow the curve of the truth; the narrow strip of pet in the tail is in pieces or lost",
)

# %% tags=["nbval-check-output"]
for name, prediction in (("argmax, then enlarge", enlarged_ids), ("enlarge, then argmax", smooth)):
    matrix = ConfusionMatrix(3)
    matrix.update(prediction.numpy(), truth.numpy())
    print(f"{name:22} mIoU {matrix.mean_iou():.2f}, border {matrix.iou()[2]:.2f}")

# %% [markdown]
# Both start from the same quarter. The scores know where in a cell the border runs; ids do not. But look at the tail: what
# is narrower than a cell breaks up or is lost at a quarter, even with logits made from the truth. That is why the project of
# lesson 07 keeps the full size.

# %% [markdown]
# ## Prompts
#
# SAM does not know classes. You point, it answers with masks, also of things that it was never trained on: that is called
# *zero-shot*. Its image encoder is the expensive part and runs once; each prompt after that costs little. A prompt is a
# **point** (x, y) or a **box** (x0, y0, x1, y1), in pixels of the image.
#
# The model sees the image scaled, so that its longest side is 1024 (64 in our small one). Prompts must be scaled along.
# SAM's processor does that for you. Where there is none you do it yourself, as in the next exercise.

# %% [markdown] exercise="prompt-in-frame"
# Write the scaling for a box: width and height shrink or grow by the same factor. And since a box that reaches out of the
# image would get an answer too, refuse it.

# %% exercise="prompt-in-frame"

# %%
prompt_in_frame = unblock("prompt-in-frame", prompt_in_frame)

# %% [markdown]
# Where does the box come from? A person draws it, or another model does: your U-Net finds the pet, and its mask gives the
# box.

# %% [markdown] exercise="box-from-mask"
# Write `box_from_mask`: the smallest box around all pixels that are on.

# %% exercise="box-from-mask"

# %%
box_from_mask = unblock("box-from-mask", box_from_mask)

# %%
pet = truth.numpy() != 1
box = box_from_mask(pet)
rows, columns = np.nonzero(truth.numpy() == 0)
point = (int(columns[len(columns) // 2]), int(rows[len(rows) // 2]))
x0, y0, x1, y1 = box
figure, ax = plt.subplots(figsize=(4.5, 4.5))
ax.imshow(picture.image)
for color, linewidth in (("white", 4), ("#d55e00", 2)):
    frame = plt.Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, edgecolor=color, linewidth=linewidth)
    ax.add_patch(frame)
ax.plot(*point, marker="*", markersize=18, color="#0072b2", markeredgecolor="white")
ax.set(title=f"a point {point} and a box {box}", xticks=[], yticks=[])
show(figure, alt="A drawn cat with a box around it and a star on its body")

# %% [markdown]
# Ask for both. What could the right answer to this point be: a patch of fur, the body, the whole cat? SAM gives three masks
# and says which IoU it expects of each.

# %%
if ready["transformers"]:
    sam = load_sam()
    print(sam.note)
    for name, prompt in (("point", {"point": point}), ("box", {"box": box})):
        masks, expected = prompt_masks(sam, picture.image, **prompt)
        sizes, scores = masks.sum(axis=(1, 2)).tolist(), ", ".join(f"{score:z.2f}" for score in expected)
        print(f"{name:5} masks {masks.shape}, pixels {sizes}, expected IoU {scores}")

# %% [markdown] exercise="best-of-three"
# Take the mask that the model itself trusts most. What comes from the network are logits, one map for each mask.

# %% exercise="best-of-three"

# %%
best_of_three = unblock("best-of-three", best_of_three)

# %%
if ready["transformers"]:
    found = {}
    for name, prompt in (("point", {"point": point}), ("box", {"box": box})):
        masks, expected = prompt_masks(sam, picture.image, **prompt)
        mask_logits = np.where(masks, 1.0, -1.0)  # prompt_masks has cut them at 0 already
        found[name] = np.asarray(best_of_three(mask_logits, expected)).astype(int)
    label = "trained weights" if sam.trained else "untrained weights: noise of the right shape"
    show_masks(
        {"truth": pet.astype(int), **{f"SAM, {name}": mask for name, mask in found.items()}},
        names=("background", "object"),
        alt=f"The pet's true mask and the masks that SAM gives for the point and for the box ({label})",
    )
    print(label)

# %% [markdown]
# With SAM's own weights the point gives whatever it lies on, often a part, and the box gives the whole animal: it says how
# large the thing is. Try it where there is a network: `load_sam(download=True)`, 375 MB.
#
# **A prompt can be wrong.** What happens with a box that reaches out of the image?

# %%
if ready["transformers"]:
    try:
        prompt_masks(sam, picture.image, box=(10, 10, 300, 90))
    except ValueError as error:
        print(error)

# %% [markdown]
# ## Swin-UNETR
#
# MONAI's Swin-UNETR keeps the U-Net's decoder and skips, and has attention where the encoder had convolutions. Attention
# among all places would cost too much, so the map is cut into windows and each place attends to its own window. The
# network was made for volumes; `spatial_dims=2` makes it one for images. Their sides must be multiples of 32. The cell
# takes some seconds, to import MONAI.

# %%
if ready["monai"]:
    swin = load_swin_unetr()
    print(swin.note)
    with torch.no_grad():
        logits = swin.model(torch.zeros(1, 3, 64, 96))
    print(tuple(logits.shape), f"{sum(p.numel() for p in swin.model.parameters()):,} parameters")

# %% [markdown]
# ## Train one yourself
#
# Fine-tuning is training that starts from good weights. SegFormer is a `--model` of the course, upsampled to full size
# inside, so that loss, scores and overlays stay as they are:
#
# ```
# course train --data pocket --model segformer --minutes 3 --out runs/segformer
# course train --data pets --model segformer --weights imagenet --minutes 30 --out runs/fine-tuned
# ```
#
# Without weights a transformer needs far more images than a U-Net, because nothing in attention tells it that neighbours
# belong together. How much does that cost? SegFormer here has 3.7 million parameters, the course's `fast-unet` 3.2 million, and
# both train on as many photos in a second, or nearly. Write down what you expect: how far apart are they after three
# minutes from random weights, and after eight? Then look at the README's table "Every `--model`", which holds the other
# models, too. Which one gained most from five minutes more, and which one nothing?
#
# <details><summary>Answer</summary>
#
# After three minutes SegFormer is far behind, and after eight it still is behind. It and the U-Net of 31 million parameters gain
# most, because they had learned least: the one knows nothing of neighbours, the other has seen 480 photos. `tiny-unet` gains
# nothing. It saw the most photos of all, and has too few weights to do more with them.
#
# </details>

# %% [markdown]
# ## Checkpoint
#
# **1.** A SegFormer's logits are (2, 19, 128, 256). How large were the images, and what do you do before you compare with
# the truth?
#
# <details><summary>Answer</summary>
#
# About 512 × 1024. Upsample the logits to exactly that size, bilinearly, then argmax over the 19 classes.
#
# </details>
#
# **2.** You get a point at (400, 90) in an image of 480 × 300 (width × height). SAM is given (90, 400). What comes back?
#
# <details><summary>Answer</summary>
#
# In a good library an error, because y = 400 lies below the image. Without a check, a confident mask of something else.
#
# </details>
#
# **3.** A model was built without a network and has random weights. What can you still find out?
#
# <details><summary>Answer</summary>
#
# Shapes, the number of parameters, memory and speed. Nothing about masks.
#
# </details>
#
# **4.** Why ask for three masks and not one?
#
# <details><summary>Answer</summary>
#
# A point may mean a part, an object or a group. One mask would have to be a compromise between the three.
#
# </details>

# %% [markdown]
# ## What to remember
#
# - `from_pretrained` takes a name or a folder; the processor comes along and must be used.
# - SegFormer gives a quarter of the size: upsample the logits, then argmax.
# - SAM is asked with points and boxes, in x, y of the image, and answers with three masks without a class.
# - Untrained weights tell shapes and nothing else.
#
# Next: [Lesson 15](15_quiz_and_review.ipynb), the whole course once more.
