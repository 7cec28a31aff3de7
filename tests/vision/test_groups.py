"""Groups of images that look alike: found as scipy would find them, and named after a kind."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage

from snapsortd.vision.child.engines.engine import Array
from snapsortd.vision.child.finding import groups
from snapsortd.vision.child.finding.cluster import clusters
from snapsortd.vision.child.finding.groups import MIN_SIZE, find_groups
from snapsortd.vision.child.finding.phrases import KINDS

DIM = 64
AXES = np.eye(DIM, dtype=np.float32)
NAMES = ("receipt", "map", "logo")
NONE = np.empty((0, DIM), np.float32)


def blobs(*sizes: int, spread: float = 0.03, seed: int = 0) -> Array:
    """Return embeddings of that many images around each axis, blob after blob."""
    rng = np.random.default_rng(seed)
    centres = np.repeat(AXES[: len(sizes)], sizes, axis=0)
    return (centres + spread * rng.standard_normal(centres.shape)).astype(np.float32)


def named() -> dict[str, Array]:
    """Return kinds whose phrases are the axes."""
    return {name: AXES[place][None] for place, name in enumerate(NAMES)}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("cut", [0.6, 0.9, 1.2])
def test_clusters_are_those_of_average_linkage(seed: int, cut: float) -> None:
    rng = np.random.default_rng(seed)
    points = groups.reduced(rng.standard_normal((120, 6)).astype(np.float32) + 2 * AXES[rng.integers(0, 5, 120), :6])
    expected = fcluster(linkage(points.astype(np.float64), "average"), cut, "distance")
    pairs = set(zip(clusters(points, cut).tolist(), expected.tolist(), strict=True))
    assert len(pairs) == len(set(expected)) == int(clusters(points, cut).max()) + 1


@pytest.mark.parametrize("number", [0, 1, MIN_SIZE - 1])
def test_few_images_are_no_group(number: int) -> None:
    assert find_groups(blobs(number), named(), NONE) == []


def test_groups_are_named_and_the_largest_is_first() -> None:
    found = find_groups(blobs(12, 30, 7), named(), NONE)
    assert [(each.kind, len(each.rows)) for each in found] == [("map", 30), ("receipt", 12), ("logo", 7)]
    assert sorted(found[1].rows) == list(range(12))
    assert all(each.agreement > 0.9 for each in found)


def test_what_is_like_nothing_else_is_in_no_group() -> None:
    images = np.vstack([blobs(20, 20), AXES[40:44]])
    assert {row for each in find_groups(images, named(), NONE) for row in each.rows} == set(range(40))


def test_the_most_typical_image_is_first() -> None:
    images = np.vstack([blobs(20, 20), (AXES[0] + 0.6 * AXES[50])[None]])
    (receipts,) = [each for each in find_groups(images, named(), NONE) if 0 in each.rows]
    assert receipts.rows[-1] == 40


def test_images_of_one_kind_are_a_group_beside_others() -> None:
    images = blobs(0, 12)
    (group,) = find_groups(images, named(), blobs(20, 0, 20))
    assert (group.kind, len(group.rows)) == ("map", 12)


def test_copies_of_one_image_are_one_group() -> None:
    images = np.repeat(AXES[:1], MIN_SIZE, axis=0)
    assert [len(each.rows) for each in find_groups(images, named(), NONE)] == [MIN_SIZE]


def test_a_model_of_few_numbers_has_groups_too() -> None:
    images = blobs(10, 10)[:, :8]
    found = find_groups(images, {name: each[:, :8] for name, each in named().items()}, NONE[:, :8])
    assert [len(each.rows) for each in found] == [10, 10]


def test_of_many_images_a_part_is_clustered_and_the_others_join(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MAX_CLUSTERED", 60)
    images = np.vstack([blobs(100, 80), -AXES[30:31]])
    found = [set(each.rows) for each in find_groups(images, named(), NONE)]
    assert found == [set(range(100)), set(range(100, 180))]


def test_every_kind_has_a_short_name_and_its_own_phrases() -> None:
    phrases = [phrase for each in KINDS.values() for phrase in each]
    assert len(set(phrases)) == len(phrases)
    assert all(phrases and len(name) <= 24 for name in KINDS)
