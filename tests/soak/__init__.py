"""Runs of ``predict`` that are killed and run again: ``make soak``."""
