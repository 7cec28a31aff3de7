"""An image in a few words, for names: composed of its label, what is written on it, and its description. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from snapsortd.rules.filters import Facts

CATCH_ALL = "other"
"""The usual name of the label for everything else, which says nothing about an image."""
MAX_SLUG = 80
"""Characters of a slug."""
_SEPARATED = re.compile(r"(?:[^\w.]|_|(?<!\d)\.|\.(?!\d))+")
"""What is between the words of a slug; a dot stays between digits."""
_ARTICLE = re.compile(r"(?:a|an|the)\s+", re.IGNORECASE)


def in_words(facts: Facts, written: Mapping[str, object]) -> dict[str, object]:
    """Return the values of `{description}` and `{slug}`; empty if nothing is known but the label.

    `written` holds the values of `{text.…}`. Text with a title and an amount, such as that of a receipt, says more than
    a description; any other text says less. Without a description, a photo has the noun that the model has for it.
    """
    classification = facts.classification
    label = "" if classification.label == CATCH_ALL else classification.label
    caption = facts.caption.text if facts.caption else ""
    if caption and not text_suffices(written):
        return {"description": caption, "slug": slug(label, _ARTICLE.sub("", caption, count=1))}
    found = [text for each in written.values() if each and (text := str(each)).casefold() != label.casefold()]
    if classification.noun.casefold() not in label.casefold() and not text_suffices(written):
        found.insert(0, classification.noun)
    return {"description": " ".join([label, *found]).strip(), "slug": slug(label, *found)} if found else {}


def text_suffices(written: Mapping[str, object]) -> bool:
    """Return whether text has a title and an amount, so that no description is needed."""
    return bool(written.get("text.line") and written.get("text.amount"))


def slug(*words: str) -> str:
    """Return the words in lower case with hyphens between them, at most MAX_SLUG characters, cut at a word."""
    text = _SEPARATED.sub("-", unicodedata.normalize("NFC", " ".join(words)).lower()).strip("-.")
    if len(text) <= MAX_SLUG:
        return text
    return text[: MAX_SLUG + 1].rpartition("-")[0] or text[:MAX_SLUG]
