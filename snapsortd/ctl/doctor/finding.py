"""What one check found."""

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
    """One sentence on one subject; `fix` says what to do, as a command or a setting to copy."""

    name: str
    status: Status
    summary: str
    fix: str = ""


def ok(name: str, summary: str) -> Finding:
    """All is well."""
    return Finding(name, Status.OK, summary)


def warning(name: str, summary: str, fix: str) -> Finding:
    """snapsortd works, but not as well or as surely as it could."""
    return Finding(name, Status.WARNING, summary, fix)


def problem(name: str, summary: str, fix: str) -> Finding:
    """Something does not work until it is mended."""
    return Finding(name, Status.PROBLEM, summary, fix)


def quoted(path: str) -> str:
    """A path as one word of a shell command; an odd name in $'…' with its bytes, so that it still fits."""
    if path.isprintable():
        return shlex.quote(path)
    plain = (chr(byte) if 32 <= byte < 127 and byte not in b"'\\" else f"\\x{byte:02x}" for byte in os.fsencode(path))
    return f"$'{''.join(plain)}'"
