"""correct, confirm, teach: tell snapsortd about images, from which it learns."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import click

from snapsortd.ctl.backend import Backend, reach
from snapsortd.ctl.commands.sim_sort import FAILURES
from snapsortd.ctl.complete import offer_files_then_label, offer_labels
from snapsortd.ctl.evaluation.dataset import find_images
from snapsortd.ctl.output.console import end, json_option, locations, say, say_json, short
from snapsortd.ctl.output.render import arrow
from snapsortd.domain.errors import EXIT_REFUSED, SnapsortError
from snapsortd.domain.text import count, escape

NEEDED = 3
"""Examples from which a label can be learnt; `vision/child/learning/gate.py`."""
USED = 200
"""Examples of a label that are learnt from, the newest; `pipeline/learning.py`."""

Tell = Callable[[Backend, str, int | None], dict[str, Any]]
"""Tells about one image, given the backend, the image's path or number, and the batch."""


@click.command("correct")
@click.argument("words", nargs=-1, required=True, metavar="FILE... LABEL", shell_complete=offer_files_then_label)
@json_option
def correct_command(words: tuple[str, ...], as_json: bool) -> None:
    """Give images their right LABEL: they are filed as the rules say for it, and the next ones like them too.

    FILE is the present or an earlier path of an image, or a number in `snapsortctl log`. If no rule files the label,
    the image goes back to where it came from. `snapsortctl undo` takes back both.

    \b
      snapsortctl correct ~/Pictures/Screenshots/2026/bill.png receipt
      snapsortctl correct 12 13 receipt
    """
    if len(words) < 2:
        raise click.UsageError("name one or more files, then their label")
    *files, label = words
    tell_all(files, "corrected", label, as_json)


@click.command("confirm")
@click.argument("files", nargs=-1, required=True, type=click.Path(), metavar="FILE...")
@json_option
def confirm_command(files: tuple[str, ...], as_json: bool) -> None:
    """Say that the labels of images are right, so that the next ones like them are recognised more surely.

    FILE is as for `snapsortctl correct`.

    \b
      snapsortctl confirm ~/Documents/Receipts/2026-11/bill.png
    """
    tell_all(files, "confirmed", "", as_json)


@click.command("teach")
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
@click.argument("label", shell_complete=offer_labels)
@json_option
def teach_command(folder: str, label: str, as_json: bool) -> None:
    """Learn LABEL from the images in a FOLDER that exists already. They stay where they are.

    A label is learnt from 3 images on; 10 to 20 that differ from each other usually teach all there is to learn.

    \b
      snapsortctl teach ~/Pictures/Wallpapers wallpaper
    """
    files = list(find_images(os.path.abspath(folder)))
    if not files:
        raise SnapsortError(f"there are no images in {folder}", "name a folder with images of that label")
    tell_all(files, "taught", label, as_json)


def tell_all(files: Sequence[str], source: str, label: str, as_json: bool) -> None:
    """Tell about every image, as one batch, report each, and exit with 1 if one was refused or could not be filed."""
    results: list[dict[str, Any]] = []
    batch: int | None = None
    with reach(locations()) as backend:
        for file in files:
            result = tell_one(backend, file, source, label, batch)
            batch = result.get("batch", batch)
            results.append(result)
            if not as_json:
                say(told_line(result))
    refused = sum("error" in each for each in results)
    if as_json:
        say_json({"results": results, "refused": refused})
    else:
        say(summary(results, refused))
        say(dict.fromkeys(escape(hint) for each in results if (hint := each.get("hint"))))
    unfiled = any(each.get("outcome") in FAILURES for each in results)
    end(EXIT_REFUSED if refused or unfiled else 0)


def tell_one(backend: Backend, file: str, source: str, label: str, batch: int | None) -> dict[str, Any]:
    """Tell about one image, and return the reply, or why it was refused. Raise what concerns all of them."""
    number = int(file) if file.isdecimal() and not os.path.exists(file) else None
    path = "" if number is not None else os.path.abspath(file)
    try:
        return backend.tell(source, path=path, number=number, label=label, batch=batch)
    except SnapsortError as error:
        if error.exit_code != EXIT_REFUSED:
            raise
        return {"path": path or file, "error": error.message, "hint": error.hint}


def told_line(result: dict[str, Any]) -> str:
    """Return what became of one image."""
    if "error" in result:
        why = result["error"].removeprefix(f"{result['path']} ").removeprefix(f"{result['path']}: ")
        return f"{click.style('refused  ', fg='red')}  {short(result['path'])}: {escape(why)}"
    head = click.style(f"{result['source']:9}", fg="green")
    target = str(result.get("target") or "")
    moved = target not in ("", result["path"]) and result["outcome"] in ("filed", "copied")
    place = arrow(result["path"], target) if moved else short(result["path"])
    stays = "" if moved or not result.get("reason") else click.style(f"  ({escape(result['reason'])})", dim=True)
    return f"{head}  {place}  as {escape(result['label'])}{stays}"


def summary(results: Sequence[dict[str, Any]], refused: int) -> str:
    """Return the closing sentence: how many, and what else it takes."""
    done = len(results) - refused
    sentence = f"{count(done, 'example')} remembered" + (f", {refused} refused." if refused else ".")
    if not done:
        return sentence
    return f"{sentence} A label is learnt from {NEEDED} on; `snapsortctl learned` shows what was."
