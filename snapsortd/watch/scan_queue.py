"""Queue the scans of several folders, and read them one path at a time."""

from __future__ import annotations

from collections.abc import Iterator


class ScanQueue:
    """Scans by source: the unfinished one, and at most one more that follows it."""

    def __init__(self) -> None:
        self._scans: dict[str, list[tuple[Iterator[str], float]]] = {}

    def __bool__(self) -> bool:
        return bool(self._scans)

    def add(self, source: str, paths: Iterator[str], quiet: float) -> None:
        """Add a scan of `source` behind an unfinished one; a scan that was waiting there is dropped.

        Aborting the unfinished scan would mean that under a stream of requests none ever completes; dropping the new
        one would miss files that appeared in folders already passed.
        """
        unfinished = self._scans.setdefault(source, [])
        for dropped, _ in unfinished[1:]:
            _close(dropped)
        unfinished[1:] = [(paths, quiet)]

    def next(self) -> tuple[str, float] | None:
        """Return the next path of the first source and its settle time in seconds; None if every scan has ended."""
        while self._scans:
            source, unfinished = next(iter(self._scans.items()))
            paths, quiet = unfinished[0]
            path = next(paths, None)
            if path is not None:
                return path, quiet
            self._end_first(source)
        return None

    def close(self) -> None:
        """Abort every scan, which closes the folders that the scans hold open."""
        for unfinished in self._scans.values():
            for paths, _ in unfinished:
                _close(paths)
        self._scans.clear()

    def _end_first(self, source: str) -> None:
        """Remove the finished scan of `source`; its follower waits until the other sources have had their turn."""
        (ended, _), *rest = self._scans.pop(source)
        _close(ended)
        if rest:
            self._scans[source] = rest


def _close(paths: Iterator[str]) -> None:
    close = getattr(paths, "close", None)
    if close is not None:
        close()
