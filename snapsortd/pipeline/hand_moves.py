"""Corrections without a command: a person moves a filed image to where another label belongs, or back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from snapsortd.domain.entry import Entry, EntryKind
from snapsortd.domain.example import Example, Source
from snapsortd.domain.file import FileIdentity
from snapsortd.files.answering import Answering, NotAnswering
from snapsortd.files.copy import hash_file
from snapsortd.files.folders import lstat, open_place
from snapsortd.journal import Journal
from snapsortd.pipeline.search_moved import MovedImages
from snapsortd.rules.destinations import labels_at
from snapsortd.rules.rule import Rule

LabelOf = Callable[[Entry], str]
"""Return the label by which an image was filed; empty if that is unknown."""
MAX_LOOKED_AT = 500
"""Filed images that are looked at, the newest; people move what they have just seen filed."""
_NONE = FileIdentity(0, 0, 0, 0)


class HandMoves:
    """Notices filed images that a person has moved. Raise JournalError if the journal can't be relied on."""

    def __init__(self, journal: Journal, answering: Answering) -> None:
        self._journal = journal
        self._answering = answering
        self._judged: set[int] = set()
        """Entries whose image is gone, and of which all is known that will be."""

    def notice(self, rules: Sequence[Rule], label_of: LabelOf) -> list[Example]:
        """Return what was moved since the last call, as examples that are not stored yet.

        An image that is in a folder to which the rules of exactly one other label lead has that label; another one that
        is back at the path that it was filed from has not the label that it was filed by.
        """
        roots = tuple(action.destination.root for rule in rules for action in rule.actions if action.destination)
        moved = MovedImages(tuple(dict.fromkeys(roots)))
        found = []
        for entry in self._gone():
            self._judged.add(entry.id)
            label = label_of(entry)
            if label and (example := self._judge(entry, label, rules, moved)) is not None:
                found.append(example)
        return found

    def _gone(self) -> Iterator[Entry]:
        """Yield filed images that are not where they were put, although their disk answers."""
        for entry in self._journal.filed_lately(MAX_LOOKED_AT):
            if entry.id not in self._judged and entry.intent.kind in (EntryKind.MOVE, EntryKind.REDO):
                with suppress(NotAnswering, OSError):
                    self._answering.check(entry.intent.target)
                    if lstat(entry.intent.target) is None:
                        yield entry

    def _judge(self, entry: Entry, label: str, rules: Sequence[Rule], moved: MovedImages) -> Example | None:
        source, sha256 = entry.intent.source, entry.intent.sha256
        told = self._journal.examples.about(sha256)
        if told is not None and told.at >= entry.at:  # a correction has moved it, or this move was noticed before
            return None
        if self._journal.was_moved_on(entry):
            return None
        is_back = _has_content(source, sha256)
        path = source if is_back else moved.find(entry, _NONE).path
        labels = labels_at(rules, os.path.dirname(path)) if path else frozenset()
        if len(labels) == 1 and label not in labels:
            (right,) = labels
            return Example(sha256, right, Source.MOVED, path=path)
        return Example(sha256, label, Source.MOVED, is_not=True, path=source) if is_back else None


def _has_content(path: str, sha256: bytes) -> bool:
    with suppress(OSError), open_place(path) as place:
        found = place.look()
        return found is not None and found.is_regular and hash_file(place) == sha256
    return False
