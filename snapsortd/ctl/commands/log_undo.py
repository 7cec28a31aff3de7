"""log, explain, undo, redo: what the journal knows, and taking it back."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from snapsortd.ctl.client import reach
from snapsortd.ctl.output.console import end, json_option, locations, say, say_json
from snapsortd.ctl.output.explain import story_lines
from snapsortd.ctl.output.render import log_lines, undo_line
from snapsortd.ctl.times import parse_moment
from snapsortd.domain.errors import EXIT_REFUSED
from snapsortd.domain.text import count

F = TypeVar("F", bound=Callable[..., Any])


@click.command("log")
@click.argument("path", required=False)
@click.option("-n", "--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@click.option("--before", type=int, metavar="ID", help="Only entries older than this one.")
@click.option("--rule", metavar="NAME", help="Only what this rule did.")
@click.option("--reverse", is_flag=True, help="Newest last.")
@json_option
def log_command(
    path: str | None, limit: int, before: int | None, rule: str | None, reverse: bool, as_json: bool
) -> None:
    """List what was filed, newest first; with PATH, only what concerns that file.

    The ID in the first column is what `snapsortctl undo` takes.

    \b
      snapsortctl log -n 5
      snapsortctl log --rule 'Receipts by month'
      snapsortctl log ~/Downloads/scan.png
    """
    with reach(locations()) as desk:
        found = desk.log(
            limit=limit, before=before, rule=rule, path=os.path.abspath(path) if path else None, shadow=False
        )
    if reverse:
        found["entries"].reverse()
    if as_json:
        say_json(found)
    else:
        say(log_lines(found["entries"]) if found["entries"] else "Nothing was filed yet.")


@click.command("explain")
@click.argument("path")
@json_option
def explain_command(path: str, as_json: bool) -> None:
    """Tell what happened to the image at PATH, and why: what the model saw, what each rule said.

    PATH is where the image is now, or where it was.
    """
    with reach(locations()) as desk:
        found = desk.explain(os.path.abspath(path))
    if as_json:
        say_json(found)
    else:
        say(story_lines(found))


def selection_options(function: F) -> F:
    """Which entries: by id, or all that fit."""
    for option in (
        click.option("-n", "--dry-run", is_flag=True, help="Only say what would be done."),
        click.option("--all", "everything", is_flag=True, help="All there is."),
        click.option("--until", metavar="TIME", help="Filed before this; with --since, a range."),
        click.option("--since", metavar="TIME", help="Since `2h`, `today`, `2026-11-23` or `2026-11-23 16:42`."),
        click.option("--rule", metavar="NAME", help="Only what this rule did."),
        click.option("--batch", type=int, metavar="N", help="One batch, as `sort` names it."),
        click.option("--last", type=click.IntRange(1), metavar="N", help="The N newest."),
        click.argument("ids", nargs=-1, type=int, metavar="[ID]..."),
    ):
        function = option(function)
    return function


@click.command("undo")
@selection_options
@json_option
def undo_command(**options: Any) -> None:
    """Take moves back: every file goes to exactly where it was.

    Without arguments the last batch is taken back. What can't be (changed since, gone, its old place taken)
    is refused with the reason and stays undoable; the others are done, and the exit code is 1.

    \b
      snapsortctl undo --dry-run
      snapsortctl undo 12 13
      snapsortctl undo --rule Screenshots --since 2h
      snapsortctl undo --since yesterday --until today
    """
    reverse("undo", **options)


@click.command("redo")
@selection_options
@json_option
def redo_command(**options: Any) -> None:
    """Do again what was taken back. Without arguments: the last batch.

    \b
      snapsortctl redo --last 3
    """
    reverse("redo", **options)


def reverse(call: str, *, as_json: bool, dry_run: bool, **options: Any) -> None:
    """Undo or redo what was selected, say each item, and end with 1 if one was refused."""
    chosen = selection(**options)
    with reach(locations()) as desk:
        found = (desk.undo if call == "undo" else desk.redo)(dry_run=dry_run, **chosen)
    if as_json:
        say_json(found)
    else:
        say(undo_line(each, dry_run=dry_run) for each in found["results"])
        origin = "to" if call == "undo" else "from"  # one file may have been tagged, copied and moved
        files = {each[origin] for each in found["results"] if each["done"]}
        say(summary(call, len(files), found["refused"], dry_run))
    end(EXIT_REFUSED if found["refused"] else 0)


def selection(
    *, ids: tuple[int, ...], everything: bool, since: str | None, until: str | None, **others: int | str | None
) -> dict[str, Any]:
    """The API's words for what was asked. Raises click's UsageError if it contradicts itself."""
    narrowed = any(value is not None for value in (since, until, *others.values()))
    if bool(ids) + everything + narrowed > 1:
        raise click.UsageError("give IDs, or --all, or other options, not several of these")
    times = {"since": moment("--since", since), "until": moment("--until", until)}
    return {"ids": list(ids) or None, "all": everything, **times, **others}


def moment(option: str, text: str | None) -> str | None:
    """A time as the API takes it. Raises click's BadParameter."""
    try:
        return None if text is None else parse_moment(text, datetime.now(UTC).astimezone()).isoformat()
    except (ValueError, OverflowError):
        raise click.BadParameter(
            f"{text!r} is no time; write 2h, today, 2026-11-23 or '2026-11-23 16:42'", param_hint=option
        ) from None


def summary(call: str, done: int, refused: int, dry_run: bool) -> str:
    """How it went, in a sentence."""
    if not done and not refused:
        return f"There is nothing to {call}."
    words = "would be taken back" if call == "undo" else "would be done again"
    if not dry_run:
        words = "taken back" if call == "undo" else "done again"
    return f"{count(done, 'file')} {words}" + (f", {refused} refused." if refused else ".")
