"""Sphinx configuration."""

from __future__ import annotations

import shutil
from pathlib import Path

import sphinx_autosummary_accessors

import nclue_pandas

HERE = Path(__file__).parent
for notebook in (HERE.parent / "notebooks").glob("*.ipynb"):
    shutil.copy(notebook, HERE)

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
]
html_theme = "pydata_sphinx_theme"
html_static_path = ["_static"]
html_title = "nclue_pandas"
exclude_patterns = ["_build", "jupyter_execute"]
templates_path = [sphinx_autosummary_accessors.templates_path]

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_timeout = 180
nb_execution_raise_on_error = True
suppress_warnings = ["mystnb.unknown_mime_type"]
