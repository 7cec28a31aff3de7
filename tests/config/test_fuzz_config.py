"""Fuzz configurations: each is loaded, or refused with a position, within a time limit."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsortd.config import default_config_text, load_config
from snapsortd.config.settings import MAX_BYTES
from snapsortd.domain.errors import ConfigError
from tests.support.fuzzing import LONG, spoiled, tries

pytestmark = pytest.mark.pure

ENV = {"HOME": "/home/ann", "PHOTOS": "/photos"}
GOOD = [
    default_config_text().encode(),
    (Path(__file__).parents[2] / "snapsortd" / "config" / "example.yaml").read_bytes(),
]
TOKENS = [
    each.encode("utf-8", "surrogatepass")
    for each in (
        *("&a ", "*a", "<<: *a", "!!python/object:os.system ", "!x ", "%YAML 9.9\n", "---\n", "...\n", "? ", "- - - "),
        *("{", "}", "[", "]", ",", ": ", ":\n", "#", "|\n", ">-\n", "'", '"', "\\", '"\\uD800"', '"\\x00"', "\t", "  "),
        *("\0", "\r", "\x1b[31m", "\u0085", "\u2028", "\ufeff", "\u202e", "\ud800", "e\u0301", "💥", "\U0010ffff"),
        *("9" * 400, "-" + "9" * 5000, "1e999", ".inf", ".nan", "0x1f", "0o17", "1_000", "12:30:45", "2024-02-30", "~"),
        *("{name}", "{", "{taken:%", "/..", "//", "$HOME", "${", "${X}", "~bob/", "{taken:%Q}", "> 1d", "1s" * 50),
        *("version: 2\n", "labels: {}\n", "rules:\n", "watch: []\n", "true", "null", "no", "a" * 3000),
    )
]


def refusal(path: Path, data: bytes) -> tuple[str, ...]:
    """Return the problems of a configuration; empty if it can be loaded."""
    path.write_bytes(data)
    try:
        load_config(str(path), ENV)
    except ConfigError as error:
        return error.problems or ("no problem is named",)
    return ()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("config") / "config.yaml"


@tries(150)
@given(st.one_of(spoiled(GOOD, TOKENS), st.lists(st.sampled_from(TOKENS), max_size=30).map(b"".join), st.binary()))
def test_every_text_is_read_or_refused_with_a_place(path: Path, data: bytes) -> None:
    for problem in refusal(path, data):
        where = problem.removeprefix(f"{path}:")
        assert re.match(r"\d+:\d+: \S| and \d+ more", where), problem
        assert problem.isprintable()
        assert len(problem) < 10_000
        if line := re.match(r"\d+", where):
            assert 1 <= int(line[0]) <= data.count(b"\n") + data.count(b"\r") + 5 + data.count("\u2028".encode())


RULE = "  - {{name: r{n}, filters: [{filter}], actions: [move: /a/]}}\n"
FLOODS = {
    # A beginning, a part that is repeated, and an end.
    "aliases of aliases": (
        "a0: &a0 [x]\n",
        "a{m}: &a{m} [*a{n}, *a{n}, *a{n}, *a{n}, *a{n}, *a{n}, *a{n}, *a{n}]\n",
        "",
    ),
    "brackets": ("", "[", ""),
    "braces": ("", "{{a: ", ""),
    "dashes": ("", "- ", ""),
    "one key again and again": ("", "a: 1\n", ""),
    "unknown keys": ("", "key{n}: 1\n", ""),
    "labels": ("labels:\n", "  label{n}: a\n", ""),
    "watched folders": ("watch:\n", "  - /w{n}\n", ""),
    "rules": ("labels: {a: b}\nrules:\n", RULE.replace("{filter}", "label: a"), ""),
    "rules of an unknown label": ("labels: {a: b}\nrules:\n", RULE.replace("{filter}", "label: x"), ""),
    "rules of one name": ("labels: {a: b}\nrules:\n", "  - {{name: r, actions: [move: /a/]}}\n", ""),
    "broken placeholders": ('rules: [{name: a, actions: [move: "/', "{{nam}}", '"]}]\n'),
    "placeholders": ('rules: [{name: a, actions: [move: "/', "{{name}}", '/"]}]\n'),
    "a regular expression": ("rules: [{name: a, filters: [regex: '", "(?P<g{n}>a|b)+", "'], actions: [move: /a/]}]\n"),
    "comparisons": ('rules: [{name: a, filters: [size: "', ">1MB,", '>1MB"], actions: [move: /a/]}]\n'),
    "a date format": ('rules: [{name: a, actions: [move: "/a/{taken:', "%Y", '}/"]}]\n'),
    "one long word": ("", "a", ""),
    "one long number": ("version: ", "9", ""),
    "quotes": ("", '"', ""),
    "escapes": ('a: "', "\\x41", '"'),
    "control characters": ("", "\x01", ""),
    "comments": ("", "#\n", ""),
    "documents": ("", "---\n", ""),
    "variables": ('watch: ["', "$HOME/", '"]'),
    "a prompt": ('labels: {a: "', "x", '"}'),
    "prompts": ("labels: {a: [", "x, ", "x]}"),
}


def flood(name: str, size: int) -> bytes:
    """Return at least `size` bytes of this flood, and little more."""
    start, piece, end = FLOODS[name]
    count = size // len(piece.format(n=10_000, m=10_000))
    return (start + "".join(piece.format(n=n, m=n + 1) for n in range(count)) + end).encode()


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_is_read_or_refused_soon(path: Path, name: str) -> None:
    """Allow 20 s for a configuration of the maximum size; without LONG, a 32nd of that size is tested."""
    began = time.process_time()
    for problem in refusal(path, flood(name, MAX_BYTES * 15 // 16 // (1 if LONG else 32))):
        assert len(problem) < 10_000
    assert time.process_time() - began < (120 if LONG else 30)
