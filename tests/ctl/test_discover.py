"""Which groups are new, and how sure their names are."""

from __future__ import annotations

from pathlib import Path

import pytest

from snapsortd.config import Config, load_config
from snapsortd.ctl.finding.discover import Group, label_of
from snapsortd.vision.finder import FoundGroup

LABELS = 'version: 1\nlabels: {map: an atlas, bill: [a photo of a receipt], photo: a photo}\nwatch: ["/w"]\nrules: []\n'


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
