"""Sphinx configuration."""

from __future__ import annotations

import gettext
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sphinx
import sphinx_autosummary_accessors

import nclue_pandas

if TYPE_CHECKING:
    from sphinx.application import Sphinx

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

#: What the theme says around a Korean page; Sphinx brings the rest in Korean.
KOREAN = {
    "Back to top": "맨 위로",
    "Breadcrumb": "현재 위치",
    "Color mode": "색상 모드",
    "Dark": "어둡게",
    "Light": "밝게",
    "System Settings": "시스템 설정",
    "Home": "홈",
    "Indices": "색인",
    "On this page": "이 페이지에서",
    "Search": "검색",
    "Section Navigation": "이 부분의 문서",
    "Site navigation": "사이트 메뉴",
    "Skip to main content": "본문으로 건너뛰기",
    "Collapse Sidebar": "사이드바 접기",
    "Expand Sidebar": "사이드바 펼치기",
    "Edit": "편집",
    "Edit on %(provider)s": "%(provider)s에서 편집",
    "Show Source": "소스 보기",
    "next": "다음",
    "next page": "다음 페이지",
    "previous": "이전",
    "previous page": "이전 페이지",
}


def speak_korean(
    _app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: object
) -> None:
    """Let the parts of the site around a Korean page be Korean."""
    if page.startswith("ko/") or page.endswith("_ko"):
        locale = Path(sphinx.__file__).parent / "locale"
        known = gettext.translation("sphinx", locale, ["ko"])
        context["gettext"] = lambda text: KOREAN.get(text) or known.gettext(text)
        context["language"] = "ko"


def setup(app: Sphinx) -> None:
    """Hook into Sphinx."""
    app.connect("html-page-context", speak_korean)
