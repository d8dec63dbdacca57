"""Logs larger than memory: read in batches, put on disk by user, built some users at a time."""
