"""The journal's tables. A change is a new named migration at the end; each runs once, in one transaction."""

from __future__ import annotations

from typing import NamedTuple

APPLICATION_ID = 0x534E4150
"""Tells our database from any other ("SNAP")."""


class Migration(NamedTuple):
    name: str
    statements: tuple[str, ...]


MIGRATIONS = (
    Migration(
        "first tables",
        (
            """
            CREATE TABLE decisions (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                at REAL NOT NULL,
                path BLOB NOT NULL,
                json TEXT NOT NULL
            ) STRICT
            """,
            """
            CREATE TABLE entries (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                batch INTEGER NOT NULL,
                kind TEXT NOT NULL,
                rule TEXT NOT NULL,
                source BLOB NOT NULL,
                target BLOB NOT NULL,
                wanted BLOB NOT NULL,
                dev INTEGER NOT NULL,
                ino INTEGER NOT NULL,
                size INTEGER NOT NULL,
                mtime_ns INTEGER NOT NULL,
                sha256 BLOB NOT NULL,
                method TEXT NOT NULL,
                state TEXT NOT NULL,
                keep_source INTEGER NOT NULL,
                source_folder_dev INTEGER NOT NULL,
                source_folder_ino INTEGER NOT NULL,
                target_folder_dev INTEGER NOT NULL,
                target_folder_ino INTEGER NOT NULL,
                target_dev INTEGER,
                target_ino INTEGER,
                target_size INTEGER,
                target_mtime_ns INTEGER,
                reverses INTEGER REFERENCES entries (id),
                reversed_by INTEGER REFERENCES entries (id),
                decision INTEGER REFERENCES decisions (id),
                reason TEXT NOT NULL,
                at REAL NOT NULL
            ) STRICT
            """,
            "CREATE INDEX entries_source ON entries (source)",
            "CREATE INDEX entries_target ON entries (target)",
            "CREATE INDEX entries_batch ON entries (batch)",
            "CREATE INDEX entries_rule ON entries (rule)",
            "CREATE INDEX entries_open ON entries (id) WHERE state IN ('intent', 'moved')",
            "CREATE INDEX entries_conflict ON entries (id) WHERE state = 'conflict'",
            "CREATE INDEX entries_standing ON entries (kind, batch) WHERE state = 'done' AND reversed_by IS NULL",
            """
            CREATE TABLE images (
                path BLOB PRIMARY KEY,
                dev INTEGER NOT NULL,
                ino INTEGER NOT NULL,
                size INTEGER NOT NULL,
                mtime_ns INTEGER NOT NULL,
                outcome TEXT NOT NULL,
                reason TEXT NOT NULL,
                fingerprint TEXT NOT NULL,
                decision INTEGER REFERENCES decisions (id),
                attempts INTEGER NOT NULL,
                at REAL NOT NULL
            ) STRICT
            """,
            "CREATE INDEX images_version ON images (ino, size, mtime_ns)",
            "CREATE INDEX images_outcome ON images (outcome)",
        ),
    ),
    Migration(
        "where symlinks end, and deaths of the classifier",
        (
            "ALTER TABLE entries ADD COLUMN source_root BLOB NOT NULL DEFAULT x''",
            "ALTER TABLE entries ADD COLUMN target_root BLOB NOT NULL DEFAULT x''",
            "ALTER TABLE images ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0",
        ),
    ),
    Migration(
        "every action, files that go along, and what was filed before",
        (
            "ALTER TABLE entries ADD COLUMN detail TEXT NOT NULL DEFAULT '[]'",
            "ALTER TABLE entries ADD COLUMN follows INTEGER REFERENCES entries (id)",
            "CREATE INDEX entries_follows ON entries (follows) WHERE follows IS NOT NULL",
            "CREATE INDEX entries_content ON entries (sha256)",
            """
            CREATE TABLE likenesses (
                entry INTEGER PRIMARY KEY REFERENCES entries (id),
                model TEXT NOT NULL,
                sketch INTEGER NOT NULL,
                embedding BLOB NOT NULL
            ) STRICT
            """,
        ),
    ),
    Migration(
        "what shadow rules would have done", ("CREATE INDEX entries_shadow ON entries (id) WHERE state = 'shadow'",)
    ),
    Migration("sketches without the embeddings beside them", ("CREATE INDEX sketches ON likenesses (model, sketch)",)),
    Migration(
        "what stands filed is counted without reading the entries",
        (
            "DROP INDEX entries_standing",
            "CREATE INDEX entries_standing ON entries (kind, batch, follows, reverses, state, reversed_by)"
            " WHERE state = 'done' AND reversed_by IS NULL",
        ),
    ),
)
