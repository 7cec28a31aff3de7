"""describe: put images into words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from snapsortd.ctl.backend import reach
from snapsortd.ctl.client import Client
from snapsortd.ctl.commands.sim_sort import images_of
from snapsortd.ctl.find_images import FoundImage
from snapsortd.ctl.output.console import end, json_option, locations, say, say_json, short
from snapsortd.ctl.output.explain import text_words
from snapsortd.ctl.output.progress import steps
from snapsortd.ctl.output.tables import grid
from snapsortd.domain.errors import EXIT_REFUSED, SnapsortError
from snapsortd.domain.names import split_name
from snapsortd.domain.text import escape, score_text
from snapsortd.files.installed import INSTALL_TEXT, can_read_text


@click.command("describe")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True), metavar="FILE...")
@json_option
def describe_command(files: tuple[str, ...], as_json: bool) -> None:
    """Put images into words: {description} and {slug}, as rules use them in names, and what they are composed of.

    FILE is an image, or a folder of images. Nothing is moved or renamed. If only the label of an image is known, it has
    no description.

    \b
      snapsortctl describe "Screenshot 2026-11-28 at 10.14.07.png"
    """
    here, described, refused = locations(), list[dict[str, Any]](), dict[str, str]()
    with steps(quiet=as_json) as step:
        step.begin("looking for images")
        images = images_of(files, here, recursive=False)
        with reach(here) as backend:
            step.begin("describing" if isinstance(backend, Client) else "loading the model", len(images))
            for image in images:
                try:
                    described.append(backend.describe(image.path))
                except SnapsortError as error:
                    if error.exit_code != EXIT_REFUSED:
                        raise
                    refused[image.path] = error.message
                step.advance("describing")
    if as_json:
        say_json({"images": described, "refused": refused})
    else:
        say(line for each in described for line in words_of(each))
        for path, reason in refused.items():
            click.echo(f"snapsortctl: {short(path)}: {escape(reason)}", err=True)
    end(EXIT_REFUSED if any_named(images, refused) else 0)


def any_named(images: Sequence[FoundImage], refused: dict[str, str]) -> bool:
    """Return whether an image that a person named was refused."""
    return any(image.is_named and image.path in refused for image in images)


def words_of(found: dict[str, Any]) -> Iterator[str]:
    """Yield the lines about one image."""
    _, suffix = split_name(found["path"].rpartition("/")[2])
    name = f"{found['slug']}.{suffix}" if suffix else found["slug"]
    text, caption = found["text"], found["caption"] or f"none: {found['why_no_caption']}"
    yield click.style(short(found["path"]), bold=True)
    yield from grid(
        [
            ("description", escape(found["description"] or "none: nothing is known but the label")),
            ("name", escape(name) if found["slug"] else "its own"),
            ("label", f"{escape(found['label'])} {score_text(found['score'])}"),
            *([("noun", escape(found["noun"]))] if found["noun"] else ()),
            ("text", ", ".join(text_words(text)) if can_read_text() else f"none: {INSTALL_TEXT} reads it"),
            ("caption", escape(caption)),
        ],
        indent=2,
    )
