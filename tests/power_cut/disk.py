"""A simulated disk that loses, at a power cut, any part of what was not synced.

A file has the content and facts that programs see, and those that are certainly on the disk. Names are changed by
operations in a log; each touches one folder, a rename one or two. The possible results of a power cut are enumerated:

- Any subset of the operations that were not synced has reached the disk, in any order: not that of the calls, not
  between folders, and not between names and content. If two of them set one name, the later one wins.
- Content and facts that were not synced are, independently, what they were before, what they became, or for
  content nothing at all, or zeros. A name may survive whose content is lost.
- A name whose folder's own name is lost is lost with it.

A file's fsync makes its content and facts durable, but none of its names; a folder's fsync makes every operation
durable that touches it. An fsync that fails makes nothing durable, nor does a later one of the same changes: Linux
marks lost pages clean (LWN 752063, "PostgreSQL's fsync() surprise"). They may still reach the disk by chance.

Assumptions: a rename is one operation, even between two folders, and so is on the disk completely or not at all.
Journalling and copy-on-write provide that (ext4, xfs, btrfs, f2fs, APFS); `atomic_rename = False` removes it, as on
FAT. A single write of a name or of a file's facts is not torn, and synced data stays readable.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product

Key = tuple[int, int]
"""Device and inode number."""

Name = tuple[Key, str]
"""The folder, and the name in it."""

NOW = 1_700_000_000 * 10**9
"""The clock does not advance: two writes in one tick of the kernel's clock are the hardest to distinguish."""

ROOT: Key = (1, 1)


@dataclass(frozen=True, slots=True)
class Facts:
    """The attributes of a file, except for its content."""

    mode: int
    uid: int = 0
    gid: int = 0
    atime_ns: int = NOW
    mtime_ns: int = NOW
    attributes: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """A file, folder or symlink (its content is its target)."""

    facts: Facts
    content: bytes = b""
    sure: tuple[Facts, bytes] | None = None
    """The state that is certainly on the disk."""
    forgotten: bool = False
    """An fsync failed: the kernel considers it clean."""

    @property
    def synced(self) -> Node:
        """Return its state after a sync."""
        return replace(self, sure=(self.facts, self.content), forgotten=False)

    def left(self) -> list[Node]:
        """Return what a power cut may leave of it."""
        if self.sure == (self.facts, self.content) and not self.forgotten:
            return [self]
        if not stat.S_ISREG(self.facts.mode):
            return [self.synced]
        facts, contents = {self.facts}, {self.content}
        if self.sure is None:
            facts.add(Facts(stat.S_IFREG | 0o600))
        else:
            facts.add(self.sure[0])
            contents.add(self.sure[1])
        if self.sure is None or self.sure[1] != self.content:
            contents |= {b"", bytes(len(self.content))}
        return [Node(each, content).synced for each, content in product(facts, contents)]


@dataclass(frozen=True, slots=True)
class Change:
    """One operation on names: the target of each afterwards, None for nothing."""

    edits: tuple[tuple[Name, Key | None], ...]
    sure: bool = False
    forgotten: bool = False

    def touches(self, folder: Key) -> bool:
        return any(name[0] == folder for name, _ in self.edits)


@dataclass
class Disk:
    """One or more devices; `mounted` maps folders to the top folders of other devices."""

    atomic_rename: bool = True
    nodes: dict[Key, Node] = field(default_factory=lambda: {ROOT: Node(Facts(stat.S_IFDIR | 0o755))})
    base: dict[Name, Key] = field(default_factory=dict)
    """The names on the disk before `log`."""
    log: list[Change] = field(default_factory=list)
    names: dict[Name, Key] = field(default_factory=dict)
    """The names as programs see them."""

    def copy(self) -> Disk:
        """Return an independent copy."""
        return Disk(self.atomic_rename, dict(self.nodes), dict(self.base), list(self.log), dict(self.names))

    def fingerprint(self) -> object:
        """Return a value that is equal for equal disks; the numbers of folders, which nobody stores, don't count."""
        shown = self._shown()
        return (
            frozenset((key, self.nodes[old]) for old, key in shown.items()),
            frozenset((shown[folder], name, shown[key]) for (folder, name), key in self.base.items()),
            tuple(
                (
                    change.sure,
                    change.forgotten,
                    *((shown[folder], name, key and shown[key]) for (folder, name), key in change.edits),
                )
                for change in self.log
            ),
        )

    def _shown(self) -> dict[Key, object]:
        """Map everything that has or had a name to its number or, for a folder, to the order in which it is found."""
        found = [ROOT]
        for folder in found:
            found += [key for (parent, _), key in sorted(self.base.items()) if parent == folder and key not in found]
        found += [key for change in self.log for _, key in change.edits if key is not None]
        return {
            key: number if stat.S_ISDIR(self.nodes[key].facts.mode) else key
            for number, key in enumerate(dict.fromkeys(found))
        }

    def mount(self, folder: Key, name: str, device: int) -> Key:
        """Add a new device, mounted permanently at this name."""
        top = (device, 1)
        self.nodes[top] = Node(Facts(stat.S_IFDIR | 0o755))
        self.base[folder, name] = self.names[folder, name] = top
        return top

    def make(self, folder: Key, name: str, mode: int, content: bytes = b"") -> Key:
        """Create a file, folder or symlink; it gets the lowest free number, so that numbers are reused."""
        number = next(number for number in range(2, 10**6) if (folder[0], number) not in self.nodes)
        key = (folder[0], number)
        self.nodes[key] = Node(Facts(mode), content)
        self.change(((folder, name), key))
        return key

    def change(self, *edits: tuple[Name, Key | None]) -> None:
        """Apply one operation on names."""
        for name, key in edits:
            if key is None:
                self.names.pop(name, None)
            else:
                self.names[name] = key
        if self.atomic_rename:
            self.log.append(Change(edits))
        else:
            self.log.extend(Change((edit,)) for edit in edits)

    def links(self, key: Key) -> int:
        """Return the number of a file's names."""
        return sum(found == key for found in self.names.values())

    def sync(self, key: Key) -> None:
        """Apply an fsync that succeeds."""
        node = self.nodes[key]
        if not node.forgotten:
            self.nodes[key] = node.synced
        self.log = [
            replace(change, sure=True) if change.touches(key) and not change.forgotten else change
            for change in self.log
        ]
        self._shorten()

    def lose(self, key: Key) -> None:
        """Apply an fsync that fails."""
        node = self.nodes[key]
        if node.sure != (node.facts, node.content):
            self.nodes[key] = replace(node, forgotten=True)
        self.log = [
            replace(change, forgotten=True) if change.touches(key) and not change.sure else change
            for change in self.log
        ]

    def sync_all(self) -> None:
        """Apply sync(2), followed by enough time."""
        self.nodes = {key: node.synced for key, node in self.nodes.items()}
        self.base, self.log = dict(self.names), []

    def after_kill(self) -> Disk:
        """Return the disk after the process has exited and the system runs on: files without a name are gone too."""
        disk = self.copy()
        kept = {ROOT, *disk.names.values(), *(key for change in self.log for _, key in change.edits)}
        kept |= set(disk.base.values())
        disk.nodes = {key: node for key, node in self.nodes.items() if key in kept}
        return disk

    def after_power_cut(self) -> Iterator[Disk]:
        """Return every disk that a power cut now can leave."""
        unsure = [number for number, change in enumerate(self.log) if not change.sure]
        for chosen in product((True, False), repeat=len(unsure)):
            lost = {number for number, kept in zip(unsure, chosen, strict=True) if not kept}
            names = dict(self.base)
            for number, change in enumerate(self.log):
                if number not in lost:
                    _apply(change, names)
            names = _reachable(names)
            keys = [ROOT, *sorted(set(names.values()))]
            for nodes in product(*(self.nodes[key].left() for key in keys)):
                yield Disk(self.atomic_rename, dict(zip(keys, nodes, strict=True)), dict(names), [], dict(names))

    def files(self) -> dict[str, Key]:
        """Return every path that refers to something other than a folder."""
        return {path: key for path, key in self._below(ROOT, "") if not stat.S_ISDIR(self.nodes[key].facts.mode)}

    def _below(self, folder: Key, path: str) -> Iterator[tuple[str, Key]]:
        for (parent, name), key in self.names.items():
            if parent == folder:
                yield f"{path}/{name}", key
                yield from self._below(key, f"{path}/{name}")

    def _shorten(self) -> None:
        while self.log and self.log[0].sure:
            _apply(self.log.pop(0), self.base)


def _apply(change: Change, names: dict[Name, Key]) -> None:
    for name, key in change.edits:
        if key is None:
            names.pop(name, None)
        else:
            names[name] = key


def _reachable(names: dict[Name, Key]) -> dict[Name, Key]:
    """Return the names without those in folders that have no name."""
    found, growing = {ROOT}, True
    while growing:
        before = len(found)
        found |= {key for (folder, _), key in names.items() if folder in found}
        growing = len(found) > before
    return {(folder, name): key for (folder, name), key in names.items() if folder in found}
