"""The rules: what each took lately, how sure that was, and what another threshold would change."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from snapsortd.domain.text import count, score_text
from snapsortd.review.markup import Html, tag
from snapsortd.review.pages.layout import page, picture
from snapsortd.rules.filters import LabelFilter
from snapsortd.rules.rule import Rule

Reply = Mapping[str, Any]


def rules_page(base: str, rows: Sequence[tuple[Rule, Reply, Sequence[Reply]]]) -> Html:
    """Return the rules, each with its numbers and the newest images that it took."""
    found = [rule_section(base, *row) for row in rows]
    nothing = None if found else tag("p", "There are no rules yet.", class_="empty")
    return page(base, "rules", tag("h1", "Rules"), found, nothing, script="rules")


def rule_section(base: str, rule: Rule, taken: Reply, lately: Sequence[Reply]) -> Html:
    """Return one rule."""
    state = "off" if not rule.enabled else "in shadow mode" if rule.shadow else "on"
    numbers = f"{state} · {count(taken['filed'], 'image')} filed"
    if taken["undone"]:
        numbers += f", {taken['undone']} taken back"
    images = [
        tag(
            "li",
            picture(base, each["image"]),
            tag("span", score_text(each["score"]) if each["score"] is not None else "", class_="guess"),
            title=os.path.basename(each["target"]),
        )
        for each in lately
    ]
    return tag(
        "section",
        tag("h2", rule.name),
        tag("p", numbers),
        tag("ul", images, class_="strip", aria_label=f"Lately by {rule.name}") if images else None,
        threshold(rule),
        class_="rule",
        data_rule=rule.name,
    )


def threshold(rule: Rule) -> Html | None:
    """Return the slider that tries another threshold; None if the rule has not exactly one filter on the label."""
    asked = [each for each in rule.filters if isinstance(each, LabelFilter)]
    if len(asked) != 1:
        return None
    now = f"{asked[0].min_score:.2f}"
    slider = tag(
        "input",
        type="range",
        min=0,
        max=1,
        step="0.01",
        value=now,
        data_now=now,
        aria_label=f"Threshold of {rule.name}",
    )
    return tag(
        "div",
        tag("label", "Files from a score of ", tag("output", now), slider),
        tag("button", "Save", type="button", class_="main", data_do="save", disabled=True),
        tag("p", class_="tried", aria_live="polite"),
        tag("ul", class_="strip gained", aria_label="Would be filed, too"),
        tag("ul", class_="strip lost", aria_label="Would no longer be filed"),
        class_="threshold",
    )
