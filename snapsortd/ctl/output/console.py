"""Output shared by all commands: the `--json` option, printing lines or a JSON document, and the exit code."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from snapsortd.domain.text import display_path, escape
from snapsortd.files.locations import Locations, find_locations

F = TypeVar("F", bound=Callable[..., Any])
MAX_NUMBER = 2**63 - 1
"""The journal can't store larger ones."""


class WholeNumber(click.IntRange):
    """A whole number of a range, whose limits are told in words."""

    name = "whole number"

    def _describe_range(self) -> str:
        """Return the range; one that ends only where the journal's numbers do has no end for people."""
        return f"from {self.min} on" if self.max == MAX_NUMBER else f"from {self.min} to {self.max}"


NUMBER = WholeNumber(1, MAX_NUMBER)
"""The number of an entry or a batch, or of entries."""


def json_option(function: F) -> F:
    """Add `--json`: one JSON document on stdout, for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs.")(function)


def locations() -> Locations:
    """Return the paths of the instance that the environment variables select."""
    return find_locations(os.environ)


def say_json(document: object) -> None:
    """Print a document on one line; ASCII, so that names that are not UTF-8 survive."""
    click.echo(json.dumps(document))


def say(lines: Iterable[str] | str) -> None:
    """Print lines for people."""
    for line in [lines] if isinstance(lines, str) else lines:
        click.echo(line)


def short(path: str) -> str:
    """Return a path for people: escaped, with the home folder as `~`."""
    return display_path(path, os.path.expanduser("~"))


def quoted(path: str) -> str:
    """Return a path as one word of a shell's command line, escaped for display, with the home folder as `~`."""
    inside = path.removeprefix(os.path.expanduser("~") + "/")
    return escape(shlex.quote(path) if inside == path else f"~/{shlex.quote(inside)}")


def end(code: int) -> None:
    """Leave the command with an exit code; return if it is 0."""
    if code:
        click.get_current_context().exit(code)
