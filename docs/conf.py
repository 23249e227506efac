"""How the site is built: ``sphinx-build -W docs docs/_build/html``.

``SKMIAUG_EXAMPLES=short`` shortens the long examples, ``SKMIAUG_EXAMPLES=none`` shows all
of them without running any. Nothing is fetched from the network.
"""

import os
import re
import sys
from importlib.metadata import version as _version
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_ext"))

from api_index import write_api_pages  # noqa: E402
from gallery_setup import can_run, loose_figures  # noqa: E402
from parameter_groups import group_parameters  # noqa: E402

# Examples and doctests that train must not fight over the cores of a small machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

project = "skmiaug"
author = "The skmiaug developers"
copyright = "The skmiaug developers, BSD-3-Clause"
release = _version("skmiaug")
version = ".".join(release.split(".")[:2])

extensions = [
    "formulas",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "_ext", "_templates", "auto_examples/**/*.md5"]
templates_path = ["_templates"]
# `name` in docstrings is code, and a link where it is a public name.
default_role = "py:obj"
smartquotes = False

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False

sphinx_gallery_conf = {
    "examples_dirs": str(HERE.parent / "examples"),
    "gallery_dirs": "auto_examples",
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("skmiaug",),
    "filename_pattern": can_run(HERE.parent / "examples"),
    "ignore_pattern": r"__init__\.py",
    "image_scrapers": ("matplotlib", loose_figures),
    "matplotlib_animations": False,
    "min_reported_time": 0,
    "show_memory": False,
    "write_computation_times": False,
    "download_all_examples": False,
    "within_subsection_order": "gallery_setup.TeachingOrder",
    "remove_config_comments": True,
    "plot_gallery": os.environ.get("SKMIAUG_EXAMPLES") != "none",
}
# Its cache holds a class of ours, which Sphinx cannot compare between builds.
suppress_warnings = ["config.cache"]

html_theme = "pydata_sphinx_theme"
html_title = f"skmiaug {release}"
html_static_path = ["_static"]
html_css_files = ["skmiaug.css"]
html_js_files = ["copy.js"]
html_show_sourcelink = False
html_copy_source = False
html_use_index = False
html_theme_options = {
    "logo": {"text": "skmiaug"},
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button"],
    "secondary_sidebar_items": ["page-toc", "sg_download_links"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": True,
}
# Wide tables and short sections need the room.
html_sidebars = {"index": [], "comparison": [], "project/**": []}


def _skip_generated(app, what, name, obj, skip, options):
    """Leave out the set_..._request methods that scikit-learn puts on every estimator."""
    return True if name.startswith("set_") and name.endswith("_request") else None


def _escape_names_and_link_pages(app, what, name, obj, options, lines):
    """Keep ``n_classes_`` in "(n_classes_,)" from being a link, link to docs/page.md."""
    for number, line in enumerate(lines):
        lines[number] = line = re.sub(r"docs/([\w/]+)\.md", r":doc:`/\1`", line)
        if "of shape (" in line:
            lines[number] = re.sub(r"(?<=\w)_(?=[,)])", r"\\_", line)


def setup(app):
    write_api_pages(HERE / "api")
    app.connect("autodoc-skip-member", _skip_generated)
    # After numpydoc (priority 500).
    app.connect("autodoc-process-docstring", group_parameters, priority=800)
    app.connect("autodoc-process-docstring", _escape_names_and_link_pages, priority=900)
