"""The explorers as a notebook shows them: controls move the picture, pictures have words, stills need no widgets."""

import base64
import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from xml.etree import ElementTree

import pytest

from course_lib import explorers as widgets
from course_lib import svg
from course_lib.explorers import convolution, overlap, unet
from course_lib.explorers.shell import Explorer
from course_lib.explorers.view import View

SVG = "{http://www.w3.org/2000/svg}"
NAMES = [name for name in widgets.__all__ if name != "explore_run"]


@pytest.fixture
def build(run_folder):
    """Return a function that builds an explorer by its name."""
    return lambda name: getattr(widgets, name)(*([run_folder] if name == "explore_run" else []))


def check_html(html):
    """Check that HTML is whole, and return its pictures with their alternative texts."""
    root = ElementTree.fromstring(f"<html>{html}</html>")
    found = []
    for picture in root.iter(f"{SVG}svg"):
        assert picture.get("role") in {"img", "group"}
        parts_to_go_to = [part for part in picture.iter() if part.get("tabindex")]
        assert bool(parts_to_go_to) == (picture.get("role") == "group")  # a picture has no parts
        assert all(part.get("aria-label") for part in parts_to_go_to)
        found.append(picture.get("aria-label"))
    assert found
    assert all(len(alt) > 5 for alt in found)
    return found


def other_values(control):
    """Return values that a control may take, its own left out."""
    if hasattr(control, "options"):
        return [value for _, value in control._options_full if value != control.value]
    if isinstance(control.value, bool):
        return [not control.value]
    return [value for value in (control.min, control.max) if value != control.value]


# --- All of them -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", widgets.__all__)
def test_every_control_moves_the_picture_and_the_picture_is_whole_svg(build, name):
    explorer = build(name)
    for mode in list(explorer.modes) or [None]:
        if mode:
            explorer.controls["mode"].value = mode
        check_html(explorer.picture.value)
        for label, control in explorer.controls.items():
            if label == "mode" or control.layout.display == "none":
                continue
            start, before, changed = control.value, explorer.picture.value, False
            for value in other_values(control):
                control.value = value
                check_html(explorer.picture.value)
                changed |= explorer.picture.value != before
            assert changed, f"{name}, {mode}: {label} changes nothing"
            control.value = start


@pytest.mark.parametrize("name", widgets.__all__)
def test_the_picture_is_the_pure_functions(build, name):
    explorer = build(name)
    assert explorer.picture.value == explorer.view(**explorer.state).live()


@pytest.mark.parametrize("name", widgets.__all__)
def test_controls_are_labelled_and_kept_to_what_a_keyboard_can_do(build, name):
    for control in build(name).controls.values():
        assert control.description
        assert type(control).__name__ in {"IntSlider", "FloatSlider", "ToggleButtons", "Checkbox"}


@pytest.mark.parametrize("name", widgets.__all__)
def test_an_explorer_says_how_the_keyboard_moves_it_and_leaves_it(build, name):
    assert "arrow keys or Space to change it, Escape back to the cell" in build(name).children[0].value


@pytest.mark.parametrize("name", widgets.__all__)
def test_without_widgets_there_is_a_still_with_alternative_texts(build, name):
    bundle = build(name)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    images = re.findall(r'<img alt="([^"]+)" src="data:image/svg\+xml;base64,([^"]+)"', bundle["text/html"])
    assert images
    for alt, data in images:
        picture = ElementTree.fromstring(base64.b64decode(data))
        assert len(alt) > 5
        assert picture.tag == f"{SVG}svg"
    assert len(bundle["text/plain"].splitlines()) >= 3
    assert "<svg" not in bundle["text/html"]
    assert "http" not in bundle["text/html"]
    assert len(bundle["text/html"]) < 150_000


@pytest.mark.parametrize("name", NAMES)
def test_a_still_shows_every_mode_as_it_is_at_the_start(build, name):
    explorer = build(name)
    stills = [still.live() for still in explorer.stills()]
    assert len(stills) == max(1, len(explorer.modes))
    assert stills[0] == explorer.picture.value


def test_importing_the_explorers_loads_no_torch():
    code = "import sys, course_lib.explorers; print(*{'torch', 'matplotlib', 'numba'} & set(sys.modules))"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert process.stdout.strip() == ""


# --- Some of them ------------------------------------------------------------------------------------------


def test_the_iou_explorer_shows_the_worked_example():
    explorer = widgets.explore_iou()
    explorer.controls["shape"].value = "worked example, 4 x 4"
    explorer.controls["down"].value = explorer.controls["right"].value = 0
    assert "6 / (6 + 1 + 1) = 0.750" in explorer.picture.value


def test_a_mode_shows_its_own_controls():
    explorer = widgets.explore_iou()
    explorer.controls["mode"].value = overlap.ALL_BACKGROUND
    hidden = {name for name, control in explorer.controls.items() if control.layout.display == "none"}
    assert hidden == {"shape", "down", "right", "grow"}
    explorer.controls["percent"].value = 1
    assert "= 0.990" in explorer.picture.value


def test_a_pixel_can_be_chosen_by_its_button_too():
    explorer = widgets.explore_argmax()
    explorer.controls["scene"].value = "a pet, 4 x 5, with ties"
    buttons = explorer.children[4].children
    assert len(buttons) == 20
    buttons[5].click()
    assert (explorer.controls["row"].value, explorer.controls["column"].value) == (1, 0)
    assert (
        "A tie between background and border: argmax takes the first, background (id 1)."
        in explorer.picture.value
    )
    explorer.controls["scene"].value = "a street, 2 x 2"
    assert len(explorer.children[4].children) == 4
    assert explorer.controls["row"].max == 1


def test_the_steps_end_where_the_output_does():
    explorer = widgets.explore_convolution()
    assert explorer.controls["step"].max == 3**2 - 1
    explorer.controls["mode"].value = convolution.TRANSPOSED
    assert explorer.controls["step"].max == 5**2 - 1
    explorer.controls["output_padding"].value = 3
    assert "must be smaller than the stride" in explorer.picture.value


def test_the_last_stage_follows_the_network():
    explorer = widgets.explore_unet()
    explorer.controls["stage"].value = explorer.controls["stage"].max
    assert "Stage 10, logits: 3 channels, 256 x 256" in explorer.picture.value
    explorer.controls["network"].value = list(explorer.controls["network"].options)[-1]
    assert "Stage 8, logits: 3 channels, 64 x 64" in explorer.picture.value


def test_every_stage_can_be_gone_to_and_says_its_shape():
    explorer = widgets.explore_unet()
    picture = next(ElementTree.fromstring(f"<html>{explorer.picture.value}</html>").iter(f"{SVG}svg"))
    stages = [part.get("aria-label") for part in picture.iter() if part.get("tabindex") == "0"]
    assert stages[0] == "image: 3 channels, 256 x 256"
    assert stages[5] == "bottleneck: 1024 channels, 16 x 16"
    assert len(stages) == 11


def test_the_unet_opens_with_all_its_skips_and_a_still_shows_it_without():
    explorer = widgets.explore_unet()
    explorer.controls["mode"].value = unet.SKIPS
    assert "Skips switched off: none yet" in explorer.picture.value
    assert "0 pixels changed" in explorer.picture.value
    explorer.controls["skip_64"].value = False
    assert "Skips switched off: 64 x 64." in explorer.picture.value
    assert "Skips switched off: 16 x 16, 32 x 32, 64 x 64." in explorer.stills()[1].text()


def test_the_checkerboard_is_there_from_the_first_step():
    explorer = widgets.explore_convolution()
    explorer.controls["mode"].value = convolution.TRANSPOSED
    explorer.controls["step"].value = 0
    alt = check_html(explorer.picture.value)[2]
    assert alt.startswith(
        "Output 9 x 9 after the last step; stamps, row by row: [[1, 2, 1, 2, 1, 2, 1, 2, 1], "
    )


def test_your_own_explorer_needs_only_a_pure_function_and_controls():
    from course_lib.explorers.shell import integer

    explorer = Explorer(
        "double",
        lambda x: View((svg.figure(1, 1, "a dot here"),), (f"{2 * x}",)),
        {"x": integer("x", 1, 0, 9)},
    )
    explorer.controls["x"].value = 4
    assert ">8</p>" in explorer.picture.value


# --- The benchmark -----------------------------------------------------------------------------------------


def test_the_benchmark_moves_every_explorer(run_folder, monkeypatch, capsys):
    folder = Path(__file__).resolve().parents[2] / "benchmarks"
    monkeypatch.syspath_prepend(str(folder))
    spec = spec_from_file_location("benchmark_explorers", folder / "explorers.py")
    benchmark = module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    explorers = benchmark.explorers(run_folder)
    assert {explore for explore, *_ in benchmark.MOVES.values()} | {"explore_run"} == set(widgets.__all__)
    for explorer, moved in explorers.values():
        before, move = explorer.picture.value, benchmark.mover(explorer, moved)
        move()
        assert explorer.picture.value != before
    monkeypatch.setattr(sys, "argv", ["explorers.py", "--turns", "1", "--run", str(run_folder)])
    benchmark.main()
    assert capsys.readouterr().out.count("\n| ") == len(explorers) + 2
