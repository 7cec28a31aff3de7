"""Queries of the journal's entries. Order is by id, never by clock; every query is answered by an index."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from snapsortd.domain.entry import Entry, Method, State
from snapsortd.domain.errors import JournalError
from snapsortd.journal.file import JournalFile
from snapsortd.journal.rows import to_entry

IN_EFFECT = "state = 'done' AND reversed_by IS NULL"
OPEN = "state IN ('intent', 'moved')"
FORWARD = "kind IN ('move', 'copy', 'rename', 'trash', 'hardlink', 'symlink', 'tag', 'redo')"
"""Entries that can be undone: not commands and notifications, which are skipped unless they are given by id."""
BACK = "kind = 'undo' AND batch != (SELECT batch FROM entries AS first WHERE first.id = entries.reverses)"
"""Entries that a person undid. A step that was undone within its own batch is not one: the next step had failed."""


class EntryQueries:
    """The queries of entries. Every method raises JournalError if the file can't be relied on."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def filed_lately(self, limit: int) -> list[Entry]:
        """Return the newest images that are filed, and neither undone nor companions."""
        return self._query(f"{IN_EFFECT} AND kind IN ('move', 'redo') AND follows IS NULL", (), limit=limit)

    def was_moved_on(self, entry: Entry) -> bool:
        """True if snapsortd itself has moved what this entry filed, or has begun to."""
        where = f"source = ? AND id > ? AND target != source AND keep_source = 0 AND ({OPEN} OR state = 'done')"
        return self._first(where, (os.fsencode(entry.intent.target), entry.id)) is not None

    def place_of(self, sha256: bytes) -> str:
        """Return the path at which an image with this content was last known to be; empty if there is none."""
        statement = "SELECT target FROM entries WHERE sha256 = ? AND state = 'done' ORDER BY id DESC LIMIT 1"
        with self._file.reading() as db:
            row = db.execute(statement, (sha256,)).fetchone()
        return os.fsdecode(row["target"]) if row else ""

    def entry_that_made(self, target: str, sha256: bytes) -> Entry | None:
        """Return the newest finished entry that put this content at `target`, or None."""
        return self._first("target = ? AND +sha256 = ? AND +state = 'done'", (os.fsencode(target), sha256))

    def already_made(self, source: str, sha256: bytes, rule: str, wanted: str, method: Method) -> Entry | None:
        """Return the entry of the copy or link that this rule made of this content, if it was not undone."""
        return self._first(
            # `+` keeps SQLite from the indexes of rules and of content, in which many entries may be equal.
            "source = ? AND +sha256 = ? AND +rule = ? AND wanted = ? AND method = ? AND keep_source = 1"
            f" AND {IN_EFFECT}",
            (os.fsencode(source), sha256, rule, os.fsencode(wanted), method),
        )

    def entry(self, entry_id: int) -> Entry | None:
        """Return one entry, or None."""
        return self._first("id = ?", (entry_id,))

    def _entry(self, entry_id: int) -> Entry:
        entry = self.entry(entry_id)
        if entry is None:
            raise JournalError(f"entry {entry_id} of the journal is gone")
        return entry

    def open_entries(self) -> list[Entry]:
        """Return unfinished moves, oldest first."""
        return self._query(OPEN, (), newest_first=False)

    def open_entry_for(self, path: str) -> Entry | None:
        """Return the unfinished move of the file at `path`, which is left alone until the move is resolved."""
        return self._first(f"{OPEN} AND source = ?", (os.fsencode(path),))

    def open_entry_at(self, path: str) -> Entry | None:
        """Return an unfinished move from or to `path`, or None."""
        return self._first(f"{OPEN} AND (source = ? OR target = ?)", (os.fsencode(path),) * 2)

    def unsuccessful(self, after: int) -> list[tuple[int, str, str]]:
        """Return number, source and target of the changes of files that failed or are in conflict, after an entry."""
        changes = "SELECT id, source, target FROM entries WHERE method IN ('copy', 'rename', 'remove') AND id > ?"
        statement = f"{changes} AND state = 'failed' UNION ALL {changes} AND state = 'conflict'"
        with self._file.reading() as db:
            rows = db.execute(statement, (after, after)).fetchall()
        return [(row["id"], os.fsdecode(row["source"]), os.fsdecode(row["target"])) for row in rows]

    def last_entry_into(self, root: str) -> Entry | None:
        """Return the newest entry whose target was below `root`, or None."""
        return self._first("target_root = ?", (os.fsencode(root),))

    def moved_from(self, paths: Sequence[str]) -> list[Entry]:
        """Return the entries by which rules moved images away from these paths, and which hold, newest first; those of
        moves that are being carried out, too."""
        marks = ", ".join("?" * len(paths))
        where = (
            f"source IN ({marks}) AND +kind IN ('move', 'rename', 'trash') AND +follows IS NULL AND source != target"
            f" AND ({IN_EFFECT} OR {OPEN})"
        )
        with self._file.reading() as db:
            rows = db.execute(f"SELECT * FROM entries WHERE {where}", tuple(map(os.fsencode, paths))).fetchall()
        return sorted(map(to_entry, rows), key=lambda entry: entry.id, reverse=True)

    def entries(
        self,
        limit: int = 50,
        before: int | None = None,
        rule: str | None = None,
        path: str | None = None,
        state: State | None = None,
    ) -> list[Entry]:
        """Return entries, newest first: those `before` an id, of one rule, from or to one path, in one state."""
        where, values = ["1"], list[Any]()
        if before is not None:
            where.append("id < ?")
            values.append(before)
        if rule is not None:
            where.append("rule = ?")
            values.append(rule)
        if state is not None:
            where.append(f"state = '{state}'")  # as a literal, so that a partial index can be used
        if path is not None:
            where.append("(source = ? OR target = ?)")
            values += [os.fsencode(path)] * 2
        return self._query(" AND ".join(where), tuple(values), limit=limit)

    def _first(self, where: str, values: tuple[Any, ...]) -> Entry | None:
        return next(iter(self._query(where, values, limit=1)), None)

    def _query(
        self, where: str, values: tuple[Any, ...], *, limit: int | None = None, newest_first: bool = True
    ) -> list[Entry]:
        order = "DESC" if newest_first else "ASC"
        statement = f"SELECT * FROM entries WHERE {where} ORDER BY id {order} LIMIT ?"
        with self._file.reading() as db:
            rows = db.execute(statement, (*values, -1 if limit is None else limit)).fetchall()
        return [to_entry(row) for row in rows]
