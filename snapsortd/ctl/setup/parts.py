"""The parts of a configuration's text: its sections and its rules, with the comments that belong to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import NamedTuple

from snapsortd.domain.errors import SnapsortError
from snapsortd.domain.text import suggestion

_KEY = re.compile(r"^(\w+):", re.MULTILINE)
_RULE = re.compile(r"^  - name: *(.+)$")
_OFF = re.compile(r"^    (?:enabled: false|mode: shadow)\n", re.MULTILINE)
_DESTINATION = re.compile(r"~/[^{}\n\"']*")


class RulePart(NamedTuple):
    """The text of one rule, with its comments."""

    name: str
    text: str

    @property
    def root(self) -> str:
        """Return the fixed part of the first destination in the home folder; empty if there is none."""
        actions = self.text.partition("actions:")[2]
        found = _DESTINATION.search(actions)
        return found[0].rstrip("/ ") if found else ""

    @property
    def enabled(self) -> bool:
        """Return whether the rule files images as it is written."""
        return _OFF.search(self.text) is None

    def enable(self) -> RulePart:
        """Return the rule without the lines that keep it from filing images."""
        return RulePart(self.name, _OFF.sub("", self.text))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of image that may be filed, by one or more rules with the same destination."""

    title: str
    rules: tuple[RulePart, ...]

    @property
    def root(self) -> str:
        """Return the folder that the images go to, with its subfolders left out."""
        return self.rules[0].root

    @property
    def enabled(self) -> bool:
        """Return whether its rules file images as they are written."""
        return all(rule.enabled for rule in self.rules)


def read_default() -> str:
    """Return the configuration that `init` starts from."""
    return files("snapsortd.config").joinpath("default.yaml").read_text("utf-8")


def recipe_names() -> list[str]:
    """Return the names of the recipes in the cookbook."""
    folder = files("snapsortd.config").joinpath("recipes")
    return sorted(each.name.removesuffix(".yaml") for each in folder.iterdir() if each.name.endswith(".yaml"))


def read_recipe(name: str) -> str:
    """Return the text of a recipe. Raise SnapsortError if there is none of this name."""
    names = recipe_names()
    if name not in names:
        raise SnapsortError(f"there is no recipe '{name}'{suggestion(name, names)}")
    return files("snapsortd.config").joinpath("recipes", f"{name}.yaml").read_text("utf-8")


def split_sections(text: str) -> dict[str, str]:
    """Return the sections of a configuration by their key, in order; comments belong to the section that follows."""
    lines, sections, pending, key = text.splitlines(keepends=True), dict[str, str](), "", ""
    for line in lines:
        if (found := _KEY.match(line)) is not None:
            key = found[1]
            sections[key] = pending + line
            pending = ""
        elif line.startswith("#") or not line.strip():
            pending += line
        else:
            sections[key] = sections.get(key, "") + pending + line
            pending = ""
    if key:
        sections[key] += pending
    return sections


def split_rules(section: str) -> list[RulePart]:
    """Return the rules in the section `rules`."""
    rules: list[RulePart] = []
    pending, name, text = "", "", ""
    for line in section.splitlines(keepends=True):
        if (found := _RULE.match(line)) is not None:
            if name:
                rules.append(RulePart(name, text))
            name, text, pending = found[1].strip().strip("\"'"), pending + line, ""
        elif line.lstrip().startswith("#") or not line.strip():
            pending += line if name or line.strip() else ""
        elif name:
            text, pending = text + pending + line, ""
        else:
            pending = ""
    if name:
        rules.append(RulePart(name, text))
    return rules


def kinds_of(rules: Iterable[RulePart]) -> list[Kind]:
    """Return the kinds of images that the rules file: those with the same destination are one."""
    by_root: dict[str, list[RulePart]] = {}
    for rule in rules:
        by_root.setdefault(rule.root or rule.name, []).append(rule)
    return [Kind(_title(each), tuple(each)) for each in by_root.values()]


def _title(rules: Sequence[RulePart]) -> str:
    """Return the first words of a rule's name: `Receipts by month` → `Receipts`."""
    return re.split(r" (?:by|with|to|from|in|of) ", rules[0].name)[0]
