"""The record of every content that was written: how often it must and may exist, wherever it is by now."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from snapsortd.domain.names import OWN_PREFIX
from snapsortd.files.probe import PREFIX as PROBE
from tests.support.waiting import wait_for

TIME_STEP_NS = 2 * 10**9
"""The coarsest times of a file system."""

Found = Mapping[str, Sequence[Path]]
"""SHA-256 → the files with this content."""


@dataclass
class Content:
    """One content, and what may have become of it."""

    sha256: str
    mtime_ns: int
    at_most: int
    """One file, and one more for each copy that a rule may make."""
    needed: bool = True
    """No operation has replaced or deleted it."""
    instead_of: Content | None = None
    """The content over which it was written while the daemon may have held the file: one of both must exist."""
    story: list[str] = field(default_factory=list)


class Ledger:
    """Everything that was written."""

    def __init__(self) -> None:
        self.contents: dict[str, Content] = {}

    def write(self, data: bytes, mtime_ns: int, at_most: int, story: str) -> Content:
        """Record a new content."""
        sha256 = hashlib.sha256(data).hexdigest()
        assert sha256 not in self.contents, "contents must differ"
        self.contents[sha256] = Content(sha256, mtime_ns, at_most, story=[story])
        return self.contents[sha256]

    def known(self, data: bytes) -> Content | None:
        """Return what is recorded of this content."""
        return self.contents.get(hashlib.sha256(data).hexdigest())

    def faults(self, found: Found) -> Iterator[tuple[str, str]]:
        """Return each fault with the content that it is about."""
        for sha256, paths in found.items():
            if sha256 not in self.contents:
                yield sha256, f"changed: {paths[0]} has a content that nobody wrote"
        for content in reversed(self.contents.values()):
            self._settle(content, found)
        for sha256, content in self.contents.items():
            paths = found.get(sha256, ())
            if content.needed and not paths:
                yield sha256, f"missing: {content.story}"
            if len(paths) > content.at_most:
                yield sha256, f"doubled: {[str(path) for path in paths]}, {content.story}"
            for path in paths:
                if abs(path.stat().st_mtime_ns - content.mtime_ns) > TIME_STEP_NS:
                    yield sha256, f"changed: the time of {path}, {content.story}"

    @staticmethod
    def _settle(content: Content, found: Found) -> None:
        """Decide, once everything rests, what has become of a content that was written while a file was moved."""
        before, content.instead_of = content.instead_of, None
        if before is not None and content.needed and content.sha256 not in found:
            content.needed, before.needed = False, True
            content.story.append("written into a file that was gone by then")


def find(roots: Sequence[Path]) -> tuple[Found, list[Path]]:
    """Return every file below the folders by its content, and every name of ours."""
    found: dict[str, list[Path]] = {}
    ours = []
    paths = (path for root in roots for path in listed(root))
    for path in (path for path in paths if PROBE not in str(path)):  # a later probe removes what a killed one left
        if path.name.startswith(OWN_PREFIX):
            ours.append(path)
        elif path.is_file() and path.suffix != ".trashinfo" and not path.name.startswith(".fuse_hidden"):
            found.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), []).append(path)
    return found, ours


def listed(root: Path) -> list[Path]:
    """Return everything below a folder, and the folder."""
    return wait_for(partial(_listed, root), what=f"{root} listed")


def _listed(root: Path) -> list[Path] | None:
    try:
        return [root, *sorted(root.rglob("*"))]
    except OSError as error:
        if error.errno == errno.ESTALE:  # sshfs remembers a folder of ours that has just been removed
            return None
        raise
