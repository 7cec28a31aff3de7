"""The filter on the text that was recognised in the image."""

from __future__ import annotations

from dataclasses import dataclass

from snapsortd.domain.decision import Ask
from snapsortd.domain.text import count
from snapsortd.rules.filters.filter import Facts, Verdict
from snapsortd.rules.filters.words import Words


@dataclass(frozen=True, slots=True)
class TextFilter:
    """The text of the image meets the conditions. Before it was read, neither this nor its opposite matches."""

    words: Words

    @property
    def pattern(self) -> str:
        """The regular expression, whose named groups go to the templates of the rule; empty for none."""
        return self.words.pattern

    def check(self, facts: Facts) -> Verdict:
        wanted = f"text with {self.words.describe()}"
        if facts.text is None:
            return Verdict(None, "its text was not read", wanted, asks=Ask.TEXT)
        found = self.words.find_in(facts.text.text)
        fact = f"it has {count(len(facts.text.lines), 'line')} of text{found.slow}"
        return Verdict(found.matched, fact, wanted, found.groups)
