"""Test that `show` follows the journal to where a file is now, and how a file is revealed."""

from __future__ import annotations

from pathlib import Path

from snapsortd.ctl.commands.show import reveal_commands
from tests.support.ctl import Ctl
from tests.support.fake_control import FakeControl


def entry(source: Path, target: Path, **facts: object) -> dict[str, object]:
    return {"kind": "move", "state": "done", "reversed_by": None, "source": str(source), "target": str(target)} | facts


def test_a_file_is_followed_through_its_moves(ctl: Ctl, daemon: FakeControl, tmp_path: Path) -> None:
    first, second, third, wrong = (tmp_path / name for name in ("a.png", "b.png", "c.png", "d.png"))
    third.write_bytes(b"x")
    daemon.entries = [
        entry(second, third),
        entry(second, wrong, state="failed"),
        entry(first, wrong, reversed_by=3),
        entry(first, second),
    ]
    assert ctl.json("show", str(first)) == {"path": str(third)}
    assert ctl.out("show", str(third)).strip() == "~/c.png"
    third.unlink()
    assert "~/c.png is gone" in ctl.run("show", str(first), code=1).stderr


def test_a_file_is_selected_or_its_folder_opened() -> None:
    assert reveal_commands("/a/b c.png", "darwin") == [("open", "-R", "/a/b c.png")]
    best, other = reveal_commands("/a/b c.png", "linux")
    assert best[-2:] == ("array:string:file:///a/b%20c.png", "string:")
    assert other == ("xdg-open", "/a")
