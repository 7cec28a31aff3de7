"""Preview the actions of every rule on a sample image, to show what their templates look like filled in. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from snapsortd.config.settings import Config
from snapsortd.domain.caption import Caption
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.image import Classification, FileFacts, ImageFacts
from snapsortd.domain.image_text import ImageText, TextLine
from snapsortd.rules.filters import Facts, LabelFilter
from snapsortd.rules.plan import plan
from snapsortd.rules.preview import ActionPreview, preview_actions
from snapsortd.rules.rule import Rule

CAPTION = "two dogs play on a beach"
NAME = "IMG_0042.jpg"
TAKEN = datetime(2026, 11, 23, 16, 42, 10, tzinfo=UTC)
TEXT = ImageText((TextLine("Corner Shop"), TextLine("Total 23.40 EUR"), TextLine("2026-11-23 16:42")))
EXIF = {
    "Make": "Canon",
    "Model": "Canon EOS R6",
    "LensModel": "RF24-105mm F4 L IS USM",
    "Artist": "Ann",
    "Copyright": "Ann",
    "Software": "Camera 1.0",
    "ISOSpeedRatings": "400",
    "FNumber": "4.0",
    "ExposureTime": "1/250",
    "FocalLength": "50.0",
    "Orientation": "1",
}


def samples(config: Config) -> Iterator[ActionPreview]:
    """Yield the actions of every enabled rule on a sample image."""
    for rule in config.rules:
        if rule.enabled:
            yield from _sample(config, rule)


def _sample(config: Config, rule: Rule) -> Iterator[ActionPreview]:
    folder = rule.locations[0] if rule.locations else config.watch[0].path
    path = f"{folder.rstrip('/')}/{NAME}"
    named = {each.name for action in rule.actions for each in action.placeholders()}
    urls = ("https://example.org/picture.jpg",)
    file = FileFacts(path, folder, FileIdentity(1, 1, 3_412_096, 1), TAKEN, TAKEN, "jpeg", urls, TAKEN)
    tags = {each.removeprefix("exif.") for each in named if each.startswith("exif.")}
    exif = {tag: tag for tag in tags if tag.casefold() not in map(str.casefold, EXIF)} | EXIF
    groups = {group: group for each in named if (group := each.removeprefix("regex.")) != each}
    classification = Classification({_label(config, rule): 0.93}, b"", ImageFacts(6000, 4000, TAKEN, exif=exif), "")
    facts = Facts(file, classification, config.negatives, TAKEN, text=TEXT, caption=Caption(CAPTION))
    yield from preview_actions(path, plan(rule, facts, groups))


def _label(config: Config, rule: Rule) -> str:
    """Return a label that the rule matches, else the first that is not negative."""
    matching = (name for each in rule.filters if isinstance(each, LabelFilter) for name in each.names)
    usual = (label.name for label in config.labels if not label.negative)
    return next(matching, next(usual, config.labels[0].name))
