"""Input of the filters: one image, with the properties that a test needs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from snapsortd.domain.caption import Caption
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.image import Classification, FileFacts, ImageFacts
from snapsortd.domain.image_text import ImageText, TextLine
from snapsortd.rules.filters import Facts

NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)


def seen(
    path: str = "/home/ann/Downloads/Shot.PNG",
    *,
    image_format: str = "png",
    urls: tuple[str, ...] = (),
    width: int = 1920,
    height: int = 1080,
    frames: int = 1,
    has_alpha: bool = False,
    exif: Mapping[str, str] | None = None,
    taken: datetime | None = None,
    twin: str = "",
    likeness: tuple[str, float] = ("", 0.0),
    lost_twin: str = "",
    gone_twin: str = "",
    text: str | None = None,
    caption: Caption | None = None,
) -> Facts:
    """Return an image modified a day ago and created two days ago."""
    file = FileFacts(
        path,
        path.rpartition("/")[0],
        FileIdentity(1, 2, 3, 4),
        NOW - timedelta(days=2),
        NOW - timedelta(days=1),
        image_format,
        urls,
    )
    image = ImageFacts(width, height, taken, frames, has_alpha, exif or {})
    classification = Classification({"photo": 1.0}, b"", image, "embedded")
    written = None if text is None else ImageText(tuple(TextLine(line) for line in text.split("\n")))
    return Facts(file, classification, frozenset(), NOW, twin, likeness, lost_twin, gone_twin, written, caption)
