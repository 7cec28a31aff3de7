"""How many images were filed and taken back: by rule, label and day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from snapsortd.journal.file import JournalFile

_KINDS = "'move', 'copy', 'rename', 'trash', 'hardlink', 'symlink', 'tag'"
_TAKEN_BACK = "reversal.id IS NOT NULL AND reversal.reversed_by IS NULL"
_STATEMENT = f"""
    SELECT entries.rule AS rule,
        coalesce(json_extract(decisions.json, '$.label'), '') AS label,
        date(entries.at, 'unixepoch', 'localtime') AS day,
        count(DISTINCT coalesce(entries.decision, -entries.id)) AS filed,
        count(DISTINCT CASE WHEN {_TAKEN_BACK} THEN coalesce(entries.decision, -entries.id) END) AS undone
    FROM entries
    LEFT JOIN decisions ON decisions.id = entries.decision
    LEFT JOIN entries AS reversal ON reversal.id = entries.reversed_by
    WHERE entries.kind IN ({_KINDS}) AND entries.state = 'done' AND entries.follows IS NULL
        AND entries.at >= ? AND entries.at < ? AND (reversal.id IS NULL OR reversal.batch != entries.batch)
    GROUP BY entries.rule, label, day
"""
"""Images, not actions: one may be tagged and moved. A step that was undone within its own batch had failed."""


class Tally(NamedTuple):
    """Images that were filed, and how many of them are back where they came from."""

    filed: int
    undone: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """The images by rule, label and day (`2026-11-29`, local time); rules and labels with the most images first."""

    total: Tally
    rules: dict[str, Tally]
    labels: dict[str, Tally]
    days: dict[str, Tally]


def read_statistics(file: JournalFile, since: float, until: float) -> Statistics:
    """Return the statistics of what was filed in this time, in seconds since 1970, `until` excluded."""
    with file.reading() as db:
        rows = db.execute(_STATEMENT, (since, until)).fetchall()

    def tallies(column: str) -> dict[str, Tally]:
        found: dict[str, Tally] = {}
        for row in rows:
            before = found.get(row[column], Tally(0, 0))
            found[row[column]] = Tally(before.filed + row["filed"], before.undone + row["undone"])
        return found

    total = Tally(sum(row["filed"] for row in rows), sum(row["undone"] for row in rows))
    rules, labels, days = (tallies(column) for column in ("rule", "label", "day"))
    return Statistics(total, _most_first(rules), _most_first(labels), dict(sorted(days.items())))


def _most_first(tallies: dict[str, Tally]) -> dict[str, Tally]:
    return dict(sorted(tallies.items(), key=lambda item: (-item[1].filed, item[0])))
