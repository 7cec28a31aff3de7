"""Difficult file names through the whole process: filing, journal, API, terminal and undo."""

from __future__ import annotations

import os
import subprocess
import unicodedata
from dataclasses import dataclass
from typing import Any

import pytest

from snapsortd.ctl.client import Client
from tests.support.images import receipt
from tests.support.instance import COMMANDS, Instance
from tests.support.waiting import wait_for

NAMES = [
    b"caf\xe9 \xff.png",  # not UTF-8
    b"n" * 251 + b".png",  # 255 bytes
    "é".encode() * 125 + b".png",  # 254 bytes in 129 characters
    b"{label} {name} {nope} {.png",  # braces
    b"$HOME ${PATH} `id` %s.png",  # text that a shell would expand
    b"~.png",  # tilde
    b"~root.png",  # another user's home
    b"line\nbreak\r\ttab.png",  # line breaks
    b"\x1b]0;owned\x07\x1b[31mred\x7f.png",  # terminal escape sequences
    "a\u202egnp.exe\u2028.png".encode(),  # direction marks
    b"-rf --.png",  # leading dash
    b".hidden.png",  # leading dot
    b"...png",  # dots
    b".. ..png",  # dots and a space
    b"..\\..\\etc\\passwd.png",  # backslashes
    b" .png",  # space
    b"trailing .png ",  # trailing space
    "cafe\u0301.png".encode(),  # NFD
    "caf\u00e9.png".encode(),  # NFC
    b"\"quoted\" 'too'.png",  # quotes
]


def raw_tree(folder: bytes) -> dict[bytes, bytes]:
    """Return path below `folder` → content, all as bytes."""
    paths = [os.path.join(top, name) for top, _, files in os.walk(folder) for name in files]
    return {path[len(folder) + 1 :]: content(path) for path in paths}


def content(path: bytes) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def printed(instance: Instance, *words: str, ok: tuple[int, ...] = (0,)) -> str:
    """Return what snapsortctl displays; check that it is valid text without control characters."""
    done = subprocess.run([COMMANDS / "snapsortctl", *words], env=instance.env, capture_output=True, timeout=240)
    assert done.returncode in ok, done.stderr
    text = done.stdout.decode("utf-8")
    steering = {character for character in text if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert steering <= {"\n"}
    return text


@dataclass
class Filed:
    """The daemon after filing all of them, with their contents, the journal entries, and the earlier files around."""

    shared: Instance
    before: dict[bytes, bytes]
    entries: dict[bytes, dict[str, Any]]
    around: list[str]


@pytest.fixture(scope="module")
def filed(shared: Instance) -> Filed:
    around = os.listdir(shared.folder)
    inbox = os.fsencode(shared.inbox / "names")
    before = {}
    for number, name in enumerate(NAMES):
        staged = shared.folder / "staged.png"
        receipt(number).resize((60 + number, 80)).save(staged)
        before[name] = staged.read_bytes()
        staged.rename(os.fsdecode(os.path.join(inbox, name)))
    hidden = [os.fsdecode(os.path.join(inbox, name)) for name in NAMES if name.startswith(b".")]
    shared.ctl("sort", *hidden)  # the daemon leaves them alone until they have a visible name
    wait_for(lambda: not os.listdir(inbox) and not shared.status()["unfinished"], seconds=120, what="all filed")
    entries = shared.json("log", "--rule", "Names", "--limit", str(len(NAMES)))["entries"]
    return Filed(shared, before, {os.path.basename(os.fsencode(each["source"])): each for each in entries}, around)


def test_every_name_lands_inside_the_destination_unharmed(filed: Filed) -> None:
    shared, before = filed.shared, filed.before
    found = raw_tree(os.fsencode(shared.filed / "names"))
    assert {os.path.basename(path): content for path, content in found.items()} == before
    for path in found:
        folder, _ = path.split(b"/")  # one folder, which the template names after the file
        assert folder not in (b".", b"..")
        assert not set(folder) & set(range(32))
    assert set(os.listdir(shared.folder)) == {*filed.around, "filed"}, "nothing was made elsewhere"


def test_the_journal_and_the_api_keep_every_byte(filed: Filed) -> None:
    shared, before, entries = filed.shared, filed.before, filed.entries
    assert set(entries) == set(before)
    daemon = Client(str(shared.runtime / "snapsortd" / "control.sock"))
    for name, entry in entries.items():
        target = os.fsencode(entry["target"])
        assert os.path.basename(target) == name
        assert content(target) == before[name]
        for path in (entry["source"], entry["target"]):
            explained = daemon.explain(path)
            assert (explained["path"], explained["outcome"]) == (path, "filed" if path == entry["target"] else None)
            assert explained["entries"][-1]["id"] == entry["id"]


def test_people_see_every_name_on_one_line_and_nothing_steers_their_terminal(filed: Filed) -> None:
    shared, entries = filed.shared, filed.entries
    head, *lines = printed(shared, "log", "--rule", "Names", "--limit", str(len(NAMES))).splitlines()
    assert head.startswith("ID")
    assert len([line for line in lines if not line.startswith(f"{len(NAMES)} of ")]) == len(NAMES)
    text = "\n".join(lines)
    for escape in ("caf\\xe9 \\xff.png", "line\\nbreak\\r\\ttab.png", "\\x1b]0;owned\\x07\\x1b[31mred\\x7f.png"):
        assert escape in text
    assert "a\\u202egnp.exe\\u2028.png" in text
    for name in list(entries)[:6]:
        assert printed(shared, "explain", entries[name]["target"]).startswith(("/", "~"))
        assert shared.json("explain", entries[name]["target"])["path"] == entries[name]["target"]
    assert printed(shared, "status")
    assert len(printed(shared, "undo", "--rule", "Names", "--dry-run").splitlines()) == len(NAMES) + 1
    log = shared.log.read_text("utf-8")
    assert not {character for character in log if ord(character) < 32} - {"\n"}


def test_every_name_comes_back_byte_for_byte(filed: Filed) -> None:
    shared, before, entries = filed.shared, filed.before, filed.entries
    found = shared.json("undo", *(str(entry["id"]) for entry in entries.values()))
    assert (found["done"], found["refused"]) == (len(NAMES), 0)
    assert raw_tree(os.fsencode(shared.inbox / "names")) == before
    assert shared.json("redo", "--rule", "Names")["done"] == len(NAMES)
    assert not os.listdir(shared.inbox / "names")
