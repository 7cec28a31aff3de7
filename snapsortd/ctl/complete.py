"""Offer the names of the configuration to a shell that completes a command line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from snapsortd.domain.errors import SnapsortError
from snapsortd.files.locations import find_locations, make_private

if TYPE_CHECKING:
    from snapsortd.config import Config

Offer = Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]


def offers(names: Callable[[Config], Iterable[str]]) -> Offer:
    """Return a callback for `shell_complete` that offers names of the configuration; none if it has faults."""

    def offer(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        return matching(names_of(ctx, names), incomplete)

    return offer


def names_of(ctx: click.Context, names: Callable[[Config], Iterable[str]]) -> list[str]:
    """Return names of the configuration that the command line chooses, as it was cached when it was last validated."""
    from snapsortd.config import load_config

    env = dict(os.environ)
    if chosen := ctx.find_root().params.get("config"):
        env["SNAPSORTD_CONFIG"] = os.path.abspath(os.path.expanduser(chosen))
    here = find_locations(env)
    try:
        make_private(here.cache_dir)  # validation takes longer than a person waits for a completion
        return list(names(load_config(here.config_file, env, here.config_cache)))
    except (SnapsortError, OSError):
        return []


def matching(names: Iterable[str], incomplete: str) -> list[CompletionItem[str]]:
    """Return those names, each once, that begin with what was typed, whatever its case, and fit on one line."""
    begin = incomplete.casefold()
    return [
        CompletionItem(name)
        for name in dict.fromkeys(names)
        if name.isprintable() and name.casefold().startswith(begin)
    ]


def _rules(config: Config) -> Iterable[str]:
    return (rule.name for rule in config.rules)


def _labels(config: Config) -> Iterable[str]:
    return (label.name for label in config.labels)


def _tags(config: Config) -> Iterable[str]:
    return (tag for rule in config.rules for tag in rule.tags)


offer_rules = offers(_rules)
offer_labels = offers(_labels)


def offer_tags(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Offer the tags of rules; the last one of a comma-separated list is completed."""
    before, comma, last = incomplete.rpartition(",")
    chosen = before.split(",")
    names = [name for name in names_of(ctx, _tags) if name not in chosen]
    return [CompletionItem(f"{before}{comma}{each.value}") for each in matching(names, last)]


def offer_files_then_label(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Offer files, and behind the first one labels, too."""
    files = [CompletionItem(incomplete, type="file")]
    return [*files, *offer_labels(ctx, parameter, incomplete)] if ctx.params.get(parameter.name or "") else files
