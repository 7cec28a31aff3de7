"""dismiss: take a file off the list of those that need attention."""

from __future__ import annotations

import os

import click

from snapsortd.ctl.backend import reach
from snapsortd.ctl.output.console import json_option, locations, say, say_json
from snapsortd.domain.text import count


@click.command("dismiss")
@click.argument("path", required=False, type=click.Path(), metavar="[FILE]")
@click.option("--all", "everything", is_flag=True, help="All files on the list.")
@json_option
def dismiss_command(path: str | None, everything: bool, as_json: bool) -> None:
    """Take a file off the list of those that need attention, which `snapsortctl status` shows.

    The file is not touched. It is listed again if it changes and there is a problem with it then, too.

    \b
      snapsortctl dismiss ~/Downloads/broken.jpg
      snapsortctl dismiss --all
    """
    if bool(path) == everything:
        raise click.UsageError("give either a file or --all")
    with reach(locations()) as backend:
        found = backend.dismiss(os.path.abspath(path) if path else None)
    if as_json:
        say_json(found)
    else:
        say(f"{count(found['dismissed'], 'file')} taken off the list.")
