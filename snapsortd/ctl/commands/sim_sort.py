"""sim and sort: preview or file existing images once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import click

from snapsortd.ctl.client import Backend, reach
from snapsortd.ctl.find_images import FoundImage, find_images, watched_folders
from snapsortd.ctl.output.console import end, json_option, locations, say, say_json, short
from snapsortd.ctl.output.progress import with_progress
from snapsortd.ctl.output.render import image_line
from snapsortd.domain.errors import EXIT_REFUSED, SnapsortError
from snapsortd.domain.text import count
from snapsortd.files.locations import Locations

F = TypeVar("F", bound=Callable[..., Any])
FAILURES = frozenset({"failed", "quarantined", "incomplete", "conflict"})


def path_options(function: F) -> F:
    """Add the arguments that choose the images."""
    recursive = click.option("-r", "--recursive", is_flag=True, help="Include the subfolders of folders.")
    paths = click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True), metavar="PATH...")
    return recursive(paths(function))


def tag_options(function: F) -> F:
    """Add the options that choose the rules."""
    for option in (
        click.option("--skip-tags", metavar="A,B", callback=words, help="Skip the rules that have one of these tags."),
        click.option("--tags", metavar="A,B", callback=words, help="Apply only the rules that have one of these tags."),
    ):
        function = option(function)
    return function


def words(_ctx: click.Context, _option: click.Parameter, text: str | None) -> tuple[str, ...]:
    """Split a comma-separated option."""
    return tuple(word for each in (text or "").split(",") if (word := each.strip()))


@click.command("sim")
@path_options
@tag_options
@json_option
def sim_command(as_json: bool, **which: Any) -> None:
    """Show what would happen to images, and why. Changes nothing.

    PATH is an image, or a folder: the same files as the daemon would file are found in it.

    \b
      snapsortctl sim ~/Downloads
      snapsortctl sim --recursive ~/Pictures
      snapsortctl sim --tags work ~/Downloads
    """
    process_images(**which, as_json=as_json, dry_run=True)


@click.command("sort")
@path_options
@tag_options
@click.option("-n", "--dry-run", is_flag=True, help="Only show what would happen, as `sim` does.")
@json_option
def sort_command(as_json: bool, dry_run: bool, **which: Any) -> None:
    """File existing images once, by the same rules.

    PATH is an image, or a folder of images. All of them form one batch, which `snapsortctl undo` reverses.

    \b
      snapsortctl sort ~/Downloads
      snapsortctl sort scan1.png scan2.png
    """
    process_images(**which, as_json=as_json, dry_run=dry_run)


def process_images(
    paths: Sequence[str], recursive: bool, tags: Sequence[str], skip_tags: Sequence[str], as_json: bool, dry_run: bool
) -> None:
    """Process every image, report each result, and exit with 1 if one of them failed."""
    here, results = locations(), []
    images = images_of(paths, here, recursive=recursive)
    with reach(here) as backend:
        done = results_of(backend, images, dry_run, tags=tags, skip_tags=skip_tags)
        for result in with_progress(done, len(images), quiet=as_json):
            results.append(result)
            if not as_json:
                say(image_line(result, dry_run=dry_run))
    batch = next((each["batch"] for each in results if each.get("batch")), None)
    outcomes = Counter(each["outcome"] for each in results)
    if as_json:
        say_json({"images": results, "batch": batch, "counts": outcomes})
    else:
        say(summary(results, outcomes, batch, dry_run))
    end(EXIT_REFUSED if outcomes.keys() & FAILURES else 0)


def results_of(
    backend: Backend, images: Iterable[FoundImage], dry_run: bool, **chosen: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Yield the result of each image, all in one batch; an error that concerns one image alone is its result."""
    batch: int | None = None
    for image in images:
        path = image.path
        if image.waits:
            yield {"path": path, "outcome": "waiting", "reason": image.waits}
            continue
        try:
            result = backend.image(path, dry_run=dry_run, batch=batch, **chosen)
        except SnapsortError as error:
            if error.exit_code != EXIT_REFUSED:
                raise
            result = {"path": path, "outcome": "failed", "reason": str(error)}
        batch = batch or result.get("batch")
        yield result


def images_of(paths: Sequence[str], here: Locations, *, recursive: bool) -> list[FoundImage]:
    """Return the images that the arguments name or that are in their folders, each once; report unreadable folders."""
    watched = watched_folders(here) if any(os.path.isdir(path) for path in paths) else ()
    found: dict[str, FoundImage] = {}
    for path in paths:
        try:
            for image in find_images(os.path.abspath(path), watched, recursive=recursive):
                found.setdefault(image.path, image)
        except OSError as error:
            click.echo(f"snapsortctl: {short(path)} cannot be read: {error.strerror}", err=True)
    return list(found.values())


def summary(results: Sequence[dict[str, Any]], outcomes: Counter[str], batch: int | None, dry_run: bool) -> str:
    """Return the closing sentence."""
    if not results:
        return "There are no images."
    if dry_run:
        moving = sum(1 for each in results if each.get("target") and each["outcome"] not in FAILURES)
        return f"{count(len(results), 'image')}, {moving} would be filed. Nothing was changed."
    words = ", ".join(f"{number} {what}" for what, number in sorted(outcomes.items()))
    done = sum(outcomes[each] for each in ("filed", "incomplete", "copied", "done"))
    hint = f" Undo with `snapsortctl undo --batch {batch}`." if done and batch else ""
    return f"{count(len(results), 'image')}: {words}.{hint}"
