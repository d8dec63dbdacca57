"""Sphinx configuration."""

from __future__ import annotations

import gettext
import re
import shutil
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sphinx
import sphinx_autosummary_accessors

import nclue_pandas
from nclue_pandas.errors.base import DOCUMENTATION

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

#: Where the site is served, from the one setting that errors lead to; the root where there is none.
SITE = f"{DOCUMENTATION.rpartition('/')[0]}/" if "://" in DOCUMENTATION else "/"
#: Where the sources are read and edited: the address of that name in pyproject.toml, if any.
_urls = tomllib.loads((HERE.parent / "pyproject.toml").read_text("utf-8"))["project"].get(
    "urls", {}
)
REPOSITORY = _urls.get("Source", "").rstrip("/")

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
    "secondary_sidebar_items": ["page-toc", "edit-this-page", "sourcelink"],
    "use_edit_page_button": bool(REPOSITORY),
    "navbar_start": ["navbar-logo", "version-switcher"],
    "switcher": {"json_url": f"{SITE}_static/versions.json", "version_match": version},
    "check_switcher": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "logo": {"text": "nclue_pandas"},
}
html_sidebars = {"index": [], "search": [], "gallery": []}
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_title = "nclue_pandas"
html_favicon = "_static/favicon.svg"
html_context = {
    "default_mode": "auto",
    "edit_page_provider_name": "the project",
    "edit_page_url_template": f"{REPOSITORY}/edit/main/docs/{{{{ file_name }}}}",
}
html_baseurl = SITE.removeprefix("/")
html_search_scorer = str(HERE / "_static" / "scorer.js")
exclude_patterns = ["_build", "jupyter_execute"]
templates_path = ["_templates", sphinx_autosummary_accessors.templates_path]

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
plot_formats = [("png", 120)]
plot_html_show_formats = False
plot_html_show_source_link = False
plot_rcparams = {"figure.figsize": (6.4, 4.2), "savefig.bbox": "tight"}
myst_enable_extensions = ["colon_fence", "deflist", "attrs_inline"]
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


#: A heading of the page of errors: a code and its name, or a fail code.
_CODE = re.compile(r"^### (?:(\d{3,5}) )?([A-Z_]+)$", re.MULTILINE)


def index_codes(_: object, page: str, source: list[str]) -> None:
    """Let the search find errors by their numbers, which it skips in texts."""
    if page == "errors":
        source[0] = _CODE.sub(_with_index, source[0])


def _with_index(heading: re.Match[str]) -> str:
    code, name = heading.groups()
    words = [name, *([code, f"E{code}", f"error {code}"] if code else [])]
    entries = ", ".join(f"! {word}" for word in words)
    return f"{heading[0]}\n\n```{{index}} {entries}\n```"


def setup(app: Sphinx) -> None:
    """Hook into Sphinx."""
    app.connect("html-page-context", speak_korean)
    app.connect("source-read", index_codes)
