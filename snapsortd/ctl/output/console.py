"""What every command shares: where this instance lies, and the two forms of an answer."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from snapsortd.domain.text import display_path
from snapsortd.files.locations import Locations, find_locations

F = TypeVar("F", bound=Callable[..., Any])


def json_option(function: F) -> F:
    """`--json`: one JSON document on stdout, for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs.")(function)


def locations() -> Locations:
    """The places of the instance that this environment names."""
    return find_locations(os.environ)


def say_json(document: object) -> None:
    """Print a document on one line; ASCII, so that names that are not UTF-8 survive."""
    click.echo(json.dumps(document))


def say(lines: Iterable[str] | str) -> None:
    """Print lines for people."""
    for line in [lines] if isinstance(lines, str) else lines:
        click.echo(line)


def short(path: str) -> str:
    """A path for people: escaped, the home folder as `~`."""
    return display_path(path, os.path.expanduser("~"))


def end(code: int) -> None:
    """Leave the command with an exit code; 0 just returns."""
    if code:
        click.get_current_context().exit(code)
