"""The service files, and the systemd unit under a real user manager."""

from __future__ import annotations

import json
import plistlib
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from snapsortd.ctl.main import app
from snapsortd.ctl.service_files.managers import Systemd, program, template
from snapsortd.ctl.service_files.render import launchd_agent, systemd_unit
from tests.support import notifying
from tests.support.user_manager import UserManager
from tests.support.waiting import wait_for

UNIT = "snapsortd.service"
PLIST = "org.snapsortd.snapsortd.plist"
CTL = (sys.executable, "-c", "from snapsortd.ctl.main import main; main()")
CONFIG = """\
version: 1
labels: {{photo: a photo, screenshot: a screenshot}}
watch: [{{path: "{inbox}", settle: 1s}}]
rules: [{{name: All, filters: [extension: png], actions: [move: "{filed}/"]}}]
"""


def test_print_shows_the_unit_of_this_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("SNAPSORTD_CONFIG", "/my config/100%.yaml")
    text = CliRunner().invoke(app, ["service", "install", "--print"]).output
    assert f'\nExecStart="{program()}"\nEnvironment="SNAPSORTD_CONFIG=/my config/100%%.yaml"\n' in text


def test_the_service_finds_the_commands_that_this_shell_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("PATH", "/opt/my tools/bin:.:/usr/bin:/opt/my tools/bin:")
    text = CliRunner().invoke(app, ["service", "install", "--print"]).output
    assert '\nEnvironment="PATH=/opt/my tools/bin:/usr/bin"\n' in text


def test_agent_is_a_property_list() -> None:
    text = launchd_agent(template(PLIST), "/opt/a b/snapsortd", {"HF_HOME": "/m"}, "/log/launchd.log")
    agent = plistlib.loads(text.encode())
    assert agent["Label"] + ".plist" == PLIST
    assert agent["ProgramArguments"] == ["/opt/a b/snapsortd"]
    assert agent["EnvironmentVariables"] == {"HF_HOME": "/m"}
    assert agent["RunAtLoad"] is True


LAUNCHD_KEYS = {
    "Label": str,
    "ProgramArguments": list,
    "EnvironmentVariables": dict,
    "RunAtLoad": bool,
    "KeepAlive": dict,
    "ThrottleInterval": int,
    "ExitTimeOut": int,
    "ProcessType": str,
    "LowPriorityIO": bool,
    "StandardErrorPath": str,
}
"""Keys of launchd.plist(5) and the types of their values; launchd ignores a key that it does not know."""


def test_agent_has_only_documented_keys() -> None:
    agent = plistlib.loads(launchd_agent(template(PLIST), "/opt/snapsortd", {"A": "b"}, "/log").encode())
    assert {key: type(value) for key, value in agent.items()} == LAUNCHD_KEYS
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert agent["ProcessType"] in ("Background", "Standard", "Adaptive", "Interactive")
    assert all(isinstance(value, str) for value in agent["EnvironmentVariables"].values())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the home folder of a Linux user whose PATH has only the programs in its `bin`."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path


def write_systemctl(home: Path, fails: str) -> None:
    """Write a systemctl that fails for one of its commands."""
    program = home / "bin" / "systemctl"
    program.write_text(f'#!/bin/sh\n[ "$2" != {fails} ] || {{ echo "Failed to {fails} it" >&2; exit 1; }}\n')
    program.chmod(0o755)


@pytest.mark.parametrize(
    ("fails", "reason"),
    [
        pytest.param("", "no service is possible here, because there is no systemctl", id="no systemd"),
        pytest.param(
            "show-environment",
            "no service is possible here, because `systemctl --user show-environment` says: Failed to",
            id="no user manager",
        ),
        pytest.param("enable", "`systemctl --user enable snapsortd.service` failed: Failed to enable it", id="refused"),
    ],
)
def test_where_no_service_can_be_installed_nothing_is_left_behind(home: Path, fails: str, reason: str) -> None:
    if fails:
        write_systemctl(home, fails)
    done = CliRunner().invoke(app, ["service", "install"])
    assert reason in str(done.exception)
    assert not [path for path in home.rglob("*") if path.is_file() and path.parent.name != "bin"]


def test_a_service_that_cannot_be_replaced_stays_as_it_was(home: Path) -> None:
    unit = home / ".config" / "systemd" / "user" / UNIT
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\nExecStart=/opt/earlier/snapsortd\n")
    write_systemctl(home, "restart")
    assert CliRunner().invoke(app, ["service", "install"]).exception
    assert unit.read_text() == "[Service]\nExecStart=/opt/earlier/snapsortd\n"


def test_the_unit_of_a_package_is_in_effect_until_another_is_written(tmp_path: Path) -> None:
    own, packaged = tmp_path / "own", tmp_path / "packaged"
    service = Systemd(str(own), packaged=str(packaged))
    assert service.in_effect == str(own)
    packaged.touch()
    assert service.in_effect == str(packaged)
    own.touch()
    assert service.in_effect == str(own)


@pytest.fixture
def manager(systemd_of_nobody: UserManager) -> UserManager:
    """Return a user manager without privileges, as the tests of the unit itself need none."""
    return systemd_of_nobody


@pytest.fixture
def stub(manager: UserManager) -> Iterator[str]:
    """Install our unit with a small test program instead of the daemon."""
    python = shutil.which("python3", path="/usr/bin:/bin")
    if python is None:
        pytest.skip("no python3 that everybody may run")
    name = "stub.service"
    script = manager.home / "a b $c %d" / "stub"  # characters that must be quoted in a unit
    script.parent.mkdir()
    script.write_text(f"#!{python} -I\n" + Path(notifying.__file__).read_text())
    script.chmod(0o755)
    (manager.units / name).write_text(systemd_unit(template(UNIT).decode(), str(script), {}))
    manager.systemctl("daemon-reload")
    yield name
    manager.run("systemctl", "--user", "stop", name)
    (manager.units / name).unlink()
    shutil.rmtree(manager.units / f"{name}.d", ignore_errors=True)
    shutil.rmtree(script.parent)
    manager.systemctl("daemon-reload")


def test_unit_is_valid(manager: UserManager, stub: str) -> None:
    done = manager.run("systemd-analyze", "--user", "verify", manager.units / stub)
    assert (done.returncode, done.stderr) == (0, "")


def test_manager_is_as_weak_as_a_users(manager: UserManager) -> None:
    """Without this, the tests here would pass with directives that need privileges."""
    done = manager.run("systemd-run", "--user", "--wait", "--quiet", "--property=ProtectClock=yes", "/bin/true")
    assert done.returncode == 218  # EXIT_CAPABILITIES, manager.exec(5)


def test_unit_starts_tells_and_stops(manager: UserManager, stub: str) -> None:
    manager.systemctl("start", stub)
    assert manager.show(stub, "ActiveState") == "active"
    assert manager.show(stub, "StatusText") == "refused: network namespaces personality"
    manager.systemctl("stop", stub)
    assert manager.show(stub, "Result") == "success"


def test_killed_service_is_started_again(manager: UserManager, stub: str) -> None:
    manager.systemctl("start", stub)
    kill(manager, stub)
    wait_for(lambda: manager.show(stub, "NRestarts") == "1", what="a restart")
    manager.wait_until(stub, "ActiveState", "active")


def test_hanging_service_is_started_again(manager: UserManager, stub: str) -> None:
    drop_in = manager.units / f"{stub}.d"
    drop_in.mkdir()
    (drop_in / "soon.conf").write_text("[Service]\nWatchdogSec=200ms\nRestartSec=0\n")
    manager.systemctl("daemon-reload")
    manager.systemctl("start", stub)
    wait_for(lambda: manager.show(stub, "NRestarts") != "0", what="a restart by the watchdog")


def kill(systemd: UserManager, unit: str) -> None:
    """Send SIGKILL to the main process of the service, and only to that."""
    systemd.systemctl("kill", "--kill-whom=main", "--signal=KILL", unit)


def test_the_daemon_as_a_service(systemd: UserManager, tmp_path: Path) -> None:
    """Install, READY, status text, kill -9, restart with nothing lost, stop within 5 s, uninstall."""
    inbox, filed = tmp_path / "inbox", tmp_path / "filed"
    inbox.mkdir()
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.format(inbox=inbox, filed=filed))
    env = {"SNAPSORTD_CONFIG": str(config), "XDG_STATE_HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}

    def ctl(*words: str, code: int = 0) -> str:
        done = systemd.run(*CTL, *words, env=env)
        assert done.returncode == code, (words, done.stdout, done.stderr)
        return done.stdout

    def count_filed() -> int:
        return len(list(filed.glob("*.png")))

    assert "snapsortd is starting" in ctl("service", "install")
    try:
        wait_for(lambda: systemd.show(UNIT, "ActiveState") != "activating", seconds=120, what="READY")
        assert systemd.show(UNIT, "ActiveState") == "active", ctl("service", "status", code=4)
        wait_for(lambda: json.loads(status(systemd, env))["state"] == "running", seconds=120)
        wait_for(lambda: systemd.show(UNIT, "StatusText").startswith("running"), what="status text")

        for number in range(20):
            Image.new("RGB", (64, 64), (number * 12, 0, 0)).save(inbox / f"{number}.png")
        wait_for(lambda: count_filed() >= 3, seconds=60, what="first images filed")
        kill(systemd, UNIT)
        wait_for(lambda: systemd.show(UNIT, "NRestarts") == "1", what="a restart")
        wait_for(lambda: count_filed() == 20, seconds=120, what="all images filed after the restart")
        assert not list(inbox.iterdir())
        assert json.loads(status(systemd, env))["filed"] == 20

        assert json.loads(ctl("service", "status", "--json"))["running"] is True
        began = time.monotonic()
        systemd.systemctl("stop", UNIT)
        assert time.monotonic() - began < 5
        assert systemd.show(UNIT, "Result") == "success"
        assert json.loads(ctl("service", "status", "--json", code=4)) == {
            "installed": True,
            "running": False,
            "path": str(systemd.units / UNIT),
        }
    finally:
        uninstalled = ctl("service", "uninstall")
    assert f"the journal, without which nothing can be undone  {tmp_path}/snapsortd\n" in uninstalled
    assert not (systemd.units / UNIT).exists()


def status(systemd: UserManager, env: dict[str, str]) -> str:
    """Return the output of `snapsortctl status --json`; the daemon may not be running yet."""
    return systemd.run(*CTL, "status", "--json", env=env).stdout
