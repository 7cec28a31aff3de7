"""find, similar: search the images that are known."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes

import click

from snapsortd.ctl.backend import reach
from snapsortd.ctl.commands.model_eval import configuration
from snapsortd.ctl.commands.show import open_in_viewer
from snapsortd.ctl.commands.sim_sort import pictures
from snapsortd.ctl.output.console import NUMBER, F, json_option, locations, say, say_json, short
from snapsortd.ctl.output.tables import grid
from snapsortd.domain.errors import SnapsortError
from snapsortd.domain.text import escape

if TYPE_CHECKING:
    from rich.console import RenderableType

    from snapsortd.ctl.finding.search import FoundImage

IN_PICTURES = 4
"""Images that are shown as pictures, where the terminal can show them."""


def found_options(function: F) -> F:
    """Add the options of what is done with the images that are found."""
    function = click.option("--limit", type=NUMBER, default=10, show_default=True, help="How many at most.")(function)
    return click.option("--open", "opens", is_flag=True, help="Open the first one.")(function)


@click.command("find")
@click.argument("description", nargs=-1)
@click.option(
    "--text", "words", default="", metavar="WORDS", help='Only images in whose text the words are, or a "phrase".'
)
@found_options
@json_option
def find_command(description: tuple[str, ...], words: str, limit: int, opens: bool, as_json: bool) -> None:
    """Find images by a DESCRIPTION of what they show, by the text in them, or by both; the best first.

    Every image that snapsortd has filed or classified and left alone is searched, and those of `snapsortctl index`.
    Text is known of the images of which a rule has asked for it, and after `snapsortctl index --text FOLDER`.

    \b
      snapsortctl find "red car at night"
      snapsortctl find --text "order 4711"
      snapsortctl find a till receipt --text rewe
    """
    from snapsortd.ctl.finding.search import find_images

    about = " ".join(description).strip()
    if not about and not words.strip():
        raise click.UsageError("Say what to find: a DESCRIPTION, or --text WORDS.")
    found = find_images(locations(), configuration().model.name, about, words, limit)
    none = "No known image has this text." if words else "No images are known yet."
    advice = (
        "`snapsortctl index --text FOLDER` reads those of a folder."
        if words
        else "`snapsortctl index FOLDER` takes some in."
    )
    show(found, f"{none} {advice}", opens=opens, as_json=as_json)


@click.command("similar")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@found_options
@json_option
def similar_command(file: str, limit: int, opens: bool, as_json: bool) -> None:
    """Find the known images that look most like FILE; it is taken in first, as by `snapsortctl index`.

    \b
      snapsortctl similar ~/Pictures/cat.png
    """
    from snapsortd.ctl.finding.search import find_similar

    here, path, model = locations(), os.path.abspath(file), configuration().model.name
    found = find_similar(here, model, path, limit) if os.path.exists(here.journal) else None
    if found is None:
        with reach(here) as backend:
            backend.index(path)
        found = find_similar(here, model, path, limit)
    if found is None:
        raise SnapsortError(f"{short(path)} has changed meanwhile", "try again")
    show(
        found, "No other images are known yet. `snapsortctl index FOLDER` takes some in.", opens=opens, as_json=as_json
    )


def show(found: Sequence[FoundImage], advice: str, *, opens: bool, as_json: bool) -> None:
    """Print the images that were found, or else the advice, and open the first if that is wanted."""
    if as_json:
        say_json({"images": [each.to_json() for each in found]})
    elif not found:
        say(advice)
    else:
        with pictures() as picture:
            if row := picture([each.path for each in found[:IN_PICTURES]]):
                say(row)
        say(grid([[link(each.path), *([] if each.line is None else [escape(each.line)])] for each in found]))
    if opens and found:
        open_in_viewer(found[0].path)


def link(path: str) -> RenderableType:
    """Return a path that can be clicked on in terminals that know hyperlinks (OSC 8)."""
    from rich.style import Style
    from rich.text import Text

    return Text(short(path), Style(link="file://" + quote_from_bytes(os.fsencode(path))))
