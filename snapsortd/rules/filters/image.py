"""Filters on the format and the size of an image."""

from __future__ import annotations

from dataclasses import dataclass

from snapsortd.rules.filters.bounds import Range, format_bounds, within
from snapsortd.rules.filters.filter import Facts, Verdict
from snapsortd.rules.filters.patterns import either

ANIMATED_FORMATS = frozenset({"gif", "png", "webp", "avif"})
"""In other formats, several frames are pages or views of one subject."""


@dataclass(frozen=True, slots=True)
class FormatFilter:
    """The format, detected from the content of the file, is one of these."""

    formats: tuple[str, ...]

    def check(self, facts: Facts) -> Verdict:
        return Verdict(facts.file.format in self.formats, f"format is {facts.file.format}", either(self.formats))


@dataclass(frozen=True, slots=True)
class SizeFilter:
    """The size of the file in bytes is within all bounds."""

    bounds: Range

    def check(self, facts: Facts) -> Verdict:
        size = facts.file.identity.size
        return Verdict(within(size, self.bounds), f"size is {size:,} bytes", format_bounds(self.bounds))


@dataclass(frozen=True, slots=True)
class DimensionsFilter:
    """Width and height in pixels after EXIF orientation, aspect ratio (width / height) and megapixels are in bounds."""

    width: Range = ()
    height: Range = ()
    aspect: Range = ()
    megapixels: Range = ()

    def check(self, facts: Facts) -> Verdict:
        image = facts.classification.image
        aspect, megapixels = image.width / image.height, image.width * image.height / 1e6
        fact = f"image is {image.width} × {image.height}"
        fact += f" (width : height = {aspect:.3f})" if self.aspect else ""
        fact += f", {megapixels:.2f} megapixels" if self.megapixels else ""
        bounds = {
            "width": (image.width, self.width),
            "height": (image.height, self.height),
            "aspect": (aspect, self.aspect),
            "megapixels": (megapixels, self.megapixels),
        }
        return Verdict(
            all(within(value, wanted) for value, wanted in bounds.values()),
            fact,
            " and ".join(f"{name} {format_bounds(wanted)}" for name, (_, wanted) in bounds.items() if wanted),
        )


@dataclass(frozen=True, slots=True)
class AnimatedFilter:
    """The image is animated: it has several frames, in a format that shows them in sequence."""

    def check(self, facts: Facts) -> Verdict:
        frames = facts.classification.image.frames
        if frames == 1:
            return Verdict(False, "it has a single frame", "an animation")
        if facts.file.format not in ANIMATED_FORMATS:
            return Verdict(
                False, f"it contains {frames} images, but {facts.file.format} is not an animated format", "an animation"
            )
        return Verdict(True, f"it is an animation of {frames} frames", "an animation")


@dataclass(frozen=True, slots=True)
class AlphaFilter:
    """The image has an alpha channel or a transparent colour, even if every pixel is opaque."""

    def check(self, facts: Facts) -> Verdict:
        if facts.classification.image.has_alpha:
            return Verdict(True, "it has an alpha channel")
        return Verdict(False, "it has no alpha channel", "one")
