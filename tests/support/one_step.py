"""One action or undo in a process of its own, to be killed or failed at any system call.

python -m tests.support.one_step JOURNAL INBOX SORTED (KIND[,ON_CONFLICT]|undo|repair)

Prints the result: the entry's state, or the name of the error.
"""

from __future__ import annotations

import sys
from pathlib import Path

from snapsortd.actions.recover import repair
from snapsortd.domain.decision import ActionKind, OnConflict
from snapsortd.domain.entry import Entry
from snapsortd.domain.errors import SnapsortError
from snapsortd.journal import Selection
from snapsortd.pipeline.undo import undo
from tests.support.filing import Filing

TAG = "filed"


def act(filing: Filing, step: str) -> Entry:
    """Apply `step` to inbox/a.png: into sorted/2026, to b.png, or with a tag."""
    kind, _, on_conflict = step.partition(",")
    renamed = kind == ActionKind.RENAME
    action = filing.action(
        "b.png" if renamed else "a.png",
        ActionKind(kind),
        OnConflict(on_conflict or OnConflict.RENAME_NEW),
        folders=() if renamed else ("2026",),
        words=(TAG,),
    )
    return filing.file(filing.inbox / "a.png", action)


def main(journal: str, inbox: str, sorted_folder: str, step: str) -> str:
    """Run the step."""
    try:
        filing = Filing(journal, Path(inbox), Path(sorted_folder))
        if step == "repair":
            return "\n".join(repair(filing.journal, filing.mover))
        if step == "undo":
            results = undo(filing.journal, filing.mover, filing.journal.undoable(Selection(all=True)))
            return "; ".join(dict.fromkeys(result.reason or "undone" for result in results))
        return act(filing, step).state
    except SnapsortError as error:
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    sys.stdout.write(main(*sys.argv[1:]) + "\n")
