"""Convolution, pooling and transposed convolution, step by step: windows, sizes, and where stamps overlap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from course_lib.explorers.layers import (
    CONVOLUTION,
    POOLING,
    TRANSPOSED,
    Grid,
    example_input,
    example_kernel,
    inner_overlaps,
    layer,
    problem,
    stamps,
    steps,
)
from course_lib.explorers.shell import Explorer, integer
from course_lib.explorers.view import View
from course_lib.svg import Figure, cells, figure, outline, text

_WHITE, _WINDOW, _RIM, _WINDOW_ON_RIM, _DONE = "#ffffff", "#f5ee9e", "#d9d9d9", "#ddd7a8", "#bfdcee"
_LARGEST = 300  # width of a grid on the page


def convolution_view(
    mode: str, size: int, kernel: int, stride: int, padding: int, output_padding: int, step: int
) -> View:
    """Draw the input, the kernel and the output up to one step; a step beyond the last is the last."""
    wrong = problem(mode, size, kernel, stride, padding, output_padding)
    if wrong:
        sketch = figure(300, 40, wrong, text(2, 24, "There is no such layer.", 15))
        return View((sketch,), (wrong,))
    if mode == TRANSPOSED:
        return _view_of_stamps(size, kernel, stride, padding, output_padding, step)
    return _view_of_windows(mode, size, kernel, stride, padding, step)


def _view_of_windows(mode: str, size: int, kernel: int, stride: int, padding: int, step: int) -> View:
    pooling = mode == POOLING
    found, values = layer(mode, size, kernel, stride, padding)
    out = len(values)
    row, column = divmod(min(step, out**2 - 1), out)
    grid, weights = example_input(size), example_kernel(kernel)
    pictures = [_input(grid, padding, kernel, row * stride, column * stride, "" if pooling else "0")]
    if not pooling:
        pictures.append(_kernel(weights))
    pictures.append(_output(values, row, column))
    window = found[row, column]
    what = _maximum(window) if pooling else _sum(window, weights)
    return View(
        tuple(pictures),
        (
            f"Size = floor((in + 2 x padding - kernel) / stride) + 1 = "
            f"floor(({size} + 2 x {padding} - {kernel}) / {stride}) + 1 = {out}",
            f"Output in row {row}, column {column}: {what} = {values[row, column]}",
        ),
    )


def _sum(window: Grid, weights: Grid) -> str:
    terms = [
        f"{value} x ({weight})" for value, weight in zip(window.flat, weights.flat, strict=True) if weight
    ]
    return " + ".join(terms) if len(terms) <= 9 else f"the sum of {window.size} products"


def _maximum(window: Grid) -> str:
    return f"max({', '.join(str(value) for value in window.flat if value >= 0)})"


def _input(grid: Grid, padding: int, kernel: int, top: int, left: int, rim: str) -> Figure:
    size = len(grid) + 2 * padding
    side = min(30, _LARGEST / size)
    fills = np.full((size, size), _RIM, dtype=object)
    words = np.full((size, size), rim, dtype=object)
    inside = slice(padding, padding + len(grid))
    fills[inside, inside], words[inside, inside] = _WHITE, grid
    window = np.zeros((size, size), dtype=bool)
    window[top : top + kernel, left : left + kernel] = True
    fills[window] = np.where(fills[window] == _WHITE, _WINDOW, _WINDOW_ON_RIM)
    alt = f"Input {len(grid)} x {len(grid)}, padding {padding}. With it, the window begins in row {top}, column {left}."
    title = "input" + (", padding grey" if padding else "")
    return _titled(title, alt, fills.tolist(), words.tolist(), side, window)


def _kernel(weights: Grid) -> Figure:
    fills = [[_WHITE] * len(weights)] * len(weights)
    return _titled("kernel", f"Kernel: {weights.tolist()}", fills, weights.tolist(), 30)


def _output(values: Grid, row: int, column: int) -> Figure:
    out = len(values)
    done = np.arange(out**2).reshape(out, out) <= row * out + column
    here = np.zeros_like(done)
    here[row, column] = True
    words = np.where(done, values.astype(object), "").tolist()
    fills = np.where(done, _DONE, _WHITE).tolist()
    alt = f"Output {out} x {out}, {int(done.sum())} pixels computed: {values[done].tolist()}"
    return _titled("output", alt, fills, words, min(30, _LARGEST / out), here)


def _view_of_stamps(
    size: int, kernel: int, stride: int, padding: int, output_padding: int, step: int
) -> View:
    step = min(step, size**2 - 1)
    counts = stamps(size, kernel, stride, padding, output_padding, step + 1)
    row, column = divmod(step, size)
    out = len(counts)
    used = np.arange(size**2).reshape(size, size) <= step
    here = np.zeros_like(used)
    here[row, column] = True
    stamp = np.zeros((out, out), dtype=bool)
    top, left = row * stride - padding, column * stride - padding
    stamp[max(0, top) : max(0, top + kernel), max(0, left) : max(0, left + kernel)] = True
    whole = stamps(size, kernel, stride, padding, output_padding)
    most = int(whole.max())
    first = _titled(
        "input: all 1",
        f"Input {size} x {size}, all 1; {step + 1} have stamped.",
        np.where(used, _DONE, _WHITE).tolist(),
        np.ones((size, size), dtype=int).tolist(),
        min(30, _LARGEST / size),
        here,
    )
    side = min(30, 340 / out)
    alt = f"Output {out} x {out}; stamps that overlap, row by row: {counts.tolist()}"
    title = "output: stamps in each pixel"
    second = _titled(title, alt, _shaded(counts, most), counts.tolist(), side, stamp)
    alt = f"Output {out} x {out} after the last step; stamps, row by row: {whole.tolist()}"
    blank = np.full_like(whole, "", dtype=object).tolist()
    third = _titled("after the last step", alt, _shaded(whole, most), blank, min(17, 200 / out))
    return View((first, second, third), _said_of_stamps(size, kernel, stride, padding, output_padding, whole))


def _shaded(counts: Grid, most: int) -> list[list[str]]:
    """Return a blue for each count: white where it is 0, the darker the more."""
    shades = np.where(counts, np.rint(255 - 165 * counts / max(1, most)), 255).astype(int)
    return [[f"#{shade:02x}{min(255, shade + 30):02x}ff" for shade in line] for line in shades]


def _said_of_stamps(
    size: int, kernel: int, stride: int, padding: int, output_padding: int, counts: Grid
) -> tuple[str, ...]:
    out = len(counts)
    formula = f"({size} - 1) x {stride} - 2 x {padding} + {kernel} + {output_padding} = {out}"
    inner = inner_overlaps(kernel, stride)
    if len(inner) == 1:
        verdict = (
            f"{stride} divides the kernel's {kernel}: away from the edges all pixels get as many stamps."
        )
    else:
        numbers = " and ".join(map(str, inner))
        turns = f"along a row {numbers} stamps take turns"
        verdict = f"A checkerboard: {stride} does not divide the kernel's {kernel}, so {turns}."
    if inner[0] == 0:
        verdict = (
            f"The stride, {stride}, is larger than the kernel, {kernel}: some pixels get no stamp at all."
        )
    return (
        f"Size = (in - 1) x stride - 2 x padding + kernel + output padding = {formula}",
        f"Every input pixel stamps a {kernel} x {kernel} kernel of ones, {stride} further on each time. "
        f"Padding cuts {padding} off every side.",
        verdict,
        f"After the last step, {_levels_of(counts)}",
    )


def _levels_of(counts: Grid) -> str:
    levels = [str(level) for level in np.unique(counts)]
    if len(levels) == 1:
        return f"all pixels have the same number of stamps: {levels[0]}."
    return f"from the lightest to the darkest: {', '.join(levels)} stamps."


def _titled(
    title: str,
    alt: str,
    fills: list[list[str]],
    words: list[list[object]],
    side: float,
    marked: NDArray[np.bool_] | None = None,
) -> Figure:
    edge = "" if marked is None else outline(marked, 3, 22, side, stroke_width=3)
    width = max(len(fills[0]) * side, 8.0 * len(title))
    return figure(
        width + 6, len(fills) * side + 26, alt, text(3, 15, title), cells(fills, words, 3, 22, side), edge
    )


def explore_convolution() -> Explorer:
    """Step through a convolution, a pooling or a transposed convolution, and see sizes and overlaps."""
    sizes = {
        "size": integer("input size", 5, 2, 8),
        "kernel": integer("kernel", 3, 1, 5),
        "stride": integer("stride", 2, 1, 4),
        "padding": integer("padding", 1, 0, 2),
        "output_padding": integer("output padding", 0, 0, 3),
    }
    step = integer("step", 4, 0, 8)
    windowed = ("size", "kernel", "stride", "padding", "step")
    modes = {CONVOLUTION: windowed, POOLING: windowed, TRANSPOSED: (*sizes, "step")}
    explorer = Explorer("Convolution, step by step", convolution_view, sizes | {"step": step}, modes)

    def fit(_: object = None) -> None:
        state = explorer.state
        del state["step"]
        step.max = steps(**state) - 1

    for name, control in explorer.controls.items():
        if name != "step":
            control.observe(fit, "value")
    return explorer
