"""Score maps, one pixel of them, its scores, and which class wins; temperature, which changes no winner; and ties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from ipywidgets import Button, GridBox, Label, Layout
from numpy.typing import ArrayLike, NDArray

from course_lib.explorers.shell import Explorer, choice, integer, number
from course_lib.explorers.view import View
from course_lib.masks import PET_CLASSES
from course_lib.svg import bars, cells, colour, figure, ink_on, outline, text


class Scene(NamedTuple):
    """Scores and the names of their classes."""

    scores: NDArray[np.float64]  # (H, W, C)
    names: tuple[str, ...]


_STREET = [[[0.8, 0.1, 0.1], [0.2, 0.7, 0.1]], [[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]]]
_DOG = [[[0.6, 0.3, 0.1], [0.1, 0.8, 0.1]], [[0.2, 0.2, 0.6], [0.7, 0.2, 0.1]]]
_LOGITS = [
    [[-2, 3, 0], [-1, 3, 1], [0, 2, 2], [-1, 3, 0], [-3, 4, -1]],
    [[-1, 2, 2], [1, 0, 2], [3, -1, 1], [2, 0, 2], [-1, 3, 1]],
    [[0, 1, 1], [4, -2, 0], [5, -3, 0], [3, -1, 1], [0, 0, 0]],
    [[-2, 4, 0], [2, 1, 2], [4, -2, 1], [1, 1, 1], [-2, 3, 1]],
]
SCENES = {
    "a street, 2 x 2": Scene(np.array(_STREET), ("background", "road", "car")),
    "a dog and a person, 2 x 2": Scene(np.array(_DOG), ("background", "person", "dog")),
    "logits of a pet, with ties": Scene(np.array(_LOGITS, dtype=float), PET_CLASSES),
}


@dataclass(frozen=True)
class Pick:
    """One pixel's scores (C,), their softmax (C,), the class that wins, and all classes that have its score."""

    scores: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    winner: int
    tied: tuple[int, ...]


def softmax(scores: ArrayLike, axis: int = -1) -> NDArray[np.float64]:
    """Turn scores into probabilities along an axis."""
    scores = np.asarray(scores, dtype=np.float64)
    powers = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def pick(scores: ArrayLike, temperature: float = 1.0) -> Pick:
    """Look at one pixel's scores (C,), divided by the temperature before the softmax."""
    scores = np.asarray(scores, dtype=np.float64)
    tied = tuple(np.flatnonzero(scores == scores.max()).tolist())
    return Pick(scores, softmax(scores / temperature), int(scores.argmax()), tied)


def argmax_view(scene: str, row: int, column: int, temperature: float) -> View:
    """Draw the score maps, the class map and one pixel's scores; a pixel outside is the nearest inside."""
    scores, names = SCENES[scene]
    row, column = min(row, scores.shape[0] - 1), min(column, scores.shape[1] - 1)
    picked = pick(scores[row, column], temperature)
    maps = [_map(scores[..., class_id], name, row, column) for class_id, name in enumerate(names)]
    return View(
        (*maps, _class_map(scores, names, row, column), _scores(picked, names)),
        _said(picked, names, row, column),
    )


def _map(scores: NDArray[np.float64], name: str, row: int, column: int) -> Any:
    side = _side(scores)
    grey = np.interp(scores, (scores.min() - 1e-9, scores.max()), (255, 150))
    fills = [[f"#{int(shade):02x}{int(shade):02x}{int(shade):02x}" for shade in line] for line in grey]
    words = [[f"{score:g}" for score in line] for line in scores]
    alt = f"Scores of {name}, row by row: " + "; ".join(" ".join(line) for line in words)
    drawn = cells(fills, words, 3, 22, side)
    return _grid(f"scores: {name}", alt, scores.shape, drawn, row, column)


def _class_map(scores: NDArray[np.float64], names: tuple[str, ...], row: int, column: int) -> Any:
    ids = scores.argmax(axis=-1)
    fills = [[colour(class_id) for class_id in line] for line in ids]
    alt = "Class map, row by row: " + "; ".join(
        " ".join(names[class_id] for class_id in line) for line in ids
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


def _scores(picked: Pick, names: tuple[str, ...]) -> Any:
    values = [
        (f"{class_id} {name}", picked.probabilities[class_id], colour(class_id))
        for class_id, name in enumerate(names)
    ]
    crown = [
        text(352, 43 + 30 * class_id, "wins" if class_id == picked.winner else "ties")
        for class_id in {picked.winner, *picked.tied}
    ]
    alt = "Softmax of the pixel: " + ", ".join(f"{name} {value:.3f}" for name, value, _ in values)
    return figure(
        392, 124, alt, text(3, 15, "softmax of the chosen pixel"), bars(values, 3, 28, 186, label=104), *crown
    )


def _said(picked: Pick, names: tuple[str, ...], row: int, column: int) -> tuple[str, ...]:
    scores = ", ".join(f"{name} {score:g}" for name, score in zip(names, picked.scores, strict=True))
    place = f"Pixel in row {row}, column {column}: {scores}."
    winner = names[picked.winner]
    if len(picked.tied) > 1:
        tied = " and ".join(names[class_id] for class_id in picked.tied)
        verdict = f"A tie between {tied}: argmax takes the first, {winner} (id {picked.winner})."
    else:
        verdict = f"The highest score wins: {winner} (id {picked.winner})."
    return (
        place,
        verdict,
        "Temperature makes the softmax sharper or flatter. The order of the scores stays, and so does the winner.",
    )


def explore_argmax() -> Explorer:
    """Choose a pixel of several score maps, by two sliders or by its button, and see which class wins."""
    row, column = integer("row", 0, 0, 1), integer("column", 0, 0, 1)
    controls = {
        "scene": choice("scores", list(SCENES)),
        "row": row,
        "column": column,
        "temperature": number("temperature", 1.0, 0.1, 5.0, 0.1),
    }
    buttons = GridBox()
    heading = Label("Or choose a pixel of the class map:")
    explorer = Explorer("Argmax of a pixel", argmax_view, controls, below=[heading, buttons])

    def fit(_: object = None) -> None:
        scores, names = SCENES[controls["scene"].value]
        row.max, column.max = scores.shape[0] - 1, scores.shape[1] - 1
        buttons.children = [
            _button(place, scores, names, row, column) for place in np.ndindex(*scores.shape[:2])
        ]
        buttons.layout = Layout(grid_template_columns=f"repeat({scores.shape[1]}, 8em)")

    controls["scene"].observe(fit, "value")
    fit()
    return explorer


def _button(
    place: tuple[int, ...], scores: NDArray[Any], names: tuple[str, ...], row: Any, column: Any
) -> Button:
    winner = int(scores[place].argmax())
    style = {"button_color": colour(winner), "text_color": ink_on(colour(winner))}
    button = Button(
        description=names[winner],
        tooltip=f"row {place[0]}, column {place[1]}",
        style=style,
        layout=Layout(width="auto"),
    )

    def choose(_: object) -> None:
        row.value, column.value = place

    button.on_click(choose)
    return button
