"""Which user is at the other end of a connection from this machine."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress

TABLES = {socket.AF_INET: "/proc/net/tcp", socket.AF_INET6: "/proc/net/tcp6"}
"""Linux's tables of connections; see proc(5)."""


def user_of(host: str, port: int) -> int | None:
    """Return the user id of the program that connected from this address; None where the system does not tell."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    wanted = _in_table(family, host, port)
    with suppress(OSError), open(TABLES[family], encoding="ascii") as table:
        for line in table:
            words = line.split()
            if words[1] == wanted:
                return int(words[7])
    return None


def _in_table(family: socket.AddressFamily, host: str, port: int) -> str:
    """Return an address as the tables show it: 32-bit words in the order of this machine's bytes."""
    packed = socket.inet_pton(family, host)
    words = struct.unpack(f"={len(packed) // 4}I", packed)
    return "".join(f"{word:08X}" for word in words) + f":{port:04X}"
