"""A look into the journal while no daemon runs: no lock, no repair, nothing written."""

from __future__ import annotations

import os
from contextlib import closing

from snapsortd.journal.reading import Counts, JournalReader
from snapsortd.journal.untouched import UntouchedFile


def peek_counts(path: str) -> Counts:
    """How things stand; all zero where there is no journal yet. Raises JournalError if it can't be read."""
    if not os.path.exists(path):
        return Counts(filed=0, undone=0, failed=0, quarantined=0, conflicts=0, open=0)
    with closing(UntouchedFile(path)) as file:
        return JournalReader(file).counts()
