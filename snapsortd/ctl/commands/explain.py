"""explain: show what happened to one image, and why."""

from __future__ import annotations

import os

import click

from snapsortd.ctl.as_meant import no_such_file
from snapsortd.ctl.backend import reach
from snapsortd.ctl.output.console import json_option, locations, say, say_json, short
from snapsortd.ctl.output.explain import story_lines
from snapsortd.domain.errors import NotKnown, SnapsortError


@click.command("explain")
@click.argument("path", type=click.Path())
@json_option
def explain_command(path: str, as_json: bool) -> None:
    """Show what happened to the image at PATH, and why: the scores of the model and the result of each rule.

    PATH is the current or an earlier location of the image.
    """
    if os.path.isdir(path):
        raise SnapsortError(
            f"{short(path)} is a folder", "`snapsortctl sim FOLDER` and `snapsortctl log FOLDER` are about its images"
        )
    with reach(locations()) as backend:
        try:
            found = backend.explain(os.path.abspath(path))
        except NotKnown:
            if os.path.lexists(path):
                raise
            raise no_such_file(os.path.abspath(path)) from None
    if as_json:
        say_json(found)
    else:
        say(story_lines(found))
