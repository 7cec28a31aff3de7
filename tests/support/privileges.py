"""File permissions that apply to root too, within a block of a test: CI runs the tests as root."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

_VERSION_3 = 0x20080522  # linux/capability.h
CHOWN, _DAC_OVERRIDE, _DAC_READ_SEARCH = 0, 1, 2
_PR_SET_SECUREBITS = 28  # linux/prctl.h
_NO_SETUID_FIXUP = 1 << 2
"""linux/securebits.h: otherwise access(2) checks what root may acquire, not what it has."""


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Set(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


@contextmanager
def as_a_normal_user(*without: int) -> Iterator[None]:
    """Restrict this thread, until the end of the block, to what file permissions allow its user to read and write.

    `without` are further capabilities that it does not have.
    """
    if os.geteuid() != 0:
        yield
        return
    if sys.platform != "linux":
        pytest.skip("root may read and write everything, and only Linux lets it give that up for a while")
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = _Header(_VERSION_3, 0), (_Set * 2)()
    _call(libc.capget, ctypes.byref(header), sets)
    before = sets[0].effective
    for each in (_DAC_OVERRIDE, _DAC_READ_SEARCH, *without):
        sets[0].effective &= ~(1 << each)
    _call(libc.prctl, _PR_SET_SECUREBITS, _NO_SETUID_FIXUP, 0, 0, 0)
    try:
        _call(libc.capset, ctypes.byref(header), sets)
        yield
    finally:
        sets[0].effective = before
        _call(libc.capset, ctypes.byref(header), sets)
        _call(libc.prctl, _PR_SET_SECUREBITS, 0, 0, 0, 0)


def _call(function: ctypes._NamedFuncPointer, *arguments: object) -> None:
    if function(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
