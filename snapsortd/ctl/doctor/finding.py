"""The result of one check."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence on one subject; `fix` is a command or a setting to copy."""

    name: str
    status: Status
    summary: str
    fix: str = ""


def ok(name: str, summary: str) -> Finding:
    """Return a finding without a problem."""
    return Finding(name, Status.OK, summary)


def warning(name: str, summary: str, fix: str) -> Finding:
    """Return a finding that degrades snapsortd without breaking it."""
    return Finding(name, Status.WARNING, summary, fix)


def problem(name: str, summary: str, fix: str) -> Finding:
    """Return a finding because of which something does not work."""
    return Finding(name, Status.PROBLEM, summary, fix)


def quoted(path: str) -> str:
    """Return a path as one word of a shell command; an unprintable name as $'…' with its bytes escaped."""
    if path.isprintable():
        return shlex.quote(path)
    plain = (chr(byte) if 32 <= byte < 127 and byte not in b"'\\" else f"\\x{byte:02x}" for byte in os.fsencode(path))
    return f"$'{''.join(plain)}'"
