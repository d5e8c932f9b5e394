"""The exercises of lesson 07: the parts of a training, from the overlay to the failure-modes checklist."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from course_lib import losses
from course_lib.checking.exercise import Exercise, Misconception, Worked
from course_lib.data import pets
from course_lib.masks import IGNORE_INDEX, PALETTE
from course_lib.metrics import ConfusionMatrix
from course_lib.training import loop
from course_lib.training.devices import Devices

# --- overlay -----------------------------------------------------------------------------------------------


def overlay(image, class_map, palette):
    """Return the picture with the colours of a class map laid over it: 0.6 of the one, 0.4 of the other.

    image: uint8 array (H, W, 3). class_map: ids, uint8 array (H, W). palette: the colour of each id, uint8 (C, 3).
    The result is uint8 (H, W, 3), every value rounded to the nearest whole number.
    """
    ### BEGIN SOLUTION
    colours = palette[class_map]  # (H, W, 3)
    blend = 0.6 * image + 0.4 * colours  # floats
    return np.rint(blend).astype(np.uint8)
    ### END SOLUTION


def _observe_overlay(answer, image, class_map, palette):
    before = image.copy()
    picture = answer(image, class_map, palette)
    if picture is None:
        return None
    array = np.asarray(picture)
    return {
        "the dtype": str(array.dtype),
        "the overlay": array.tolist(),
        "the image that was passed in": "unchanged" if np.array_equal(image, before) else "changed",
    }


def _draw_overlay(rng):
    height, width = rng.integers(1, 5, size=2)
    image = rng.integers(0, 256, size=(height, width, 3)).astype(np.uint8)
    image[rng.random((height, width)) < 0.3] = rng.choice([0, 255])
    return image, rng.integers(0, 3, size=(height, width)).astype(np.uint8), rng.permutation(PALETTE[:3])


def _swapped_weights(image, class_map, palette):
    return np.rint(0.4 * image + 0.6 * palette[class_map]).astype(np.uint8)


def _half_and_half(image, class_map, palette):
    return np.rint(0.5 * image + 0.5 * palette[class_map]).astype(np.uint8)


def _cut_decimals(image, class_map, palette):
    return (0.6 * image + 0.4 * palette[class_map]).astype(np.uint8)


def _left_as_floats(image, class_map, palette):
    return 0.6 * image + 0.4 * palette[class_map]


def _overflowing(image, class_map, palette):
    return (6 * image + 4 * palette[class_map]) // 10  # stays uint8, and wraps round at 256


def _ids_for_colours(image, class_map, palette):
    return np.rint(0.6 * image + 0.4 * class_map[..., None]).astype(np.uint8)


def _class_zero_bare(image, class_map, palette):
    return np.where(class_map[..., None] > 0, overlay(image, class_map, palette), image)


def _added_on_top(image, class_map, palette):
    return np.rint(np.clip(image + 0.4 * palette[class_map], 0, 255)).astype(np.uint8)


def _overlay_by_average(image, class_map, palette):
    both = np.stack([image, np.take(palette, class_map, axis=0)])
    return np.average(both, axis=0, weights=[0.6, 0.4]).round().astype(np.uint8)


def _overlay_in_whole_numbers(image, class_map, palette):
    tenths = 6 * image.astype(int) + 4 * palette.astype(int)[class_map]
    return ((tenths + 5) // 10).astype("uint8")


def _overlay_by_pixel(image, class_map, palette):
    result = np.zeros_like(image)
    for row in range(image.shape[0]):
        for column in range(image.shape[1]):
            for channel in range(3):
                colour = palette[class_map[row, column], channel]
                result[row, column, channel] = round(
                    0.6 * float(image[row, column, channel]) + 0.4 * float(colour)
                )
    return result


def _overlay_in_torch(image, class_map, palette):
    colours = torch.from_numpy(palette)[torch.from_numpy(class_map).long()]
    return (0.6 * torch.from_numpy(image).double() + 0.4 * colours.double()).round().to(torch.uint8).numpy()


OVERLAY = Exercise(
    id="overlay",
    title="The overlay",
    lesson="07",
    points=2,
    minutes=10,
    source="Losses and metrics, what to log every epoch",
    reference=overlay,
    observe=_observe_overlay,
    worked=(
        Worked(
            (
                np.array([[[200, 100, 50], [255, 255, 255], [10, 20, 30]]], dtype=np.uint8),
                np.array([[0, 1, 2]], dtype=np.uint8),
                np.array([[213, 94, 0], [0, 114, 178], [240, 228, 66]], dtype=np.uint8),
            ),
            {
                "the dtype": "uint8",
                "the overlay": [[[205, 98, 30], [153, 199, 224], [102, 103, 44]]],
                "the image that was passed in": "unchanged",
            },
            "overlay",
        ),
        Worked(
            (
                np.array([[[0, 0, 0]], [[255, 255, 255]]], dtype=np.uint8),
                np.array([[0], [0]], dtype=np.uint8),
                np.array([[255, 100, 1]], dtype=np.uint8),
            ),
            {
                "the dtype": "uint8",
                "the overlay": [[[102, 40, 0]], [[255, 193, 153]]],
                "the image that was passed in": "unchanged",
            },
        ),
    ),
    fresh=_draw_overlay,
    misconceptions=(
        Misconception(
            "swapped weights",
            _swapped_weights,
            "You took 0.4 of the picture and 0.6 of the colour: the colour then hides what it should be "
            "compared with. The picture gets the larger weight, 0.6.",
        ),
        Misconception(
            "half and half",
            _half_and_half,
            "You took the mean of picture and colour. The weights here are 0.6 for the picture and 0.4 for the colour.",
        ),
        Misconception(
            "cut decimals",
            _cut_decimals,
            "astype(np.uint8) cuts the decimals off: 97.6 became 97. Round first, with np.rint, then convert.",
        ),
        Misconception(
            "left as floats",
            _left_as_floats,
            "Your values are floats between 0 and 255. Matplotlib takes floats for 0 to 1 and would show "
            "white, and no PNG can hold them: round, then convert with astype(np.uint8).",
        ),
        Misconception(
            "overflow",
            _overflowing,
            "You calculated in uint8, where 6 * 200 is not 1200 but 176, because 255 is followed by 0. "
            "Multiply by floats, or convert to int first; go back to uint8 at the very end.",
        ),
        Misconception(
            "ids for colours",
            _ids_for_colours,
            "You blended in the ids 0, 1 and 2 themselves, which are three shades of black. Look the colours "
            "up first: palette[class_map] has shape (H, W, 3).",
        ),
        Misconception(
            "class zero left bare",
            _class_zero_bare,
            "You left the pixels of class 0 as they were. Here class 0 is the pet, not the background: every "
            "class has a colour, and every pixel gets one.",
        ),
        Misconception(
            "added on top",
            _added_on_top,
            "You added 0.4 of the colour to the whole picture, so bright pixels turn white. The weights have "
            "to add up to 1: 0.6 of the picture.",
        ),
    ),
    accepted=(_overlay_by_average, _overlay_in_whole_numbers, _overlay_by_pixel, _overlay_in_torch),
    hints=(
        "Two steps: from ids to colours, then a weighted sum of two pictures of the same shape.",
        "Indexing does the first step for all pixels at once: palette[class_map] has shape (H, W, 3).",
        "np.rint(0.6 * image + 0.4 * palette[class_map]) is right but still float; end it with .astype(np.uint8).",
    ),
    why="The weights add up to 1, so the blend stays within 0 to 255, and a product with a float is a float: "
    "nothing wraps round before you convert back.",
)


# --- resize-mask -------------------------------------------------------------------------------------------


def resize_mask(mask, size):
    """Return the mask at size x size pixels; every new pixel takes the id of the old pixel that lies nearest.

    mask: ids, uint8 array (H, W), perhaps not square. The result is an integer array (size, size) that holds no id
    which the mask does not hold.
    """
    ### BEGIN SOLUTION
    height, width = mask.shape
    rows = (np.arange(size) + 0.5) * height / size  # where the middle of each new row lies in the old mask
    columns = (np.arange(size) + 0.5) * width / size
    return mask[rows.astype(int)][:, columns.astype(int)]  # (size, size)
    ### END SOLUTION


def _observe_resize(answer, mask, size):
    """Look at what all kinds of nearest neighbour have in common: of several near pixels, each takes another."""
    small = answer(mask.copy(), size)
    if small is None:
        return None
    small = np.asarray(small)
    facts = {
        "the shape": list(small.shape),
        "the values": "whole numbers" if small.dtype.kind in "biu" else str(small.dtype),
        "ids that the mask does not hold": sorted(set(small.ravel().tolist()) - set(mask.ravel().tolist())),
    }
    if small.shape == (size, size):
        facts["pixels whose id is nowhere in the part of the mask that they cover"] = _strangers(
            small, mask, size
        )
    return facts


def _strangers(small, mask, size):
    """Count the new pixels whose id is not among the old pixels that they cover."""
    height, width = mask.shape
    count = 0
    for row in range(size):
        for column in range(size):
            part = mask[_covered(row, height, size)][:, _covered(column, width, size)]
            count += small[row, column] not in part
    return int(count)


def _covered(position, old, new):
    """The old pixels under a new one, where one size is a multiple of the other."""
    start = position * old // new
    return slice(start, max(start + 1, (position + 1) * old // new))


def _draw_resize(rng):
    sides = (2, 4, 8) if rng.random() < 0.5 else (3, 6)
    height, width, size = (int(rng.choice(sides)) for _ in range(3))
    ids = [(0, 1, 2), (0, 2), (0, 2), (0, 1, 255)][rng.integers(4)]
    return rng.choice(ids, size=(height, width)).astype(np.uint8), size


def _bilinear(mask, size):
    return np.array(Image.fromarray(mask).resize((size, size), Image.Resampling.BILINEAR))


def _bicubic(mask, size):
    return np.array(Image.fromarray(mask).resize((size, size), Image.Resampling.BICUBIC))


def _bilinear_floats(mask, size):
    tensor = torch.from_numpy(mask)[None, None].float()
    return F.interpolate(tensor, size=(size, size), mode="bilinear")[0, 0].numpy()


def _numpy_resize(mask, size):
    return np.resize(mask, (size, size))


def _cropped(mask, size):
    return mask[:size, :size]


def _sides_swapped(mask, size):
    height, width = mask.shape
    rows = np.arange(size) * width // size
    columns = np.arange(size) * height // size
    return mask[rows][:, columns]


def _transposed(mask, size):
    return resize_mask(mask, size).T


def _resize_by_library(mask, size):
    return pets.resize_mask(mask, size)


def _resize_in_torch(mask, size):
    tensor = torch.from_numpy(mask)[None, None].float()
    return F.interpolate(tensor, size=(size, size), mode="nearest")[0, 0].to(torch.uint8)


def _resize_in_torch_exactly(mask, size):
    tensor = torch.from_numpy(mask)[None, None].float()
    return F.interpolate(tensor, size=(size, size), mode="nearest-exact")[0, 0].long().numpy()


def _resize_in_loops(mask, size):
    height, width = mask.shape
    return [
        [int(mask[row * height // size, column * width // size]) for column in range(size)]
        for row in range(size)
    ]


_AS_EXPECTED = {
    "the values": "whole numbers",
    "ids that the mask does not hold": [],
    "pixels whose id is nowhere in the part of the mask that they cover": 0,
}

RESIZE_MASK = Exercise(
    id="resize-mask",
    title="A smaller mask",
    lesson="07",
    points=2,
    minutes=10,
    source="Study guide, data preparation and labels",
    reference=resize_mask,
    observe=_observe_resize,
    worked=(
        Worked((np.array([[0, 2], [2, 0]], dtype=np.uint8), 4), {"the shape": [4, 4], **_AS_EXPECTED}),
        Worked(
            (np.array([[0, 0, 2, 2], [2, 2, 2, 2]], dtype=np.uint8), 2), {"the shape": [2, 2], **_AS_EXPECTED}
        ),
    ),
    fresh=_draw_resize,
    misconceptions=(
        Misconception(
            "bilinear",
            _bilinear,
            "Your mask holds ids that were not there: between 0, pet, and 2, border, bilinear resizing puts 1, "
            "background. An id is a name, and names have no average: take the nearest pixel.",
        ),
        Misconception(
            "bicubic",
            _bicubic,
            "Pillow resizes bicubically unless told otherwise, which mixes ids into other ids. Ask for "
            "Image.Resampling.NEAREST.",
        ),
        Misconception(
            "bilinear, left as floats",
            _bilinear_floats,
            "Bilinear resizing gave you fractions of ids, such as 0.5, and no class has that id. Use "
            "mode='nearest', and go back to integers.",
        ),
        Misconception(
            "np.resize",
            _numpy_resize,
            "np.resize does not scale a picture: it reads the ids one after the other and fills the new shape "
            "with them. Choose for each new row and column the old one it lies in, and index with them.",
        ),
        Misconception(
            "cropped",
            _cropped,
            "You cut the corner off instead of making the whole mask smaller: its image will be squeezed as a "
            "whole, so the two no longer fit.",
        ),
        Misconception(
            "sides swapped",
            _sides_swapped,
            "You worked out the rows from the width, and the columns from the height. mask.shape is (height, "
            "width): rows belong to the height.",
        ),
        Misconception(
            "transposed",
            _transposed,
            "Your mask is mirrored about its diagonal: rows and columns have changed places. Index rows first, "
            "mask[rows][:, columns].",
        ),
    ),
    accepted=(_resize_by_library, _resize_in_torch, _resize_in_torch_exactly, _resize_in_loops),
    hints=(
        "You never have to calculate an id. You only have to choose, for every new pixel, which old one to copy.",
        "New row number i has its middle at (i + 0.5) * height / size in the old mask. Cut off the decimals: "
        "that is the old row. Columns likewise, with the width.",
        "rows = ((np.arange(size) + 0.5) * height / size).astype(int), columns with width, then return "
        "mask[rows][:, columns].",
    ),
    why="A copied id is always one that was there. An average of ids would be another class.",
)


# --- paired-flip -------------------------------------------------------------------------------------------


def paired_flip(images, masks, generator):
    """Return images and masks in which each pair is mirrored left to right with a chance of one half.

    images: (N, 3, H, W). masks: (N, H, W). Every pair gets its own chance, drawn from the torch.Generator; what was
    passed in stays as it is. Returns the tuple (images, masks), of the same shapes and dtypes.
    """
    ### BEGIN SOLUTION
    mirrored = torch.rand(len(images), generator=generator) < 0.5  # (N,), one draw for image and mask
    images = torch.where(mirrored.view(-1, 1, 1, 1), images.flip(-1), images)  # (N, 3, H, W)
    masks = torch.where(mirrored.view(-1, 1, 1), masks.flip(-1), masks)  # (N, H, W)
    return images, masks
    ### END SOLUTION


def _observe_flip(answer, count, height, width, seed):
    """Flip pairs in which every pixel has a number of its own, the same one in image and mask."""
    numbers = torch.arange(count * height * width).view(count, height, width)
    images, truth = numbers.float().unsqueeze(1).repeat(1, 3, 1, 1), numbers.clone()
    before = images.clone(), truth.clone()
    results = [answer(images, truth, torch.Generator().manual_seed(seed)) for _ in range(2)]
    unchanged = torch.equal(images, before[0]) and torch.equal(truth, before[1])
    if results[0] is None:
        return None
    flipped, targets = (torch.as_tensor(part) for part in results[0])
    facts = {
        "the shape of the images": list(flipped.shape),
        "the shape of the masks": list(targets.shape),
        "the dtypes": f"{flipped.dtype}, {targets.dtype}".replace("torch.", ""),
    }
    if flipped.shape == images.shape and targets.shape == truth.shape:
        mirrored = _same(flipped, before[0].flip(-1))
        facts |= {
            "pairs in which image and mask no longer fit": int(
                (~_same(flipped[:, 0].long(), targets.long())).sum()
            ),
            "images that are neither as before nor mirrored left to right": int(
                (~mirrored & ~_same(flipped, before[0])).sum()
            ),
            "images that were mirrored": _how_many(mirrored.tolist()),
        }
        facts |= _over_many_batches(answer, before[0], before[1], seed)
    again = torch.as_tensor(results[1][0])
    facts["the same seed gives"] = "the same flips" if torch.equal(flipped, again) else "other flips"
    facts["what was passed in"] = "unchanged" if unchanged else "changed"
    return facts


def _over_many_batches(answer, images, truth, seed):
    """Count the mirrored images of four large batches, all drawn from one generator."""
    generator = torch.Generator().manual_seed(seed)
    images, truth = images.repeat(5, 1, 1, 1), truth.repeat(5, 1, 1)  # (5N, 3, H, W), (5N, H, W)
    batches = [torch.as_tensor(answer(images.clone(), truth.clone(), generator)[0]) for _ in range(4)]
    share = torch.cat([_same(batch, images.flip(-1)) for batch in batches]).float().mean()
    return {
        "the share that was mirrored in four large batches": "about half" if 0.4 < share < 0.6 else "another",
        "the next batch gets": "the same flips" if torch.equal(batches[0], batches[1]) else "other flips",
    }


def _same(first, second):
    return (first == second).flatten(1).all(dim=1)  # (N,)


def _how_many(flags):
    if all(flags):
        return "all"
    return "some" if any(flags) else "none"


def _draw_flip(rng):
    height, width, seed = rng.integers(2, 6), rng.integers(2, 6), rng.integers(1000)
    return 24, int(height), int(width), int(seed)


def _drawn_apart(images, masks, generator):
    images, _ = paired_flip(images, masks, generator)
    _, masks = paired_flip(images, masks, generator)
    return images, masks


def _image_alone(images, masks, generator):
    return paired_flip(images, masks, generator)[0], masks


def _upside_down(images, masks, generator):
    mirrored = torch.rand(len(images), generator=generator) < 0.5
    images = torch.where(mirrored.view(-1, 1, 1, 1), images.flip(-2), images)
    return images, torch.where(mirrored.view(-1, 1, 1), masks.flip(-2), masks)


def _same_number_of_axis(images, masks, generator):
    mirrored = torch.rand(len(images), generator=generator) < 0.5
    images = torch.where(mirrored.view(-1, 1, 1, 1), images.flip(2), images)
    return images, torch.where(mirrored.view(-1, 1, 1), masks.flip(2), masks)


def _as_one_block(images, masks, generator):
    if torch.rand(1, generator=generator) < 0.5:
        return images.flip(-1), masks.flip(-1)
    return images, masks


def _without_generator(images, masks, generator):
    mirrored = torch.rand(len(images)) < 0.5
    images = torch.where(mirrored.view(-1, 1, 1, 1), images.flip(-1), images)
    return images, torch.where(mirrored.view(-1, 1, 1), masks.flip(-1), masks)


def _in_place(images, masks, generator):
    mirrored = torch.rand(len(images), generator=generator) < 0.5
    images[mirrored] = images[mirrored].flip(-1)
    masks[mirrored] = masks[mirrored].flip(-1)
    return images, masks


def _always(images, masks, generator):
    return images.flip(-1), masks.flip(-1)


def _flip_by_copy(images, masks, generator):
    images, masks = images.clone(), masks.clone()
    chosen = torch.randint(2, (len(images),), generator=generator).bool()
    images[chosen] = images[chosen].flip(3)
    masks[chosen] = masks[chosen].flip(2)
    return images, masks


def _flip_one_by_one(images, masks, generator):
    new_images, new_masks = [], []
    for image, mask in zip(images, masks, strict=True):
        if torch.rand(1, generator=generator).item() > 0.5:
            image, mask = image.flip(2), mask.flip(1)
        new_images.append(image)
        new_masks.append(mask)
    return torch.stack(new_images), torch.stack(new_masks)


def _flip_joined(images, masks, generator):
    joined = torch.cat([images, masks.unsqueeze(1).to(images.dtype)], dim=1)  # (N, 4, H, W)
    chosen = torch.rand((len(joined), 1, 1, 1), generator=generator) < 0.5
    joined = torch.where(chosen, torch.flip(joined, dims=[-1]), joined)
    return joined[:, :3], joined[:, 3].to(masks.dtype)


def _flip_facts(count, height, width):
    return {
        "the shape of the images": [count, 3, height, width],
        "the shape of the masks": [count, height, width],
        "the dtypes": "float32, int64",
        "pairs in which image and mask no longer fit": 0,
        "images that are neither as before nor mirrored left to right": 0,
        "images that were mirrored": "some",
        "the share that was mirrored in four large batches": "about half",
        "the next batch gets": "other flips",
        "the same seed gives": "the same flips",
        "what was passed in": "unchanged",
    }


PAIRED_FLIP = Exercise(
    id="paired-flip",
    title="One flip for image and mask",
    lesson="07",
    points=2,
    minutes=10,
    source="Study guide, pitfall 2: augmentation mismatch",
    reference=paired_flip,
    observe=_observe_flip,
    worked=(
        Worked((24, 2, 3, 0), _flip_facts(24, 2, 3)),
        Worked((32, 4, 2, 1), _flip_facts(32, 4, 2)),
    ),
    fresh=_draw_flip,
    misconceptions=(
        Misconception(
            "drawn apart",
            _drawn_apart,
            "You drew once for the images and once more for the masks, so half of the masks belong to the "
            "mirror image of their photo. Draw once, and use the same draw for both.",
        ),
        Misconception(
            "image alone",
            _image_alone,
            "You mirrored images and left their masks as they were: the network would be taught that the pet "
            "is where it is not. Mirror the mask of every mirrored image.",
        ),
        Misconception(
            "upside down",
            _upside_down,
            "You turned the pets upside down: dim -2 counts the rows. Left and right are the last dimension, -1.",
        ),
        Misconception(
            "the same number of the axis",
            _same_number_of_axis,
            "You flipped dim 2 of both. In masks (N, H, W) that is the width, but in images (N, 3, H, W) it is "
            "the height. Count from the end: -1 is the width of both.",
        ),
        Misconception(
            "one draw for the batch",
            _as_one_block,
            "You drew once for the whole batch, so all pairs are mirrored or none is. Draw N numbers, one a pair.",
        ),
        Misconception(
            "without the generator",
            _without_generator,
            "You did not draw from the generator: the same seed gives other flips, and no run can be repeated. "
            "Pass it on, torch.rand(N, generator=generator).",
        ),
        Misconception(
            "in place",
            _in_place,
            "You wrote into the tensors that were passed in. Whoever keeps them, a cache for instance, now has "
            "mirrored pets, and mirrors them back next time. Build new tensors.",
        ),
        Misconception(
            "always",
            _always,
            "You mirrored every pair. Then the network sees the mirror images alone and nothing is gained: "
            "mirror each with a chance of one half.",
        ),
    ),
    accepted=(_flip_by_copy, _flip_one_by_one, _flip_joined),
    hints=(
        "Decide first, for all N pairs, which are mirrored. Then apply that one decision twice.",
        "torch.rand(N, generator=generator) < 0.5 decides; .flip(-1) mirrors; torch.where(condition, a, b) picks.",
        "The condition needs as many dimensions as what it picks from: mirrored.view(-1, 1, 1, 1) for images, "
        "mirrored.view(-1, 1, 1) for masks.",
    ),
    why="One draw decides for both, so an image and its mask cannot come apart, whatever the draw is.",
)


# --- train-epoch -------------------------------------------------------------------------------------------


def train_epoch(model, batches, optimizer):
    """Train for one epoch, one step of the optimizer a batch, and return the mean loss over the images, a float.

    batches gives (images, targets): float (B, 3, H, W) and int64 (B, H, W); the last batch may be smaller. The loss of
    a batch is the cross-entropy, which leaves out pixels of IGNORE_INDEX; it counts once for each image of the batch.
    """
    ### BEGIN SOLUTION
    model.train()
    total, seen = 0.0, 0
    for images, targets in batches:  # (B, 3, H, W), (B, H, W)
        logits = model(images)  # (B, C, H, W)
        loss = F.cross_entropy(logits, targets, ignore_index=IGNORE_INDEX)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(images)
        seen += len(images)
    return total / seen
    ### END SOLUTION


def _observe_train_epoch(answer, brightness, targets, rate):
    """Train one 1x1 convolution from grey images to two classes; its logits start as (brightness, 0)."""
    network = nn.utils.skip_init(nn.Conv2d, 1, 2, kernel_size=1)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([1.0, 0.0]).view(2, 1, 1, 1))
        network.bias.zero_()
    modes = []
    network.register_forward_pre_hook(lambda module, _: modes.append(module.training))
    batches = [
        (torch.tensor(grey, dtype=torch.float32).unsqueeze(1), torch.tensor(ids))
        for grey, ids in zip(brightness, targets, strict=True)
    ]  # (B, 1, H, W), (B, H, W)
    network.eval()
    loss = answer(network, batches, torch.optim.SGD(network.parameters(), lr=rate))
    if loss is None:
        return None
    return {
        "forward passes in training mode": _how_many(modes) if modes else "none",
        "the mean loss": loss.tolist() if isinstance(loss, torch.Tensor) else loss,
        "the weights after the epoch": network.weight.flatten().tolist(),
        "the biases after the epoch": network.bias.tolist(),
        "the loss that came back still needs a gradient": bool(getattr(loss, "requires_grad", False)),
    }


def _draw_train_epoch(rng):
    height, width = (int(side) for side in rng.integers(1, 4, size=2))
    sizes = [3] * int(rng.integers(1, 3)) + [int(rng.integers(1, 4))]
    brightness, targets = [], []
    for size in sizes:
        ids = rng.integers(0, 2, size=(size, height, width))
        ids[rng.random(ids.shape) < 0.15] = IGNORE_INDEX
        ids[0, 0, 0] = rng.integers(2)  # at least one pixel counts
        brightness.append(np.round(rng.normal(0, 2, size=ids.shape), 1).tolist())
        targets.append(ids.tolist())
    return brightness, targets, 0.5


def _epoch_that(mode=True, zero_grad=True, step=True, prepare=None, ignore_index=IGNORE_INDEX, result=None):
    """A train_epoch that does one thing otherwise; ``result`` takes the losses and the sizes of the batches."""

    def train_epoch(model, batches, optimizer):
        model.train(mode)
        kept, sizes = [], []
        for images, targets in batches:
            logits = model(images)
            logits = prepare(logits) if prepare else logits
            loss = F.cross_entropy(logits, targets, ignore_index=ignore_index)
            if zero_grad:
                optimizer.zero_grad()
            loss.backward()
            if step:
                optimizer.step()
            kept.append(loss)
            sizes.append(len(images))
        return (result or _image_mean)(kept, sizes)

    return train_epoch


def _image_mean(kept, sizes):
    return sum(loss.item() * size for loss, size in zip(kept, sizes, strict=True)) / sum(sizes)


def _batch_mean(kept, sizes):
    return sum(loss.item() for loss in kept) / len(kept)


def _loss_sum(kept, sizes):
    return sum(loss.item() for loss in kept)


def _last_loss(kept, sizes):
    return kept[-1].item()


def _mean_with_graph(kept, sizes):
    return sum(loss * size for loss, size in zip(kept, sizes, strict=True)) / sum(sizes)


def _softmax_first(logits):
    return logits.softmax(dim=1)


def _train_with_criterion(model, batches, optimizer):
    model.train()
    criterion = nn.CrossEntropyLoss(ignore_index=IGNORE_INDEX)
    weighted = []
    for images, targets in batches:
        optimizer.zero_grad()
        loss = criterion(model(images), targets)
        loss.backward()
        optimizer.step()
        weighted += [loss.detach()] * len(images)
    return torch.stack(weighted).mean()


def _train_by_library_loss(model, batches, optimizer):
    model.train()
    average, seen = 0.0, 0
    for images, targets in batches:
        loss = losses.cross_entropy(model(images), targets)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        seen += images.shape[0]
        average += (float(loss.detach()) - average) * images.shape[0] / seen
    return average


def _train_with_numpy_mean(model, batches, optimizer):
    model.train(True)
    values, sizes = [], []
    for images, targets in batches:
        for parameter in model.parameters():
            parameter.grad = None
        loss = F.nll_loss(F.log_softmax(model(images), dim=1), targets, ignore_index=255)
        loss.backward()
        optimizer.step()
        values.append(loss.item())
        sizes.append(len(targets))
    return np.average(values, weights=sizes)


TRAIN_EPOCH = Exercise(
    id="train-epoch",
    title="One epoch of training",
    lesson="07",
    points=3,
    minutes=15,
    source="Study guide, implementation guide: training loop",
    reference=train_epoch,
    observe=_observe_train_epoch,
    tolerance=1e-4,
    worked=(
        # Brightness 0 costs ln 2; brightness ln 3 with target 1 has probability 1/4, so it costs ln 4.
        Worked(
            ([[[[0.0]], [[0.0]]], [[[math.log(3)]]]], [[[[0]], [[1]]], [[[1]]]], 0.0),
            {
                "forward passes in training mode": "all",
                "the mean loss": 0.9241962,  # (ln 2 + ln 2 + ln 4) / 3
                "the weights after the epoch": [1.0, 0.0],
                "the biases after the epoch": [0.0, 0.0],
                "the loss that came back still needs a gradient": False,
            },
        ),
        # Two batches of one pixel that counts: the gradient is (-0.5, 0.5), then (-0.2689, 0.2689).
        Worked(
            ([[[[0.0, 0.0]]], [[[0.0, 0.0]]]], [[[[0, 255]]], [[[0, 255]]]], 1.0),
            {
                "forward passes in training mode": "all",
                "the mean loss": 0.5032044,  # (0.6931 + 0.3133) / 2
                "the weights after the epoch": [1.0, 0.0],
                "the biases after the epoch": [0.7689414, -0.7689414],
                "the loss that came back still needs a gradient": False,
            },
        ),
    ),
    fresh=_draw_train_epoch,
    deadline=30.0,  # the first step of any optimizer takes torch seconds, to import what it needs
    misconceptions=(
        Misconception(
            "no zero_grad",
            _epoch_that(zero_grad=False),
            "Your weights drift: without optimizer.zero_grad() every batch adds its gradients to those of all "
            "batches before. Set them to zero once a batch, before backward().",
        ),
        Misconception(
            "evaluation mode",
            _epoch_that(mode=False),
            "The network was in evaluation mode while it trained: batch norm then uses old statistics, and "
            "dropout does nothing. Begin with model.train().",
        ),
        Misconception(
            "mean over batches",
            _epoch_that(result=_batch_mean),
            "You divided by the number of batches. A last batch of one image then counts as much as one of "
            "sixteen: weight each loss with len(images), and divide by the number of images.",
        ),
        Misconception(
            "sum",
            _epoch_that(result=_loss_sum),
            "You returned the sum of the losses. It grows with the number of batches, so no two runs can be "
            "compared: divide by the number of images.",
        ),
        Misconception(
            "last loss",
            _epoch_that(result=_last_loss),
            "You returned the loss of the last batch alone. Add up over all batches, each weighted with its images.",
        ),
        Misconception(
            "no step",
            _epoch_that(step=False),
            "The weights came back as they were. backward() only works out the gradients; optimizer.step() "
            "uses them, and it must come after backward() and before the next zero_grad().",
        ),
        Misconception(
            "softmax first",
            _epoch_that(prepare=_softmax_first),
            "You put a softmax before the cross-entropy, which has one inside. Twice squeezed, the gradients "
            "nearly vanish: hand it the logits as they are.",
        ),
        Misconception(
            "graph kept",
            _epoch_that(result=_mean_with_graph),
            "You added up the loss tensors themselves. Each holds on to all that its batch computed, so memory "
            "grows with every batch: add up loss.item().",
        ),
    ),
    accepted=(_train_with_criterion, _train_by_library_loss, _train_with_numpy_mean),
    hints=(
        "Five things happen to each batch, in this order: logits, loss, gradients to zero, gradients, step. "
        "One thing happens before the first batch: the mode.",
        "loss.item() is the mean over the batch's pixels. To get the mean over the images, add loss.item() * "
        "len(images) to a total, and count the images.",
        "model.train(); in the loop: loss = F.cross_entropy(model(images), targets, "
        "ignore_index=IGNORE_INDEX), optimizer.zero_grad(), loss.backward(), optimizer.step(), add up; after "
        "it: return total / seen.",
    ),
    why="Gradients add up until they are set to zero, so each step must start from none; and a batch that "
    "holds fewer images must weigh less in a mean over images.",
)


# --- evaluate ----------------------------------------------------------------------------------------------


def evaluate(model, batches, num_classes):
    """Return the IoU of each class over all pixels of all batches: num_classes floats, nan for a class in neither.

    batches gives (images, targets): float (B, 3, H, W) and int64 (B, H, W). Pixels whose target is IGNORE_INDEX count
    for nothing. The model predicts in evaluation mode and without gradients.
    """
    ### BEGIN SOLUTION
    model.eval()
    matrix = ConfusionMatrix(num_classes, ignore_index=IGNORE_INDEX)
    with torch.no_grad():
        for images, targets in batches:  # (B, 3, H, W), (B, H, W)
            prediction = model(images).argmax(dim=1)  # (B, H, W)
            matrix.update(prediction, targets)
    return matrix.iou()  # (C,)
    ### END SOLUTION


class _Echo(nn.Module):
    """A network that answers with its input, in training mode with the classes moved on by one."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, images):
        return self.scale * (images.roll(1, dims=1) if self.training else images)


def _observe_evaluate(answer, predictions, targets, num_classes):
    """Evaluate a network that predicts just these ids, because its images hold their logits."""
    batches = [
        (F.one_hot(torch.tensor(ids), num_classes).permute(0, 3, 1, 2).float(), torch.tensor(true))
        for ids, true in zip(predictions, targets, strict=True)
    ]  # (B, C, H, W), (B, H, W)
    network, modes, gradients = _Echo(), [], []

    def look(module, _):
        modes.append(not module.training)
        gradients.append(torch.is_grad_enabled())

    network.register_forward_pre_hook(look)
    network.train()
    scores = answer(network, batches, num_classes)
    if scores is None:
        return None
    return {
        "forward passes in evaluation mode": _how_many(modes) if modes else "none",
        "forward passes with gradients": _how_many(gradients) if gradients else "none",
        "the IoU of each class": scores.tolist() if hasattr(scores, "tolist") else scores,
    }


def _draw_evaluate(rng):
    num_classes = int(rng.integers(3, 5))
    present = rng.choice(num_classes, size=int(rng.integers(2, num_classes + 1)), replace=False)
    height, width = (int(side) for side in rng.integers(1, 5, size=2))
    sizes = [int(rng.integers(2, 4)) for _ in range(rng.integers(1, 3))] + [1]
    predictions, targets = [], []
    for size in sizes:
        true = rng.choice(present, size=(size, height, width))
        right = rng.random(true.shape) < 0.65
        predictions.append(np.where(right, true, rng.choice(present, size=true.shape)).tolist())
        targets.append(np.where(rng.random(true.shape) < 0.15, IGNORE_INDEX, true).tolist())
    return predictions, targets, num_classes


def _evaluation_that(score, mode=False, gradients=False):
    """An evaluate with another mode, or with another way from the masks of each batch to the result."""

    def evaluate(model, batches, num_classes):
        model.train(mode)
        with torch.set_grad_enabled(gradients):
            pairs = [(model(images).argmax(dim=1), targets) for images, targets in batches]
        return score(pairs, num_classes)

    return evaluate


def _iou_of(prediction, targets, num_classes):
    matrix = ConfusionMatrix(num_classes, ignore_index=IGNORE_INDEX)
    matrix.update(prediction, targets)
    return matrix.iou()


def _pooled_iou(pairs, num_classes):
    prediction, targets = (torch.cat(part) for part in zip(*pairs, strict=True))
    return _iou_of(prediction, targets, num_classes)


def _known_mean(scores):
    """Mean of each class over the rows that have it, without NumPy's warning for a class in none."""
    scores = np.array(scores)
    known = ~np.isnan(scores)
    count = known.sum(axis=0)
    total = np.where(known, scores, 0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _mean_of_batches(pairs, num_classes):
    return _known_mean([_iou_of(*pair, num_classes) for pair in pairs])


def _mean_of_images(pairs, num_classes):
    return _known_mean([_iou_of(p, t, num_classes) for pair in pairs for p, t in zip(*pair, strict=True)])


def _absent_as_zero(pairs, num_classes):
    return np.nan_to_num(_pooled_iou(pairs, num_classes), nan=0.0)


def _void_counted(pairs, num_classes):
    prediction, targets = (torch.cat(part) for part in zip(*pairs, strict=True))
    overlaps = [((prediction == c) & (targets == c)).sum().item() for c in range(num_classes)]
    unions = [((prediction == c) | (targets == c)).sum().item() for c in range(num_classes)]
    return [o / u if u else math.nan for o, u in zip(overlaps, unions, strict=True)]


def _mean_alone(pairs, num_classes):
    return float(np.nanmean(_pooled_iou(pairs, num_classes)))


def _recall(pairs, num_classes):
    matrix = ConfusionMatrix(num_classes, ignore_index=IGNORE_INDEX)
    for pair in pairs:
        matrix.update(*pair)
    counts = matrix.counts
    return [counts[c, c] / counts[c].sum() if counts[c].sum() else math.nan for c in range(num_classes)]


def _evaluate_by_counting(model, batches, num_classes):
    model.eval()
    overlap, union = torch.zeros(num_classes), torch.zeros(num_classes)
    with torch.inference_mode():
        for images, targets in batches:
            counted = targets != 255
            prediction, true = model(images).argmax(1)[counted], targets[counted]
            for c in range(num_classes):
                overlap[c] += ((prediction == c) & (true == c)).sum()
                union[c] += ((prediction == c) | (true == c)).sum()
    return overlap / union


def _evaluate_by_library(model, batches, num_classes):
    cpu = Devices(torch.device("cpu"), torch.float32)
    return loop.evaluate(model, batches, num_classes, cpu, ignore_index=IGNORE_INDEX).iou()


@torch.no_grad()
def _evaluate_in_plain_python(model, batches, num_classes):
    was_training = model.training
    model.eval()
    overlap, predicted, true = ([0] * num_classes for _ in range(3))
    for images, targets in batches:
        ids = model(images).argmax(dim=1)
        for p, t in zip(ids.flatten().tolist(), targets.flatten().tolist(), strict=True):
            if t == IGNORE_INDEX:
                continue
            predicted[p] += 1
            true[t] += 1
            overlap[p] += p == t
    model.train(was_training)
    unions = [p + t - o for p, t, o in zip(predicted, true, overlap, strict=True)]
    return tuple(o / u if u else float("nan") for o, u in zip(overlap, unions, strict=True))


EVALUATE = Exercise(
    id="evaluate",
    title="An honest evaluation",
    lesson="07",
    points=3,
    minutes=15,
    source="Study guide, implementation guide, and pitfall 6: wrong evaluation mode",
    reference=evaluate,
    observe=_observe_evaluate,
    worked=(
        Worked(
            (
                [[[[0, 1], [1, 1]], [[1, 1], [1, 1]]], [[[0, 0], [0, 2]]]],
                [[[[0, 0], [1, 1]], [[1, 1], [1, 1]]], [[[0, 0], [2, 2]]]],
                3,
            ),
            {
                "forward passes in evaluation mode": "all",
                "forward passes with gradients": "none",
                "the IoU of each class": [3 / 5, 6 / 7, 1 / 2],
            },
        ),
        Worked(
            ([[[[0, 1], [1, 1]]]], [[[[0, 255], [1, 1]]]], 3),
            {
                "forward passes in evaluation mode": "all",
                "forward passes with gradients": "none",
                "the IoU of each class": [1.0, 1.0, math.nan],
            },
        ),
    ),
    fresh=_draw_evaluate,
    misconceptions=(
        Misconception(
            "training mode",
            _evaluation_that(_pooled_iou, mode=True),
            "The network was in training mode: batch norm then scores each image by the company it happens to "
            "be in, and dropout drops features at random. Begin with model.eval().",
        ),
        Misconception(
            "with gradients",
            _evaluation_that(_pooled_iou, gradients=True),
            "The scores are right, but the network kept everything for a backward pass that never comes, which "
            "costs memory and time. Predict inside `with torch.no_grad():`.",
        ),
        Misconception(
            "mean over batches",
            _evaluation_that(_mean_of_batches),
            "You took the IoU of each batch and then their mean. The result depends on how the images were cut "
            "into batches: add up the pixels first, and divide once, at the end.",
        ),
        Misconception(
            "mean over images",
            _evaluation_that(_mean_of_images),
            "You took the IoU of each image and then their mean, where a pet of ten pixels weighs as much as "
            "one that fills the picture. Here the pixels of all images are pooled: add up first, divide once.",
        ),
        Misconception(
            "absent as zero",
            _evaluation_that(_absent_as_zero),
            "A class that was neither true nor predicted anywhere got 0. It has no IoU: give nan, so that the "
            "mean can leave it out.",
        ),
        Misconception(
            "void counted",
            _evaluation_that(_void_counted),
            "You counted predictions on pixels whose target is IGNORE_INDEX. Nobody knows what is right there: "
            "leave them out, with ignore_index=IGNORE_INDEX or with targets != IGNORE_INDEX.",
        ),
        Misconception(
            "mIoU alone",
            _evaluation_that(_mean_alone),
            "You returned the mean. It hides the weak class, which is often the border: return the IoU of "
            "every class, and let the caller take the mean.",
        ),
        Misconception(
            "recall",
            _evaluation_that(_recall),
            "You divided by the true pixels alone: that is recall. The union also holds the pixels that only "
            "the prediction has.",
        ),
    ),
    accepted=(_evaluate_by_counting, _evaluate_by_library, _evaluate_in_plain_python),
    hints=(
        "Count over all batches, score once after the last. The confusion matrix of lesson 03 does both.",
        "matrix = ConfusionMatrix(num_classes, ignore_index=IGNORE_INDEX) before the loop; "
        "matrix.update(prediction, targets) inside; matrix.iou() after it. The prediction is the argmax over "
        "dim 1.",
        "model.eval(), then with torch.no_grad(): for images, targets in batches: "
        "matrix.update(model(images).argmax(dim=1), targets), and at the end return matrix.iou().",
    ),
    why="Pooled counts do not care how the images were batched, and in evaluation mode a prediction depends on "
    "its own image alone: the same weights always get the same score.",
)


# --- plateau-rates -----------------------------------------------------------------------------------------


def plateau_rates(scores, rate=1e-4, patience=5, factor=0.5):
    """Return the learning rate of every epoch so far, and of the next one: a list, one longer than scores.

    scores: the validation mIoU after each epoch; more is better. The first epoch has the given rate. When more than
    patience epochs in a row have not beaten the best score so far, the rate is multiplied by factor from the next
    epoch on, and the count of epochs without a new best starts again.
    """
    ### BEGIN SOLUTION
    rates = [rate]
    best, waited = -math.inf, 0
    for score in scores:
        if score > best:
            best, waited = score, 0
        else:
            waited += 1
        if waited > patience:
            rate, waited = rate * factor, 0
        rates.append(rate)
    return rates
    ### END SOLUTION


def _draw_plateau(rng):
    length = int(rng.integers(0, 19))
    scores = rng.choice([0.40, 0.45, 0.50, 0.55], size=length)
    if rng.random() < 0.3:
        scores = np.sort(scores)[::-1]  # downhill from the start
    return (
        [float(score) for score in scores],
        float(rng.choice([1e-4, 1e-2])),
        int(rng.choice([1, 2, 5])),
        float(rng.choice([0.5, 0.1])),
    )


def _plateau_that(
    better, limit=lambda patience: patience + 1, reset_after=True, reset_when_better=True, recover=False
):
    """A plateau_rates that differs in one rule; ``better`` compares a score with the best and the one before."""

    def plateau_rates(scores, rate=1e-4, patience=5, factor=0.5):
        rates, first = [rate], rate
        best, before, waited = None, None, 0
        for score in scores:
            if best is None or better(score, best, before):
                best, waited = score, 0 if reset_when_better else waited
                rate = first if recover else rate
            else:
                waited += 1
            if waited >= limit(patience):
                rate, waited = rate * factor, 0 if reset_after else waited
            before = score
            rates.append(rate)
        return rates

    return plateau_rates


def _above_best(score, best, before):
    return score > best


def _above_before(score, best, before):
    return score > before


def _not_below_best(score, best, before):
    return score >= best


def _below_best(score, best, before):
    return score < best


def _one_epoch_early(scores, rate=1e-4, patience=5, factor=0.5):
    return plateau_rates(scores, rate, patience, factor)[1:]


def _rates_by_torch(scores, rate=1e-4, patience=5, factor=0.5):
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=rate)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, mode="max", patience=patience, factor=factor, eps=0
    )
    rates = [rate]
    for score in scores:
        schedule.step(score)
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def _rates_by_best_epoch(scores, rate=1e-4, patience=5, factor=0.5):
    rates, start = [rate], 0  # start: the epoch from which waiting is counted
    for epoch, score in enumerate(scores, start=1):
        if epoch == 1 or score > max(scores[: epoch - 1]):
            start = epoch
        if epoch - start > patience:
            start = epoch
            rates.append(rates[-1] * factor)
        else:
            rates.append(rates[-1])
    return tuple(rates)


def _rates_in_numpy(scores, rate=1e-4, patience=5, factor=0.5):
    drops, best, waited = np.zeros(len(scores) + 1, dtype=int), float("-inf"), 0
    for epoch, score in enumerate(scores):
        waited = 0 if score > best else waited + 1
        best = max(best, score)
        if waited == patience + 1:
            drops[epoch + 1], waited = 1, 0
    return rate * factor ** np.cumsum(drops)


PLATEAU_RATES = Exercise(
    id="plateau-rates",
    title="The rate that waits for validation",
    lesson="07",
    points=2,
    minutes=10,
    source="Study guide, implementation guide: complete training script",
    reference=plateau_rates,
    tolerance=1e-12,
    worked=(
        Worked(
            ([0.30, 0.42, 0.50, 0.49, 0.50, 0.48, 0.47, 0.50, 0.46, 0.51], 1e-4, 5, 0.5),
            [1e-4, 1e-4, 1e-4, 1e-4, 1e-4, 1e-4, 1e-4, 1e-4, 1e-4, 5e-5, 5e-5],
            "recipe",
        ),
        Worked(([0.5, 0.4, 0.4], 1.0, 1, 0.1), [1.0, 1.0, 1.0, 0.1]),
        Worked(([], 0.003, 2, 0.5), [0.003]),
    ),
    fresh=_draw_plateau,
    misconceptions=(
        Misconception(
            "impatient by one",
            _plateau_that(_above_best, limit=lambda patience: patience),
            "You lowered the rate when the wait reached the patience. With patience 5, five epochs without a "
            "new best are forgiven and the sixth lowers the rate: waited > patience.",
        ),
        Misconception(
            "wait not set back",
            _plateau_that(_above_best, reset_after=False),
            "After lowering the rate you went on counting, so every further epoch lowers it again. Set the "
            "count back to 0: the lower rate gets its own patience.",
        ),
        Misconception(
            "best does not help",
            _plateau_that(_above_best, reset_when_better=False),
            "A new best did not set your count back to 0. Patience means epochs in a row: one success, and it "
            "starts again.",
        ),
        Misconception(
            "compared with the epoch before",
            _plateau_that(_above_before),
            "You compared each score with the one before. A score that falls and comes back up has made no "
            "progress: compare with the best so far.",
        ),
        Misconception(
            "equal is better",
            _plateau_that(_not_below_best),
            "You let a score that only equals the best count as progress. Standing still is what a plateau is: "
            "ask for score > best.",
        ),
        Misconception(
            "lower is better",
            _plateau_that(_below_best),
            "You waited for the score to fall, as one would with a loss. A higher mIoU is better: torch calls "
            "that mode='max'.",
        ),
        Misconception(
            "rate recovers",
            _plateau_that(_above_best, recover=True),
            "A new best brought your rate back up to where it started. Once lowered it stays low: the new best "
            "is owed to the lower rate.",
        ),
        Misconception(
            "first epoch missing",
            _one_epoch_early,
            "Your list lacks the first epoch, which was trained at the rate that was passed in, before there "
            "was any score. Start with rates = [rate], and append one rate after each score.",
        ),
    ),
    accepted=(_rates_by_torch, _rates_by_best_epoch, _rates_in_numpy),
    hints=(
        "Keep three things while you go through the scores: the rate, the best score so far, and how many "
        "epochs have passed since it was beaten.",
        "For each score: a new best sets the wait to 0, anything else adds 1. Then look whether the wait is "
        "more than the patience. Then append the rate.",
        "if waited > patience: rate, waited = rate * factor, 0, and after that rates.append(rate), inside the loop.",
    ),
    why="The score of an epoch is known when the epoch is over, so it can only change the rates that follow: "
    "that is why the list is one longer than the scores.",
)


# --- choose-best -------------------------------------------------------------------------------------------


def choose_best(log):
    """Return the number of the epoch to keep: the one with the highest validation mIoU, the first of them on a tie.

    log: one dict an epoch, such as {"epoch": 1, "train_loss": 0.9, "val_mIoU": 0.41}. An epoch whose val_mIoU is nan
    is never chosen; at least one epoch has a number.
    """
    ### BEGIN SOLUTION
    best = None
    for row in log:
        if math.isnan(row["val_mIoU"]):
            continue
        if best is None or row["val_mIoU"] > best["val_mIoU"]:
            best = row
    return best["epoch"]
    ### END SOLUTION


def _draw_log(rng):
    length = int(rng.integers(1, 8))
    first = int(rng.choice([1, 1, 6]))
    scores = rng.choice([0.35, 0.40, 0.45, 0.50], size=length)
    scores[rng.random(length) < 0.25] = np.nan
    if rng.random() < 0.5:
        scores[0] = np.nan
    scores[rng.integers(length)] = rng.choice([0.35, 0.50])  # at least one number
    drops = rng.random(length)
    return (
        [
            {"epoch": first + i, "train_loss": float(np.round(drops[i], 3)), "val_mIoU": float(scores[i])}
            for i in range(length)
        ],
    )


def _known(log):
    return [row for row in log if not math.isnan(row["val_mIoU"])]


def _lowest_score(log):
    return min(_known(log), key=lambda row: row["val_mIoU"])["epoch"]


def _lowest_loss(log):
    return min(log, key=lambda row: row["train_loss"])["epoch"]


def _last_of_ties(log):
    return max(reversed(_known(log)), key=lambda row: row["val_mIoU"])["epoch"]


def _nan_first_stays(log):
    return max(log, key=lambda row: row["val_mIoU"])["epoch"]


def _nan_anywhere_wins(log):
    return log[int(np.argmax([row["val_mIoU"] for row in log]))]["epoch"]


def _position(log):
    return next(i for i, row in enumerate(log) if row["epoch"] == choose_best(log))


def _last_epoch(log):
    return log[-1]["epoch"]


def _score_for_epoch(log):
    return max(row["val_mIoU"] for row in _known(log))


def _best_by_max(log):
    return max(_known(log), key=lambda row: row["val_mIoU"])["epoch"]


def _best_by_numpy(log):
    return log[int(np.nanargmax([row["val_mIoU"] for row in log]))]["epoch"]


def _best_by_sorting(log):
    return np.int64(sorted(_known(log), key=lambda row: (-row["val_mIoU"], row["epoch"]))[0]["epoch"])


def _row(epoch, loss, score):
    return {"epoch": epoch, "train_loss": loss, "val_mIoU": score}


CHOOSE_BEST = Exercise(
    id="choose-best",
    title="The epoch to keep",
    lesson="07",
    points=1,
    minutes=5,
    source="Losses and metrics, train against validation",
    reference=choose_best,
    worked=(
        Worked(([_row(1, 0.95, 0.38), _row(2, 0.80, 0.47), _row(3, 0.71, 0.47), _row(4, 0.60, 0.44)],), 2),
        Worked(([_row(1, 0.90, math.nan), _row(2, 0.85, 0.31)],), 2),
    ),
    fresh=_draw_log,
    misconceptions=(
        Misconception(
            "lowest score",
            _lowest_score,
            "You took the lowest mIoU. Of a loss the lowest is best; of an IoU the highest.",
        ),
        Misconception(
            "lowest training loss",
            _lowest_loss,
            "You took the epoch with the lowest training loss. That loss goes on falling while the network "
            "learns its training images by heart: validation decides.",
        ),
        Misconception(
            "last of ties",
            _last_of_ties,
            "Of several equally good epochs you took the last. Replace the best only by something better, with "
            "> and not >=: then the first one stays.",
        ),
        Misconception(
            "nan stays",
            _nan_first_stays,
            "An epoch without a score won. Nothing is greater than nan, so max() keeps a nan that comes first: "
            "leave those epochs out before you compare.",
        ),
        Misconception(
            "nan wins",
            _nan_anywhere_wins,
            "An epoch without a score won: np.argmax takes nan for the highest value. Use np.nanargmax, or "
            "leave those epochs out.",
        ),
        Misconception(
            "position for epoch",
            _position,
            "You returned the position in the list, which starts at 0. The epochs have numbers of their own: "
            "return row['epoch'].",
        ),
        Misconception(
            "last epoch",
            _last_epoch,
            "You took the last epoch. The best weights often come earlier: look through all of them.",
        ),
        Misconception(
            "score for epoch",
            _score_for_epoch,
            "You found the best score, but returned the score itself. Return the number of its epoch.",
        ),
    ),
    accepted=(_best_by_max, _best_by_numpy, _best_by_sorting),
    hints=(
        "Which column decides: the training loss, or the validation mIoU?",
        "Comparisons with nan are always False. Skip those rows first: math.isnan tells.",
        "Keep the best row so far; replace it when row['val_mIoU'] is greater than its val_mIoU; return best['epoch'].",
    ),
    why="Validation images taught the network nothing, so their mIoU tells when it stopped learning what carries over.",
)


# --- diagnose ----------------------------------------------------------------------------------------------


def diagnose(run):
    """Return the likely causes of what was observed in a run, a list in this order, empty if nothing is wrong.

    "mask encoding":          the mIoU is below 0.05 in every epoch
    "metric or colours":      the best mIoU is 0.5 or more, but the overlays do not look right
    "class imbalance":        more than 0.98 of the pixels are predicted background, and the pet IoU is below 0.05
    "misaligned augmentation": the masks are striped, that is, the edge ratio is above 2
    run: {"mIoU": [one an epoch], "overlays_look_right": bool, "background_share": float, "pet_iou": float,
    "edge_ratio": float}
    """
    ### BEGIN SOLUTION
    causes = []
    if max(run["mIoU"]) < 0.05:
        causes.append("mask encoding")
    if max(run["mIoU"]) >= 0.5 and not run["overlays_look_right"]:
        causes.append("metric or colours")
    if run["background_share"] > 0.98 and run["pet_iou"] < 0.05:
        causes.append("class imbalance")
    if run["edge_ratio"] > 2:
        causes.append("misaligned augmentation")
    return causes
    ### END SOLUTION


_CAUSES = ("mask encoding", "metric or colours", "class imbalance", "misaligned augmentation")


def _draw_run(rng):
    low, middle, high = (0.0, 0.04), (0.08, 0.45), (0.5, 0.8)
    epochs = int(rng.integers(1, 6))
    kinds = [[low], [low, middle], [middle], [middle, high], [low, high]][rng.integers(5)]
    curve = [float(np.round(rng.uniform(*kinds[rng.integers(len(kinds))]), 2)) for _ in range(epochs)]
    if rng.random() < 0.3:
        curve[int(np.argmax(curve))] = float(rng.choice([0.05, 0.5]))  # the limits themselves
    return (
        {
            "mIoU": curve,
            "overlays_look_right": bool(rng.random() < 0.5),
            "background_share": float(rng.choice([0.6, 0.97, 0.98, 0.99, 1.0])),
            "pet_iou": float(rng.choice([0.0, 0.02, 0.02, 0.05, 0.3, 0.7])),
            "edge_ratio": float(rng.choice([0.3, 1.0, 1.9, 2.0, 2.4, 6.0])),
        },
    )


def _without(run, cause):
    return [found for found in diagnose(run) if found != cause]


def _with_rule(cause, rule):
    """A diagnose in which one cause is judged by another rule."""

    def wrong_diagnose(run):
        found = set(_without(run, cause)) | ({cause} if rule(run) else set())
        return [name for name in _CAUSES if name in found]

    return wrong_diagnose


def _stops_at_first(run):
    return diagnose(run)[:1]


def _first_as_word(run):
    return diagnose(run)[0] if diagnose(run) else None


def _diagnose_by_table(run):
    applies = (
        all(score < 0.05 for score in run["mIoU"]),
        any(score >= 0.5 for score in run["mIoU"]) and run["overlays_look_right"] is False,
        run["background_share"] > 0.98 and run["pet_iou"] < 0.05,
        run["edge_ratio"] > 2,
    )
    return [cause for cause, yes in zip(_CAUSES, applies, strict=True) if yes]


def _diagnose_in_numpy(run):
    best = np.max(run["mIoU"])
    flags = [
        best < 0.05,
        np.logical_and(best >= 0.5, not run["overlays_look_right"]),
        (run["background_share"] > 0.98) & (run["pet_iou"] < 0.05),
        run["edge_ratio"] > 2,
    ]
    return tuple(np.array(_CAUSES)[np.flatnonzero(flags)].tolist())


def _diagnose_with_generator(run):
    def causes():
        best = sorted(run["mIoU"])[-1]
        if best < 0.05:
            yield "mask encoding"
        elif best >= 0.5 and not run["overlays_look_right"]:
            yield "metric or colours"
        if run["pet_iou"] < 0.05 and run["background_share"] > 0.98:
            yield "class imbalance"
        if run["edge_ratio"] > 2:
            yield "misaligned augmentation"

    return list(causes())


def _observed(curve, right, share, pet, edges):
    return {
        "mIoU": curve,
        "overlays_look_right": right,
        "background_share": share,
        "pet_iou": pet,
        "edge_ratio": edges,
    }


DIAGNOSE = Exercise(
    id="diagnose",
    title="The failure-modes checklist",
    lesson="07",
    points=2,
    minutes=10,
    source="Losses and metrics, failure modes checklist",
    reference=diagnose,
    worked=(
        Worked((_observed([0.01, 0.02, 0.01], False, 0.40, 0.02, 1.1),), ["mask encoding"]),
        Worked((_observed([0.31, 0.66, 0.64], False, 0.58, 0.65, 1.1),), ["metric or colours"]),
        Worked((_observed([0.20, 0.20], False, 1.0, 0.0, 0.0),), ["class imbalance"]),
        Worked((_observed([0.22, 0.35], False, 0.61, 0.30, 5.2),), ["misaligned augmentation"]),
        Worked((_observed([0.02, 0.41, 0.55], True, 0.60, 0.56, 1.2),), []),
    ),
    fresh=_draw_run,
    fresh_cases=40,
    misconceptions=(
        Misconception(
            "any epoch below",
            _with_rule("mask encoding", lambda run: min(run["mIoU"]) < 0.05),
            "You suspected the masks because one epoch scored near 0. Many healthy runs begin there: only a "
            "score that stays near 0 in every epoch is a sign.",
        ),
        Misconception(
            "first epoch alone",
            _with_rule("mask encoding", lambda run: run["mIoU"][0] < 0.05),
            "You judged the masks by the first epoch, when every network is still guessing. Look at all "
            "epochs: the best of them must be below 0.05.",
        ),
        Misconception(
            "last epoch for best",
            _with_rule(
                "metric or colours", lambda run: run["mIoU"][-1] >= 0.5 and not run["overlays_look_right"]
            ),
            "You took the mIoU of the last epoch for the best one. The run's result is its best epoch: "
            "max(run['mIoU']).",
        ),
        Misconception(
            "overlays alone",
            _with_rule("metric or colours", lambda run: not run["overlays_look_right"]),
            "You suspected the metric whenever the overlays look wrong. A network that has learned little has "
            "a low mIoU and bad overlays, and both are right: only together with a high mIoU do they "
            "contradict each other.",
        ),
        Misconception(
            "share alone",
            _with_rule("class imbalance", lambda run: run["background_share"] > 0.98),
            "You judged by the share of the background alone. Where pets are tiny, 99 % background can be "
            "right: look at the pet's IoU as well.",
        ),
        Misconception(
            "pet IoU alone",
            _with_rule("class imbalance", lambda run: run["pet_iou"] < 0.05),
            "You judged by the pet's IoU alone. It is also near 0 when pets are predicted in the wrong places: "
            "only if nearly all is background did the network give up on the rare class.",
        ),
        Misconception(
            "smooth for striped",
            _with_rule("misaligned augmentation", lambda run: run["edge_ratio"] < 2),
            "You turned the edge ratio round. Stripes have many edges, so striped masks have a high ratio; 1 "
            "means as many edges as the truth has.",
        ),
        Misconception(
            "stops at the first",
            _stops_at_first,
            "You stopped at the first cause. A run can have two faults: go through the whole list, with if and "
            "not elif, and append each.",
        ),
    ),
    accepted=(_diagnose_by_table, _diagnose_in_numpy, _diagnose_with_generator),
    hints=(
        "Four ifs, one below the other, each of which may append a cause to a list.",
        "Below 0.05 in every epoch means that even the best epoch is: max(run['mIoU']) < 0.05.",
        "The second is max(run['mIoU']) >= 0.5 and not run['overlays_look_right']; the third needs share and "
        "IoU; the fourth is run['edge_ratio'] > 2.",
    ),
    why="Each observation contradicts something: a score that should move, a number and a picture that should "
    "agree, classes that should all occur, edges that should be as many as in the truth.",
)


EXERCISES = (
    OVERLAY,
    RESIZE_MASK,
    PAIRED_FLIP,
    TRAIN_EPOCH,
    EVALUATE,
    PLATEAU_RATES,
    CHOOSE_BEST,
    DIAGNOSE,
)
