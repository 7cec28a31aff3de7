"""Check that the batch, the rule and the label exist that a person names: a slip must not look like an empty answer."""

from __future__ import annotations

from collections.abc import Iterable

from snapsortd.domain.errors import NotKnown
from snapsortd.domain.text import suggestion
from snapsortd.journal import Journal


def check_batch(journal: Journal, batch: int | None) -> None:
    """Raise NotKnown if the journal has no such batch."""
    if batch is not None and not journal.has_batch(batch):
        raise NotKnown(f"there is no batch {batch}", "`snapsortctl log --json` lists the batch of each entry")


def check_rule(journal: Journal, rules: Iterable[str], name: str | None) -> None:
    """Raise NotKnown if neither the configuration nor the journal has a rule of this name."""
    known = list(rules)
    if name is not None and name not in known and not journal.has_rule(name):
        raise NotKnown(f"there is no rule {name!r}{suggestion(name, known)}", "`snapsortctl rules list` lists them")


def check_label(journal: Journal, labels: Iterable[str], name: str | None) -> None:
    """Raise NotKnown if neither the configuration nor the journal has a label of this name."""
    known = list(labels)
    if name is not None and name not in known and not journal.has_label(name):
        raise NotKnown(f"there is no label {name!r}{suggestion(name, known)}")
