"""Convert a validated document to the values that the other rooms use."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import chain
from typing import cast

from snapsortd.config.precision import resolve
from snapsortd.config.schema.actions import SKIP, build_action, kind_of
from snapsortd.config.schema.document import Document, LabelEntry, RuleEntry, TestEntry
from snapsortd.config.schema.filters import FilterBody, Filters
from snapsortd.config.settings import CaptionerConfig, Config, Expectation, Label, ModelConfig, WatchFolder
from snapsortd.config.yaml_tree import Node, locate
from snapsortd.domain.left_out import DEFAULT, LEFT_OUT
from snapsortd.rules.filters import Filter, Not
from snapsortd.rules.rule import FilterMode, Rule


def build(path: str, document: Document, root: Node) -> Config:
    """Return the configuration of a document; `root` has the position of each part in the file."""
    chosen = document.model
    model = ModelConfig(chosen.name, chosen.unload_after, chosen.engine, chosen.threads, chosen.nice)
    labels = build_labels(document.labels)
    rules = tuple(_rule(entry, root, index) for index, entry in enumerate(document.rules))
    rules = resolve(rules, labels, model.name)
    asked = document.describe
    describe = CaptionerConfig(asked.model, asked.prompt, asked.server or "", asked.timeout) if asked else None
    decides = (model.name, labels, rules, document.taken_from, *((describe,) if describe else ()))
    return Config(
        path=path,
        model=model,
        labels=labels,
        watch=tuple(
            WatchFolder(
                path=entry.path,
                subfolders=entry.subfolders,
                ignore=tuple(entry.ignore),
                exclude=_excluded(entry.exclude),
                settle=entry.settle,
                prune_empty=entry.prune_empty,
                wait=entry.wait,
                files_existing=(entry.existing or document.existing) == "file",
                position=_position(root, "watch", index, "path"),
            )
            for index, entry in enumerate(document.watch)
        ),
        rules=rules,
        tests=tuple(
            _expectation(entry, path, _position(root, "tests", index)) for index, entry in enumerate(document.tests)
        ),
        rescan=document.rescan,
        notify=document.notify,
        pauses_on_battery=document.on_battery == "pause",
        pauses_if_busy=document.busy == "pause",
        taken_from=tuple(document.taken_from),
        companions=tuple(document.companions),
        learn_from_moves=document.learn.from_moves,
        describe=describe,
        # All of these are frozen dataclasses of text and numbers, so their repr is complete.
        fingerprint=hashlib.sha256(repr(decides).encode()).hexdigest(),
    )


def build_labels(entries: Mapping[str, LabelEntry]) -> tuple[Label, ...]:
    """Return the labels of a document, in order."""
    return tuple(
        Label(name, tuple(entry.prompts), entry.negative, entry.examples or "") for name, entry in entries.items()
    )


def _excluded(patterns: list[str]) -> tuple[str, ...]:
    """Return the patterns of folders that are left out, with all of the default ones in place of their word."""
    named = (LEFT_OUT if each == DEFAULT else (each,) for each in patterns)
    return tuple(dict.fromkeys(chain.from_iterable(named)))


def _rule(entry: RuleEntry, root: Node, index: int) -> Rule:
    return Rule(
        name=entry.name,
        actions=tuple(
            build_action(action, _position(root, "rules", index, "actions", number, *action, "dest"))
            for number, action in enumerate(entry.actions)
            if kind_of(action) != SKIP
        ),
        filters=tuple(_filter(each) for each in entry.filters),
        filter_mode=FilterMode(entry.filter_mode),
        locations=tuple(entry.locations),
        subfolders=entry.subfolders,
        enabled=entry.enabled,
        shadow=entry.mode == "shadow",
        continues=entry.continue_,
        leaves_alone=any(kind_of(action) == SKIP for action in entry.actions),
        tags=tuple(entry.tags),
        wait=entry.wait,
        notify=entry.notify,
    )


def _expectation(entry: TestEntry, path: str, position: str) -> Expectation:
    """Return a test of the rules; its file may be relative to the folder of the configuration."""
    file = entry.file if entry.file.startswith("/") else f"{path.rpartition('/')[0]}/{entry.file}"
    return Expectation(file, entry.rule, entry.destination, position)


def _filter(entry: Filters) -> Filter:
    ((key, body),) = cast(Mapping[str, FilterBody], entry).items()
    return Not(body.build()) if key.startswith("not ") else body.build()


def _position(root: Node, *steps: str | int) -> str:
    return str(locate(root, steps)[-1][1].position)
