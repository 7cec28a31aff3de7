"""The filter on the text that was recognised in the image."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from snapsortd.domain.image_text import fold
from snapsortd.domain.text import count
from snapsortd.rules.filters.filter import Facts, Verdict
from snapsortd.rules.filters.patterns import either

MAX_MATCH_S = 0.5
"""Limit for one search of a regular expression, in seconds of processor time."""


@dataclass(frozen=True, slots=True)
class TextFilter:
    """The text of the image contains one of `any`, all of `all`, and a match of the regular expression, if given.

    Case, width and white space make no difference; the named groups of the expression go to the templates of the rule.
    Before the text was read, it matches neither this nor its opposite.
    """

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    pattern: str = ""

    def check(self, facts: Facts) -> Verdict:
        if facts.text is None:
            return Verdict(None, "its text was not read", self._wanted(), needs_text=True)
        text = fold(facts.text.text)
        contains = (not self.any or any(fold(each) in text for each in self.any)) and all(
            fold(each) in text for each in self.all
        )
        fact = f"it has {count(len(facts.text.lines), 'line')} of text"
        if not contains or not self.pattern:
            return Verdict(contains, fact, self._wanted())
        return self._search(facts.text.text, fact)

    def _search(self, text: str, fact: str) -> Verdict:
        import regex  # its import takes longer than that of all other rules

        try:
            normal = unicodedata.normalize("NFKC", text)
            found = regex.search(self.pattern, normal, regex.IGNORECASE | regex.MULTILINE, timeout=MAX_MATCH_S)
        except TimeoutError:
            return Verdict(None, f"{fact}, on which the pattern took longer than {MAX_MATCH_S:g} s", self._wanted())
        caught = found.groupdict() if found else {}
        groups = {name: text for name, text in caught.items() if text is not None}
        return Verdict(found is not None, fact, self._wanted(), groups)

    def _wanted(self) -> str:
        texts = [f"'{each}'" for each in self.any]
        wanted = [either(texts)] if texts else []
        wanted += [f"'{each}'" for each in self.all]
        wanted += [f"a match of {self.pattern}"] if self.pattern else []
        return f"text with {' and '.join(wanted)}"
