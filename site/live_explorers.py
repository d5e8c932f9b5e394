"""Explorers on pages: the build draws every picture that their controls lead to, and a short script shows it.

Nothing is written twice: controls, limits and pictures come from the explorers of the lessons. Buttons choose a file,
which is fetched when it is first needed; sliders and switches choose a picture in it.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from itertools import product
from pathlib import Path
from typing import Any

from ipywidgets import Checkbox, ToggleButtons, Widget

from course_lib import explorers
from course_lib.explorers.shell import Explorer
from course_lib.explorers.view import View

Grid = Mapping[str, Sequence[float]]

GRIDS: Mapping[str, Grid] = {
    "explore_argmax": {"factor": (-2, -1, 0, 0.5, 1, 2, 4), "added": (-10, -5, 0, 5, 10)},
    "explore_iou": {
        "down": (-4, -2, -1, 0, 1, 2, 4),
        "right": (-4, -2, -1, 0, 1, 2, 4),
        "grow": (-3, -1, 0, 1, 3),
        "percent": (1, 2, 5, 10, 20, 30, 40, 50),
    },
    "explore_cross_entropy": {
        "pet_logit": (-4, -2, 0, 1, 2, 4, 6),
        "background_logit": (-4, -2, 0, 0.5, 2, 4, 6),
        "border_logit": (-4, -2, 0, 1, 2, 4, 6),
        "sharpness": (0.2, 0.5, 1, 1.5, 2, 3, 4),
    },
    "explore_threshold": {"threshold": (0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99)},
    "explore_convolution": {
        "size": (4, 5, 6),
        "kernel": (2, 3, 4),
        "stride": (1, 2, 3),
        "padding": (0, 1),
        "output_padding": (0, 1),
    },
    "explore_losses": {
        "percent": (1, 2, 5, 10, 25, 50),
        "confidence": (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98),
        "background": (0.5, 0.8, 0.95, 0.98),
        "gamma": (0, 1, 2, 5),
    },
}
"""The positions of a slider on a page; a slider that is not named has all that it has in a notebook."""

_CALL = re.compile(r"^(explore_\w+)\(\)$", re.MULTILINE)


def explorer_of(source: str) -> str | None:
    """Return the name of the explorer that a cell opens without arguments; None if it opens none."""
    found = _CALL.search(source)
    return found[1] if found else None


class LiveExplorers:
    """The explorers of a site, each drawn once, however many pages show it.

    Args:
        folder: where the files of their pictures go.
        address: of that folder, as the pages name it.
    """

    def __init__(self, folder: Path, address: str) -> None:
        self._folder, self._address = folder, address
        self._pages: dict[str, str] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def page(self, name: str, still: str) -> str:
        """Return what a page shows for an explorer.

        Args:
            name: of the function that opens it, such as ``"explore_iou"``.
            still: what readers without scripts see instead, as HTML.
        """
        if name not in self._pages:
            explorer = getattr(explorers, name)()
            grid = GRIDS.get(name, {})
            self._pages[name] = _as_html(explorer, f"{self._address}/{name}", grid)
            for suffix, pictures in draw(explorer, grid):
                packed = gzip.compress(json.dumps(pictures, ensure_ascii=False).encode(), mtime=0)
                (self._folder / f"{name}{suffix}.bin").write_bytes(packed)
        hidden = "<style>.explorer { display: none; }</style>"
        return f"{self._pages[name]}<noscript>{hidden}{still}</noscript>"


def draw(explorer: Explorer, grid: Grid) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a file for every choice of buttons: the end of its name, which says what is pressed, and its pictures.

    ``parts`` are pieces of HTML, each once. ``tree`` is a list with an entry per position of the first slider; each is
    such a list for the next one, and so on. At the end are the parts of a picture, and last its sentences. Where the
    limit of a slider depends on those before it, its list has fewer entries.
    """
    start, view = explorer.state, explorer.view
    # Controls are set one after another, and nothing need be drawn in between.
    explorer.view = lambda **_: View((), ())
    for mode in [*explorer.modes] or [""]:
        shown = [name for name in explorer.controls if _is_needed(explorer, name, mode)]
        buttons = [name for name in shown if isinstance(explorer.controls[name], ToggleButtons)]
        options = [[mode] if name == "mode" else _values(explorer.controls[name]) for name in buttons]
        for pressed in product(*options):
            for name, value in (start | dict(zip(buttons, pressed, strict=True))).items():
                explorer.controls[name].value = value
            positions = [_values(explorer.controls[name]).index(explorer.state[name]) for name in buttons]
            sliders = [name for name in shown if name not in buttons]
            yield "".join(f"-{position}" for position in positions), _pictures(explorer, view, sliders, grid)


def _pictures(
    explorer: Explorer, view: Callable[..., View], sliders: Sequence[str], grid: Grid
) -> dict[str, Any]:
    parts: dict[str, int] = {}

    def shown() -> list[int]:
        return [parts.setdefault(part, len(parts)) for part in _pieces(view(**explorer.state))]

    tree = _tree(explorer, sliders, grid, shown)
    return {"parts": list(parts), "tree": tree}


def _tree(explorer: Explorer, sliders: Sequence[str], grid: Grid, leaf: Callable[[], list[int]]) -> list[Any]:
    if not sliders:
        return leaf()
    control, branches = explorer.controls[sliders[0]], []
    for value in _values(control, grid.get(sliders[0])):
        control.value = value
        branches.append(_tree(explorer, sliders[1:], grid, leaf))
    return branches


def _pieces(view: View) -> list[str]:
    words = "".join(f"<p>{escape(line)}</p>" for line in view.lines)
    return [*(figure.svg for figure in view.figures), words]


def _is_needed(explorer: Explorer, name: str, mode: str) -> bool:
    return not explorer.modes or name == "mode" or name in explorer.modes[mode]


def _values(control: Widget, positions: Sequence[float] | None = None) -> list[Any]:
    """Return the values that a control can take now, those of a slider at the given positions only."""
    if isinstance(control, ToggleButtons):
        return [option[1] if isinstance(option, tuple) else option for option in control.options]
    if isinstance(control, Checkbox):
        return [False, True]
    if positions is None:
        return list(range(control.min, control.max + 1))
    return [value for value in positions if control.min <= value <= control.max]


def _as_html(explorer: Explorer, address: str, grid: Grid) -> str:
    """Return the controls, and the picture of their first values."""
    controls = "".join(
        _control(explorer, name, control, grid.get(name)) for name, control in explorer.controls.items()
    )
    *figures, words = _pieces(explorer.view(**explorer.state))
    drawn = "".join(f"<div>{figure}</div>" for figure in figures)
    return (
        f'<div class="explorer" data-address="{address}"><p><strong>{escape(explorer.title)}</strong></p>'
        f'<form>{controls}</form><div class="explorer-picture"><div class="explorer-figures">{drawn}</div>'
        f'<div class="explorer-words" aria-live="polite">{words}</div></div></div>'
    )


def _control(explorer: Explorer, name: str, control: Widget, positions: Sequence[float] | None) -> str:
    modes = [
        str(place)
        for place, mode in enumerate(explorer.modes)
        if name == "mode" or name in explorer.modes[mode]
    ]
    about = f'data-modes="{" ".join(modes)}"' + ("" if not modes or "0" in modes else " hidden")
    title = escape(control.description)
    if isinstance(control, ToggleButtons):
        labels = [option[0] if isinstance(option, tuple) else option for option in control.options]
        pressed = _values(control).index(control.value)
        buttons = "".join(
            f'<label><input type="radio" name="{name}" value="{place}"{" checked" * (place == pressed)}> '
            f"{escape(str(label))}</label>"
            for place, label in enumerate(labels)
        )
        return f"<fieldset {about}><legend>{title}</legend>{buttons}</fieldset>"
    if isinstance(control, Checkbox):
        return f'<label {about}><input type="checkbox"{" checked" * control.value}> {title}</label>'
    values = _values(control, positions)
    words = escape(json.dumps([f"{value:g}" for value in values]))
    now = values.index(control.value)
    return (
        f'<label {about}><span>{title}</span> <input type="range" min="0" max="{len(values) - 1}" value="{now}" '
        f'data-words="{words}" aria-valuetext="{values[now]:g}"> <output>{values[now]:g}</output></label>'
    )
