"""The process of a captioner: load the model once, then describe images until the daemon ends it.

Started by `vision.captioner` as `python -m snapsortd.vision.child.describing.main FD`, confined like the classifier
process. The first message has the settings, each later one an open image, its format and the id of the request.
"""

from __future__ import annotations

import gc
import os
import socket
import sys
from typing import Any

from snapsortd.domain.caption import MAX_RAW
from snapsortd.domain.errors import ImageError, ModelError
from snapsortd.vision.checkpoint import find_checkpoint
from snapsortd.vision.child import sandbox
from snapsortd.vision.child.main import MEMORY_HEADROOM, blank_image
from snapsortd.vision.child.workers import return_free_memory
from snapsortd.vision.extras import CLIP
from snapsortd.vision.wire import Channel


def main(fd: int) -> int:
    """Serve the daemon at the other end of socket `fd`; return the exit code."""
    sandbox.begin(fd)
    with Channel(socket.socket(fileno=fd), takes_descriptors=True) as channel:
        settings, _ = channel.receive() or ({}, None)
        try:
            _serve(channel, **settings)
        except ModelError as error:
            channel.send({"failed": error.message, "hint": error.hint})
        except EOFError:
            return 0
    return 0


def _serve(channel: Channel, *, model: str, prompt: str, threads: int, nice: int, cpu_limit_s: int) -> None:
    os.nice(nice)
    gc.disable()
    folder = _found(model)
    CLIP.require(f"the model {model}")
    from snapsortd.vision.child.describing.model import Captioner
    from snapsortd.vision.child.describing.picture import import_readers, picture_of

    import_readers()
    captioner, blank = Captioner(folder, prompt, threads), blank_image()
    gc.enable()
    captioner.describe(picture_of(os.dup(blank), "png"))  # what is opened on first use must be used before the seal
    sandbox.forbid_writing()
    sandbox.limit_memory(MEMORY_HEADROOM)
    if not sandbox.seal(channel.fileno(), blank):
        sys.stderr.write("this system cannot prevent the captioner from opening the user's other files\n")
    captioner.describe(picture_of(blank, "png"))
    channel.send({})
    while True:
        request, image = channel.receive() or ({}, None)
        assert image is not None
        sandbox.limit_cpu(cpu_limit_s)
        channel.send({"id": request["id"], **_answer(captioner, picture_of, image, request["format"])})
        return_free_memory()


def _found(model: str) -> str:
    """Return the folder of a checkpoint. Raise ModelError."""
    try:
        return find_checkpoint(model)
    except ModelError as error:
        hint = f"download it once with `snapsortctl model pull {model}`, or set describe.model to the folder of another"
        raise ModelError(error.message, hint) from None


def _answer(captioner: Any, picture_of: Any, image: int, image_format: str | None) -> dict[str, str]:
    try:
        return {"caption": captioner.describe(picture_of(image, image_format))[: MAX_RAW + 1]}
    except ImageError as error:
        return {"failed": error.message}


if __name__ == "__main__":
    os._exit(main(int(sys.argv[1])))
