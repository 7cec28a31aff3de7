"""Test that a cached configuration is used only while nothing that it depends on has changed."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from snapsortd.config import Config, cache, default_config_text, load_config, settings
from snapsortd.domain.errors import ConfigError

pytestmark = pytest.mark.pure

REPO = Path(__file__).parents[2]
SHIPPED = sorted((REPO / "config").rglob("*.yaml"))
ENV = {"HOME": "/home/me", "SNAPSORTD_DEMO": "/demo", "OTHER": "1"}
TEXT = """\
version: 1
labels: {receipt: a photo of a receipt}
watch: [~/Pictures, $ALBUM/new]
rules:
  - name: Receipts
    filters:
      - label: {is: receipt, min_score: 0.5}
      - date: ">= 2024-01-01"
      - not size: "> 20MB"
      - regex: '^(?P<kind>[a-z]+)'
    actions: [move: "~/Receipts/{taken:%Y}/"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(TEXT)
    return path


def loaded(file: Path, cached: Path, **env: str) -> Config:
    return load_config(str(file), {"HOME": "/home/me", "ALBUM": "/album", **env}, str(cached))


def held(cached: Path) -> bytes:
    return cached.read_bytes() if cached.exists() else b""


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_all_of_a_configuration_is_remembered(path: Path, tmp_path: Path) -> None:
    there = str(tmp_path / "cached")
    first = load_config(str(path), ENV, there)
    again = cache.read(there, (tmp_path / "cached").read_text().split("\n")[0])
    # `==` ignores positions in the file.
    assert (again, repr(again)) == (first, repr(first))
    assert load_config(str(path), ENV) == first


def test_what_checks_a_configuration_is_not_even_loaded_the_second_time(file: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from snapsortd.config import load_config;"
        f"load_config({str(file)!r}, {{'HOME': '/h', 'ALBUM': '/a'}}, {str(tmp_path / 'cached')!r});"
        "checking = {'pydantic', 'yaml', 'regex'};"
        "print(checking <= set(sys.modules), checking & set(sys.modules))"
    )
    outputs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
        for _ in range(2)
    ]
    assert outputs[0].startswith("True ")
    assert outputs[1] == "False set()\n"


def test_another_text_variable_or_home_is_another_configuration(file: Path, tmp_path: Path) -> None:
    there = tmp_path / "cached"
    first = loaded(file, there)
    before = held(there)
    assert loaded(file, there, ELSE="unheard of", _="/usr/bin/snapsortctl") == first
    assert held(there) == before
    assert loaded(file, there, ALBUM="/elsewhere").watch[1].path == "/elsewhere/new"
    assert loaded(file, there, HOME="/home/you").watch[0].path == "/home/you/Pictures"
    file.write_text(TEXT.replace("0.5", "0.6"))
    assert loaded(file, there).fingerprint != first.fingerprint
    assert loaded(file, there) == load_config(str(file), {"HOME": "/home/me", "ALBUM": "/album"})


def test_other_code_validates_again(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = tmp_path / "cached"
    loaded(file, there)
    before = held(there)
    here = Path(cache.__file__)
    package = tmp_path / "snapsortd" / "config"
    package.mkdir(parents=True)
    (package / "changed.py").write_bytes(here.read_bytes())
    monkeypatch.setattr(settings, "__file__", str(package / "settings.py"))
    loaded(file, there)
    assert held(there) != before


def test_a_fault_is_told_however_good_the_last_text_was(file: Path, tmp_path: Path) -> None:
    there = tmp_path / "cached"
    loaded(file, there)
    file.write_text(TEXT + "unheard: of\n")
    for _ in range(2):
        with pytest.raises(ConfigError, match="one problem"):
            loaded(file, there)
    file.write_text(TEXT)
    assert loaded(file, there).rules[0].name == "Receipts"
    with pytest.raises(ConfigError, match="no such file"):
        loaded(tmp_path / "none.yaml", there)


def test_a_damaged_cache_is_ignored(file: Path, tmp_path: Path) -> None:
    there = tmp_path / "cached"
    right = loaded(file, there)
    whole = held(there)
    key = whole.split(b"\n")[0]
    damaged = [whole[:cut] for cut in range(0, len(whole), 301)]
    damaged += [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(0, len(whole), 199)]
    damaged += [b"\xff" * 300, b"\n\n", key + b"\n", key + b"\n" + b"0" * 64 + b'\n{"=": "Config"}']
    for each in damaged:
        there.write_bytes(each)
        assert loaded(file, there) == right
        assert held(there) == whole


def test_what_is_remembered_makes_nothing_but_values_of_a_configuration(file: Path, tmp_path: Path) -> None:
    there = tmp_path / "cached"
    right = loaded(file, there)
    key, *_ = there.read_text().split("\n")
    for body in (
        '{"=": "Path", "x": 1}',
        '{"=": "ActionKind", "": "move"}',
        '{"=": "Config"}',
        "[1]",
        "{}",
        "[" * 9000,
    ):
        there.write_text(f"{key}\n{sha256(body.encode()).hexdigest()}\n{body}")
        assert loaded(file, there) == right


def test_where_nothing_can_be_cached_it_is_validated_again(file: Path, tmp_path: Path) -> None:
    assert loaded(file, tmp_path / "none" / "cached") == loaded(file, tmp_path / "cached")
    folder = tmp_path / "folder"
    folder.mkdir()
    assert loaded(file, folder).watch[0].path == "/home/me/Pictures"
    assert sorted(os.listdir(tmp_path)) == ["cached", "config.yaml", "folder"]


def test_it_is_for_this_user_alone(file: Path, tmp_path: Path) -> None:
    loaded(file, tmp_path / "cached")
    assert (tmp_path / "cached").stat().st_mode & 0o777 == 0o600


def test_the_default_configuration_is_remembered(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(default_config_text())
    assert loaded(file, tmp_path / "cached") == loaded(file, tmp_path / "cached")
