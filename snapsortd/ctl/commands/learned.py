"""learned, forget: show what was learnt, take it to another computer, and delete it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import click

from snapsortd.ctl.backend import reach
from snapsortd.ctl.commands.teaching import NEEDED, USED
from snapsortd.ctl.complete import offer_labels
from snapsortd.ctl.output.console import json_option, locations, say, say_json, short
from snapsortd.ctl.output.tables import table
from snapsortd.ctl.times import moment
from snapsortd.domain.errors import SnapsortError
from snapsortd.domain.text import count, escape
from snapsortd.domain.to_forget import ToForget
from snapsortd.files.atomic_write import write_atomically

FILE_NAME = "examples.json"
"""The file in the folder of an export."""
CHUNK = 300
"""Examples that are imported at a time; a request is limited to 1 MiB."""
CONFIDENCE = 1.96
"""Standard deviations on either side of a 95 % interval."""


@click.group("learned", invoke_without_command=True)
@click.option("--list", "as_list", is_flag=True, help="List every example.")
@json_option
@click.pass_context
def learned_command(context: click.Context, as_list: bool, as_json: bool) -> None:
    """Show what snapsortd has learnt from you: examples per label, and whether they make a difference.

    Accuracy is that on your examples, each held out of learning; before is without what was learnt.

    \b
      snapsortctl learned
      snapsortctl learned --list
      snapsortctl learned export ~/learned
    """
    if context.invoked_subcommand is not None:
        return
    with reach(locations()) as backend:
        found = backend.learned()
        if as_list:
            found["list"] = [
                {key: value for key, value in each.items() if key != "embedding"}
                for each in backend.examples()["examples"]
            ]
    if as_json:
        say_json(found)
    elif not found["examples"]:
        say("Nothing was told yet: `snapsortctl correct FILE LABEL` corrects, `snapsortctl confirm FILE` confirms.")
    else:
        say(example_lines(found["list"]) if as_list else learned_lines(found))


@learned_command.command("export")
@click.argument("folder", type=click.Path(file_okay=False))
@json_option
def export_command(folder: str, as_json: bool) -> None:
    """Write all examples to FOLDER, to be imported on another computer: hashes, embeddings and labels, no images."""
    with reach(locations()) as backend:
        found = backend.examples()
    path = os.path.join(os.path.abspath(folder), FILE_NAME)
    try:
        os.makedirs(folder, exist_ok=True)
        write_atomically(path, json.dumps(found, indent=1).encode("ascii"))
    except OSError as error:
        raise SnapsortError(f"{path} cannot be written: {error.strerror}") from None
    written = len(found["examples"])
    if as_json:
        say_json({"file": path, "exported": written})
    else:
        say(f"{count(written, 'example')} written to {short(path)}.")


@learned_command.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
@json_option
def import_command(folder: str, as_json: bool) -> None:
    """Add the examples in FOLDER, as `learned export` wrote them. What was told here about an image stays."""
    path = os.path.join(os.path.abspath(folder), FILE_NAME)
    try:
        with open(path, encoding="ascii") as file:
            content = json.load(file)
        checkpoint, examples = content["checkpoint"], content["examples"]
        if not isinstance(checkpoint, str) or not isinstance(examples, list):
            raise ValueError("a value has the wrong type")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise SnapsortError(f"{path} holds no exported examples: {error}") from None
    imported = known = 0
    with reach(locations()) as backend:
        for start in range(0, len(examples), CHUNK):
            found = backend.take_over(checkpoint, examples[start : start + CHUNK])
            imported, known = imported + found["imported"], known + found["known"]
    if as_json:
        say_json({"imported": imported, "known": known})
    else:
        say(f"{count(imported, 'example')} imported, {known} known here already.")


@click.command("forget")
@click.argument("files", nargs=-1, type=click.Path(), metavar="[FILE]...")
@click.option("--label", metavar="LABEL", shell_complete=offer_labels, help="All examples of this label.")
@click.option("--since", metavar="TIME", help="All that was told since `2h`, `today`, `2026-11-23` or later.")
@click.option("--all", "everything", is_flag=True, help="All examples, and the embeddings of all images.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def forget_command(
    files: tuple[str, ...], label: str | None, since: str | None, everything: bool, yes: bool, as_json: bool
) -> None:
    """Delete for good what was told about images, and their embeddings. Asks first. No image is touched.

    The pictures that the review page keeps are removed, too: all of them.

    This cannot be undone. Scores are then as if it had never been told. With --json, nothing is deleted without --yes.

    \b
      snapsortctl forget ~/Downloads/scan.png
      snapsortctl forget --label receipt --since 2h
    """
    if bool(files) + everything + (label is not None or since is not None) != 1:
        raise click.UsageError("give either files, or --all, or --label and --since")
    what = ToForget(tuple(map(os.path.abspath, files)), label, moment("--since", since), everything)
    from snapsortd.vision.previews import forget_previews

    with reach(locations()) as backend:
        found = backend.forget(what, dry_run=True)
        if not as_json:
            say(example_lines(found["forgotten"]) if found["forgotten"] else "Nothing was told about it.")
        if not yes and not as_json:
            click.confirm("Forget this for good?", abort=True)
        if yes or not as_json:
            found = backend.forget(what, dry_run=False)
            forget_previews(locations().previews)
    if as_json:
        say_json(found)
    else:
        say(forgotten_words(len(found["forgotten"]), found["images"]))


def forgotten_words(examples: int, images: int | None) -> str:
    """Return the closing sentence of `forget`; None are all images."""
    whose = "all images" if images is None else count(images, "image")
    return f"{count(examples, 'example')} forgotten, with the embedding, text and description of {whose}."


def learned_lines(found: dict[str, Any]) -> Iterator[str]:
    """Yield a table of labels, the accuracy of all, and examples that contradict each other."""
    rows = [
        (
            escape(each["label"]),
            ", ".join(f"{number} {source}" for source, number in each["sources"].items()) or "none",
            str(each["denied"] or ""),
            accuracy(each["before"], each["examples"]),
            accuracy(each["after"], each["examples"]),
            verdict(each),
        )
        for each in found["labels"]
    ]
    yield from table(("LABEL", "EXAMPLES", "NOT", "BEFORE", "AFTER", "STATE"), rows)
    if found["damage"]:
        yield f"What was learnt could not be used ({escape(found['damage'])}); it is learnt again within a minute."
    elif not found["up_to_date"]:
        yield "What was told last is being learnt; this takes a minute at most."
    if found["all"]:
        whole = found["all"]
        before, after = (interval(whole[key], whole["examples"]) for key in ("before", "after"))
        yield f"Right on {count(whole['examples'], 'example')} held out: before {before}, after {after}."
    for each in found["contradictions"]:
        (one, two), (first, second) = each["paths"], each["labels"]
        yield f"These look alike: {place(one)} is {escape(first)}, {place(two)} is {escape(second)}."


def verdict(label: dict[str, Any]) -> str:
    """Return whether a label is in force, or why not."""
    if not label["known"]:
        return "not in the configuration"
    told = sum(label["sources"].values())
    if label["verdict"] == "in force":
        return click.style("in force" if told <= USED else f"in force, by the newest {USED}", fg="green")
    if label["verdict"] == "no better":
        return "not in force: held-out examples are not recognised better"
    return f"not in force: {told} of {NEEDED} examples" if told < NEEDED else "not learnt yet"


def accuracy(right: int, total: int) -> str:
    """Return a share in percent; empty if there is nothing to share."""
    return f"{100 * right / total:.0f} %" if total else ""


def interval(right: int, total: int) -> str:
    """Return a share with its 95 % interval (Wilson 1927): `80 % (49–94)`."""
    if not total:
        return "none"
    share, z = right / total, CONFIDENCE**2 / total
    centre = (share + z / 2) / (1 + z)
    reach_of = (z * (share * (1 - share) + z / 4)) ** 0.5 / (1 + z)
    low, high = max(centre - reach_of, 0.0), min(centre + reach_of, 1.0)
    return f"{100 * share:.0f} % ({100 * low:.0f}–{100 * high:.0f})"


def example_lines(examples: list[dict[str, Any]]) -> Iterator[str]:
    """Yield a table of examples."""
    rows = [
        (
            each["at"][:16].replace("T", " "),
            ("not " if each["is_not"] else "") + escape(each["label"]),
            each["source"],
            place(each["path"]),
        )
        for each in examples
    ]
    yield from table(("WHEN", "LABEL", "SOURCE", "FILE"), rows)


def place(path: str) -> str:
    """Return the path of an example; one from another computer has none."""
    return short(path) if path else "(another computer)"
