"""snapsortd: files new images by what they show, and can take every move back."""

__version__ = "0.1.0"
