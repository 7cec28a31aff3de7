"""Another user of the machine, who tries to get access to somebody's daemon and reports the result of each attempt.

Run by root with `main`'s arguments in JSON; root's rights are given up first.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from tests.support.hostile_child import Attempt, told


def looks(private: Sequence[str], address: str, pids: Sequence[int]) -> Iterator[tuple[str, Attempt]]:
    """Return attempts that do no harm if they succeed.

    `private`: files and folders; `address`: the control socket; `pids`: the daemon and its classifier.
    """
    for path in private:
        yield f"read {path}", partial(_open, path, os.O_RDONLY)
        yield f"write {path}", partial(_open, path, os.O_WRONLY)
    yield "connect", partial(_connect, address)
    for pid in pids:
        yield f"signal {pid}", partial(os.kill, pid, 0)


def attacks(private: Sequence[str], address: str, pids: Sequence[int]) -> Iterator[tuple[str, Attempt]]:
    """Return attempts that must not succeed."""
    for path in private:
        yield f"open up {path}", partial(os.chmod, path, 0o777)
        yield f"take {path}", partial(os.rename, path, f"{path}.taken")
        yield f"plant in {path}", partial(os.mkfifo, f"{path}/planted")
    yield "plant a socket", partial(_bind, address)
    yield "remove the socket", partial(os.unlink, address)
    for pid in pids:
        yield f"connect by {pid}", partial(_connect, f"/proc/{pid}/root{address}")
        for name in ("mem", "environ", "fd", "cwd/x"):
            yield f"read {name} of {pid}", partial(_open, f"/proc/{pid}/{name}", os.O_RDONLY)


def _open(path: str, flags: int) -> None:
    os.close(os.open(path, flags | os.O_NONBLOCK))


def _bind(address: str) -> None:
    with socket.socket(socket.AF_UNIX) as planted:
        planted.bind(address)


def _connect(address: str) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(address)


def main(uid: int, outside: dict[str, Any], *, attack: bool) -> None:
    """Make the attempts as the user `uid`, and print their results as JSON."""
    made = dict(looks(**outside))
    if attack:
        made |= dict(attacks(**outside))
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    sys.stdout.write(json.dumps({name: told(attempt) for name, attempt in made.items()}))


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
