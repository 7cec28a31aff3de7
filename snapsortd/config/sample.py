"""What the actions of every rule would make of an image that might be: how their templates read once filled. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from snapsortd.config.settings import Config
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.image import Classification, FileFacts, ImageFacts
from snapsortd.rules.filters import LabelFilter
from snapsortd.rules.placeholders import Part, placeholders_in
from snapsortd.rules.plan import plan
from snapsortd.rules.preview import ActionPreview, preview_actions
from snapsortd.rules.rule import Rule, RuleAction

NAME = "IMG_0042.jpg"
TAKEN = datetime(2026, 11, 23, 16, 42, 10, tzinfo=UTC)
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
    """What would be done with a sample image by every rule that is switched on."""
    for rule in config.rules:
        if rule.enabled:
            yield from _sample(config, rule)


def _sample(config: Config, rule: Rule) -> Iterator[ActionPreview]:
    folder = rule.locations[0] if rule.locations else config.watch[0].path
    path = f"{folder.rstrip('/')}/{NAME}"
    named = {each.name for action in rule.actions for part in _parts(action) for each in placeholders_in(part)}
    file = FileFacts(
        path, folder, FileIdentity(1, 1, 3_412_096, 1), TAKEN, TAKEN, "jpeg", ("https://example.org/picture.jpg",)
    )
    tags = {each.removeprefix("exif.") for each in named if each.startswith("exif.")}
    exif = {tag: tag for tag in tags if tag.casefold() not in map(str.casefold, EXIF)} | EXIF
    groups = {group: group for each in named if (group := each.removeprefix("regex.")) != each}
    classification = Classification({_label(config, rule): 0.93}, b"", ImageFacts(6000, 4000, TAKEN, exif=exif), "")
    yield from preview_actions(path, plan(rule, file, classification, groups))


def _parts(action: RuleAction) -> Iterator[Part]:
    yield from action.destination.folders if action.destination else ()
    yield from (template.stem for template in (action.name, action.destination and action.destination.name) if template)
    yield from (word.part for word in action.words)


def _label(config: Config, rule: Rule) -> str:
    """A label that the rule takes, or any that is filed."""
    asked = (name for each in rule.filters if isinstance(each, LabelFilter) for name in each.names)
    usual = (label.name for label in config.labels if not label.negative)
    return next(asked, next(usual, config.labels[0].name))
