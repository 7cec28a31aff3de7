"""Understand a command line as its author means it: `help sort`, `--config` anywhere, the nearest command or file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import islice

import click

from snapsortd.domain.errors import SnapsortError
from snapsortd.domain.text import escape, nearest

MAX_ENTRIES = 10_000
"""Entries of a folder in which a similar name is looked for."""

_OTHER_WORDS = {
    "check": ("validate", "lint", "verify"),
    "correct": ("label", "relabel", "fix"),
    "doctor": ("diagnose", "troubleshoot", "health"),
    "explain": ("why", "info"),
    "log": ("history", "list", "ls", "journal"),
    "pause": ("disable",),
    "reload": ("restart", "refresh"),
    "resume": ("continue", "unpause", "enable"),
    "service install": ("install", "start", "run", "daemon", "autostart"),
    "service uninstall": ("uninstall", "remove"),
    "sim": ("simulate", "preview", "dry-run", "test", "plan"),
    "show": ("open", "where", "reveal"),
    "sort": ("file", "organize", "organise", "move", "process"),
    "status": ("state", "queue"),
    "stop": ("quit", "exit", "kill"),
    "undo": ("revert", "rollback", "back", "restore"),
    "docs": ("man", "manual", "readme", "guide"),
    "edit": ("config", "configure", "settings", "preferences"),
    "find": ("search", "grep", "locate"),
    "init": ("setup", "new"),
    "review": ("gui", "ui", "web", "page"),
}
"""Words of other programs, for each command."""
_MEANT = {word: command for command, words in _OTHER_WORDS.items() for word in words}


def rearranged(words: list[str]) -> list[str]:
    """Return the arguments with `--config FILE` in front, `help X` as `X --help`, and `version` as the option."""
    config, others = _config_of(words)
    match others:
        case ["help", *command] if not any(each.startswith("-") for each in command):
            others = [*command, "--help"]
        case ["version"] | ["-V"]:
            others = ["--version"]
    return [*config, *others]


def _config_of(words: list[str]) -> tuple[list[str], list[str]]:
    """Return `--config FILE`, wherever it is in front of a `--`, and the other arguments."""
    for index, word in enumerate(words):
        if word == "--":
            break
        if word == "--config":
            if index + 1 == len(words):
                raise click.UsageError("--config needs a value, FILE: the configuration to use")
            return words[index : index + 2], words[:index] + words[index + 2 :]
        if word.startswith("--config="):
            return [word], words[:index] + words[index + 1 :]
    return [], words


def no_such_command(name: str, known: Iterable[str]) -> str:
    """Return the message for a command that does not exist, with the one that was meant, if that is clear."""
    if os.path.lexists(os.path.expanduser(name)):
        kind = "a file; did you mean `snapsortctl explain FILE`, or `snapsortctl sort FILE`?"
        folder = "a folder; did you mean `snapsortctl sim FOLDER`, or `snapsortctl sort FOLDER`?"
        return f"'{escape(name)}' is {folder if os.path.isdir(os.path.expanduser(name)) else kind}"
    near = f"; did you mean '{_MEANT[name]}'?" if name in _MEANT else nearest(name, known)
    return f"there is no command '{escape(name)}'{near or '; `snapsortctl help` lists all'}"


def no_such_file(path: str) -> SnapsortError:
    """Return the error for a file that neither exists nor is in the journal, with a similar name of its folder."""
    hint = "`snapsortctl log` lists what was filed, with its new place"
    return SnapsortError(f"there is no file {path}{near_file(path)}", hint)


def near_file(path: str) -> str:
    """Return "; did you mean 'x'?" if the folder of a file that does not exist has one with a similar name."""
    folder, _, name = path.rpartition("/")
    try:
        with os.scandir(folder or "/") as entries:
            return nearest(name, (each.name for each in islice(entries, MAX_ENTRIES)))
    except OSError:
        return ", nor its folder"


def config_is_chosen() -> bool:
    """Return whether this command was given `--config`."""
    context = click.get_current_context(silent=True)
    return bool(context and context.find_root().params.get("config"))


def refuse_other_config(in_use: str, wanted: str) -> None:
    """Raise SnapsortError if the daemon, whose configuration decides what is done, uses another one."""
    if os.path.realpath(in_use) != os.path.realpath(wanted):
        raise SnapsortError(
            f"the running daemon uses {in_use}, not {wanted}",
            "leave --config away, or `snapsortctl stop` first and start it with `snapsortd --config FILE`",
        )
