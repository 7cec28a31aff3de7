"""Find what is valid in a configuration, but cannot be meant: rules that never apply, or that move nothing. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from snapsortd.config.settings import Config, WatchFolder
from snapsortd.config.yaml_tree import Node, Steps, locate
from snapsortd.domain.decision import ActionKind
from snapsortd.domain.text import count
from snapsortd.files.installed import INSTALL_TEXT, can_read_text
from snapsortd.rules.filters import DescriptionFilter, LabelFilter, Not
from snapsortd.rules.meant import PLACEHOLDERS
from snapsortd.rules.placeholders import COMPOSED, Part
from snapsortd.rules.rule import FilterMode, Rule, RuleAction

_DATE_CODE = re.compile(r"%-?[YmdHMSyBbjV]\b")
_OTHER_BRACES = re.compile(rf"\{{(?:{'|'.join(PLACEHOLDERS)})[^{{}}]*\}}|[<%](?:{'|'.join(PLACEHOLDERS)})[>%]")
"""A placeholder in double braces, which stand for single ones, or written as other programs do."""
Found = tuple[Steps, str]
"""The place in the configuration, and the warning."""


def oversights(config: Config, root: Node) -> Iterator[str]:
    """Yield a warning `file:line:column: …` for each; `root` is the tree of the file."""
    found = list(_rules_that_are_never_asked(config))
    if not any(rule.enabled for rule in config.rules):
        found.append((("rules",), "no rule is in effect, so no image is ever filed"))
    for index, rule in enumerate(config.rules):
        found += [(("rules", index, *steps), text) for steps, text in _about(rule, config)]
    for steps, text in found:
        trail = locate(root, steps)
        yield f"{config.path}:{trail[-1][1].position}: {text}"


def _rules_that_are_never_asked(config: Config) -> Iterator[Found]:
    """Yield a rule that matches every image, in front of others that apply to the same folders."""
    for index, rule in enumerate(config.rules):
        if not rule.enabled or rule.filters or (rule.continues and not rule.leaves_alone):
            continue
        hidden = [each for each in config.rules[index + 1 :] if each.enabled and _covers(rule, each)]
        if hidden:
            more = f" and {count(len(hidden) - 1, 'rule')} more" if len(hidden) > 1 else ""
            yield (
                ("rules", index, "name"),
                f"'{rule.name}' matches every image, so '{hidden[0].name}'{more} below it never applies; put it last, "
                "or give it filters",
            )


def _covers(rule: Rule, other: Rule) -> bool:
    """Return whether every image in the locations of `other` is in those of `rule`."""
    return not rule.locations or (
        bool(other.locations)
        and all(
            any(
                place == each or (rule.subfolders and place.startswith(each.rstrip("/") + "/"))
                for each in rule.locations
            )
            for place in other.locations
        )
        and (rule.subfolders or not other.subfolders)
    )


def _about(rule: Rule, config: Config) -> Iterator[Found]:
    if not rule.enabled:
        return
    sources = [folder for folder in config.watch if _applies_in(rule, folder)]
    if not sources:
        yield ("locations",), "no watched folder is in these locations: only `snapsortctl sort` applies this rule"
    labels = [set(each.names) for each in rule.filters if isinstance(each, LabelFilter)]
    if rule.filter_mode is FilterMode.ALL and any(not one & other for one, other in combinations(labels, 2)):
        yield ("filters",), "an image has one label only, so this rule never matches; write one filter with a list"
    if config.describe is None and _wants_description(rule):
        yield (), "no image has a description, because there is no captioner: set 'describe' at the top"
    if config.describe is None and not can_read_text() and _names(rule) & COMPOSED:
        yield (), f"little is known for names: set 'describe' at the top, or {INSTALL_TEXT}"
    for number, action in enumerate(rule.actions):
        steps: Steps = ("actions", number, str(action.kind))
        for text in _about_action(action, sources):
            yield steps, text


def _wants_description(rule: Rule) -> bool:
    inner = (each.filter if isinstance(each, Not) else each for each in rule.filters)
    return any(isinstance(each, DescriptionFilter) for each in inner) or "caption" in _names(rule)


def _names(rule: Rule) -> frozenset[str]:
    return frozenset(each.name for action in rule.actions for each in action.placeholders())


def _applies_in(rule: Rule, folder: WatchFolder) -> bool:
    """Return whether an image in the watched folder can be in the locations of the rule."""
    here = folder.path.rstrip("/") + "/"
    places = [each.rstrip("/") + "/" for each in rule.locations]
    return not places or any(
        here == place or (rule.subfolders and here.startswith(place)) or (folder.subfolders and place.startswith(here))
        for place in places
    )


def _about_action(action: RuleAction, sources: list[WatchFolder]) -> Iterator[str]:
    destination = action.destination
    if destination is None:
        return
    parts: tuple[Part, ...] = ((destination.root,), *destination.folders)
    text = "/".join(piece for part in parts for piece in part if isinstance(piece, str))
    other = _OTHER_BRACES.search(text)
    if not other and (code := _DATE_CODE.search(text)):
        yield f"'{code[0]}' outside of a placeholder is only text; write for example {{taken:{code[0]}}}"
    if other:
        written = f"{{{other[0]}}}" if other[0].startswith("{") else other[0]
        yield f"'{written}' is only text; write {{{other[0].strip('{}<>%')}}}"
    same = [each for each in sources if each.path == destination.root and not each.subfolders]
    if action.kind is ActionKind.MOVE and same and not destination.folders and destination.name is None:
        yield f"images in {same[0].path} are there already, so they stay where they are; name another folder"
