"""The questions of `init`: which folders, what is to be filed, where to."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click

from snapsortd.ctl.output.console import say, short
from snapsortd.ctl.setup.compose import Watched
from snapsortd.ctl.setup.parts import Kind, RulePart
from snapsortd.ctl.setup.places import Places


@dataclass(frozen=True, slots=True)
class Answers:
    """The watched folders, the rules, and the destinations that replace those of the rules."""

    watched: list[Watched]
    rules: list[RulePart]
    moved: dict[str, str]
    notify: bool = False
    """True for notifications on the desktop."""


def ask(places: Places, kinds: Sequence[Kind]) -> Answers:
    """Return what a person answers; Enter accepts what is proposed."""
    say("Four questions; Enter accepts what is proposed. Nothing is moved before you have seen what would happen.\n")
    folders = list(dict.fromkeys([*places.usual, *places.others]))
    say(click.style("Which folders should be watched for new images?", bold=True))
    watched = choose([short(each) for each in folders], len(places.usual), others=True)
    chosen_folders = [Watched(folders[each] if isinstance(each, int) else each) for each in watched]
    usual = sum(kind.enabled for kind in kinds)
    say("")
    say(click.style("What should be filed?", bold=True) + " The proposed ones are recognised most surely.")
    longest = max(len(kind.title) for kind in kinds)
    wanted = choose([f"{kind.title:{longest}}  → {kind.root}" for kind in kinds], usual)
    chosen = [kinds[each] for each in wanted if isinstance(each, int)]
    moved: dict[str, str] = {}
    if click.confirm("\nChange where they go?", default=False):
        for kind in chosen:
            root = click.prompt(f"  {kind.title}", default=kind.root).strip().rstrip("/")
            if root != kind.root:
                moved[kind.root] = root if root.startswith(("~", "/")) else f"~/{root}"
    notify = click.confirm("\nShow on the desktop what was filed, with a button that undoes it?", default=False)
    return Answers(chosen_folders, list(chosen_rules(kinds, chosen)), moved, notify)


def chosen_rules(kinds: Sequence[Kind], chosen: Sequence[Kind]) -> Iterator[RulePart]:
    """Yield the rules of the chosen kinds, enabled, and those of the others that are disabled anyway, for later."""
    for kind in kinds:
        for rule in kind.rules:
            if kind in chosen:
                yield rule.enable()
            elif not rule.enabled:
                yield rule


def choose(names: Sequence[str], usual: int, *, others: bool = False) -> list[int | str]:
    """Return the numbers, from 0, of the names that a person chooses; the first `usual` ones are proposed.

    With `others`, a path may be given as well.
    """
    for number, name in enumerate(names, start=1):
        say(f"  {number}  {name}")
    hint = "numbers, or a path of your own" if others else "numbers"
    while True:
        text = click.prompt(f"  {hint}", default=" ".join(str(each + 1) for each in range(usual)))
        found = [read_choice(word, len(names), others=others) for word in split_words(text)]
        if found and None not in found:
            return list(dict.fromkeys(each for each in found if each is not None))
        say(f"  Give numbers from 1 to {len(names)}, separated by spaces{', or a folder such as ~/Scans' * others}.")


def split_words(text: str) -> list[str]:
    """Return the words of an answer; a path may have spaces, so it is one word up to a comma."""
    if any(mark in text for mark in ("~", "/")):
        return [word.strip() for word in text.split(",") if word.strip()]
    return text.replace(",", " ").split()


def read_choice(word: str, most: int, *, others: bool) -> int | str | None:
    """Return a number from 0, or an absolute path; None if it is neither."""
    if word.isdigit():
        return int(word) - 1 if 1 <= int(word) <= most else None
    path = os.path.expanduser(word)
    return os.path.normpath(path) if others and os.path.isabs(path) else None
