"""The classifier process: loads the model once, then answers one image at a time until the daemon is gone.

Started by `classifier` as `python -m snapsortd.vision.child FD`, with one end of a socket pair. The first
message brings the settings, each further one an open image.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from snapsortd.errors import ImageError, ModelError
from snapsortd.vision import sandbox
from snapsortd.vision.extras import EXTRAS, is_missing
from snapsortd.vision.wire import Channel

MEMORY_HEADROOM = 2 << 30
"""Bytes above what the loaded model takes; a 225-megapixel PNG or TIFF fits, a WebP of that size does not."""

DECODE_SECONDS = 20
"""Processor time to decode one image: four times what a 200-megapixel PNG with transparency took where all cores were
busy, and less than the daemon waits for an answer."""

CPU_SECONDS = 120
"""Processor time for the model to look at one image, over all threads: 30 s on 4 cores."""

MAX_THREADS = 4
"""More gain one image at a time little, and the machine is the user's."""

_USED_LATER = (
    *(f"PIL.{name}ImagePlugin" for name in ("Avif", "Bmp", "Gif", "Jpeg", "Mpo", "Png", "Ppm", "Tiff", "WebP")),
    *(f"PIL.{name}" for name in ("ImageChops", "ImageCms", "ImageColor", "ImageFilter", "ImagePalette")),
    "linecache",
    "traceback",
)
"""What is imported only over some image or error; behind the seal it could not be."""

Look = Callable[[int, str | None], dict[str, Any]]
"""Answers an image's descriptor, which it closes, and its format, where more is known than its first bytes say."""


def main(fd: int) -> int:
    """Serve the daemon at the other end of socket `fd`; returns the exit code."""
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)  # a terminal or systemd sends these to all; the daemon decides
    os.umask(0o077)
    sandbox.refuse_network()
    sandbox.end_with(fd)
    with Channel(socket.socket(fileno=fd), takes_descriptors=True) as channel:
        try:
            _serve(channel)
        except EOFError:
            return 0
        except Exception as error:
            channel.send({"crashed": f"{type(error).__name__}: {error}"})
            raise
    return 0


def _serve(channel: Channel) -> None:
    settings, _ = channel.receive() or ({}, None)
    try:
        look, about = _load(**settings)
    except ModelError as error:
        channel.send({"failed": error.message, "hint": error.hint})
        return
    blank = _blank_image()
    look(os.dup(blank), None)  # what is imported and set up at the first image only
    sandbox.forbid_writing()
    sandbox.limit_memory(MEMORY_HEADROOM)
    if not sandbox.seal(channel.fileno(), blank):
        sys.stderr.write("this system can't keep the classifier process from opening other files of the user\n")
    look(blank, None)  # a system on which that fails behind the seal must not put it down to the user's images
    channel.send(about)
    while True:
        request = channel.receive()
        if request is None or request[1] is None:
            raise ValueError("a request without an image")
        try:
            answer = look(request[1], request[0].get("format"))
        except ImageError as error:
            answer = {"unreadable": error.message}
        channel.send(answer)


def _blank_image() -> int:
    """A descriptor of a file with a white image."""
    from PIL import Image

    with tempfile.TemporaryFile() as file:
        Image.new("RGB", (1280, 800), "white").save(file, "PNG")
        file.flush()
        return os.dup(file.fileno())


@contextmanager
def time_to_decode() -> Iterator[None]:
    """Give an image up, with an ImageError, that needs more than `DECODE_SECONDS`: what is in it only looks small.

    Python and its decoders come back often enough to be stopped so. What doesn't is ended by the daemon.
    """

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise ImageError(f"decoding it takes more than {DECODE_SECONDS} seconds of processor time")

    sandbox.limit_cpu(DECODE_SECONDS)
    signal.signal(signal.SIGXCPU, give_up)
    try:
        yield
    finally:
        sandbox.limit_cpu(CPU_SECONDS)
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)


def _load(model: str, labels: dict[str, list[str]], cache_dir: str, threads: int | None) -> tuple[Look, dict[str, Any]]:
    """Load the model and embed the labels: what looks at images, and what is told about the model."""
    from snapsortd.vision.checkpoint import digest_checkpoint, find_checkpoint

    folder = find_checkpoint(model)  # a missing model is told before the seconds that torch takes
    digest = digest_checkpoint(folder)

    gc.disable()  # what is imported stays; looking through it for garbage again and again takes a tenth of the time
    import torch

    from snapsortd.vision.cores import physical_cores
    from snapsortd.vision.decode import decode
    from snapsortd.vision.encoder import Encoder
    from snapsortd.vision.labels import label_embeddings, label_scores
    from snapsortd.vision.messages import sight_to_json

    torch.set_num_threads(threads or min(MAX_THREADS, physical_cores()))
    encoder = Encoder(folder)
    embeddings = label_embeddings(labels, digest, cache_dir, encoder.encode_texts)
    encoder.forget_texts()
    for module in _USED_LATER:
        importlib.import_module(module)
    for image_format in EXTRAS:
        _import_reader(image_format)
    gc.enable()

    def look(fd: int, image_format: str | None) -> dict[str, Any]:
        with os.fdopen(fd, "rb") as file, time_to_decode():
            image, facts = decode(file, encoder.side, image_format)
        vector = encoder.encode_image(image)
        embedding = vector.to(torch.float16).numpy().astype("<f2").tobytes()
        return sight_to_json(label_scores(vector, embeddings, encoder.logit_scale), embedding, facts)

    return look, {"name": model, "dim": embeddings.shape[-1], "source": folder, "digest": digest}


def _import_reader(image_format: str) -> None:
    """What reads an extra format, if it is installed. All of them together take 8 MB."""
    if is_missing(image_format):
        return
    try:
        importlib.import_module(f"snapsortd.vision.{image_format}")
    except (ImportError, OSError) as error:
        sys.stderr.write(f"{EXTRAS[image_format]} is installed, but cannot be loaded: {error}\n")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
