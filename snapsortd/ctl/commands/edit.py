"""edit: open the configuration in an editor, check it, and have the daemon use it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence

import click

from snapsortd.ctl.output.console import json_option, locations, say, say_json, short
from snapsortd.domain.errors import ConfigError, SnapsortError

USUAL = ("sensible-editor", "nano", "vim", "vi")


@click.command("edit")
@json_option
def edit_command(as_json: bool) -> None:
    """Open the configuration in $VISUAL or $EDITOR, and check it afterwards.

    A running daemon uses it from then on; one with faults is not used, and the last good one stays in effect.
    """
    from snapsortd.config import load_config
    from snapsortd.ctl.client import Client

    here = locations()
    if not os.path.exists(here.config_file):
        raise ConfigError(f"there is no configuration {here.config_file}", "`snapsortctl init` writes one")
    command = editor(os.environ)
    try:
        code = subprocess.run([*command, here.config_file], check=False).returncode
    except OSError as error:
        raise SnapsortError(f"{command[0]} cannot be started: {error.strerror}", "set EDITOR to an editor") from None
    if code:
        raise SnapsortError(f"{shlex.join(command)} ended with exit code {code}", "the file is as it left it")
    load_config(here.config_file, os.environ)
    client = Client(here.socket)
    if is_running := client.answers():
        client.send("reload")
    if as_json:
        say_json({"path": here.config_file, "in_effect": is_running})
    elif is_running:
        say(f"{click.style('ok', fg='green')}: {short(here.config_file)} is in effect.")
    else:
        say(f"{click.style('ok', fg='green')}: {short(here.config_file)}; snapsortd is not running.")


def editor(env: Mapping[str, str], platform: str = sys.platform) -> Sequence[str]:
    """Return the command of the user's editor, without the file."""
    from shutil import which

    if chosen := env.get("VISUAL") or env.get("EDITOR"):
        return shlex.split(chosen)
    if (found := next((each for each in USUAL if which(each, path=env.get("PATH"))), None)) is not None:
        return [found]
    if platform == "darwin":
        return ["open", "-W", "-t"]
    raise SnapsortError("no editor was found", "set EDITOR, for example: EDITOR=gedit snapsortctl edit")
