"""The calls of macOS, with its documented numbers and signatures, done by Linux in a process of their own.

This can't show how macOS behaves, only that it is called as its headers and manual pages say.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from snapsortd.files.tags import FINDER, missing_tags, with_tags, without_tags

SOURCE = Path(__file__).parents[1] / "support" / "as_on_macos.c"
PROGRAM = """\
import ctypes, errno, fcntl, os, plistlib, sys
import snapsortd.domain.names, platformdirs
sys.platform, fcntl.F_FULLFSYNC = "darwin", 51
from snapsortd.files.attributes import read_attribute
from snapsortd.files.file_times import time_added
from snapsortd.files.folders import PathInFolder, open_folder
from snapsortd.files.rename import rename_noreplace
from snapsortd.files.sync import sync
from snapsortd.files.tags import FINDER, add_tags, has_tags, remove_tags

with open_folder(sys.argv[1]) as folder:
    a, b, c = (PathInFolder(folder, name) for name in "abc")
    rename_noreplace(a, b)
    assert not os.path.exists(a.path) and open(b.path).read() == "a"
    try:
        rename_noreplace(b, c)
    except FileExistsError:
        assert open(c.path).read() == "c"
    else:
        sys.exit("a file was replaced")
    fd = os.open(b.path, os.O_RDWR)
    sync(fd)
    assert ctypes.CDLL(None).count_full_syncs() == 1
    assert time_added(fd) == 1700000000.5
    assert read_attribute(fd, FINDER) == b""
    add_tags(fd, ["Red", "ä"])
    assert has_tags(fd, ["Red", "ä"])
    assert plistlib.loads(read_attribute(fd, FINDER)) == ["Red", "ä"]
    remove_tags(fd, ["Red", "ä"])
    assert read_attribute(fd, FINDER) == b""
"""


@pytest.mark.skipif(sys.platform != "linux", reason="macOS itself is used there")
def test_macos_is_called_as_it_is_documented(tmp_path: Path) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    library = tmp_path / "as_on_macos.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, SOURCE], check=True)
    folder = tmp_path / "files"
    folder.mkdir()
    for name in "ac":
        (folder / name).write_text(name)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, folder],
        env=os.environ | {"LD_PRELOAD": str(library)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


# As the Finder writes them; see "Finder tags" on eclecticlight.co, 2017-12-27.
RED = bytes.fromhex(
    "62706c69 73743030 a1015552 65640a36 080a0000 00000000 01010000 00000000 00020000 00000000 00000000 00000000 0010"
)
THREE = bytes.fromhex(
    "62706c69 73743030 a3010203 584f7261 6e67650a 37585965 6c6c6f77 0a355949 6d706f72 "
    "74616e74 080c151e 00000000 00000101 00000000 00000004 00000000 00000000 00000000 00000028"
)


@pytest.mark.pure
@pytest.mark.parametrize(("raw", "names"), [(RED, ("Red",)), (THREE, ("Orange", "Yellow", "Important"))])
def test_tags_of_the_finder(raw: bytes, names: tuple[str, ...]) -> None:
    assert missing_tags(raw, (*names, "new"), FINDER) == ("new",)
    more = with_tags(raw, ("new",), FINDER)
    assert without_tags(more, ("new",), FINDER) == raw, "written as the Finder writes them, with their colours"
    assert without_tags(raw, names, FINDER) == b""
