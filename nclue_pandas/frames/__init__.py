"""Pure functions on frames: no network, no files."""
