"""`snapsortctl doctor --self-test`: under a real user manager where there is one."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from snapsortd.ctl.self_test.report import without
from snapsortd.ctl.self_test.run import promises
from snapsortd.ctl.self_test.trial import Trial
from tests.support import user_manager
from tests.support.instance import COMMANDS
from tests.support.user_manager import UserManager

NAMES = {"/home/ann/.cache/snapsortd/self-test-1": "FOLDER", "/home/ann": "~", "ann": "USER", "attic": "HOST"}


def test_all_promises_are_kept_here_and_nothing_is_left_but_a_report(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    command = (COMMANDS / "snapsortctl", "doctor", "--self-test", "--json")
    locations = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    service = "ok"
    if user_manager.why_not():
        env = os.environ | locations | {"XDG_RUNTIME_DIR": "", "DBUS_SESSION_BUS_ADDRESS": ""}
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=240)
        service = "warning"
    else:
        manager: UserManager = request.getfixturevalue("systemd")
        done = manager.run(*command, env=locations)
        assert not list((manager.runtime / "systemd" / "user").iterdir())
        assert "self-test" not in manager.systemctl("list-units", "--all")
    assert done.returncode == 0, (done.stdout, done.stderr)
    found = json.loads(done.stdout)
    results = {each["name"]: each["status"] for each in found["checks"]}
    assert results == dict.fromkeys(results, "ok") | {"service": service}
    assert list(results) == ["start", "move", "copy", "trash", "tags", "undo", "sandbox", "stop", "service"]
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert left == [Path(found["report"])]
    report = left[0].read_text()
    assert "\nok       undo     all 4 images are back, byte for byte" in report
    assert str(tmp_path) not in report


def test_a_daemon_that_does_not_start(tmp_path: Path) -> None:
    trial = Trial(tmp_path, COMMANDS, os.environ)
    (tmp_path / "config.yaml").write_text("version: 1\nruls: []\n")
    (found,) = promises(trial)
    assert (found.name, found.status) == ("start", "problem")
    assert "ended with exit code 3" in found.summary
    assert "did you mean" in trial.log.read_text()


@pytest.mark.pure
@pytest.mark.parametrize(
    ("text", "public"),
    [
        pytest.param(f"{next(iter(NAMES))}/inbox/move.png", "FOLDER/inbox/move.png", id="the folder of the test"),
        pytest.param("/home/ann/.venv/bin/python", "~/.venv/bin/python", id="the home folder"),
        pytest.param("/media/ann/Disk on attic, '/home/ann'", "/media/USER/Disk on HOST, '~'", id="names of people"),
        pytest.param("planned at /home/anna", "planned at /home/anna", id="parts of words stay"),
    ],
)
def test_a_report_has_no_private_names(text: str, public: str) -> None:
    assert without(text, NAMES) == public
