"""model: evaluate, fit, list, download, export and switch the model."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from snapsortd.ctl.client import Client
from snapsortd.ctl.commands.model_eval import (
    configuration,
    eval_command,
    fit_document,
    measure,
    measure_items,
    model_name,
)
from snapsortd.ctl.commands.model_fit import fit_command
from snapsortd.ctl.output.console import end, json_option, locations, say, say_json, short
from snapsortd.ctl.output.evaluation import fit_lines
from snapsortd.ctl.output.tables import grid, table
from snapsortd.domain.errors import EXIT_MODEL, ConfigError, Unavailable
from snapsortd.domain.text import count, escape, listed, size_words

if TYPE_CHECKING:
    from snapsortd.ctl.evaluation.fitting import Fit
    from snapsortd.vision.catalog import StoredModel

FIT_HINT = "`snapsortctl model eval FOLDER --fit` suggests some, from a folder with one folder of images per label."


@click.group("model")
def model_command() -> None:
    """Evaluate, fit, list, download, export and switch the model."""


model_command.add_command(eval_command)
model_command.add_command(fit_command)


@model_command.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """List the models on this machine, the one in use first. Loads no model and does not go online."""
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
    """Show information about a model: the one in use, or NAME. Loads no model and does not go online.

    Exit code 6 if it is not on this machine or incomplete.
    """
    from snapsortd.vision.catalog import digest_of, read_stored

    used = in_use()
    found = read_stored(model_name(name) if name else used)
    digest = digest_of(found)
    if as_json:
        say_json(asdict(found) | {"in_use": found.name == used, "digest": digest})
    else:
        from rich.text import Text

        rows = [*facts(found), ("digest", digest[:16]), ("in use", "yes" if found.name == used else "no")]
        say(grid([(Text(name, "dim"), value) for name, value in rows], indent=2))
    end(EXIT_MODEL if found.faults else 0)


def facts(found: StoredModel) -> Iterator[tuple[str, str]]:
    """Yield names and values; an empty name continues the one before."""
    yield "model", escape(found.name)
    yield "folder", short(found.folder)
    yield "kind", escape(found.kind)
    yield "weights", size_words(found.bytes)
    yield "image side", f"{found.image_side} pixels" if found.image_side else "unknown"
    for number, fault in enumerate(found.faults):
        yield "" if number else "faults", escape(fault)


def in_use() -> str:
    """Return the name of the configured model, or of the default one if there is no valid configuration."""
    try:
        return configuration().model.name
    except ConfigError:
        from snapsortd.vision.catalog import EMBEDDED

        return EMBEDDED


@model_command.command("pull")
@click.argument("name")
@json_option
def pull_command(name: str, as_json: bool) -> None:
    """Download the model NAME from the Hugging Face Hub. The only command of snapsortd that goes online.

    It must be of the CLIP family: CLIP, SigLIP, SigLIP 2, MetaCLIP, Chinese-CLIP and the like, or one that describes
    images in words, such as BLIP, GIT and LLaVA. Without PyTorch, it must have ONNX files (onnx/vision_model.onnx and
    onnx/text_model.onnx). Files that are already on this machine are not downloaded again, and an interrupted download
    is resumed.

    \b
      snapsortctl model pull openai/clip-vit-base-patch32
    """
    from snapsortd.vision.extras import CLIP
    from snapsortd.vision.hub import pull
    from snapsortd.vision.onnx_towers import find_towers

    pulled = pull(name, show_progress=sys.stderr.isatty() and not as_json)
    if as_json:
        say_json(asdict(pulled))
        return
    where = f"{short(pulled.folder)} ({size_words(pulled.bytes)})"
    say(f"{click.style('✓', fg='green')} {escape(name)} was downloaded to {where}.")
    if not find_towers(pulled.folder) and (missing := CLIP.missing()):
        say(f"It needs {listed(missing)}: run `{CLIP.install_command()}` first.")
    if pulled.describes:
        say(f"Write `describe: {name}` into the configuration to have it describe images.")
    else:
        say(f"Run `snapsortctl model use {name}` to switch to it.")


@model_command.command("export")
@click.argument("name")
@click.argument("folder", type=click.Path())
@json_option
def export_command(name: str, folder: str, as_json: bool) -> None:
    """Write the model NAME as ONNX files into the new FOLDER, for computers without PyTorch.

    Copy the folder there, and run `snapsortctl model use FOLDER`. It needs PyTorch and transformers itself, takes some
    seconds and about as much disk space as the model, and compares the result with the model. Changes nothing else.

    \b
      snapsortctl model export openai/clip-vit-base-patch32 ~/clip-onnx
    """
    from snapsortd.vision.catalog import read_stored
    from snapsortd.vision.export_towers import export_towers

    wanted, target = model_name(name), os.path.abspath(os.path.expanduser(folder))
    export_towers(wanted, target, locations().state_dir)
    written = read_stored(target)
    if as_json:
        say_json({"model": wanted, "folder": target, "bytes": written.bytes})
        return
    size = size_words(written.bytes)
    say(f"{click.style('✓', fg='green')} {escape(wanted)} was exported to {short(target)} ({size}).")
    say("`snapsortctl model use` of this folder needs no PyTorch.")


@model_command.command("use")
@click.argument("name")
@click.option(
    "--fit",
    "fit_on",
    type=click.Path(exists=True),
    metavar="PATH",
    help="Suggest thresholds from these labelled images.",
)
@json_option
def use_command(name: str, fit_on: str | None, as_json: bool) -> None:
    """Switch to the model NAME: embedded, one that `model pull` downloaded, or a folder.

    It is loaded once, with your labels. If that works, its name is written to the configuration, in which nothing else
    changes, and a running daemon reloads it. Scores of different models are not comparable, so the thresholds of your
    rules may have to be adjusted: --fit suggests some, from labelled images as `model eval` takes them. Without it,
    they are fitted to the images that were filed so far and not taken back.
    """
    from snapsortd.config import load_config
    from snapsortd.config.edit.switch_model import switch_model
    from snapsortd.ctl.evaluation.classify import open_classifier

    here = locations()
    config = load_config(here.config_file, os.environ)
    wanted = model_name(name)
    # Raises ModelError before anything is changed.
    with open_classifier(wanted, config.labels, here):
        pass
    if config.model.name != wanted:
        switch_model(here.config_file, wanted, os.environ)
    reloaded = True
    try:
        Client(here.socket).send("reload")
    except Unavailable:
        reloaded = False
    if not as_json:
        say(f"{click.style('✓', fg='green')} {escape(wanted)} is now in use.")
        say(() if reloaded else "It takes effect at the next start of snapsortd.")
    changed = config.model.name != wanted
    fitted = refit(fit_on, as_json) if fit_on else refit_on_filed(as_json) if changed else None
    if changed and fitted is None:
        fitted = refit(ask_for_images(as_json), as_json)
    if as_json:
        document: dict[str, Any] = {"model": wanted, "before": config.model.name, "reloaded": reloaded}
        say_json(document | ({"fit": fit_document(fitted)} if fitted else {}))


def refit_on_filed(as_json: bool) -> Fit | None:
    """Suggest thresholds from the images that were filed by their label and not taken back; None if there are none."""
    from snapsortd.ctl.evaluation.filed import filed_images
    from snapsortd.ctl.evaluation.fitting import fit

    config = configuration()
    items = filed_images(locations().journal, {label.name for label in config.labels if not label.negative})
    images, labels, _ = measure_items(items, None, None, quiet=as_json) if items else ([], None, 0)
    if not images or labels is None:
        return None
    fitted = fit(images, labels)
    if not as_json:
        number = count(len(images), "image")
        say(f"Its scores are on another scale. It classified {number} filed so far and not taken back.")
        say("Those that stay are not among them, so that it may be wrong more often than is said here.")
        say(fit_lines(fitted))
    return fitted


def ask_for_images(as_json: bool) -> str:
    """Warn that the thresholds may no longer fit; return a folder to fit them on, if one is named at the prompt."""
    from snapsortd.ctl.evaluation.thresholds import thresholds_in_force

    labels = sorted(thresholds_in_force(configuration().rules))
    if not labels or as_json:
        return ""
    click.echo(
        f"{click.style('!', fg='yellow')} Its scores are on another scale: the thresholds of your rules for "
        f"{', '.join(map(escape, labels))} may need to be adjusted.",
        err=True,
    )
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        click.echo(FIT_HINT, err=True)
        return ""
    answer: str = click.prompt("Labelled images to fit them on (a folder; empty: skip)", "", show_default=False)
    return os.path.expanduser(answer.strip())


def refit(path: str, as_json: bool) -> Fit | None:
    """Suggest thresholds from the labelled images at `path`; return None if it is empty."""
    if not path:
        return None
    from snapsortd.ctl.evaluation.fitting import fit

    images, labels, _ = measure(path, None, None, quiet=as_json)
    fitted = fit(images, labels)
    if not as_json:
        say(fit_lines(fitted))
    return fitted
