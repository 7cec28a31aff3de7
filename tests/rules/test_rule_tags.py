"""Test the selection of rules by tags, which works as in organize."""

from __future__ import annotations

import pytest

from snapsortd.domain.errors import EXIT_USAGE, NoSuchTag
from snapsortd.rules.rule import Rule, select

pytestmark = pytest.mark.pure

RULES = (
    Rule("plain", ()),
    Rule("work", (), tags=("work",)),
    Rule("home", (), tags=("home", "slow")),
    Rule("always", (), tags=("always", "work")),
    Rule("never", (), tags=("never",)),
    Rule("rare", (), tags=("never", "slow")),
)


@pytest.mark.parametrize(
    ("tags", "skip_tags", "names"),
    [
        pytest.param((), (), "plain work home always", id="nothing-asked"),
        pytest.param(("work",), (), "work always", id="one"),
        pytest.param(("work", "home"), (), "work home always", id="two"),
        pytest.param(("slow",), (), "home always", id="never-stays-out"),
        pytest.param(("never",), (), "always never rare", id="never-asked"),
        pytest.param((), ("work",), "plain home always", id="skipped"),
        pytest.param((), ("always",), "plain work home", id="always-skipped"),
        pytest.param(("home",), ("slow",), "always", id="asked-and-skipped"),
        pytest.param(("never",), ("slow",), "always never", id="never-and-skipped"),
    ],
)
def test_select(tags: tuple[str, ...], skip_tags: tuple[str, ...], names: str) -> None:
    assert " ".join(rule.name for rule in select(RULES, tags, skip_tags)) == names


@pytest.mark.parametrize(("tags", "skip_tags"), [(("wrok",), ()), ((), ("wrok",))])
def test_a_tag_that_no_rule_has(tags: tuple[str, ...], skip_tags: tuple[str, ...]) -> None:
    with pytest.raises(NoSuchTag, match=r"no rule has the tag 'wrok'; did you mean 'work'\?") as caught:
        select(RULES, tags, skip_tags)
    assert caught.value.exit_code == EXIT_USAGE
