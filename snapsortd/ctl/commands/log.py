"""log: list what was done."""

from __future__ import annotations

import os
from typing import Any

import click

from snapsortd.ctl.backend import reach
from snapsortd.ctl.client import Client, Reply
from snapsortd.ctl.complete import offer_labels, offer_rules
from snapsortd.ctl.output.columns import terminal_width
from snapsortd.ctl.output.console import NUMBER, WholeNumber, json_option, locations, say, say_json, short
from snapsortd.ctl.output.log import log_lines, pairs
from snapsortd.ctl.times import moment
from snapsortd.domain.errors import NotKnown


@click.command("log")
@click.argument("path", required=False, type=click.Path())
@click.option(
    "-n", "--limit", default=20, show_default=True, type=WholeNumber(1, 1000), help="Maximum number of entries."
)
@click.option("--before", type=NUMBER, metavar="ID", help="Only entries older than this one.")
@click.option("--since", metavar="TIME", help="Since `2h`, `today`, `2026-11-23` or `2026-11-23 16:42`.")
@click.option("--until", metavar="TIME", help="Before this time.")
@click.option("--rule", metavar="NAME", shell_complete=offer_rules, help="Only actions of this rule.")
@click.option("--label", metavar="NAME", shell_complete=offer_labels, help="Only images with this label.")
@click.option("--path", "path_option", metavar="PATH", help="The same as PATH.")
@click.option("--failed", is_flag=True, help="Only what failed or needs a look.")
@click.option("--reverse", is_flag=True, help="List the newest last.")
@click.option("-f", "--follow", is_flag=True, help="List the newest last, and go on with what the daemon does.")
@json_option
def log_command(
    path: str | None,
    path_option: str | None,
    limit: int,
    before: int | None,
    since: str | None,
    until: str | None,
    reverse: bool,
    follow: bool,
    as_json: bool,
    **filters: Any,
) -> None:
    """List what was done, newest first; with PATH, only what concerns that file, or what is below that folder.

    The ID in the first column is what `snapsortctl undo` takes, and `snapsortctl correct ID LABEL` if a label is wrong.

    \b
      snapsortctl log -n 5
      snapsortctl log --rule 'Receipts by month' --since yesterday
      snapsortctl log ~/Downloads/scan.png
    """
    path = path or path_option
    filters |= {"path": os.path.abspath(path) if path else None}
    times = {"since": moment("--since", since), "until": moment("--until", until)}
    if follow:
        return follow_log(limit, as_json, **filters, **times)
    with reach(locations()) as backend:
        found = backend.log(limit=limit, before=before, **filters, **times)
    if not found["entries"] and path and not os.path.lexists(path):
        raise NotKnown(
            f"there is no file {path}, and nothing was done with one", "a name may have changed: try its folder"
        )
    if reverse:
        found["entries"].reverse()
    if as_json:
        return say_json(found)
    is_filtered = any(value for value in (before, *filters.values(), *times.values()))
    say(log_lines(found["entries"]) if found["entries"] else nothing(filters["path"], is_filtered=is_filtered))
    if len(found["entries"]) < found["total"] and found["entries"]:
        oldest = min(entry["id"] for entry in found["entries"])
        say(f"{len(found['entries'])} of {found['total']}; older ones: `--before {oldest}`, more: `-n {2 * limit}`.")
    return None


def nothing(path: str | None, *, is_filtered: bool) -> str:
    """Return a sentence for an empty log."""
    if path:
        return f"Nothing was done with {short(path)}; `snapsortctl explain FILE` says why."
    return "Nothing that was done matches." if is_filtered else "Nothing has been filed yet."


def follow_log(limit: int, as_json: bool, **query: Any) -> None:
    """Print the last entries, then each as it is made, until the daemon ends. Raise Unavailable if none is running."""
    client = Client(locations().socket)
    last = say_new(client.log(limit, **query), as_json, 0)
    for _ in client.events():
        last = say_new(client.log(1000, after=last or None, **query), as_json, last)


def say_new(found: Reply, as_json: bool, last: int) -> int:
    """Print entries, oldest first, and return the number of the newest one."""
    entries = [entry for entry in reversed(found["entries"]) if entry["id"] > last]
    if as_json:
        for entry in entries:
            say_json(entry)
    elif entries:
        say(pairs(entries, 0, terminal_width()))
    return int(entries[-1]["id"]) if entries else last
