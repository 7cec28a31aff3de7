"""Open the destination of an action, under names that its file system can hold."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace

from snapsortd.domain.decision import Destination
from snapsortd.domain.file import MadeFolder
from snapsortd.domain.names import MAX_NAME_BYTES, NameSeries
from snapsortd.files.adapted_names import NameRules, adapted, adapted_series, is_doubtful
from snapsortd.files.capabilities import capabilities
from snapsortd.files.folders import Folder, make_folder

SHORTEST_LIMIT = 100
"""Bytes that every file system allows for a name; encrypting ones allow little more."""


def open_destination(where: Destination, held: ExitStack) -> Folder:
    """Open the folder of a destination, creating it if it is missing.

    Raise MoveRefused if a name is not a folder, OSError as the system reports it.
    """
    root, folders = _root_that_exists(where.root, where.folders)
    names: tuple[str, ...] = ()
    made: tuple[MadeFolder, ...] = ()
    for folder in folders:
        if _needs_rules(folder):
            with make_folder(root, names) as above:
                folder = adapted(folder, _rules(above, folder))
                made += above.made
        names += (folder,)
    last = held.enter_context(make_folder(root, names))
    return replace(last, made=made + last.made)


def names_in(folder: Folder, series: NameSeries) -> Callable[[int], str]:
    """Return the function from a number to the name that a file gets in an open folder."""
    first = series.nth(1)
    if not _needs_rules(first):
        return series.nth
    rules = _rules(folder, first)
    return lambda number: adapted_series(series, number, rules)


def _root_that_exists(root: str, folders: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return root and folders; missing parts of a root that may need other names become folders."""
    if any(map(_needs_rules, root.split("/"))) and not os.path.isdir(root):
        above, name = os.path.split(root.rstrip("/"))
        return _root_that_exists(above, (name, *folders))
    return root, folders


def _needs_rules(name: str) -> bool:
    return is_doubtful(name) or len(os.fsencode(name)) > SHORTEST_LIMIT


def _rules(folder: Folder, name: str) -> NameRules:
    """Return the rules for names in an open folder; it is probed only if the name is doubtful."""
    limit = _name_limit(folder)
    if not is_doubtful(name):
        return NameRules(max_bytes=limit)
    try:
        found = capabilities(folder)
    except OSError:  # no file can be created there, whatever its name
        return NameRules(max_bytes=limit)
    return NameRules(found.forbidden, found.trims_dots, found.reserved_names, limit)


def _name_limit(folder: Folder) -> int:
    """Return the most bytes that a name can have there; drivers that do not know report nothing, or 0."""
    with suppress(OSError):
        limit = os.fpathconf(folder.fd, "PC_NAME_MAX")
        if SHORTEST_LIMIT < limit < MAX_NAME_BYTES:
            return limit
    return MAX_NAME_BYTES
