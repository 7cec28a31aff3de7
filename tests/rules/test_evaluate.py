"""Test that the first matching rule wins, and that every evaluated rule has its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsortd.domain.caption import Caption
from snapsortd.domain.decision import ActionKind, Ask, Decision, OnConflict, RuleReason, Shortfall
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.image import Classification, FileFacts, ImageFacts
from snapsortd.rules.evaluate import evaluate
from snapsortd.rules.filters import (
    DescriptionFilter,
    ExtensionFilter,
    Facts,
    Filter,
    LabelFilter,
    NameFilter,
    Not,
    Words,
)
from snapsortd.rules.parse_template import parse_destination
from snapsortd.rules.rule import FilterMode, Rule, RuleAction

pytestmark = pytest.mark.pure

NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
RECEIPT = {"receipt": 0.9, "photo": 0.1}
NEGATIVE = {"receipt": 0.1, "other": 0.9}

IS_RECEIPT, IS_PHOTO = LabelFilter(("receipt",)), LabelFilter(("photo",))
SURE, WELL_APART = LabelFilter(("receipt",), 0.95), LabelFilter(("receipt",), min_margin=0.9)
IS_PNG, IS_GIF = ExtensionFilter(("png",)), ExtensionFilter(("gif",))


def move(text: str) -> RuleAction:
    return RuleAction(ActionKind.MOVE, parse_destination(text))


def rule(name: str, *filters: Filter, mode: FilterMode = FilterMode.ALL, continues: bool = False) -> Rule:
    return Rule(name, (move(f"/{name}/"),), filters, mode, continues=continues)


def decide(
    rules: Sequence[Rule],
    scores: dict[str, float] = RECEIPT,
    path: str = "/in/a.png",
    taken: datetime | None = None,
    caption: Caption | None = None,
) -> Decision:
    file = FileFacts(
        path=path,
        root="/in",
        identity=FileIdentity(1, 2, 3, 4),
        created=datetime(2024, 5, 6, tzinfo=UTC),
        modified=datetime(2025, 1, 2, tzinfo=UTC),
        format="png",
    )
    classification = Classification(scores, b"", ImageFacts(10, 10, taken), "embedded")
    return evaluate(rules, Facts(file, classification, frozenset({"other"}), NOW, caption=caption))


def matching(decision: Decision) -> tuple[str, ...]:
    return tuple(reason.rule for reason in decision.rules if reason.matched)


def test_no_rules_nothing_to_do() -> None:
    assert decide([]) == Decision((), ())


def test_the_first_match_wins_and_the_rest_is_not_asked() -> None:
    decision = decide([rule("a", IS_PHOTO), rule("b", IS_RECEIPT), rule("c")])
    assert decision.rules == (
        RuleReason("a", False, ("label is receipt (0.90), wanted photo",)),
        RuleReason("b", True, ("label is receipt (0.90)",)),
    )
    assert [action.destination.preferred_path for action in decision.actions] == ["/b/a.png"]


def test_continue_goes_on_to_the_next_match() -> None:
    decision = decide([rule("a", continues=True), rule("b", IS_PHOTO, continues=True), rule("c"), rule("d")])
    assert matching(decision) == ("a", "c")
    assert [action.rule for action in decision.actions] == ["a", "c"]


def test_a_rule_that_is_switched_off_says_so() -> None:
    decision = decide([Rule("a", (move("/a/"),), enabled=False)])
    assert decision == Decision((RuleReason("a", False, ("disabled (enabled: false)",)),))


def test_a_rule_without_conditions_takes_every_image_even_what_is_negative() -> None:
    decision = decide([rule("a")], scores=NEGATIVE)
    assert decision.rules == (RuleReason("a", True, ("it has no conditions, so it matches every image",)),)


@pytest.mark.parametrize(
    ("mode", "filters", "matched"),
    [
        pytest.param(FilterMode.ALL, (IS_RECEIPT, IS_PNG), True, id="all-of-both"),
        pytest.param(FilterMode.ALL, (IS_RECEIPT, IS_GIF), False, id="all-of-one"),
        pytest.param(FilterMode.ANY, (IS_PHOTO, IS_PNG), True, id="any-of-one"),
        pytest.param(FilterMode.ANY, (IS_PHOTO, IS_GIF), False, id="any-of-none"),
        pytest.param(FilterMode.ANY, (), True, id="any-of-nothing-asked"),
        pytest.param(FilterMode.NONE, (IS_PHOTO, IS_GIF), True, id="none-of-none"),
        pytest.param(FilterMode.NONE, (IS_PHOTO, IS_PNG), False, id="none-of-one"),
        pytest.param(FilterMode.NONE, (Not(IS_RECEIPT), Not(IS_PNG)), True, id="none-of-not"),
    ],
)
def test_filter_modes(mode: FilterMode, filters: tuple[Filter, ...], matched: bool) -> None:
    decision = decide([rule("a", *filters, mode=mode)])
    assert bool(matching(decision)) is matched
    assert len(decision.rules[0].reasons) == max(len(filters), 1)


@pytest.mark.parametrize(
    ("mode", "filters", "matched"),
    [
        pytest.param(FilterMode.ALL, (IS_RECEIPT,), False, id="label"),
        pytest.param(FilterMode.ALL, (Not(IS_RECEIPT),), False, id="not-label"),
        pytest.param(FilterMode.NONE, (IS_RECEIPT,), False, id="none-of-label"),
        pytest.param(FilterMode.ANY, (IS_RECEIPT, Not(IS_RECEIPT)), False, id="any-of-both"),
        pytest.param(FilterMode.ANY, (IS_RECEIPT, IS_PNG), True, id="any-with-another"),
        pytest.param(FilterMode.ALL, (IS_PNG,), True, id="no-label-asked"),
        pytest.param(FilterMode.ALL, (LabelFilter(("other",)),), True, id="named"),
    ],
)
def test_a_negative_label_leaves_the_file_alone(mode: FilterMode, filters: tuple[Filter, ...], matched: bool) -> None:
    assert bool(matching(decide([rule("a", *filters, mode=mode)], scores=NEGATIVE))) is matched


@pytest.mark.parametrize(
    ("locations", "subfolders", "matched", "reason"),
    [
        pytest.param(("/in",), True, True, "in /in", id="there"),
        pytest.param(("/x", "/in/sub"), True, True, "in /in/sub", id="one-of"),
        pytest.param(("/in",), False, False, "in /in/sub, wanted /in", id="only-directly"),
        pytest.param(("/in/sub",), False, True, "in /in/sub", id="directly"),
        pytest.param(("/in/su",), True, False, "in /in/sub, wanted /in/su", id="not-by-prefix"),
        pytest.param(("/",), True, True, "in /", id="top"),
        pytest.param(("/x", "/y"), True, False, "in /in/sub, wanted /x or /y", id="elsewhere"),
    ],
)
def test_locations(locations: tuple[str, ...], subfolders: bool, matched: bool, reason: str) -> None:
    asked = Rule("a", (move("/a/"),), locations=locations, subfolders=subfolders)
    decision = decide([asked], path="/in/sub/a.png")
    assert decision.rules == (RuleReason("a", matched, (reason,)),)


def test_reasons_tell_the_place_and_each_filter() -> None:
    asked = Rule("a", (move("/a/"),), (IS_RECEIPT, NameFilter(("b*",))), locations=("/in",))
    (reason,) = decide([asked]).rules
    assert reason.reasons == ("in /in", "label is receipt (0.90)", "name is a.png, wanted b*")


def test_an_action_carries_all_that_the_mover_needs() -> None:
    copy = RuleAction(ActionKind.COPY, parse_destination("/c/{name}-{counter}.{ext}"), OnConflict.SKIP)
    asked = Rule("Bills", (copy, move("/m/{rule}/{label} {score}/")), shadow=True)
    copied, moved = decide([asked]).actions
    assert (copied.kind, copied.on_conflict, copied.destination.preferred_path) == (
        ActionKind.COPY,
        OnConflict.SKIP,
        "/c/a-1.png",
    )
    assert (moved.kind, moved.on_conflict) == (ActionKind.MOVE, OnConflict.RENAME_NEW)
    assert moved.destination.preferred_path == "/m/Bills/receipt 0.90/a.png"
    assert {copied.rule, moved.rule} == {"Bills"}
    assert copied.shadow
    assert moved.shadow


@pytest.mark.parametrize(
    ("taken", "folder"),
    [
        pytest.param(datetime(2020, 2, 3, tzinfo=UTC), "2020-02-03", id="taken"),
        pytest.param(None, "2024-05-06", id="created-instead"),
    ],
)
def test_taken_falls_back_to_created(taken: datetime | None, folder: str) -> None:
    (action,) = decide([Rule("a", (move("/a/{taken}/"),))], taken=taken).actions
    assert action.destination.folder == f"/a/{folder}"


MATCHES = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=6)


@given(MATCHES)
def test_what_is_done_follows_from_the_reasons(shape: list[tuple[bool, bool, bool]]) -> None:
    rules = [
        Rule(str(n), (move("/x/"),), (IS_RECEIPT if hit else IS_PHOTO,), enabled=enabled, continues=continues)
        for n, (hit, enabled, continues) in enumerate(shape)
    ]
    decision = decide(rules)
    assert tuple(action.rule for action in decision.actions) == matching(decision)
    assert [reason.rule for reason in decision.rules] == [each.name for each in rules[: len(decision.rules)]]
    assert all(each.continues for each in rules if each.name in matching(decision)[:-1])
    stopped = len(decision.rules) < len(rules)
    assert not stopped or not rules[len(decision.rules) - 1].continues


@pytest.mark.parametrize(
    ("filters", "mode", "near"),
    [
        pytest.param([SURE], FilterMode.ALL, Shortfall("score", 0.9, 0.95), id="its score alone"),
        pytest.param([WELL_APART], FilterMode.ALL, Shortfall("margin", 0.8, 0.9), id="its margin alone"),
        pytest.param([SURE, IS_PNG], FilterMode.ALL, Shortfall("score", 0.9, 0.95), id="all else matched"),
        pytest.param([SURE, IS_GIF], FilterMode.ALL, None, id="something else, too"),
        pytest.param([IS_PHOTO], FilterMode.ALL, None, id="another label"),
        pytest.param([SURE], FilterMode.ANY, None, id="one of several ways to match"),
        pytest.param([IS_RECEIPT], FilterMode.ALL, None, id="nothing"),
    ],
)
def test_what_a_rule_nearly_matched_is_known(filters: list[Filter], mode: FilterMode, near: Shortfall | None) -> None:
    (reason,) = decide([rule("a", *filters, mode=mode)]).rules
    assert reason.near == (near and Shortfall(near.measure, pytest.approx(near.value), near.limit))


CAR = DescriptionFilter(Words(all=("car",)))


@pytest.mark.parametrize(
    ("rules", "asks"),
    [
        pytest.param([rule("a", IS_RECEIPT, CAR)], True, id="all-others-match"),
        pytest.param([rule("a", IS_PHOTO, CAR)], False, id="another-does-not"),
        pytest.param([rule("a", IS_RECEIPT, Not(CAR))], True, id="its-opposite"),
        pytest.param([rule("a", IS_PHOTO, CAR, mode=FilterMode.ANY)], True, id="any-of"),
        pytest.param([rule("a", IS_RECEIPT, CAR, mode=FilterMode.ANY)], False, id="any-of-matches-already"),
        pytest.param([rule("a", IS_PHOTO, CAR, mode=FilterMode.NONE)], True, id="none-of"),
        pytest.param([rule("a", IS_RECEIPT, CAR, mode=FilterMode.NONE)], False, id="none-of-fails-already"),
        pytest.param([rule("a", IS_RECEIPT), rule("b", CAR)], False, id="an-earlier-rule-wins"),
        pytest.param([rule("a", IS_RECEIPT, continues=True), rule("b", CAR)], True, id="a-later-rule-too"),
        pytest.param([Rule("a", (move("/a/"),), (CAR,), enabled=False)], False, id="switched-off"),
        pytest.param([Rule("a", (move("/a/{caption}/"),), (IS_RECEIPT,))], True, id="placeholder"),
        pytest.param([Rule("a", (move("/a/{name} {caption}.{ext}"),), (IS_RECEIPT,))], True, id="in-a-name"),
        pytest.param([Rule("a", (move("/a/{caption}/"),), (IS_PHOTO,))], False, id="placeholder-not-needed"),
    ],
)
def test_a_description_is_asked_for_only_if_the_decision_depends_on_it(rules: Sequence[Rule], asks: bool) -> None:
    decision = decide(rules)
    assert decision.asks is (Ask.CAPTION if asks else None)
    assert not (asks and decision.actions)
    assert not decide(rules, caption=Caption("a red car")).asks


def test_the_description_fills_its_placeholder_and_decides() -> None:
    rules = [Rule("a", (move("/{label}/{caption}.{ext}"),), (CAR,)), rule("b")]
    (action,) = decide(rules, caption=Caption("../a red\ncar")).actions
    assert action.describe() == "/receipt/.._a red_car.png"
    assert matching(decide(rules, caption=Caption("a dog"))) == ("b",)
    assert matching(decide(rules, caption=Caption(why_not="the server is down"))) == ("b",)
