"""abandon: give up an unfinished move whose disk never comes back."""

from __future__ import annotations

import click

from snapsortd.ctl.backend import reach
from snapsortd.ctl.output.console import NUMBER, json_option, locations, say, say_json
from snapsortd.domain.text import escape


@click.command("abandon")
@click.argument("number", type=NUMBER, metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def abandon_command(number: int, yes: bool, as_json: bool) -> None:
    """Give up an unfinished move whose disk never comes back. Explains what that means, and asks first.

    ID is the number that `snapsortctl status` shows. Only the journal's entry is closed: no file is deleted, moved or
    changed. With --json, nothing is done without --yes.

    \b
      snapsortctl abandon 12
    """
    with reach(locations()) as backend:
        found = backend.abandon(number, dry_run=True)
        if not as_json:
            say(map(escape, found["explanation"]))
        if not yes and not as_json:
            click.confirm("Give it up?", abort=True)
        if yes or not as_json:
            found = backend.abandon(number, dry_run=False)
    if as_json:
        say_json(found)
    else:
        say(f"Entry {number} is given up.")
