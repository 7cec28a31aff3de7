"""Opens the page in a browser, and images in other programs."""

from __future__ import annotations

import os
import subprocess
import sys
import webbrowser

from snapsortd.domain.errors import SnapsortError
from snapsortd.domain.names import IMAGE_SUFFIXES, suffix_of
from snapsortd.files.atomic_write import write_atomically
from snapsortd.review.markup import join, tag

REDIRECT = "review.html"


def open_browser(address: str, private_folder: str) -> bool:
    """Open an address in the user's browser; return False if there is none.

    Other users can read the arguments of programs. On Linux the page refuses them by their user id; elsewhere the
    browser gets the name of a private file that leads on.
    """
    if sys.platform != "linux":
        path = os.path.join(private_folder, REDIRECT)
        forward = tag("meta", http_equiv="refresh", content=f"0;url={address}")
        write_atomically(path, join(forward, tag("title", "snapsortd")).encode())
        address = f"file://{path}"
    try:
        return webbrowser.open(address)
    except webbrowser.Error:
        return False


def open_image(path: str) -> None:
    """Open an image in the program that the desktop has for it. Raise SnapsortError if that is not possible."""
    if suffix_of(path) not in IMAGE_SUFFIXES:  # what is opened by its name must not be a program
        raise SnapsortError("only files that are named as images are opened", "show it in its folder instead")
    command = "open" if sys.platform == "darwin" else "xdg-open"
    try:
        subprocess.run(
            [command, path], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=10
        ).check_returncode()
    except (OSError, subprocess.SubprocessError) as error:
        raise SnapsortError(f"no program was found to open it with: {error}") from None
