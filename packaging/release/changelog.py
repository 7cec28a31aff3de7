"""The changelog, in the format of keepachangelog.com: what was not released becomes the section of a version."""

from __future__ import annotations

import re

UNRELEASED = "## [Unreleased]\n"


def released(text: str, version: str, day: str) -> str:
    """Return the changelog with a section of this version. Raise ValueError if there is nothing to release."""
    before, heading, after = text.partition(UNRELEASED)
    if not heading or not re.match(r"\s*###? \w", after) or re.match(r"\s*## ", after):
        raise ValueError("CHANGELOG.md has nothing under Unreleased")
    return f"{before}{UNRELEASED}\n## [{version}] - {day}\n{after}"


def notes(text: str, version: str) -> str:
    """Return the section of a version, without its heading. Raise ValueError if there is none."""
    found = re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    if found is None:
        raise ValueError(f"CHANGELOG.md has no section of {version}")
    return found[1].strip() + "\n"
