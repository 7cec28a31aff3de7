"""The journal's tables. A change is a new named migration at the end; each runs once, in one transaction."""

from __future__ import annotations

from typing import NamedTuple

APPLICATION_ID = 0x534E4150
"""Distinguishes our database from any other ("SNAP")."""


class Migration(NamedTuple):
    name: str
    statements: tuple[str, ...]


MIGRATIONS = (
    Migration(
        "first schema",
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
                rule TEXT NOT NULL,
                decision INTEGER REFERENCES decisions (id),
                follows INTEGER REFERENCES entries (id),
                kind TEXT NOT NULL,
                action TEXT NOT NULL,
                source BLOB NOT NULL,
                source_root BLOB NOT NULL,
                source_folder_dev INTEGER NOT NULL,
                source_folder_ino INTEGER NOT NULL,
                target BLOB NOT NULL,
                target_root BLOB NOT NULL,
                target_folder_dev INTEGER NOT NULL,
                target_folder_ino INTEGER NOT NULL,
                wanted BLOB NOT NULL,
                dev INTEGER NOT NULL,
                ino INTEGER NOT NULL,
                size INTEGER NOT NULL,
                mtime_ns INTEGER NOT NULL,
                sha256 BLOB NOT NULL,
                method TEXT NOT NULL,
                keep_source INTEGER NOT NULL,
                tags TEXT NOT NULL,
                arguments TEXT NOT NULL,
                reverses INTEGER REFERENCES entries (id),
                state TEXT NOT NULL,
                reason TEXT NOT NULL,
                at REAL NOT NULL,
                target_dev INTEGER,
                target_ino INTEGER,
                target_size INTEGER,
                target_mtime_ns INTEGER,
                reversed_by INTEGER REFERENCES entries (id)
            ) STRICT
            """,
            "CREATE INDEX entries_source ON entries (source)",
            "CREATE INDEX entries_target ON entries (target)",
            "CREATE INDEX entries_batch ON entries (batch)",
            "CREATE INDEX entries_rule ON entries (rule)",
            "CREATE INDEX entries_content ON entries (sha256)",
            "CREATE INDEX entries_follows ON entries (follows) WHERE follows IS NOT NULL",
            "CREATE INDEX entries_open ON entries (id) WHERE state IN ('intent', 'moved')",
            "CREATE INDEX entries_conflict ON entries (id) WHERE state = 'conflict'",
            "CREATE INDEX entries_shadow ON entries (id) WHERE state = 'shadow'",
            # With every column that the counts of `status` need, so that they are read from the index alone.
            "CREATE INDEX entries_in_effect ON entries (kind, batch, follows, reverses, state, reversed_by)"
            " WHERE state = 'done' AND reversed_by IS NULL",
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
                deaths INTEGER NOT NULL,
                at REAL NOT NULL
            ) STRICT
            """,
            "CREATE INDEX images_version ON images (ino, size, mtime_ns)",
            "CREATE INDEX images_outcome ON images (outcome)",
            """
            CREATE TABLE likenesses (
                entry INTEGER PRIMARY KEY REFERENCES entries (id),
                model TEXT NOT NULL,
                sketch INTEGER NOT NULL,
                embedding BLOB NOT NULL
            ) STRICT
            """,
            "CREATE INDEX sketches ON likenesses (model, sketch)",
        ),
    ),
    Migration(
        "identity by content, metadata that a disk could not keep, and when an image is due again",
        (
            "ALTER TABLE entries ADD COLUMN ctime_ns INTEGER NOT NULL DEFAULT 0",
            "ALTER TABLE entries ADD COLUMN target_ctime_ns INTEGER",
            "ALTER TABLE entries ADD COLUMN metadata TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE entries ADD COLUMN source_disk TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE entries ADD COLUMN target_disk TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE images ADD COLUMN ctime_ns INTEGER NOT NULL DEFAULT 0",
            "ALTER TABLE images ADD COLUMN sha256 BLOB NOT NULL DEFAULT x''",
            """
            UPDATE images SET sha256 = coalesce(
                (SELECT sha256 FROM entries WHERE target = images.path AND state = 'done' AND target_ino = images.ino
                    AND target_size = images.size AND target_mtime_ns = images.mtime_ns LIMIT 1),
                (SELECT sha256 FROM entries WHERE source = images.path AND state = 'done' AND ino = images.ino
                    AND size = images.size AND mtime_ns = images.mtime_ns LIMIT 1),
                x''
            )
            """,
            "DROP INDEX images_version",
            "CREATE INDEX entries_target_root ON entries (target_root)",
            "CREATE INDEX images_content ON images (size, sha256) WHERE sha256 != x''",
            "CREATE INDEX entries_failed ON entries (id) WHERE state = 'failed'",
            "ALTER TABLE images ADD COLUMN due REAL",
            "CREATE INDEX images_due ON images (due) WHERE due IS NOT NULL",
        ),
    ),
    Migration(
        "when an image came to its folder",
        ("ALTER TABLE images ADD COLUMN added REAL NOT NULL DEFAULT 0", "UPDATE images SET added = at"),
    ),
    Migration(
        "folders that filing made or removed",
        (
            """
            CREATE TABLE folders (
                path BLOB PRIMARY KEY,
                root BLOB NOT NULL,
                ino INTEGER NOT NULL,
                state TEXT NOT NULL
            ) STRICT
            """,
            "CREATE INDEX folders_emptied ON folders (path) WHERE state = 'emptied'",
        ),
    ),
    Migration(
        "folders that are watched, and the files that were there before",
        (
            """
            CREATE TABLE watched (
                path BLOB PRIMARY KEY,
                scope TEXT NOT NULL,
                since REAL NOT NULL,
                is_known INTEGER NOT NULL
            ) STRICT
            """,
            "CREATE INDEX images_existing ON images (ino) WHERE outcome = 'existing'",
        ),
    ),
    Migration(
        "problems that a person has dismissed",
        (
            """
            CREATE TABLE dismissed (
                path BLOB NOT NULL,
                reason TEXT NOT NULL,
                size INTEGER NOT NULL,
                mtime_ns INTEGER NOT NULL,
                PRIMARY KEY (path, reason, size, mtime_ns)
            ) STRICT, WITHOUT ROWID
            """,
        ),
    ),
    Migration(
        "what persons told about images, and the embeddings to learn it from",
        (
            "ALTER TABLE decisions ADD COLUMN sha256 BLOB NOT NULL DEFAULT x''",
            """
            CREATE TABLE embeddings (
                sha256 BLOB NOT NULL,
                checkpoint TEXT NOT NULL,
                embedding BLOB NOT NULL,
                PRIMARY KEY (sha256, checkpoint)
            ) STRICT, WITHOUT ROWID
            """,
            """
            CREATE TABLE examples (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                sha256 BLOB NOT NULL,
                label TEXT NOT NULL,
                is_not INTEGER NOT NULL,
                source TEXT NOT NULL,
                path BLOB NOT NULL,
                batch INTEGER NOT NULL,
                at REAL NOT NULL,
                withdrawn INTEGER NOT NULL DEFAULT 0
            ) STRICT
            """,
            "CREATE INDEX examples_content ON examples (sha256)",
            "CREATE INDEX examples_batch ON examples (batch)",
        ),
    ),
    Migration(
        "which decisions are in doubt, and what a person has reviewed",
        (
            "ALTER TABLE decisions ADD COLUMN doubt TEXT",
            """
            UPDATE decisions SET doubt = coalesce(
                (SELECT json_extract(value, '$.rule') FROM json_each(json, '$.rules')
                    WHERE json_extract(value, '$.matched') LIMIT 1),
                (SELECT json_extract(value, '$.rule') FROM json_each(json, '$.rules')
                    WHERE json_extract(value, '$.near') IS NOT NULL LIMIT 1),
                ''
            )
            WHERE json_valid(json) AND (
                id IN (SELECT decision FROM images WHERE outcome = 'shadow')
                OR (id IN (SELECT decision FROM images WHERE outcome = 'left') AND instr(json, '"near": ') > 0)
            )
            """,
            "CREATE INDEX decisions_doubt ON decisions (id, doubt) WHERE doubt IS NOT NULL",
            "CREATE INDEX images_decision ON images (decision) WHERE decision IS NOT NULL",
            """
            CREATE TABLE reviewed (
                path BLOB NOT NULL,
                size INTEGER NOT NULL,
                mtime_ns INTEGER NOT NULL,
                PRIMARY KEY (path, size, mtime_ns)
            ) STRICT, WITHOUT ROWID
            """,
        ),
    ),
    Migration(
        "text that was recognised in images, and an index to search it",
        (
            """
            CREATE TABLE texts (
                id INTEGER PRIMARY KEY,
                sha256 BLOB NOT NULL UNIQUE,
                lines TEXT NOT NULL,
                folded TEXT NOT NULL,
                at REAL NOT NULL
            ) STRICT
            """,
            "CREATE VIRTUAL TABLE texts_index"
            " USING fts5 (folded, content='texts', content_rowid='id', tokenize='trigram case_sensitive 1')",
        ),
    ),
    Migration(
        "images that were taken in for the search alone, and the places of an image by its content",
        (
            """
            CREATE TABLE indexed (
                path BLOB PRIMARY KEY,
                size INTEGER NOT NULL,
                mtime_ns INTEGER NOT NULL,
                sha256 BLOB NOT NULL
            ) STRICT
            """,
            "CREATE INDEX indexed_content ON indexed (sha256)",
            "CREATE INDEX images_places ON images (sha256) WHERE sha256 != x''",
        ),
    ),
    Migration(
        "descriptions of images in words",
        (
            """
            CREATE TABLE captions (
                sha256 BLOB NOT NULL,
                captioner TEXT NOT NULL,
                caption TEXT NOT NULL,
                at REAL NOT NULL,
                PRIMARY KEY (sha256, captioner)
            ) STRICT, WITHOUT ROWID
            """,
        ),
    ),
    Migration("what is deleted is overwritten from now on", ()),
    Migration(
        "deletions that have begun",
        ("CREATE TABLE erasures (id INTEGER PRIMARY KEY, everything INTEGER NOT NULL) STRICT",),
    ),
)

FIRST_FORMAT = 7
"""The format (`user_version`) of the first schema; 1 to 6 were those of development versions."""

FORMAT = FIRST_FORMAT + len(MIGRATIONS) - 1
"""The format that this version reads and writes."""

FIRST_THAT_OVERWRITES = FIRST_FORMAT + next(
    number for number, each in enumerate(MIGRATIONS) if each.name == "what is deleted is overwritten from now on"
)
"""Journals of earlier formats are compacted once, because they may hold parts of what was deleted."""
