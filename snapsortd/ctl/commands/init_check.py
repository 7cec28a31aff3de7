"""init and check: create and validate the configuration."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from snapsortd.ctl.output.console import json_option, locations, say, say_json, short
from snapsortd.domain.errors import ConfigError
from snapsortd.domain.text import count, escape

if TYPE_CHECKING:
    from snapsortd.config import Config
    from snapsortd.rules.preview import ActionPreview


@click.command("init")
@click.option("--force", is_flag=True, help="Replace an existing one, which is kept as a backup.")
@click.option("--if-missing", is_flag=True, help="Do nothing if there is one.")
@json_option
def init_command(force: bool, if_missing: bool, as_json: bool) -> None:
    """Write a commented configuration to start from. An existing one is never overwritten."""
    from snapsortd.config import default_config_text

    path = locations().config_file
    if if_missing and os.path.lexists(path):
        if as_json:
            say_json({"path": path, "backup": None})
        return
    backup = write_config(path, without_missing_folders(default_config_text()), force=force)
    if as_json:
        say_json({"path": path, "backup": backup})
        return
    if backup:
        say(f"The old configuration is now {short(backup)}.")
    say(f"Wrote {click.style(short(path), bold=True)}. Next steps:")
    say("  1. Open it and adapt folders, labels and rules.")
    say("  2. snapsortctl check            find mistakes")
    say("  3. snapsortctl sim FOLDER       preview what would happen to your images")
    say("  4. snapsortctl service install  run it from now on")


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
        raise ConfigError(
            f"there is a configuration already: {path}",
            "edit it, or start over with `snapsortctl init --force`",
        ) from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
    return backup


def without_missing_folders(text: str) -> str:
    """Comment out the watched folders that do not exist here, unless none would be left."""
    lines = text.splitlines(keepends=True)
    folders = {i: line[4:].strip() for i, line in enumerate(lines) if line.startswith("  - ~/")}
    missing = [i for i, folder in folders.items() if not os.path.isdir(os.path.expanduser(folder))]
    if len(missing) < len(folders):
        for i in missing:
            lines[i] = f"  # - {folders[i]}   (this folder does not exist yet)\n"
    return "".join(lines)


def free_name(path: str) -> str:
    """Return a name beside `path` that is free: `config.yaml.bak`, `config.yaml.bak2` …"""
    number, name = 1, f"{path}.bak"
    while os.path.lexists(name):
        number += 1
        name = f"{path}.bak{number}"
    return name


@click.command("check")
@click.argument("file", required=False)
@click.option("--model", "ask_model", is_flag=True, help="Warn about prompts that the model can hardly tell apart.")
@click.option(
    "--sample",
    type=click.Path(exists=True, file_okay=False),
    metavar="FOLDER",
    help="Warn about labels that no image in FOLDER gets.",
)
@json_option
def check_command(file: str | None, ask_model: bool, sample: str | None, as_json: bool) -> None:
    """Check the configuration, or FILE, and report all faults at once, with line and column.

    If there are none, show for every action what it would do to a sample image, and for every precision its score.
    Exit code 3 if there is a fault; a folder that does not exist is one, and so is a command that the installed
    service does not find.

    Warns about rules that never apply or move nothing, and about labels that will not work as intended: none is
    negative, or two have a prompt in common. --model also
    asks the model, which takes seconds. --sample classifies the images in a folder, at most 200, and warns about
    labels that none of them gets.
    """
    from snapsortd.config import check_folders, load_config
    from snapsortd.config.excerpt import problem_lines
    from snapsortd.config.sample import samples
    from snapsortd.ctl.commands.label_warnings import warn, warnings
    from snapsortd.ctl.commands.oversight_warnings import model_faults, oversights_in
    from snapsortd.ctl.output.precision import precision_lines

    path = os.path.abspath(file) if file else locations().config_file
    try:
        config = load_config(path, os.environ)
        if faults := (*check_folders(config), *command_faults(config), *model_faults(config)):
            raise ConfigError(f"{path} has {count(len(faults), 'fault')}", problems=faults)
    except ConfigError as error:
        if as_json:
            say_json({"ok": False, "path": path, "problems": error.problems or [str(error)]})
            click.get_current_context().exit(error.exit_code)
        raise
    warned = list(warnings(config, ask_model=ask_model, sample=sample, quiet=as_json))
    unmeant = oversights_in(config)
    found = {"labels": len(config.labels), "folders": len(config.watch), "rules": len(config.rules)}
    scores = list(precision_lines(config))
    if as_json:
        previews = [asdict(each) for each in samples(config)]
        say_json(
            {
                "ok": True,
                "path": path,
                "problems": [],
                "warnings": [*unmeant, *warned],
                **found,
                "samples": previews,
                "scores": scores,
            }
        )
        return
    counts = [
        count(found["labels"], "label"),
        count(found["folders"], "folder"),
        count(found["rules"], "rule"),
    ]
    say(f"{click.style('ok', fg='green')}: {short(path)}: {', '.join(counts)}")
    say(f"  {sample_line(each)}" for each in samples(config))
    say(f"  {each}" for each in scores)
    for each in warned:
        warn(each)
    if unmeant:
        warn("some of this cannot be meant:")
        click.echo("\n".join(problem_lines(unmeant, path)), err=True)


def command_faults(config: Config) -> Iterator[str]:
    """Yield a fault for every command of a rule that the installed service, or this shell, does not find."""
    from snapsortd.ctl.commands.service import manager
    from snapsortd.ctl.doctor.commands import check_commands, read_search_path

    path, is_service = read_search_path(manager().path, os.environ, sys.platform)
    for each in check_commands(config, path, os.environ.get("PATH", os.defpath), is_service=is_service):
        yield f"{each.summary}; {each.fix}"


def sample_line(sample: ActionPreview) -> str:
    """Return what one action would do to the sample image."""
    words = " ".join(sample.words)
    what = f"{short(sample.source)} → {short(sample.target)}" if sample.target else f"{sample.kind} {escape(words)}"
    doing = f"{sample.kind} " if sample.target and sample.kind != "move" else ""
    return f"{escape(sample.rule)}: {doing}{what}".rstrip()
