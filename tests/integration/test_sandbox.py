"""The sandbox, each part in a process of its own that tries what it must not do."""

from __future__ import annotations

import platform
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

linux = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"), reason="seccomp is Linux's"
)


def _run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = f"from snapsortd.vision import sandbox\nimport os, sys\n{code}"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
    )


_TRY_SOCKETS = """
import socket, threading
assert sandbox.refuse_network() is True
def attempt():
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
        try:
            socket.socket(family, socket.SOCK_STREAM)
        except PermissionError:
            print("refused")
attempt()
thread = threading.Thread(target=attempt)
thread.start()
thread.join()
socket.socketpair()[0].send(b"still works")
"""


@linux
def test_no_socket_can_be_made_in_any_thread() -> None:
    result = _run(_TRY_SOCKETS)
    assert result.stdout.split() == ["refused"] * 6, result.stderr


@linux
def test_programs_it_starts_have_no_network_either() -> None:
    result = _run(
        "import subprocess; sandbox.refuse_network();"
        "sys.exit(subprocess.call([sys.executable, '-c', 'import socket; socket.socket()']))"
    )
    assert "PermissionError" in result.stderr
    assert result.returncode == 1


@linux
def test_other_processes_are_out_of_reach() -> None:
    """ptrace(PTRACE_ATTACH) of the parent, which a process without the filter may or may not do: EPERM here."""
    result = _run(
        "import ctypes; sandbox.refuse_network(); libc = ctypes.CDLL(None, use_errno=True);"
        "print(libc.ptrace(0, 0, 0, 0), ctypes.get_errno())"  # PTRACE_TRACEME, which is always allowed otherwise
    )
    assert result.stdout.split() == ["-1", "1"]


def test_no_file_is_written(tmp_path: Path) -> None:
    result = _run(
        "sandbox.forbid_writing()\n"
        "try:\n    open(sys.argv[1], 'wb', buffering=0).write(b'x')\n"
        "except OSError as error:\n    print(error.strerror)",
        str(tmp_path / "file"),
    )
    assert result.stdout.strip() == "File too large"
    assert (tmp_path / "file").read_bytes() == b""


@pytest.mark.skipif(sys.platform != "linux", reason="macOS does not enforce RLIMIT_AS")
def test_memory_has_a_ceiling() -> None:
    result = _run(
        "sandbox.limit_memory(64 << 20)\nbytes(32 << 20)\n"
        "try:\n    bytes(128 << 20)\nexcept MemoryError:\n    print('refused')"
    )
    assert result.stdout.strip() == "refused", result.stderr


def test_processor_time_has_a_ceiling() -> None:
    assert _run("sandbox.limit_cpu(1)\nwhile True: pass").returncode == -signal.SIGXCPU


def test_processor_time_can_be_renewed() -> None:
    result = _run(
        "import resource; sandbox.limit_cpu(5); sandbox.limit_cpu(900);"
        "print(resource.getrlimit(resource.RLIMIT_CPU)[0])"
    )
    assert int(result.stdout) >= 900


def test_it_ends_with_the_other_side() -> None:
    ours, theirs = socket.socketpair()
    code = "from snapsortd.vision import sandbox; sandbox.end_with({}); print('up', flush=True)\nwhile True: pass"
    with theirs, ours:
        process = subprocess.Popen(
            [sys.executable, "-c", code.format(theirs.fileno())],
            cwd=Path(__file__).parents[2],
            pass_fds=(theirs.fileno(),),
            stdout=subprocess.PIPE,
        )
        theirs.close()
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        assert process.poll() is None
        ours.close()
        assert process.wait(30) == 0
        process.stdout.close()
