"""Notice that a file goes on growing after it was filed, because a program was not finished with it.

Where the system does not say who has a file open for writing, only this shows it: a scanner adds the second page.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from snapsortd.domain.entry import Entry
from snapsortd.domain.text import size_words
from snapsortd.files.folders import lstat

FIRST_CHECK_S = 5.0
"""Time after filing at which a file is checked first, and then after twice as long each time."""
LAST_CHECK_S = 3600.0
MAX_CHECKED = 1_000
"""Maximum number of files that are checked; the oldest ones make room."""
MAX_GROWN = 20
"""Maximum number of files that are remembered as grown."""


def growth(entry: Entry) -> str:
    """Return a sentence if the file that this entry moved is still in place and has grown since, or an empty text."""
    before = entry.target_identity
    if not entry.has_moved or before is None or entry.reversed_by is not None:
        return ""
    found = lstat(entry.intent.target, entry.intent.target_root)
    if found is None or not found.identity.is_same_file(before) or found.identity.size <= before.size:
        return ""
    sizes = f"from {size_words(before.size)} to {size_words(found.identity.size)}"
    return f"it has grown since it was filed, {sizes}: a program went on writing to it, so its rule saw only a part"


@dataclass(slots=True)
class _Check:
    entry: Entry
    filed: float
    due: float


@dataclass(frozen=True, slots=True)
class Grown:
    """A file that has grown since it was filed."""

    entry: Entry
    reason: str


class FiledLately:
    """Files that were filed in the last hour. Times are monotonic seconds; `grown` may be read by any thread."""

    def __init__(self) -> None:
        self._checks: OrderedDict[int, _Check] = OrderedDict()
        self.grown: tuple[Grown, ...] = ()

    def add(self, entries: Iterable[Entry], now: float) -> None:
        """Have the files checked that these entries moved."""
        for entry in entries:
            if entry.has_moved and not entry.goes_to_trash:
                self._checks[entry.id] = _Check(entry, now, now + FIRST_CHECK_S)
        while len(self._checks) > MAX_CHECKED:
            self._checks.popitem(last=False)

    @property
    def next_due(self) -> float | None:
        """The time of the next check; None if there is none."""
        return min((each.due for each in self._checks.values()), default=None)

    def take_due(self, now: float) -> list[Entry]:
        """Return the entries whose files are to be checked now; a file's last check is after an hour."""
        due = [each for each in self._checks.values() if each.due <= now]
        for each in due:
            each.due = now + 2 * max(each.due - each.filed, FIRST_CHECK_S)
            if now - each.filed >= LAST_CHECK_S:
                del self._checks[each.entry.id]
        return [each.entry for each in due]

    def note(self, grown: Sequence[Grown]) -> None:
        """Remember files that have grown; they are not checked any more."""
        for each in grown:
            self._checks.pop(each.entry.id, None)
        self.grown = (*self.grown, *grown)[-MAX_GROWN:]

    def dismiss(self, path: str | None) -> int:
        """Forget that the file at `path`, or every one, has grown, and return how many that were."""
        kept = tuple(each for each in self.grown if path is not None and each.entry.intent.target != path)
        number, self.grown = len(self.grown) - len(kept), kept
        return number


def find_grown(entries: Iterable[Entry]) -> list[Grown]:
    """Return those of the entries whose files have grown since."""
    return [Grown(entry, reason) for entry in entries if (reason := growth(entry))]
