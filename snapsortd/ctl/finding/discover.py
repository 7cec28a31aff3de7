"""Find groups among known images, and say which of them the configuration has no label for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from snapsortd.config import Config
from snapsortd.ctl.finding.known import is_there, open_known
from snapsortd.files.locations import Locations
from snapsortd.journal.examples import Examples
from snapsortd.journal.search_index import KnownPlace, SearchIndex
from snapsortd.vision.finder import Finder, FoundGroup

EXAMPLES = 4
"""Images that are shown of a group."""
LIKELY_FROM, SURE_FROM = 0.5, 0.7
"""Shares of a group's images that agree on its name. On labelled images, names were right for all groups but one from
the higher on, and for half of those below the lower."""
SURE, LIKELY, GUESS = "sure", "likely", "a guess"
"""How sure a name is."""
MAX_OTHERS = 5_000
"""Other known images that a group is compared with."""
TOLD_SHARE = 0.2
"""Share of a group's images that are examples of one label, from which the group has that label."""


@dataclass(frozen=True, slots=True)
class Group:
    """Images that look alike."""

    name: str
    """The kind of images that it is named after, such as "chat screenshot"."""
    prompts: tuple[str, ...]
    """Phrases that describe this kind, for a label."""
    paths: tuple[str, ...]
    """All of its images, the most typical first."""
    agreement: float
    """The share of its images that the name describes best, 0 to 1."""
    label: str
    """The label of the configuration that it has already, or empty: then it is new."""

    @property
    def examples(self) -> Sequence[str]:
        """Return its most typical images."""
        return self.paths[:EXAMPLES]

    @property
    def certainty(self) -> str:
        """Return in a word how sure its name is."""
        return SURE if self.agreement >= SURE_FROM else LIKELY if self.agreement >= LIKELY_FROM else GUESS

    def to_json(self) -> dict[str, Any]:
        """Return the group JSON-ready, with a part of its images."""
        return {
            "name": self.name,
            "size": len(self.paths),
            "examples": list(self.examples),
            "certainty": self.certainty,
            "agreement": round(self.agreement, 3),
            "prompts": list(self.prompts),
            "label": self.label or None,
        }


def discover_left(here: Locations, config: Config) -> list[Group]:
    """Return the groups among the images that were classified and that no rule has filed, the largest first.

    Raise ModelError, JournalError, and SnapsortError if no images are known yet.
    """
    with open_known(here) as file:
        return discover(SearchIndex(file).left(), SearchIndex(file), Examples(file), here, config)


def discover_in(here: Locations, config: Config, hashes: Mapping[str, bytes]) -> list[Group]:
    """Return the groups among these images, given by path and SHA-256, as `discover_left` does."""
    with open_known(here) as file:
        index = SearchIndex(file)
        contents = set(hashes.values())
        places = [place for sha256 in contents for place in index.places_of(sha256) if place.path in hashes]
        return discover(sorted(places, key=lambda place: place.path), index, Examples(file), here, config)


def discover(
    places: Iterable[KnownPlace], index: SearchIndex, examples: Examples, here: Locations, config: Config
) -> list[Group]:
    """Return the groups among the images at these places that are still there, each content once."""
    paths = {place.sha256: place.path for place in places if is_there(place)}
    with Finder(config.model.name, here) as finder:
        everything = list(index.embeddings(finder.checkpoint))
        known = [each for each in everything if each[0] in paths]
        others = [embedding for sha256, embedding in everything if sha256 not in paths][:MAX_OTHERS]
        found = finder.groups([embedding for _, embedding in known], others)
    told = {each.sha256: each.label for each in examples.in_effect() if not each.is_not}
    contents = [sha256 for sha256, _ in known]
    return [
        Group(
            each.kind,
            each.prompts,
            tuple(paths[contents[row]] for row in each.rows),
            each.agreement,
            label_of(each, [told.get(contents[row], "") for row in each.rows], config),
        )
        for each in found
    ]


def label_of(group: FoundGroup, told: Sequence[str], config: Config) -> str:
    """Return the label that a group has already, or empty; `told` is what each image is an example of, or empty.

    One for what is left alone, which often describes several kinds, is not that of a group.
    """
    for label in config.labels:
        if label.name == group.kind or (not label.negative and set(label.prompts) & {group.kind, *group.prompts}):
            return label.name
    (most, number), *_ = [*Counter(filter(None, told)).most_common(1), ("", 0)]
    return most if number >= TOLD_SHARE * len(told) else ""
