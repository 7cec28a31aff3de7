"""shadow, rules and --tags as a process, against the real API on a real socket; promote with a real file."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from snapsortd.domain.decision import Decision
from snapsortd.domain.errors import NoSuchTag
from snapsortd.domain.example import Example, Source
from snapsortd.journal import Journal
from snapsortd.pipeline.replies import decision_to_json
from tests.support.ctl import Ctl
from tests.support.fake_control import ENTRY, FakeControl
from tests.support.images_seen import seen

CONFIG = """\
version: 1
labels: {receipt: a receipt}
watch: [/inbox]
rules:
  - {name: Receipts, tags: [work, never], actions: [move: /filed/]}
  - {name: Late, locations: [/a, /b], mode: shadow, actions: [trash]}    # soon
  - {name: Off, enabled: false, actions: [skip]}
"""
TESTS = """\
tests:
  - {file: x.png, rule: Receipts, destination: /filed/}
  - {file: /y.png, rule: none}
  - {file: z.png, destination: /elsewhere/z.png}
  - {file: bad.png, rule: Receipts}
"""


@pytest.fixture
def config(ctl: Ctl) -> Path:
    path = Path(ctl.env["XDG_CONFIG_HOME"]) / "snapsortd" / "config.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(CONFIG)
    return path


def test_tags_choose_the_rules(ctl: Ctl, daemon: FakeControl, images: Path) -> None:
    ctl.out("sim", "--tags", "work, home", "--skip-tags", "slow", str(images / "b.png"))
    ctl.out("sort", str(images / "b.png"))
    first, second = (call for _, call in daemon.asked)
    assert (first["tags"], first["skip_tags"]) == (["work", "home"], ["slow"])
    assert not second.keys() & {"tags", "skip_tags"}


def test_a_tag_that_no_rule_has_ends_it(ctl: Ctl, daemon: FakeControl, images: Path) -> None:
    daemon.fault = NoSuchTag("no rule has the tag 'wrok'; did you mean 'work'?")
    assert "did you mean 'work'?" in ctl.run("sim", "--tags", "wrok", str(images), code=2).stderr
    assert len(daemon.asked) == 1


def test_a_tag_that_no_rule_has_without_a_daemon(ctl: Ctl, config: Path, images: Path) -> None:
    assert "did you mean 'work'?" in ctl.run("sim", "--tags", "wrok", str(images), code=2).stderr
    assert config.read_text() == CONFIG


def test_shadow_lists_what_would_have_been_done(ctl: Ctl, daemon: FakeControl) -> None:
    tagged = ENTRY | {"id": 14, "kind": "tag", "target": ENTRY["source"], "tags": ["bill", "2026"], "state": "shadow"}
    daemon.entries = [tagged, ENTRY | {"state": "shadow"}]
    lines = ctl.out("shadow", "--rule", "Receipts by month", "--limit", "5").splitlines()
    assert daemon.asked == [("log", {"limit": 5, "rule": "Receipts by month", "shadow": True})]
    assert lines[0].split() == ["WHEN", "RULE", "LABEL", "SCORE", "WOULD"]
    assert lines[1].endswith("tag  /inbox/scan.png  bill 2026")
    assert lines[2].endswith("move  /inbox/scan.png → /filed/Receipts/")
    assert ctl.json("shadow")["entries"] == daemon.entries


@pytest.mark.usefixtures("config")
def test_shadow_of_an_empty_journal(ctl: Ctl) -> None:
    assert ctl.out("shadow") == "No rule in shadow mode has matched an image yet.\n"
    assert ctl.json("shadow") == {"entries": [], "total": 0}


@pytest.mark.usefixtures("config")
def test_rules_list(ctl: Ctl) -> None:
    assert ctl.out("rules", "list").splitlines() == [
        "RULE      STATE   TAGS         LOCATIONS",
        "Receipts  on      work, never  everywhere",
        "Late      shadow               /a, /b",
        "Off       off                  everywhere",
    ]
    assert ctl.json("rules", "list")["rules"][1] == {
        "name": "Late",
        "state": "shadow",
        "tags": [],
        "locations": ["/a", "/b"],
    }


def test_promote_without_a_daemon(ctl: Ctl, config: Path) -> None:
    assert ctl.out("rules", "promote", "Late").splitlines() == [
        "✓ Late is live now.",
        "It takes effect at the next start of snapsortd.",
    ]
    assert config.read_text() == CONFIG.replace("mode: shadow", "mode: live")
    assert "is not in shadow mode" in ctl.run("rules", "promote", "Late", code=1).stderr


@pytest.mark.usefixtures("config")
def test_promote_tells_the_daemon(ctl: Ctl, daemon: FakeControl) -> None:
    assert ctl.json("rules", "promote", "Late") == {"rule": "Late", "reloaded": True}
    assert [call for call, _ in daemon.asked] == ["reload"]


def test_rules_are_tested(ctl: Ctl, config: Path, daemon: FakeControl) -> None:
    config.write_text(CONFIG + TESTS)
    daemon.fingerprint_of(config)
    lines = ctl.out("rules", "test", code=1).splitlines()
    assert lines == [
        "✓ ~/config/snapsortd/x.png",
        "✗ /y.png  (line 10)",
        "    rule: expected none, found Receipts",
        "✗ ~/config/snapsortd/z.png  (line 11)",
        "    destination: expected /elsewhere/z.png, found /filed/x.png",
        "✗ ~/config/snapsortd/bad.png  (line 12)",
        "    the file is truncated",
        "4 tests, 3 failed.",
    ]
    asked = [(call["path"], call["dry_run"]) for name, call in daemon.asked if name == "image"]
    assert asked[:2] == [(f"{config.parent}/x.png", True), ("/y.png", True)]
    found = ctl.json("rules", "test", code=1)
    assert ([each["ok"] for each in found["tests"]], found["failed"]) == ([True, False, False, False], 3)


def test_rules_that_do_as_expected(ctl: Ctl, config: Path, daemon: FakeControl) -> None:
    config.write_text(CONFIG + "tests: [{file: x.png, destination: /filed/x.png}]\n")
    daemon.fingerprint_of(config)
    assert ctl.out("rules", "test").endswith("1 test, 0 failed.\n")


def test_a_daemon_that_works_by_another_configuration_tests_nothing(
    ctl: Ctl, config: Path, daemon: FakeControl
) -> None:
    config.write_text(CONFIG + TESTS)
    assert "snapsortctl reload" in ctl.run("rules", "test", code=1).stderr
    assert [call for call, _ in daemon.asked] == ["status"]


@pytest.mark.usefixtures("config")
def test_nothing_to_test(ctl: Ctl) -> None:
    assert "write some under `tests:`" in ctl.run("rules", "test", code=1).stderr


def test_a_threshold_is_tuned_by_what_was_corrected(ctl: Ctl, config: Path) -> None:
    rule = "{name: Receipts, tags: [work, never], %sactions: [move: /filed/]}"
    config.write_text(CONFIG.replace(rule % "", rule % "filters: [label: {is: receipt, min_score: 0.6}], "))
    assert "gives no reason" in ctl.out("rules", "tune", "Receipts")
    state = Path(ctl.env["XDG_STATE_HOME"]) / "snapsortd"
    state.mkdir(parents=True, exist_ok=True)
    with closing(Journal(str(state / "journal.sqlite3"))) as journal:
        for number, score in enumerate((0.61, 0.64, 0.66, 0.7, 0.95)):
            facts = seen(f"/inbox/{number}.png")
            shown = replace(facts.classification, scores={"receipt": score, "photo": 1 - score}, zero_shot={})
            content = bytes([number]) * 32
            journal.decide(facts.file.path, decision_to_json(facts.file, shown, Decision(()), 1.0), content)
            if score < 0.7:
                journal.examples.add([Example(content, "photo", Source.CORRECTED)])
    assert ctl.json("rules", "tune", "Receipts")["advice"]["min_score"] == 0.67
    assert "0.6}" in config.read_text()
    words = ctl.out("rules", "tune", "Receipts", "--yes")
    assert "3 of 3 images filed with a score from 0.6 to 0.67 were taken back or corrected" in words
    assert "min_score: 0.67}" in config.read_text()
    assert "did you mean 'Receipts'" in ctl.run("rules", "tune", "Receits", code=1).stderr
