"""Formats that are read only where one more package is installed."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

EXTRAS = {"raw": "rawpy", "pdf": "pypdfium2"}
"""The package that reads a format. The extra that brings it has the format's name (pyproject.toml)."""


@cache
def is_missing(image_format: str) -> bool:
    """True if the package that this format needs is not installed. It is looked for, not imported."""
    return image_format in EXTRAS and find_spec(EXTRAS[image_format]) is None


def what_is_missing(image_format: str) -> str:
    """In words, and how to install it."""
    name = "raw images" if image_format == "raw" else "PDFs"
    return f"{name} are read once this is done: pip install 'snapsortd[{image_format}]'"


def installed() -> str:
    """The extra formats that can be read, as one word for a fingerprint."""
    return "+".join(image_format for image_format in EXTRAS if not is_missing(image_format))
