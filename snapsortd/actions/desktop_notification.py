"""Shows desktop notifications through an installed program."""

from __future__ import annotations

import shutil
import subprocess

NOTIFY_TIMEOUT_S = 5
"""A notification program that takes longer is killed."""
APPLESCRIPT = ("on run argv", "display notification (item 2 of argv) with title (item 1 of argv)", "end run")


def notify_desktop(title: str, body: str) -> bool:
    """Show a desktop notification with an installed program. Return False if it was not shown; raise nothing."""
    command = _desktop_command(_plain(title), _plain(body))
    if command is None:
        return False
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=NOTIFY_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _desktop_command(title: str, body: str) -> list[str] | None:
    if program := shutil.which("notify-send"):
        # The body is interpreted as markup, so it is escaped.
        body = body.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return [program, "--app-name=snapsortd", "--", title, body]
    if program := shutil.which("osascript"):
        script = [word for line in APPLESCRIPT for word in ("-e", line)]
        return [program, *script, "--", title, body]
    return None


def _plain(text: str) -> str:
    """Return the text with control characters and undecodable bytes replaced."""
    readable = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(character if character.isprintable() else "\ufffd" for character in readable)
