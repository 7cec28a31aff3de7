"""The classifier process: load the model once, then classify images until the daemon ends.

Started by `child_process` as `python -m snapsortd.vision.child.main FD`, with one end of a socket pair. The first
message contains the settings, each later one an open image and its number, or the layer that was learnt from now on.
Several images are classified at the same time.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import socket
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from snapsortd.domain.errors import ModelError
from snapsortd.vision.child import sandbox
from snapsortd.vision.child.decoding.time_limit import LimitedFile
from snapsortd.vision.child.workers import Progress, Steps, Workers, return_free_memory
from snapsortd.vision.cores import default_threads
from snapsortd.vision.fit_kinds import fitted_at
from snapsortd.vision.formats import EXTRAS, is_missing
from snapsortd.vision.wire import BadMessage, Channel

if TYPE_CHECKING:
    from snapsortd.domain.image import ImageFacts
    from snapsortd.vision.child.learning.layer import Scoring

MEMORY_HEADROOM = 2 << 30
"""Bytes in addition to the loaded model; a 225-megapixel PNG or TIFF fits, a WebP of that size does not."""

DECODE_LIMIT_S = 20
"""Processor time to decode one image: four times the time of a 200-megapixel PNG with transparency while all cores were
busy, and less than the daemon waits for an answer."""

CPU_LIMIT_S = 120
"""Processor time of all threads between the arrivals of two images: 30 s on 4 cores."""

LAZY_MODULES = (
    *(
        f"PIL.{name}ImagePlugin"
        for name in ("Avif", "Bmp", "Gif", "Jpeg", "Jpeg2K", "Mpo", "Png", "Ppm", "Tiff", "WebP")
    ),
    *(f"PIL.{name}" for name in ("ImageChops", "ImageCms", "ImageColor", "ImageFilter", "ImagePalette")),
    "linecache",
    "traceback",
)
"""Modules that are otherwise imported for certain images or errors only, when the seal no longer permits it."""


def main(fd: int) -> int:
    """Serve the daemon at the other end of socket `fd`; return the exit code."""
    sandbox.begin(fd)
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
    os.nice(settings.pop("nice", 0))
    in_turn = settings.pop("in_turn", False)
    try:
        steps, scoring, about = _load(**settings)
    except ModelError as error:
        channel.send({"failed": error.message, "hint": error.hint})
        return
    blank = blank_image()
    workers = Workers(steps, channel.send, 0 if in_turn else settings.get("threads") or default_threads())
    workers.warm_up(blank)
    sandbox.forbid_writing()
    sandbox.limit_memory(MEMORY_HEADROOM)
    if not sandbox.seal(channel.fileno(), blank):
        sys.stderr.write("this system cannot prevent the classifier process from opening the user's other files\n")
    workers.warm_up(blank, model_once=True)  # if this fails behind the seal, it must not be blamed on the user's images
    os.close(blank)
    return_free_memory()
    channel.send(about)
    while True:
        request, image = channel.receive() or ({}, None)
        if image is None:
            raise BadMessage("a request without an image")
        if "learnt" in request:
            with os.fdopen(image, "rb") as file:
                scoring.use(json.load(file))
            continue
        sandbox.limit_cpu(CPU_LIMIT_S)
        how = {"urgent": request["urgent"], "is_last": request["is_last"]}
        workers.submit(request["id"], image, request["format"], **how)


def blank_image() -> int:
    """Return a descriptor of a temporary file with a white image, so long that both of its views are encoded."""
    from PIL import Image

    with tempfile.TemporaryFile() as file:
        Image.new("RGB", (600, 300), "white").save(file, "PNG")
        file.flush()
        return os.dup(file.fileno())


def _load(labels: Mapping[str, Sequence[str]], **settings: Any) -> tuple[Steps, Scoring, dict[str, Any]]:
    """Load the model and embed the labels.

    Return the steps of classification, the scoring of which a learnt layer becomes a part, and what the model is.
    """
    gc.disable()  # imported modules stay; searching them for garbage repeatedly takes a tenth of the time
    from snapsortd.vision.child.engines.load_model import load_model

    kinds = fitted_at(settings["state_dir"])  # before they are read: a later change is then noticed, not missed
    loaded = load_model(labels={name: prompts for name, prompts in labels.items() if prompts}, **settings)
    from snapsortd.vision.child.decoding.decode import decode
    from snapsortd.vision.child.engines.views import Views, encode_views, prepare_views
    from snapsortd.vision.child.learning.layer import Scoring
    from snapsortd.vision.messages import classification_to_json

    for module in LAZY_MODULES:
        importlib.import_module(module)
    for image_format in EXTRAS:
        _import_reader(image_format)
    gc.enable()
    scoring = Scoring(labels, loaded.about["dim"])
    has_helper = (settings.get("threads") or default_threads()) > 1

    def prepare(fd: int, image_format: str | None, progress: Progress) -> tuple[Views, ImageFacts]:
        others = None if progress.is_last else progress.others_wait
        with LimitedFile(os.fdopen(fd, "rb", buffering=0), DECODE_LIMIT_S, others) as file:
            image, facts = decode(file, loaded.preprocessor.side, image_format, alone=progress.alone and has_helper)
        return prepare_views(image, loaded.preprocessor, any_size=loaded.engine.any_size), facts

    def classify(prepared: Sequence[tuple[Views, ImageFacts]]) -> list[dict[str, Any]]:
        vectors = encode_views(loaded.engine, [views for views, _ in prepared])
        scores, untaught = scoring.applied(loaded.labels.scores(vectors), vectors)
        by_prompts = loaded.labels.scores_by_prompts(vectors).tolist() if all(labels.values()) else [()] * len(vectors)
        before = [()] * len(vectors) if untaught is None else untaught.tolist()
        nouns = loaded.nouns.of(vectors) if loaded.nouns else [""] * len(vectors)
        embeddings = [vector.astype("<f2").tobytes() for vector in vectors]
        return [
            classification_to_json(each, embedding, facts, alone, zero_shot, noun)
            for each, embedding, (_, facts), alone, zero_shot, noun in zip(
                scores.tolist(), embeddings, prepared, by_prompts, before, nouns, strict=True
            )
        ]

    about = {**loaded.about, "logit_scale": loaded.labels.logit_scale, "kinds": kinds}
    return Steps(prepare, classify), scoring, about


def _import_reader(image_format: str) -> None:
    """Import the reader of an extra format if its package is installed. All of them together take 8 MB."""
    if is_missing(image_format):
        return
    try:
        importlib.import_module(f"snapsortd.vision.child.decoding.{image_format}")
    except (ImportError, OSError) as error:
        sys.stderr.write(f"{EXTRAS[image_format]} is installed, but cannot be loaded: {error}\n")


if __name__ == "__main__":
    os._exit(main(int(sys.argv[1])))  # at once: behind the seal, a library's clean-up may wait for 30 s
