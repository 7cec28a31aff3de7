"""Training images from real programs: seeded generators, one module per kind, run by `render.py`."""
