"""Pictures in terminals that can show them: the protocols of kitty and iTerm, and sixels."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Mapping
from contextlib import suppress

KITTY_CHUNK = 4096
ANSWER_S = 0.2
"""How long a terminal may take to say what it can."""


def graphics(env: Mapping[str, str] = os.environ) -> str:
    """Return the protocol of the terminal: kitty, iterm or sixel; empty if it has none, or if there is no terminal."""
    if not (sys.stdout.isatty() and sys.stdin.isatty()) or "TMUX" in env or env.get("TERM") in (None, "dumb"):
        return ""
    program = env.get("TERM_PROGRAM", "")
    if "KITTY_WINDOW_ID" in env or "kitty" in env["TERM"] or program == "ghostty":
        return "kitty"
    if program in ("iTerm.app", "WezTerm") or env.get("LC_TERMINAL") == "iTerm2":
        return "iterm"
    return "sixel" if has_sixels(ask_attributes()) else ""


def ask_attributes() -> str:
    """Return the terminal's answer to the question for its attributes (DA1); empty if it gives none soon."""
    import termios
    import tty

    answer, fd = b"", sys.stdin.fileno()
    with suppress(termios.error, OSError):
        before = termios.tcgetattr(fd)
        try:
            tty.setcbreak(fd, termios.TCSANOW)
            os.write(sys.stdout.fileno(), b"\x1b[c")
            while not answer.endswith(b"c") and select.select([fd], [], [], ANSWER_S)[0]:
                answer += os.read(fd, 64)
        finally:
            termios.tcsetattr(fd, termios.TCSANOW, before)
    return answer.decode("ascii", "replace")


def has_sixels(attributes: str) -> bool:
    """Return whether the attributes, such as `ESC [ ? 62 ; 4 ; 22 c`, include sixels (4)."""
    _, found, rest = attributes.partition("\x1b[?")
    return bool(found) and "4" in rest.removesuffix("c").split(";")[1:]


def in_terminal(protocol: str, picture: str) -> str:
    """Return the sequence that shows a picture: PNG in base64, or sixels."""
    if protocol == "sixel":
        return f"\x1bP{picture}\x1b\\"
    if protocol == "iterm":
        return f"\x1b]1337;File=inline=1:{picture}\a"
    chunks = [picture[at : at + KITTY_CHUNK] for at in range(0, len(picture), KITTY_CHUNK)]
    first = ["a=T,f=100,"] + [""] * (len(chunks) - 1)
    more = [1] * (len(chunks) - 1) + [0]
    return "".join(f"\x1b_G{a}m={m};{chunk}\x1b\\" for a, m, chunk in zip(first, more, chunks, strict=True))
