"""Say what was meant by a placeholder that does not exist, or that is not closed."""

from __future__ import annotations

import re
from difflib import get_close_matches

from snapsortd.domain.errors import TemplateError

PLACEHOLDERS = (
    *("name", "ext", "label", "score", "margin", "rule", "counter", "added", "created", "modified", "taken", "parent"),
    *("relative", "camera", "width", "height", "megapixels", "format", "size", "frames", "host"),
    *("text.line", "text.date", "text.amount", "caption", "description", "slug"),
)
_MEANT = {
    "{taken:%Y}": ("year", "yyyy"),
    "{taken:%m}": ("month", "mm"),
    "{taken:%d}": ("day", "dd"),
    "{taken:%V}": ("week",),
    "{taken:%H%M%S}": ("time", "hour"),
    "{taken:%Y-%m-%d}": ("date", "datetime"),
    "{created}": ("create", "creation", "birthtime", "ctime"),
    "{modified}": ("lastmodified", "mtime", "changed"),
    "{added}": ("now", "today"),
    "{name}": ("filename", "stem", "basename", "file", "original", "title"),
    "{ext}": ("extension", "suffix"),
    "{parent}": ("folder", "dir", "directory"),
    "{label}": ("category", "class", "tag", "kind", "type"),
    "{score}": ("confidence", "probability"),
    "{counter}": ("number", "index", "count", "n"),
    "{camera}": ("model", "make", "device"),
    "{text.line}": ("text", "ocr", "heading"),
    "{text.amount}": ("amount", "total", "price", "sum"),
    "{host}": ("site", "domain", "url", "website"),
}
"""Words of other programs, with the placeholder for each."""
_WORDS = {word: placeholder for placeholder, words in _MEANT.items() for word in words}
_OPEN = re.compile(r"\{(?P<name>[a-z]+(?:\.\w+)?)(?P<how>[^{}/]*)")
_CLOSE = re.compile(r"[a-z]+(?:[:.!|][^{}/]*)?$")


def meant(name: str) -> str:
    """Return the nearest placeholder as a suggestion, or all of them."""
    known = {**{each: f"{{{each}}}" for each in (*PLACEHOLDERS, "exif.TAG", "regex.GROUP")}, **_WORDS}
    near = get_close_matches(name.lower(), known, n=1)
    if near:
        return f"; did you mean {known[near[0]]}?"
    return f"; known here: {', '.join(PLACEHOLDERS)}, exif.TAG, regex.GROUP"


def unmatched(text: str, position: int) -> TemplateError:
    """Return the fault of the brace at `position`, which has no counterpart."""
    brace = text[position]
    found = _OPEN.match(text, position) if brace == "{" else _CLOSE.search(text[:position].rpartition("/")[2])
    name = re.match("[a-z]+", found[0].removeprefix("{")) if found else None
    if found is None or name is None or name[0] not in (*PLACEHOLDERS, *_WORDS, "exif", "regex", "path"):
        return TemplateError(f"unmatched '{brace}'", f"write '{brace * 2}' for the character itself")
    whole = found[0].strip("{ :|")
    missing, where = ("}", "end") if brace == "{" else ("{", "start")
    return TemplateError(f"'{found[0].strip(' :|')}' has no '{missing}' at its {where}", f"write {{{whole}}}")
