"""Notice that the configuration was saved, so that it is loaded without being asked for."""

from __future__ import annotations

import os
from collections.abc import Callable

Version = tuple[int, int, int] | None


class SavedConfig:
    """Compares the file with the one that was loaded. `check` is called at intervals, from another thread."""

    def __init__(self, path: str, on_saved: Callable[[], None]) -> None:
        """`on_saved` is called once for each version of the file that has stayed the same for an interval."""
        self._path = path
        self._on_saved = on_saved
        self._loaded = self._seen = self._version()

    def loaded(self) -> None:
        """Take the file as it is now for the one that is being loaded, with or without success."""
        self._loaded = self._seen = self._version()

    def check(self) -> None:
        """Call `on_saved` if there is another version, which no program has written to since the last check."""
        before, self._seen = self._seen, self._version()
        if self._seen is not None and self._seen == before and self._seen != self._loaded:
            self._loaded = self._seen
            self._on_saved()

    def _version(self) -> Version:
        """Return what changes when the file is saved; None if there is none, as while an editor replaces it."""
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns
