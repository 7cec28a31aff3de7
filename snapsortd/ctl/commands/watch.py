"""watch: follow the events of the daemon."""

from __future__ import annotations

import click

from snapsortd.ctl.client import Client
from snapsortd.ctl.output.console import json_option, locations, say, say_json
from snapsortd.ctl.output.render import event_line


@click.command("watch")
@json_option
def watch_command(as_json: bool) -> None:
    """Follow events as they happen, until Ctrl-C or the end of the daemon.

    With --json, one JSON object per line.
    """
    for event in Client(locations().socket).events():
        if as_json:
            say_json(event)
        else:
            say(event_line(event))
