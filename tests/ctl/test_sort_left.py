"""Test which images `sort --left` files: those that the daemon leaves alone until a person asks, and no others."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from snapsortd.config import load_config
from snapsortd.domain.result import Known, Outcome
from snapsortd.journal import Journal
from tests.support.ctl import Ctl
from tests.support.fake_control import FakeControl
from tests.support.filing import identity_of


def test_what_was_left_is_filed_and_nothing_else(ctl: Ctl, daemon: FakeControl, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    (inbox / "sub" / "sub").mkdir(parents=True)
    config = Path(ctl.env["XDG_CONFIG_HOME"]) / "snapsortd" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(f"version: 1\nlabels: {{a: b}}\nwatch: ['{inbox}']\nrules: []\n")
    fingerprint = load_config(str(config), {}).fingerprint
    outcomes = {
        "existing.png": (Outcome.EXISTING, ""),
        "notes.txt": (Outcome.EXISTING, ""),
        "offered.png": (Outcome.OFFERED, f"{fingerprint} png"),
        "left before.png": (Outcome.LEFT, "of other rules"),
        "left.png": (Outcome.LEFT, f"{fingerprint} png"),
        "undone.png": (Outcome.UNDONE, "of other rules"),
        "waits.png": (Outcome.WAITING, f"{fingerprint} png"),
        "gone.png": (Outcome.EXISTING, ""),
        "../outside.png": (Outcome.EXISTING, ""),
    }
    with closing(Journal(str(Path(ctl.env["XDG_STATE_HOME"]) / "snapsortd" / "journal.sqlite3"))) as journal:
        for name, (outcome, of) in outcomes.items():
            path = inbox / name
            path.write_bytes(b"x")
            journal.remember(Known(str(path.resolve()), identity_of(path), outcome, "", of))
    (inbox / "gone.png").unlink()
    ctl.run("sort", "--left")
    asked = [Path(facts["path"]).name for call, facts in daemon.asked if call == "image"]
    assert asked == ["existing.png", "left before.png", "offered.png"]
    daemon.asked.clear()
    ctl.run("sort", "--left", str(inbox / "offered.png"))
    assert [Path(facts["path"]).name for call, facts in daemon.asked if call == "image"] == ["offered.png"]
    daemon.asked.clear()
    assert "Nothing was left for you to ask for" in ctl.out("sort", "--left", str(inbox / "sub"))
    assert ctl.out("sort", "--recursive", str(inbox / "sub")) == "There are no images.\n"
    assert "subfolders with `--recursive`" in ctl.out("sort", str(inbox / "sub"))
    assert "Missing argument" in ctl.run("sort", code=2).stderr
