"""The decision about one image as JSON: what the journal keeps and `explain` tells."""

from __future__ import annotations

import json
from typing import Any

from snapsortd.domain.decision import Decision
from snapsortd.domain.image import FileFacts, Sight


def describe(facts: FileFacts, sight: Sight, decision: Decision, milliseconds: float) -> str:
    """The decision as JSON for the journal: what `explain` tells."""
    image = sight.image
    story: dict[str, Any] = {
        "label": sight.label,
        "score": round(sight.score, 4),
        "margin": round(sight.margin, 4),
        "scores": {name: round(score, 4) for name, score in sight.scores.items()},
        "model": sight.model,
        "milliseconds": round(milliseconds, 1),
        "rules": rules_told(decision),
        "facts": {
            "format": facts.format,
            "size": facts.identity.size,
            "width": image.width,
            "height": image.height,
            "frames": image.frames,
            "alpha": image.has_alpha,
            "camera": image.camera,
            "exif": dict(image.exif),
            "urls": list(facts.urls),
            "created": facts.created.isoformat(timespec="seconds"),
            "modified": facts.modified.isoformat(timespec="seconds"),
            "taken": image.taken.isoformat(timespec="seconds") if image.taken else None,
        },
    }
    return json.dumps(story)


def rules_told(decision: Decision) -> list[dict[str, Any]]:
    """The reasons of every rule that was asked, JSON-ready."""
    return [{"rule": each.rule, "matched": each.matched, "reasons": list(each.reasons)} for each in decision.rules]
