"""Write the text of a configuration for the folders of this user."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from snapsortd.ctl.setup.parts import RulePart, read_default, read_recipe, split_rules, split_sections
from snapsortd.ctl.setup.places import Places

WAIT = "    wait: 10m       # a new image stays this long, because you may still need it there\n"
_LOCATIONS = re.compile(r"^    locations: *([~/].*?) *(?:#.*)?\n", re.MULTILINE)
_ENTRY = re.compile(r"^  - (?:path: *)?(~[^#\n]*)(?:#.*)?\n((?:    .*\n)*)", re.MULTILINE)
_LISTED = re.compile(r"^watch: *\[(.*)\]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Watched:
    """A folder to watch: its absolute path, and the lines with its options."""

    path: str
    options: str = WAIT


def compose(watched: Sequence[Watched], rules: Sequence[RulePart], places: Places, moved: Mapping[str, str]) -> str:
    """Return a configuration with these watched folders and rules.

    `moved` has the destinations that replace those of the rules, `~/Documents/Receipts` by itself for example.
    """
    sections = split_sections(read_default())
    text = "\n".join(_in_places(_moved(rule.text, moved), places).strip("\n") + "\n" for rule in rules)
    own = {_short(each.path) for each in watched}
    text = _LOCATIONS.sub(lambda found: found[0] if found[1].rstrip("/") in own else "", text)
    entries = "".join(f"  - path: {_quoted(_short(each.path))}\n{each.options}" for each in watched)
    sections["watch"] = f"{sections['watch'].partition('watch:')[0]}watch:\n{entries}"
    sections["rules"] = f"{sections['rules'].partition('rules:')[0]}rules:\n{text}"
    return "".join(sections.values()) + _captioner(rules)


def from_recipes(names: Sequence[str], places: Places) -> tuple[list[Watched], list[RulePart]]:
    """Return the folders that these recipes watch, each once, and all of their rules.

    If there are several, the rules of each are limited to the folders that it watches.
    """
    watched: dict[str, Watched] = {}
    rules: list[RulePart] = []
    for name in names:
        sections = split_sections(read_recipe(name))
        entries = _ENTRY.findall(sections["watch"])
        if (listed := _LISTED.search(sections["watch"])) is not None:
            entries += [(path, "") for path in listed[1].split(",")]
        for path, options in entries:
            place = os.path.expanduser(_in_places(path.strip(), places)).rstrip("/")
            watched.setdefault(place, Watched(place, options or WAIT))
        locations = ", ".join(path.strip() for path, _ in entries) if len(names) > 1 else ""
        rules += [_limited(rule, locations) for rule in split_rules(sections["rules"])]
    return list(watched.values()), rules


def _captioner(rules: Sequence[RulePart]) -> str:
    """Return the section that rules on descriptions need; empty if there are none."""
    if not any("description:" in rule.text or "{caption" in rule.text for rule in rules):
        return ""
    return "\n" + split_sections(read_recipe("by-description"))["describe"].strip("\n") + "\n"


def _limited(rule: RulePart, locations: str) -> RulePart:
    """Return a rule that is limited to folders, unless it is already or `locations` is empty."""
    if not locations or "\n    locations:" in rule.text:
        return rule
    head, line, rest = rule.text.partition("  - name:")
    name, _, body = rest.partition("\n")
    return RulePart(rule.name, f"{head}{line}{name}\n    locations: [{locations}]\n{body}")


def _moved(text: str, moved: Mapping[str, str]) -> str:
    for before, after in moved.items():
        text = text.replace(before, after)
    return text


def _in_places(text: str, places: Places) -> str:
    """Return the text with the folders of this user in place of their English names."""
    if own := [each for each in places.screenshots if each.startswith(places.pictures + "/")]:
        text = text.replace("~/Pictures/Screenshots", _short(own[0]))
    for name, path in (
        ("Downloads", places.downloads),
        ("Pictures", places.pictures),
        ("Documents", places.documents),
        ("Desktop", places.desktop),
    ):
        text = re.sub(rf"~/{name}(?![\w-])", _short(path).replace("\\", r"\\"), text)
    return text


def _short(path: str) -> str:
    """Return a path with `~` for the home folder, as it is written in the configuration."""
    home = os.path.expanduser("~").rstrip("/")
    return "~" + path[len(home) :] if path == home or path.startswith(home + "/") else path


def _quoted(path: str) -> str:
    if re.fullmatch(r"[\w~/. +@()’-]+", path):
        return path
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
