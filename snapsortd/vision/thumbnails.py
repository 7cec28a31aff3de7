"""Small pictures of images, drawn by a confined process: what opens an image must reach nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from snapsortd.domain.errors import SnapsortError
from snapsortd.domain.text import escape
from snapsortd.files.open_file import open_file
from snapsortd.vision.child_process import ChildProcess
from snapsortd.vision.formats import recognise
from snapsortd.vision.wire import BadMessage

START_S, PICTURE_S = 60.0, 20.0
"""Maximum waits for the process and for one picture, in seconds."""


class Thumbnails:
    """Draws rows of thumbnails; after a failure it draws nothing more."""

    def __init__(self, child: ChildProcess, kind: str) -> None:
        self._child = child
        self._kind = kind
        try:
            self._works = child.channel.receive(START_S) is not None
        except (OSError, EOFError, BadMessage):
            self._works = False

    def row(self, paths: Sequence[str]) -> str:
        """Return a picture of the images that can be read: PNG in base64, or sixels; empty if there is none."""
        if not self._works:
            return ""
        try:
            for path in paths:
                self._add(path)
            self._child.channel.send({"kind": self._kind}, timeout=PICTURE_S)
            reply = self._child.channel.receive(PICTURE_S)
        except (OSError, EOFError, BadMessage):
            reply = None
        self._works = reply is not None
        picture = reply[0].get("picture") if reply else None
        # The process that opened hostile images must not be able to steer the terminal.
        return picture if isinstance(picture, str) and picture == escape(picture) and picture.isascii() else ""

    def _add(self, path: str) -> None:
        with suppress(SnapsortError), open_file(path, os.path.dirname(path)) as image:
            if (image_format := recognise(image)) is not None:
                self._child.channel.send({"format": image_format}, image.fd, timeout=PICTURE_S)


@contextmanager
def thumbnails(kind: str) -> Iterator[Thumbnails]:
    """Run the process until the block ends. `kind` is png or sixel. Raise OSError if it can't be started."""
    child = ChildProcess("snapsortd.vision.child.thumbnails")
    try:
        yield Thumbnails(child, kind)
    finally:
        child.end()
