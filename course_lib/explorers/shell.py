"""What all explorers share: labelled controls, a picture that follows them, and a still for pages without widgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from ipywidgets import (
    HTML,
    Box,
    Checkbox,
    FloatSlider,
    IntSlider,
    Layout,
    Output,
    ToggleButtons,
    VBox,
    Widget,
)

from course_lib.explorers.view import View

_WIDE, _WIDTH = {"description_width": "initial"}, "26em"

# ipywidgets does not tell a screen reader the name of a slider, or which of several buttons is pressed. This script
# does; without scripts everything else still works. A slider uses the arrow keys itself: Escape leads back to the cell,
# from where they move to the next cell.
_SPEAK = """
(function start(tries) {
  function speak(explorer) {
    explorer.querySelectorAll(".widget-slider, .widget-toggle-buttons").forEach(function (control) {
      const label = control.querySelector(".widget-label");
      const name = label ? label.textContent : "";
      control.querySelectorAll(".noUi-handle, .widget-readout").forEach(function (part) {
        part.setAttribute("aria-label", name);
        if (part.classList.contains("widget-readout")) part.setAttribute("role", "textbox");
      });
      control.querySelectorAll(".widget-toggle-button").forEach(function (button) {
        button.setAttribute("aria-pressed", button.classList.contains("mod-active"));
        button.setAttribute("aria-label", name + ": " + button.textContent);
      });
    });
  }
  document.querySelectorAll(".course-explorer:not([data-speaks])").forEach(function (explorer) {
    if (!explorer.querySelector(".widget-slider, .widget-toggle-buttons")) return;
    explorer.setAttribute("data-speaks", "");
    explorer.addEventListener("keydown", function (event) {
      const cell = event.key === "Escape" && explorer.closest(".jp-Cell");
      if (cell) cell.focus();
    });
    speak(explorer);
    const changes = {subtree: true, childList: true, attributes: true, attributeFilter: ["class"]};
    new MutationObserver(function () { speak(explorer); }).observe(explorer, changes);
  });
  if (tries) setTimeout(function () { start(tries - 1); }, 300);
})(20);
"""

_CHOSEN = (  # and the focus of the keyboard: a blue visible in both themes; on a coloured button its own ink
    "<style>.course-explorer .widget-toggle-button.mod-active"
    "{font-weight:700;text-decoration:underline;outline:2px solid currentColor;outline-offset:-2px}"
    ".course-explorer button.widget-toggle-button.jupyter-button:focus-visible,"
    ".course-explorer .noUi-handle:focus-visible,.course-explorer input:focus-visible"
    "{outline:3px solid #1a85d6;outline-offset:2px}"
    ".course-explorer button.widget-button.jupyter-button:focus-visible"
    "{outline:3px solid currentColor;outline-offset:-5px}"
    ".course-explorer .noUi-handle{border:1px solid #767676}</style>"
)
_KEYS = "&nbsp; By keyboard: Tab to a control, arrow keys or Space to change it, Escape back to the cell."


def integer(name: str, value: int, low: int, high: int) -> Widget:
    """Make a slider over whole numbers."""
    return IntSlider(value, low, high, description=name, style=_WIDE, layout=Layout(width=_WIDTH))


def number(name: str, value: float, low: float, high: float, step: float) -> Widget:
    """Make a slider over numbers."""
    decimals = ".2f" if step < 0.1 else ".1f"
    layout = Layout(width=_WIDTH)
    return FloatSlider(
        value,
        min=low,
        max=high,
        step=step,
        description=name,
        style=_WIDE,
        layout=layout,
        readout_format=decimals,
    )


def choice(name: str, options: Sequence[Any]) -> Widget:
    """Make buttons of which one is pressed; options are values, or pairs of name and value.

    Not a drop-down list, because JupyterLab uses its arrow keys to go from cell to cell.
    """
    style, layout = _WIDE | {"button_width": "auto"}, Layout(width="100%")  # their own row
    return ToggleButtons(options=options, description=name, style=style, layout=layout)


def switch(name: str, value: bool) -> Widget:
    """Make a checkbox."""
    return Checkbox(value, description=name, indent=False, layout=Layout(width=_WIDTH))


class Explorer(VBox):
    """Controls, and the picture of their values.

    Args:
        title: what is explored.
        view: the pure function; it takes the controls' values by name.
        controls: by the names of ``view``'s parameters.
        modes: for an explorer with several pictures, each mode with the names of the controls that it needs. Buttons
            choose one; their value is ``view``'s parameter ``mode``.
        below: more widgets, below the picture.
        still: values that a still uses instead of the initial ones, if those show little.
    """

    def __init__(
        self,
        title: str,
        view: Callable[..., View],
        controls: Mapping[str, Widget],
        modes: Mapping[str, Sequence[str]] | None = None,
        below: Sequence[Widget] = (),
        still: Mapping[str, Any] | None = None,
    ) -> None:
        self.title, self.view, self.modes = title, view, modes or {}
        self.controls = dict(controls)
        if modes:
            self.controls = {"mode": choice("show", list(modes)), **self.controls}
        self._still = self.state | dict(still or {})
        self.picture = HTML()
        for control in self.controls.values():
            control.observe(self._refresh, "value")
        script = {
            "output_type": "display_data",
            "data": {"application/javascript": _SPEAK},
            "metadata": {},
        }
        rows = Box([*self.controls.values()], layout=Layout(flex_flow="row wrap", grid_gap="0 12px"))
        heading = HTML(f"<strong>{escape(title)}</strong> {_KEYS}{_CHOSEN}")
        hidden = Output(outputs=(script,), layout=Layout(height="0", margin="0", overflow="hidden"))
        super().__init__([heading, rows, self.picture, *below, hidden])
        self.add_class("course-explorer")
        self._refresh()

    @property
    def state(self) -> dict[str, Any]:
        """The controls' values, by name."""
        return {name: control.value for name, control in self.controls.items()}

    def _refresh(self, _: object = None) -> None:
        needed = self.modes.get(self.state.get("mode", ""))
        for name, control in self.controls.items():
            hidden = needed is not None and name != "mode" and name not in needed
            display = "none" if hidden else None
            if control.layout.display != display:
                control.layout.display = display
        self.picture.value = self.view(**self.state).live()

    def stills(self) -> list[View]:
        """Return what a page without widgets shows: one view, or one per mode."""
        states = [self._still | {"mode": mode} for mode in self.modes] or [self._still]
        return [self.view(**state) for state in states]

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """Return the widget, and a still for GitHub, print and every other page without widgets."""
        bundle = super()._repr_mimebundle_(**kwargs)
        views = self.stills()
        note = "A still: in a running notebook, controls above it change it."
        stills = "".join(view.still() for view in views)
        bundle["text/html"] = f"<p><strong>{escape(self.title)}</strong> {note}</p>{stills}"
        bundle["text/plain"] = "\n".join([self.title, *(view.text() for view in views)])
        return bundle
