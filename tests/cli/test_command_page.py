"""The page of the command line has every option of every command in its section, and no other."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from nclue_pandas.cli.main import _parser
from nclue_pandas.sandbox.__main__ import _parser as _sandbox_parser

PAGE = (Path(__file__).parents[2] / "docs" / "command_line.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n)*)", PAGE, re.MULTILINE))
(COMMANDS,) = (
    action.choices
    for action in _parser()._actions
    if isinstance(action, argparse._SubParsersAction)
)
PARSERS = {**COMMANDS, "sandbox": _sandbox_parser()}


def options(parser):
    return {name for action in parser._actions for name in action.option_strings} - {"-h", "--help"}


@pytest.mark.parametrize("command", PARSERS)
def test_the_section_of_a_command_has_its_options(command):
    (section,) = (text for title, text in SECTIONS.items() if f"`{command}`" in title)
    rows = "\n".join(line.partition(" | ")[0] for line in section.splitlines() if line[:1] == "|")
    written = set(re.findall(r"--[a-z][a-z-]+", rows)) or set()
    assert options(PARSERS[command]) <= written | set(re.findall(r"`(--[a-z-]+)", section))
    assert written <= set().union(*map(options, PARSERS.values()))


def test_the_page_names_no_option_that_is_none():
    known = options(_parser()).union(*map(options, PARSERS.values()))
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) <= known
