"""Test that a wrong configuration results in all its faults at once, each with its position and what to do."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapsortd.config import load_config
from snapsortd.domain.errors import EXIT_CONFIG, ConfigError

pytestmark = pytest.mark.pure

ENV = {"HOME": "/home/ann", "PHOTOS": "/photos"}

GOOD = """\
version: 1
labels:
  receipt: a photo of a receipt
  other: {negative: true, prompts: a photo}
watch:
  - /w
rules:
  - name: Receipts
    filters:
      - label: receipt
    actions:
      - move: /r/
"""


def refused(path: Path) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_config(str(path), ENV)
    assert caught.value.exit_code == EXIT_CONFIG
    return caught.value


def problems(tmp_path: Path, text: str | bytes) -> list[str]:
    """Return the problems, without the name of the file."""
    path = tmp_path / "config.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = refused(path).problems
    assert all(problem.startswith(f"{path}:") for problem in found)
    return [problem.removeprefix(f"{path}:") for problem in found]


def _cases() -> Iterator[Any]:
    """Yield the blocks of `faults.txt`: name, - text of GOOD, + its replacement, ! the problem; ⏎ is a line break."""
    for block in Path(__file__).with_name("faults.txt").read_text("utf-8").split("\n\n"):
        name, *lines = block.strip("\n").split("\n")
        old, new, problem = (line[2:].replace("⏎", "\n") for line in lines)
        yield pytest.param(old, new, problem, id=name)


@pytest.mark.parametrize(("old", "new", "problem"), list(_cases()))
def test_a_fault_is_told_where_it_stands(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in GOOD
    assert problem in problems(tmp_path, GOOD.replace(old, new, 1))


def test_the_text_that_the_faults_start_from_is_right(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(GOOD, "utf-8")
    assert load_config(str(path), ENV).rules[0].name == "Receipts"


def test_two_rules_of_one_name(tmp_path: Path) -> None:
    again = GOOD[GOOD.index("  - name") :]
    assert problems(tmp_path, GOOD + again) == ["13:11: 'name': two rules are named 'Receipts'"]


def test_all_faults_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = GOOD.replace("label: receipt", "label: recipt").replace("/w", "w").replace("move:", "mvoe:")
    text += "rescan: 5\nrescan: 5m\n"
    assert [problem.partition(" ")[0] for problem in problems(tmp_path, text)] == [
        "6:5:",
        "10:16:",
        "12:9:",
        "13:9:",
        "14:1:",
    ]


def test_a_long_list_of_faults_ends(tmp_path: Path) -> None:
    found = problems(tmp_path, GOOD + "".join(f"key{n}: 1\n" for n in range(60)))
    assert len(found) == 51
    assert found[-1] == " and 10 more"


def test_what_the_file_holds_cannot_reach_the_terminal_raw(tmp_path: Path) -> None:
    found = "\n".join(problems(tmp_path, GOOD + '"\\n\u202e": 1\n'))
    assert "unknown key '\\n\\u202e'" in found
    assert found.replace("\n", "").isprintable()


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "null\n", "\n\n"])
def test_an_empty_file(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text) == ["1:1: the file is empty; `snapsortctl init` writes one to start from"]


@pytest.mark.parametrize("text", ["- a\n", "a\n", "5\n"])
def test_a_file_that_is_no_mapping(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text)[0].startswith("1:1: must be a mapping (key: value), not ")


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    assert problems(tmp_path, b"version: 1\nlabels: {\xe9t\xe9: x}\n") == [
        "2:10: the file is not UTF-8; save it as UTF-8"
    ]


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    error = refused(tmp_path / "none.yaml")
    assert "there is no such file" in error.message
    assert "snapsortctl init" in error.hint
    assert error.problems == (f"{tmp_path}/none.yaml: there is no such file",)


def test_a_folder_a_pipe_and_a_huge_file_are_not_read(tmp_path: Path) -> None:
    assert "it is a folder" in refused(tmp_path).message
    os.mkfifo(tmp_path / "pipe")
    assert "it is not a regular file" in refused(tmp_path / "pipe").message
    (tmp_path / "huge").write_bytes(b"#" * (1 << 21))
    assert "it is larger than 1 MiB" in refused(tmp_path / "huge").message


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["receipt", "/r/{name}.{ext}", "/r/{taken:%Y}/", "> 1d", "< 1MB", "~", "$HOME", "never", "2s", "all", "png"]
    )
)
KEYS = st.text(max_size=4) | st.sampled_from(
    ["is", "label", "not label", "name", "move", "dest", "path", "prompts", "age", "of", "size", "version", "filters"]
)
VALUES = st.recursive(SCALARS, lambda deeper: st.lists(deeper, max_size=3) | st.dictionaries(KEYS, deeper, max_size=3))
PARTS = ["version", "model", "labels", "watch", "rules", "rescan", "notify"]
RULE_PARTS = ["name", "filters", "actions", "locations", "filter_mode", "mode", "continue", "enabled", "subfolders"]


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.sampled_from(PARTS), VALUES), st.dictionaries(st.sampled_from(RULE_PARTS), VALUES))
def test_whatever_stands_in_the_file_it_is_read_or_refused_with_a_place(
    tmp_path_factory: pytest.TempPathFactory, parts: dict[str, object], rule: dict[str, object]
) -> None:
    good = {"version": 1, "labels": {"receipt": "x"}, "watch": ["/w"], "rules": [{"name": "a", **rule}]}
    path = tmp_path_factory.getbasetemp() / "anything.yaml"
    path.write_text(json.dumps({**good, **parts}), "utf-8")  # JSON is YAML
    found: tuple[str, ...] = ()
    try:
        load_config(str(path), ENV)
    except ConfigError as error:
        found = error.problems or ("none",)
    for problem in found:
        assert re.match(r"\d+:\d+: \S", problem.removeprefix(f"{path}:"))
