"""A generated shop log in Korean and English, and the main job run on it."""

from __future__ import annotations

from nclue_pandas.demo.shop import make_log, make_messy_log

__all__ = ["make_log", "make_messy_log"]
