"""The properties of an image that `explain` shows, as JSON and in words: all that rules may refer to."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from snapsortd.ctl.output.explain import due_sentence, outcome_sentence, story_lines
from snapsortd.domain.decision import Decision, RuleReason
from snapsortd.domain.text import score_text
from snapsortd.pipeline.replies import decision_to_json
from snapsortd.rules.filters import LabelFilter
from tests.support.images_seen import seen

pytestmark = pytest.mark.pure

URL = "https://example.org/\x1b[7m"


def test_every_fact_is_told() -> None:
    facts = seen(urls=(URL,), frames=3, has_alpha=True, exif={"Make": "Leica", "Model": "Q3", "FNumber": "1.7"})
    decision = Decision((RuleReason("a", False, ("format is png",)),))
    story = json.loads(decision_to_json(facts.file, facts.classification, decision, 12.34))
    told = story["facts"]
    assert (told["alpha"], told["frames"], told["camera"], told["urls"]) == (True, 3, "Leica Q3", [URL])
    assert told["exif"] == {"Make": "Leica", "Model": "Q3", "FNumber": "1.7"}

    words = "\n".join(story_lines({"path": "/in/a.png", **story}))
    assert "3 frames" in words
    assert "with an alpha channel" in words
    assert "from https://example.org/" in words
    assert "  FNumber  1.7" in words
    assert "\x1b[7m" not in words


def test_the_scores_by_the_prompts_alone_are_told() -> None:
    facts = seen()
    classification = replace(
        facts.classification,
        scores={"receipt": 0.8499999, "photo": 0.15, "a slide": 0.0},
        scores_by_prompts={"receipt": 0.4, "photo": 0.25, "a slide": 0.35},
    )
    story = json.loads(decision_to_json(facts.file, classification, Decision(()), 1))
    words = "\n".join(story_lines({"path": "/in/a.png", **story}))
    assert "  receipt  0.84  " in words
    assert "  by your prompts alone, without the known kinds of images: receipt 0.40, a slide 0.35\n" in words


def test_a_score_is_one_number_everywhere() -> None:
    """It is cut off, not rounded, in JSON as in words: 0.85 would read as if it reached `min_score: 0.85`."""
    facts = seen()
    classification = replace(facts.classification, scores={"receipt": 0.8499999, "photo": 0.1500001})
    story = json.loads(decision_to_json(facts.file, classification, Decision(()), 1))
    verdict = LabelFilter(("receipt",), 0.85).check(replace(facts, classification=classification))
    assert (story["score"], score_text(story["score"])) == (0.8499, "0.84")
    assert verdict.reason == "label is receipt, but score 0.84 is below min_score 0.85"


def test_when_the_rules_are_applied_again() -> None:
    noon = datetime(2026, 12, 28, 12, tzinfo=UTC)
    for seconds, words in (
        (-1, "The rules will be applied to it again on 2026-12-28 12:00:00."),
        (0, "The rules have been due again since 2026-12-28 12:00:00;"),
    ):
        assert due_sentence(noon.isoformat(), noon.timestamp() + seconds).startswith(words)


def test_the_source_of_the_date_taken_is_told() -> None:
    facts = seen(taken=datetime.fromisoformat("2024-05-17T09:30:12"))
    image = replace(facts.classification.image, taken_from="gps")
    story = json.loads(decision_to_json(facts.file, replace(facts.classification, image=image), Decision(()), 1))
    assert "taken 2024-05-17 09:30:12 (by EXIF GPSDateStamp)" in "\n".join(story_lines({"path": "/in/a.png", **story}))


def test_a_creation_that_is_only_a_modification_is_told() -> None:
    facts = seen()
    file = replace(facts.file, is_birth_known=False, added=facts.file.modified)
    words = "\n".join(
        story_lines({"path": "/a", **json.loads(decision_to_json(file, facts.classification, Decision(()), 1))})
    )
    assert "(when it was modified: its file system records no creation)" in words
    assert "added 2025-06-14" in words


def test_nothing_is_made_up_where_little_is_known() -> None:
    facts = seen()
    story = json.loads(decision_to_json(facts.file, facts.classification, Decision(()), 1))
    words = "\n".join(story_lines({"path": "/in/a.png", **story}))
    assert "EXIF" not in words
    assert "alpha" not in words
    assert "  from " not in words
    assert "taken 2" not in words
    assert "no date taken, so that {taken} is the earlier date of the file" in words


def test_where_an_image_went_that_is_known_from_the_journal_only() -> None:
    moved = {"state": "done", "kind": "move", "source": "/in/a.png", "target": "/out/a.png"}
    back = {"state": "done", "kind": "undo", "source": "/out/a.png", "target": "/in/a.png"}
    tagged, failed = {**moved, "kind": "tag", "target": ""}, {**moved, "state": "rolled back"}
    sentences = [outcome_sentence({"entries": entries}) for entries in ([tagged, moved], [back, moved], [failed])]
    assert sentences == [
        "It was moved to /out/a.png.",
        "It was moved back to /in/a.png.",
        "It is known from the journal only.",
    ]
