"""Every command and every YAML in the README and in the pages of the documentation works as described."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import click
import pytest

from snapsortd.config import load_config
from snapsortd.ctl.main import app
from tests.support.images import photo, receipt, screenshot
from tests.support.instance import COMMANDS, Instance

REPOSITORY = Path(__file__).parents[2]
FIRST_SCREEN = (REPOSITORY / "README.md").read_text()
PAGES = [REPOSITORY / page for page in re.findall(r"^\| \[\w+\]\((\S+/docs/\S+\.md)\)", FIRST_SCREEN, re.MULTILINE)]
README = "\n".join([FIRST_SCREEN, *(page.read_text() for page in PAGES)])
SECURITY = (REPOSITORY / "SECURITY.md").read_text()
SHELL = [block.splitlines() for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)]
YAML = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
LINES = [line.split("  #")[0].strip() for block in SHELL for line in block]
MAKE = sorted({line for line in LINES if line.startswith("make ")} | set(re.findall(r"`(make \w+)`", README)))
REFUSED = {
    "snapsortctl redo": (0, 1),
    "snapsortctl undo --last 3": (0, 1),
    "snapsortctl undo ~/Pictures/a.png": (1,),
    "snapsortctl undo --interactive": (1, 130),
}
"""Commands that may have nothing to do, depending on what was done before."""


@pytest.fixture
def home(instance: Instance) -> Instance:
    """Return a user's home with images in ~/Downloads and the commands on the PATH."""
    user = Path(instance.env["HOME"])
    (user / "Downloads").mkdir(parents=True)
    (user / "Pictures" / "Screenshots").mkdir(parents=True)
    screenshot().save(user / "Downloads" / "shot.png")
    receipt().save(user / "Downloads" / "IMG_2207.jpg")
    photo(1).save(user / "Downloads" / "cat.png")
    (user / "Downloads" / "cut short.jpg").write_bytes(b"\xff\xd8\xff\xe0")  # a broken download is no failure
    (user / "Pictures" / "Holidays").mkdir()
    photo(2).save(user / "Pictures" / "Holidays" / "coffee.png")
    instance.env["PATH"] = f"{COMMANDS}:{os.environ['PATH']}"
    instance.env["XDG_CONFIG_HOME"] = str(user / ".config")
    del instance.env["SNAPSORTD_CONFIG"]
    return instance


def run(home: Instance, line: str, ok: tuple[int, ...] = (0,)) -> None:
    command = ["bash", "-c", line]
    done = subprocess.run(command, env=home.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240)
    assert done.returncode in ok, (line, done.returncode, done.stdout, done.stderr)


def test_commands_without_a_daemon(home: Instance) -> None:
    begin = LINES.index("snapsortctl init")
    for line in LINES[begin : LINES.index("snapsortctl redo") + 1]:
        run(home, line)
    assert (Path(home.env["HOME"]) / "Downloads" / "cat.png").exists()


def test_commands_with_a_daemon(home: Instance) -> None:
    run(home, "snapsortctl init")
    home.start()
    run(home, "snapsortctl sort ~/Downloads")
    assert home.status()["filed"] == 2
    for line in LINES[LINES.index("snapsortctl undo --dry-run") :]:
        run(home, line, REFUSED.get(line, (0, 1) if "--rule" in line or "--all" in line else (0,)))
    for line in LINES[LINES.index("snapsortctl status") : LINES.index("snapsortctl stop") + 1]:
        if line == "snapsortctl watch":
            run(home, f"timeout 3 {line}", ok=(124,))
        else:
            run(home, line)


def test_commands_about_the_rules(home: Instance) -> None:
    """Run them with the configuration shown in the README."""
    config = Path(home.env["XDG_CONFIG_HOME"]) / "snapsortd" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(YAML[0])
    for line in LINES[LINES.index("snapsortctl shadow") : LINES.index("snapsortctl rules test") + 1]:
        run(home, line)
    assert config.read_text() == YAML[0].replace("mode: shadow", "mode: live")


def test_the_completion_script_is_put_where_bash_looks_for_it(home: Instance) -> None:
    begin = LINES.index("mkdir -p ~/.local/share/bash-completion/completions")
    for line in LINES[begin : begin + 2]:
        run(home, line)
    written = Path(home.env["HOME"]) / ".local/share/bash-completion/completions/snapsortctl"
    assert written.read_text().startswith("_snapsortctl_completion() {")


def test_service_commands_say_what_they_would_do(home: Instance) -> None:
    for line in LINES:
        if line.startswith("snapsortctl service"):
            run(home, f"{line} --help")
    run(home, "snapsortctl service install --print")


@pytest.mark.parametrize("text", YAML)
def test_yaml_is_a_valid_configuration(text: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    assert load_config(str(path), {"HOME": str(tmp_path)}).rules


@pytest.mark.parametrize("line", MAKE)
def test_make_targets_exist(line: str) -> None:
    planned = subprocess.run(["make", "-n", *shlex.split(line)[1:]], cwd=REPOSITORY, capture_output=True, text=True)
    assert planned.returncode == 0, planned.stderr


def test_ci_runs_the_two_commands_that_set_everything_up() -> None:
    ci = (REPOSITORY / ".ci" / "run").read_text()
    assert {"make demo", "make test"} <= set(ci.splitlines())


WRITTEN = [
    *REPOSITORY.glob("*.md"),
    *(path for top in ("packaging", "snapsortd", "tests") for path in REPOSITORY.glob(f"{top}/**/*.md")),
]


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_file_that_is_linked_exists(page: Path) -> None:
    for link, section in re.findall(r"\]\(([^)#:]*)(?:#([^)]+))?\)", page.read_text()):
        linked = page.parent / link if link else page
        assert linked.exists(), link
        if section:
            assert section in sections(linked), (link, section)


def sections(page: Path) -> set[str]:
    """Return the anchors of the headings of a page, as forges make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [REPOSITORY / "README.md", *PAGES], ids=lambda page: page.stem)
def test_every_command_in_the_text_exists_with_its_options(page: Path) -> None:
    for line in re.findall(r"`(snapsortctl [^`]+)`", page.read_text()):
        words = shlex.split(line)[1:]
        with click.Context(app, info_name="snapsortctl") as context:
            while isinstance(context.command, click.Group) and words and not words[0].startswith("-"):
                found = context.command.get_command(context, words.pop(0))
                assert found is not None, line
                context = click.Context(found, parent=context)
        known = {option for each in context.command.get_params(context) for option in each.opts}
        assert {word.partition("=")[0] for word in words if word.startswith("-")} <= known, line


def test_the_readme_lists_every_page_and_names_what_a_new_user_asks() -> None:
    assert sorted(PAGES) == sorted((REPOSITORY / "snapsortd" / "docs").glob("*.md"))
    assert {"make install", "make demo", "make test", "snapsortctl undo --all"} <= set(LINES)
    assert len(FIRST_SCREEN.splitlines()) < 100, "numbers and limits have a page of their own"


def test_every_promise_of_safety_names_tests_that_exist() -> None:
    rows = [line for line in SECURITY.splitlines() if line.startswith("| ") and "`tests/" in line]
    assert len(rows) > 20
    for name in set(re.findall(r"`(tests/[\w/.]+)`", SECURITY)):
        assert (REPOSITORY / name).exists(), name
