"""Test every action as written in a configuration, and the planned action for an image."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from snapsortd.config import Config, Expectation, load_config
from snapsortd.config.sample import samples
from snapsortd.domain.decision import PATH_MARK, ActionKind, Decision, MetadataPolicy, OnConflict, PlannedAction
from snapsortd.domain.errors import ConfigError, TemplateError
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.image import Classification, FileFacts, ImageFacts
from snapsortd.rules.evaluate import evaluate
from snapsortd.rules.filters import Facts
from snapsortd.rules.preview import foreseen_outcome, preview_actions

pytestmark = pytest.mark.pure

ENV = {"HOME": "/home/ann"}
CONFIG = """\
version: 1
labels: {{receipt: a, other: b}}
watch: [/in]
rules:
  - name: R
    filters:
{filters}
    actions:
{actions}
{more}
"""


def listed(texts: Sequence[str]) -> str:
    return "\n".join(f"      - {text}" for text in texts)


def load(tmp_path: Path, *actions: str, more: str = "", filters: Sequence[str] = ("label: receipt",)) -> Config:
    path = tmp_path / "config.yaml"
    text = CONFIG.format(filters=listed(filters), actions=listed(actions), more=more)
    path.write_text(text, "utf-8")
    return load_config(str(path), ENV)


def decide(config: Config, path: str = "/in/sub/a b.png", exif: dict[str, str] | None = None) -> Decision:
    date = datetime(2024, 5, 6, tzinfo=UTC)
    file = FileFacts(path, "/in", FileIdentity(1, 2, 3, 4), date, date, "png")
    classification = Classification({"receipt": 0.9, "other": 0.1}, b"", ImageFacts(10, 10, exif=exif or {}), "m")
    return evaluate(config.rules, Facts(file, classification, frozenset(), date))


def summary(action: PlannedAction) -> tuple[Any, ...]:
    return action.kind, action.destination and action.destination.preferred_path, action.on_conflict, action.words


@pytest.mark.parametrize(
    ("written", "planned"),
    [
        pytest.param("move: ~/r/", (ActionKind.MOVE, "/home/ann/r/a b.png"), id="move"),
        pytest.param('move: {dest: "/r/{label}.{ext}"}', (ActionKind.MOVE, "/r/receipt.png"), id="move-long"),
        pytest.param("copy: /r/", (ActionKind.COPY, "/r/a b.png"), id="copy"),
        pytest.param("hardlink: /r/", (ActionKind.HARDLINK, "/r/a b.png"), id="hardlink"),
        pytest.param("symlink: /r/", (ActionKind.SYMLINK, "/r/a b.png"), id="symlink"),
        pytest.param(
            'rename: "{label} {counter:02}.{ext}"', (ActionKind.RENAME, "/in/sub/receipt 01.png"), id="rename"
        ),
        pytest.param('rename: {name: "x.{ext}"}', (ActionKind.RENAME, "/in/sub/x.png"), id="rename-long"),
        pytest.param("trash", (ActionKind.TRASH, None), id="trash"),
        pytest.param("trash: {}", (ActionKind.TRASH, None), id="trash-mapping"),
        pytest.param("trash:", (ActionKind.TRASH, None), id="trash-colon"),
    ],
)
def test_an_action_that_goes_somewhere(tmp_path: Path, written: str, planned: tuple[ActionKind, str | None]) -> None:
    (action,) = decide(load(tmp_path, written)).actions
    assert summary(action) == (*planned, OnConflict.RENAME_NEW, ())


@pytest.mark.parametrize("mode", list(OnConflict))
@pytest.mark.parametrize("kind", ["move", "copy", "hardlink", "symlink", "rename"])
def test_every_conflict_mode(tmp_path: Path, kind: str, mode: OnConflict) -> None:
    body = "name: x.{ext}" if kind == "rename" else "dest: /r/"
    config = load(
        tmp_path, f'{kind}: {{"{body.partition(": ")[0]}": "{body.partition(": ")[2]}", on_conflict: {mode}}}'
    )
    assert decide(config).actions[0].on_conflict is mode


@pytest.mark.parametrize("kind", ["move", "copy"])
def test_metadata_that_cannot_be_kept_is_noted_unless_it_must_be_kept(tmp_path: Path, kind: str) -> None:
    assert decide(load(tmp_path, f"{kind}: /r/")).actions[0].metadata is MetadataPolicy.NOTE
    for policy in MetadataPolicy:
        config = load(tmp_path, f"{kind}: {{dest: /r/, metadata: {policy}}}")
        assert decide(config).actions[0].metadata is policy


@pytest.mark.parametrize(
    ("written", "kind", "words", "seconds"),
    [
        pytest.param("tag: holiday", ActionKind.TAG, ("holiday",), 0, id="tag"),
        pytest.param('tag: [a, "{label}", a, "{camera|}"]', ActionKind.TAG, ("a", "receipt"), 0, id="tags-once"),
        pytest.param("tag: {tags: [a, b]}", ActionKind.TAG, ("a", "b"), 0, id="tags-long"),
        pytest.param('run: [prog, "{path}"]', ActionKind.RUN, ("prog", PATH_MARK), 30, id="run"),
        pytest.param('run: [~/x, "$HOME", "-n{name}"]', ActionKind.RUN, ("/home/ann/x", "/home/ann", "-na b"), 30),
        pytest.param("run: {command: [prog], timeout: 2m}", ActionKind.RUN, ("prog",), 120, id="run-long"),
        pytest.param('run: [prog, ""]', ActionKind.RUN, ("prog", ""), 30, id="run-empty-argument"),
        pytest.param('notify: "{name}: {path}"', ActionKind.NOTIFY, (f"a b: {PATH_MARK}",), 0, id="notify"),
        pytest.param("notify: {text: $5 ~/x}", ActionKind.NOTIFY, ("$5 ~/x",), 0, id="notify-long"),
    ],
)  # fmt: skip
def test_an_action_of_words(
    tmp_path: Path, written: str, kind: ActionKind, words: tuple[str, ...], seconds: float
) -> None:
    (action,) = decide(load(tmp_path, written)).actions
    assert (action.kind, action.words, action.seconds, action.destination) == (kind, words, seconds, None)


def test_the_path_is_put_in_where_the_file_lies_by_then(tmp_path: Path) -> None:
    (action,) = decide(load(tmp_path, 'run: [prog, "{path}", "--in={path}"]')).actions
    assert action.words_at("/r/{path}.png") == ("prog", "/r/{path}.png", "--in=/r/{path}.png")
    assert action.describe() == "prog {path} --in={path}"


@pytest.mark.parametrize(
    ("filters", "path", "place"),
    [
        pytest.param([r"regex: '(?P<year>\d{4})-(?P<rest>.*)\.'"], "/in/2024-a b.png", "/r/2024/a b/", id="one"),
        pytest.param([r"regex: ^(?P<year>\d+)", r"regex: (?P<rest>\w)\.png$"], "/in/7x.png", "/r/7/x/", id="two"),
        pytest.param([r"regex: ^(?P<year>\d+)?(?P<rest>x)"], "/in/x.png", "/r/undated/x/", id="caught-nothing"),
    ],
)
def test_groups_of_a_regex_are_filled_in(tmp_path: Path, filters: list[str], path: str, place: str) -> None:
    config = load(tmp_path, 'move: "/r/{regex.year|undated}/{regex.rest}/"', filters=filters)
    assert decide(config, path).actions[0].describe().startswith(place)
    assert next(samples(config)).target == "/r/year/rest/IMG_0042.jpg"


@pytest.mark.parametrize(
    ("filters", "problem"),
    [
        pytest.param([r"regex: (?P<year>\d+)"], "has the group 'yaer'; did you mean 'year'?", id="near"),
        pytest.param([r"regex: (\d+)"], "its regex filters have no named groups", id="none"),
        pytest.param([r"not regex: (?P<yaer>\d+)"], "its regex filters have no named groups", id="not"),
    ],
)
def test_a_group_that_no_regex_has(tmp_path: Path, filters: list[str], problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, 'move: "/r/{regex.yaer}/"', filters=filters)
    (found,) = caught.value.problems
    assert problem in found
    assert ":9:15: 'move': " in found


def test_filters_that_cannot_be_read_are_the_only_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, 'move: "/r/{regex.year}/"', filters=["rexeg: x"])
    assert len(caught.value.problems) == 1


def test_no_tag_is_left_no_action_is_left(tmp_path: Path) -> None:
    assert decide(load(tmp_path, 'tag: "{camera|}"')).actions == ()


def test_an_image_cannot_name_an_option(tmp_path: Path) -> None:
    config = load(tmp_path, 'run: [prog, "{name}"]')
    with pytest.raises(TemplateError, match="would be read as an option by prog"):
        decide(config, "/in/-rf.png")
    for safe in ('run: [prog, "--", "{name}"]', 'run: [prog, "./{name}"]', 'run: [prog, "-x", "{path}"]'):
        assert decide(load(tmp_path, safe), "/in/-rf.png").actions


def test_skip_stops_and_does_nothing(tmp_path: Path) -> None:
    more = "  - {name: Later, actions: [move: /x/]}"
    for written in ("skip", "skip: {}", "skip:"):
        decision = decide(load(tmp_path, written, more=more))
        assert ([reason.rule for reason in decision.rules], decision.actions, decision.skipped) == (["R"], (), "R")


def test_skip_keeps_what_rules_before_it_want(tmp_path: Path) -> None:
    config = load(
        tmp_path, "tag: a", more="    continue: true\n  - {name: S, actions: [skip]}\n  - {name: T, actions: [trash]}"
    )
    decision = decide(config)
    assert ([action.rule for action in decision.actions], decision.skipped) == (["R"], "S")


def test_actions_follow_the_file(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        "copy: /c/",
        "move: /r/",
        'rename: "x {counter:03}.{ext}"',
        'run: [p, "{path}"]',
        "symlink: /l/",
        "trash",
    )
    path = "/in/sub/a b.png"
    assert [
        (each.kind, each.source, each.target, each.words) for each in preview_actions(path, decide(config).actions)
    ] == [
        ("copy", path, "/c/a b.png", ()),
        ("move", path, "/r/a b.png", ()),
        ("rename", "/r/a b.png", "/r/x 001.png", ()),
        ("run", "/r/x 001.png", "", ("p", "/r/x 001.png")),
        ("symlink", "/r/x 001.png", "/l/x 001.png", ()),
        ("trash", "/r/x 001.png", "", ()),
    ]


def test_what_has_no_value_files_nothing_and_names_the_rule(tmp_path: Path) -> None:
    config = load(tmp_path, "copy: /c/", 'move: "/r/{camera}/"')
    with pytest.raises(TemplateError, match=r"rule 'R': this image has no value for \{camera\}"):
        decide(config)
    assert decide(config, exif={"Model": "X100"}).actions[1].describe() == "/r/X100/a b.png"


def test_tags_and_tests_of_the_file(tmp_path: Path) -> None:
    tests = "tests:\n  - {file: a/b.png, rule: R, destination: ~/r/}\n  - {file: ~/c.png, rule: none}"
    more = f"    tags: [work, always]\n{tests}"
    config = load(tmp_path, "trash", more=more)
    assert config.rules[0].tags == ("work", "always")
    assert config.tests == (
        Expectation(f"{tmp_path}/a/b.png", "R", "/home/ann/r/", "12:5"),
        Expectation("/home/ann/c.png", "none", None, "13:5"),
    )


def test_a_test_changes_no_decision(tmp_path: Path) -> None:
    plain = load(tmp_path, "trash").fingerprint
    assert load(tmp_path, "trash", more="tests: [{file: a.png, rule: R}]").fingerprint == plain
    assert load(tmp_path, "tag: a").fingerprint != plain


def test_samples_show_every_action(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        'move: "/r/{label}/{taken:%Y-%m}/{camera}/{exif.UserComment}/{relative}/"',
        'tag: "{host}"',
        more="  - {name: Off, enabled: false, actions: [trash]}\n  - {name: S, actions: [skip]}",
    )
    assert [(each.rule, each.source, each.target, each.words) for each in samples(config)] == [
        ("R", "/in/IMG_0042.jpg", "/r/receipt/2026-11/Canon EOS R6/UserComment/IMG_0042.jpg", ()),
        ("R", "/r/receipt/2026-11/Canon EOS R6/UserComment/IMG_0042.jpg", "", ("example.org",)),
    ]


@pytest.mark.parametrize(
    ("actions", "more", "outcome"),
    [
        pytest.param(["tag: a", "move: /r/"], "", "filed", id="moved"),
        pytest.param(["trash"], "", "filed", id="to the trash"),
        pytest.param(["tag: a", "copy: /c/"], "", "copied", id="copied"),
        pytest.param(["tag: a"], "", "done", id="tagged"),
        pytest.param(["move: /r/"], "    mode: shadow\n", "shadow", id="only recorded"),
        pytest.param(["move: /in/sub/"], "", "left", id="there already"),
        pytest.param(["skip"], "", "left", id="skipped"),
    ],
)
def test_the_outcome_is_foreseen(tmp_path: Path, actions: list[str], more: str, outcome: str) -> None:
    decision = decide(load(tmp_path, *actions, more=more))
    assert foreseen_outcome("/in/sub/a b.png", decision.actions) == outcome
