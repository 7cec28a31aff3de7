"""Say what is wrong with a command line in words that help its author."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from difflib import get_close_matches

import click

from snapsortd.ctl.as_meant import near_file, no_such_command
from snapsortd.domain.text import escape

_INSTEAD = {
    "edit": "`snapsortctl --config FILE edit` opens another configuration",
    "init": "it asks which folders to watch, and `snapsortctl edit` changes them later",
    "log": "a day and its time are written in quotes, and two days ago as 2d",
    "reload": "`snapsortctl --config FILE check` tries another configuration",
    "status": "`snapsortctl explain FILE` is about one image",
    "stop": "`snapsortctl pause 1h` stops filing for an hour",
    "watch": "`snapsortctl edit` changes which folders are watched",
}
"""What the author of a superfluous argument may have meant, by command."""

_NO_FILE = re.compile(r"(?:Path|File|Directory) '(.*)' does not exist\.", re.DOTALL)


def in_words(error: click.UsageError, app: click.Group, words: Sequence[str]) -> click.UsageError:
    """Return the error with a message that helps; `words` are the command line of `app`."""
    context = error.ctx or _context_of(app, words)
    return click.UsageError(_message(error, context, app), context)


def _context_of(app: click.Group, words: Sequence[str]) -> click.Context:
    """Return a context of the command on a command line, which not every error has."""
    context = click.Context(app, info_name="snapsortctl")
    for word in words:
        if isinstance(context.command, click.Group) and (found := context.command.get_command(context, word)):
            context = click.Context(found, context, info_name=word)
    return context


def _message(error: click.UsageError, context: click.Context, app: click.Group) -> str:
    command = context.command
    match error:
        case click.NoSuchOption(option_name=name):
            return f"there is no option '{escape(name)}'{_nearest_option(name, command.params)}"
        case click.NoSuchCommand(command_name=name) if isinstance(command, click.Group):
            if name in app.list_commands(context):
                return f"there is no command '{name}' here; did you mean `snapsortctl {name}`?"
            return no_such_command(name, command.list_commands(context))
        case click.BadOptionUsage(option_name=name):
            return f"{name} needs a value{_about(name, command.params)}"
    message = error.format_message()
    if missing := _NO_FILE.search(message):
        return f"there is no file or folder '{escape(missing[1])}'{near_file(os.path.abspath(missing[1]))}"
    if "extra argument" in message and command.name in _INSTEAD:
        return f"{message.rstrip('.')}; {_INSTEAD[command.name]}"
    return message


def _nearest_option(wrong: str, params: Sequence[click.Parameter]) -> str:
    """Return the most similar option, by its letters alone: the dashes would make all of them similar."""
    known = {each.lstrip("-"): each for param in params for each in param.opts if each.startswith("--")}
    near = get_close_matches(wrong.lstrip("-").lower(), known, n=1)
    return f"; did you mean '{known[near[0]]}'?" if near else ""


def _about(name: str, params: Sequence[click.Parameter]) -> str:
    """Return how the value of an option is written, and what it is for."""
    found = next((each for each in params if isinstance(each, click.Option) and name in each.opts), None)
    return f", {found.metavar or found.type.name.upper()}: {found.help}" if found is not None and found.help else ""
