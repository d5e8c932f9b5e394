"""Score maps, the scores of one pixel and which class wins; what multiplying and adding do to the winner; ties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from ipywidgets import Button, GridBox, Label, Layout
from numpy.typing import ArrayLike, NDArray

from course_lib.explorers.shell import Explorer, choice, integer, number
from course_lib.explorers.view import View
from course_lib.masks import PET_CLASSES
from course_lib.svg import GRID, INK, cells, colour, figure, ink_on, line, outline, rect, text


class Scene(NamedTuple):
    """Scores, the names of their classes, and which of them is the background."""

    scores: NDArray[np.float64]  # (H, W, C)
    names: tuple[str, ...]
    background: int


_STREET = [[[0.8, 0.1, 0.1], [0.2, 0.7, 0.1]], [[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]]]
_DOG = [[[0.6, 0.3, 0.1], [0.1, 0.8, 0.1]], [[0.2, 0.2, 0.6], [0.7, 0.2, 0.1]]]
_PET = [
    [[-2, 3, 0], [-1, 3, 1], [0, 2, 2], [-1, 3, 0], [-3, 4, -1]],
    [[-1, 2, 2], [1, 0, 2], [3, -1, 1], [2, 0, 2], [-1, 3, 1]],
    [[0, 1, 1], [4, -2, 0], [5, -3, 0], [3, -1, 1], [0, 0, 0]],
    [[-2, 4, 0], [2, 1, 2], [4, -2, 1], [1, 1, 1], [-2, 3, 1]],
]
SCENES = {
    "a street, 2 x 2": Scene(np.array(_STREET), ("background", "road", "car"), 0),
    "a dog and a person, 2 x 2": Scene(np.array(_DOG), ("background", "person", "dog"), 0),
    "a pet, 4 x 5, with ties": Scene(np.array(_PET, dtype=float), PET_CLASSES, 1),
}


@dataclass(frozen=True)
class Pick:
    """One pixel's scores (C,), the class that wins, and all classes with the same score."""

    scores: NDArray[np.float64]
    winner: int
    tied: tuple[int, ...]


def pick(scores: ArrayLike, factor: float = 1.0, added: float = 0.0) -> Pick:
    """Look at one pixel's scores (C,), each multiplied by a factor, and with a number added."""
    scores = factor * np.asarray(scores, dtype=np.float64) + added
    tied = tuple(np.flatnonzero(scores == scores.max()).tolist())
    return Pick(scores, int(scores.argmax()), tied)


def argmax_view(scene: str, row: int, column: int, factor: float, added: float) -> View:
    """Draw the score maps, the class map and one pixel's scores; a pixel outside is moved to the nearest one inside."""
    shown = SCENES[scene]
    scores = factor * shown.scores + added  # (H, W, C)
    row, column = min(row, scores.shape[0] - 1), min(column, scores.shape[1] - 1)
    picked = pick(shown.scores[row, column], factor, added)
    maps = [_map(scores[..., class_id], name, row, column) for class_id, name in enumerate(shown.names)]
    return View(
        (*maps, _class_map(scores, shown, row, column), _scores(picked, shown)),
        _said(picked, shown.names, row, column, bool((scores.argmax(-1) != shown.scores.argmax(-1)).any())),
    )


def _map(scores: NDArray[np.float64], name: str, row: int, column: int) -> Any:
    side = _side(scores)
    grey = np.interp(scores, (scores.min() - 1e-9, scores.max()), (255, 150))
    fills = [[f"#{int(shade):02x}{int(shade):02x}{int(shade):02x}" for shade in line] for line in grey]
    words = [[f"{score:g}" for score in line] for line in scores]
    alt = f"Scores of {name}, row by row: " + "; ".join(" ".join(line) for line in words)
    drawn = cells(fills, words, 3, 22, side)
    return _grid(f"scores: {name}", alt, scores.shape, drawn, row, column)


def _class_map(scores: NDArray[np.float64], scene: Scene, row: int, column: int) -> Any:
    ids = scores.argmax(axis=-1)
    fills = [[colour(class_id, scene.background) for class_id in line] for line in ids]
    alt = "Class map, row by row: " + "; ".join(
        " ".join(scene.names[class_id] for class_id in line) for line in ids
    )
    drawn = cells(fills, ids.tolist(), 3, 22, _side(ids))
    return _grid("argmax: the class map", alt, ids.shape, drawn, row, column)


def _side(grid: NDArray[Any]) -> int:
    return 44 if grid.shape[0] <= 2 else 30


def _grid(title: str, alt: str, shape: tuple[int, ...], drawn: str, row: int, column: int) -> Any:
    height, width = shape[:2]
    side = 44 if height <= 2 else 30
    chosen = np.zeros((height, width), dtype=bool)
    chosen[row, column] = True
    parts = [
        text(3, 15, title),
        drawn,
        outline(chosen, 3, 22, side, "#ffffff", stroke_width=6),
        outline(chosen, 3, 22, side, stroke_width=3.5),
    ]
    return figure(max(width * side, 150) + 6, height * side + 26, alt, *parts)


def _scores(picked: Pick, scene: Scene) -> Any:
    """Draw the scores as bars to the left and right of 0."""
    zero, reach = 220.0, 110.0
    longest = max(1e-9, float(np.abs(picked.scores).max()))
    parts = [text(3, 15, "scores of the chosen pixel")]
    for class_id, (name, score) in enumerate(zip(scene.names, picked.scores, strict=True)):
        top, length = 28 + 30 * class_id, reach * abs(score) / longest
        fill = colour(class_id, scene.background)
        verdict = "wins" if class_id == picked.winner else "ties" if class_id in picked.tied else ""
        parts += [
            text(3, top + 15, f"{class_id} {name}"),
            rect(zero if score >= 0 else zero - length, top, length, 20, fill, stroke=INK),
            text(zero + reach + 8, top + 15, f"{score:g} {verdict}".rstrip()),
        ]
    parts.append(line(zero, 24, zero, 26 + 30 * len(scene.names), GRID))
    alt = "Scores of the pixel: " + ", ".join(
        f"{name} {score:g}" for name, score in zip(scene.names, picked.scores, strict=True)
    )
    return figure(430, 124, alt, *parts)


def _said(picked: Pick, names: tuple[str, ...], row: int, column: int, changed: bool) -> tuple[str, ...]:
    scores = ", ".join(f"{name} {score:g}" for name, score in zip(names, picked.scores, strict=True))
    place = f"Pixel in row {row}, column {column}: {scores}."
    winner = names[picked.winner]
    if len(picked.tied) > 1:
        tied = " and ".join(names[class_id] for class_id in picked.tied)
        verdict = f"A tie between {tied}: argmax takes the first, {winner} (id {picked.winner})."
    else:
        verdict = f"The highest score wins: {winner} (id {picked.winner})."
    same = (
        "The class map has changed." if changed else "The class map is as it was with factor 1 and 0 added."
    )
    return place, verdict, same


def explore_argmax() -> Explorer:
    """Choose a pixel of several score maps, by two sliders or by its button, and see which class wins."""
    row, column = integer("row", 0, 0, 1), integer("column", 0, 0, 1)
    controls = {
        "scene": choice("scores", list(SCENES)),
        "row": row,
        "column": column,
        "factor": number("multiply by", 1.0, -2.0, 4.0, 0.5),
        "added": number("then add", 0.0, -10.0, 10.0, 0.5),
    }
    buttons = GridBox()
    heading = Label("Or choose a pixel of the class map:")
    explorer = Explorer("Argmax of a pixel", argmax_view, controls, below=[heading, buttons])

    def fit(_: object = None) -> None:
        scene = SCENES[controls["scene"].value]
        height, width = scene.scores.shape[:2]
        row.max, column.max = height - 1, width - 1
        buttons.children = [_button(place, scene, row, column) for place in np.ndindex(height, width)]
        buttons.layout = Layout(grid_template_columns=f"repeat({width}, 8em)")

    controls["scene"].observe(fit, "value")
    fit()
    return explorer


def _button(place: tuple[int, ...], scene: Scene, row: Any, column: Any) -> Button:
    """Make a button for one pixel of the class map; it keeps the class that wins with factor 1 and 0 added."""
    winner = int(scene.scores[place].argmax())
    fill = colour(winner, scene.background)
    button = Button(
        description=scene.names[winner],
        tooltip=f"row {place[0]}, column {place[1]}",
        style={"button_color": fill, "text_color": ink_on(fill)},
        layout=Layout(width="auto"),
    )

    def choose(_: object) -> None:
        row.value, column.value = place

    button.on_click(choose)
    return button
