"""sim and sort: existing images, once."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import click

from snapsortd.ctl.client import Backend, reach
from snapsortd.ctl.output.console import end, json_option, locations, say, say_json, short
from snapsortd.ctl.output.render import image_line
from snapsortd.domain.errors import EXIT_REFUSED, SnapsortError
from snapsortd.domain.names import IMAGE_SUFFIXES, OWN_PREFIX, suffix_of
from snapsortd.domain.text import count

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
BAD = frozenset({"failed", "quarantined", "conflict"})


def path_options(function: F) -> F:
    """Which images."""
    recursive = click.option("-r", "--recursive", is_flag=True, help="Folders with all that is below them.")
    paths = click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True), metavar="PATH...")
    return recursive(paths(function))


def tag_options(function: F) -> F:
    """By which rules."""
    for option in (
        click.option("--skip-tags", metavar="A,B", callback=words, help="No rules that have one of these tags."),
        click.option("--tags", metavar="A,B", callback=words, help="Only rules that have one of these tags."),
    ):
        function = option(function)
    return function


def words(_ctx: click.Context, _option: click.Parameter, text: str | None) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(word for each in (text or "").split(",") if (word := each.strip()))


@click.command("sim")
@path_options
@tag_options
@json_option
def sim_command(as_json: bool, **which: Any) -> None:
    """Show what would happen to images, and why; touch nothing.

    PATH is an image, or a folder of images.

    \b
      snapsortctl sim ~/Downloads
      snapsortctl sim --recursive ~/Pictures
      snapsortctl sim --tags work ~/Downloads
    """
    go_through(**which, as_json=as_json, dry_run=True)


@click.command("sort")
@path_options
@tag_options
@json_option
def sort_command(as_json: bool, **which: Any) -> None:
    """File existing images once, now, by the same rules.

    PATH is an image, or a folder of images. All of them are one batch, which `snapsortctl undo` takes back.

    \b
      snapsortctl sort ~/Downloads
      snapsortctl sort scan1.png scan2.png
    """
    go_through(**which, as_json=as_json, dry_run=False)


def go_through(
    paths: Sequence[str], recursive: bool, tags: Sequence[str], skip_tags: Sequence[str], as_json: bool, dry_run: bool
) -> None:
    """Send every image to the daemon, say what became of each, and end with 1 if one could not be done."""
    images = list(dict.fromkeys(found for path in paths for found in find_images(os.path.abspath(path), recursive)))
    results = []
    with reach(locations()) as desk:
        done = process(desk, images, dry_run, tags=tags, skip_tags=skip_tags)
        for result in told(done, len(images), quiet=as_json):
            results.append(result)
            if not as_json:
                say(image_line(result, dry_run=dry_run))
    batch = next((each["batch"] for each in results if each.get("batch")), None)
    outcomes = Counter(each["outcome"] for each in results)
    if as_json:
        say_json({"images": results, "batch": batch, "counts": outcomes})
    else:
        say(summary(results, outcomes, batch, dry_run))
    end(EXIT_REFUSED if outcomes.keys() & BAD else 0)


def process(desk: Backend, images: Iterable[str], dry_run: bool, **chosen: Sequence[str]) -> Iterator[dict[str, Any]]:
    """One image after the other, all in one batch; a fault of one image alone does not end it."""
    batch: int | None = None
    for path in images:
        try:
            result = desk.image(path, dry_run=dry_run, batch=batch, **chosen)
        except SnapsortError as error:
            if error.exit_code != EXIT_REFUSED:
                raise
            result = {"path": path, "outcome": "failed", "reason": str(error)}
        batch = batch or result.get("batch")
        yield result


def find_images(path: str, recursive: bool) -> Iterator[str]:
    """`path` itself, or the images of that folder by name; symlinks are not followed."""
    if not os.path.isdir(path):
        yield path
        return
    try:
        entries = sorted(os.scandir(path), key=lambda entry: entry.name)
    except OSError as error:
        click.echo(f"snapsortctl: {short(path)} cannot be read: {error.strerror}", err=True)
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from find_images(entry.path, recursive) if recursive else ()
        elif entry.is_file(follow_symlinks=False) and names_an_image(entry.name):
            yield entry.path


def names_an_image(name: str) -> bool:
    """Return whether a file of this name is an image of a person, not one of our own temporary files."""
    return suffix_of(name) in IMAGE_SUFFIXES and not name.startswith(OWN_PREFIX)


def told(results: Iterable[T], total: int, *, quiet: bool) -> Iterator[T]:
    """`results`, with a progress bar below the lines while a person looks on."""
    if quiet or total < 2 or not sys.stdout.isatty():
        yield from results
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(), transient=True) as bar:
        task = bar.add_task("images", total=total)
        for result in results:
            yield result
            bar.advance(task)


def summary(results: Sequence[dict[str, Any]], outcomes: Counter[str], batch: int | None, dry_run: bool) -> str:
    """How it went, in a sentence or two."""
    if not results:
        return "There are no images."
    if dry_run:
        moving = sum(1 for each in results if each.get("target") and each["outcome"] not in BAD)
        return f"{count(len(results), 'image')}, {moving} would be filed. Nothing was touched."
    words = ", ".join(f"{number} {what}" for what, number in sorted(outcomes.items()))
    done = outcomes["filed"] + outcomes["copied"] + outcomes["done"]
    hint = f" `snapsortctl undo --batch {batch}` takes it back." if done and batch else ""
    return f"{count(len(results), 'image')}: {words}.{hint}"
