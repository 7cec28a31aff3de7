"""The values that pass between the stages. All frozen; nothing here touches a file, a clock or a log.

Paths are absolute `str` as `os.fsdecode` gives them (undecodable bytes as lone surrogates), so that a name
that is not UTF-8 survives; `os.fsencode` gives the bytes back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

MAX_NAME_BYTES = 255
"""Longest file name, in bytes, on every common file system (NAME_MAX)."""

PATH_MARK = "\0path\0"
"""Stands in a planned command or notification for the path of the file, which the actions before it may change.
No path, no argument and no value that a template fills in holds a NUL."""

OWN_PREFIX = ".snapsort."
"""Our temporary files start so; the watcher ignores them and recovery deletes only its own."""

RAW_SUFFIXES = frozenset({"dng", "cr2", "cr3", "nef", "arw", "orf", "rw2", "raf", "pef", "srw"})
"""What cameras call the data of their sensors."""

IMAGE_SUFFIXES = RAW_SUFFIXES | {
    *("png", "jpg", "jpeg", "jpe", "jfif", "webp", "gif", "bmp", "tif", "tiff", "heic", "heif", "hif", "avif", "pdf")
}
"""Suffixes that promise an image. A file with one of these that is no image is reported; any other is passed over."""


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """Which file this is and which version of it: device, inode, size in bytes, modification time in ns."""

    dev: int
    ino: int
    size: int
    mtime_ns: int

    def same_version(self, other: FileIdentity) -> bool:
        """True if both name the same bytes of the same file; device numbers may change over a restart."""
        return (self.ino, self.size, self.mtime_ns) == (other.ino, other.size, other.mtime_ns)


@dataclass(frozen=True, slots=True)
class Stat:
    """What one `lstat` told: the identity, and what kind of file it is."""

    identity: FileIdentity
    is_regular: bool
    nlink: int = 1


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What the file system knows of an image. `root` is the watched folder it came from; times are aware."""

    path: str
    root: str
    identity: FileIdentity
    created: datetime
    modified: datetime
    format: str
    """Recognised by content: png, jpeg, webp, gif, bmp, tiff, heic, avif, raw, pdf."""
    urls: tuple[str, ...] = ()
    """Where it was downloaded from, where the system keeps that."""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the classifier read from the image. Width and height in pixels, after EXIF orientation."""

    width: int
    height: int
    taken: datetime | None = None
    """EXIF DateTimeOriginal; aware if the camera wrote an offset, else naive local time."""
    frames: int = 1
    has_alpha: bool = False
    exif: Mapping[str, str] = field(default_factory=dict)
    """EXIF tags by their names ("Model", "FNumber", "GPSLatitude"), values as text, as far as they are short."""

    @property
    def camera(self) -> str:
        """Maker and model, the maker once ("Canon EOS R6", "Apple iPhone 15"); empty: not known."""
        make, model = (" ".join(self.exif.get(tag, "").split()) for tag in ("Make", "Model"))
        named = not make or not model or model.casefold().startswith(make.split()[0].casefold())
        return (model or make) if named else f"{make} {model}"


@dataclass(frozen=True, slots=True)
class Sight:
    """What the model saw: a score per label (they sum to 1), the embedding (float16, little-endian, normalised)."""

    scores: Mapping[str, float]
    embedding: bytes
    image: ImageFacts
    model: str
    milliseconds: float = 0.0

    @property
    def label(self) -> str:
        """The best label."""
        return max(self.scores, key=lambda name: self.scores[name])

    @property
    def score(self) -> float:
        """The best label's score, 0 to 1."""
        return max(self.scores.values())

    @property
    def margin(self) -> float:
        """Best score minus second best; the score itself where there is one label."""
        ranked = sorted(self.scores.values(), reverse=True)
        return ranked[0] - ranked[1] if len(ranked) > 1 else ranked[0]


class ActionKind(StrEnum):
    MOVE = "move"
    COPY = "copy"
    RENAME = "rename"
    """A new name in the folder where the file lies."""
    TRASH = "trash"
    HARDLINK = "hardlink"
    SYMLINK = "symlink"
    TAG = "tag"
    RUN = "run"
    NOTIFY = "notify"


class OnConflict(StrEnum):
    """What is done where the wanted name is taken. Nothing is ever overwritten."""

    RENAME_NEW = "rename_new"
    RENAME_EXISTING = "rename_existing"
    SKIP = "skip"
    TRASH = "trash"
    """What has the name goes to the trash."""
    DEDUPLICATE = "deduplicate"
    """The new file goes to the trash where one of the same content is there, else it gets the next name."""


@dataclass(frozen=True, slots=True)
class NameSeries:
    """The names one file may get, in order of preference.

    `pieces` is the stem with None where `{counter}` stood; `suffix` includes its dot, or is empty; `digits` is the
    least that a number has.
    """

    pieces: tuple[str | None, ...]
    suffix: str
    digits: int = 1

    def nth(self, number: int) -> str:
        """Name number 1, 2, 3 …: `{counter}` filled, or " 2", " 3" … added; at most 255 bytes, the suffix kept."""
        if None in self.pieces:
            tail = ""
            stem = "".join(f"{number:0{self.digits}}" if piece is None else piece for piece in self.pieces)
        else:
            tail = f" {number}" if number > 1 else ""
            stem = "".join(piece for piece in self.pieces if piece is not None)
        room = MAX_NAME_BYTES - len(_bytes(tail + self.suffix))
        return shorten(stem, room) + tail + self.suffix


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def shorten(text: str, room: int) -> str:
    """Cut `text` to `room` bytes, never inside a character."""
    while text and len(_bytes(text)) > room:
        text = text[:-1]
    return text


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a file goes: `root` from the configuration (may hold symlinks), then folders below it that are never
    followed through a symlink, then a name."""

    root: str
    folders: tuple[str, ...]
    names: NameSeries
    keeps_name: bool = False
    """The names are the file's own: it keeps the one that actions before this gave it."""

    @property
    def folder(self) -> str:
        """The folder as one path."""
        return "/".join((self.root.rstrip("/"), *self.folders)) or "/"

    def shown(self) -> str:
        """The path that is wanted first, for people."""
        return f"{self.folder.rstrip('/')}/{self.names.nth(1)}"


@dataclass(frozen=True, slots=True)
class PlannedAction:
    """One thing a rule wants done with the image."""

    kind: ActionKind
    rule: str
    destination: Destination | None = None
    """Where a file is to be, for those kinds that make a name."""
    on_conflict: OnConflict = OnConflict.RENAME_NEW
    shadow: bool = False
    """Journal what would happen, touch nothing."""
    words: tuple[str, ...] = ()
    """The tags, a command with its arguments, or the one text of a notification; in the last two PATH_MARK stands
    for the file's path. Whoever carries it out takes `words_at`."""
    seconds: float = 0.0
    """A command's time limit."""

    def words_at(self, path: str) -> tuple[str, ...]:
        """The words for a file that lies at `path` now."""
        return tuple(word.replace(PATH_MARK, path) for word in self.words)

    def shown(self) -> str:
        """What it leads to, for people: a path, or the words."""
        return " ".join(self.words_at("{path}")) if self.destination is None else self.destination.shown()


@dataclass(frozen=True, slots=True)
class RuleReason:
    """Why one rule did or did not match, in plain words, a line per filter."""

    rule: str
    matched: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say about one image, with the reason for every rule that was asked."""

    rules: tuple[RuleReason, ...]
    actions: tuple[PlannedAction, ...] = ()
    skipped: str = ""
    """Name of the rule whose `skip` ended it."""

    @property
    def matched(self) -> tuple[str, ...]:
        """Names of the rules that matched, in order."""
        return tuple(reason.rule for reason in self.rules if reason.matched)
