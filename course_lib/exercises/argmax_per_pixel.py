"""The exercises of lesson 01: argmax of a list, of a grid, and of arrays."""

import numpy as np

from course_lib.checking.exercise import Exercise, Misconception, Worked

# The worked examples' scores, [row][column][class].
STREET_SCORES = [[[0.8, 0.1, 0.1], [0.2, 0.7, 0.1]], [[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]]]
DOG_SCORES = [[[0.6, 0.3, 0.1], [0.1, 0.8, 0.1]], [[0.2, 0.2, 0.6], [0.7, 0.2, 0.1]]]
STREET_CLASSES = ("background", "road", "car")

# The same street as arrays: one score map a class.
STREET_MAPS = np.array(
    [[[0.8, 0.2], [0.1, 0.3]], [[0.1, 0.7], [0.2, 0.3]], [[0.1, 0.1], [0.7, 0.4]]]
)  # (C, H, W)
DOG_MAPS = np.array(
    [[[0.6, 0.1], [0.2, 0.7]], [[0.3, 0.8], [0.2, 0.2]], [[0.1, 0.1], [0.6, 0.1]]]
)  # (C, H, W)
# Two classes, one row of three pixels: all negative, and a tie at the end.
NEGATIVE_MAPS = np.array([[[-1.0, -4.0, -2.0]], [[-3.0, -0.5, -2.0]]])  # (2, 1, 3)


# --- New cases ---------------------------------------------------------------------------------------------


def _draw_scores(rng, shape):
    """Draw scores from -4 to 4 with one digit, so that ties happen; in a third of the cases all are negative."""
    scores = rng.integers(-40, 41, size=shape) / 10
    if rng.random() < 0.33:
        scores = -np.abs(scores) - 0.1
    return scores


def _draw_list(rng):
    """Draw one pixel's scores: often a tie of the highest, all negative, or a single one."""
    if rng.random() < 0.15:
        return (_draw_scores(rng, 1).tolist(),)
    scores = _draw_scores(rng, rng.integers(3, 8))
    if rng.random() < 0.4:
        scores[rng.choice(len(scores), size=2, replace=False)] = scores.max()
    return (scores.tolist(),)


def _draw_maps(rng):
    """Draw score maps (C, H, W) of two or three classes, with tied pixels."""
    num_classes = int(rng.integers(2, 4))
    height, width = rng.integers(1, 6, size=2)
    scores = _draw_scores(rng, (num_classes, height, width))
    tied = rng.random((height, width)) < 0.25
    scores[:, tied] = scores.max(axis=0)[tied]
    return scores


def _draw_grid(rng):
    return (_draw_maps(rng).transpose(1, 2, 0).tolist(),)


def _draw_chw(rng):
    return (_draw_maps(rng),)


def _draw_nchw(rng):
    """Draw the score maps of one to three images; a batch of one comes often."""
    scores = _draw_maps(rng)
    images = 1 if rng.random() < 0.4 else int(rng.integers(2, 4))
    return (np.stack([rng.permutation(scores) for _ in range(images)]),)


def _draw_shape(rng):
    images = 1 if rng.random() < 0.2 else int(rng.integers(2, 17))
    height, width = 16 * rng.choice(np.arange(2, 17), size=2, replace=False)
    return ((images, int(rng.integers(1, 22)), int(height), int(width)),)


# --- argmax ------------------------------------------------------------------------------------------------


def argmax(scores):
    """Return where the highest score stands.

    Goes in: the scores of one pixel, one for each class: a list of at least one number, negative ones too.
    Comes out: the index of the highest score, an int; the first one where several are highest.
    """
    best = 0
    ### BEGIN SOLUTION
    for index in range(1, len(scores)):
        if scores[index] > scores[best]:
            best = index
    ### END SOLUTION
    return best


def _argmax_value(scores):
    return max(scores)


def _argmax_last(scores):
    best = 0
    for index in range(1, len(scores)):
        if scores[index] >= scores[best]:
            best = index
    return best


def _argmax_above_0(scores):
    best, highest = 0, 0
    for index, score in enumerate(scores):
        if score > highest:
            best, highest = index, score
    return best


def _argmax_lowest(scores):
    return scores.index(min(scores))


def _argmax_neighbour(scores):
    best = 0
    for index in range(1, len(scores)):
        if scores[index] > scores[index - 1]:
            best = index
    return best


def _argmax_against_index(scores):
    best = 0
    for index, score in enumerate(scores):
        if score > best:
            best = index
    return best


def _argmax_first_larger(scores):
    return next((index for index, score in enumerate(scores) if score > scores[0]), 0)


def _argmax_skips_last(scores):
    return argmax(scores[:-1])


def _argmax_index_of_max(scores):
    return scores.index(max(scores))


def _argmax_key(scores):
    return max(range(len(scores)), key=lambda index: scores[index])


def _argmax_numpy(scores):
    return np.argmax(scores)


def _argmax_backwards(scores):
    best = len(scores) - 1
    for index in reversed(range(len(scores))):
        if scores[index] >= scores[best]:
            best = index
    return best


ARGMAX = Exercise(
    id="argmax",
    title="The index of the highest score",
    lesson="01",
    points=1,
    minutes=5,
    source="Lesson 33, section 1 and Your Turn 2",
    reference=argmax,
    worked=(
        Worked(([0.1, 0.3, 0.6],), 2),
        Worked(([-3.0, -1.5, -2.0],), 1),
        Worked(([2.0, 3.0, 5.0, 1.0, 5.0],), 2),
    ),
    fresh=_draw_list,
    misconceptions=(
        Misconception(
            "argmax-value",
            _argmax_value,
            "You returned the highest score itself: that is max. Argmax is where it stands, the index, because the "
            "index is the class.",
        ),
        Misconception(
            "argmax-last",
            _argmax_last,
            "Where two scores tie you took the last of them, as `>=` does, for instance. The first one is to stay: let "
            "only a higher score win.",
        ),
        Misconception(
            "argmax-above-0",
            _argmax_above_0,
            "Your search starts from the score 0, so where all scores are negative none wins. Start from the first "
            "score instead: compare with `scores[best]`.",
        ),
        Misconception(
            "argmax-lowest",
            _argmax_lowest,
            "You found the lowest score: that is argmin. Turn the comparison round.",
        ),
        Misconception(
            "argmax-neighbour",
            _argmax_neighbour,
            "You compared each score with the one before it, which finds the last rise. Compare with the best one "
            "so far, `scores[best]`.",
        ),
        Misconception(
            "argmax-against-index",
            _argmax_against_index,
            "You compared a score with `best`, which is an index. Compare it with the score that stands there, "
            "`scores[best]`.",
        ),
        Misconception(
            "argmax-first-larger",
            _argmax_first_larger,
            "You stopped at the first score that beats the first one. A higher one may follow: no `return` or "
            "`break` inside the loop, go through to the end.",
        ),
        Misconception(
            "argmax-skips-last",
            _argmax_skips_last,
            "The last class can never win: your search ends before it. `range(len(scores))` stops at the last index by "
            "itself, so take nothing off `len(scores)`.",
        ),
    ),
    accepted=(_argmax_index_of_max, _argmax_key, _argmax_numpy, _argmax_backwards),
    hints=(
        "Go through the scores from left to right and remember where the best one so far stands.",
        "`best` holds an index. Compare `scores[index]` with `scores[best]`, for every index from 1 on.",
        "`for index in range(1, len(scores)):`, in it `if scores[index] > scores[best]:`, and in that `best = index`.",
    ),
    why="After each step `best` points at the highest score seen so far, so at the end at the highest of all. `>` "
    "leaves a tie with the first, as NumPy does.",
)


# --- argmax-grid -------------------------------------------------------------------------------------------


def argmax_grid(scores):
    """Turn a grid of scores into a class map.

    Goes in: scores[row][column][class], nested lists; use your argmax.
    Comes out: the class ids, class_map[row][column], nested lists of int; of ties the first class.
    """
    class_map = []
    ### BEGIN SOLUTION
    for row in scores:
        class_map.append([argmax(pixel) for pixel in row])
    ### END SOLUTION
    return class_map


def _grid_flat(scores):
    return [argmax(pixel) for row in scores for pixel in row]


def _grid_transposed(scores):
    return [list(column) for column in zip(*argmax_grid(scores), strict=True)]


def _grid_values(scores):
    return [[max(pixel) for pixel in row] for row in scores]


def _grid_names(scores):
    return [[STREET_CLASSES[argmax(pixel)] for pixel in row] for row in scores]


def _grid_over_rows(scores):
    return np.argmax(scores, axis=0).tolist()


def _grid_first_row(scores):
    return argmax_grid(scores[:1])


def _grid_one_row(scores):
    return [argmax_grid(scores)[-1]] * len(scores)


def _grid_last(scores):
    return [[_argmax_last(pixel) for pixel in row] for row in scores]


def _grid_comprehension(scores):
    return [[pixel.index(max(pixel)) for pixel in row] for row in scores]


def _grid_numpy(scores):
    return np.array(scores).argmax(axis=-1)


def _grid_by_place(scores):
    class_map = [[0] * len(row) for row in scores]
    for row in range(len(scores)):
        for column in range(len(scores[row])):
            class_map[row][column] = argmax(scores[row][column])
    return tuple(class_map)


ARGMAX_GRID = Exercise(
    id="argmax-grid",
    title="A class for every pixel",
    lesson="01",
    points=2,
    minutes=5,
    source="Lesson 33, section 1 and Your Turn 2",
    reference=argmax_grid,
    worked=(
        Worked((STREET_SCORES,), [[0, 1], [2, 2]], "argmax-street"),
        Worked((DOG_SCORES,), [[0, 1], [2, 0]], "argmax-dog"),
        Worked(([[[-1.0, -2.0], [-2.0, -1.0], [-1.0, -1.0]]],), [[0, 1, 0]]),
    ),
    fresh=_draw_grid,
    misconceptions=(
        Misconception(
            "grid-flat",
            _grid_flat,
            "The ids are right, but the rows are gone: all pixels stand in one long list. Build one list for each "
            "row and append that.",
        ),
        Misconception(
            "grid-transposed",
            _grid_transposed,
            "Rows and columns have changed places. Let the outer loop go through the rows and the inner one through "
            "the pixels of a row.",
        ),
        Misconception(
            "grid-values",
            _grid_values,
            "You put the highest score into the map. A class map holds the index of that score: use argmax, not max.",
        ),
        Misconception(
            "grid-names",
            _grid_names,
            "You put names into the map. A class map holds ids, which can be counted and compared; names are looked "
            "up later, for people.",
        ),
        Misconception(
            "grid-over-rows",
            _grid_over_rows,
            "You compared the rows with each other: the ids you got say in which row a score is highest. Compare the "
            "scores inside each pixel, which are its classes.",
        ),
        Misconception(
            "grid-first-row",
            _grid_first_row,
            "Only the first row came back. Is the `return` indented into the loop? Move it out, to the indentation of "
            "the `for`.",
        ),
        Misconception(
            "grid-one-row",
            _grid_one_row,
            "All your rows are the last one. Is one list used for every row, as in `[[0] * width] * height`, or one "
            "made before the loop? Make a new list for each row.",
        ),
        Misconception(
            "grid-last",
            _grid_last,
            "Where two classes tie you took the last of them. Take the first: `>`, not `>=`.",
        ),
    ),
    accepted=(_grid_comprehension, _grid_numpy, _grid_by_place),
    hints=(
        "What your argmax does for one pixel has to happen for each pixel of each row.",
        "`for row in scores:`. Build the list of the ids of this row, then append it to `class_map`.",
        "In the loop: `class_map.append([argmax(pixel) for pixel in row])`.",
    ),
    why="Each pixel is decided alone, by its own scores. The map keeps rows and columns and loses the scores: one id "
    "is left for each pixel.",
)


# --- logits-shape ------------------------------------------------------------------------------------------


def read_shape(shape):
    """Say what the four numbers of a shape (N, C, H, W) are, and which shape the class maps have.

    Goes in: the shape of logits, a tuple of four int.
    Comes out: a dict with images, classes, height, width, each an int, and class map: the shape that argmax over the
    classes leaves, a tuple.
    """
    ### BEGIN SOLUTION
    images, classes, height, width = shape
    class_map = (images, height, width)
    ### END SOLUTION
    return {"images": images, "classes": classes, "height": height, "width": width, "class map": class_map}


def _with(shape, **changed):
    """Return the right answer with some of it changed; ``class_map`` stands for the key "class map"."""
    return read_shape(shape) | {key.replace("_", " "): value for key, value in changed.items()}


def _shape_classes_last(shape):
    images, height, width, classes = shape
    return _with((images, classes, height, width))


def _shape_width_first(shape):
    images, classes, width, height = shape
    return _with((images, classes, height, width))


def _shape_classes_first(shape):
    classes, images, height, width = shape
    return _with((images, classes, height, width))


def _shape_colours(shape):
    return _with(shape, classes=3)


def _shape_keeps_1(shape):
    images, _, height, width = shape
    return _with(shape, class_map=(images, 1, height, width))


def _shape_keeps_classes(shape):
    return _with(shape, class_map=tuple(shape))


def _shape_one_map(shape):
    return _with(shape, class_map=tuple(shape[2:]))


def _shape_loses_images(shape):
    return _with(shape, class_map=tuple(shape[1:]))


def _shape_by_index(shape):
    return {
        "images": shape[0],
        "classes": shape[1],
        "height": shape[2],
        "width": shape[3],
        "class map": [shape[0], *shape[2:]],
    }


def _shape_zipped(shape):
    numbers = dict(zip(("images", "classes", "height", "width"), shape, strict=True))
    return numbers | {"class map": (numbers["images"], numbers["height"], numbers["width"])}


def _shape_numpy(shape):
    images, classes, height, width = np.array(shape)
    class_map = np.zeros(shape, np.uint8).argmax(axis=1).shape
    return {"images": images, "classes": classes, "height": height, "width": width, "class map": class_map}


LOGITS_SHAPE = Exercise(
    id="logits-shape",
    title="Read the shape of logits",
    lesson="01",
    points=1,
    minutes=5,
    source="Losses and metrics, checkpoint 1",
    reference=read_shape,
    worked=(
        Worked(
            ((4, 3, 128, 128),),
            {"images": 4, "classes": 3, "height": 128, "width": 128, "class map": (4, 128, 128)},
            "logits-shape",
        ),
        Worked(
            ((2, 21, 48, 64),),
            {"images": 2, "classes": 21, "height": 48, "width": 64, "class map": (2, 48, 64)},
        ),
    ),
    fresh=_draw_shape,
    misconceptions=(
        Misconception(
            "shape-classes-last",
            _shape_classes_last,
            "You read the classes from the end. In (N, C, H, W) they stand second, right after the images.",
        ),
        Misconception(
            "shape-width-first",
            _shape_width_first,
            "Height and width have changed places. The height, the number of rows, comes before the width.",
        ),
        Misconception(
            "shape-classes-first",
            _shape_classes_first,
            "Images and classes have changed places. The first number says how many images, the second how many "
            "classes.",
        ),
        Misconception(
            "shape-colours",
            _shape_colours,
            "You answered 3 classes every time. Three is the number of colours in a photo; logits have as many maps "
            "as there are classes, the second number.",
        ),
        Misconception(
            "shape-keeps-1",
            _shape_keeps_1,
            "Your class map has a 1 where the classes stood. Argmax takes that axis away: (N, H, W), three numbers.",
        ),
        Misconception(
            "shape-keeps-classes",
            _shape_keeps_classes,
            "Your class map is as large as the logits. Argmax leaves one id where there were C scores, so the C is "
            "gone: (N, H, W).",
        ),
        Misconception(
            "shape-one-map",
            _shape_one_map,
            "Your class map is that of one image. Each of the N images gets its own: (N, H, W).",
        ),
        Misconception(
            "shape-loses-images",
            _shape_loses_images,
            "You took the images away and left the classes. Argmax compares classes, so their axis goes and the "
            "images stay: (N, H, W).",
        ),
    ),
    accepted=(_shape_by_index, _shape_zipped, _shape_numpy),
    hints=(
        "The four letters N, C, H, W stand for images, classes, height and width, in this order.",
        "`images, classes, height, width = shape` names all four at once. Which of them does argmax take away?",
        "Second line: `class_map = (images, height, width)`.",
    ),
    why="Argmax compares the C scores of a pixel and leaves one id in their place: (N, C, H, W) becomes (N, H, W). "
    "Every network of this course ends like that.",
)


# --- argmax-chw --------------------------------------------------------------------------------------------


def argmax_chw(scores):
    """Turn the score maps of one image into a class map.

    Goes in: a NumPy array of shape (C, H, W), one score map for each class.
    Comes out: an array of class ids, integers of shape (H, W); of ties the first class.
    """
    ### BEGIN SOLUTION
    return scores.argmax(axis=0)  # (H, W)
    ### END SOLUTION


def _chw_axis_1(scores):
    return scores.argmax(axis=1)


def _chw_axis_last(scores):
    return scores.argmax(axis=-1)


def _chw_no_axis(scores):
    return scores.argmax()


def _chw_values(scores):
    return scores.max(axis=0)


def _chw_transposed(scores):
    return scores.argmax(axis=0).T


def _chw_floats(scores):
    class_map = np.zeros(scores.shape[1:])
    class_map[:] = scores.argmax(axis=0)
    return class_map


def _chw_reshaped(scores):
    classes, height, width = scores.shape
    return scores.reshape(height, width, classes).argmax(axis=-1)


def _chw_last(scores):
    return len(scores) - 1 - scores[::-1].argmax(axis=0)


def _chw_function(scores):
    return np.argmax(scores, 0).astype(np.uint8)


def _chw_moved(scores):
    return np.moveaxis(scores, 0, -1).argmax(axis=-1)


def _chw_loops(scores):
    _, height, width = scores.shape
    return [[argmax(list(scores[:, y, x])) for x in range(width)] for y in range(height)]


def _chw_by_grid(scores):
    return np.array(argmax_grid(scores.transpose(1, 2, 0).tolist()))


ARGMAX_CHW = Exercise(
    id="argmax-chw",
    title="Score maps of one image",
    lesson="01",
    points=1,
    minutes=5,
    source="Lesson 33, sections 1 and 3",
    reference=argmax_chw,
    worked=(
        Worked((STREET_MAPS,), [[0, 1], [2, 2]], "street-maps"),
        Worked((DOG_MAPS,), [[0, 1], [2, 0]], "dog-maps"),
        Worked((NEGATIVE_MAPS,), [[0, 1, 0]]),
    ),
    fresh=_draw_chw,
    misconceptions=(
        Misconception(
            "chw-axis-1",
            _chw_axis_1,
            "You took the argmax along the height, axis 1: your ids say in which row a score is highest, and the "
            "shape is (C, W). The classes are axis 0.",
        ),
        Misconception(
            "chw-axis-last",
            _chw_axis_last,
            "You took the argmax along the width, the last axis: your ids say in which column a score is highest, and "
            "the shape is (C, H). The last axis was right for the nested lists; in (C, H, W) the classes come first.",
        ),
        Misconception(
            "chw-no-axis",
            _chw_no_axis,
            "One number came back for the whole image: without `axis` argmax looks at all scores as one long list. "
            "Say which axis holds the classes.",
        ),
        Misconception(
            "chw-values",
            _chw_values,
            "You returned the highest scores. The class map holds the index of the map they come from: argmax, not "
            "max.",
        ),
        Misconception(
            "chw-transposed",
            _chw_transposed,
            "Rows and columns have changed places: the shape is (W, H). Take the argmax over the classes and leave "
            "the other two axes as they are.",
        ),
        Misconception(
            "chw-floats",
            _chw_floats,
            "The ids are right but stored as floats, as `np.zeros` does unless told otherwise. Ids are integers: "
            "`np.zeros(shape, dtype=int)`, or return what argmax gives.",
        ),
        Misconception(
            "chw-reshaped",
            _chw_reshaped,
            "`reshape` does not move axes: it cuts the same row of numbers into other pieces, so your pixels hold "
            "scores of different places. Take the argmax along axis 0, or move the axis with `transpose(1, 2, 0)`.",
        ),
        Misconception(
            "chw-last",
            _chw_last,
            "Where two classes tie you took the last of them. Take the first, as `argmax` does: `>`, not `>=`.",
        ),
    ),
    accepted=(_chw_function, _chw_moved, _chw_loops, _chw_by_grid),
    hints=(
        "NumPy has argmax built in: `scores.argmax(axis=...)`. The axis you name is the one that goes away.",
        "The shape is (C, H, W) and (H, W) is to be left. Which axis has to go? Counting starts at 0.",
        "`return scores.argmax(axis=0)`.",
    ),
    why="Along axis 0 stand the C scores of one pixel, one in each map. Argmax along it compares just these, and H "
    "and W are left.",
)


# --- argmax-nchw -------------------------------------------------------------------------------------------


def argmax_nchw(logits):
    """Turn the logits of a batch into class maps.

    Goes in: a NumPy array of shape (N, C, H, W), the score maps of N images.
    Comes out: an array of class ids, integers of shape (N, H, W), for one image too; of ties the first class.
    """
    ### BEGIN SOLUTION
    return logits.argmax(axis=1)  # (N, H, W)
    ### END SOLUTION


def _nchw_axis_0(logits):
    return logits.argmax(axis=0)


def _nchw_axis_2(logits):
    return logits.argmax(axis=2)


def _nchw_axis_last(logits):
    return logits.argmax(axis=-1)


def _nchw_keeps_1(logits):
    return logits.argmax(axis=1, keepdims=True)


def _nchw_first_image(logits):
    return logits[0].argmax(axis=0)


def _nchw_squeezed(logits):
    return logits.argmax(axis=1).squeeze()


def _nchw_values(logits):
    return logits.max(axis=1)


def _nchw_reshaped(logits):
    images, classes, height, width = logits.shape
    return logits.reshape(images, height, width, classes).argmax(axis=-1)


def _nchw_stacked(logits):
    return np.stack([argmax_chw(scores) for scores in logits])


def _nchw_list(logits):
    return [argmax_chw(scores) for scores in logits]


def _nchw_moved(logits):
    return np.argmax(logits.transpose(0, 2, 3, 1), -1).astype(np.int32)


def _nchw_from_end(logits):
    return logits.argmax(-3)


ARGMAX_NCHW = Exercise(
    id="argmax-nchw",
    title="Logits of a batch",
    lesson="01",
    points=1,
    minutes=5,
    source="Lesson 33, section 3",
    reference=argmax_nchw,
    worked=(
        Worked((np.stack([STREET_MAPS, DOG_MAPS]),), [[[0, 1], [2, 2]], [[0, 1], [2, 0]]], "street-and-dog"),
        Worked((NEGATIVE_MAPS[None],), [[[0, 1, 0]]]),
    ),
    fresh=_draw_nchw,
    misconceptions=(
        Misconception(
            "nchw-axis-0",
            _nchw_axis_0,
            "You took the argmax along axis 0, which was right for one image. In (N, C, H, W) axis 0 holds the "
            "images, so you asked which image scores highest. The classes have moved to axis 1.",
        ),
        Misconception(
            "nchw-axis-2",
            _nchw_axis_2,
            "You took the argmax along axis 2, the height. Counting starts at 0: N is axis 0, and C, the second, is "
            "axis 1.",
        ),
        Misconception(
            "nchw-axis-last",
            _nchw_axis_last,
            "You took the argmax along the last axis, the width. In (N, C, H, W) the classes are axis 1.",
        ),
        Misconception(
            "nchw-keeps-1",
            _nchw_keeps_1,
            "Your class maps have the shape (N, 1, H, W). Let the axis of the classes go: no `keepdims`.",
        ),
        Misconception(
            "nchw-first-image",
            _nchw_first_image,
            "Only the first image came back. Each of the N images gets a class map: the shape is (N, H, W), for N = 1 "
            "too.",
        ),
        Misconception(
            "nchw-squeezed",
            _nchw_squeezed,
            "`squeeze` throws away every axis of length 1, so a batch of one image, or an image one pixel wide, loses "
            "an axis that is needed. Leave it out.",
        ),
        Misconception(
            "nchw-values",
            _nchw_values,
            "You returned the highest scores. The class map holds the index of the map they come from: argmax, not "
            "max.",
        ),
        Misconception(
            "nchw-reshaped",
            _nchw_reshaped,
            "`reshape` does not move axes: it cuts the same row of numbers into other pieces, so your pixels hold "
            "scores of different places. Take the argmax along axis 1.",
        ),
    ),
    accepted=(_nchw_stacked, _nchw_list, _nchw_moved, _nchw_from_end),
    hints=(
        "The axis you name is the one that goes away. From (N, C, H, W) to (N, H, W): which one is missing?",
        "Axes are counted from 0: N is 0, C is 1, H is 2, W is 3.",
        "`return logits.argmax(axis=1)`.",
    ),
    why="The classes moved from axis 0 to axis 1 when the images were stacked. PyTorch calls the axis dim: the same "
    "line there is logits.argmax(dim=1).",
)

EXERCISES = (ARGMAX, ARGMAX_GRID, LOGITS_SHAPE, ARGMAX_CHW, ARGMAX_NCHW)
