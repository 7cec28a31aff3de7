"""What the camera wrote into the image."""

from __future__ import annotations

from dataclasses import dataclass

from snapsortd.rules.filters.filter import Facts, Verdict
from snapsortd.rules.filters.patterns import either, like

PLACE = ("GPSLatitude", "GPSLongitude")


@dataclass(frozen=True, slots=True)
class ExifFilter:
    """Each tag is there and its value matches one of its shell patterns; `*` alone: whatever its value.

    Names of tags as in EXIF 2.32, whatever the case.
    """

    tags: tuple[tuple[str, tuple[str, ...]], ...]

    def check(self, facts: Facts) -> Verdict:
        values = {name.casefold(): text for name, text in facts.classification.image.exif.items()}
        found = {name: values.get(name.casefold()) for name, _ in self.tags}
        told = (f"{name} is {'missing' if text is None else text}" for name, text in found.items())
        matched = all((text := found[name]) is not None and like(text, patterns) for name, patterns in self.tags)
        return Verdict(matched, ", ".join(told), " and ".join(f"{name} {either(texts)}" for name, texts in self.tags))


@dataclass(frozen=True, slots=True)
class CameraFilter:
    """Maker and model of the camera, the maker once, match one of these shell patterns."""

    patterns: tuple[str, ...]

    def check(self, facts: Facts) -> Verdict:
        camera = facts.classification.image.camera
        fact = f"camera is {camera}" if camera else "the image does not name a camera"
        return Verdict(bool(camera) and like(camera, self.patterns), fact, either(self.patterns))


@dataclass(frozen=True, slots=True)
class GpsFilter:
    """The image tells where it was taken."""

    def check(self, facts: Facts) -> Verdict:
        exif = facts.classification.image.exif
        if all(tag in exif for tag in PLACE):
            return Verdict(True, "it has a GPS position")
        return Verdict(False, "it has no GPS position")
