"""The installed daemon as a process: its imports, how it exits, and how it reports bad input."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from tests.support.images import screenshot
from tests.support.instance import COMMANDS, CONFIG, Instance
from tests.support.waiting import wait_for

HEAVY = ("/torch/", "/transformers/", "/PIL/", "/numpy/")


def loaded_files(pid: int) -> str:
    """Return every file that a process has mapped."""
    return Path(f"/proc/{pid}/maps").read_text()


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs /proc")
def test_daemon_imports_neither_torch_nor_pillow(instance: Instance) -> None:
    instance.start()
    screenshot().save(instance.inbox / "shot.png")
    wait_for(lambda: instance.status()["filed"] == 1, what="filed")
    status = instance.status()
    assert not [name for name in HEAVY if name in loaded_files(status["pid"])]
    assert "/onnxruntime/" in loaded_files(status["classifier_pid"])


def test_a_stop_signal_ends_it_within_five_seconds_and_cleans_up(instance: Instance) -> None:
    instance.start()
    child = instance.status()["classifier_pid"]
    assert instance.end(signal.SIGTERM, seconds=5) == 0
    assert not (instance.runtime / "snapsortd" / "control.sock").exists()
    wait_for(lambda: not Path(f"/proc/{child}").exists(), what="the classifier's end")


def test_the_socket_is_for_this_user_alone(instance: Instance) -> None:
    instance.start()
    folder = instance.runtime / "snapsortd"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "control.sock").stat().st_mode) == 0o600


def test_a_second_daemon_is_kept_out(instance: Instance) -> None:
    instance.start()
    second = subprocess.run([COMMANDS / "snapsortd"], env=instance.env, capture_output=True, text=True, timeout=60)
    assert second.returncode == 4
    assert str(instance.status()["pid"]) in second.stderr


def test_pause_keeps_images_waiting_and_resume_files_them(instance: Instance) -> None:
    instance.start()
    instance.ctl("pause")
    screenshot().save(instance.inbox / "shot.png")
    wait_for(lambda: instance.status()["queued"] == 1, what="queued")
    assert instance.status()["state"] == "paused"
    instance.ctl("resume")
    wait_for(lambda: instance.status()["filed"] == 1, what="filed")


def test_a_broken_new_configuration_leaves_the_last_good_one_in_force(instance: Instance) -> None:
    instance.start()
    good = instance.config.read_text()
    instance.config.write_text(good.replace("labels:", "lables:"))
    refused = instance.ctl("reload", ok=(3,))
    assert "did you mean 'labels'" in refused.stderr
    assert instance.status()["config"]["error"]
    screenshot().save(instance.inbox / "shot.png")
    wait_for(lambda: instance.status()["filed"] == 1, what="filed by the old configuration")
    instance.config.write_text(good)
    instance.ctl("reload")
    assert instance.status()["config"]["error"] is None


def test_sighup_reloads(instance: Instance) -> None:
    instance.start()
    instance.config.write_text(instance.config.read_text().replace("/Screenshots/{label}/", "/Elsewhere/"))
    assert instance.process is not None
    instance.process.send_signal(signal.SIGHUP)
    screenshot().save(instance.inbox / "shot.png")
    wait_for(lambda: (instance.filed / "Elsewhere" / "shot.png").exists(), what="filed by the new rule")


def test_a_killed_classifier_is_started_again_and_the_image_filed(instance: Instance) -> None:
    instance.start()
    os.kill(instance.status()["classifier_pid"], signal.SIGKILL)
    screenshot().save(instance.inbox / "shot.png")
    wait_for(lambda: instance.status()["filed"] == 1, seconds=120, what="filed by a new classifier")


def test_an_undone_image_is_left_alone_until_it_changes(instance: Instance) -> None:
    instance.start()
    shot = instance.inbox / "shot.png"
    screenshot().save(shot)
    wait_for(lambda: instance.status()["filed"] == 1, what="filed")
    instance.ctl("undo")
    assert shot.exists()
    instance.end()
    instance.start()  # its start-up scan finds the file
    wait_for(instance.is_idle, what="idle")
    assert shot.exists()
    screenshot(3).save(shot)
    wait_for(lambda: not shot.exists(), what="filed again after a change")
    instance.ctl("redo", ok=(1,))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"just words", "not an image", id="text named .png"),
        pytest.param(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "damaged", id="truncated"),
    ],
)
def test_a_file_that_is_no_image_is_explained_and_stays(instance: Instance, content: bytes, reason: str) -> None:
    instance.start()
    bad = instance.inbox / "bad.png"
    bad.write_bytes(content)
    wait_for(lambda: instance.status()["quarantined"] == 1, what="quarantined")
    assert bad.read_bytes() == content
    assert reason in instance.json("explain", str(bad))["reason"]
    assert instance.status()["problems"][0]["path"] == str(bad)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(("labels:", "labels: ["), "text that contains one needs quotes", id="broken YAML"),
        pytest.param(("rules:", "ruls:"), "did you mean 'rules'", id="unknown key"),
        pytest.param(("label: receipt", "label: reciept"), "did you mean 'receipt'", id="missing label"),
        pytest.param(("{{label}}", "{{lable}}"), "unknown placeholder {lable}; did you mean {label}?", id="template"),
    ],
)
def test_a_bad_configuration_is_refused_at_the_start(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    instance = Instance(tmp_path, CONFIG.replace(*change))
    started = subprocess.run([COMMANDS / "snapsortd"], env=instance.env, capture_output=True, text=True, timeout=60)
    assert started.returncode == 3
    assert message in started.stderr
    assert "Traceback" not in started.stderr
    assert message in instance.ctl("check", ok=(3,)).stderr + instance.ctl("check", ok=(3,)).stdout


def test_a_missing_folder_is_named_and_awaited(instance: Instance) -> None:
    instance.inbox.rmdir()
    checked = instance.ctl("check", ok=(3,))
    assert str(instance.inbox) in checked.stdout + checked.stderr
    instance.start()
    assert instance.status()["folders"] == [{"path": str(instance.inbox), "state": "missing"}]
    instance.inbox.mkdir()
    screenshot().save(instance.inbox / "shot.png")
    wait_for(lambda: instance.status()["filed"] == 1, what="filed once the folder is there")


def test_two_instances_live_side_by_side(tmp_path: Path) -> None:
    one, two = (Instance(make(tmp_path / name)) for name in ("one", "two"))
    try:
        one.start()
        two.start()
        screenshot().save(two.inbox / "shot.png")
        wait_for(lambda: two.status()["filed"] == 1, what="filed by the second")
        assert one.status()["filed"] == 0
    finally:
        one.kill()
        two.kill()


def make(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_status_is_json_and_tells_of_a_stopped_daemon(instance: Instance) -> None:
    asked = instance.ctl("status", "--json", ok=(4,))
    assert json.loads(asked.stdout)["state"] == "stopped"
