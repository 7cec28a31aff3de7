"""status, pause, resume, reload, stop: what is said to a running daemon."""

from __future__ import annotations

from dataclasses import asdict

import click

from snapsortd.ctl.client import Client, Reply
from snapsortd.ctl.output.console import end, json_option, locations, say, say_json
from snapsortd.ctl.output.render import status_lines
from snapsortd.domain.errors import EXIT_UNAVAILABLE, SnapsortError, Unavailable
from snapsortd.files.locations import Locations


@click.command("status")
@json_option
def status_command(as_json: bool) -> None:
    """Say what the daemon is doing: its state, what it filed, what needs a look.

    Exit code 4 if no daemon runs; with --json the state is then "stopped" and the counts are the journal's.
    """
    here = locations()
    try:
        found = Client(here.socket).status()
    except Unavailable:
        if not as_json:
            raise
        say_json(stopped(here))
        return end(EXIT_UNAVAILABLE)
    if as_json:
        say_json(found)
    else:
        say(status_lines(found))
    return None


def stopped(here: Locations) -> Reply:
    """The status of a daemon that does not run; nothing is locked, so that one can start meanwhile."""
    from snapsortd.journal.readonly import peek_counts

    found: Reply = {"state": "stopped", "queued": 0, "filed": 0, "failed": 0}
    try:
        return {**found, **asdict(peek_counts(here.journal))}
    except SnapsortError as error:
        return {**found, "reason": str(error)}


@click.command("pause")
@json_option
def pause_command(as_json: bool) -> None:
    """File nothing until `snapsortctl resume`; new images wait in their folder."""
    tell("pause", "Paused: new images wait until `snapsortctl resume`.", as_json)


@click.command("resume")
@json_option
def resume_command(as_json: bool) -> None:
    """File again, beginning with what has waited."""
    tell("resume", "Filing again.", as_json)


@click.command("reload")
@json_option
def reload_command(as_json: bool) -> None:
    """Have the daemon read its configuration again.

    If there is a fault in it, every fault is listed, the last good configuration stays in force, and the exit
    code is 3.
    """
    tell("reload", "The configuration was read again.", as_json)


@click.command("stop")
@json_option
def stop_command(as_json: bool) -> None:
    """Finish the move in hand and end the daemon.

    A daemon that runs as a service starts again at the next login; `snapsortctl service uninstall` ends that.
    """
    tell("stop", "snapsortd is stopping.", as_json)


def tell(order: str, sentence: str, as_json: bool) -> None:
    """Give an order and say that it was carried out."""
    reply = Client(locations().socket).tell(order)
    if as_json:
        say_json(reply)
    else:
        say(sentence)
