"""Find the folders of this user in which images arrive, whatever the language of the desktop."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files

import platformdirs

SYNCED = (
    *("Dropbox/Camera Uploads", "Dropbox/Screenshots", "Nextcloud/InstantUpload", "Nextcloud/Photos"),
    *("ownCloud/InstantUpload", "Sync/DCIM", "Sync/Pictures", "Syncthing/DCIM", "OneDrive/Pictures/Camera Roll"),
)
"""Folders to which the programs of these names bring the pictures of a phone, in the home folder."""


@dataclass(frozen=True, slots=True)
class Places:
    """Absolute paths; the first four need not exist."""

    downloads: str
    pictures: str
    documents: str
    desktop: str
    screenshots: tuple[str, ...]
    """Where screenshots are saved; these exist."""
    synced: tuple[str, ...]
    """Where the pictures of a phone arrive; these exist."""

    @property
    def usual(self) -> tuple[str, ...]:
        """Return the folders that are watched unless a person chooses others: at least one, which may not exist."""
        found = tuple(dict.fromkeys(each for each in (self.downloads, *self.screenshots) if os.path.isdir(each)))
        return found or (self.downloads,)

    @property
    def others(self) -> tuple[str, ...]:
        """Return the other folders that a person may want to have watched; all of them exist."""
        rest = (self.desktop, *self.synced)
        return tuple(each for each in rest if os.path.isdir(each) and each not in self.usual)


def find_places() -> Places:
    """Return the folders of this user, as the desktop names them (`user-dirs.dirs` of XDG)."""
    pictures, desktop = _known("pictures"), _known("desktop")
    home = os.path.expanduser("~")
    return Places(
        downloads=_known("downloads"),
        pictures=pictures,
        documents=_known("documents"),
        desktop=desktop,
        screenshots=tuple(dict.fromkeys(_screenshot_folders(pictures, desktop))),
        synced=tuple(path for name in SYNCED if os.path.isdir(path := os.path.join(home, name))),
    )


def _known(name: str) -> str:
    """Return a folder of the user; one that is configured as the home folder itself does not count."""
    path = os.path.normpath(getattr(platformdirs, f"user_{name}_dir")())
    home = os.path.expanduser("~")
    return os.path.join(home, name.capitalize()) if path == os.path.normpath(home) else path


def _screenshot_folders(pictures: str, desktop: str) -> Iterator[str]:
    if sys.platform == "darwin":
        yield _location_of_screencapture() or desktop
        return
    text = files("snapsortd.config").joinpath("screenshot_folders.csv").read_text("utf-8")
    names = dict.fromkeys(row["name"] for row in csv.DictReader(text.splitlines()))
    yield from (path for name in names if os.path.isdir(path := os.path.join(pictures, name)))


def _location_of_screencapture() -> str:
    """Return the folder that was chosen in macOS for screenshots; empty if it is the usual one."""
    with suppress(OSError):
        command = ["defaults", "read", "com.apple.screencapture", "location"]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        path = os.path.expanduser(found.stdout.strip().rstrip("/"))
        return path if found.returncode == 0 and os.path.isdir(path) else ""
    return ""
