"""Filters on the name of a file, its folder and its download address."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from snapsortd.domain.names import split_name
from snapsortd.rules.filters.filter import Facts, Verdict
from snapsortd.rules.filters.patterns import either, fold, matches_any, matches_one_of
from snapsortd.rules.filters.words import search

MAX_MATCH_S = 0.1
"""Limit for one search of a regular expression in a name, in seconds of processor time of all threads."""
MAX_SHOWN = 120
"""Characters shown of an address: some sites put whole documents there."""


@dataclass(frozen=True, slots=True)
class ExtensionFilter:
    """The suffix of the file, in lower case and without its dot, is one of these."""

    extensions: tuple[str, ...]

    def check(self, facts: Facts) -> Verdict:
        suffix = split_name(facts.name)[1].lower()
        return Verdict(suffix in self.extensions, f"extension is {suffix or 'missing'}", either(self.extensions))


@dataclass(frozen=True, slots=True)
class KnownNames:
    """The names that programs give to files of one kind, such as "screenshot", as shell patterns."""

    kind: str
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NameFilter:
    """The name of the file matches at least one text of each given kind, without regard to case.

    `patterns` are shell patterns for the whole name; `endings` are compared with the name with and without its suffix.
    """

    patterns: tuple[str, ...] = ()
    containing: tuple[str, ...] = ()
    beginnings: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    known: KnownNames | None = None

    def check(self, facts: Facts) -> Verdict:
        name = fold(facts.name)
        ends = (name, fold(split_name(facts.name)[0]))
        fitting = (
            (self.patterns, matches_any(facts.name, self.patterns)),
            (self.containing, any(fold(text) in name for text in self.containing)),
            (self.beginnings, any(name.startswith(fold(text)) for text in self.beginnings)),
            (self.endings, any(end.endswith(fold(text)) for text in self.endings for end in ends)),
        )
        fits_known = self.known is None or matches_one_of(facts.name, self.known.patterns)
        matched = fits_known and all(fits for texts, fits in fitting if texts)
        return Verdict(matched, f"name is {facts.name}", self._wanted())

    def _wanted(self) -> str:
        kinds = {"": self.patterns, "containing ": self.containing}
        kinds |= {"beginning with ": self.beginnings, "ending with ": self.endings}
        kinds["one that programs give to a "] = (self.known.kind,) if self.known else ()
        return " and ".join(f"{kind}{either(texts)}" for kind, texts in kinds.items() if texts)


@dataclass(frozen=True, slots=True)
class RegexFilter:
    """Some part of the file name matches the regular expression; its named groups go to the templates of the rule.

    A name on which the pattern exceeds MAX_MATCH_S matches neither this nor its opposite: anyone who offers a download
    chooses its name, and a backtracking search can take years on 255 characters.
    """

    pattern: str

    def check(self, facts: Facts) -> Verdict:
        found = search(self.pattern, unicodedata.normalize("NFC", facts.name), MAX_MATCH_S)
        return Verdict(found.matched, f"name is {facts.name}{found.slow}", self.pattern, found.groups)


@dataclass(frozen=True, slots=True)
class FolderFilter:
    """The path of the folder that contains the file matches one of these shell patterns, without regard to case."""

    patterns: tuple[str, ...]

    def check(self, facts: Facts) -> Verdict:
        return Verdict(matches_any(facts.folder, self.patterns), f"it is in {facts.folder}", either(self.patterns))


@dataclass(frozen=True, slots=True)
class UrlFilter:
    """One of the addresses that the file was downloaded from matches one of these shell patterns."""

    patterns: tuple[str, ...]

    def check(self, facts: Facts) -> Verdict:
        urls = facts.file.urls
        if not urls:
            return Verdict(False, "the address it was downloaded from is unknown", either(self.patterns))
        fitting = next((url for url in urls if matches_any(url, self.patterns)), None)
        return Verdict(
            fitting is not None, f"it was downloaded from {_shorten(fitting or urls[0])}", either(self.patterns)
        )


def _shorten(url: str) -> str:
    return url if len(url) <= MAX_SHOWN else url[:MAX_SHOWN] + "…"
