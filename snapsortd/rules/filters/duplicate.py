"""Filter on duplicates: images that were filed before."""

from __future__ import annotations

from dataclasses import dataclass

from snapsortd.domain.text import truncate
from snapsortd.rules.filters.filter import Facts, Verdict

_ROUNDING = 1e-4
"""Embeddings are stored as 16-bit floats, so the cosine of one with itself may be this much below 1."""


@dataclass(frozen=True, slots=True)
class DuplicateFilter:
    """A filed image has the same bytes or, with `near`, an embedding whose cosine similarity is at least that."""

    near: float | None = None

    def check(self, facts: Facts) -> Verdict:
        if self.near is None:
            if facts.twin:
                return Verdict(True, f"it has the same content as {facts.twin}")
            if facts.lost_twin:
                return Verdict(None, facts.lost_twin)
            gone = f", as {facts.gone_twin} had, which is in no folder that is known" if facts.gone_twin else ""
            return Verdict(False, f"no filed image has the same content{gone}")
        path, cosine = facts.likeness
        if not path:
            return Verdict(False, "no filed image looks like it")
        return Verdict(
            cosine + _ROUNDING >= self.near,
            f"it looks like {path} ({truncate(cosine, 3):.3f})",
            f"{self.near:g} or more",
        )
