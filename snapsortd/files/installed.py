"""Which optional packages are installed, as far as the configuration depends on them."""

from __future__ import annotations

from importlib.util import find_spec

INSTALL_TEXT = "pip install 'snapsortd[text]'"
"""The command that installs what reads the text in images."""


def can_read_text() -> bool:
    """True if the package that reads text is installed."""
    return find_spec("rapidocr") is not None
