"""Check that the journal exists, is intact and of a known format, and holds nothing that needs attention."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from snapsortd.ctl.doctor.finding import Finding, ok, problem, quoted, warning
from snapsortd.domain.entry import Entry
from snapsortd.domain.errors import JournalBlocked, JournalError
from snapsortd.domain.text import count, size_words
from snapsortd.journal.integrity import marker
from snapsortd.journal.migrations import APPLICATION_ID, FIRST_FORMAT, FORMAT
from snapsortd.journal.queries import Counts, JournalReader
from snapsortd.journal.readonly import ReadOnlyFile

NAME = "journal"
MAX_LISTED = 5
"""Unfinished moves that are listed; one disk can have many."""


@dataclass(frozen=True, slots=True)
class JournalFacts:
    """The state of the journal. `newest` is the wall clock time of its last entry, in seconds since 1970."""

    path: str
    bytes: int
    damage: str
    """The first error of SQLite's integrity check; empty if it is intact."""
    ours: bool
    version: int
    counts: Counts | None = None
    newest: float | None = None
    waiting: tuple[Entry, ...] = ()
    """The unfinished moves that could not be resolved, which have a reason."""


def read_journal(path: str) -> JournalFacts | JournalError | None:
    """Read the whole file; return None if there is no journal."""
    try:
        return _read(path)
    except JournalError as error:
        return error


def _read(path: str) -> JournalFacts | None:
    if not os.path.lexists(path):
        for evidence in (marker(path), path + "-wal"):
            if os.path.lexists(evidence):
                raise JournalError(
                    f"{path} is missing, but {evidence} shows that it existed",
                    "restore it from a backup, or start a new one: "
                    f"`mv {quoted(evidence)} {quoted(evidence + '.old')}`",
                )
        return None
    with closing(ReadOnlyFile(path)) as file:
        with file.reading() as db:
            damage = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
            facts = JournalFacts(
                path=path,
                bytes=sum(os.path.getsize(name) for name in (path, path + "-wal") if os.path.exists(name)),
                damage="" if damage == "ok" else damage,
                ours=db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID,
                version=db.execute("PRAGMA user_version").fetchone()[0],
            )
        if facts.damage or not facts.ours or not FIRST_FORMAT <= facts.version <= FORMAT:
            return facts
        with file.reading() as db:
            newest = db.execute("SELECT max(at) FROM entries").fetchone()[0]
        reader = JournalReader(file)
        counts = reader.counts()
        waiting = [entry for entry in reader.open_entries() if entry.reason] if facts.version == FORMAT else []
    return JournalFacts(path, facts.bytes, "", True, facts.version, counts, newest, tuple(waiting[:MAX_LISTED]))


def check_journal(found: JournalFacts | JournalError | None, *, running: bool) -> Iterator[Finding]:
    """Report the state of the journal. `running`: a daemon answers, so unfinished moves may be in progress."""
    if found is None:
        yield ok(NAME, "there is none yet; the first start creates it")
    elif isinstance(found, JournalBlocked):
        yield warning(NAME, found.message, found.hint)
    elif isinstance(found, JournalError):
        yield problem(NAME, found.message, found.hint)
    elif found.damage or not found.ours:
        what = f"is damaged: {found.damage}" if found.damage else "is a database, but not a journal of snapsortd"
        yield problem(NAME, f"{found.path} {what}", _start_new(found.path))
    elif found.counts is None and found.version < FIRST_FORMAT:
        yield problem(
            NAME,
            f"{found.path} was written by a development version of snapsortd (format {found.version})",
            _start_new(found.path),
        )
    elif found.counts is None:
        yield problem(
            NAME,
            f"{found.path} was written by a newer version of snapsortd (format {found.version})",
            "install that version again",
        )
    else:
        yield from _check_counts(found, found.counts, running)


def _start_new(path: str) -> str:
    """Return the fix. The undo history is lost with the old journal; the images stay where they are."""
    folder = os.path.dirname(path)
    return (
        "filing is halted until then: restore it from a backup, or start a new one: "
        f"`snapsortctl stop; mv {quoted(folder)} {quoted(folder + '.old')}`"
    )


def _check_counts(found: JournalFacts, counts: Counts, running: bool) -> Iterator[Finding]:
    if counts.conflicts:
        yield warning(
            NAME,
            f"{count(counts.conflicts, 'move')} could not be finished because the file or its folder was changed",
            "`snapsortctl status` lists them, `snapsortctl explain FILE` shows details",
        )
    if counts.quarantined:
        yield warning(
            NAME,
            f"{count(counts.quarantined, 'image')} given up on",
            "`snapsortctl status` lists them with the reasons",
        )
    if counts.incomplete:
        yield warning(
            NAME,
            f"{count(counts.incomplete, 'image')} filed without all actions of their rules, because one failed",
            "`snapsortctl status` lists them with the reasons",
        )
    for entry in found.waiting:
        yield warning(
            NAME,
            f"the {entry.intent.kind} of {entry.intent.source} to {entry.intent.target} is unfinished: {entry.reason}",
            f"mount its disk; if that never comes back: `snapsortctl abandon {entry.id}`, which explains and asks",
        )
    if counts.open > len(found.waiting) and not running:
        yield warning(
            NAME,
            f"{count(counts.open - len(found.waiting), 'move')} unfinished, as after a crash",
            "start snapsortd: it finishes or discards those whose state it can prove",
        )
    yield ok(NAME, f"intact: {found.path}, {size_words(found.bytes)}, {counts.filed} filed, {counts.undone} undone")
