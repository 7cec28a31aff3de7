"""Say what was meant by a key that does not exist, or by an entry that is not a mapping."""

from __future__ import annotations

import re
from collections.abc import Sequence

from snapsortd.domain.text import nearest, suggestion
from snapsortd.rules.meant import PLACEHOLDERS

_MEANT = {
    "watch": ("folders", "directories", "paths", "watched", "inbox"),
    "path": ("folder", "directory", "dir"),
    "subfolders": ("recursive", "recurse", "subdirectories"),
    "dest": ("to", "destination", "target", "path", "folder"),
    "on_conflict": ("on_exists", "conflict", "if_exists", "overwrite"),
    "min_score": ("threshold", "confidence", "min_confidence", "minimum", "probability"),
    "is": ("label", "name", "equals", "value"),
    "filters": ("if", "when", "conditions", "condition", "where"),
    "actions": ("then", "do", "action"),
    "filter_mode": ("match", "logic"),
    "locations": ("location", "in", "folders", "from"),
    "prompts": ("prompt", "description", "descriptions", "text"),
    "trash": ("delete", "remove"),
    "name": ("filename", "title"),
    "format": ("mimetype", "type"),
}
"""Words of other programs, for each key."""
_OF_A_FOLDER = ("prune_empty", "subfolders", "ignore", "exclude", "settle", "wait")
"""Keys of one watched folder that people write for all of them."""
_NEGATION = "not "
_ENTRY = re.compile(r"(?P<key>(?:not )?[a-z_]+) ?[:= ] ?(?P<value>.*)", re.DOTALL)


def is_placeholder(key: str) -> bool:
    """Return whether a key is a placeholder without quotes, which YAML reads as a mapping: `{taken:%Y}`."""
    return re.split(r"[:|!]", key, maxsplit=1)[0] in PLACEHOLDERS


def stands_for_mapping(key: str) -> bool:
    """Return whether an unknown key shows that its whole mapping was meant as text."""
    return is_placeholder(key) or key.startswith(("/", "~"))


def unknown_key(key: str, known: Sequence[str], *, empty: bool) -> str:
    """Return the message for a key that is none of `known`; `empty`: it has no value."""
    if empty and is_placeholder(key):
        return f'text that starts with {{ needs quotes: "{{{key}}}"'
    if key.startswith(("/", "~")) and "path" in known:
        return f"write 'path: {key}', and its options on lines of their own below"
    if key.isdigit():
        return f"unknown key '{key}': a comma separates entries; write decimals with a point"
    if key == "not":
        return "unknown key 'not'; write 'not ' before the filter's name, such as 'not label: receipt'"
    if key in ("min_score", "min_margin") and "label" in known:
        return f"unknown key '{key}'; it belongs to a label: 'label: {{is: receipt, {key}: 0.9}}'"
    if key in _OF_A_FOLDER and "watch" in known:
        return f"unknown key '{key}'; it belongs to a watched folder: '- path: …', and below that '{key}: …'"
    if key in ("or", "and", "any", "all"):
        return f"unknown key '{key}'; filters are combined by 'filter_mode: any', 'all' or 'none' of the rule"
    if meant := next((name for name, words in _MEANT.items() if name in known and key.lower() in words), ""):
        return f"unknown key '{key}'; did you mean '{meant}'?"
    if near := nearest(key, known):
        return f"unknown key '{key}'{near}"
    positive = [each for each in known if not each.startswith(_NEGATION)]
    negated = ", each also with 'not '" if len(positive) < len(known) else ""
    return f"unknown key '{key}'{suggestion(key, positive)}{negated}"


def as_entry(text: str, known: Sequence[str]) -> str:
    """Return how a text is written as an entry of a mapping, if it begins with one of the known keys."""
    found = _ENTRY.fullmatch(text)
    if found is None or found["key"] not in known:
        return f"; write '{text}: …'" if text in known else ""
    return f"; write '{found['key']}: {found['value']}'" if found["value"] else f"; write '{found['key']}: …'"
