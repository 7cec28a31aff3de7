"""Filters on EXIF metadata."""

from __future__ import annotations

from dataclasses import dataclass

from snapsortd.rules.filters.filter import Facts, Verdict
from snapsortd.rules.filters.patterns import either, matches_any

PLACE = ("GPSLatitude", "GPSLongitude")


@dataclass(frozen=True, slots=True)
class ExifFilter:
    """Each tag is present and its value matches one of its shell patterns; `*` alone accepts any value.

    The names of the tags are those of EXIF 2.32, compared without regard to case.
    """

    tags: tuple[tuple[str, tuple[str, ...]], ...]

    def check(self, facts: Facts) -> Verdict:
        values = {name.casefold(): text for name, text in facts.classification.image.exif.items()}
        found = {name: values.get(name.casefold()) for name, _ in self.tags}
        described = (f"{name} is {'missing' if text is None else text}" for name, text in found.items())
        matched = all((text := found[name]) is not None and matches_any(text, patterns) for name, patterns in self.tags)
        return Verdict(
            matched, ", ".join(described), " and ".join(f"{name} {either(texts)}" for name, texts in self.tags)
        )


@dataclass(frozen=True, slots=True)
class CameraFilter:
    """The make and model of the camera match one of these shell patterns; a make repeated in the model counts once."""

    patterns: tuple[str, ...]

    def check(self, facts: Facts) -> Verdict:
        camera = facts.classification.image.camera
        fact = f"camera is {camera}" if camera else "the image does not name a camera"
        return Verdict(bool(camera) and matches_any(camera, self.patterns), fact, either(self.patterns))


@dataclass(frozen=True, slots=True)
class GpsFilter:
    """The image has a GPS position."""

    def check(self, facts: Facts) -> Verdict:
        exif = facts.classification.image.exif
        if all(tag in exif for tag in PLACE):
            return Verdict(True, "it has a GPS position")
        return Verdict(False, "it has no GPS position")
