"""The images that were filed by their label and not taken back, as labelled images."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from contextlib import closing, suppress

from snapsortd.ctl.evaluation.dataset import Labelled
from snapsortd.domain.entry import EntryKind, State
from snapsortd.domain.errors import JournalBlocked
from snapsortd.journal.queries import JournalReader
from snapsortd.journal.readonly import ReadOnlyFile

MAX_IMAGES = 400
"""The newest ones; more take minutes."""


def filed_images(journal: str, labels: Collection[str]) -> list[Labelled]:
    """Return the newest images that were moved, are still where they were moved to, and whose label is one of these.

    There are none if the journal does not exist, or only a daemon can read it.
    """
    found: list[Labelled] = []
    if not os.path.exists(journal):
        return found
    with suppress(JournalBlocked), closing(ReadOnlyFile(journal)) as file:
        reader = JournalReader(file)
        for entry in reader.entries(limit=4 * MAX_IMAGES, state=State.DONE):
            intent = entry.intent
            if intent.kind is not EntryKind.MOVE or entry.reversed_by is not None or len(found) == MAX_IMAGES:
                continue
            decision = reader.decision(intent.cause.decision) if intent.cause.decision is not None else None
            label = json.loads(decision)["label"] if decision else ""
            if intent.target and label in labels and os.path.isfile(intent.target):
                found.append(Labelled(intent.target, label))
    return found
