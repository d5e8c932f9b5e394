"""The scripts that build the site, each on something small."""

import base64
import json
import tomllib
import zipfile
from html import escape

import numpy as np
import pytest
from bs4 import BeautifulSoup
from glossary_links import GlossaryLinks
from lesson_pages import Lesson, way_in
from live_explorers import GRIDS, draw, explorer_of
from mathml import to_mathml
from other_pages import write_install_page
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from pictures import Pictures
from PIL import Image
from pins import PUBLISHED, STAND_IN, pins_of
from pyodide_folder import make_folder
from shrink import keep_icon_rules, keep_icons, search_in_text, without_plain_spans
from table_corners import without_empty_headings
from wheels import needs_of, needs_of_course, pack_installed

from course_lib import explorers
from course_lib.authoring.addresses import Addresses
from course_lib.explorers import explore_convolution, explore_iou
from course_lib.explorers.overlap import TWO_MASKS, overlap_view, shapes
from course_lib.questions.glossary import Term


def test_the_published_python_is_one_that_the_course_allows(course):
    project = tomllib.loads((course / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert SpecifierSet(project["requires-python"]).contains(f"{PUBLISHED.python}.0")


@pytest.mark.parametrize("pins", [PUBLISHED, STAND_IN])
def test_a_kernel_and_its_jupyterlite_are_of_one_series(pins):
    assert pins.kernel.split(".")[:2] == pins.core.split(".")[:2]


def test_the_stand_in_is_the_pyodide_that_the_test_extra_carries(release):
    assert pins_of(release) == STAND_IN
    lock = json.loads((release / "pyodide-lock.json").read_text(encoding="utf-8"))
    assert lock["info"]["python"].startswith(f"{STAND_IN.python}.")


def test_another_pyodide_is_refused(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"holds no pyodide-lock.json: give the folder of an unpacked Pyodide"
    ):
        pins_of(tmp_path)
    (tmp_path / "pyodide-lock.json").write_text('{"info": {"version": "0.1.0"}}')
    with pytest.raises(ValueError, match=r"holds Pyodide 0.1.0: give .* or change site/pins.py"):
        pins_of(tmp_path)


def test_the_folder_holds_what_its_lock_names(pyodide):
    packages = json.loads((pyodide / "pyodide-lock.json").read_text(encoding="utf-8"))["packages"]
    files = {file.name for file in pyodide.iterdir()}
    assert {entry["file_name"] for entry in packages.values()} <= files
    assert {canonicalize_name(name) for entry in packages.values() for name in entry["depends"]} <= set(
        packages
    )
    assert packages["segmentation-course"]["imports"] == ["course_lib"]
    assert not {"pandas", "pyarrow", "scipy", "torch", "openssl"} & set(packages)


def test_the_course_in_the_browser_lacks_the_weights_of_lessons_with_torch(pyodide):
    (wheel,) = pyodide.glob("segmentation_course-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "course_lib/metrics/__init__.py" in names
    assert "course_lib/explorers/weights/pets.npz" in names
    assert not [name for name in names if name.startswith("course_lib/models/weights")]


def test_a_damaged_release_is_refused(tmp_path, course):
    entry = {"file_name": "sqlite3.whl", "sha256": "0" * 64, "depends": []}
    (tmp_path / "pyodide-lock.json").write_text(json.dumps({"packages": {"sqlite3": entry}}))
    (tmp_path / "sqlite3.whl").write_bytes(b"half of it")
    with pytest.raises(ValueError, match=r"sqlite3.whl is damaged.*Unpack the release again"):
        make_folder(tmp_path, tmp_path / "out", course, STAND_IN.python)


def test_needs_in_a_browser_are_read_from_markers(course):
    needs = needs_of_course(course, "3.14")
    assert {"numpy", "pillow", "matplotlib", "ipywidgets", "pyyaml"} <= set(needs)
    assert not {"torch", "numba", "filelock", "jupyterlab"} & set(needs)
    assert "colorama" not in needs_of("tqdm", "3.14")  # for Windows only


def test_the_pure_half_of_a_package_is_packed(tmp_path):
    wheel, modules = pack_installed("pyyaml", tmp_path)
    assert "yaml" in modules
    with zipfile.ZipFile(wheel) as archive:
        assert "yaml/__init__.py" in archive.namelist()
        assert not [name for name in archive.namelist() if name.endswith((".so", ".pyd"))]


def test_formulas_keep_their_latex_and_need_no_script():
    math = to_mathml(r"\frac{2\,|P \cap G|}{|P| + |G|}", "block")
    assert "<mfrac>" in math
    assert r'title="\frac{2\,|P \cap G|}{|P| + |G|}"' in math


def test_an_unknown_command_of_a_formula_is_refused():
    with pytest.raises(ValueError, match=r"has a command that latex2mathml does not know"):
        to_mathml(r"\nosuchcommand{x}")


def test_an_empty_corner_of_a_table_is_no_heading():
    row = '<tr><th class="head text-right"><p></p></th><th class="head"><p>mIoU</p></th></tr>'
    assert without_empty_headings(row) == '<tr><td></td><th class="head"><p>mIoU</p></th></tr>'


def test_embedded_pictures_become_files(tmp_path):
    path = tmp_path / "two.png"
    Image.fromarray(np.zeros((3, 5, 3), np.uint8)).save(path)
    embedded = base64.b64encode(path.read_bytes()).decode()
    html = f'<img alt="black" src="data:image/png;base64,{embedded}">'
    shown = Pictures(tmp_path / "out", "../pictures").take_out(html + html)
    (file,) = (tmp_path / "out").iterdir()
    assert np.array(Image.open(file).convert("RGB")).tolist() == np.zeros((3, 5, 3)).tolist()
    assert (
        shown.count(f'src="../pictures/{file.name}" loading="lazy" decoding="async" width="5" height="3"')
        == 2
    )
    assert "base64" not in shown


def test_only_used_icons_are_kept():
    sun, moon = 'sun:[512,512,[9728],"f185","M1z"],', 'moon:[3,4,[],"f1","M4z"]'
    script = "a={" + sun + '"magnifying-glass":[512,512,[1,"search"],"f002",["M2z","M3z"]],' + moon + "};"
    assert keep_icons(script, {"search", "sun"}) == script.replace(moon, "")
    with pytest.raises(ValueError, match="holds no icons"):
        keep_icons("a={};", {"sun"})


def test_only_rules_of_used_icons_are_kept():
    find, moon = '.fa-search,.fa-find{--fa:"\\f002"}', '.fa-moon{--fa:"\\f186"}'
    assert keep_icon_rules(f"a{{}}{find}{moon}b{{}}", {"find"}) == f"a{{}}{find}b{{}}"
    with pytest.raises(ValueError, match="hold no icons"):
        keep_icon_rules("a{}", {"sun"})


def test_search_quotes_the_text_of_a_page():
    script = """a.querySelector('[role="main"]'); b.querySelector(`[role="main"] ${anchor}`)"""
    assert (
        search_in_text(script)
        == """a.querySelector('.bd-article'); b.querySelector(`.bd-article ${anchor}`)"""
    )
    with pytest.raises(ValueError, match="looks for a page's text elsewhere"):
        search_in_text("document.body")


U_NET = Lesson("05_tiny_unet", "A tiny U-Net", 90, runs=False)
ON_GITHUB = Addresses("https://github.com/someone/course.git", "https://someone.github.io/course")


def test_a_lesson_with_torch_says_why_it_is_not_run_here_and_where_it_is():
    words = BeautifulSoup(way_in(U_NET, True, ON_GITHUB), "html.parser")
    assert words.text == (
        "It trains with PyTorch, which does not run in a browser. To run this lesson, install the course, "
        "or open it on Colab or Binder."
    )
    assert [link["href"] for link in words.select("a")] == [
        "../install.html",
        "https://colab.research.google.com/github/someone/course/blob/main/notebooks/05_tiny_unet.ipynb",
        "https://mybinder.org/v2/gh/someone/course/main?urlpath=lab/tree/notebooks/05_tiny_unet.ipynb",
    ]


@pytest.mark.parametrize("addresses", [Addresses(), Addresses("https://codeberg.org/someone/course")])
def test_where_no_service_can_see_the_repository_none_is_named(addresses):
    words = BeautifulSoup(way_in(U_NET, True, addresses), "html.parser")
    assert words.text.endswith("To run this lesson, install the course.")
    assert len(words.select("a")) == 1


def test_a_lesson_without_torch_is_run_here_or_installed():
    lesson = Lesson("01_argmax_per_pixel", "Argmax per pixel", 60, runs=True)
    assert "lite/notebooks/index.html?path=01_argmax_per_pixel.ipynb" in way_in(lesson, True, ON_GITHUB)
    assert "PyTorch" not in way_in(lesson, False, ON_GITHUB)


def test_the_install_page_says_how_to_get_the_course(tmp_path):
    (tmp_path / "README.md").write_text("\n## Start\nmake lab\n## Lessons\n", encoding="utf-8")
    write_install_page(tmp_path, tmp_path)
    assert "from whoever teaches the course.\n\nmake lab" in (tmp_path / "install.md").read_text(
        encoding="utf-8"
    )
    project = '[project]\nname = "course"\n[project.urls]\nRepository = "https://example.org/course"\n'
    (tmp_path / "pyproject.toml").write_text(project, encoding="utf-8")
    write_install_page(tmp_path, tmp_path)
    assert "git clone https://example.org/course course\ncd course\n" in (tmp_path / "install.md").read_text(
        encoding="utf-8"
    )


def test_words_of_code_without_a_colour_of_their_own_need_no_element():
    code = '<span class="k">if</span> <span class="n">a</span><span class="p">[</span>'
    assert without_plain_spans(code) == '<span class="k">if</span> a['


SOFTMAX = Term("softmax", (), "04", "Turns logits into probabilities.")
MAX = Term("max", ("softmax function",), "01", "The largest.")


def test_the_first_use_of_a_term_is_linked_and_no_other():
    links = GlossaryLinks([SOFTMAX])
    assert (
        links.add_to("The **softmax** and the softmax.")
        == "The **[softmax](#term-softmax)** and the softmax."
    )
    assert links.add_to("Softmax again.") == "Softmax again."


def test_headings_code_formulas_links_and_pictures_are_left_alone():
    text = "## softmax\n`softmax` $softmax$ [softmax](x.md) ![softmax](y.png) <i title='softmax'>"
    links = GlossaryLinks([SOFTMAX])
    assert links.add_to(text) == text
    assert links.add_to("Softmax.") == "[Softmax](#term-softmax)."


def test_of_two_terms_that_overlap_one_is_linked():
    assert GlossaryLinks([MAX, SOFTMAX]).add_to("the softmax function") == "the [softmax function](#term-max)"


def pictures_at(drawn, *positions):
    """Follow the positions of sliders through the tree, and return the pictures there and their sentences."""
    branch = drawn["tree"]
    for position in positions:
        branch = branch[position]
    *figures, words = [drawn["parts"][place] for place in branch]
    return figures, words


def test_an_explorer_on_a_page_shows_what_its_widgets_show():
    files = dict(draw(explore_iou(), GRIDS["explore_iou"]))
    assert set(files) == {"-0-0", "-0-1", "-0-2", "-0-3", "-1"}  # two masks of four shapes; only background
    figures, words = pictures_at(files["-0-1"], 4, 3, 2)  # down 1, right 0, neither grown nor shrunk
    expected = overlap_view(TWO_MASKS, list(shapes())[1], down=1, right=0, grow=0, percent=10)
    assert figures == [figure.svg for figure in expected.figures]
    assert words == "".join(f"<p>{escape(line)}</p>" for line in expected.lines)


def test_a_slider_whose_limit_depends_on_others_has_fewer_branches():
    grid = {"size": (5,), "kernel": (3,), "stride": (1, 2), "padding": (0,), "output_padding": (0,)}
    files = dict(draw(explore_convolution(), grid))
    ((((many,), (few,)),),) = files["-0"]["tree"]  # size, kernel, stride, padding, step
    assert (len(many), len(few)) == (9, 4)  # an output of 3 x 3, and one of 2 x 2


def test_every_position_on_a_page_exists_in_the_notebook():
    for name, grid in GRIDS.items():
        explorer = getattr(explorers, name)()
        for slider, positions in grid.items():
            control = explorer.controls[slider]
            assert control.value in positions
            assert control.min <= min(positions) < max(positions) <= control.max


def test_the_explorer_that_a_cell_opens_is_known():
    assert explorer_of("from course_lib.explorers import explore_iou\n\nexplore_iou()") == "explore_iou"
    assert explorer_of("explore_run(RUN)") is None
