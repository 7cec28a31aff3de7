"""One move, copy or undo in a process of its own, to be killed or failed at any system call.

    python -m tests.integration.one_step JOURNAL INBOX SORTED (move|copy|undo|repair)

Prints what came of it: the entry's state, or the name of the error.
"""

from __future__ import annotations

import sys
from pathlib import Path

from snapsortd.errors import SnapsortError
from snapsortd.journal import Selection
from snapsortd.models import ActionKind
from snapsortd.repair import repair
from snapsortd.undo import undo
from tests.integration.filing import Filing


def main(journal: str, inbox: str, sorted_folder: str, step: str) -> str:
    """Do the step."""
    try:
        filing = Filing(journal, Path(inbox), Path(sorted_folder))
        if step == "repair":
            return "\n".join(repair(filing.journal, filing.mover))
        if step == "undo":
            results = undo(filing.journal, filing.mover, filing.journal.undoable(Selection(all=True)))
            return "; ".join(result.reason or "undone" for result in results)
        image = filing.inbox / "a.png"
        return filing.file(image, filing.action(image, ActionKind(step), folders=("2026",))).state
    except SnapsortError as error:
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    sys.stdout.write(main(*sys.argv[1:]) + "\n")
