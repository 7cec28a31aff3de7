"""index: take folders into the search without moving anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import click

from snapsortd.ctl.backend import Backend, reach
from snapsortd.ctl.client import Client
from snapsortd.ctl.commands.sim_sort import images_of
from snapsortd.ctl.find_images import FoundImage
from snapsortd.ctl.output.console import end, json_option, locations, say, say_json, short
from snapsortd.ctl.output.progress import Steps, steps
from snapsortd.domain.errors import EXIT_REFUSED, SnapsortError
from snapsortd.domain.text import count, escape
from snapsortd.files.installed import INSTALL_TEXT, can_read_text


@dataclass
class Indexed:
    """What has become of the images so far."""

    total: int
    done: int = 0
    new: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    """The reason why an image was not taken in, by path."""
    hashes: dict[str, bytes] = field(default_factory=dict)
    """The SHA-256 of those that are known now, by path."""


@click.command("index")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True), metavar="PATH...")
@click.option("--text", is_flag=True, help="Read the text in the images too, for `find --text`: seconds for each.")
@json_option
def index_command(paths: tuple[str, ...], text: bool, as_json: bool) -> None:
    """Take images into the search, so that `find`, `similar` and `discover` know them. Moves nothing.

    PATH is an image, or a folder with its subfolders. What is known already takes no time, so that it can be ended with
    Ctrl-C at any moment and continued later. The images that snapsortd has filed or left alone are known without this.

    \b
      snapsortctl index ~/Pictures
      snapsortctl index --text ~/Documents/Scans
    """
    if text and not can_read_text():
        raise SnapsortError("the package that reads text is not installed", f"{INSTALL_TEXT} installs it")
    here, was_interrupted = locations(), False
    with steps(quiet=as_json) as step:
        step.begin("looking for images")
        images = images_of(paths, here, recursive=True)
        found = Indexed(len(images))
        try:
            with reach(here) as backend:
                take_in(backend, images, found, step, text=text)
        except KeyboardInterrupt:
            was_interrupted = True
    if as_json:
        known = found.done - found.new - len(found.refused)
        say_json({"images": found.total, "new": found.new, "known": known, "refused": found.refused})
    else:
        report(found)
        if was_interrupted:
            say(f"Interrupted after {found.done} of {count(found.total, 'image')}. The same command continues.")
    if was_interrupted:
        raise KeyboardInterrupt
    end(EXIT_REFUSED if any(image.is_named and image.path in found.refused for image in images) else 0)


def take_in(backend: Backend, images: Sequence[FoundImage], found: Indexed, step: Steps, *, text: bool = False) -> None:
    """Take in every image, and note in `found` what becomes of each. Raise what concerns all of them."""
    step.begin("taking in" if isinstance(backend, Client) else "loading the model", len(images))
    for image in images:
        try:
            if image.waits:
                raise SnapsortError(image.waits)
            reply = backend.index(image.path, text=text)
        except SnapsortError as error:
            if error.exit_code != EXIT_REFUSED:
                raise
            found.refused[image.path] = error.message
        else:
            found.new += not reply["known"]
            found.hashes[image.path] = bytes.fromhex(reply["sha256"])
        found.done += 1
        step.advance("taking in")


def report(found: Indexed) -> None:
    """Print how many images were taken in, and which were not."""
    for path, reason in found.refused.items():
        click.echo(f"snapsortctl: {short(path)}: {escape(reason)}", err=True)
    known = found.done - found.new - len(found.refused)
    say(f"{count(found.new, 'image')} taken in, {known} known already. `snapsortctl find` searches all of them.")
