"""The process that reads the text in images, confined like the classifier process.

Started as `python -m snapsortd.vision.child.reading.main FD`, with one end of a socket pair. Each message contains an
open image; the answer has its lines, or why it could not be read.
"""

from __future__ import annotations

import importlib
import os
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from snapsortd.domain.errors import ImageError
from snapsortd.vision.child import sandbox
from snapsortd.vision.child.decoding.decode import decode
from snapsortd.vision.child.decoding.time_limit import LimitedFile
from snapsortd.vision.child.main import LAZY_MODULES, MEMORY_HEADROOM, blank_image
from snapsortd.vision.child.reading.find_lines import boxes_in
from snapsortd.vision.child.reading.page import in_reading_order, read_page
from snapsortd.vision.child.reading.read_lines import Recogniser
from snapsortd.vision.child.reading.weights import open_detector, open_recogniser
from snapsortd.vision.child.workers import return_free_memory
from snapsortd.vision.messages import text_to_json
from snapsortd.vision.wire import BadMessage, Channel

SIDE = 1000
"""An image is decoded to a shorter side of 1.5 to 3 times as many pixels, or its own size."""
MAX_PIXELS = 9_000_000
"""Pixels of the image that is read; only an image that is long in proportion has more, and is shrunk."""
DECODE_LIMIT_S = 20
"""Processor time to decode one image."""
READ_LIMIT_S = 40.0
"""Processor time after which the lines that were read until then are the answer."""
CPU_LIMIT_S = 90
"""Processor time after which the kernel ends the process."""


def main(fd: int) -> int:
    """Serve the program at the other end of socket `fd`; return the exit code."""
    sandbox.begin(fd)
    with Channel(socket.socket(fileno=fd), takes_descriptors=True) as channel:
        try:
            _serve(channel)
        except EOFError:
            return 0
    return 0


def _serve(channel: Channel) -> None:
    settings, _ = channel.receive() or ({}, None)
    os.nice(settings.get("nice", 0))
    cv2.setNumThreads(1)
    for module in LAZY_MODULES:
        importlib.import_module(module)
    detector, recogniser = open_detector(), Recogniser(*open_recogniser())
    blank = blank_image()
    decoded(os.dup(blank), "png")
    _warm_up(detector, recogniser)
    sandbox.forbid_writing()
    sandbox.limit_memory(MEMORY_HEADROOM)
    if not sandbox.seal(channel.fileno()):
        sys.stderr.write("this system cannot prevent the text reader from opening the user's other files\n")
    _warm_up(detector, recogniser)  # if this fails behind the seal, it must not be blamed on the user's images
    channel.send({})
    while True:
        request, fd = channel.receive() or ({}, None)
        if fd is None:
            raise BadMessage("a request without an image")
        sandbox.limit_cpu(CPU_LIMIT_S)
        try:
            image = decoded(fd, request["format"])
            return_free_memory()
            answer = text_to_json(read_page(detector, recogniser, image, _until(time.process_time() + READ_LIMIT_S)))
            del image
        except ImageError as error:
            answer = {"unreadable": error.message}
        channel.send(answer)
        return_free_memory()


def decoded(fd: int, image_format: str | None) -> Any:
    """Return an open image as it is read (h × w × 3, uint8); close it. Raise ImageError."""
    with LimitedFile(os.fdopen(fd, "rb", buffering=0), DECODE_LIMIT_S, None) as file:
        image, _ = decode(file, SIDE, image_format, whole=True)
    if (excess := image.width * image.height / MAX_PIXELS) > 1:
        image = image.reduce(int(excess**0.5) + 1)
    return np.asarray(image)


def _until(end: float) -> Callable[[], bool]:
    return lambda: time.process_time() < end


def _warm_up(detector: Any, recogniser: Recogniser) -> None:
    """Use everything once: what is opened on first use must be used before the seal."""
    page = np.zeros((64, 128, 3), np.uint8)
    page[20:40:2] = 255
    read_page(detector, recogniser, page, lambda: True)
    found = np.zeros((64, 128), np.float32)
    found[20:40, 10:100] = 1.0
    in_reading_order(recogniser.read(page, boxes_in(found, 128, 64), lambda: True))


if __name__ == "__main__":
    os._exit(main(int(sys.argv[1])))
