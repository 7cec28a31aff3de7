"""Find the images of a folder: the same files that the daemon files, by the functions that it finds them with."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from snapsortd.config import load_config
from snapsortd.config.settings import WatchFolder
from snapsortd.domain.errors import ConfigError, SnapsortError
from snapsortd.domain.names import IMAGE_SUFFIXES, suffix_of
from snapsortd.files.folders import lstat
from snapsortd.files.locations import Locations
from snapsortd.files.open_file import open_file
from snapsortd.journal.readonly import read_left
from snapsortd.vision.formats import recognise
from snapsortd.watch.candidates import owner, wanted_in
from snapsortd.watch.completeness import unready
from snapsortd.watch.scan import scan


@dataclass(frozen=True, slots=True)
class FoundImage:
    """An image. `waits` is why it is not ready to be filed; empty if it is, or if a person named it."""

    path: str
    waits: str = ""
    is_named: bool = False
    """True if a person named this file, and not its folder."""


def watched_folders(here: Locations) -> Sequence[WatchFolder]:
    """Return the watched folders of the configuration; none if it has faults, which do not concern other folders."""
    with suppress(ConfigError):
        return load_config(here.config_file, os.environ, here.config_cache).watch
    return ()


def find_images(path: str, watched: Sequence[WatchFolder], *, recursive: bool) -> Iterator[FoundImage]:
    """Yield the file `path`, or the images of that folder in order of their paths. Raise OSError if it can't be read.

    What is ignored and left out in a watched folder is so here. Subfolders are searched only if `recursive`.
    """
    if not os.path.isdir(path):
        yield FoundImage(path, is_named=True)
        return
    with os.scandir(path):
        pass
    settings = owner(os.path.join(path, "x"), watched) or WatchFolder(path)
    inside = [each for each in watched if each.path.startswith(path.rstrip("/") + "/")] if recursive else []
    folders = [replace(settings, path=path, subfolders=recursive)]
    folders += [replace(each, subfolders=recursive) for each in inside]
    paths = {found: each.path for each in folders for found in scan(each, [other.path for other in inside])}
    for found, root in sorted(paths.items()):
        if _is_image(found, root):
            yield FoundImage(found, unready(found, root))


def find_left_images(here: Locations, paths: Sequence[str]) -> list[FoundImage]:
    """Return those that are in a watched folder and, if `paths` are given, at or below one of these, by path.

    Raise ConfigError, JournalError.
    """
    config = load_config(here.config_file, os.environ, here.config_cache)
    below = [os.path.abspath(path) for path in paths]
    found = []
    for path in sorted(read_left(here.journal, config.fingerprint)):
        folder = wanted_in(path, config.watch)
        chosen = not below or any(path == each or path.startswith(each.rstrip("/") + "/") for each in below)
        if folder is not None and chosen and os.path.lexists(path):
            found.append(FoundImage(path, unready(path, folder.path)))
    return found


def _is_image(path: str, root: str) -> bool:
    found = lstat(path, root)
    if found is None or found.identity.size == 0:
        return False
    if suffix_of(path) in IMAGE_SUFFIXES:
        return True
    with suppress(SnapsortError, OSError), open_file(path, root) as image:
        return recognise(image) is not None
    return False
