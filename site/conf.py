"""Sphinx's settings. A build copies this file into the folder of the pages."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # where the extensions mathml and table_corners are

project = "Image segmentation"
html_title = "Image segmentation, from argmax to a U-Net"
copyright = "the authors of the course. Texts CC BY 4.0, code MIT"
author = ""  # the footer has the copyright line
language = "en"

extensions = ["myst_nb", "mathml", "table_corners"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
myst_enable_extensions = ["dollarmath", "attrs_inline"]
myst_heading_anchors = 3
myst_update_mathjax = False
nb_execution_mode = "off"  # the notebooks come executed
nb_ipywidgets_js: dict[
    str, dict[str, str]
] = {}  # explorers have a script of their own; live widgets would ask another host for theirs
html_math_renderer = "mathml"

html_theme = "sphinx_book_theme"
html_theme_options = {
    "show_navbar_depth": 1,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "home_page_in_toc": True,
    "navbar_persistent": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"**": ["search-button-field.html", "sbt-sidebar-nav.html"]}
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system
html_favicon = "_extra/favicon.ico"
html_static_path = ["_static"]
html_extra_path = ["_extra"]
html_css_files = ["site.css"]
html_js_files = [
    "too-old.js",
    *((name, {"type": "module"}) for name in ("explorers.js", "run.mjs", "offline.mjs")),
]
html_copy_source = False
html_show_sourcelink = False
html_last_updated_fmt = None
suppress_warnings = ["myst.header"]
