"""The filter on the text in an image, and when the rules need that text."""

from __future__ import annotations

from typing import Any

import pytest

from snapsortd.domain.decision import ActionKind, Ask
from snapsortd.rules.evaluate import evaluate
from snapsortd.rules.filters import AnimatedFilter, Filter, FormatFilter, Not, TextFilter, Words
from snapsortd.rules.parse_template import parse_destination
from snapsortd.rules.rule import FilterMode, Rule, RuleAction
from tests.support.images_seen import seen

pytestmark = pytest.mark.pure

TEXT = "REWE Markt\nSumme  EUR 23,40\nStraße 5, Bestell-Nr. AB-4711\n谢谢惠顾"


def text_filter(*conditions: Any) -> TextFilter:
    return TextFilter(Words(*conditions))


PNG, GIF = FormatFilter(("png",)), FormatFilter(("gif",))
REWE, ALDI = text_filter(("rewe",)), text_filter(("aldi",))


@pytest.mark.parametrize(
    ("asked", "matched"),
    [
        (text_filter(("rewe",)), True),
        (text_filter(("aldi", "MARKT")), True),
        (text_filter(("aldi", "lidl")), False),
        (text_filter((), ("rewe", "summe eur")), True),
        (text_filter((), ("rewe", "aldi")), False),
        (text_filter((), ("STRASSE",)), True),
        (text_filter((), ("谢谢",)), True),
        (text_filter((), ("markt summe",)), True),
        (text_filter(("rewe",), ("aldi",)), False),
        (text_filter((), (), r"^summe\s+EUR (?P<sum>[\d,]+)$"), True),
        (text_filter((), (), "^EUR"), False),
        (text_filter(("aldi",), (), "rewe"), False),
    ],
)
def test_text_is_found_without_regard_to_case_and_lines(asked: TextFilter, matched: bool) -> None:
    facts = seen(text=TEXT)
    assert asked.check(facts).matched is matched
    assert Not(asked).check(facts).matched is not matched


def test_named_groups_are_as_they_are_written() -> None:
    asked = text_filter((), (), r"bestell-nr\. (?P<order>[a-z]+-\d+)(?P<more>x)?")
    assert asked.check(seen(text=TEXT)).groups == {"order": "AB-4711"}


def test_an_endless_pattern_matches_neither_way() -> None:
    verdict = text_filter((), (), "(?:a+)+(?:b|a+c)*!").check(seen(text="a" * 5000))
    assert verdict.matched is None
    assert verdict.asks is None


def test_the_reason_holds_no_text_of_the_image() -> None:
    assert text_filter(("aldi", "lidl"), ("kasse",), "x+").check(seen(text=TEXT)).reason == (
        "it has 4 lines of text, wanted text with 'aldi' or 'lidl' and 'kasse' and a match of x+"
    )
    assert "rewe" not in REWE.check(seen(text=TEXT)).reason.lower()


def rule(*filters: Filter, to: str = "/r/", mode: FilterMode = FilterMode.ALL, continues: bool = False) -> Rule:
    action = RuleAction(ActionKind.COPY if continues else ActionKind.MOVE, parse_destination(to, ()))
    return Rule("a rule", (action,), filters, filter_mode=mode, continues=continues)


@pytest.mark.parametrize(
    ("rules", "needed"),
    [
        pytest.param((rule(PNG, REWE),), True, id="all others match"),
        pytest.param((rule(REWE, PNG),), True, id="in any order"),
        pytest.param((rule(GIF, REWE),), False, id="another does not match"),
        pytest.param((rule(PNG, Not(REWE)),), True, id="the opposite"),
        pytest.param((rule(PNG), rule(REWE)), False, id="an earlier rule matches"),
        pytest.param((rule(GIF), rule(REWE)), True, id="no earlier rule matches"),
        pytest.param((rule(PNG, continues=True), rule(REWE)), True, id="an earlier rule continues"),
        pytest.param((rule(PNG, REWE, mode=FilterMode.ANY),), False, id="any: another matches"),
        pytest.param((rule(GIF, REWE, mode=FilterMode.ANY),), True, id="any: no other matches"),
        pytest.param((rule(GIF, REWE, mode=FilterMode.NONE),), True, id="none: no other matches"),
        pytest.param((rule(PNG, REWE, mode=FilterMode.NONE),), False, id="none: another matches"),
        pytest.param((rule(PNG, to="/r/{text.amount|}/{name}.{ext}"),), True, id="a name"),
        pytest.param((rule(PNG, to="/r/{text.line|x}/"),), True, id="a folder"),
        pytest.param((rule(GIF, to="/r/{text.line|x}/"),), False, id="a folder of a rule that does not match"),
        pytest.param((rule(AnimatedFilter(), REWE), rule(PNG)), False, id="a later rule"),
    ],
)
def test_text_is_needed_only_where_it_decides(rules: tuple[Rule, ...], needed: bool) -> None:
    decision = evaluate(rules, seen())
    assert decision.asks is (Ask.TEXT if needed else None)
    if needed:
        assert not decision.actions
        assert evaluate(rules, seen(text="")).asks is None
    assert evaluate(rules, seen(text=TEXT)).asks is None


def test_names_from_text_stay_inside_of_the_destination() -> None:
    text = "../../etc/passwd \u202egpj.exe\nTotal 5.00 EUR"
    found = evaluate((rule(PNG, to="/r/{text.line}/{text.line}.{ext}"),), seen(text=text))
    (action,) = found.actions
    assert action.destination is not None
    assert action.destination.root == "/r"
    assert "/" not in "".join(action.destination.folders)
    assert action.destination.folders[0].startswith(".._.._etc_passwd")


@pytest.mark.parametrize(
    ("text", "to", "needed"),
    [
        (TEXT, "/r/{slug}/", None),
        (TEXT, "/r/{description}/", None),
        (TEXT, "/r/{slug} {caption|}/", Ask.CAPTION),
        ("A title without an amount", "/r/{slug}/", Ask.CAPTION),
        ("", "/r/{slug}/", Ask.CAPTION),
    ],
)
def test_a_description_is_needed_only_where_text_has_no_title_with_an_amount(
    text: str, to: str, needed: Ask | None
) -> None:
    assert evaluate((rule(PNG, to=to),), seen()).asks is Ask.TEXT
    assert evaluate((rule(PNG, to=to),), seen(text=text)).asks is needed
