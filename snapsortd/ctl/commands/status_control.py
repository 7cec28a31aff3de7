"""status, pause, resume, reload, stop: query and control a running daemon."""

from __future__ import annotations

import os
from dataclasses import asdict

import click

from snapsortd.ctl.client import Client, Reply
from snapsortd.ctl.output.columns import terminal_width
from snapsortd.ctl.output.console import end, json_option, locations, say, say_json, short
from snapsortd.ctl.output.status import attention_lines, status_lines
from snapsortd.domain.errors import EXIT_UNAVAILABLE, SnapsortError, Unavailable
from snapsortd.domain.text import count
from snapsortd.files.locations import Locations

MAX_PROBLEMS = 20


@click.command("status")
@click.option("--all", "everything", is_flag=True, help="List all folders, waiting files and problems.")
@json_option
def status_command(everything: bool, as_json: bool) -> None:
    """Show the state of the daemon, what it filed and what needs attention.

    Exit code 4 if no daemon is running; with --json the state is then "stopped" and the counts are the journal's.
    """
    here = locations()
    try:
        found = Client(here.socket).status()
    except Unavailable as error:
        if not as_json:
            say(problems_of(here, everything=everything))
            if not os.path.lexists(here.config_file):
                what = f"there is no configuration {short(here.config_file)}"
                error.hint = f"{what}; `snapsortctl init` writes one to start from"
            raise
        say_json(stopped(here))
        return end(EXIT_UNAVAILABLE)
    if as_json:
        say_json(found)
    else:
        say(status_lines(found, terminal_width(), everything=everything))
    return None


def problems_of(here: Locations, *, everything: bool) -> list[str]:
    """Return the lines of what needs attention, as far as the journal can be read while no daemon is running."""
    from snapsortd.journal.readonly import read_problems

    try:
        problems = [{**asdict(each), "id": each.entry} for each in read_problems(here.journal, MAX_PROBLEMS)]
    except SnapsortError:  # `doctor` says why
        return []
    return list(attention_lines(problems, terminal_width(), everything=everything)) if problems else []


def stopped(here: Locations) -> Reply:
    """Return the status if no daemon is running. Nothing is locked, so that one can start meanwhile."""
    from snapsortd.journal.readonly import read_counts

    found: Reply = {"state": "stopped", "queued": 0, "filed": 0, "failed": 0}
    try:
        return {**found, **asdict(read_counts(here.journal))}
    except SnapsortError as error:
        return {**found, "reason": str(error)}


def seconds_of(_ctx: click.Context, _argument: click.Parameter, text: str | None) -> int | None:
    """Return the seconds of a duration such as 30m."""
    from snapsortd.config.schema.quantities import duration

    try:
        return None if text is None else max(1, round(duration(text)))
    except ValueError as error:
        raise click.BadParameter(f"{error}; without one, the pause lasts until `snapsortctl resume`") from None


@click.command("pause")
@click.argument("duration", required=False, callback=seconds_of)
@json_option
def pause_command(duration: int | None, as_json: bool) -> None:
    """Stop filing for a DURATION such as 30m or 1h, or until `snapsortctl resume`; new images wait in their folder.

    A pause also holds if snapsortd or the computer is started again meanwhile.
    """
    reply = Client(locations().socket).send("pause", seconds=duration)
    if as_json:
        return say_json(reply)
    say(f"Paused: new images wait {reply.get('reason') or 'until `snapsortctl resume`'}.")
    return None


@click.command("resume")
@json_option
def resume_command(as_json: bool) -> None:
    """Resume filing, beginning with the images that have waited."""
    send("resume", "Filing resumed.", as_json)


@click.command("reload")
@json_option
def reload_command(as_json: bool) -> None:
    """Reload the configuration of the daemon.

    If it has faults, all of them are listed, the last valid configuration stays in effect, and the exit code is 3.
    """
    reply = Client(locations().socket).send("reload")
    if as_json:
        return say_json(reply)
    say("Configuration reloaded.")
    if left := reply.get("left"):
        say(f"The rules changed. {count(left, 'image')} that they left alone before will not be moved by themselves:")
        say("`snapsortctl status` says how many match now, `snapsortctl sort --left` files these.")
    return None


@click.command("stop")
@json_option
def stop_command(as_json: bool) -> None:
    """Finish the move in progress and stop the daemon.

    A daemon that runs as a service starts again at the next login, unless you run `snapsortctl service uninstall`.
    """
    send("stop", "snapsortd is stopping.", as_json)


def send(order: str, sentence: str, as_json: bool) -> None:
    """Send an order to the daemon and report that it was carried out."""
    reply = Client(locations().socket).send(order)
    if as_json:
        say_json(reply)
    else:
        say(sentence)
