"""shadow: list what rules in shadow mode would have done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from snapsortd.ctl.backend import reach
from snapsortd.ctl.client import Reply
from snapsortd.ctl.complete import offer_rules
from snapsortd.ctl.output.console import WholeNumber, json_option, locations, say, say_json
from snapsortd.ctl.output.render import format_entry, moment
from snapsortd.ctl.output.tables import table
from snapsortd.domain.text import escape, score_text


@click.command("shadow")
@click.option(
    "-n", "--limit", default=20, show_default=True, type=WholeNumber(1, 1000), help="Maximum number of entries."
)
@click.option("--rule", metavar="NAME", shell_complete=offer_rules, help="Only actions of this rule.")
@json_option
def shadow_command(limit: int, rule: str | None, as_json: bool) -> None:
    """List what rules with `mode: shadow` would have done, newest first.

    `snapsortctl rules promote NAME` makes such a rule take effect.

    \b
      snapsortctl shadow
      snapsortctl shadow --rule Screenshots -n 100
    """
    with reach(locations()) as backend:
        found = backend.log(limit=limit, rule=rule, shadow=True)
    if as_json:
        say_json(found)
    else:
        say(lines(found["entries"]) if found["entries"] else "No rule in shadow mode has matched an image yet.")


def lines(entries: Sequence[Reply]) -> Iterator[str]:
    """Yield a table of the time, the rule and the action."""
    rows = [
        (
            moment(entry["at"]),
            escape(entry["rule"]),
            escape(entry.get("label") or ""),
            "" if entry.get("score") is None else score_text(entry["score"]),
            f"{entry['kind']}  {format_entry(entry)}",
        )
        for entry in entries
    ]
    yield from table(("WHEN", "RULE", "LABEL", "SCORE", "WOULD"), rows)
