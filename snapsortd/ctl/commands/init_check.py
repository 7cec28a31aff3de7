"""check: validate the configuration."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from snapsortd.ctl.output.columns import terminal_width, wrapped
from snapsortd.ctl.output.console import json_option, locations, say, say_json, short
from snapsortd.ctl.output.render import arrow
from snapsortd.domain.errors import ConfigError, SnapsortError
from snapsortd.domain.text import count, escape

if TYPE_CHECKING:
    from snapsortd.config import Config
    from snapsortd.rules.preview import ActionPreview


@click.command("check")
@click.argument("file", required=False, type=click.Path())
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
    negative, or two have a prompt in common. Warns about thresholds that were too low by what was taken back or
    corrected, too. --model also
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
            number = "one problem" if len(faults) == 1 else f"{len(faults)} problems"
            raise ConfigError(f"the configuration {path} has {number}", problems=faults)
    except ConfigError as error:
        if as_json:
            say_json({"ok": False, "path": path, "problems": error.problems or [str(error)]})
            click.get_current_context().exit(error.exit_code)
        raise
    warned = list(warnings(config, ask_model=ask_model, sample=sample, quiet=as_json))
    unmeant = oversights_in(config)
    found = {"labels": len(config.labels), "folders": len(config.watch), "rules": len(config.rules)}
    scores = list(precision_lines(config))
    advice = [] if file else threshold_lines(config, locations().journal)
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
                "thresholds": advice,
            }
        )
        return
    counts = [
        count(found["labels"], "label"),
        count(found["folders"], "folder"),
        count(found["rules"], "rule"),
    ]
    say(f"{click.style('ok', fg='green')}: {short(path)}: {', '.join(counts)}")
    width = terminal_width()
    say(line for each in (*map(sample_line, samples(config)), *scores) for line in wrapped(each, width, indent=2))
    for each in (*warned, *advice):
        warn(each)
    if unmeant:
        warn("some of this cannot be meant:")
        click.echo("\n".join(problem_lines(unmeant, path)), err=True)


def threshold_lines(config: Config, journal: str) -> list[str]:
    """Return a sentence for every rule whose threshold was too low; none if the journal cannot be read."""
    from snapsortd.ctl.looking_back import threshold_advice

    try:
        found = threshold_advice(config, journal)
    except SnapsortError:  # `doctor` reports it
        return []
    return [f"{escape(each.rule)}: {each.sentence} (`snapsortctl rules tune`)" for each in found]


def command_faults(config: Config) -> Iterator[str]:
    """Yield a fault for every command of a rule that the installed service, or this shell, does not find."""
    from snapsortd.ctl.doctor.commands import check_commands, read_search_path
    from snapsortd.ctl.service_files.managers import manager

    path, is_service = read_search_path(manager().path, os.environ, sys.platform)
    for each in check_commands(config, path, os.environ.get("PATH", os.defpath), is_service=is_service):
        yield f"{each.summary}; {each.fix}"


def sample_line(sample: ActionPreview) -> str:
    """Return what one action would do to the sample image."""
    words = " ".join(sample.words)
    what = arrow(sample.source, sample.target) if sample.target else f"{sample.kind} {escape(words)}"
    doing = f"{sample.kind} " if sample.target and sample.kind != "move" else ""
    return f"{escape(sample.rule)}: {doing}{what}".rstrip()
