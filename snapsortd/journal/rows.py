"""Conversion of the journal's rows to values and back. Rows hold paths as bytes, and unsigned 64-bit numbers signed."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from snapsortd.domain.entry import Cause, Entry, EntryKind, Intent, Method, State
from snapsortd.domain.errors import JournalError
from snapsortd.domain.file import FileIdentity, FolderIdentity
from snapsortd.domain.result import Known, Outcome
from snapsortd.journal.integrity import RESTORE

T = TypeVar("T")


def signed(number: int) -> int:
    """Return a device or inode number as SQLite can store it."""
    return number - 2**64 if number >= 2**63 else number


def unsigned(number: int) -> int:
    """Return a device or inode number that SQLite has stored."""
    return number + 2**64 if number < 0 else number


def identity_columns(identity: FileIdentity) -> tuple[int, int, int, int, int]:
    """Return the values of the columns dev, ino, size, mtime_ns, ctime_ns."""
    return signed(identity.dev), signed(identity.ino), identity.size, identity.mtime_ns, identity.ctime_ns


def intent_columns(intent: Intent) -> dict[str, Any]:
    """Return the columns of an intent."""
    dev, ino, size, mtime_ns, ctime_ns = identity_columns(intent.identity)
    return {
        "batch": intent.cause.batch,
        "rule": intent.cause.rule,
        "decision": intent.cause.decision,
        "follows": intent.cause.follows,
        "kind": intent.kind,
        "action": intent.action,
        "source": os.fsencode(intent.source),
        "source_root": os.fsencode(intent.source_root),
        "source_folder_dev": signed(intent.source_folder.dev),
        "source_folder_ino": signed(intent.source_folder.ino),
        "target": os.fsencode(intent.target),
        "target_root": os.fsencode(intent.target_root),
        "target_folder_dev": signed(intent.target_folder.dev),
        "target_folder_ino": signed(intent.target_folder.ino),
        "wanted": os.fsencode(intent.wanted),
        "dev": dev,
        "ino": ino,
        "size": size,
        "mtime_ns": mtime_ns,
        "ctime_ns": ctime_ns,
        "sha256": intent.sha256,
        "method": intent.method,
        "keep_source": int(intent.keep_source),
        "tags": json.dumps(intent.tags),
        "arguments": json.dumps(intent.arguments),
        "reverses": intent.reverses,
        "source_disk": intent.source_disk,
        "target_disk": intent.target_disk,
    }


def _readable(read: Callable[[sqlite3.Row], T]) -> Callable[[sqlite3.Row], T]:
    """Raise JournalError for a row with invalid values: SQLite's checks notice only damage to the form of a row."""

    @wraps(read)
    def reading(row: sqlite3.Row) -> T:
        try:
            return read(row)
        except (ValueError, TypeError, IndexError) as error:
            raise JournalError(f"the journal is damaged: {error}", RESTORE) from error

    return reading


@_readable
def to_entry(row: sqlite3.Row) -> Entry:
    """Return one row of `entries`."""
    return Entry(
        id=row["id"],
        intent=_to_intent(row),
        state=State(row["state"]),
        reason=row["reason"],
        at=row["at"],
        target_identity=None if row["target_ino"] is None else _to_identity(row, "target_"),
        reversed_by=row["reversed_by"],
        metadata=row["metadata"],
    )


def _to_intent(row: sqlite3.Row) -> Intent:
    return Intent(
        cause=Cause(row["rule"], row["batch"], row["decision"], row["follows"]),
        kind=EntryKind(row["kind"]),
        action=EntryKind(row["action"]),
        source=os.fsdecode(row["source"]),
        target=os.fsdecode(row["target"]),
        wanted=os.fsdecode(row["wanted"]),
        identity=_to_identity(row, ""),
        sha256=row["sha256"],
        method=Method(row["method"]),
        keep_source=bool(row["keep_source"]),
        source_folder=_to_folder(row, "source_folder_"),
        target_folder=_to_folder(row, "target_folder_"),
        source_root=os.fsdecode(row["source_root"]),
        target_root=os.fsdecode(row["target_root"]),
        reverses=row["reverses"],
        tags=_to_words(row["tags"]),
        arguments=_to_words(row["arguments"]),
        source_disk=row["source_disk"],
        target_disk=row["target_disk"],
    )


@_readable
def to_known(row: sqlite3.Row) -> Known:
    """Return one row of `images`."""
    return Known(
        path=os.fsdecode(row["path"]),
        identity=_to_identity(row, ""),
        outcome=Outcome(row["outcome"]),
        reason=row["reason"],
        fingerprint=row["fingerprint"],
        decision=row["decision"],
        attempts=row["attempts"],
        deaths=row["deaths"],
        at=row["at"],
        sha256=row["sha256"],
        due=row["due"],
        added=row["added"],
    )


def _to_identity(row: sqlite3.Row, prefix: str) -> FileIdentity:
    return FileIdentity(
        dev=unsigned(row[f"{prefix}dev"]),
        ino=unsigned(row[f"{prefix}ino"]),
        size=row[f"{prefix}size"],
        mtime_ns=row[f"{prefix}mtime_ns"],
        ctime_ns=row[f"{prefix}ctime_ns"] or 0,
    )


def _to_folder(row: sqlite3.Row, prefix: str) -> FolderIdentity:
    return FolderIdentity(unsigned(row[f"{prefix}dev"]), unsigned(row[f"{prefix}ino"]))


def _to_words(text: str) -> tuple[str, ...]:
    return tuple(map(str, json.loads(text)))
