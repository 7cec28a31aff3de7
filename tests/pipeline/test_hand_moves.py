"""Images that a person moves by hand tell their label, if the rules leave no doubt."""

from __future__ import annotations

from pathlib import Path

import pytest

from snapsortd.domain.decision import ActionKind
from snapsortd.domain.example import Example, Source
from snapsortd.files.answering import Answering
from snapsortd.pipeline.hand_moves import HandMoves
from snapsortd.rules.destinations import labels_at
from snapsortd.rules.filters import LabelFilter
from snapsortd.rules.parse_template import parse_destination
from snapsortd.rules.rule import Rule, RuleAction
from tests.support.filing import Filing


def rule(folder: str, *labels: str, **how: bool) -> Rule:
    action = RuleAction(ActionKind.MOVE, parse_destination(folder))
    return Rule(folder, (action,), (LabelFilter(labels),) if labels else (), **how)


RULES = [rule("/s/a/{created:%Y}/", "alpha"), rule("/s/b/", "beta"), rule("/s/b/deep/", "gamma", "delta")]
RULES.append(rule("/s/c/"))


@pytest.mark.pure
@pytest.mark.parametrize(
    ("folder", "labels"),
    [
        ("/s/a/2025", {"alpha"}),
        ("/s/b", {"beta"}),
        ("/s/b/other", {"beta"}),
        ("/s/b/deep/er", {"gamma", "delta"}),
        ("/s/c", set()),
        ("/s/bc", set()),
        ("/s", set()),
    ],
)
def test_the_labels_of_a_folder(folder: str, labels: set[str]) -> None:
    assert labels_at(RULES, folder) == labels


@pytest.mark.parametrize(
    ("to", "told"),
    [
        pytest.param("beta", ("beta", False), id="another label's folder"),
        pytest.param("alpha/2024", None, id="another folder of its own label"),
        pytest.param("any", None, id="a folder of no label"),
        pytest.param("../inbox", ("alpha", True), id="back"),
        pytest.param("../elsewhere", None, id="out of sight"),
        pytest.param("alpha/2025", None, id="not at all"),
    ],
)
def test_a_move_by_hand(filing: Filing, to: str, told: tuple[str, bool] | None) -> None:
    rules = [rule(f"{filing.sorted}/{name}/", name) for name in ("alpha", "beta")] + [rule(f"{filing.sorted}/any/")]
    entry = filing.file(path := filing.image(), filing.action(path, folders=("alpha", "2025")))
    folder = filing.sorted / to
    folder.mkdir(parents=True, exist_ok=True)
    Path(entry.intent.target).rename(folder / "a.png")
    moves = HandMoves(filing.journal, Answering())
    found = moves.notice(rules, lambda _: "alpha")
    assert [(each.label, each.is_not) for each in found] == ([told] if told else [])
    assert {each.sha256 for each in found} <= {entry.intent.sha256}
    filing.journal.examples.add(found)
    assert moves.notice(rules, lambda _: "alpha") == []
    assert HandMoves(filing.journal, Answering()).notice(rules, lambda _: "alpha") == []  # after a restart


def test_a_move_back_to_the_folder_of_another_label_tells_that_label(filing: Filing) -> None:
    rules = [rule(f"{filing.sorted}/alpha/", "alpha"), rule(f"{filing.inbox}/", "beta")]
    entry = filing.file(path := filing.image(), filing.action(path, folders=("alpha",)))
    Path(entry.intent.target).rename(path)
    (found,) = HandMoves(filing.journal, Answering()).notice(rules, lambda _: "alpha")
    assert (found.label, found.is_not, found.path) == ("beta", False, str(path))


def test_what_was_corrected_by_command_was_not_moved_by_hand(filing: Filing) -> None:
    entry = filing.file(path := filing.image(), filing.action(path, folders=("alpha",)))
    filing.journal.examples.add([Example(entry.intent.sha256, "beta", Source.CORRECTED)])
    Path(entry.intent.target).rename(path)
    assert HandMoves(filing.journal, Answering()).notice([], lambda _: "alpha") == []


def test_what_snapsortd_moved_on_was_not_moved_by_hand(filing: Filing) -> None:
    rules = [rule(f"{filing.sorted}/{name}/", name) for name in ("alpha", "beta")]
    entry = filing.file(path := filing.image(), filing.action(path, folders=("alpha",)))
    on = filing.file(entry.intent.target, filing.action(entry.intent.target, folders=("beta",)))
    assert HandMoves(filing.journal, Answering()).notice(rules, lambda _: "alpha") == []
    Path(on.intent.target).rename(entry.intent.target)
    found = HandMoves(filing.journal, Answering()).notice(rules, lambda _: "beta")
    assert [(each.label, each.is_not) for each in found] == [("alpha", False)]
