"""What the journal says of a configuration, or of another one, read beside a daemon and without a trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from os.path import exists
from typing import TYPE_CHECKING, Any

from snapsortd.ctl.finding.known import open_known
from snapsortd.domain.errors import SnapsortError
from snapsortd.files.locations import Locations
from snapsortd.journal.queries import JournalReader
from snapsortd.journal.readonly import ReadOnlyFile, check_readable
from snapsortd.journal.search_index import SearchIndex
from snapsortd.pipeline.replay import (
    Basis,
    Past,
    Scores,
    past_of,
    replay,
    replay_to_json,
    scores_then,
    with_thresholds,
    zero_shot_scores,
)
from snapsortd.pipeline.teaching import MAX_REPLAYED
from snapsortd.pipeline.tuning import Advice, advise
from snapsortd.vision.finder import Finder

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


def replay_with(
    here: Locations, config: Config, other: Config, settings: Sequence[str], *, untaught: bool
) -> dict[str, Any]:
    """Return which past decisions by `config` would be different by `other`, with thresholds set as in `settings`.

    Other prompts change the scores, which are then computed again from the stored embeddings, for both configurations
    without what was learnt: a layer that was learnt fits one set of labels. Images without an embedding are left out.
    Raise SnapsortError, ModelError, JournalError.
    """
    if config.model.name != other.model.name:
        raise SnapsortError(
            f"{other.path} names another model",
            "`snapsortctl model eval` compares models; here only labels and rules may differ",
        )
    rules = with_thresholds(other.rules, settings)
    with open_known(here) as file:
        past = past_of(JournalReader(file).past_decisions(MAX_REPLAYED))
        if prompts_of(config) == prompts_of(other):
            scores = zero_shot_scores if untaught else scores_then
            before, after = Basis(config.rules, config.negatives), Basis(rules, other.negatives, scores)
        else:
            old, new = _rescored(
                here, config.model.name, SearchIndex(file), past, [prompts_of(config), prompts_of(other)]
            )
            past = [each for each in past if each.sha256 in old]
            before = Basis(config.rules, config.negatives, lambda each: old[each.sha256])
            after = Basis(rules, other.negatives, lambda each: new[each.sha256])
    return replay_to_json(len(past), replay(past, before, after))


def prompts_of(config: Config) -> dict[str, tuple[str, ...]]:
    """Return the labels that have prompts, with these."""
    return {label.name: label.prompts for label in config.labels if label.prompts}


def _rescored(
    here: Locations,
    model: str,
    index: SearchIndex,
    past: Sequence[Past],
    label_sets: Sequence[Mapping[str, Sequence[str]]],
) -> list[dict[bytes, Scores]]:
    """Return for each set of labels the zero-shot scores of every image that has an embedding, by its content."""
    with Finder(model, here) as finder:
        wanted = {each.sha256 for each in past}
        known = [(sha256, found) for sha256, found in index.embeddings(finder.checkpoint) if sha256 in wanted]
        answers = finder.scores([embedding for _, embedding in known], label_sets)
    return [
        {sha256: dict(zip(labels, row, strict=True)) for (sha256, _), row in zip(known, rows, strict=True)}
        for labels, rows in zip(label_sets, answers, strict=True)
    ]
