"""log, explain, undo, redo: show and reverse what the journal recorded."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from snapsortd.ctl.as_meant import no_such_file
from snapsortd.ctl.client import reach
from snapsortd.ctl.output.console import NUMBER, end, json_option, locations, say, say_json
from snapsortd.ctl.output.explain import story_lines
from snapsortd.ctl.output.render import log_lines, undo_line
from snapsortd.ctl.times import parse_moment
from snapsortd.domain.errors import EXIT_REFUSED, SnapsortError
from snapsortd.domain.text import count

F = TypeVar("F", bound=Callable[..., Any])


@click.command("log")
@click.argument("path", required=False)
@click.option(
    "-n", "--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="Maximum number of entries."
)
@click.option("--before", type=NUMBER, metavar="ID", help="Only entries older than this one.")
@click.option("--rule", metavar="NAME", help="Only actions of this rule.")
@click.option("--reverse", is_flag=True, help="List the newest last.")
@json_option
def log_command(
    path: str | None, limit: int, before: int | None, rule: str | None, reverse: bool, as_json: bool
) -> None:
    """List what was done, newest first; with PATH, only what concerns that file.

    The ID in the first column is what `snapsortctl undo` takes.

    \b
      snapsortctl log -n 5
      snapsortctl log --rule 'Receipts by month'
      snapsortctl log ~/Downloads/scan.png
    """
    with reach(locations()) as backend:
        found = backend.log(
            limit=limit, before=before, rule=rule, path=os.path.abspath(path) if path else None, shadow=False
        )
    if reverse:
        found["entries"].reverse()
    if as_json:
        say_json(found)
    else:
        say(log_lines(found["entries"]) if found["entries"] else "Nothing has been filed yet.")


@click.command("explain")
@click.argument("path")
@json_option
def explain_command(path: str, as_json: bool) -> None:
    """Show what happened to the image at PATH, and why: the scores of the model and the result of each rule.

    PATH is the current or an earlier location of the image.
    """
    with reach(locations()) as backend:
        try:
            found = backend.explain(os.path.abspath(path))
        except SnapsortError as error:
            if os.path.lexists(path) or not error.message.startswith("nothing is known"):
                raise
            raise no_such_file(os.path.abspath(path)) from None
    if as_json:
        say_json(found)
    else:
        say(story_lines(found))


def selection_options(function: F) -> F:
    """Add the options that select entries: by ID or by criteria."""
    for option in (
        click.option("-n", "--dry-run", is_flag=True, help="Show what would be done; change nothing."),
        click.option("--all", "everything", is_flag=True, help="All entries."),
        click.option("--until", metavar="TIME", help="Filed before this time; with --since, a range."),
        click.option("--since", metavar="TIME", help="Filed since `2h`, `today`, `2026-11-23` or `2026-11-23 16:42`."),
        click.option("--rule", metavar="NAME", help="Only actions of this rule."),
        click.option("--batch", type=NUMBER, metavar="N", help="The batch with this number, as reported by `sort`."),
        click.option("--last", type=NUMBER, metavar="N", help="The N newest entries."),
        click.argument("ids", nargs=-1, type=NUMBER, metavar="[ID]..."),
    ):
        function = option(function)
    return function


PARTLY = click.option("--partly", is_flag=True, help="What can be, although an image's companions then stay behind.")


@click.command("undo")
@selection_options
@PARTLY
@click.option("--changed", is_flag=True, help="Also move back files that were edited since, as they are now.")
@json_option
def undo_command(**options: Any) -> None:
    """Undo moves: every file returns to exactly where it was.

    Without arguments, undo the last batch. An entry that can't be undone (the file was changed or is gone, or its
    old name is taken) is refused with the reason and stays undoable; the others are undone, and the exit code is 1.
    An image and its companions are undone together or, if one of them is refused, not at all.

    \b
      snapsortctl undo --dry-run
      snapsortctl undo 12 13
      snapsortctl undo --rule Screenshots --since 2h
      snapsortctl undo --since yesterday --until today
    """
    reverse("undo", **options)


@click.command("redo")
@selection_options
@PARTLY
@json_option
def redo_command(**options: Any) -> None:
    """Redo what was undone. Without arguments, redo the last batch.

    \b
      snapsortctl redo --last 3
    """
    reverse("redo", **options)


def reverse(call: str, *, as_json: bool, dry_run: bool, partly: bool, changed: bool = False, **options: Any) -> None:
    """Undo or redo what was selected, report each entry, and exit with 1 if one was refused."""
    chosen = selection(**options)
    chosen |= {name: True for name, given in (("partly", partly), ("changed", changed)) if given}
    with reach(locations()) as backend:
        found = (backend.undo if call == "undo" else backend.redo)(dry_run=dry_run, **chosen)
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
    """Return the selection as the API takes it. Raises click's UsageError if the options contradict each other."""
    narrowed = any(value is not None for value in (since, until, *others.values()))
    if bool(ids) + everything + narrowed > 1:
        raise click.UsageError("give either IDs, or --all, or other options")
    times = {"since": moment("--since", since), "until": moment("--until", until)}
    return {"ids": list(ids) or None, "all": everything, **times, **others}


def moment(option: str, text: str | None) -> str | None:
    """Return a time as the API takes it. Raises click's BadParameter."""
    try:
        return None if text is None else parse_moment(text, datetime.now(UTC).astimezone()).isoformat()
    except (ValueError, OverflowError):
        raise click.BadParameter(
            f"{text!r} is not a valid time; write 2h, today, 2026-11-23 or '2026-11-23 16:42'", param_hint=option
        ) from None


def summary(call: str, done: int, refused: int, dry_run: bool) -> str:
    """Return the closing sentence."""
    if not done and not refused:
        return f"There is nothing to {call}."
    words = "undone" if call == "undo" else "redone"
    if dry_run:
        words = f"would be {words}"
    return f"{count(done, 'file')} {words}" + (f", {refused} refused." if refused else ".")
