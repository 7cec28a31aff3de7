"""Which groups are new, and how sure their names are."""

from __future__ import annotations

from pathlib import Path

import pytest

from snapsortd.config import Config, load_config
from snapsortd.config.edit.add_labels import NewLabel
from snapsortd.ctl.finding.discover import Group, label_of
from snapsortd.ctl.finding.new_labels import new_labels, renamed
from snapsortd.domain.errors import SnapsortError
from snapsortd.vision.finder import FoundGroup

LABELS = """\
version: 1
labels:
  map: an atlas
  bill: [a photo of a receipt]
  photo: a photo
  other: {negative: true, prompts: [a poster]}
watch: [/w]
rules:
  - {name: Logo, filters: [label: photo], actions: [trash]}
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "config.yaml").write_text(LABELS)
    return load_config(str(tmp_path / "config.yaml"), {})


@pytest.mark.parametrize(
    ("kind", "prompts", "told", "label"),
    [
        pytest.param("logo", ("a logo",), [""] * 5, "", id="new"),
        pytest.param("map", ("a map",), [""] * 5, "map", id="by its name"),
        pytest.param("receipt", ("a photo of a receipt", "a bill"), [""] * 5, "bill", id="by a prompt"),
        pytest.param("poster", ("a poster",), [""] * 5, "", id="what is left alone says nothing"),
        pytest.param("atlas", (), [""] * 5, "", id="by no part of a prompt"),
        pytest.param("an atlas", (), [""] * 5, "map", id="by its name as a prompt"),
        pytest.param("logo", ("a logo",), ["brand", "", "", "", ""], "brand", id="by a fifth of its images"),
        pytest.param("logo", ("a logo",), ["brand"] + [""] * 5, "", id="by less"),
        pytest.param("logo", ("a logo",), ["one", "two", "two", "", ""], "two", id="by the most frequent"),
        pytest.param("logo", ("a logo",), ["one", "two", *[""] * 6], "", id="by two that are rare"),
    ],
)
def test_a_group_that_has_a_label_is_not_new(
    config: Config, kind: str, prompts: tuple[str, ...], told: list[str], label: str
) -> None:
    assert label_of(FoundGroup(kind, prompts, tuple(range(len(told))), 1.0), told, config) == label


@pytest.mark.parametrize(("agreement", "word"), [(1.0, "sure"), (0.7, "sure"), (0.6, "likely"), (0.4, "a guess")])
def test_how_sure_a_name_is(agreement: float, word: str) -> None:
    group = Group("map", ("a map",), tuple("abcdef"), agreement, "")
    assert group.certainty == word
    assert group.to_json() == {
        "name": "map",
        "size": 6,
        "examples": ["a", "b", "c", "d"],
        "certainty": word,
        "agreement": agreement,
        "prompts": ["a map"],
        "label": None,
    }


def test_labels_are_made_of_groups(config: Config) -> None:
    groups = [
        Group("poster", ("a poster", "an advertisement"), tuple("abcdef"), 1.0, ""),
        Group("logo", ("a logo",), tuple("ghijk"), 1.0, ""),
        Group("poster", ("a poster", "an advertisement"), tuple("lmnop"), 1.0, ""),
        Group("QR code", ("a poster",), tuple("qrstu"), 1.0, ""),
    ]
    found = "found by `snapsortctl discover`: {} images"
    assert new_labels(groups, config, "~/Pictures") == [
        NewLabel("poster", ("an advertisement",), "Poster", "~/Pictures/Poster/", found.format(11)),
        NewLabel("logo", ("a logo",), "Logo (discovered)", "~/Pictures/Logo/", found.format(5)),
        NewLabel("QR code", ("QR code",), "QR code", "~/Pictures/QR code/", found.format(5)),
    ]


def test_a_name_that_a_person_gave_is_a_prompt_too(config: Config) -> None:
    group = renamed(Group("poster", ("a poster",), tuple("abcde"), 0.4, ""), "gigs 2026")
    (label,) = new_labels([group], config, "/pictures")
    assert (label.name, label.prompts, label.folder) == (
        "gigs 2026",
        ("gigs 2026", "poster"),
        "/pictures/Gigs 2026/",
    )


@pytest.mark.parametrize("name", ["", " ", "a/b", "{label}", "..", "~", "a\nb", " a", "map"])
def test_a_name_that_cannot_be_one_is_refused(config: Config, name: str) -> None:
    with pytest.raises(SnapsortError):
        new_labels([Group(name, ("a poster",), ("a",), 1.0, "")], config, "/pictures")
