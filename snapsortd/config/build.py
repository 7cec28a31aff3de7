"""From the checked document to the values that the other parts use."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import cast

from snapsortd.config.faults import locate
from snapsortd.config.filter_entries import FilterBody, Filters
from snapsortd.config.schema import Actions, Document, MoveEntry, RuleEntry
from snapsortd.config.settings import Config, Label, ModelConfig, WatchFolder
from snapsortd.config.yaml_tree import Node
from snapsortd.filters import Filter, Not
from snapsortd.models import ActionKind, OnConflict
from snapsortd.rules import FilterMode, Rule, RuleAction


def build(path: str, document: Document, root: Node) -> Config:
    """The configuration of a document; `root` knows where each part stands in the file."""
    model = ModelConfig(document.model.name, document.model.unload_after)
    labels = tuple(Label(name, tuple(entry.prompts), entry.negative) for name, entry in document.labels.items())
    rules = tuple(_rule(entry, root, index) for index, entry in enumerate(document.rules))
    return Config(
        path=path,
        model=model,
        labels=labels,
        watch=tuple(
            WatchFolder(
                path=entry.path,
                subfolders=entry.subfolders,
                ignore=tuple(entry.ignore),
                settle=entry.settle,
                position=_position(root, "watch", index, "path"),
            )
            for index, entry in enumerate(document.watch)
        ),
        rules=rules,
        rescan=document.rescan,
        notify=document.notify,
        # These are frozen dataclasses of text and numbers all the way down, so their repr says all there is.
        fingerprint=hashlib.sha256(repr((model.name, labels, rules)).encode()).hexdigest(),
    )


def _rule(entry: RuleEntry, root: Node, index: int) -> Rule:
    return Rule(
        name=entry.name,
        actions=tuple(
            _action(action, _position(root, "rules", index, "actions", number, *action, "dest"))
            for number, action in enumerate(entry.actions)
        ),
        filters=tuple(_filter(each) for each in entry.filters),
        filter_mode=FilterMode(entry.filter_mode),
        locations=tuple(entry.locations),
        subfolders=entry.subfolders,
        enabled=entry.enabled,
        shadow=entry.mode == "shadow",
        goes_on=entry.continue_,
    )


def _action(entry: Actions, position: str) -> RuleAction:
    ((kind, body),) = cast(Mapping[str, MoveEntry], entry).items()
    return RuleAction(ActionKind(kind), body.dest, OnConflict(body.on_conflict), position)


def _filter(entry: Filters) -> Filter:
    ((key, body),) = cast(Mapping[str, FilterBody], entry).items()
    return Not(body.build()) if key.startswith("not ") else body.build()


def _position(root: Node, *steps: str | int) -> str:
    return str(locate(root, steps)[-1][1].position)
