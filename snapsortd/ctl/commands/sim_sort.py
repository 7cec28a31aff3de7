"""sim and sort: preview or file existing images once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from itertools import islice
from typing import Any, TypeVar

import click

from snapsortd.ctl.backend import Backend, reach
from snapsortd.ctl.client import Client
from snapsortd.ctl.complete import offer_tags
from snapsortd.ctl.find_images import FoundImage, find_images, find_left_images, watched_folders
from snapsortd.ctl.output.columns import terminal_width
from snapsortd.ctl.output.console import end, json_option, locations, say, say_json, short
from snapsortd.ctl.output.graphics import graphics, in_terminal
from snapsortd.ctl.output.outline import is_unreadable, outline
from snapsortd.ctl.output.progress import steps
from snapsortd.ctl.output.render import OUTCOMES
from snapsortd.domain.errors import EXIT_REFUSED, SnapsortError
from snapsortd.domain.text import count
from snapsortd.files.locations import Locations

F = TypeVar("F", bound=Callable[..., Any])
DONE = frozenset({"filed", "incomplete", "copied", "done"})
FAILURES = frozenset({"failed", "quarantined", "incomplete", "conflict"})


def path_options(function: F) -> F:
    """Add the arguments that choose the images, and how many of them are listed."""
    everything = click.option("--all", "everything", is_flag=True, help="List every image, also those that stay.")
    recursive = click.option("-r", "--recursive", is_flag=True, help="Include the subfolders of folders.")
    paths = click.argument("paths", nargs=-1, type=click.Path(exists=True), metavar="PATH...")
    left = click.option(
        "--left", is_flag=True, help="Images that were left alone until you ask: those from before, or older rules."
    )
    return recursive(everything(left(paths(function))))


def tag_options(function: F) -> F:
    """Add the options that choose the rules."""
    for option in (
        click.option(
            "--skip-tags",
            metavar="A,B",
            shell_complete=offer_tags,
            callback=words,
            help="Skip the rules that have one of these tags.",
        ),
        click.option(
            "--tags",
            metavar="A,B",
            shell_complete=offer_tags,
            callback=words,
            help="Apply only the rules that have one of these tags.",
        ),
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

    PATH is an image, or a folder: the same files as the daemon would file are found in it. Images are grouped by rule
    and destination, those that stay are counted by reason, and those that missed a threshold are listed.

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
      snapsortctl sort --left             what was left alone until you ask
    """
    process_images(**which, as_json=as_json, dry_run=dry_run)


def process_images(
    paths: Sequence[str],
    recursive: bool,
    left: bool,
    tags: Sequence[str],
    skip_tags: Sequence[str],
    everything: bool,
    as_json: bool,
    dry_run: bool,
    opened: Backend | None = None,
) -> None:
    """Process every image, report what became of them, and exit with 1 if one of them failed.

    If that is interrupted, report what was done until then, so that it can be undone. `opened` is used if it is given,
    so that its model is loaded only once.
    """
    here, results, was_interrupted = locations(), list[dict[str, Any]](), False
    if not paths and not left:
        watched = next((short(folder.path) for folder in watched_folders(here)), "~/Downloads")
        raise click.UsageError(f"Missing argument 'PATH...': name images or folders, such as {watched}, or use --left")
    with steps(quiet=as_json) as step:
        step.begin("looking for images")
        images = find_left_images(here, paths) if left else images_of(paths, here, recursive=recursive)
        try:
            with reach(here) if opened is None else nullcontext(opened) as backend:
                step.begin("classifying" if isinstance(backend, Client) else "loading the model", len(images))
                for result in results_of(backend, images, dry_run, tags=tags, skip_tags=skip_tags):
                    results.append(result)
                    step.advance("classifying")
        except KeyboardInterrupt:
            was_interrupted = True
    batch = next((each["batch"] for each in results if each.get("batch")), None)
    if as_json:
        counts = Counter(each["outcome"] for each in results)
        say_json({"images": results, "batch": batch, "counts": counts, "dry_run": dry_run})
    else:
        with pictures() as picture:
            base = base_folder(paths or [image.path for image in images])
            say(outline(results, base, terminal_width(), everything=everything, picture=picture))
        if was_interrupted:
            say(f"Interrupted after {len(results)} of {count(len(images), 'image')}.")
        if results or not was_interrupted:
            say(summary(results, batch, dry_run) if results else no_images(paths, left=left, recursive=recursive))
    if was_interrupted:
        raise KeyboardInterrupt
    named = {image.path for image in images if image.is_named}
    end(EXIT_REFUSED if any(is_failure(each, named) for each in results) else 0)


@contextmanager
def pictures() -> Iterator[Callable[[Sequence[str]], str]]:
    """Yield a function that returns what shows images in this terminal, if it can show any."""
    if not (protocol := graphics()):
        yield lambda _paths: ""
        return
    from snapsortd.vision.thumbnails import thumbnails

    with thumbnails("sixel" if protocol == "sixel" else "png") as drawn:
        yield lambda paths: in_terminal(protocol, picture) if (picture := drawn.row(paths)) else ""


def is_failure(result: Mapping[str, Any], named: Collection[str]) -> bool:
    """Return whether an image was not filed as it should be; one that can't be read only if a person named it."""
    return result["outcome"] in FAILURES and (not is_unreadable(result) or result["path"] in named)


def base_folder(paths: Sequence[str]) -> str:
    """Return the folder that all of the paths are in, or are; the root if there are none."""
    absolute = (os.path.abspath(path) for path in paths)
    folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in absolute]
    return os.path.commonpath(folders) if folders else "/"


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


def summary(results: Sequence[dict[str, Any]], batch: int | None, dry_run: bool) -> str:
    """Return the closing sentence about images of which there are some."""
    words = Counter(word_of(each, dry_run=dry_run) for each in results)
    filed_first = sorted(words.items(), key=lambda pair: ("filed" not in pair[0], -pair[1]))
    counted = f"{count(len(results), 'image')}: {', '.join(f'{number} {word}' for word, number in filed_first)}."
    if dry_run:
        return f"{counted} Nothing was changed."
    done = any(each["outcome"] in DONE for each in results)
    return f"{counted} Undo with `snapsortctl undo --batch {batch}`." if done and batch else counted


def no_images(paths: Sequence[str], *, left: bool, recursive: bool) -> str:
    """Return why there was nothing to do."""
    if left:
        return "Nothing was left for you to ask for: no image from before, and none that newer rules would file."
    has_subfolders = any(subfolders for path in paths for _, subfolders, _ in islice(os.walk(path), 1))
    return "There are no images." + " Include subfolders with `--recursive`." * (has_subfolders and not recursive)


def word_of(result: dict[str, Any], *, dry_run: bool) -> str:
    """Return the outcome in a word."""
    what = result["outcome"]
    if dry_run and what in DONE:
        return "would be filed" if what == "filed" else f"would be {what}"
    return (
        "unreadable" if is_unreadable(result) else "recorded" if what == "shadow" else OUTCOMES.get(what, ("", what))[1]
    )
