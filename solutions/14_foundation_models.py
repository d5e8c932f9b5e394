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
# ![A drawn room with pets that overlap. One click on a pet's head gets three answers from a small network: the head, the
# whole pet, and all pets, each with the IoU that the network expects. A second click and a box get one of the three
# each](pictures/14_ask.png)
#
# **You will be able to**
#
# - write attention by hand, say what it costs, and what windows save,
# - ask a promptable network with points and boxes, and measure how much its answer depends on your click,
# - match the masks of a query head with the truth, and turn masks with classes into classes per pixel,
# - choose among SegFormer, Mask2Former, SAM 1 to 3, Swin-UNETR and smp, load them as their users do, and say what each added.
#
# **You need** lessons 05, 06 and 13. PyTorch.
#
# **Time** 110 minutes; 30 seconds of computing on two CPU cores.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch

# %% [markdown]
# ## One click
#
# Every network so far had one answer per picture, and its classes were settled before training began. If you want the
# ears next week, you label ears and train again. A **foundation model** is meant to be trained once, on far more data than
# you have, and then used for tasks that nobody named at the time. In segmentation the best-known ones are asked by a
# **prompt**: a point, a box, or some words. Using a model on things that it was never trained for is called **zero-shot**.
#
# The published ones weigh hundreds of megabytes. So that you can look inside, the course brings a small one that works
# in the same way. It has 1.2 million weights and learnt from 3,000 drawn scenes, in some 20 minutes on one core, with the code of
# `docs/train_promptable_weights.py`. It knows drawn pets in drawn rooms and nothing else. Here is a scene that it has never
# seen, and a click on a head. **Before you run the cell:** what might the person who clicked there have meant?
# %%
from course_lib.data.pocket_pets.scene import draw_scene_of_pets
from course_lib.models.promptable import SIZE, load_promptable
from course_lib.models.prompting import EncodedImage

model = load_promptable()
scene = draw_scene_of_pets(np.random.default_rng(97), SIZE)
picture = EncodedImage(model, scene.image)  # the image is read here, once
head = np.argwhere(scene.heads[-1])  # rows and columns of the front pet's head
click = head[len(head) // 2][::-1] + 0.5  # x, y of a pixel's centre
logits, expected = picture.ask(points=[click])
print(len(logits), "masks of", *logits.shape[1:], "pixels, each with a number:", expected.round(2))

# %%
from matplotlib.patches import Patch, Rectangle

from course_lib.masks import PALETTE, overlay
from course_lib.plots import show

LEGEND = [Patch(color=PALETTE[1] / 255, label="the rest"), Patch(color=PALETTE[0] / 255, label="the answer")]


# %%
def show_answers(image, answers, alt, points=(), box=None):
    """Show masks over their image, one panel for each title, with the prompt in all of them."""
    columns = min(4, len(answers))
    rows = -(-len(answers) // columns)
    size = (3.3 * columns, 2.6 * rows + 0.3)
    figure, axes = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    for ax in axes.flat[len(answers) :]:
        ax.axis("off")
    for ax, (title, mask) in zip(axes.flat, answers.items(), strict=False):
        ax.imshow(overlay(image, mask.astype(int), alpha=0.5, background=0))
        ax.set(title=title, xticks=[], yticks=[], xlim=(-0.5, 127.5), ylim=(95.5, -0.5))
        for (x, y), marker in points:
            ax.plot(x - 0.5, y - 0.5, marker, markersize=13, color="white", markeredgecolor="black")
        if box is not None:
            sides = box[2:] - box[:2]
            ax.add_patch(Rectangle(box[:2] - 0.5, *sides, fill=False, edgecolor="white", linewidth=2))
    figure.legend(handles=LEGEND, loc="outside lower center", ncols=2, frameon=False)
    show(figure, alt=alt)


# %%
by_size = (logits > 0).sum(axis=(1, 2)).argsort()
answers = {
    f"{meant}  mask {number}, expected IoU {expected[number]:.2f}": logits[number] > 0
    for meant, number in zip(("a part?", "a whole?", "a group?"), by_size, strict=True)
}
alt = "Three masks for one click on the head of a pet: the head, the whole pet, and all pets of the scene"
show_answers(scene.image, answers, alt, points=[(click, "*")])

# %% [markdown]
# One click, three answers, here in the order of their size: a part, a whole, a group. None of them is wrong, because the click
# does not say how large the thing is. A network with a single answer would have to commit itself, or to give some
# compromise. So it offers all three, and with each the IoU that it **expects**: its own guess of how well the mask fits.
#
# There are two ways to say more. Add a point that does *not* belong to what you mean, or draw a box. The next cell puts such
# a point, drawn as a cross, on the pet's body. Which of the three answers should be left?

# %%
body = np.argwhere(scene.masks[-1] & ~scene.heads[-1])
cross = body[len(body) // 2][::-1] + 0.5
two, sure = picture.ask(points=[click], not_points=[cross])
best = sure.argmax()
alt = "The surest mask for a click on the head together with a cross on the body: the head"
marks = [(click, "*"), (cross, "X")]
show_answers(scene.image, {f"expected {sure[best]:.2f}": two[best] > 0}, alt, marks)

# %%
from course_lib.instances import boxes_of

box = np.array(boxes_of(scene.masks[-1:])[0], float)
boxed, sure = picture.ask(box=box)
best = sure.argmax()
alt = "The surest mask for a box around the front pet: the whole pet"
show_answers(scene.image, {f"expected {sure[best]:.2f}": boxed[best] > 0}, alt, box=box)

# %% [markdown]
# With the cross the head is left, and with the box the whole pet. The expected IoU hardly moved, because the head is as hard to
# draw as before. What you add says what you mean.
#
# Three parts work together. They are those of SAM (2023), after which this network is made. The smallest SAM as a whole has
# some 94 million weights, nearly eighty times as many as ours.
#
# 1. The **image encoder** reads the picture once and gives a map of features. In a large model this is by far the most
#    expensive part.
# 2. The **prompt encoder** turns each point or corner into a vector: where it is, and what it means (belongs, does not
#    belong, upper left corner, lower right corner).
# 3. The **mask decoder** lets these vectors and the map look at each other, and gives three masks with their expected IoU.
#
# Each further question needs only the last two. By which factor is it cheaper than reading the picture, in a network as small
# as ours? Guess, then run.

# %%
import time


def milliseconds(call, times=20):
    """Return the median time of a call."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return 1000 * float(np.median(taken))


read = milliseconds(lambda: EncodedImage(model, scene.image))
asked = milliseconds(lambda: picture.ask(points=[click]))
print(f"reading the image {read:.1f} ms, one question {asked:.1f} ms")

# %% [markdown]
# In this network the two are of the same order, since everything in it is small. SAM's largest encoder has 632 million
# weights and its decoder about 4 million, so there the difference decides: a server with a GPU reads the image, and the
# browser answers each move of the mouse, in some 50 milliseconds by its authors' count.
#
# But how can a point *look at* a map? With the operation that all of this lesson's models are built from.
#
# ## Attention
#
# A convolution adds up a pixel's neighbours with weights that are fixed after training: the upper left neighbour always
# counts as much, whatever it shows. **Attention** adds up places near and far, with weights that it computes from what the
# places show. Each place says three things, each a vector made from its features by a learnt matrix:
#
# - its **query**: what am I looking for?
# - its **key**: what do I have to offer?
# - its **value**: what do I hand over if I am chosen?
#
# The dot product of a query with a key says how well they fit. A softmax turns one query's scores with all keys into
# weights that add up to 1, and the result is the weighted mean of the values. With D numbers in each query and key:
#
# $$\text{attention}(Q, K, V) = \text{softmax}\!\left(\frac{Q K^\top}{\sqrt{D}}\right) V$$
#
# Work one out on paper. The query is (2, 0). The keys are (1, 0), (0, 1) and (1, 1), the values 10, 20 and 60. Leave the
# root out for now; what it is for comes below. Which values count most, and roughly what comes out?

# %% tags=["nbval-check-output"]
query = torch.tensor([2.0, 0.0])
keys = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
weights = (keys @ query).softmax(dim=0)
print("scores", (keys @ query).tolist(), "weights", [round(w, 2) for w in weights.tolist()])
print("result", round((weights @ torch.tensor([10.0, 20.0, 60.0])).item(), 1))

# %% [markdown] exercise="attention"
# Write it for many queries at once, and return a tensor. Some keys may be forbidden to some queries: we shall need that for windows. The
# cell after it compares yours with torch's own `scaled_dot_product_attention`.

# %% exercise="attention"

# %%
attention = unblock("attention")

# %% tags=["nbval-check-output"]
generator = torch.Generator().manual_seed(0)
queries, keys, values = (torch.randn(n, 16, generator=generator) for n in (5, 9, 9))
allowed = torch.rand(5, 9, generator=generator) < 0.7


def mix(*arguments):
    """Return what your attention returns, as a tensor even if yours returns a list of its rows."""
    return torch.stack([torch.as_tensor(row) for row in attention(*arguments)])


torchs = torch.nn.functional.scaled_dot_product_attention(queries, keys, values, attn_mask=allowed)
print("equal to torch's:", torch.allclose(mix(queries, keys, values, allowed), torchs, atol=1e-5))

# %% [markdown]
# Why the root? Take keys and queries of random numbers with mean 0 and spread 1. The longer they are, the larger their dot
# products become. **Before you run the cell:** what happens to the largest weight of a softmax over 50 keys, when the vectors
# have 4, 64 and 1024 numbers?

# %% tags=["nbval-check-output"]
for length in (4, 64, 1024):
    queries, keys = (torch.randn(n, length, generator=generator) for n in (200, 50))
    scores = queries @ keys.T
    plain, scaled = (s.softmax(dim=1).amax(dim=1).mean().item() for s in (scores, scores / length**0.5))
    print(f"length {length:4}: largest weight {plain:.2f}, divided by the root {scaled:.2f}")

# %% [markdown]
# Without the root, long vectors pick a single key from the start. A softmax that is so sure passes on hardly any gradient
# (lesson 04), so the network could not change its mind. The root keeps the spread of the scores at 1.
#
# Real layers run several attentions side by side, each with its own share of the vector. These are called **heads**: one may
# follow colour while another follows the outline. (They have nothing to do with the mask head of lesson 13, or with the heads
# of pets.)
#
# A whole layer is only a few lines more than your function. Three learnt matrices make queries, keys and values of the features,
# each head takes its share of them, and a fourth matrix mixes what the heads have found. The next cell does this with the weights of
# a layer of torch's. **Before you run it:** ten places with 16 numbers each go in, and there are four heads. Which shape have the
# queries of one head?

# %% tags=["nbval-check-output"]
torch.manual_seed(0)
layer = torch.nn.MultiheadAttention(16, num_heads=4, batch_first=True)
features = torch.randn(10, 16, generator=generator)
everything = torch.ones(10, 10, dtype=torch.bool)
with torch.no_grad():
    made = features @ layer.in_proj_weight.T + layer.in_proj_bias  # (10, 48): three matrices in one
    queries, keys, values = (part.chunk(4, dim=1) for part in made.chunk(3, dim=1))  # (10, 4) for each head
    found = [mix(*one_head, everything) for one_head in zip(queries, keys, values, strict=True)]
    ours = layer.out_proj(torch.cat(found, dim=1))  # (10, 16)
    torchs, _ = layer(features[None], features[None], features[None])
print("queries of one head:", tuple(queries[0].shape))
print("equal to torch's layer:", torch.allclose(ours, torchs[0], atol=1e-5))

# %% [markdown]
# A quarter of the 16 numbers goes to each head. The matrices are all that training changes; attention itself has no weights.
#
# Now you know how a click can look at a map. In the mask decoder of our network, as in SAM's, the vectors of the prompt are the
# queries, and the places of the map give keys and values. Then it goes the other way: the places ask, and the vectors give keys and
# values. This is called **two-way attention**.
#
# ## A picture as a list
#
# Attention takes a list of vectors. So the picture is cut into **patches**, and each patch becomes one vector, its **token**.
# With torch that is two lines, a reshape and a permutation. Which shape will come out?

# %% tags=["nbval-check-output"]
pixels = torch.from_numpy(scene.image.copy()).float() / 255  # (96, 128, 3)
side = 16
patches = pixels.unflatten(0, (-1, side)).unflatten(2, (-1, side))  # (6, 16, 8, 16, 3)
tokens = patches.permute(0, 2, 1, 3, 4).flatten(2).flatten(0, 1)
print(tuple(tokens.shape), "= 6 x 8 patches of 16 x 16 x 3 numbers")

# %% [markdown]
# A list has lost something: which patch was beside which. Shuffle the tokens, and attention gives the same results,
# shuffled. Shuffle the places of a map before a convolution, and it gives something else.

# %% tags=["nbval-check-output"]
everything = torch.ones(len(tokens), len(tokens), dtype=torch.bool)
order = torch.randperm(len(tokens), generator=generator)
before = mix(tokens, tokens, tokens, everything)
after = mix(tokens[order], tokens[order], tokens[order], everything)
print("attention: shuffled tokens give shuffled results:", torch.allclose(after, before[order], atol=1e-4))


def neighbours(tokens):
    """Add up each token's 3 x 3 neighbourhood in the 6 x 8 grid, as a depthwise convolution does."""
    grid = tokens.T.unflatten(1, (6, 8))[None]  # (1, 768, 6, 8)
    kernel = torch.ones(768, 1, 3, 3)
    return torch.nn.functional.conv2d(grid, kernel, padding=1, groups=768)[0].flatten(1).T


moved_along = torch.allclose(neighbours(tokens[order]), neighbours(tokens)[order], atol=1e-4)
print("convolution: shuffled tokens give shuffled results:", moved_along)

# %% [markdown]
# So where does a transformer get its sense of place from? There are two answers.
#
# - **Position codes** are added to the tokens: learnt vectors in the first vision transformer (ViT, 2020), sines and cosines of x
#   and y in SAM's prompts and in our network. A click shows nothing, it is only a place: so the token that the network makes
#   of your click is such a code, together with a vector for "belongs".
# - **Convolutions** in between. You will often read that SegFormer (2021) "has no position information". It has no position
#   *codes*. Its patches overlap, and each of its blocks holds a 3 x 3 depthwise convolution with zero padding, which knows
#   neighbours and even feels the picture's edge.
#
# Sines and cosines are quickly written. A single wave would repeat itself, so a code holds many, from quick to slow, half of them for
# the row and half for the column. The dot product of two codes says how alike attention finds two places. **Before you run the
# cell:** which places will be most like row 2, column 3? And will shuffled tokens still give shuffled results, if the codes stay
# where they are?


# %% tags=["nbval-check-output"]
def position_codes(rows, columns, length):
    """Return a code for every place of a grid, made of sines and cosines: (rows * columns, length)."""
    rates = 100.0 ** -torch.linspace(0, 1, length // 4)  # from quick waves to slow ones
    places = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    angles = torch.cat([place.reshape(-1, 1) * rates for place in places], dim=1)  # (places, length / 2)
    return torch.cat([angles.sin(), angles.cos()], dim=1)


codes = position_codes(6, 8, tokens.shape[1])
alike = codes @ codes[2 * 8 + 3]  # with the code of row 2, column 3
print("most alike:", sorted(divmod(place, 8) for place in alike.topk(5).indices.tolist()))
before, after = (
    mix(placed, placed, placed, everything) for placed in (tokens + codes, tokens[order] + codes)
)
print("with codes: shuffled tokens give shuffled results:", torch.allclose(after, before[order], atol=1e-4))

# %% [markdown]
# The place itself and its four neighbours are most alike: the codes say what is near, although they are only added to the tokens. And
# now a token that is moved gives another result.
#
# ## What it costs, and windows
#
# Every query meets every key. With N tokens that is N² pairs, in each layer. How many pairs does a photo of 1024 x 1024 give
# with patches of 16, and how many with patches of 4, which a fine outline would need?

# %% tags=["nbval-check-output"]
for image_side in (224, 1024):
    for patch in (16, 4):
        count = (image_side // patch) ** 2
        print(f"{image_side} pixels, patches of {patch:2}: {count:6,} tokens, {count**2:13,} pairs")

# %% [markdown]
# Four times finer costs 256 times as much. Swin (2021) therefore cuts the grid of tokens into **windows** and lets tokens
# attend within their own window only. With windows of 7 x 7 tokens the pairs grow with N and no longer with N².
#
# The price is plain: nothing crosses a window's edge. Swin's remedy is to cut elsewhere in every second layer, **shifted** by
# half a window.

# %% [markdown] exercise="window-ids"
# Write `window_ids`: two tokens may attend to each other if their windows have the same number. Mind what is left over at
# the edges.

# %% exercise="window-ids"

# %%
window_ids = unblock("window-ids")

# %% [markdown]
# The numbers become the `allowed` of your attention. Now drop a value into one token and let it spread: which tokens can
# know of it after one, two and four layers? Guess for plain windows first.


# %%
def allowed_in(shift):
    """Return which of 12 x 12 tokens may attend to which, in windows of 4: bool (144, 144)."""
    ids = torch.as_tensor(np.asarray(window_ids(12, 12, 4, shift))).flatten()
    return ids[:, None] == ids


def spread(shifts):
    """Return what a value at row 5, column 5 has reached after one layer for each shift: bool (12, 12)."""
    values = torch.zeros(144, 1)
    values[5 * 12 + 5] = 1
    alike = torch.zeros(
        144, 2
    )  # as queries and keys: all scores are equal, so a result is the mean over its window
    for shift in shifts:
        values = mix(alike, alike, values, allowed_in(shift))
    return (values > 0).view(12, 12)


layers = {
    "plain, 1 layer": [0],
    "plain, 4 layers": [0] * 4,
    "shifted, 2 layers": [0, 2],
    "shifted, 4 layers": [0, 2, 0, 2],
}

# %%
from course_lib.plots import show_masks

show_masks(
    {title: spread(shifts).int() for title, shifts in layers.items()},
    names=("not reached", "reached"),
    background=0,
    alt="A grid of 12 by 12 tokens, four times. With plain windows one square of 4 by 4 is reached after one layer and still "
    "after four. With shifted windows it is 8 by 8 after two layers, and the whole grid after four",
)

# %% [markdown]
# Plain windows never get out, however many layers you stack. With the shift, what is known travels on by half a window
# per layer, much as the receptive field of a stack of convolutions grows (lesson 05).
#
# Other models save in other ways. SegFormer keeps all queries and shrinks the map of keys and values, by 8 on each side in
# its first stage. SAM's encoder uses windows in most of its layers and attends everywhere in four of them.
#
# ## How good is one click?
#
# Back to the promptable network. A number for it must say where the click was, since nobody clicks alike. SAM was
# evaluated with a click at the innermost point, as far from the edge as possible.

# %% [markdown] exercise="innermost-point"
# Write `innermost_point`. The mean of all pixels will not do: where is it, for a cat that is curled up like a horseshoe?
# Think of peeling the mask, one layer of pixels after the other. What is left last?

# %% exercise="innermost-point"

# %%
innermost_point = unblock("innermost-point")

# %% [markdown]
# Thirty new scenes, and all their pets that are large enough. For each pet, three clicks: the innermost point, a random one,
# and one right at the edge. The network answers each click with three masks, and is surest of one of them. Suppose that the
# pet is a dog beside a cat, and the surest mask is a fine one of both together. Is that a good answer? It depends on what you
# ask:
#
# | IoU | compares | for the dog beside the cat |
# |---|---|---|
# | surest, any meaning | the surest mask with the head, the pet or all pets, whichever it fits best | high: it fits all pets |
# | surest, the pet | the surest mask with the pet | low: the cat is in it too |
# | best of three, the pet | of the three masks, the one that fits the pet best, with the pet | high, if one of the others is the dog |
#
# **Before you run the cells:** which of the three numbers will suffer most when the click moves to the edge? And is the surest
# mask mostly a head, a pet, or all pets?


# %%
def iou(one, other):
    """Return the IoU of two masks."""
    return float((one & other).sum() / max(1, (one | other).sum()))


held_out = [draw_scene_of_pets(np.random.default_rng([14, number]), SIZE) for number in range(30)]
encoded = [EncodedImage(model, one.image) for one in held_out]
pets = []  # the encoded picture, the pet's mask, and everything that a click on it can mean
for asked, one in zip(encoded, held_out, strict=True):
    for pet, its_head in zip(one.masks, one.heads, strict=True):
        if pet.sum() >= 100:
            pets.append((asked, pet, {"head": its_head, "all pets": one.instances > 0, "pet": pet}))
print(len(pets), "pets")


# %%
def clicks_in(mask, rng):
    """Return a click at the innermost point, at a random pixel, and at a pixel of the edge: x, y each."""
    around = np.pad(mask, 1)
    edge = mask & ~(around[:-2, 1:-1] & around[2:, 1:-1] & around[1:-1, :-2] & around[1:-1, 2:])
    anywhere, outer = (rng.permutation(np.argwhere(where))[0][::-1] for where in (mask, edge))
    return {"innermost": np.array(innermost_point(mask)), "random": anywhere, "at the edge": outer}


def answer(asked, things, click):
    """Return the expected IoU of each of the three masks, and its IoU with each thing under the click."""
    logits, expected = asked.ask(points=[click + 0.5])
    meant = {name: thing for name, thing in things.items() if thing[click[1], click[0]]}
    return expected, [{name: iou(mask > 0, thing) for name, thing in meant.items()} for mask in logits]


# %%
rng = np.random.default_rng(0)
found = {"innermost": [], "random": [], "at the edge": []}
for asked, pet, things in pets:
    for where, click in clicks_in(pet, rng).items():
        found[where].append(answer(asked, things, click))
print("click        surest, any meaning   surest, the pet   best of three, the pet")
for where, results in found.items():
    surest = [fits[expected.argmax()] for expected, fits in results]
    any_meaning, the_pet = np.mean([(max(fit.values()), fit["pet"]) for fit in surest], axis=0)
    best = np.mean([max(fit["pet"] for fit in fits) for _, fits in results])
    print(f"{where:12} {any_meaning:10.2f} {the_pet:20.2f} {best:18.2f}")
surest = [fits[expected.argmax()] for expected, fits in found["innermost"]]
nearest = [max(fit, key=fit.get) for fit in surest]  # a pet without company counts as "all pets"
print("innermost clicks whose surest mask is", {name: nearest.count(name) for name in things})

# %% [markdown]
# Down the columns, the place of the click hardly matters to the first two numbers. This network learnt with clicks at random
# places, the edge included. Only the third number falls towards the edge.
#
# Across the columns there is much more to see. The surest mask is a good mask of *something*, and often not of the pet: the
# last line says of what. So the expected IoU says how well a mask is drawn. It does not say that you meant it, neither here
# nor in SAM. The third column is what you get when you pick among the three yourself, as a person with a mouse does.
#
# **Can the expected IoU be trusted?** If these guesses are honest, the points below lie along the line. It is the
# calibration of lesson 08 once more, for whole masks. The colours tell the three masks apart that each click gets: for the
# click at the start, mask 0 was the head, mask 1 all pets and mask 2 the pet. Which colour do you expect in the upper
# right corner?

# %%
every = [one for results in found.values() for one in results]
guessed = np.array([expected for expected, _ in every])  # (clicks, 3)
actual = np.array([[max(fit.values()) for fit in fits] for _, fits in every])
figure, ax = plt.subplots(figsize=(5.4, 3.8), layout="constrained")
for number, colour in enumerate(PALETTE[[0, 1, 3]] / 255):
    label = f"mask {number}"
    ax.scatter(guessed[:, number], actual[:, number], s=9, alpha=0.5, color=colour, label=label)
ax.plot([0, 1], [0, 1], color="black", linewidth=1, label="as good as expected")
ax.set(xlabel="expected IoU", ylabel="actual IoU", xlim=(0, 1), ylim=(0, 1), aspect="equal")
figure.legend(loc="outside right center", frameon=False)
show(
    figure,
    alt="Expected against actual IoU of all masks. Mask 1 fills the upper right corner, close to the line. Masks 0 and 2 "
    "scatter widely on both sides of the line; far below it, with an actual IoU of 0.2 or less, are masks 0 only, or nearly so",
)
for low, high in ((0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.0)):
    some = actual[(low <= guessed) & (guessed < high)]
    tenth = np.quantile(some, 0.1)
    print(
        f"expected {low} to {high}: {len(some):3} masks, actual {some.mean():.2f}, a tenth below {tenth:.2f}"
    )
on_head = np.array(["head" in fits[0] for _, fits in every])
for where, some in (("on a head", on_head), ("elsewhere", ~on_head)):
    expects, is_ = guessed[some, 0].mean(), actual[some, 0].mean()
    print(f"mask 0, clicks {where}: expected {expects:.2f}, actual {is_:.2f}")

# %% [markdown]
# High guesses can be trusted: above 0.8 few masks are much worse than expected. In the middle the guess is right on average,
# and for a single mask it says little.
#
# The three masks do not compete; each has its role. Mask 1 draws the group, and to do that the network does not need to tell one pet
# from another. It is the best drawn and therefore the surest, whatever was clicked on. Mask 0 draws the head. After a
# click on a body there is no head to draw, but the network still draws some small piece. The orange points at the
# lower left and far below the line are such pieces. One of the three masks may answer a question that you did not ask.
#
# **A sloppy box.** A box says how large the thing is. People draw boxes by eye, and detectors miss by some pixels. Move each
# of the four sides by a random amount, up to a share of the box's width or height. At which share would you expect the answer
# to break?


# %%
def moved(box, share, rng):
    """Move every side of a box by up to a share of its width or height, and keep it in the image."""
    sides = np.tile(box[2:] - box[:2], 2)
    return (box + rng.uniform(-share, share, 4) * sides).clip(0, [128, 96, 128, 96])


for share in (0, 0.1, 0.2, 0.3, 0.5):
    rng, reached = np.random.default_rng(0), []  # the same directions for each share
    for asked, pet, _ in pets:
        logits, expected = asked.ask(box=moved(np.array(boxes_of(pet[None])[0], float), share, rng))
        reached.append(iou(logits[expected.argmax()] > 0, pet))
    print(f"sides moved by up to {share:4.0%}: IoU {np.mean(reached):.2f}")

# %% [markdown]
# In training the boxes were moved by up to a tenth. (SAM's got random noise with a standard deviation of a tenth, and at most
# 20 pixels.) The network forgives more than it was taught: twice as much costs a few hundredths. Beyond that, each further
# tenth costs more than the one before.
#
# Compare the first line with the table of clicks. With a good box the surest mask fits the pet far better than with a click,
# because the box says how large the thing is. It does not draw better than the best of three masks from one click.
#
# **A prompt can be plainly wrong.** What should happen with a box that reaches out of the image, or with y before x? A
# network answers anything, so the code around it has to look:

# %% tags=["nbval-check-output"]
try:
    picture.ask(points=[(90, 120)])  # row 90, column 120: x and y were swapped
except ValueError as error:
    print(error)

# %% [markdown]
# ## Masks with classes
#
# A promptable model waits to be asked. Who asks if there is nobody to click? The mask decoder takes vectors, and they need not
# come from a click. Let there be a dozen **queries**, vectors that are simply learnt. They are Q in the formula of attention,
# and the map of features gives K and V. Each query ends as one mask and one class, and one of the classes is "no segment".
# This is **mask classification**.
#
# ![Two ways to label a scene. Above, every pixel gets a class. Below, twelve queries each give a mask and a class; five of
# them say that they have no segment, and the others are wall, floor, clutter, two dogs, a cat, and a second cat made of
# pieces, which is a mistake](pictures/14_queries.png)
#
# Per-pixel classes cannot tell two cats apart (lesson 13). Masks with classes can: two queries, two masks, both called cat.
# Our network has such a head beside the prompt's, on the same encoder and trained with it. It makes mistakes: the picture shows
# one.

# %%
from course_lib.data.pocket_pets.scene import SCENE_CLASSES

names = (*SCENE_CLASSES, "no segment")
mask_logits, class_logits = (torch.from_numpy(array) for array in picture.segments())
chances = class_logits.softmax(dim=1)
segments = {}
for number, (mask, chance) in enumerate(zip(mask_logits, chances, strict=True)):
    if chance.argmax() < 5 and (mask > 0).any():
        segments[f"query {number}: {names[chance.argmax()]} {chance.max():.2f}"] = (mask > 0).numpy()
print(len(segments), "of", len(chances), "queries have a segment")
alt = "The masks of all queries that have a segment, each with its class: wall, floor, clutter and pets"
show_answers(scene.image, segments, alt)

# %% [markdown]
# No anchors, no boxes, and nobody removes duplicates afterwards: the queries are to find each thing once, by themselves. Here
# they nearly do. The exception is query 6, whose pieces lie on the dog at the back and on the cat, which queries 1 and 8 have
# drawn already.
#
# How does a network learn that? For each scene there is a set of true segments and a set of queries, and nothing says which
# query should draw which segment. If each segment simply took the query that fits best, one query could be told to draw two
# pets at once.
#
# So every segment gets a query **of its own**, and the pairs are chosen such that all together fit best. How badly a pair fits
# is its **cost**: a mask loss, minus the chance that the query gives to the true class.

# %%
from itertools import permutations

list(permutations(range(3), 2))  # all ways to give two of three queries to two segments

# %% [markdown] exercise="match-queries"
# Write the matching for a few queries and segments. There are so few ways that you can try them all.

# %% exercise="match-queries"

# %%
match_queries = unblock("match-queries")

# %% [markdown]
# Is that really needed? It would be simpler to take the cheapest pair, then the cheapest of what is left, as in lesson 13,
# where detections chose in the order of their scores.

# %% [markdown] exercise="greedy-trap"
# Find costs for two queries and two segments on which this greedy way is as bad as you like.

# %% exercise="greedy-trap"

# %%
greedy_trap = unblock("greedy-trap")

# %% [markdown]
# Trying all ways is hopeless for a hundred queries. The **Hungarian algorithm** (Kuhn, 1955) finds the same matching in a time
# that grows with the cube of their number, and scipy has it. Here it is for our network on the scene above. To keep it short,
# the cost is only 1 − IoU of each query's mask with each true segment.

# %% tags=["nbval-check-output"]
from scipy.optimize import linear_sum_assignment

stuff = [scene.semantic == number for number in range(3) if (scene.semantic == number).any()]
truth = np.stack([*stuff, *scene.masks])
costs = np.array([[1 - iou(mask.numpy() > 0, segment) for segment in truth] for mask in mask_logits])
few = costs[:6, :4]  # six queries and four segments, few enough for yours
yours, by_scipy = few[match_queries(few.tolist()), range(4)].sum(), few[linear_sum_assignment(few)].sum()
print("your matching costs as little as scipy's:", bool(np.isclose(yours, by_scipy)))

# %%
rows, columns = linear_sum_assignment(costs)
kinds = [number for number in range(3) if (scene.semantic == number).any()] + scene.labels.tolist()
for row, column in sorted(zip(rows, columns, strict=True), key=lambda pair: pair[1]):
    said = names[chances[row].argmax()]
    reached = 1 - costs[row, column]
    print(f"{names[kinds[column]]:8} is drawn by query {row:2}, IoU {reached:.2f}, which says {said}")

# %% [markdown]
# In training, the queries that are left over learn to say "no segment". They do not always succeed: query 6 is left over here,
# and it says cat. This way of training is from DETR (2020), which found boxes with it; MaskFormer (2021) did it with masks.
#
# What if you want classes per pixel after all? Let every query speak for its pixels, as loudly as it is sure.

# %% [markdown] exercise="masks-to-classes"
# Write `masks_to_classes`. Ask yourself why "no segment" must take part in the softmax, but not in the argmax.

# %% exercise="masks-to-classes"

# %%
masks_to_classes = unblock("masks-to-classes")

# %%
colours = PALETTE[[1, 16, 5, 0, 4]]  # wall, floor and clutter in blue tones, cats and dogs in warm ones
classes = np.asarray(masks_to_classes(mask_logits, class_logits))
wrong = np.where((classes != scene.semantic)[..., None], colours[classes], 235)
panels = {"truth": colours[scene.semantic], "from the queries": colours[classes], "only what is wrong": wrong}
figure, axes = plt.subplots(1, 3, figsize=(10, 3.1), layout="constrained")
for ax, (title, shown) in zip(axes, panels.items(), strict=True):
    ax.imshow(shown.astype(np.uint8))
    ax.set(title=title, xticks=[], yticks=[])
legend = [Patch(color=colour / 255, label=name) for colour, name in zip(colours, SCENE_CLASSES, strict=True)]
figure.legend(handles=legend, loc="outside lower center", ncols=5, frameon=False)
show(
    figure,
    alt="The true classes of the scene, those from the twelve queries, and the pixels that are wrong, in the colour of the "
    "class they got: thin lines along the outlines, and pieces of the dogs that have the class cat",
)

# %% [markdown]
# Without "no segment" in the softmax, a query that found nothing would have to share out its whole chance among cat and dog, and would vote
# for one of them everywhere. In the argmax it is left out, because every pixel has to get a class.
#
# Pieces of the dog at the back have become cat. Which query is to blame? Look at the masks above once more: the second cat, the
# one made of pieces, lies on that dog, and where it is surer than the dog's own query, its class wins.
#
# **Before you run the cell:** it counts all thirty scenes. Which of the five classes will have the lowest IoU, and what are its
# missing pixels called instead?

# %%
from course_lib.metrics import ConfusionMatrix

matrix = ConfusionMatrix(5)
for asked, one in zip(encoded, held_out, strict=True):
    answers = (torch.from_numpy(array) for array in asked.segments())
    matrix.update(np.asarray(masks_to_classes(*answers)), one.semantic)
print("IoU on the held-out scenes:", dict(zip(SCENE_CLASSES, matrix.iou().round(2).tolist(), strict=True)))
lowest = int(matrix.iou().argmin())
missed = np.delete(matrix.counts[lowest], lowest) / matrix.counts[lowest].sum()
others = np.delete(SCENE_CLASSES, lowest).tolist()
print(
    f"true {SCENE_CLASSES[lowest]} that is called", dict(zip(others, missed.round(2).tolist(), strict=True))
)

# %% [markdown]
# Cats are the hardest of the five, and most of what is missing of them is called dog.
#
# The same head gives semantic answers (merge what has the same class), instances (keep the things only) and panoptic ones (keep
# everything). So three tasks that had networks of their own can share one. Published networks took this step from 2021 on, and each
# of them asked what the one before still had too much of:
#
# | network | question | answer |
# |---|---|---|
# | **MaskFormer** (2021) | does semantic segmentation need a class for every pixel? | no: masks with classes, matched one to one, as you have just done; its authors found the gain largest where there are many classes |
# | **Mask2Former** (2022) | must a query look at the whole map? | no: in each layer it attends only to the places inside the mask that it drew one layer before |
# | **OneFormer** (2023) | must the network be trained once for each task? | no: one training, with a token among the inputs that names the task |
# | **EoMT** (2025) | is a decoder needed behind a large, well-trained ViT? | hardly: the queries join the patches in the ViT's last blocks, and ordinary attention does the rest |
#
# Mask2Former's step is in your hands already: its "only to the places inside the mask" is the `allowed` of your attention, with a row
# for each query and a column for each place. What would become of a query whose first mask is empty?
#
# <details><summary>Answer</summary>
#
# All of its keys would be forbidden, and a softmax over nothing is 0 / 0. So Mask2Former lets a query with an empty mask look
# everywhere.
#
# </details>

# %% [markdown]
# ## From small scores to a large map
#
# Many published networks, SegFormer among them, give logits of a quarter of the picture's height and width: 128 x 128 for
# 512 x 512. One can upsample the *logits* and then take the argmax, or take the argmax and then enlarge the ids. Does the order
# matter? Scores made from the truth itself can tell, since no network's errors get in the way: the
# share of each class in every block of 4 x 4. (`F.interpolate` without a mode repeats the nearest value, as ids need it.)

# %%
from torch.nn import functional as F

from course_lib.data.pocket_pets.draw import draw_pet

pet = draw_pet(np.random.default_rng(9), (128, 128))
true_ids = torch.from_numpy(pet.trimap.astype(np.int64) - 1)  # (H, W)
quarter = F.avg_pool2d(F.one_hot(true_ids, 3).permute(2, 0, 1)[None].float(), 4)  # (1, 3, H/4, W/4)
ids_first = F.interpolate(quarter.argmax(dim=1, keepdim=True).float(), size=(128, 128))[0, 0].long()
tuple(quarter.shape), tuple(ids_first.shape)

# %% [markdown] exercise="upsample-then-argmax"
# `ids_first` took the argmax first. Write the other order, for logits of any size: SegFormer's at a quarter, or smp's at full
# size. By how much will the IoU of the thin border change?

# %% exercise="upsample-then-argmax"

# %%
upsample_then_argmax = unblock("upsample-then-argmax")

# %% tags=["nbval-check-output"]
scores_first = torch.as_tensor(upsample_then_argmax(quarter, (128, 128)))[0]
for name, ids in (("argmax, then enlarge", ids_first), ("enlarge, then argmax", scores_first)):
    matrix = ConfusionMatrix(3)
    matrix.update(ids.numpy(), true_ids.numpy())
    print(f"{name}: mIoU {matrix.mean_iou():.2f}, border {matrix.iou()[2]:.2f}")

# %%
show_masks(
    {"truth": true_ids, "argmax, then enlarge": ids_first, "enlarge, then argmax": scores_first},
    names=("pet", "background", "border"),
    alt="Three class maps of a drawn cat; in the second all outlines are made of steps four pixels wide, in the third "
    "they follow the curve of the truth; the narrow strip of pet in the tail is in pieces or lost",
)

# %% [markdown]
# Scores know where in a cell the border runs, and ids do not. But the third map is not perfect either. **Find the place where
# it differs most from the truth.** What is it about this place that no order can mend?
#
# <details><summary>Answer</summary>
#
# The tail. Its strip of pet is narrower than a cell, and in hardly any cell that it crosses is pet the largest share. What is
# finer than the grid of scores suffers either way. Only a finer grid would help, such as a U-Net's decoder gives.
#
# </details>

# %% [markdown]
# ## The real ones
#
# Now the published models. Their libraries are large, so the course installs them only when you ask for it, with
# `pip install -e ".[foundation]"`. **None of them was run here with its published weights**, as this lesson was built without a
# network; a test of the course runs all the lines below on small models of the same classes. They are here for the day when
# you need them: read the first block, and open the others when you want one.
#
# In all blocks `image` is a photo, `PIL.Image.open("photo.jpg").convert("RGB")`, and `name` a model on Hugging Face's hub or a
# folder in which you saved one. The **processor** comes with the model and scales and normalises as in training. Another
# model's processor raises no error and gives worse masks.

# %% [markdown]
# **SegFormer**, a class for each pixel. The weights named here know the 150 classes of ADE20K. The last two lines are the
# exercise that you have just solved.
#
# ```python
# from transformers import SegformerForSemanticSegmentation, SegformerImageProcessor
#
# name = "nvidia/segformer-b0-finetuned-ade-512-512"
# processor = SegformerImageProcessor.from_pretrained(name)
# model = SegformerForSemanticSegmentation.from_pretrained(name)
# with torch.no_grad():
#     logits = model(**processor(images=image, return_tensors="pt")).logits  # (1, classes, H/4, W/4)
# full = torch.nn.functional.interpolate(logits, size=image.size[::-1], mode="bilinear")
# ids = full.argmax(dim=1)[0]  # (H, W)
# ```

# %% [markdown]
# The other models are loaded in the same way: a processor and a model by name, one call, and a step that brings the masks
# back to the size of the photo. What differs is what goes in and what comes out.
#
# | model | you pass | you get | mind |
# |---|---|---|---|
# | Mask2Former (2022) | the photo | ids (H, W), and a class and a score for each id | stuff and things alike |
# | SAM (2023) | points or a box | three masks with their expected IoU | no class, no words |
# | SAM 2 (2024) | the same | the same, with a faster encoder | its point is video: a memory carries a clicked mask through the frames |
# | SAM 3 (2025) | a short noun phrase | *all* instances of it, each with a score | weights on request; inside is a DETR with queries, such as you have just matched |
#
# So "SAM does not know classes" was true in 2023 and is not true of SAM 3. When you read a sentence about SAM, look at its date.
# And where it is called a tool for "universal segmentation", read that as: it answers any prompt on any picture. Whether the answer
# is good enough on *your* pictures has to be measured, as you did above.

# %% [markdown]
# <details><summary>The lines for Mask2Former</summary>
#
# ```python
# from transformers import AutoImageProcessor, Mask2FormerForUniversalSegmentation
#
# name = "facebook/mask2former-swin-tiny-coco-panoptic"
# processor = AutoImageProcessor.from_pretrained(name)
# model = Mask2FormerForUniversalSegmentation.from_pretrained(name)
# with torch.no_grad():
#     outputs = model(**processor(images=image, return_tensors="pt"))
# size = image.size[::-1]
# found = processor.post_process_panoptic_segmentation(outputs, label_ids_to_fuse=set(), target_sizes=[size])[0]
# ids, segments = found["segmentation"], found["segments_info"]  # (H, W), and a class and a score for each id
# ```
#
# </details>

# %% [markdown]
# <details><summary>The lines for SAM 3</summary>
#
# ```python
# from transformers import Sam3Model, Sam3Processor
#
# name = "facebook/sam3"
# processor, model = Sam3Processor.from_pretrained(name), Sam3Model.from_pretrained(name)
# inputs = processor(images=image, text="a cat", return_tensors="pt")
# with torch.no_grad():
#     outputs = model(**inputs)
# found = processor.post_process_instance_segmentation(
#     outputs, threshold=0.5, target_sizes=inputs["original_sizes"].tolist()
# )[0]
# masks, scores = found["masks"], found["scores"]  # (K, H, W), (K,)
# ```
#
# </details>

# %% [markdown]
# A trap. The first block asks **SAM** with one click, the second **SAM 2**. If you turn one into the other by changing the names
# only, you get an error. Find three differences beside the names.
#
# ```python
# from transformers import SamModel, SamProcessor
#
# name = "facebook/sam-vit-base"
# processor, model = SamProcessor.from_pretrained(name), SamModel.from_pretrained(name)
# inputs = processor(images=image, input_points=[[[30, 20]]], return_tensors="pt")  # or input_boxes=[[[x0, y0, x1, y1]]]
# with torch.no_grad():
#     outputs = model(**inputs, multimask_output=True)
# masks = processor.post_process_masks(
#     outputs.pred_masks, inputs["original_sizes"], inputs["reshaped_input_sizes"]
# )[0][0]  # (3, H, W)
# mask = masks[outputs.iou_scores[0, 0].argmax()]
# ```

# %% [markdown]
# ```python
# from transformers import Sam2Model, Sam2Processor
#
# name = "facebook/sam2.1-hiera-tiny"
# processor, model = Sam2Processor.from_pretrained(name), Sam2Model.from_pretrained(name)
# inputs = processor(images=image, input_points=[[[[30, 20]]]], input_labels=[[[1]]], return_tensors="pt")
# with torch.no_grad():
#     outputs = model(**inputs, multimask_output=True)
# masks = processor.post_process_masks(outputs.pred_masks, inputs["original_sizes"])[0][0]  # (3, H, W)
# mask = masks[outputs.iou_scores[0, 0].argmax()]
# ```
#
# <details><summary>Answer</summary>
#
# The point has one more pair of brackets: image, object, point, coordinates. `input_labels` says for each point whether it
# belongs (1) or does not (0), as your star and your cross did; without it, all points belong, in both models. And
# `post_process_masks` wants only the original sizes.
#
# </details>

# %% [markdown]
# Two libraries give networks for training of your own. **smp**, segmentation-models-pytorch, has U-Net, DeepLab v3+ and others on
# a pretrained encoder. All take images and give logits at full size, so your loop from lesson 07 stays as it is.
#
# ```python
# import segmentation_models_pytorch as smp
#
# unet = smp.Unet("resnet34", encoder_weights="imagenet", in_channels=3, classes=3)
# deeplab = smp.DeepLabV3Plus("resnet34", encoder_weights="imagenet", in_channels=3, classes=3)
# logits = unet(torch.zeros(1, 3, 256, 256))  # (1, 3, 256, 256)
# ```
#
# **MONAI** is for medicine. Its Swin-UNETR (2022) joins a Swin encoder to a U-Net's decoder, for volumes or, with `spatial_dims=2`, for
# images; sides must be multiples of 32.
#
# <details><summary>The lines for Swin-UNETR</summary>
#
# ```python
# from monai.networks.nets import SwinUNETR
#
# network = SwinUNETR(in_channels=1, out_channels=14, feature_size=48, spatial_dims=3)
# logits = network(torch.zeros(1, 1, 64, 64, 64))  # (1, 14, 64, 64, 64)
# ```
#
# </details>
#
# What did the two give here? From random weights, after three minutes on 240 photos of real pets, smp's U-Net with a ResNet-18 had a
# mIoU of 0.536 on the test photos, where a plain U-Net had 0.573 and the course's own recipe 0.716 (`docs/benchmarks.md`). But smp is
# there for its encoders that know ImageNet, whose weights were not at hand; [lesson 10](10_training_craft.ipynb) measures with another
# encoder what such weights are worth. Swin-UNETR was run only to see its shapes, since there were no volumes and no weights to measure
# it with. What its paper reports is in the last table below. <!-- not measured here -->

# %% [markdown]
# **Which of the six would you take?** (SegFormer, Mask2Former, SAM or SAM 2, SAM 3, smp, Swin-UNETR.)
#
# - a. A class for each pixel of a street, with one of the published sets of classes.
# - b. This one tumour in a photo of a tissue section, under the mouse of a physician.
# - c. All helmets in 10,000 photos of building sites. Nobody has labelled any.
# - d. A network of your own for 300 labelled leaves.
# - e. Every car of a street on its own, and the road and the sky as well.
# - f. Organs in CT volumes, of which you have labelled some.
#
# <details><summary>Answer</summary>
#
# - a. SegFormer: its classes are settled, and they are the ones wanted.
# - b. SAM or SAM 2: a click or a box says what is meant, and no class is needed. Measure it on some tumours first: it was
#   not made for tissue.
# - c. SAM 3: all instances of a noun phrase. Here too, label some photos by hand and measure.
# - d. smp: a pretrained encoder, your classes, your loop.
# - e. Mask2Former: panoptic, as in lesson 13.
# - f. Swin-UNETR, or nnU-Net (lesson 10).
#
# </details>

# %% [markdown]
# ### On your own photo
#
# With the extra packages and a network, or with a folder of weights, the course runs them for you:
#
# ```
# course segment photo.jpg --model segformer --out mask.png --overlay look.png
# course segment photo.jpg --model sam2 --point 210 140 --out mask.png --overlay look.png
# course segment photo.jpg --model sam3 --text "a cat" --weights my/sam3 --out mask.png
# ```
#
# Where the weights are not at hand, it writes nothing and says how to bring them from a machine with a network.
# Fine-tuning works as in lesson 10: `course train --model segformer --weights imagenet` starts SegFormer from weights that know
# ImageNet.
#
# What does a transformer do without such weights, and with few pictures? Here are a small SegFormer, with a million weights, and
# the course's U-Net, with 0.8 million, both from random weights on the 240 drawn pets, in mIoU on test pictures with three seeds.
# **Before you read on:** with which of them would you start, if you had 240 pictures and a laptop?
#
# | | 400 steps | 1,600 steps |
# |---|---|---|
# | `fast-unet` | {{segformer.fast_unet_400.miou}} | {{segformer.fast_unet_1600.miou}} |
# | SegFormer | {{segformer.segformer_400.miou}} | {{segformer.segformer_1600.miou}} |
#
# <details><summary>Answer</summary>
#
# With the U-Net. The SegFormer needs four times as many steps to pass it, and with as many steps the U-Net is ahead again. On photos
# of real pets it was alike: after eight minutes of one core 0.655, and 0.736 with `fast-unet` (one seed each, `docs/benchmarks.md`).
# Why, such tables cannot say. Attention has to learn from the pictures what a convolution assumes from the start, that neighbours
# belong together. But a SegFormer has convolutions as well, and it gives its logits at a quarter of the size. With few pictures,
# start it from weights that have seen more. <!-- not measured here -->
#
# </details>

# %% [markdown]
# ## A map, 2015 to 2026
#
# Ten models that you have met, in the order of their years. **Which of these steps have you built yourself?** Say for each
# the lesson, before you open the answer.
#
# | year | model | what it added | paper on arXiv |
# |---|---|---|---|
# | 2015 | FCN | a classifier made fully convolutional; skips | 1411.4038 |
# | 2015 | U-Net | a decoder as deep as the encoder, skips by concatenation | 1505.04597 |
# | 2017 | PSPNet | context by pooling at four scales | 1612.01105 |
# | 2017 | Mask R-CNN | a mask for each box; RoI Align | 1703.06870 |
# | 2018 | DeepLab v3+ | atrous convolutions with a decoder | 1802.02611 |
# | 2020 | DETR | queries and Hungarian matching; no anchors, no NMS | 2005.12872 |
# | 2021 | Swin | attention in shifted windows | 2103.14030 |
# | 2021 | SegFormer | no position codes; a decoder of linear layers | 2105.15203 |
# | 2021 | MaskFormer | masks with classes; one loss for semantic and panoptic | 2107.06278 |
# | 2023 | SAM | prompts; zero-shot; trained on 1.1 billion masks of 11 million images | 2304.02643 |
#
# <details><summary>Answer</summary>
#
# FCN in lesson 09, the U-Net in 05 and 06, pyramid pooling and the atrous part of DeepLab in 12, RoI Align with a mask head and
# its loss in 13. In this lesson attention, the shifted windows of Swin, the matching of DETR, and MaskFormer's way from masks to
# classes. Of SAM you have used a small copy. The models that came later are larger, not stranger.
#
# </details>

# %% [markdown]
# <details><summary>Nine more models</summary>
#
# | year | model | what it added | paper on arXiv |
# |---|---|---|---|
# | 2019 | HRNet | fine and coarse branches side by side all the way (you built its exchange in lesson 12) | 1908.07919 |
# | 2021 | nnU-Net | the recipe by rules from the data, around a plain U-Net | 1904.08128 |
# | 2022 | Mask2Former | each query attends only within the mask it drew one layer before; one architecture, trained for each task | 2112.01527 |
# | 2022 | Swin-UNETR | Swin as the encoder of a U-Net for volumes | 2201.01266 |
# | 2023 | OneFormer | one training for all three tasks; a token says which one is wanted | 2211.06220 |
# | 2024 | SAM 2 | videos, by a memory; 6 times as fast as SAM on images | 2408.00714 |
# | 2025 | EoMT | the queries join the patches in a plain ViT; up to 4 times as fast at a similar accuracy, with ViT-L | 2503.19108 |
# | 2025 | SAM 3 | noun phrases, all instances; twice the accuracy of earlier systems, on its authors' own benchmark | 2511.16719 |
# | 2026 | SAM 3.1 | many objects of a video tracked together; about 7 times as fast as SAM 3 with 128 objects, on one H100 | release notes |
#
# </details>

# %% [markdown]
# <details><summary>What the papers report, by data set</summary>
#
# | data set and score | figures |
# |---|---|
# | VOC 2012 test, mIoU | FCN 62.2 % (2015), PSPNet 85.4 % (2017), DeepLab v3+ 89.0 % (2018) |
# | Cityscapes, mIoU | test: PSPNet 80.2 % (2017), DeepLab v3+ 82.1 % (2018), HRNet 81.6 % (2019); val: SegFormer 84.0 % (2021) |
# | ADE20K val, mIoU | SegFormer 51.8 %, Swin 53.5 %, MaskFormer 55.6 % (all 2021), Mask2Former 57.7 % (2022), EoMT 58.4 % (2025) |
# | COCO, mask AP | test-dev: Mask R-CNN 37.1 (2017); val: Mask2Former 50.1 (2022) |
# | COCO val, box AP | DETR 44.9 (2020) |
# | COCO val, PQ | MaskFormer 52.7 (2021), Mask2Former 57.8 (2022), OneFormer 58.0 (2023), EoMT 59.2 (2025) |
# | BraTS 2021, mean Dice of five folds | Swin-UNETR 91.3 % (2022) |
# | ISBI cell tracking challenge, IoU | U-Net 92.0 % and 77.5 %, on two tasks (2015) |
#
# The figures are the authors' own, from the papers above, each for the largest variant in the paper's main table; SAM 3.1's is from
# the notes of its release. Only figures of one line can be compared, and even there the encoders and the images that they were
# trained on differ. The year is that of the conference or journal, and a preprint is often a year older. The tables were last
# checked in November 2026.
#
# </details>
#
# What a model reaches on one data set says little about yours, so measure there.
# <!-- not measured here -->

# %% [markdown]
# ## Checkpoint
#
# **1.** You double both sides of an image and keep the patch size. By which factor do the pairs of full attention grow, and by
# which those of attention in windows?
#
# <details><summary>Answer</summary>
#
# Four times the tokens, so sixteen times the pairs. In windows of a fixed size: four times.
#
# </details>
#
# **2.** A friend removes the position codes from a ViT, and its classification gets only a little worse. What does that tell
# you about the task? And what would you expect for segmentation?
#
# <details><summary>Answer</summary>
#
# That knowing *which* patches occur nearly suffices for naming a picture. For segmentation the answer differs from place to
# place, and a patch without a code can tell its place only by its content: two patches of plain wall would get the same answer.
#
# </details>

# %% [markdown]
# **3.** One click on a cat's collar. SAM's three masks are the collar, the cat, and the cat with its cushion, with expected IoUs of
# 0.93, 0.88 and 0.71. You want the cat. What are your two cheapest ways to say so?
# <!-- not measured here -->
#
# <details><summary>Answer</summary>
#
# Take the second mask, since all three are there already. Or ask again with a box around the cat, or with a second point
# on its body: the encoder's map is still at hand, so this costs little.
#
# </details>
#
# **4.** Two queries both draw the same cat well. What does the training say to each of them, and what would happen if every segment
# took its cheapest query and nothing else were said?
#
# <details><summary>Answer</summary>
#
# One is matched and is told to draw the cat better. The other is told that it has no segment, so that the cat is found once
# and needs no suppression of duplicates. Without that, nothing would stop a query from repeating what another one
# has said.
#
# </details>
#
# **5.** Somebody shows you masks of a large model that could not find its weights and was built with random ones. What can you
# conclude from them?
#
# <details><summary>Answer</summary>
#
# Shapes, memory and speed. Nothing about the masks.
#
# </details>

# %% [markdown]
# ## What to remember
#
# - **Attention**: softmax of Q Kᵀ / √D, times V. It knows no places unless positions are added or convolutions help.
# - N tokens make N² pairs. Windows make it N, and shifting them lets knowledge travel.
# - A **click** is ambiguous: three masks with their expected IoU. A box or a second click says which of them you mean.
# - **Mask classification**: queries, each with a mask and a class, matched with the truth one to one.
# - Use the model's own processor; upsample logits before the argmax; date what you read about SAM.
#
# ## Where to go from here
#
# - [Attention Is All You Need](https://arxiv.org/abs/1706.03762), Vaswani and others, 2017, and
#   [torch's scaled_dot_product_attention](https://pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html).
# - [Segment Anything](https://arxiv.org/abs/2304.02643), Kirillov and others, 2023, and
#   [SAM 3](https://arxiv.org/abs/2511.16719), Carion and others, 2025.
# - [Masked-attention Mask Transformer](https://arxiv.org/abs/2112.01527), Cheng and others, 2021: Mask2Former.
# - [SegFormer](https://arxiv.org/abs/2105.15203), Xie and others, 2021.
#
# Next: [Lesson 15](15_quiz_and_review.ipynb), the whole course once more.
