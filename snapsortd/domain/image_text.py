"""The text that was recognised in an image, line by line."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

MAX_LINES = 1000
"""Lines that are kept of one image; a page of a newspaper has about 600."""
MAX_CHARACTERS = 20_000
"""Characters that are kept of one image, over all lines."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line, from left to right as it is read."""

    text: str
    height: float = 1.0
    """The height of its letters in pixels of the image as it was read; only proportions matter."""


@dataclass(frozen=True, slots=True)
class ImageText:
    """All lines of an image from top to bottom; none if there is no text in it."""

    lines: tuple[TextLine, ...] = ()

    @property
    def text(self) -> str:
        """Return the lines joined by line ends."""
        return "\n".join(line.text for line in self.lines)

    def within_limits(self) -> ImageText:
        """Return the first lines, cleaned, up to MAX_LINES and MAX_CHARACTERS."""
        kept: list[TextLine] = []
        left = MAX_CHARACTERS
        for line in self.lines:
            if (text := clean(line.text)[:left]) and len(kept) < MAX_LINES:
                kept.append(TextLine(text, line.height))
                left -= len(text)
        return ImageText(tuple(kept))


def clean(text: str) -> str:
    """Return text on one line with single spaces, without control characters, direction marks and lone surrogates."""
    spaced = (" " if each.isspace() else each for each in text)
    return " ".join("".join(each for each in spaced if unicodedata.category(each)[0] != "C").split())


def fold(text: str) -> str:
    """Return text for comparison in any language: compatible characters and cases are equal (Unicode, D146), white
    space is one space."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())
