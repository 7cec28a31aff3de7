"""The process that asks a model server of this machine for captions, by the OpenAI-compatible call.

Started by `vision.captioner` as `python -m snapsortd.vision.child.describing.ask_server FD`. It connects to the one
address that it was given, and for each image forks a process that has nothing but this connection, the image and the
daemon's channel: only there is anything read that comes from the image or the server.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import socket
import sys
import warnings
from typing import Any

from snapsortd.domain.caption import MAX_RAW
from snapsortd.domain.errors import ImageError
from snapsortd.domain.model_server import ModelServer, parse_model_server
from snapsortd.vision.child import sandbox
from snapsortd.vision.child.describing.chat import NoAnswer, ask
from snapsortd.vision.child.describing.picture import import_readers, picture_of
from snapsortd.vision.child.main import DECODE_LIMIT_S, MEMORY_HEADROOM, blank_image
from snapsortd.vision.wire import Channel

CONNECT_S = 5.0
"""Maximum wait for a connection, in seconds; a server on this machine accepts or refuses at once."""
QUALITY = 90
"""Of the JPEG that is sent."""


def main(fd: int) -> int:
    """Serve the daemon at the other end of socket `fd`; return the exit code."""
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    os.umask(0o077)
    warnings.simplefilter("ignore")
    with Channel(socket.socket(fileno=fd), takes_descriptors=True) as channel:
        try:
            settings, _ = channel.receive() or ({}, None)
            _serve(channel, **settings)
        except EOFError:
            return 0
    return 0


def _serve(channel: Channel, *, server: str, nice: int, timeout_s: float, **asked: str) -> None:
    os.nice(nice)
    address = parse_model_server(server)
    import_readers()
    _jpeg(blank_image(), "png")  # what is imported on first use must be before the seal
    channel.send({})
    while True:
        request, image = channel.receive() or ({}, None)
        assert image is not None
        try:
            connection = _connected(address)
        except OSError as error:
            channel.send({"id": request["id"], "failed": _why_unreachable(error)})
        else:
            with connection:
                if (child := os.fork()) == 0:
                    _answer_alone(channel, connection, request, image, address, timeout_s, asked)
                ended = os.waitpid(child, 0)[1]
            if ended:
                channel.send({"id": request["id"], "failed": _how_it_ended(ended, timeout_s)})
        os.close(image)


def _why_unreachable(error: OSError) -> str:
    if error.errno == errno.EAFNOSUPPORT:  # the service was installed for a configuration without an address
        return "this service may not connect to an address; `snapsortctl service install` again allows it"
    return f"it cannot be reached: {error.strerror or error}"


def _connected(address: ModelServer) -> socket.socket:
    """Return a connection to the server: to an address of this machine, so no name is resolved. Raise OSError."""
    if address.socket_path:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        where: Any = address.socket_path
    else:
        connection = socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET, socket.SOCK_STREAM)
        where = (address.host, address.port)
    try:
        connection.settimeout(CONNECT_S)
        connection.connect(where)
        connection.settimeout(None)
    except OSError:
        connection.close()
        raise
    return connection


def _answer_alone(
    channel: Channel,
    connection: socket.socket,
    request: dict[str, Any],
    image: int,
    address: ModelServer,
    timeout_s: float,
    asked: dict[str, str],
) -> None:
    """Answer one request in the forked process, and end it."""
    code = 1
    try:
        signal.setitimer(signal.ITIMER_REAL, timeout_s)  # ends the process
        sandbox.refuse_network()
        sandbox.end_with(channel.fileno())
        sandbox.forbid_writing()
        sandbox.limit_memory(MEMORY_HEADROOM)
        sandbox.limit_cpu(2 * DECODE_LIMIT_S)
        sandbox.seal(channel.fileno(), connection.fileno(), image)
        channel.send({"id": request["id"], **_answer(connection, image, request["format"], address, asked)})
        code = 0
    except BaseException as error:
        sys.stderr.write(f"the captioner failed on an image: {type(error).__name__}: {error}\n")
    finally:
        os._exit(code)


def _answer(
    connection: socket.socket, image: int, image_format: str | None, address: ModelServer, asked: dict[str, str]
) -> dict[str, str]:
    try:
        return {"caption": ask(connection, address, _jpeg(image, image_format), **asked)[: MAX_RAW + 1]}
    except (ImageError, NoAnswer) as error:
        return {"failed": str(error)}


def _jpeg(image: int, image_format: str | None) -> bytes:
    out = io.BytesIO()
    picture_of(image, image_format).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _how_it_ended(status: int, timeout_s: float) -> str:
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
        return f"there was no answer within {timeout_s:g} seconds"
    return "the process failed on the image"


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
