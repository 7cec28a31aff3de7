"""Metadata of a file that a file system could not keep: mode, owner, times and extended attributes."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from snapsortd.domain.errors import JournalError

ACCESS_LIST = "system.posix_acl_access"
"""The extended attribute that holds the POSIX access control list of a file (acl(5))."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """Part of the metadata of a file: a field that is None or empty is not part of it."""

    mode: int | None = None
    """The permission bits, with set-user-ID, set-group-ID and sticky bit."""
    uid: int | None = None
    gid: int | None = None
    times: tuple[int, int] | None = None
    """Times of the last access and modification, in ns since 1970."""
    rounded: bool = False
    """True if the times are lost only because the file system stores them less precisely."""
    attributes: Mapping[str, bytes] = field(default_factory=dict)
    """Extended attributes, the access control list among them."""

    def __bool__(self) -> bool:
        return self != NO_METADATA

    @property
    def words(self) -> tuple[str, ...]:
        """Return its parts in plain words: `mode`, `owner`, `2 attributes`."""
        others = len(self.attributes.keys() - {ACCESS_LIST})
        named = (
            ("mode", self.mode is not None),
            ("owner", self.uid is not None),
            ("group", self.gid is not None),
            ("times", self.times is not None and not self.rounded),
            ("access list", ACCESS_LIST in self.attributes),
            ("1 attribute" if others == 1 else f"{others} attributes", others > 0),
        )
        return tuple(word for word, is_part in named if is_part)

    def to_json(self) -> str:
        """Return it as JSON for the journal; an empty text if there is none."""
        parts = {
            "mode": self.mode,
            "uid": self.uid,
            "gid": self.gid,
            "times": self.times,
            "rounded": self.rounded or None,
            "attributes": {name: base64.b64encode(value).decode() for name, value in self.attributes.items()} or None,
        }
        known = {name: value for name, value in parts.items() if value is not None}
        return json.dumps(known) if known else ""


NO_METADATA = Metadata()


def metadata_from_json(text: str) -> Metadata:
    """Return the metadata that `to_json` stored. Raise JournalError if the text is damaged."""
    if not text:
        return NO_METADATA
    try:
        parts: dict[str, Any] = json.loads(text)
        encoded = parts.pop("attributes", {})
        times = parts.pop("times", None)
        attributes = {name: base64.b64decode(value) for name, value in encoded.items()}
        return Metadata(**parts, times=times and (times[0], times[1]), attributes=attributes)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise JournalError(f"the journal is damaged: {error}") from error
