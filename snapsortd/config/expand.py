"""Expand `~`, `$VAR` and `${VAR}` in the paths of a configuration; values of an image are never expanded."""

from __future__ import annotations

import re
from collections.abc import Mapping

from snapsortd.domain.text import nearest
from snapsortd.rules.meant import PLACEHOLDERS

_VARIABLE = re.compile(r"\$(?:(?P<plain>[A-Za-z_]\w*)|\{(?P<braced>[^{}]*)\})", re.ASCII)


_PATTERN = re.compile(rf"\*|(?<!\$)\{{[^{{}}]*,[^{{}}]*\}}|\{{(?:{'|'.join(PLACEHOLDERS)})[^{{}}]*\}}")
"""Of a folder: a wildcard, alternatives, a placeholder."""


def expand(text: str, env: Mapping[str, str], *, braces: bool = False) -> str:
    """Return the text with the home folder and variables filled in; `braces` doubles the braces in their values.

    Raises ValueError for a variable that is not set, and for `~name`.
    """
    if text.startswith("~\\"):
        raise ValueError(f"'{text}' has backslashes; write / between folders")
    if text.startswith("~") and not text.startswith("~/") and text != "~":
        raise ValueError(f"'{text.partition('/')[0]}' is not expanded; write that user's home folder in full")
    if text.startswith("~"):
        text = f"${{HOME}}{text[1:]}"

    def value(found: re.Match[str]) -> str:
        name = found["plain"] or found["braced"]
        if not env.get(name):
            hint = f"; for the image's own write {{{name}}}" if name in PLACEHOLDERS else nearest(name, env)
            raise ValueError(f"the variable ${name} is not set{hint}")
        return env[name].replace("{", "{{").replace("}", "}}") if braces else env[name]

    return _VARIABLE.sub(value, text)


def expand_folder(text: str, env: Mapping[str, str]) -> str:
    """Return an absolute folder, without a trailing slash. Raises ValueError."""
    if pattern := _PATTERN.search(text):
        raise ValueError(_not_one_folder(text, pattern[0]))
    path = expand(text, env)
    if not path.startswith("/"):
        raise ValueError(f"the folder '{text}' is not absolute; start it with / or ~/")
    parts = [part for part in path.split("/") if part]
    if any(part in (".", "..") for part in parts):
        raise ValueError(f"'{text}' contains '.' or '..'; write the full path")
    return "/" + "/".join(parts)


def _not_one_folder(text: str, pattern: str) -> str:
    if pattern == "*":
        above = text.partition("*")[0].rpartition("/")[0] or "/"
        folder = "~/" if above == "~" else above
        return f"'{text}' is a pattern, not a folder; write {folder}, with 'subfolders: true' for those below"
    if "," in pattern:
        return f"'{text}' holds alternatives, which are not expanded; write each folder on a line of its own"
    return f"'{text}' holds {pattern}, which only has a value for an image; write one folder"
