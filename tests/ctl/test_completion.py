"""What a shell offers to complete the command line of snapsortctl with, in the shells themselves."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path
from select import select

import pytest
from click.shell_completion import ShellComplete

from snapsortd.ctl.commands.completion import SHELLS, script
from snapsortd.ctl.main import app
from tests.support.instance import COMMANDS

CONFIG = """\
version: 1
labels: {receipt: a receipt, recipe: a recipe, other: {negative: true, prompts: [a photo]}}
watch: ["~"]
rules:
  - {name: Receipts by month, tags: [paper, money], filters: [label: receipt], actions: [move: ~/Receipts/]}
  - {name: "It's a recipe", tags: [paper], filters: [label: recipe], actions: [move: ~/Recipes/]}
"""


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the environment of a user with the configuration above, also of this process."""
    config = tmp_path / ".config" / "snapsortd" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(CONFIG)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SNAPSORTD_CONFIG", str(config))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{COMMANDS}:{os.environ['PATH']}")
    monkeypatch.setenv("TERM", "dumb")
    return dict(os.environ)


@pytest.mark.parametrize(
    ("words", "incomplete", "offered"),
    [
        pytest.param("", "re", {"replay", "redo", "resume", "reload", "review"}, id="commands"),
        pytest.param("help", "sta", {"status", "stats"}, id="commands to have explained"),
        pytest.param("rules", "t", {"test", "tune"}, id="subcommands"),
        pytest.param("undo", "--b", {"--batch", "--burst"}, id="options"),
        pytest.param("log --rule", "", {"Receipts by month", "It's a recipe"}, id="rules"),
        pytest.param("rules promote", "rec", {"Receipts by month"}, id="a rule, in lower case"),
        pytest.param("log --label", "rec", {"receipt", "recipe"}, id="labels"),
        pytest.param("teach ~", "o", {"other"}, id="a label behind a folder"),
        pytest.param("correct", "rec", {"rec"}, id="first a file"),
        pytest.param("correct a.png", "rec", {"rec", "receipt", "recipe"}, id="then a file or a label"),
        pytest.param("sim --tags", "", {"paper", "money"}, id="tags"),
        pytest.param("sim --tags", "paper,", {"paper,money"}, id="another tag"),
        pytest.param("log --config /dev/null --rule", "", set(), id="rules of another configuration"),
        pytest.param("docs", "un", {"undo"}, id="pages"),
    ],
)
@pytest.mark.usefixtures("env")
def test_offered(words: str, incomplete: str, offered: set[str]) -> None:
    completer = ShellComplete(app, {}, "snapsortctl", "")
    assert {each.value for each in completer.get_completions(words.split(), incomplete)} == offered


def shell(name: str) -> str:
    """Return the path of a shell, or skip the test."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name}")
    return found


def typed(command: list[str], env: dict[str, str], begin: str, line: str, end: str) -> str:
    """Type a line into an interactive shell and return the output from there to `end`."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, env)
    try:
        os.write(terminal, f"{begin}; echo rea''dy\n".encode())
        assert read_until(terminal, "ready")
        os.write(terminal, line.encode())
        return read_until(terminal, end)
    finally:
        os.close(terminal)  # hangs up
        os.waitpid(pid, 0)


def read_until(terminal: int, end: str) -> str:
    """Return what a terminal shows up to and including `end`, or for a while."""
    shown = ""
    while end not in shown and select([terminal], [], [], 30)[0]:
        shown += os.read(terminal, 4096).decode(errors="replace")
    assert end in shown, shown
    return shown


@pytest.mark.parametrize(
    ("name", "line", "completed"),
    [
        ("bash", "snapsortctl log --rule It\t", "It\\'s\\ a\\ recipe"),
        ("bash", "snapsortctl log --rule=It\t\x01echo \n", "snapsortctl log --rule=It's a recipe"),
        ("bash", "snapsortctl explain .conf\t", ".config/"),
        ("zsh", "snapsortctl log --rule It\t", "It\\'s\\ a\\ recipe"),
        ("zsh", "snapsortctl log --rule=It\t\x01echo \n", "snapsortctl log --rule=It's a recipe"),
        ("zsh", "snapsortctl explain .conf\t", ".config/"),
    ],
)
def test_tab(name: str, line: str, completed: str, env: dict[str, str], tmp_path: Path) -> None:
    source = tmp_path / "script"
    source.write_text(script(name))
    plain = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"]}[name]
    prepared = {"bash": "cd ~", "zsh": "cd ~; autoload -Uz compinit; compinit -u"}[name]
    assert completed in typed([shell(name), *plain], env, f"{prepared}; . {source}", line, completed)


def test_fish(env: dict[str, str], tmp_path: Path) -> None:
    source = tmp_path / "script"
    source.write_text(script("fish"))
    asked = f"source {source}; complete -C 'snapsortctl log --rule Rec'; complete -C 'snapsortctl rules prom'"
    done = subprocess.run([shell("fish"), "-c", asked], env=env, capture_output=True, text=True, check=True)
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["Receipts by month", "promote"]


def test_the_next_completion_loads_no_yaml(env: dict[str, str]) -> None:
    asked = env | {
        "_SNAPSORTCTL_COMPLETE": "bash_complete",
        "COMP_WORDS": "snapsortctl log --rule ",
        "COMP_CWORD": "3",
    }
    code = (
        "import atexit, sys; from snapsortd.ctl.main import main;"
        "atexit.register(lambda: print('\\n', *sys.modules)); main()"
    )
    outputs = [
        subprocess.run([sys.executable, "-c", code], env=asked, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert all("plain,Receipts by month" in each for each in outputs)
    assert ["yaml" in each.split() for each in outputs] == [True, False]


@pytest.mark.parametrize("name", SHELLS)
def test_the_script_is_printed(name: str, env: dict[str, str]) -> None:
    done = subprocess.run(["snapsortctl", "completion", name], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == script(name)
