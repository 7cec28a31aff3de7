"""Test the values of a valid configuration, and the configurations that ship with the project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from snapsortd.config import Config, Label, ModelConfig, WatchFolder, default_config_text, load_config
from snapsortd.config.schema.document import Document, RuleEntry, json_schema
from snapsortd.config.schema.filters import Filters
from snapsortd.domain.decision import ActionKind, OnConflict
from snapsortd.domain.left_out import LEFT_OUT
from snapsortd.domain.names import COMPANION_SUFFIXES
from snapsortd.rules.filters import (
    AgeFilter,
    Comparison,
    DimensionsFilter,
    ExtensionFilter,
    Filter,
    LabelFilter,
    NameFilter,
    Not,
    SizeFilter,
)
from snapsortd.rules.parse_template import parse_destination
from snapsortd.rules.rule import FilterMode

pytestmark = pytest.mark.pure

ENV = {"HOME": "/home/ann", "SNAPSORTD_DEMO": "/demo", "BRACES": "/odd/{x}"}
REPO = Path(__file__).parents[2]
RELEASED = sorted(Path(__file__).with_name("released").rglob("*.yaml"))

SMALL = """\
version: 1
labels: {{receipt: a photo of a receipt, other: {{negative: true, prompts: [a photo, a drawing]}}}}
watch: [~/Downloads]
rules:
  - name: Receipts
    filters: [{filter}]
    actions: [move: ~/Receipts/]
"""


def load(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "config.yaml"
    path.write_text(text, "utf-8")
    return load_config(str(path), ENV)


def test_the_smallest_configuration_has_the_documented_defaults(tmp_path: Path) -> None:
    config = load(tmp_path, "version: 1\nlabels: {a: one}\nwatch: [/w]\nrules: []\n")
    assert config.model == ModelConfig("embedded", unload_after=None)
    assert config.labels == (Label("a", ("one",)),)
    assert config.watch == (WatchFolder("/w", subfolders=False, ignore=(), settle=1.0, files_existing=False),)
    assert (config.rules, config.rescan, config.notify) == ((), 300.0, False)


def test_the_readme_lists_every_folder_that_is_left_out() -> None:
    readme = (REPO / "snapsortd/docs/configuration.md").read_text()
    assert [pattern for pattern in LEFT_OUT if f"`{pattern}`" not in readme] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [("[default, Old]", (*LEFT_OUT, "Old")), ("[]", ()), ("Old", ("Old",)), ("[Old, default]", ("Old", *LEFT_OUT))],
)
def test_the_folders_that_are_left_out_can_be_changed(tmp_path: Path, text: str, expected: tuple[str, ...]) -> None:
    config = load(tmp_path, f"version: 1\nlabels: {{a: one}}\nwatch: [{{path: /w, exclude: {text}}}]\nrules: []\n")
    assert config.watch[0].exclude == expected


def test_the_example_is_read_in_full() -> None:
    config = load_config(str(REPO / "snapsortd/config/example.yaml"), ENV)
    assert [label.name for label in config.labels] == ["screenshot", "receipt", "drawing", "wallpaper", "other"]
    assert config.negatives == {"other"}
    assert config.labels[2].prompts == ("a drawing or a painting",)
    assert config.watch[1] == WatchFolder(
        "/home/ann/Downloads", ignore=("*.gif",), settle=2.0, wait=600.0, files_existing=False
    )
    rules = {rule.name: rule for rule in config.rules}
    receipts, copies = rules["Receipts by month"], rules["Keep a copy of drawings"]
    phone, shadow = rules["Old phone captures"], rules["Screenshots"]
    assert receipts.locations == ("/home/ann/Downloads",)
    assert receipts.filters == (
        LabelFilter(("receipt",), 0.6, 0.15),
        SizeFilter((Comparison("<", 20e6, "< 20MB"),)),
    )
    assert receipts.actions[1].destination == parse_destination("/home/ann/Documents/Receipts/{taken:%Y-%m}/")
    assert copies.continues
    assert copies.actions[0].kind is ActionKind.COPY
    assert (phone.enabled, phone.subfolders, phone.filter_mode) == (False, False, FilterMode.ANY)
    assert shadow.shadow


@pytest.mark.parametrize(
    ("written", "suffixes"),
    [
        pytest.param("[]", (), id="none"),
        pytest.param("XMP", ("xmp",), id="one"),
        pytest.param("[.xmp, json.gz]", ("xmp", "json.gz"), id="dots"),
    ],
)
def test_suffixes_of_companions(tmp_path: Path, written: str, suffixes: tuple[str, ...]) -> None:
    text = SMALL.format(filter="label: other")
    assert load(tmp_path, f"{text}companions: {written}\n").companions == suffixes
    assert load(tmp_path, text).companions == COMPANION_SUFFIXES


def test_the_example_has_every_key() -> None:
    """The example is the reference for users, so it must have every key."""
    document = yaml.safe_load((REPO / "snapsortd/config/example.yaml").read_text())
    assert set(document) == set(Document.model_fields)
    fields = {field.alias or name for name, field in RuleEntry.model_fields.items()}
    assert {key for rule in document["rules"] for key in rule} == fields
    filters = [each for rule in document["rules"] for each in rule.get("filters", ())]
    actions = [each for rule in document["rules"] for each in rule["actions"]]
    assert {key.removeprefix("not ") for each in filters for key in each} == {
        key for key in Filters.__annotations__ if not key.startswith("not ")
    }
    assert {key for each in actions for key in ([each] if isinstance(each, str) else each)} == {
        *ActionKind,
        "skip",
    }


def test_the_demo_stays_below_its_folder() -> None:
    config = load_config(str(REPO / "config/demo.yaml"), ENV)
    assert [folder.path for folder in config.watch] == ["/demo/inbox"]
    assert config.negatives == {"photo", "document", "picture"}
    roots = [action.destination.root for rule in config.rules for action in rule.actions]
    assert roots == ["/demo/filed/Receipts", "/demo/filed/Screenshots"]


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: f"{path.parent.name} {path.stem}")
def test_configurations_of_released_versions_are_still_valid(path: Path) -> None:
    """As `make release` kept them."""
    config = load_config(str(path), ENV)
    assert config.rules
    assert config.labels


def test_the_default_configuration_asks_for_a_clear_answer(tmp_path: Path) -> None:
    config = load(tmp_path, default_config_text())
    assert [folder.path for folder in config.watch] == ["/home/ann/Downloads", "/home/ann/Pictures/Screenshots"]
    assert config.negatives
    for rule in config.rules:
        clear = (isinstance(each, LabelFilter) and each.min_score >= 0.6 for each in rule.filters)
        assert any(clear) or any(isinstance(each, NameFilter) and each.known for each in rule.filters)
        assert all(action.destination.root.startswith("/home/ann/") for action in rule.actions)
        assert all(action.on_conflict is OnConflict.RENAME_NEW for action in rule.actions)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("label: receipt", LabelFilter(("receipt",)), id="label"),
        pytest.param("label: [receipt, other]", LabelFilter(("receipt", "other")), id="labels"),
        pytest.param("label: {is: receipt, min_score: 1}", LabelFilter(("receipt",), 1.0), id="whole-number-score"),
        pytest.param("not label: receipt", Not(LabelFilter(("receipt",))), id="not-label"),
        pytest.param("extension: .PNG", ExtensionFilter(("png",)), id="extension-as-seen"),
        pytest.param("extension: {is: [png, gif]}", ExtensionFilter(("png", "gif")), id="long-form"),
        pytest.param('name: "IMG_*"', NameFilter(("IMG_*",)), id="name"),
        pytest.param(
            'size: ">= 1.5 KiB, < 20mb"',
            SizeFilter((Comparison(">=", 1536, ">= 1.5 KiB"), Comparison("<", 20e6, "< 20mb"))),
            id="size-range",
        ),
        pytest.param(
            'dimensions: {height: "!= 1px"}', DimensionsFilter(height=(Comparison("!=", 1, "!= 1px"),)), id="height"
        ),
        pytest.param('age: "> 2w"', AgeFilter((Comparison(">", 1209600, "> 2w"),)), id="age"),
        pytest.param(
            'age: {is: "<= 90s", of: taken}', AgeFilter((Comparison("<=", 90, "<= 90s"),), "taken"), id="age-of"
        ),
    ],
)
def test_a_filter_is_read(tmp_path: Path, written: str, read: Filter) -> None:
    config = load(tmp_path, SMALL.format(filter=f"{{{written}}}"))
    assert config.rules[0].filters == (read,)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("1s", 1), ("0.5s", 0.5), ("250ms", 0.25), ("2m", 120), ("1h", 3600), ("1d", 86400), ("1 H", 3600)],
)
def test_a_duration_is_read(tmp_path: Path, written: str, seconds: float) -> None:
    config = load(
        tmp_path, SMALL.format(filter="label: other") + f"rescan: {written}\nmodel: {{unload_after: {written}}}\n"
    )
    assert (config.rescan, config.model.unload_after) == (seconds, seconds)


@pytest.mark.parametrize(
    ("written", "root"),
    [
        pytest.param("~/a/", "/home/ann/a", id="home"),
        pytest.param("$HOME/a", "/home/ann/a", id="variable"),
        pytest.param("${HOME}/a//b/", "/home/ann/a/b", id="braced-variable"),
        pytest.param("$BRACES/a/", "/odd/{x}/a", id="braces-from-a-variable-are-no-placeholder"),
        pytest.param("/a/~/$/", "/a/~/$", id="elsewhere-literal"),
    ],
)
def test_a_destination_is_expanded(tmp_path: Path, written: str, root: str) -> None:
    config = load(tmp_path, SMALL.format(filter="label: other").replace("~/Receipts/", f'"{written}"'))
    assert config.rules[0].actions[0].destination.root == root


def test_spaces_in_names_are_kept_and_block_text_is_one_line(tmp_path: Path) -> None:
    text = SMALL.format(filter='name: "a  b*"').replace("~/Receipts/", "~/My  Receipts/")
    config = load(tmp_path, text.replace("[~/Downloads]", "\n  - >\n    ~/My  Downloads\n"))
    assert config.watch[0].path == "/home/ann/My  Downloads"
    assert config.rules[0].filters == (NameFilter(("a  b*",)),)
    assert config.rules[0].actions[0].destination.root == "/home/ann/My  Receipts"


def test_the_model_may_be_a_folder(tmp_path: Path) -> None:
    text = SMALL.format(filter="label: other")
    assert load(tmp_path, text + "model: ~/models/clip\n").model.name == "/home/ann/models/clip"
    assert load(tmp_path, text + "model: {name: openai/clip-vit-base-patch32}\n").model.name.startswith("openai/")


def test_words_that_older_yaml_takes_for_truth_are_labels(tmp_path: Path) -> None:
    config = load(tmp_path, "version: 1\nlabels: {no: a, on: b, 2024: c, 1.0: d, null: e}\nwatch: [/w]\nrules: []\n")
    assert [label.name for label in config.labels] == ["no", "on", "2024", "1.0", "null"]


def test_the_fingerprint_follows_decisions_and_nothing_else(tmp_path: Path) -> None:
    text = SMALL.format(filter="label: receipt")
    first = load(tmp_path, text).fingerprint
    same = [
        "# a comment\n" + text,
        text + "notify: true\n",
        text + "rescan: 1h\n",
        text + "model: {unload_after: 1h}\n",
    ]
    assert {load(tmp_path, each).fingerprint for each in same} == {first}
    other = [
        text + "model: owner/other\n",
        text.replace("a drawing", "a sketch"),
        text.replace("negative: true", "negative: false"),
        text.replace("~/Receipts/", "~/Bills/"),
        text.replace("label: receipt", "label: {is: receipt, min_score: 0.51}"),
    ]
    assert len({first, *(load(tmp_path, each).fingerprint for each in other)}) == len(other) + 1


def test_positions_are_where_the_values_stand(tmp_path: Path) -> None:
    config = load(tmp_path, SMALL.format(filter="label: receipt"))
    assert config.watch[0].position == "3:9"
    assert config.rules[0].actions[0].position == "7:21"


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    assert load(tmp_path, "\ufeff" + SMALL.format(filter="label: receipt")).rules


def test_the_shipped_json_schema_is_up_to_date() -> None:
    """Otherwise run `python -m snapsortd.config > snapsortd/config/schema.json`."""
    shipped: dict[str, Any] = json.loads((REPO / "snapsortd/config/schema.json").read_text("utf-8"))
    assert shipped == json_schema()
