"""Sphinx configuration."""

from __future__ import annotations

import shutil
from pathlib import Path

import sphinx_autosummary_accessors

import nclue_pandas

HERE = Path(__file__).parent
NOTEBOOKS = HERE / "notebooks"
for made in (NOTEBOOKS, HERE / "reference" / "generated"):
    shutil.rmtree(made, ignore_errors=True)
shutil.copytree(HERE.parent / "notebooks", NOTEBOOKS, ignore=shutil.ignore_patterns(".*"))

project = "nclue_pandas"
author = "The nclue_pandas developers"
copyright = "2026, The nclue_pandas developers"
version = release = nclue_pandas.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",
    "sphinx_copybutton",
    "sphinx_autosummary_accessors",
    "matplotlib.sphinxext.plot_directive",
]
html_theme = "pydata_sphinx_theme"
html_theme_options = {
    "navigation_with_keys": False,
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "logo": {"text": "nclue_pandas"},
}
html_sidebars = {"index": [], "search": []}
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_title = "nclue_pandas"
html_favicon = "_static/favicon.svg"
html_context = {"default_mode": "auto"}
html_show_sourcelink = False
exclude_patterns = ["_build", "jupyter_execute"]
templates_path = ["_templates", sphinx_autosummary_accessors.templates_path]

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
plot_formats = [("png", 120)]
plot_html_show_formats = False
plot_html_show_source_link = False
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
nb_execution_mode = "force"
nb_execution_timeout = 180
nb_execution_raise_on_error = True
suppress_warnings = ["mystnb.unknown_mime_type"]
