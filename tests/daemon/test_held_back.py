"""Files that are held back: status and explain say why and for how long, and they are filed when they are complete."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click import unstyle

from snapsortd.ctl.output.explain import outcome_sentence
from snapsortd.ctl.output.status import status_lines
from snapsortd.daemon.api.control import DaemonControl
from snapsortd.domain.errors import NotKnown
from snapsortd.pipeline.after_filing import FIRST_CHECK_S
from tests.support.looping import Loop, looping
from tests.support.mortal_child import image
from tests.support.turns import turn

CONFIG = """\
version: 1
existing: file
model: {{name: embedded}}
labels: {{receipt: a photo of a receipt, other: a photo}}
watch: [{{path: "{folder}/inbox", settle: 100ms, ignore: ["*.gif"]}}]
rules: [{{name: Receipts, filters: [label: receipt], actions: [move: "{folder}/filed/"]}}]
"""


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    with looping(tmp_path, CONFIG) as one:
        yield one


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says which files are open for writing")
def test_a_file_that_is_open_for_writing_waits_until_it_is_closed(loop: Loop) -> None:
    control = DaemonControl(loop.daemon)
    path = loop.inbox / "open.png"
    with path.open("wb", buffering=0) as file:
        file.write(image(b"good"))
        loop.daemon.queue.offer(str(path), 0.01)
        loop.until(lambda: control.status()["held_back"], "it is held back")
        status, story = control.status(), control.explain(str(path))
        assert [each["path"] for each in status["held_back"]] == [str(path)]
        assert any("open for writing" in line and "waiting" in line for line in status_lines(status))
        assert "has it open for writing" in (sentence := unstyle(outcome_sentence(story)))
        assert "it has waited for" in sentence
    loop.daemon.queue.offer(str(path), 0.01)
    loop.until(lambda: loop.order() == ["open.png"], "it is filed once the program has closed it")
    assert control.status()["held_back"] == []


def test_a_file_waits_for_the_end_of_its_control_file(loop: Loop) -> None:
    control, note = DaemonControl(loop.daemon), loop.inbox / "x.png.aria2"
    note.touch()
    path = loop.put("x.png")
    loop.until(lambda: control.status()["held_back"], "it is held back")
    assert "x.png.aria2" in control.explain(path)["reason"]
    note.unlink()
    loop.until(lambda: loop.order() == ["x.png"], "it is filed without another event")


def test_an_unfinished_download_is_shown_until_it_has_its_name(loop: Loop) -> None:
    control, part = DaemonControl(loop.daemon), loop.inbox / "x.png.part"
    part.write_bytes(image(b"good"))
    (loop.inbox / "x.iso.part").touch()
    (held,) = control.status()["held_back"]
    assert (held["path"], "unfinished" in held["reason"]) == (str(part), True)
    assert any("x.png.part" in line and "waiting" in line for line in status_lines(control.status()))
    part.rename(loop.inbox / "x.png")
    assert control.status()["held_back"] == []
    loop.daemon.queue.offer(str(loop.inbox / "x.png"), 0.01)
    loop.until(lambda: loop.order() == ["x.png"], "it is filed")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        pytest.param("a.png.part", "unfinished", id="its name"),
        pytest.param("a.png.K3J9QZ", "temporary", id="its name for an hour"),
        pytest.param("a.gif", "ignores", id="ignored"),
        pytest.param("sub/a.png", "without its subfolders", id="too deep"),
    ],
)
def test_explain_says_why_a_file_is_not_filed_at_all(loop: Loop, name: str, why: str) -> None:
    path = loop.inbox / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    story = DaemonControl(loop.daemon).explain(str(path))
    assert why in story["reason"]
    assert ("it has waited for" in outcome_sentence(story)) == (why in ("unfinished", "temporary"))


def test_nothing_is_known_of_a_file_that_is_missing(loop: Loop) -> None:
    with pytest.raises(NotKnown):
        DaemonControl(loop.daemon).explain(str(loop.inbox / "gone.png"))


def test_a_file_that_grows_after_it_was_filed_is_noticed_and_said(loop: Loop, caplog: pytest.LogCaptureFixture) -> None:
    control, path = DaemonControl(loop.daemon), loop.put("scan.png")
    loop.until(lambda: loop.order() == ["scan.png"], "it is filed")
    with (loop.filed / "scan.png").open("ab") as file:
        file.write(b"page 2")
    turn(loop.daemon, ahead=FIRST_CHECK_S)
    (problem,) = control.status()["problems"]
    assert (problem["path"], problem["outcome"]) == (str(loop.filed / "scan.png"), "grown")
    assert "it has grown since it was filed" in caplog.text
    for each in (path, problem["path"]):
        assert "it has grown since it was filed" in control.explain(each)["reason"]
    assert any("grown" in line and "scan.png" in line for line in status_lines(control.status()))
