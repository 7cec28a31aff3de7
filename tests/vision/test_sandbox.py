"""The sandbox: each part in a separate process, and all of it from inside a classifier that was taken over."""

from __future__ import annotations

import io
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from snapsortd.domain.errors import ImageError
from snapsortd.domain.image import ImageFacts
from snapsortd.vision.child import seccomp
from snapsortd.vision.child.decoding.decode import decode
from snapsortd.vision.child.main import CPU_LIMIT_S
from snapsortd.vision.classifier import Classifier
from snapsortd.vision.wire import Channel
from tests.support.crafted_documents import dng, pdf
from tests.support.hostile_child import attempts
from tests.support.tiny_checkpoints import make_checkpoint

linux = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"), reason="seccomp is Linux's"
)


def _run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = f"from snapsortd.vision.child import sandbox\nimport os, sys\n{code}"
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
    """ptrace(PTRACE_TRACEME) is always permitted without the filter, and must fail with EPERM here."""
    result = _run(
        "import ctypes; sandbox.refuse_network(); libc = ctypes.CDLL(None, use_errno=True);"
        "print(libc.ptrace(0, 0, 0, 0), ctypes.get_errno())"  # PTRACE_TRACEME
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
    code = "from snapsortd.vision.child import sandbox; sandbox.end_with({}); print('up', flush=True)\nwhile True: pass"
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


@pytest.mark.parametrize(
    ("header", "column"),
    [
        pytest.param("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", 0, id="x86_64"),
        pytest.param("/usr/include/asm-generic/unistd.h", 1, id="aarch64"),
    ],
)
def test_the_numbers_of_the_system_calls_are_the_kernels(header: str, column: int) -> None:
    if not os.path.exists(header):
        pytest.skip(f"{header} is not installed")
    known = re.findall(r"__NR(?:3264)?_(\w+)\s+(\d+)", Path(header).read_text())
    numbers = {{"fstatat": "newfstatat"}.get(name, name): int(number) for name, number in known}
    for name, pair in (seccomp.REACHES_OUT | seccomp.STAYS_INSIDE | seccomp.WITHIN_LIMITS).items():
        assert pair[column] == numbers.get(name), name


class Hostile:
    """A running `hostile_child`, and targets outside of it that it may try to reach."""

    def __init__(self, folder: Path, what: str, *words: str, by: tuple[str, ...] = ()) -> None:
        self.secret, self.place = folder / "secret", folder / "place"
        self.secret.write_text("the user's")
        self.place.mkdir()
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self._unix = socket.socket(socket.AF_UNIX)
        self._unix.bind(str(folder / "socket"))
        self._unix.listen()
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [*by, sys.executable, "-m", "tests.support.hostile_child", str(theirs.fileno()), *words],
                cwd=Path(__file__).parents[2],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        self.channel = Channel(ours)
        outside = {
            "secret": str(self.secret),
            "folder": str(self.place),
            "socket_path": str(folder / "socket"),
            "port": self._tcp.getsockname()[1],
        }
        self.channel.send({"what": what, "outside": outside})
        self.image = folder / "image"
        self.image.write_bytes(b"an image")

    def over_an_image(self) -> dict[str, Any]:
        """Send it an image, even opened for writing, and return its answer. Raise EOFError if it crashes."""
        assert (self.channel.receive(60) or ({},))[0] == {"name": "hostile", "dim": 1}
        with self.image.open("r+b") as file:
            self.channel.send({"id": 1, "format": None, "urgent": False, "is_last": False}, file.fileno())
            answer, _ = self.channel.receive(60) or ({}, None)
        return answer

    def state(self) -> list[object]:
        """Return everything that it could have changed, except access times."""
        found = [path.stat() for path in (self.secret, self.image, self.place)]
        return [(each.st_mode, each.st_uid, each.st_size, each.st_mtime_ns, each.st_ctime_ns) for each in found]

    def close(self) -> None:
        """Kill the process."""
        self.channel.close()
        self.process.kill()
        self.complaints = self.process.communicate(timeout=60)[1]
        self._tcp.close()
        self._unix.close()


@contextmanager
def hostile(folder: Path, what: str, *words: str, by: tuple[str, ...] = ()) -> Iterator[Hostile]:
    one = Hostile(folder, what, *words, by=by)
    try:
        yield one
    finally:
        one.close()


@linux
def test_from_inside_only_the_given_descriptor_is_in_reach(tmp_path: Path) -> None:
    with hostile(tmp_path, "attack") as one:
        before = one.state()
        answer = one.over_an_image()
        assert "crashed" not in answer, answer
        assert one.state() == before
    assert one.complaints == "a complaint\n"
    names = set(answer["here"])
    assert len(names) > 50
    for where in ("here", "in an early thread"):
        assert answer[where] == dict.fromkeys(names, "EPERM")
    assert answer["harmless"] == dict.fromkeys(answer["harmless"], "allowed")
    assert answer["too much"] == {"memory": "ENOMEM", "a file that it may write": "EFBIG"}


@linux
@pytest.mark.skipif(os.getuid() != 0, reason="a normal user is refused some of it anyway")
def test_the_attack_above_would_succeed_without_the_sandbox(tmp_path: Path) -> None:
    with hostile(tmp_path, "attack", "unconfined") as one:
        answer = one.over_an_image()
    own = attempts(0, "", "", "", 0)
    assert [name for name in own if answer["here"][name] == "EPERM"] == []
    assert sum(answer["here"][name] == "allowed" for name in own) > 25
    assert answer["too much"] == {"memory": "allowed", "a file that it may write": "allowed"}


@linux
@pytest.mark.skipif(shutil.which("setarch") is None, reason="needs setarch")
def test_where_the_kernel_is_another_that_is_said_and_the_limits_still_hold(tmp_path: Path) -> None:
    with hostile(tmp_path, "attack", by=("setarch", "linux32")) as one:
        answer = one.over_an_image()
    assert answer["here"]["read a file"] == "allowed"
    assert one.complaints.count("this system cannot prevent the classifier process from") == 1
    assert answer["too much"] == {"memory": "ENOMEM", "a file that it may write": "EFBIG"}


@linux
@pytest.mark.parametrize(
    ("what", "code", "answer"),
    [
        pytest.param("abort", -signal.SIGABRT, None, id="abort"),
        pytest.param("fault", -signal.SIGSEGV, None, id="memory fault"),
        pytest.param("bug", 1, {"crashed": "OSError: [Errno 9] Bad file descriptor"}, id="exception"),
    ],
)
def test_behind_the_seal_a_crash_is_still_a_crash(
    tmp_path: Path, what: str, code: int, answer: dict[str, Any] | None
) -> None:
    with hostile(tmp_path, what) as one:
        if answer is None:
            with pytest.raises(EOFError):
                one.over_an_image()
        else:
            assert one.over_an_image() == answer
        assert one.process.wait(60) == code


READ_TERMINAL = """
import os
from snapsortd.vision.child import sandbox
{call}()
os.write(2, b"told")
try:
    os.write(1, os.read(2, 100))
except OSError as error:
    os.write(1, error.strerror.encode())
"""


def test_behind_the_seal_nothing_is_read_from_the_users_terminal() -> None:
    typed, terminal = os.openpty()
    with open(typed, "r+b", buffering=0) as keyboard, open(terminal, "r+b", buffering=0) as screen:
        for call, answer in (("dict", b"typed\n"), ("sandbox.seal", b"Bad file descriptor")):
            keyboard.write(b"typed\n")
            done = subprocess.run(
                [sys.executable, "-c", READ_TERMINAL.format(call=call)],
                cwd=Path(__file__).parents[2],
                stdout=subprocess.PIPE,
                stderr=screen,
                timeout=60,
            )
            assert done.stdout == answer


NEW_PRIVILEGES = """
import os, subprocess
os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
if sys.argv[2] == "sandbox":
    assert sandbox.refuse_network()
print(subprocess.run([sys.argv[1], "-u"], capture_output=True, text=True, check=True).stdout.strip())
"""


@linux
@pytest.mark.skipif(os.getuid() != 0 or shutil.which("id") is None, reason="only root can make a program set-user-ID")
def test_a_set_user_id_program_gives_it_nothing() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        program = shutil.copy(shutil.which("id") or "", folder)
        os.chmod(program, 0o4755)
        if _run(NEW_PRIVILEGES, program, "none").stdout.strip() != "0":
            pytest.skip("set-user-ID programs have no effect on this file system")
        assert _run(NEW_PRIVILEGES, program, "sandbox").stdout.strip() == "65534"


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Classifier]:
    """The real classifier process with a model that loads fast, after its first image."""
    checkpoint = make_checkpoint(tmp_path_factory.mktemp("clip"), "clip")
    cache = tmp_path_factory.mktemp("cache")
    classifier = Classifier(model=str(checkpoint), labels={"a": ("a cat",), "b": ("a dog",)}, cache_dir=str(cache))
    with tempfile.TemporaryFile() as file:
        Image.new("RGB", (9, 9)).save(file, "PNG")
        classifier.classify(file.fileno(), lambda: False)
    yield classifier
    classifier.stop()


@linux
def test_every_thread_of_the_real_classifier_is_confined(sealed: Classifier) -> None:
    threads = [_fields(task / "status", ":\t") for task in Path(f"/proc/{sealed.pid}/task").iterdir()]
    assert len(threads) >= 2
    for thread in threads:
        assert (thread["NoNewPrivs"], thread["Seccomp"]) == ("1", "2")
        assert thread.get("Seccomp_filters", "2") == "2"  # reported since Linux 5.9
    limits = _fields(Path(f"/proc/{sealed.pid}/limits"), "  ")
    assert limits["Max file size"].split()[:2] == limits["Max core file size"].split()[:2] == ["0", "0"]
    assert int(limits["Max address space"].split()[1]) < 2**40
    assert int(limits["Max cpu time"].split()[0]) <= 2 * CPU_LIMIT_S


def _fields(path: Path, separator: str) -> dict[str, str]:
    lines = (line.partition(separator) for line in path.read_text().splitlines())
    return {name.strip(): value.strip() for name, _, value in lines}


@linux
def test_the_real_classifier_holds_its_standard_streams_and_its_socket_alone(sealed: Classifier) -> None:
    descriptors = {int(entry.name): os.readlink(entry) for entry in Path(f"/proc/{sealed.pid}/fd").iterdir()}
    assert (descriptors.pop(0), descriptors.pop(1)) == ("/dev/null", "/dev/null")
    assert descriptors.pop(2) == os.readlink("/proc/self/fd/2")
    (line,) = descriptors.values()
    assert line.startswith("socket:")


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def kinds() -> Iterator[tuple[str, bytes]]:
    """Yield images of every format, and of the modes for which Pillow has separate code."""
    noise = Image.effect_noise((90, 60), 80).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0x9003] = "2024:05:17 09:30:01"
    for format in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"):
        yield format, encoded(noise, format)
        if format not in ("GIF", "BMP"):
            yield f"{format} with EXIF data", encoded(noise, format, exif=exif)
        if format not in ("JPEG", "BMP"):
            yield f"{format} of two frames", encoded(noise, format, save_all=True, append_images=[noise.rotate(90)])
    yield "JPEG of several", encoded(noise, "MPO", save_all=True, append_images=[noise])
    for mode in ("1", "L", "LA", "P", "RGBA", "I;16"):
        yield f"PNG {mode}", encoded(noise.convert("L").convert(mode) if mode == "I;16" else noise.convert(mode), "PNG")
    for mode in ("1", "L", "CMYK", "YCbCr", "LAB", "I", "F"):
        image = Image.new(mode, (90, 60)) if mode == "LAB" else noise.convert("L" if mode in "IF" else mode)
        yield f"TIFF {mode}", encoded(image.convert(mode) if mode in "IF" else image, "TIFF")
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits", "zstd", "lzma"):
        yield f"TIFF {compression}", encoded(noise, "TIFF", compression=compression)
    yield "JPEG CMYK", encoded(noise.convert("CMYK"), "JPEG")
    yield "PNG with a profile", encoded(noise, "PNG", icc_profile=b"x" * 200)
    yield "large JPEG", encoded(noise.resize((2400, 1600)), "JPEG", progressive=True)
    yield "HEIF of tiles", encoded(noise.resize((900, 600)), "HEIF", tile_size=128)
    yield "PDF of an image", encoded(noise, "PDF")
    yield "PDF of text", pdf()
    yield "PDF with a font of the system", pdf().replace(b"Helvetica", b"Wingdings")
    yield (
        "raw, with a preview",
        dng(preview=encoded(noise, "JPEG"), preview_size=noise.size, taken=b"2024:05:17 09:30:01"),
    )
    yield "raw, without a preview", dng(400, 300)


def test_behind_the_seal_every_image_is_seen_as_before_it(sealed: Classifier) -> None:
    """Modules loaded on first use would be missing there. Complete, truncated and damaged images."""
    pid, tried = sealed.pid, 0
    for name, whole in kinds():
        middle, named = len(whole) // 2, "raw" if name.startswith("raw") else None
        damaged = whole[:middle] + b"\xff\x00\x80" * 8 + whole[middle + 24 :]
        for data in (whole, whole[:middle], whole[:-1], whole[:40], damaged):
            with tempfile.TemporaryFile() as file:
                file.write(data)
                file.flush()
                try:
                    found: object = sealed.classify(file.fileno(), lambda: False, named).image
                except ImageError as error:
                    found = error.message
            try:
                expected: object = decode(io.BytesIO(data), 32, named)[1]
            except ImageError as error:
                expected = error.message
            assert found == expected, (name, len(data))
            tried += isinstance(found, ImageFacts)
    assert tried > 40
    assert sealed.pid == pid
