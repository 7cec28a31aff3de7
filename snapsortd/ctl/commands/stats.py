"""stats: count what was filed and taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click
from click import style

from snapsortd.ctl.backend import reach
from snapsortd.ctl.client import Reply
from snapsortd.ctl.output.columns import fit
from snapsortd.ctl.output.console import json_option, locations, say, say_json
from snapsortd.ctl.output.render import pad
from snapsortd.ctl.times import moment
from snapsortd.domain.text import count, escape

BAR = 30
"""Columns of the longest bar."""
MAX_NAME = 24
MAX_DAYS = 14


@click.command("stats")
@click.option("--since", metavar="TIME", help="Filed since `2h`, `today`, `4w`, `2026-11-23` or `2026-11-23 16:42`.")
@click.option("--until", metavar="TIME", help="Filed before this time.")
@json_option
def stats_command(since: str | None, until: str | None, as_json: bool) -> None:
    """Count the images that were filed, and those that were taken back, by label, rule and day.

    \b
      snapsortctl stats
      snapsortctl stats --since 4w
    """
    times = moment("--since", since), moment("--until", until)
    with reach(locations()) as backend:
        found = backend.stats(*times)
    if as_json:
        say_json(found)
    else:
        say(lines(found))


def lines(found: Reply) -> Iterator[str]:
    """Yield the totals, and a section with bars for labels, rules and days."""
    if not found["filed"]:
        yield "Nothing was filed in this time." if found.get("since") else "Nothing has been filed yet."
        return
    yield f"{count(found['filed'], 'image')} filed{back_words(found)}."
    for title, rows in (
        ("By label", found["labels"]),
        ("By rule", found["rules"]),
        ("By day", found["days"][-MAX_DAYS:]),
    ):
        yield from ("", style(title, bold=True))
        yield from bars(rows)
    if (hidden := len(found["days"]) - MAX_DAYS) > 0:
        yield style(f"  {count(hidden, 'earlier day')}: --json lists them", dim=True)


def bars(rows: Sequence[Reply]) -> Iterator[str]:
    """Yield each row with its number and a bar, and how many of its images were taken back."""
    names = [fit(escape(row["name"]) or "(no label)", MAX_NAME) for row in rows]
    most, size = max(row["filed"] for row in rows), len(str(max(row["filed"] for row in rows)))
    for name, row in zip(names, rows, strict=True):
        bar = style("█" * max(1, round(BAR * row["filed"] / most)), fg="green")
        yield f"  {pad(name, max(map(len, names)))}  {row['filed']:>{size}}  {bar}{style(back_words(row), dim=True)}"


def back_words(tally: Reply) -> str:
    """Return how many images were taken back and corrected: `, 2 taken back`; empty if none was."""
    numbers = ((tally["undone"], "taken back"), (tally.get("corrected") or 0, "corrected"))
    return "".join(f", {number} {word}" for number, word in numbers if number)
