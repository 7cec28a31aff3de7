"""discover: find groups of images that look alike."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from snapsortd.ctl.backend import reach
from snapsortd.ctl.commands.index import Indexed, take_in
from snapsortd.ctl.commands.model_eval import configuration
from snapsortd.ctl.commands.rules import reload
from snapsortd.ctl.commands.sim_sort import images_of, pictures
from snapsortd.ctl.finding.discover import SURE
from snapsortd.ctl.finding.new_labels import PICTURES, new_labels
from snapsortd.ctl.output.console import json_option, locations, say, say_json, short
from snapsortd.ctl.output.progress import steps
from snapsortd.ctl.output.tables import table
from snapsortd.domain.text import count, escape, listed

if TYPE_CHECKING:
    from snapsortd.config import Config
    from snapsortd.ctl.finding.discover import Group


@click.command("discover")
@click.argument("paths", nargs=-1, type=click.Path(exists=True), metavar="[PATH...]")
@click.option("--only", multiple=True, metavar="NAME", help="Only groups of this name; may be repeated.")
@click.option("--write", is_flag=True, help="Add labels, and rules in shadow mode, to the configuration.")
@click.option(
    "--to", "folder", default=PICTURES, show_default=True, help="The folder in which these rules make their own."
)
@json_option
def discover_command(paths: tuple[str, ...], only: tuple[str, ...], write: bool, folder: str, as_json: bool) -> None:
    """Find groups of images that look alike, and name them. Moves nothing.

    PATH is a folder with its subfolders, whose images are taken in as by `snapsortctl index`. Without it, the images
    are those that snapsortd has classified and left alone. Groups for which the configuration has a label already are
    not listed.

    --write adds a label for each new group whose name is sure, or for all of --only NAME, and a rule in shadow mode,
    which files nothing: `snapsortctl shadow` shows what it would do, `snapsortctl rules promote` makes it live.

    \b
      snapsortctl discover
      snapsortctl discover ~/Pictures
      snapsortctl discover --write --only receipt
    """
    from snapsortd.config.edit.add_labels import add_labels

    config = configuration()
    groups, images = found_groups(config, paths, quiet=as_json)
    groups = [group for group in groups if not only or group.name in only]
    new = [group for group in groups if not group.label]
    chosen = new_labels([each for each in new if only or each.certainty == SURE], config, folder) if write else []
    if chosen:
        add_labels(locations().config_file, chosen, os.environ)
    is_running = not chosen or reload(locations().socket)
    if as_json:
        added = [{"label": each.name, "prompts": each.prompts, "rule": each.rule} for each in chosen]
        say_json({"images": images, "groups": [group.to_json() for group in groups], "added": added})
        return
    with pictures() as picture:
        show(new, picture)
    say(summary(groups, new, images))
    mark = click.style("✓", fg="green")
    for each in chosen:
        say(f"{mark} label {escape(each.name)}, and the rule “{escape(each.rule)}” in shadow mode")
    if write and len(chosen) < len({group.name for group in new}):
        say("Groups whose name is not sure got no label: `--write --only NAME` makes one.")
    if not is_running:
        say("They take effect at the next start of snapsortd.")


def found_groups(config: Config, paths: Sequence[str], *, quiet: bool) -> tuple[list[Group], int | None]:
    """Return the groups, and the number of images if folders were named."""
    from snapsortd.ctl.finding.discover import discover_in, discover_left

    here = locations()
    with steps(quiet=quiet) as step:
        if not paths:
            step.begin("looking for groups")
            return discover_left(here, config), None
        step.begin("looking for images")
        images = images_of(paths, here, recursive=True)
        found = Indexed(len(images))
        with reach(here) as backend:
            take_in(backend, images, found, step)
        step.begin("looking for groups")
        return discover_in(here, config, found.hashes), len(found.hashes)


def show(groups: Sequence[Group], picture: Callable[[Sequence[str]], str]) -> None:
    """Print the groups with pictures of their examples, or, where the terminal shows none, as a table."""
    if not groups or not (drawn := [picture(group.examples) for group in groups])[0]:
        rows = [
            (escape(group.name), str(len(group.paths)), group.certainty, "\n".join(map(short, group.examples)))
            for group in groups
        ]
        say(table(("GROUP", "IMAGES", "NAME IS", "FOR EXAMPLE"), rows))
        return
    for group, row in zip(groups, drawn, strict=True):
        head = click.style(escape(group.name), bold=True)
        say([f"{head}  {count(len(group.paths), 'image')}, its name is {group.certainty}", row, ""])


def summary(groups: Sequence[Group], new: Sequence[Group], images: int | None) -> str:
    """Return the closing sentence."""
    among = "" if images is None else f" among {count(images, 'image')}"
    labels = dict.fromkeys(group.label for group in groups if group.label)
    others = f" Those of {listed([escape(label) for label in labels])} have a label already." if labels else ""
    few = "" if groups else " A group has five images or more that look alike."
    return f"{count(len(new), 'new group')}{among}.{others}{few}"
