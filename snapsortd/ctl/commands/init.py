"""init: ask what is to be filed, write the configuration, offer to file what is there and to install the service."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import click

from snapsortd.ctl.output.console import json_option, locations, quoted, say, say_json, short
from snapsortd.ctl.setup.compose import Watched, compose, from_recipes
from snapsortd.ctl.setup.parts import RulePart, kinds_of, read_default, read_recipe, split_rules, split_sections
from snapsortd.ctl.setup.places import find_places
from snapsortd.ctl.setup.questions import Answers, ask
from snapsortd.domain.errors import ConfigError
from snapsortd.domain.text import listed

MOST_PREVIEWED = 300
"""Images that the preview shows at most, the newest ones: each takes a moment."""


def known_recipes(_ctx: click.Context, _option: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of recipes. Raise SnapsortError for one that does not exist."""
    for name in names:
        read_recipe(name)
    return names


@click.command("init")
@click.option("--yes", is_flag=True, help="Ask nothing: watch the usual folders, file receipts and screenshots.")
@click.option(
    "--recipe",
    "recipes",
    multiple=True,
    metavar="NAME",
    callback=known_recipes,
    help="Use this recipe of the cookbook; may be repeated.",
)
@click.option("--force", is_flag=True, help="Replace an existing one, which is kept as a backup.")
@click.option("--if-missing", is_flag=True, help="Do nothing if there is one.")
@click.option("--no-service", is_flag=True, help="Do not offer to install the service.")
@json_option
def init_command(
    yes: bool, recipes: Sequence[str], force: bool, if_missing: bool, no_service: bool, as_json: bool
) -> None:
    """Write a configuration for your folders: which to watch, what to file, where to. Nothing is moved unasked.

    In a terminal it asks, shows what would happen to the images that are there, and offers to file them and to run
    snapsortd from now on. An existing configuration is never overwritten.

    \b
      snapsortctl init
      snapsortctl init --yes
      snapsortctl init --recipe receipts-by-month --recipe screenshots-by-day
    """
    path = locations().config_file
    if if_missing and os.path.lexists(path):
        if as_json:
            say_json({"path": path, "backup": None})
        return
    if os.path.lexists(path) and not force:
        raise already_there(path)
    asks = not (yes or as_json or recipes) and sys.stdin.isatty() and sys.stdout.isatty()
    places = find_places()
    answers = usual_answers(recipes) if not asks else ask(places, kinds_of(default_rules()))
    text = compose(answers.watched, answers.rules, places, answers.moved)
    if answers.notify:
        text += "\nnotify: true            # show on the desktop what was filed and what failed\n"
    backup = write_config(path, text, force=force)
    folders = [each.path for each in answers.watched]
    made = [folder for folder in folders if make_folder(folder)]
    if as_json:
        say_json({"path": path, "backup": backup, "watch": folders, "created": made})
        return
    if backup:
        say(f"The old configuration is now {short(backup)}.")
    say(f"Wrote {click.style(short(path), bold=True)}: it watches {listed([short(each) for each in folders])}.")
    say(f"Created {short(each)}, which did not exist." for each in made)
    if asks:
        offer_to_file(folders)
        if not no_service:
            offer_service()
        return
    say("Nothing is moved yet. Next steps:")
    preview = f"snapsortctl sim {quoted(folders[0])}"
    for number, (command, purpose) in enumerate(
        (
            (preview, "preview what would happen to your images"),
            ("snapsortctl service install", "run it from now on; what is there already stays until you `sort` it"),
            ("snapsortctl edit", "adapt folders, labels and rules"),
        ),
        start=1,
    ):
        say(f"  {number}. {command:{max(len(preview), 27)}}  {purpose}")


def usual_answers(recipes: Sequence[str]) -> Answers:
    """Return what is written if nobody is asked."""
    places = find_places()
    if not recipes:
        return Answers([Watched(each) for each in places.usual], default_rules(), {})
    watched, rules = from_recipes(recipes, places)
    return Answers(watched, rules, {})


def default_rules() -> list[RulePart]:
    """Return the rules of the default configuration."""
    return split_rules(split_sections(read_default())["rules"])


def make_folder(path: str) -> bool:
    """Create a folder that is to be watched. Return False if it exists, or can't be created, which `check` reports."""
    with suppress(OSError):
        os.makedirs(path)
        return True
    return False


def already_there(path: str) -> ConfigError:
    """Return the error for a configuration that exists."""
    return ConfigError(
        f"there is a configuration already: {path}",
        "change it with `snapsortctl edit`, or start over with `snapsortctl init --force`, which keeps a backup",
    )


def write_config(path: str, text: str, *, force: bool) -> str | None:
    """Write a new configuration and return the path of the backup of the old one. Raises ConfigError."""
    backup = None
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if force and os.path.lexists(path):
            backup = free_name(path)
            os.rename(path, backup)
        with open(path, "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise already_there(path) from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
    return backup


def free_name(path: str) -> str:
    """Return a name beside `path` that is free: `config.yaml.bak`, `config.yaml.bak2` …"""
    number, name = 1, f"{path}.bak"
    while os.path.lexists(name):
        number += 1
        name = f"{path}.bak{number}"
    return name


def offer_to_file(watched: Sequence[str]) -> None:
    """Show what the rules would do with the images that are there, and offer to file these."""
    from snapsortd.ctl.backend import reach
    from snapsortd.ctl.commands.sim_sort import sim_command, sort_command

    reload_running()
    chosen, found = images_there(watched)
    if chosen:
        newest = f" Here are the newest {len(chosen)}." if len(chosen) < found else ""
        say(f"\n{click.style(f'Images that are there now: {found}.', bold=True)}{newest} With your rules:\n")
        with reach(locations()) as backend:
            invoke(sim_command, paths=chosen, opened=backend)
            if click.confirm("\nFile them now? `snapsortctl undo` takes all of it back", default=False):
                invoke(sort_command, paths=chosen, opened=backend)
            else:
                say("They stay where they are. `snapsortctl sort FOLDER` files them later.")
    else:
        say("There are no images in these folders yet.")


def offer_service() -> None:
    """Offer to install the service."""
    from snapsortd.ctl.commands.service import install

    if click.confirm("\nRun snapsortd in the background from now on, also after the next login?", default=True):
        invoke(install)
    else:
        say("Start it with `snapsortd`, or later with `snapsortctl service install`.")


def reload_running() -> None:
    """Have a daemon that runs use the new configuration."""
    from snapsortd.ctl.client import Client

    client = Client(locations().socket)
    if client.answers():
        client.send("reload")


def images_there(watched: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """Return the images in the watched folders, at most MOST_PREVIEWED, the newest ones, and the number of all."""
    from snapsortd.ctl.find_images import find_images, watched_folders

    folders = watched_folders(locations())
    found = [each.path for path in watched for each in find_images(path, folders, recursive=False) if not each.waits]
    found.sort(key=lambda path: -os.lstat(path).st_mtime)
    return tuple(sorted(found[:MOST_PREVIEWED])), len(found)


def invoke(command: click.Command, **arguments: object) -> None:
    """Run another command; whether it refused something is not the result of this one."""
    with suppress(click.exceptions.Exit):
        click.get_current_context().invoke(command, **arguments)
