"""replay: which past decisions would be different with other thresholds, prompts and rules, or nothing learnt."""

from __future__ import annotations

import os
from typing import Any

import click

from snapsortd.ctl.backend import reach
from snapsortd.ctl.output.console import json_option, locations, say, say_json, short
from snapsortd.ctl.output.tables import table
from snapsortd.domain.text import count, escape
from snapsortd.files.locations import Locations


@click.command("replay")
@click.option("--set", "settings", multiple=True, metavar="RULE.min_score=N", help="Try another threshold of a rule.")
@click.option(
    "--with",
    "other",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="Try the labels, prompts and rules of another configuration.",
)
@click.option("--without-learnt", is_flag=True, help="Take the scores as they were without what was learnt.")
@click.option("--list", "as_list", is_flag=True, help="List the images.")
@json_option
def replay_command(
    settings: tuple[str, ...], other: str | None, without_learnt: bool, as_list: bool, as_json: bool
) -> None:
    """Show which past decisions would be different: per rule, the images that it would gain and lose.

    RULE is the name of a rule, the threshold min_score or min_margin. In brackets: how many of these images were
    corrected or undone since. Nothing is changed, and no image is opened: the scores are those of the time, or, if
    another configuration has other prompts, computed from the stored embeddings, without what was learnt.

    \b
      snapsortctl replay --set 'Receipts by month.min_score=0.8'
      snapsortctl replay --without-learnt --list
      snapsortctl replay --with config-with-other-prompts.yaml
    """
    if not settings and not without_learnt and other is None:
        raise click.UsageError(
            "say what should be different: --set RULE.min_score=0.8, --with OTHER.yaml, or --without-learnt"
        )
    here = locations()
    if other is None:
        with reach(here) as backend:
            found = backend.replay(list(settings), untaught=without_learnt)
    else:
        found = _with_other(here, other, settings, untaught=without_learnt)
    if as_json:
        say_json(found)
        return
    if not found["rules"]:
        none = "Nothing was decided about any image yet: `snapsortctl sim FOLDER` tries the rules on images."
        say(f"Nothing would change for {count(found['images'], 'image')}." if found["images"] else none)
        return
    rows = [
        (
            escape(each["rule"]),
            f"{each['gained']} ({each['gained_regretted']})",
            f"{each['lost']} ({each['lost_regretted']})",
        )
        for each in found["rules"]
    ]
    say(table(("RULE", "GAINED", "LOST"), rows))
    say(f"Of {count(found['images'], 'image')}; in brackets, those that were corrected or undone since.")
    if as_list:
        say(table(("FILE", "NOW", "THEN"), [_row(each) for each in found["changes"]]))


def _with_other(here: Locations, other: str, settings: tuple[str, ...], *, untaught: bool) -> dict[str, Any]:
    from snapsortd.config import load_config
    from snapsortd.ctl.looking_back import replay_with

    config = load_config(here.config_file, os.environ, here.config_cache)
    return replay_with(here, config, load_config(os.path.abspath(other), os.environ), settings, untaught=untaught)


def _row(change: dict[str, str]) -> tuple[str, str, str]:
    return short(change["path"]), escape(change["before"] or "stays"), escape(change["after"] or "stays")
