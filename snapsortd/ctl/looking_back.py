"""What the journal says of the thresholds of a configuration, read without a daemon and without a trace."""

from __future__ import annotations

from contextlib import closing
from os.path import exists
from typing import TYPE_CHECKING

from snapsortd.journal.queries import JournalReader
from snapsortd.journal.readonly import ReadOnlyFile, check_readable
from snapsortd.pipeline.replay import past_of
from snapsortd.pipeline.teaching import MAX_REPLAYED
from snapsortd.pipeline.tuning import Advice, advise

if TYPE_CHECKING:
    from snapsortd.config import Config


def threshold_advice(config: Config, journal: str) -> list[Advice]:
    """Return advice on thresholds that were too low, none without a journal. Raise JournalError if it is unreadable."""
    if not exists(journal):
        return []
    with closing(ReadOnlyFile(journal)) as file:
        check_readable(journal, file)
        past = past_of(JournalReader(file).past_decisions(MAX_REPLAYED))
    return advise(past, config.rules, config.negatives)
