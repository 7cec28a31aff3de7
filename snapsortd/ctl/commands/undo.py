"""undo and redo: take back what was done, and do it again after all."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from snapsortd.ctl.backend import Backend, reach
from snapsortd.ctl.complete import offer_rules
from snapsortd.ctl.output.choose import choose
from snapsortd.ctl.output.console import NUMBER, end, json_option, locations, say, say_json
from snapsortd.ctl.output.render import undo_line, undo_row
from snapsortd.ctl.times import moment
from snapsortd.domain.errors import EXIT_REFUSED, NotKnown
from snapsortd.domain.text import count

F = TypeVar("F", bound=Callable[..., Any])
MAX_CHOICES = 20
"""The moves that `--interactive` offers."""


class EntryOrPath(click.ParamType[int | str]):
    """The number of an entry, or a file by its path of now or before; a file that is named like a number needs `./`."""

    name = "id or file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """Return a number or an absolute path."""
        text = str(value)
        if text in ("all", "burst", "last") and not os.path.lexists(text):
            self.fail(f"there is no file '{text}'; did you mean '--{text}'?", param, ctx)
        return int(NUMBER.convert(int(text), param, ctx)) if text.lstrip("-").isdecimal() else os.path.abspath(text)

    def shell_complete(self, _ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Offer files."""
        return [CompletionItem(incomplete, type="file")]


def selection_options(function: F) -> F:
    """Add the options that select entries: by ID or by criteria."""
    for option in (
        click.option("-n", "--dry-run", is_flag=True, help="Show what would be done; change nothing."),
        click.option("--all", "everything", is_flag=True, help="All entries."),
        click.option("--until", metavar="TIME", help="Filed before this time; with --since, a range."),
        click.option("--since", metavar="TIME", help="Filed since `2h`, `today`, `2026-11-23` or `2026-11-23 16:42`."),
        click.option("--rule", metavar="NAME", shell_complete=offer_rules, help="Only actions of this rule."),
        click.option("--batch", type=NUMBER, metavar="N", help="The batch with this number, as reported by `sort`."),
        click.option("--last", type=NUMBER, metavar="N", help="The N newest entries."),
        click.argument("which", nargs=-1, type=EntryOrPath(), metavar="[ID | FILE]..."),
    ):
        function = option(function)
    return function


PARTLY = click.option("--partly", is_flag=True, help="What can be, although an image's companions then stay behind.")


@click.command("undo")
@selection_options
@PARTLY
@click.option("--burst", is_flag=True, help="The last moves, with less than a minute between one and the next.")
@click.option("-i", "--interactive", is_flag=True, help=f"Choose from a list of the {MAX_CHOICES} newest moves.")
@click.option("--changed", is_flag=True, help="Also move back files that were edited since, as they are now.")
@json_option
def undo_command(**options: Any) -> None:
    """Undo moves: every file returns to exactly where it was.

    Without arguments, undo the last batch: the images of one `snapsortctl sort`, or the one that the daemon filed last.
    FILE is where the file is now, or was before. An entry that can't be undone (the file was changed or is gone, or its
    old name is taken) is refused with the reason and stays undoable; the others are undone, and the exit code is 1.
    An image and its companions are undone together or, if one of them is refused, not at all.

    \b
      snapsortctl undo --dry-run
      snapsortctl undo ~/Documents/Receipts/scan.png
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


def reverse(
    call: str,
    *,
    as_json: bool,
    dry_run: bool,
    partly: bool,
    changed: bool = False,
    interactive: bool = False,
    **options: Any,
) -> None:
    """Undo or redo what was selected, report each entry, and exit with 1 if one was refused."""
    chosen = selection(**options)
    if interactive and (as_json or any(chosen.values())):
        raise click.UsageError("--interactive takes no other options that select moves, and no --json")
    chosen |= {name: True for name, given in (("partly", partly), ("changed", changed)) if given}
    with reach(locations()) as backend:
        if interactive:
            chosen["ids"] = chosen_by_hand(backend)
        found = (backend.undo if call == "undo" else backend.redo)(dry_run=dry_run, **chosen)
    if as_json:
        say_json(found)
    else:
        say(undo_line(each, dry_run=dry_run) for each in found["results"])
        origin = "to" if call == "undo" else "from"  # one file may have been tagged, copied and moved
        files = {each[origin] for each in found["results"] if each["done"]}
        say(summary(call, len(files), found["refused"], dry_run))
        if found.get("burst") and not dry_run:
            more = count(found["burst"], "more image")
            say(f"{more} came just before, with less than a minute between: `snapsortctl undo --burst` for these.")
    end(EXIT_REFUSED if found["refused"] else 0)


def chosen_by_hand(backend: Backend) -> list[int]:
    """Return the entries that a person chooses from the newest ones that can be undone."""
    offered = [each for each in backend.undo(dry_run=True, last=MAX_CHOICES)["results"] if each["done"]]
    if not offered:
        raise NotKnown("there is nothing to undo")
    lines = [undo_line(each, dry_run=True) for each in offered]
    chosen = choose(lines, [undo_row(each) for each in offered], "Which ones should be undone")
    return [offered[number]["id"] for number in chosen]


def selection(
    *,
    which: tuple[int | str, ...],
    everything: bool,
    since: str | None,
    until: str | None,
    burst: bool = False,
    **others: int | str | None,
) -> dict[str, Any]:
    """Return the selection as the API takes it. Raises click's UsageError if the options contradict each other."""
    narrowed = any(value is not None for value in (since, until, *others.values()))
    if bool(which) + everything + burst + narrowed > 1:
        raise click.UsageError("give either IDs and files, or --all, or --burst, or other options")
    ids = [each for each in which if isinstance(each, int)]
    paths = [each for each in which if isinstance(each, str)]
    times = {"since": moment("--since", since), "until": moment("--until", until)}
    chosen = {"ids": ids or None, "paths": paths or None, "all": everything, **times, **others}
    return chosen | ({"burst": True} if burst else {})


def summary(call: str, done: int, refused: int, dry_run: bool) -> str:
    """Return the closing sentence."""
    if not done and not refused:
        return f"There is nothing to {call}."
    words = "undone" if call == "undo" else "redone"
    if dry_run:
        words = f"would be {words}"
    return f"{count(done, 'file')} {words}" + (f", {refused} refused." if refused else ".")
