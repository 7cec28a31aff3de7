"""The scores that `precision:` stands for, as lines of `check`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snapsortd.config.precision import measured_score
from snapsortd.domain.text import escape
from snapsortd.rules.filters import LabelFilter, Not

if TYPE_CHECKING:
    from snapsortd.config import Config


def precision_lines(config: Config) -> Iterator[str]:
    """Yield a sentence for every enabled rule that asks for a precision: its labels, the score, where that is from."""
    labels = {label.name: label for label in config.labels}
    for rule in (each for each in config.rules if each.enabled):
        for each in rule.filters:
            found = each.filter if isinstance(each, Not) else each
            if not isinstance(found, LabelFilter) or found.precision is None:
                continue
            wanted = f"{found.precision * 100:g}%"
            unknown = [
                name for name in found.names if measured_score(labels[name], config.model.name, found.precision) is None
            ]
            source = f"{wanted} of such images were right where it was measured"
            if unknown:
                names = " and ".join(map(escape, unknown))
                advice = "" if rule.shadow else ": try the rule in shadow mode first"
                source = f"{wanted} was not measured for {names}{advice}"
            what = " or ".join(map(escape, found.names))
            yield f"{escape(rule.name)}: {what} from a score of {found.min_score:g} ({source})"
