"""Tags in the extended attributes of a file: read, compare, add and remove them."""

from __future__ import annotations

import errno
import os
import plistlib
import sys
from collections.abc import Callable, Iterable, Sequence

from snapsortd.domain.errors import MoveRefused
from snapsortd.files.attributes import read_attribute, write_attribute
from snapsortd.files.os_errors import in_words

XDG, FINDER = "user.xdg.tags", "com.apple.metadata:_kMDItemUserTags"
"""The attributes that hold the tags: by freedesktop.org, "CommonExtendedAttributes", names separated by commas; by the
Finder, a binary property list of names, each optionally followed by a line end and the number of its colour."""

ATTRIBUTE = FINDER if sys.platform == "darwin" else XDG


def wanted_tags(words: Iterable[str]) -> tuple[str, ...]:
    """Return the tags in a rule's words, each once. A comma separates two tags, because a tag can't contain one."""
    pieces = (" ".join(piece.split()) for word in words for piece in word.split(","))
    return tuple(dict.fromkeys(filter(None, pieces)))


def missing_tags(raw: bytes, wanted: Iterable[str], attribute: str = ATTRIBUTE) -> tuple[str, ...]:
    """Return the wanted tags that an attribute's value lacks. Raise ValueError if it can't be read."""
    there = set(map(_name, _split(raw, attribute)))
    return tuple(tag for tag in wanted if tag not in there)


def with_tags(raw: bytes, tags: Sequence[str], attribute: str = ATTRIBUTE) -> bytes:
    """Return the value with these tags added; existing ones stay as written. Raise ValueError if it can't be read."""
    return _join([*_split(raw, attribute), *missing_tags(raw, tags, attribute)], attribute)


def without_tags(raw: bytes, tags: Sequence[str], attribute: str = ATTRIBUTE) -> bytes:
    """Return the value without these tags, empty if none is left. Raise ValueError if it can't be read."""
    return _join([piece for piece in _split(raw, attribute) if _name(piece) not in tags], attribute)


def _split(raw: bytes, attribute: str) -> list[str]:
    if not raw:
        return []
    if attribute == XDG:
        return os.fsdecode(raw).split(",")
    try:
        found = plistlib.loads(raw)
    except Exception as error:  # plistlib raises nearly anything on bad data
        raise ValueError("not a property list") from error
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise ValueError("not a list of names")
    return found


def _join(pieces: list[str], attribute: str) -> bytes:
    if not pieces:
        return b""
    return os.fsencode(",".join(pieces)) if attribute == XDG else plistlib.dumps(pieces, fmt=plistlib.FMT_BINARY)


def _name(piece: str) -> str:
    return piece.partition("\n")[0].strip()


def read_missing(fd: int, words: Iterable[str]) -> tuple[str, ...]:
    """Return the tags in a rule's words that the file lacks.

    Raise MoveRefused if its file system does not support tags, or if they can't be read.
    """
    try:
        return missing_tags(read_attribute(fd, ATTRIBUTE), wanted_tags(words))
    except (OSError, ValueError) as error:
        raise _refused(error) from error


def has_tags(fd: int, tags: Sequence[str]) -> bool:
    """True if the file has all of these tags. Raise OSError as the system reports it."""
    try:
        return not missing_tags(read_attribute(fd, ATTRIBUTE), tags)
    except ValueError:
        return False


def has_none_of(fd: int, tags: Sequence[str]) -> bool:
    """True if the file has none of these tags. Raise OSError as the system reports it."""
    try:
        return missing_tags(read_attribute(fd, ATTRIBUTE), tags) == tuple(tags)
    except ValueError:
        return False


def add_tags(fd: int, tags: Sequence[str]) -> None:
    """Add tags to the open file.

    Raise MoveRefused if its file system does not support tags, or if they can't be read or set.
    """
    _change(fd, tags, with_tags)


def remove_tags(fd: int, tags: Sequence[str]) -> None:
    """Remove tags from the open file. Raise MoveRefused as `add_tags` does."""
    _change(fd, tags, without_tags)


def _change(fd: int, tags: Sequence[str], change: Callable[[bytes, Sequence[str]], bytes]) -> None:
    try:
        write_attribute(fd, ATTRIBUTE, change(read_attribute(fd, ATTRIBUTE), tags))
    except (OSError, ValueError) as error:
        raise _refused(error) from error


def _refused(error: OSError | ValueError) -> MoveRefused:
    if isinstance(error, ValueError):
        return MoveRefused(f"the file's tags cannot be read: {error}", f"see its attribute {ATTRIBUTE}")
    if error.errno in (errno.ENOTSUP, errno.EOPNOTSUPP):
        return MoveRefused(
            "the file system does not support tags", "remove the tag action, or move to another file system first"
        )
    return MoveRefused(f"the file's tags cannot be set: {in_words(error)}")
