"""The images that are most like a vector, in order."""

from __future__ import annotations

import numpy as np
import pytest

from snapsortd.vision.child.finding.nearest import nearest


@pytest.mark.parametrize("parts", [1, 17])
def test_the_best_are_first_whatever_their_length(parts: int) -> None:
    rng = np.random.default_rng(0)
    images, wanted = rng.standard_normal((50, 16)), rng.standard_normal(16)
    cosines = images @ wanted / np.linalg.norm(images, axis=1) / np.linalg.norm(wanted)
    longer = (images * rng.uniform(1, 9, (50, 1))).astype(np.float16)
    found = nearest(np.array_split(longer, parts), (7 * wanted).astype(np.float32), 20)
    assert [row for row, _ in found] == np.argsort(-cosines)[:20].tolist()
    assert [cosine for _, cosine in found] == pytest.approx(sorted(cosines, reverse=True)[:20], abs=1e-3)


@pytest.mark.parametrize(("number", "limit"), [(0, 5), (3, 5), (9, 0)])
def test_there_may_be_fewer(number: int, limit: int) -> None:
    images = np.eye(9, dtype=np.float16)[:number]
    assert len(nearest([images], np.ones(9, np.float32), limit)) == min(number, limit)


def test_there_may_be_none() -> None:
    assert nearest([], np.ones(9, np.float32), 5) == []
