"""show: say where an image is now, and reveal it in the file manager."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from urllib.parse import quote_from_bytes

import click

from snapsortd.ctl.as_meant import no_such_file
from snapsortd.ctl.backend import reach
from snapsortd.ctl.output.console import json_option, locations, say, say_json, short
from snapsortd.domain.errors import SnapsortError

MOVES = frozenset({"move", "rename", "undo", "redo", "trash"})
MOST_MOVES = 50
SHOW_ITEMS = (
    *("--session", "--dest=org.freedesktop.FileManager1", "--type=method_call", "--print-reply"),
    *("/org/freedesktop/FileManager1", "org.freedesktop.FileManager1.ShowItems"),
)
"""The call by which file managers of Linux select a file: freedesktop.org's "File Manager DBus Interface"."""


@click.command("show")
@click.argument("file", type=click.Path())
@click.option("--reveal", is_flag=True, help="Select it in the file manager.")
@json_option
def show_command(file: str, reveal: bool, as_json: bool) -> None:
    """Say where the image is now that is, or was, at FILE; --reveal selects it in the file manager."""
    named = os.path.abspath(file)
    path = place_of(named)
    if not os.path.lexists(path):
        if path == named:
            raise no_such_file(path)
        raise SnapsortError(f"{short(path)} is gone", "`snapsortctl explain FILE` says what is known of it")
    if reveal:
        reveal_file(path)
    if as_json:
        say_json({"path": path})
    else:
        say(short(path))


def place_of(path: str) -> str:
    """Return the path to which the moves in the journal have brought the file that was at `path`."""
    if os.path.lexists(path):
        return path
    with reach(locations()) as backend:
        for _ in range(MOST_MOVES):
            entries = backend.log(limit=20, path=path, shadow=False)["entries"]
            moved = (each for each in entries if each["source"] == path and each["kind"] in MOVES)
            newest = next((each for each in moved if each["state"] == "done" and not each["reversed_by"]), None)
            if newest is None or os.path.lexists(path):
                break
            path = newest["target"]
    return path


def reveal_file(path: str) -> None:
    """Select a file in the file manager, or else open its folder. Raise SnapsortError if neither is possible."""
    if not run_first(reveal_commands(path)):
        raise SnapsortError(f"no file manager was found to show {short(path)}")


def open_in_viewer(path: str, platform: str = sys.platform) -> None:
    """Open a file in the program that the desktop has for it. Raise SnapsortError if there is none."""
    if not run_first([("open" if platform == "darwin" else "xdg-open", path)]):
        raise SnapsortError(f"no program was found to open {short(path)}")


def run_first(commands: Sequence[Sequence[str]]) -> bool:
    """Run the first of the commands that succeeds, and return whether one did."""
    for command in commands:
        try:
            done = subprocess.run(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=10, check=False
            )
        except (OSError, subprocess.SubprocessError):
            continue
        if done.returncode == 0:
            return True
    return False


def reveal_commands(path: str, platform: str = sys.platform) -> Sequence[Sequence[str]]:
    """Return the commands that show a file, the best one first."""
    if platform == "darwin":
        return [("open", "-R", path)]
    address = "file://" + quote_from_bytes(os.fsencode(path))
    return [("dbus-send", *SHOW_ITEMS, f"array:string:{address}", "string:"), ("xdg-open", os.path.dirname(path))]
