"""Frames to files on Object Storage and back: formats, layout, publishing, results."""
