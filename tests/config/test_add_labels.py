"""Labels and their rules are added to the configuration, and every other byte of it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from snapsortd.config import load_config
from snapsortd.config.edit.add_labels import NewLabel, add_labels
from snapsortd.config.load import default_config_text
from snapsortd.domain.errors import SnapsortError

pytestmark = pytest.mark.pure

RECEIPT = NewLabel("receipt", ("a photo of a receipt", "a shop receipt"), "Receipt", "~/Pictures/Receipt/", "17 images")
QR_CODE = NewLabel("QR code", ("a QR code", "yes", "#1: été"), "QR code: yes", "~/Pictures/QR code/")
HEAD = "version: 1\nwatch: [/w]\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("labels:\n  photo: a photo  # été\nrules: []\n", id="no-rules"),
        pytest.param("rules: []  # none\nlabels: {photo: a photo}", id="in-braces-and-no-line-end"),
        pytest.param("labels: {photo: a photo,\n  map: a map, }\nrules: []\n", id="a-comma-at-the-end"),
        pytest.param(
            "labels:\n    photo:\n        negative: true\n        prompts:\n        - a photo\n        - a cat  # x\n"
            "    # the end\n\nrules:\n- name: Photos\n  filters:\n  - label: photo\n  actions:\n  - trash\n# the end\n",
            id="blocks",
        ),
        pytest.param(
            "rules:\n  - {name: Photos, filters: [label: photo],\n     actions: [trash]}  # x\n"
            "labels:\n  photo: >\n    a photo\n    of mine\n\n\n",
            id="folded",
        ),
        pytest.param(
            "labels: {photo: a photo}\nrules:\n  - name: Sure\n    filters: [label: {is: photo, precision: 97%}]\n"
            "    actions:\n      - move: /filed/{label}/\n",
            id="precision",
        ),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_they_are_added_and_the_rest_is_kept(text: str, line_end: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    text = (HEAD + text).replace("\n", line_end)
    path.write_text(text, newline="")
    before = load_config(str(path), {})
    add_labels(str(path), [RECEIPT, QR_CODE], {"HOME": "/home/me"})
    after, new = load_config(str(path), {"HOME": "/home/me"}), path.read_bytes().decode()
    assert [(each.name, each.prompts) for each in after.labels[len(before.labels) :]] == [
        (each.name, each.prompts) for each in (RECEIPT, QR_CODE)
    ]
    assert [(rule.name, rule.shadow) for rule in after.rules[len(before.rules) :]] == [
        ("Receipt", True),
        ("QR code: yes", True),
    ]
    rest = iter(new)
    assert all(letter in rest for letter in text.replace(", }", "}")), "something was taken away"
    assert (after.labels[: len(before.labels)], after.rules[: len(before.rules)]) == (before.labels, before.rules)


def test_the_starter_configuration_keeps_its_form(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(default_config_text())
    logo = NewLabel("logo", ("an app icon",), "Logo", "~/Pictures/Logo/", "17 images")
    add_labels(str(path), [logo], {"HOME": "/home/me"})
    text = path.read_text()
    assert "  # 17 images\n  logo: [an app icon]\n" in text
    assert (
        '- name: Logo\n    mode: shadow\n    filters: [label: logo]\n    actions: [move: "~/Pictures/Logo/"]\n' in text
    )
    new = [line for line in text.splitlines() if line not in default_config_text().splitlines()]
    assert len(new) == 5  # `mode: shadow` is there already


@pytest.mark.parametrize(
    ("text", "label"),
    [
        pytest.param("labels: {receipt: a map}\nrules: []\n", RECEIPT, id="the-label-exists"),
        pytest.param("labels: {map: a map}\n", RECEIPT, id="rules-are-missing"),
        pytest.param("labels: {map: a map}\nrules: []\n", NewLabel("logo", ("a logo",), "Logo", "logos/"), id="folder"),
    ],
)
def test_what_cannot_be_added_is_refused_and_nothing_is_changed(text: str, label: NewLabel, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(HEAD + text)
    with pytest.raises(SnapsortError):
        add_labels(str(path), [label], {"HOME": "/home/me"})
    assert path.read_text() == HEAD + text
    assert list(tmp_path.iterdir()) == [path]
