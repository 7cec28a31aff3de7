"""`precision: 97%`: the score that it stands for, and where it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from snapsortd.config import load_config
from snapsortd.config.edit.switch_model import switch_model
from snapsortd.config.load import default_config_path
from snapsortd.config.precision import measured_score
from snapsortd.config.settings import Config, Label
from snapsortd.ctl.output.precision import precision_lines
from snapsortd.rules.filters import LabelFilter, Not

pytestmark = pytest.mark.pure

ENV = {"HOME": "/home/ann"}
RECEIPT = Label("receipt", ("a photo of a receipt", "a scanned invoice"))
TEXT = """\
version: 1
labels:
  receipt: [a photo of a receipt, a scanned invoice]
  bill: a bill
watch: [~/Downloads]
rules:
  - name: Receipts
    filters: [FILTER]
    actions: [move: ~/Receipts/]
"""


def load(path: Path, written: str) -> Config:
    path.write_text(TEXT.replace("FILTER", written))
    return load_config(str(path), ENV)


def score_of(config: Config) -> float:
    (found,) = config.rules[0].filters
    inner = found.filter if isinstance(found, Not) else found
    assert isinstance(inner, LabelFilter)
    return inner.min_score


def test_a_higher_precision_needs_a_higher_score() -> None:
    scores = [measured_score(RECEIPT, "embedded", precision) for precision in (0.9, 0.97, 0.99)]
    assert None not in scores
    assert scores == sorted(scores)
    assert measured_score(RECEIPT, "embedded", 0.965) == scores[1]
    assert measured_score(RECEIPT, "embedded", 0.999) is None
    assert measured_score(RECEIPT, "openai/clip-vit-base-patch32", 0.97) is None
    assert measured_score(Label("receipt", ("a bill",)), "embedded", 0.97) is None


@pytest.mark.parametrize("form", ["label", "not label"])
def test_the_score_is_looked_up_at_load(tmp_path: Path, form: str) -> None:
    config = load(tmp_path / "config.yaml", f"{form}: {{is: receipt, precision: 97%}}")
    assert score_of(config) == measured_score(RECEIPT, "embedded", 0.97)


def test_a_precision_that_was_not_measured_is_the_score_itself(tmp_path: Path) -> None:
    config = load(tmp_path / "config.yaml", "label: {is: [receipt, bill], precision: 97.5%}")
    assert score_of(config) == 0.975
    (line,) = precision_lines(config)
    assert line == (
        "Receipts: receipt or bill from a score of 0.975 "
        "(97.5% was not measured for bill: try the rule in shadow mode first)"
    )


def test_another_model_has_another_score(tmp_path: Path) -> None:
    config = load(tmp_path / "config.yaml", "label: {is: receipt, precision: 97%}")
    (line,) = precision_lines(config)
    assert line.endswith(f"from a score of {score_of(config):g} (97% of such images were right where it was measured)")
    switch_model(str(tmp_path / "config.yaml"), "openai/clip-vit-base-patch32", ENV)
    assert score_of(load_config(str(tmp_path / "config.yaml"), ENV)) == 0.97


def test_the_starter_rules_are_measured_or_in_shadow_mode() -> None:
    """The table is that of the prompts in the file, and a rule for which it has no score does not begin live."""
    config = load_config(default_config_path(), ENV)
    labels = {label.name: label for label in config.labels}
    for rule in config.rules:
        found = next((each for each in rule.filters if isinstance(each, LabelFilter)), None)
        if found is None:
            assert rule.name == "Screenshots by name"
            continue
        assert found.precision is not None
        scores = [measured_score(labels[name], "embedded", found.precision) for name in found.names]
        assert rule.shadow or None not in scores, rule.name
    filed = {name for rule in config.rules for each in rule.filters for name in getattr(each, "names", ())}
    assert filed == {label.name for label in config.labels if not label.negative}
    assert [rule.name for rule in config.rules if rule.enabled] == [
        "Receipts by month",
        "Screenshots by name",
        "Screenshots by year",
    ]
