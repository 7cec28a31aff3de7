"""Expand `~`, `$VAR` and `${VAR}` in the paths of a configuration; values of an image are never expanded."""

from __future__ import annotations

import re
from collections.abc import Mapping

from snapsortd.domain.text import nearest

_VARIABLE = re.compile(r"\$(?:(?P<plain>[A-Za-z_]\w*)|\{(?P<braced>[^{}]*)\})", re.ASCII)


def expand(text: str, env: Mapping[str, str], *, braces: bool = False) -> str:
    """Return the text with the home folder and variables filled in; `braces` doubles the braces in their values.

    Raises ValueError for a variable that is not set, and for `~name`.
    """
    if text.startswith("~") and not text.startswith("~/") and text != "~":
        raise ValueError(f"'{text.partition('/')[0]}' is not expanded; write that user's home folder in full")
    if text.startswith("~"):
        text = f"${{HOME}}{text[1:]}"

    def value(found: re.Match[str]) -> str:
        name = found["plain"] or found["braced"]
        if not env.get(name):
            raise ValueError(f"the variable ${name} is not set{nearest(name, env)}")
        return env[name].replace("{", "{{").replace("}", "}}") if braces else env[name]

    return _VARIABLE.sub(value, text)


def expand_folder(text: str, env: Mapping[str, str]) -> str:
    """Return an absolute folder, without a trailing slash. Raises ValueError."""
    path = expand(text, env)
    if not path.startswith("/"):
        raise ValueError(f"the folder '{text}' is not absolute; start it with / or ~/")
    parts = [part for part in path.split("/") if part]
    if any(part in (".", "..") for part in parts):
        raise ValueError(f"'{text}' contains '.' or '..'; write the full path")
    return "/" + "/".join(parts)
