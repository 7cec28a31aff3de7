"""Pictures of images for the review page: re-encoded by a confined process, and kept in a folder of limited size."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import threading
from contextlib import suppress
from queue import LifoQueue

from snapsortd.domain.errors import SnapsortError
from snapsortd.files.atomic_write import write_atomically
from snapsortd.files.locations import make_private
from snapsortd.files.open_file import OpenFile, open_file
from snapsortd.vision.child_process import ChildProcess
from snapsortd.vision.formats import recognise
from snapsortd.vision.thumbnails import PICTURE_S, START_S
from snapsortd.vision.wire import BadMessage

MAX_BYTES = 256 << 20
"""Limit for the size of the folder."""
LOW_SHARE = 0.8
"""Share of the limit down to which pictures are removed, those that were not shown for the longest time first."""
PROCESSES = 2
JPEG = b"\xff\xd8\xff"


class Previews:
    """Draws pictures of images; may be called from any thread."""

    def __init__(self, folder: str, max_bytes: int = MAX_BYTES) -> None:
        """Use a folder, which is created if it is missing. Raise SnapsortError if it can't be used."""
        make_private(folder)
        self._folder = folder
        self._max_bytes = max_bytes
        self._added = 0
        self._changing = threading.Lock()
        self._children: LifoQueue[ChildProcess | None] = LifoQueue()
        for _ in range(PROCESSES):
            self._children.put(None)
        self._evict()

    def picture(self, path: str, side: int) -> bytes:
        """Return an image as JPEG, at most `side` pixels wide and high; empty if it can't be read."""
        try:
            with open_file(path, os.path.dirname(path)) as image:
                kept = os.path.join(self._folder, _name_of(image, side))
                with suppress(OSError), open(kept, "rb") as file:
                    os.utime(kept)
                    return file.read()
                picture = self._draw(image, side)
        except SnapsortError:
            return b""
        if picture:
            with suppress(OSError):
                write_atomically(kept, picture)
            self._count(len(picture))
        return picture

    def _draw(self, image: OpenFile, side: int) -> bytes:
        image_format = recognise(image)
        if image_format is None:
            return b""
        child = self._children.get()
        try:
            child = child or started()
            child.channel.send({"format": image_format, "side": side}, image.fd, timeout=PICTURE_S)
            reply = child.channel.receive(PICTURE_S)
            if reply is None:
                raise EOFError
            picture = base64.b64decode(reply[0]["picture"], validate=True)
            # A process that opened hostile images must not be able to send a page anything but a picture.
            return picture if picture.startswith(JPEG) else b""
        except (OSError, EOFError, BadMessage, KeyError, TypeError, binascii.Error):
            if child is not None:
                child.end()
            child = None
            return b""
        finally:
            self._children.put(child)

    def _count(self, size: int) -> None:
        with self._changing:
            self._added += size
            if self._added > self._max_bytes * (1 - LOW_SHARE) / 2:
                self._added = 0
                self._evict()

    def _evict(self) -> None:
        """Remove the pictures that were not shown for the longest time, if all of them take more than the limit."""
        with suppress(OSError), os.scandir(self._folder) as entries:
            found = sorted((info.st_mtime_ns, info.st_size, entry.path) for entry in entries if (info := entry.stat()))
            total = sum(size for _, size, _ in found)
            if total <= self._max_bytes:
                return
            for _, size, path in found:
                if total <= self._max_bytes * LOW_SHARE:
                    break
                os.unlink(path)
                total -= size

    def close(self) -> None:
        """End the processes; call it once, when no other call is made any more."""
        for _ in range(PROCESSES):
            if (child := self._children.get()) is not None:
                child.end()


def started() -> ChildProcess:
    """Start a process and wait until it is confined. Raise OSError, EOFError, BadMessage."""
    child = ChildProcess("snapsortd.vision.child.thumbnails")
    if child.channel.receive(START_S) is None:
        child.end()
        raise EOFError
    return child


def forget_previews(folder: str) -> None:
    """Remove all pictures: they are what was stored of images."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                os.unlink(entry.path)


def _name_of(image: OpenFile, side: int) -> str:
    """Return the name under which a picture is kept: that of the version of the file, which tells nothing about it."""
    identity = image.identity
    version = (identity.dev, identity.ino, identity.size, identity.mtime_ns, identity.ctime_ns, side)
    return hashlib.sha256(os.fsencode(image.path) + b"\0" + repr(version).encode()).hexdigest() + ".jpg"
