"""Upstream content: generated Sentinel-2 scenes, and Items loaded from a file."""
