"""The facts about one image: from the file system, from its content, and from the model.

Paths are absolute `str` as `os.fsdecode` returns them (undecodable bytes as lone surrogates), so that a name
that is not UTF-8 survives; `os.fsencode` returns the original bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from snapsortd.domain.file import FileIdentity

_NO_TIME = 1980
"""The year in which FAT and ZIP begin to count."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """The facts that the file system reports. `root` is the watched folder that the image is in; times are aware."""

    path: str
    root: str
    identity: FileIdentity
    created: datetime
    modified: datetime
    format: str
    """Recognised by content: png, jpeg, webp, gif, bmp, tiff, heic, avif, jp2, jxl, raw, pdf."""
    urls: tuple[str, ...] = ()
    """The addresses that it was downloaded from, if the system records them."""
    added: datetime | None = None
    """When the file came to its folder; None if that is unknown."""
    is_birth_known: bool = True
    """False if the file system records no time of birth, so that `created` is `modified`."""

    @property
    def earliest(self) -> datetime:
        """Return the earlier one of `created` and `modified`, which a copy may keep alone. Times of modification before
        1981 are those of file systems and archives that have none."""
        return min(self.created, self.modified) if self.modified.year > _NO_TIME else self.created


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """The facts that the classifier read from the image. Width and height in pixels, after EXIF orientation."""

    width: int
    height: int
    taken: datetime | None = None
    """The date that was chosen from all that are known; aware if it was written with an offset, else naive local time.
    None in what the classifier process reports."""
    frames: int = 1
    has_alpha: bool = False
    exif: Mapping[str, str] = field(default_factory=dict)
    """EXIF tags by their names ("Model", "FNumber", "GPSLatitude"), values as text; long values are left out."""
    dates: Mapping[str, datetime] = field(default_factory=dict)
    """The dates that the image itself has, by their source (`IN_IMAGE`)."""
    taken_from: str = ""
    """The source of `taken` (`DATE_SOURCES`); empty if there is none."""

    @property
    def camera(self) -> str:
        """Return maker and model, the maker once ("Canon EOS R6", "Apple iPhone 15"); empty if not known."""
        make, model = (" ".join(self.exif.get(tag, "").split()) for tag in ("Make", "Model"))
        named = not make or not model or model.casefold().startswith(make.split()[0].casefold())
        return (model or make) if named else f"{make} {model}"


@dataclass(frozen=True, slots=True)
class Classification:
    """The model's result: a score per label (they sum to 1), the embedding (float16, little-endian, normalised)."""

    scores: Mapping[str, float]
    embedding: bytes
    image: ImageFacts
    model: str
    milliseconds: float = 0.0
    scores_by_prompts: Mapping[str, float] = field(default_factory=dict)
    """The scores without the prior of image kinds; empty if it says nothing about these labels."""
    zero_shot: Mapping[str, float] = field(default_factory=dict)
    """The scores without what was learnt; empty if nothing was."""
    noun: str = ""
    """What a photo shows; empty if it is no photo, if that is not sure enough, and with a model that has no nouns."""

    @property
    def label(self) -> str:
        """Return the best label."""
        return max(self.scores, key=lambda name: self.scores[name])

    @property
    def score(self) -> float:
        """Return the best label's score, 0 to 1."""
        return max(self.scores.values())

    @property
    def margin(self) -> float:
        """Return the best score minus the second best, or the score itself if there is only one label."""
        ranked = sorted(self.scores.values(), reverse=True)
        return ranked[0] - ranked[1] if len(ranked) > 1 else ranked[0]
