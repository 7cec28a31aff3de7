"""The filter on the description of an image in words."""

from __future__ import annotations

from dataclasses import dataclass

from snapsortd.domain.decision import Ask
from snapsortd.rules.filters.filter import Facts, Verdict
from snapsortd.rules.filters.words import Words


@dataclass(frozen=True, slots=True)
class DescriptionFilter:
    """The words of the captioner meet the conditions. An image without a description matches neither this nor its
    opposite."""

    words: Words

    @property
    def pattern(self) -> str:
        """The regular expression, whose named groups go to the templates of the rule; empty for none."""
        return self.words.pattern

    def check(self, facts: Facts) -> Verdict:
        caption, wanted = facts.caption, f"a description with {self.words.describe()}"
        if caption is None:
            return Verdict(None, "it was not described", wanted, asks=Ask.CAPTION)
        if not caption.text:
            return Verdict(None, f"it has no description: {caption.why_not}", wanted)
        found = self.words.find_in(caption.text)  # its words are no reason: reasons are never forgotten
        return Verdict(found.matched, f"it has a description{found.slow}", wanted, found.groups)
