"""Desktop notifications on a real session bus, with a service that records them and presses their buttons."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from jeepney.bus import get_bus

from snapsortd.config import load_config
from snapsortd.daemon.announce import note_of
from snapsortd.daemon.kept_awake import is_kept_awake
from snapsortd.daemon.notifications import MAX_WAIT_S, QUIET_S, Burst, Note, Notifications, words
from snapsortd.domain.errors import Unavailable
from snapsortd.domain.result import Outcome, Result
from tests.support.notification_service import NotificationService, asked_to_stay_on, session_bus
from tests.support.waiting import wait_for

needs_bus = pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="dbus-daemon is not installed")

FILED = Note("/in/a<b>.png", "/out/deep/a<b>.png", "receipt", "R", ids=(7,))
MORE = [Note(f"/in/{n}.png", f"/out/{n}.png", "meme", "M", ids=(n,)) for n in (8, 9)]
FAILURE = Note("/in/x.png", failure="the disk is full")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with session_bus() as address:
        yield address


class Undoing:
    """Records the entries that are to be undone; `reason` refuses them."""

    def __init__(self) -> None:
        self.ids: list[list[int]] = []
        self.reason = ""

    def __call__(self, ids: list[int]) -> dict[str, Any]:
        self.ids.append(ids)
        if self.reason == "stopping":
            raise Unavailable("the daemon is stopping")
        return {"results": [{"done": not self.reason, "reason": self.reason} for _ in ids]}


@pytest.fixture
def service(address: str) -> Iterator[NotificationService]:
    service = NotificationService(address, ("actions", "body", "body-markup"))
    yield service
    service.close()


@needs_bus
@pytest.mark.parametrize("reason", ["", "it was changed since", "stopping"])
def test_a_burst_is_one_notification_whose_button_undoes_it(
    address: str, service: NotificationService, reason: str
) -> None:
    undo = Undoing()
    undo.reason = reason
    opened: list[str] = []
    notifications = Notifications(undo, {"DBUS_SESSION_BUS_ADDRESS": address}, lambda: opened.append("page"))
    for note in (FILED, *MORE, FAILURE):
        notifications.add(note)
    wait_for(lambda: len(service.shown) == 2, what="shown")
    filed, failed = service.shown
    assert filed[0] == "snapsortd"
    assert filed[3:6] == ["Filed 3 images", "2 × M\n1 × R", ["undo", "Undo", "review", "Review"]]
    assert failed[3:6] == [
        "1 image could not be filed",
        "x.png: the disk is full\n`snapsortctl status` says what to do",
        [],
    ]
    service.press(99, "undo")
    service.press(1, "default")
    service.press(99, "review")
    service.press(1, "review")
    service.press(1, "undo")
    wait_for(lambda: undo.ids, what="undone")
    assert undo.ids == [[7, 8, 9]]
    assert opened == ["page"]
    if reason:
        wait_for(lambda: len(service.shown) == 3, what="the refusal is shown")
        assert service.shown[2][3].endswith("could not be moved back")
        assert reason in service.shown[2][4]
    notifications.add(FILED)
    wait_for(lambda: service.shown[-1][3] == "Filed as receipt", what="the next one")
    assert service.shown[-1][4] == "a&lt;b&gt;.png → /out/deep/\nWrong? snapsortctl correct 7 LABEL"


@needs_bus
def test_a_desktop_without_buttons_and_markup_gets_none(address: str) -> None:
    service = NotificationService(address, ("body",))
    Notifications(Undoing(), {"DBUS_SESSION_BUS_ADDRESS": address}).add(FILED)
    wait_for(lambda: service.shown, what="shown")
    assert service.shown[0][4:6] == ["a<b>.png → /out/deep/\nWrong? snapsortctl correct 7 LABEL", []]
    service.close()


@needs_bus
def test_a_text_is_shown_at_once(address: str, service: NotificationService) -> None:
    assert Notifications(Undoing(), {"DBUS_SESSION_BUS_ADDRESS": address}).show("Not used", "a < b")
    assert service.shown[0][3:6] == ["Not used", "a &lt; b", []]


@needs_bus
def test_without_a_service_or_a_bus_an_installed_program_is_asked(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, told = tmp_path / "notify-send", tmp_path / "told"
    program.write_text(f"#!/bin/sh\necho \"$@\" >> '{told}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    buses = [address, "tcp:host=127.0.0.1", "nonsense", f"unix:path={tmp_path}/none"]
    known = [*({"DBUS_SESSION_BUS_ADDRESS": bus} for bus in buses), {"XDG_RUNTIME_DIR": str(tmp_path)}, {}]
    for number, env in enumerate(known, 1):
        assert Notifications(Undoing(), env).show("a title", "a body")
        assert told.read_text().count("a body") == number
    program.unlink()
    assert not Notifications(Undoing(), {}).show("a title", "nobody sees it")


@needs_bus
@pytest.mark.parametrize(
    ("service", "flags", "is_awake"),
    [
        pytest.param("org.gnome.SessionManager", 8, True, id="gnome"),
        pytest.param("org.gnome.SessionManager", 4, False, id="gnome-suspend"),
        pytest.param("org.kde.Solid.PowerManagement.PolicyAgent", 4, True, id="plasma"),
        pytest.param("org.kde.Solid.PowerManagement.PolicyAgent", 1, False, id="plasma-sleep"),
        pytest.param("org.example.Nothing", 8, False, id="other-desktop"),
    ],
)
def test_a_program_that_keeps_the_screen_on_is_noticed(address: str, service: str, flags: int, is_awake: bool) -> None:
    env = {"DBUS_SESSION_BUS_ADDRESS": address}
    with asked_to_stay_on(address, service, flags):
        assert is_kept_awake(env) == is_awake
    assert not is_kept_awake(env)
    assert not is_kept_awake({})


@needs_bus
def test_a_bus_that_ends_and_comes_again(tmp_path: Path) -> None:
    """The desktop's session ends and begins again while the daemon runs."""
    env = {"XDG_RUNTIME_DIR": str(tmp_path)}
    notifications = Notifications(Undoing(), env)
    for _ in range(2):
        with session_bus() as address:
            (tmp_path / "bus").symlink_to(get_bus(address))
            service = NotificationService(address, ("body",))
            notifications.add(FILED)
            wait_for(partial(getattr, service, "shown"), what="shown")
            service.close()
        (tmp_path / "bus").unlink()


def test_a_burst_ends_when_it_is_quiet_or_lasts_long() -> None:
    burst = Burst()
    assert burst.take(100.0) == []
    burst.add(FILED, 100.0)
    burst.add(FILED, 100.0 + QUIET_S / 2)
    assert burst.take(100.0 + QUIET_S) == []
    assert len(burst.take(100.0 + 2 * QUIET_S)) == 2
    for second in range(30):
        burst.add(FILED, 200.0 + second)
    assert burst.due == 200.0 + MAX_WAIT_S


@pytest.mark.parametrize(
    ("everywhere", "own", "outcome", "attempts", "is_shown"),
    [
        pytest.param(False, None, Outcome.FILED, 0, False, id="off"),
        pytest.param(True, None, Outcome.FILED, 0, True, id="on"),
        pytest.param(True, False, Outcome.FILED, 0, False, id="off for the rule"),
        pytest.param(False, True, Outcome.FILED, 0, True, id="on for the rule"),
        pytest.param("failures", None, Outcome.FILED, 0, False, id="only failures"),
        pytest.param("failures", None, Outcome.FAILED, 1, True, id="a failure"),
        pytest.param("failures", None, Outcome.FAILED, 2, False, id="that failed before"),
        pytest.param(True, None, Outcome.QUARANTINED, 0, True, id="given up"),
        pytest.param(False, True, Outcome.FAILED, 1, False, id="a failure, off"),
        pytest.param(True, True, Outcome.LEFT, 0, False, id="left"),
    ],
)
def test_what_is_announced(
    tmp_path: Path, everywhere: object, own: bool | None, outcome: Outcome, attempts: int, is_shown: bool
) -> None:
    rule = f"{{name: R, actions: [move: /out/]{'' if own is None else f', notify: {str(own).lower()}'}}}"
    file = tmp_path / "config.yaml"
    file.write_text(f"version: 1\nnotify: {str(everywhere).lower()}\nlabels: {{a: b}}\nwatch: [/in]\nrules: [{rule}]\n")
    result = Result("/in/a.png", outcome, "why", attempts=attempts)
    event = {"rule": "R", "target": "/out/a.png", "label": "a"}
    assert (note_of(result, event, load_config(str(file), {"HOME": "/home"})) is not None) == is_shown


def test_the_words_cannot_steer_a_terminal_or_a_line() -> None:
    title, body = words([Note("/in/a\n\x1b[31m\udcff.png", "/out/x.png", "receipt", "R")], "/home")
    assert (title, body) == ("Filed as receipt", "a\\n\\x1b[31m\\xff.png → /out/")
