"""Generators of training images from real programs: seeded, one module per kind, run by `render.py`."""
