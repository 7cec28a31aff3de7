"""Check what the configuration expects of the file system: `check` reports problems, the daemon only warns."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from functools import partial

from snapsortd.config.settings import Config
from snapsortd.domain.decision import ActionKind
from snapsortd.files.answering import Ask, NotAnswering, directly


def check_folders(config: Config, ask: Ask = directly) -> tuple[str, ...]:
    """Return folders that cannot be watched and destinations that cannot be created, as `file:line:col: …`."""
    return tuple(f"{config.path}:{position}: {problem}" for position, problem in _problems(config, ask))


def missing_commands(config: Config, path: str) -> Iterator[tuple[str, str]]:
    """Yield position and name of every command of a rule that is not found in `path`, a list of folders like PATH.

    It is looked up from the folder that commands run in. A name that has a value of the image in it is not known yet.
    """
    for action in (action for rule in config.rules if rule.enabled for action in rule.actions):
        if action.kind is ActionKind.RUN and action.words[0].is_fixed:
            name = action.words[0].fill({})
            if shutil.which(os.path.join("/", name) if "/" in name else name, path=path) is None:
                yield action.position, name


def _problems(config: Config, ask: Ask) -> Iterator[tuple[str, str]]:
    checks: list[tuple[str, str, Callable[[str], str]]]
    checks = [(folder.position, folder.path, _watch_problem) for folder in config.watch]
    actions = (action for rule in config.rules for action in rule.actions)
    checks += [(each.position, each.destination.root, _root_problem) for each in actions if each.destination]
    for position, path, check in checks:
        try:
            problem = ask(path, partial(check, path))
        except NotAnswering as error:
            problem = error.message
        if problem:
            yield position, problem


def _watch_problem(path: str) -> str:
    try:
        is_folder = stat.S_ISDIR(os.stat(path).st_mode)
    except FileNotFoundError:
        return f"the watched folder {path} does not exist; it will be watched once it exists"
    except OSError as error:
        return f"the watched folder {path} cannot be reached: {error.strerror}"
    if not is_folder:
        return f"{path} is watched, but is not a folder"
    if not os.access(path, os.R_OK | os.X_OK):
        return f"the watched folder {path} cannot be read; check its permissions"
    return ""


def _root_problem(root: str) -> str:
    """Return why the root neither exists nor can be created, as far as permissions show; empty if nothing is wrong."""
    existing = root
    while not os.path.lexists(existing):
        existing = os.path.dirname(existing)
    if not os.path.isdir(existing):
        return f"the destination {root} cannot be created: {existing} is not a folder"
    if not os.access(existing, os.W_OK | os.X_OK):
        return f"the destination {root} is not writable: you have no write permission for {existing}"
    return ""
