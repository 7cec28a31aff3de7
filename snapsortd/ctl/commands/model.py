"""model: measure, list, fetch and choose the model."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from snapsortd.ctl.client import Client
from snapsortd.ctl.commands.model_eval import configuration, eval_command, fit_document, measure, model_name
from snapsortd.ctl.output.console import end, json_option, locations, say, say_json, short
from snapsortd.ctl.output.evaluation import fit_lines
from snapsortd.ctl.output.render import pairs, table
from snapsortd.domain.errors import EXIT_MODEL, ConfigError, Unavailable
from snapsortd.domain.text import escape, size_words

if TYPE_CHECKING:
    from snapsortd.ctl.evaluation.fitting import Fit
    from snapsortd.vision.catalog import StoredModel

FIT_HINT = "`snapsortctl model eval FOLDER --fit` suggests some, from a folder with one folder of images per label."


@click.group("model")
def model_command() -> None:
    """Measure, list, fetch and choose the model."""


model_command.add_command(eval_command)


@model_command.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """List the models on this machine, the one in use first. Nothing is loaded, nothing goes online."""
    from snapsortd.vision.catalog import stored_models

    used = in_use()
    found = sorted(stored_models(used), key=lambda each: (each.name != used, each.name))
    if as_json:
        say_json({"models": [asdict(each) | {"in_use": each.name == used} for each in found]})
        return
    rows = [
        (
            "●" if each.name == used else " ",
            escape(each.name),
            size_words(each.bytes),
            escape("; ".join(each.faults)) or escape(each.kind),
        )
        for each in found
    ]
    say(table((" ", "MODEL", "SIZE", "KIND"), rows))


@model_command.command("info")
@click.argument("name", required=False)
@json_option
def info_command(name: str | None, as_json: bool) -> None:
    """Tell what is known of a model: the one in use, or NAME. Nothing is loaded, nothing goes online.

    Exit code 6 if it is not on this machine, or not whole.
    """
    from snapsortd.vision.catalog import digest_of, read_stored

    used = in_use()
    found = read_stored(model_name(name) if name else used)
    digest = digest_of(found)
    if as_json:
        say_json(asdict(found) | {"in_use": found.name == used, "digest": digest})
    else:
        say(pairs([*facts(found), ("digest", digest[:16]), ("in use", "yes" if found.name == used else "no")]))
    end(EXIT_MODEL if found.faults else 0)


def facts(found: StoredModel) -> Iterator[tuple[str, str]]:
    """What is known of a model, line by line."""
    yield "model", escape(found.name)
    yield "folder", short(found.folder)
    yield "kind", escape(found.kind)
    yield "weights", size_words(found.bytes)
    yield "image side", f"{found.image_side} pixels" if found.image_side else "not told"
    for number, fault in enumerate(found.faults):
        yield "" if number else "faults", click.style(escape(fault), fg="red")


def in_use() -> str:
    """The name of the configuration's model; that of a new one where there is none, or none that can be read."""
    try:
        return configuration().model.name
    except ConfigError:
        from snapsortd.vision.catalog import EMBEDDED

        return EMBEDDED


@model_command.command("pull")
@click.argument("name")
@json_option
def pull_command(name: str, as_json: bool) -> None:
    """Fetch the model NAME from the Hugging Face Hub. The only command of snapsortd that goes online.

    It must be of the CLIP family: CLIP, SigLIP, SigLIP 2, MetaCLIP, Chinese-CLIP and the like. What is on this machine
    already is not fetched again, and an interrupted download goes on where it was.

    \b
      snapsortctl model pull openai/clip-vit-base-patch32
    """
    from snapsortd.vision.hub import pull

    pulled = pull(name, show_progress=sys.stderr.isatty() and not as_json)
    if as_json:
        say_json(asdict(pulled))
        return
    say(f"{click.style('✓', fg='green')} {escape(name)} is here: {short(pulled.folder)} ({size_words(pulled.bytes)})")
    say(f"`snapsortctl model use {name}` has it sort your images.")


@model_command.command("use")
@click.argument("name")
@click.option("--fit", "fit_on", type=click.Path(exists=True), metavar="PATH", help="Suggest thresholds from these.")
@json_option
def use_command(name: str, fit_on: str | None, as_json: bool) -> None:
    """Sort with the model NAME from now on: embedded, one that `model pull` fetched, or a folder.

    It is loaded once, with your labels. If that works, its name is put into the configuration, in which all else stays
    as it is, and a running daemon reads it again. Scores of another model mean something else, so the thresholds of
    your rules may have to be chosen anew: --fit suggests some, from images with labels as `model eval` takes them.
    """
    from snapsortd.config import load_config
    from snapsortd.config.edit.switch_model import switch_model
    from snapsortd.ctl.evaluation.looking import open_classifier

    here = locations()
    config = load_config(here.config_file, os.environ)
    wanted = model_name(name)
    with open_classifier(
        wanted, config.labels, here.cache_dir
    ):  # raises what is wrong with it, before anything is changed
        pass
    if config.model.name != wanted:
        switch_model(here.config_file, wanted, os.environ)
    reloaded = True
    try:
        Client(here.socket).tell("reload")
    except Unavailable:
        reloaded = False
    if not as_json:
        say(f"{click.style('✓', fg='green')} {escape(wanted)} sorts your images now.")
        say(() if reloaded else "It does so from the next start of snapsortd on.")
    fitted = refit(fit_on or asked_for(config.model.name != wanted, as_json), as_json)
    if as_json:
        told: dict[str, Any] = {"model": wanted, "before": config.model.name, "reloaded": reloaded}
        say_json(told | ({"fit": fit_document(fitted)} if fitted else {}))


def asked_for(changed: bool, as_json: bool) -> str:
    """Warns of thresholds that may not fit any more; a person who looks on may name images to fit them on."""
    from snapsortd.ctl.evaluation.thresholds import thresholds_in_force

    labels = sorted(thresholds_in_force(configuration().rules))
    if not changed or not labels or as_json:
        return ""
    click.echo(
        f"{click.style('!', fg='yellow')} Its scores mean something else: the thresholds of your rules for "
        f"{', '.join(map(escape, labels))} may need to be chosen anew.",
        err=True,
    )
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        click.echo(FIT_HINT, err=True)
        return ""
    answer: str = click.prompt("Images with labels to fit them on (a folder; empty: not now)", "", show_default=False)
    return os.path.expanduser(answer.strip())


def refit(path: str, as_json: bool) -> Fit | None:
    """Suggest thresholds from the images behind `path`, if there is one."""
    if not path:
        return None
    from snapsortd.ctl.evaluation.fitting import fit

    looks, labels, _ = measure(path, None, None, quiet=as_json)
    fitted = fit(looks, labels)
    if not as_json:
        say(fit_lines(fitted))
    return fitted
