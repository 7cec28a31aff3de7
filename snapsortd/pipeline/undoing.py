"""The operations of a session that undo, redo and give up what was done."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from snapsortd.domain.entry import Entry
from snapsortd.domain.errors import Interrupted, UndoRefused
from snapsortd.journal import Selection
from snapsortd.pipeline.abandon import abandon
from snapsortd.pipeline.known_names import check_batch, check_rule
from snapsortd.pipeline.replies import parse_selection, undo_to_json
from snapsortd.pipeline.undo import redo, undo

if TYPE_CHECKING:
    from snapsortd.pipeline.session import Session


class Undoing:
    """The operations; each may be called from several threads at the same time."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._journal = session.journal

    def undo(
        self, *, dry_run: bool = False, partly: bool = False, changed: bool = False, **selection: Any
    ) -> dict[str, Any]:
        """Undo entries, newest first; `selection` is as in `replies.parse_selection`.

        If it is empty, `burst` in the reply is the number of moves that came less than a minute before the last one.
        """
        chosen = self._selection(**selection)
        if not dry_run:
            self._session.repairs.repair()
        entries = self._journal.undoable(chosen)
        burst = {entry.intent.cause.batch for entry in self._journal.burst()} if chosen == Selection() else ()
        examples = self._session.teaching.lone_examples(chosen, entries)
        if examples and all(entry.intent.cause.batch != examples[0].batch for entry in entries):
            entries = []  # the newest batch is one of examples alone
        results = undo(
            self._journal, self._session.mover, entries, dry_run, self._before_each, partly=partly, changed=changed
        )
        if not dry_run:
            self._session.repairs.remove_emptied_folders()
            self._journal.examples.withdraw([each.id for each in examples])
        return {**undo_to_json(results, examples), "burst": max(0, len(burst) - 1)}

    def _selection(self, **selection: Any) -> Selection:
        """Return the selection of entries. Raise NotKnown if it names a batch or a rule that does not exist."""
        chosen = parse_selection(**selection)
        if not self._journal.examples.of_batch(chosen.batch or 0):
            check_batch(self._journal, chosen.batch)
        check_rule(self._journal, (rule.name for rule in self._session.config.rules), chosen.rule)
        return chosen

    def redo(self, *, dry_run: bool = False, partly: bool = False, **selection: Any) -> dict[str, Any]:
        """Undo undos, newest first; `selection` is as in `replies.parse_selection`."""
        entries = self._journal.redoable(self._selection(**selection))
        return undo_to_json(
            redo(self._journal, self._session.mover, entries, dry_run, self._before_each, partly=partly)
        )

    def abandon(self, number: int, *, dry_run: bool = False) -> dict[str, Any]:
        """Give up an unfinished entry that can't be resolved, or only explain it; see `pipeline.abandon`."""
        if not dry_run:
            self._session.repairs.repair()
        return abandon(self._journal, self._session.mover, number, dry_run=dry_run)

    def _before_each(self, entry: Entry) -> None:
        """Raise Interrupted on shutdown, because a long undo takes minutes.

        Raise UndoRefused if another daemon would file the file again.
        """
        if self._session.may_stop():
            raise Interrupted("snapsortd was asked to stop before this one")
        for path in (entry.intent.source, entry.intent.target):
            if (claim := self._session.claims.other(os.path.dirname(path))) is not None:
                raise UndoRefused(f"{os.path.dirname(path)} is {claim}; stop that one first")
