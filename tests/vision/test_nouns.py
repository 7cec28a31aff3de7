"""Nouns for photos: the narrowest that is sure, a wider one where it is not, none for what is no photo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from snapsortd.vision.checkpoint import find_checkpoint
from snapsortd.vision.child.engines.engine import Array, normalised
from snapsortd.vision.child.engines.kinds import Kinds
from snapsortd.vision.child.engines.nouns import NAME, Noun, Nouns, nouns_to_bytes, read_nouns
from snapsortd.vision.child.engines.towers import embed_texts

NOUNS = [
    Noun("thing", -1, said=False),
    Noun("animal", 0, said=True),
    Noun("tools", 0, said=False),
    Noun("cat", 1, said=True),
    Noun("dog", 1, said=True),
    Noun("saw", 2, said=True),
    Noun("axe", 2, said=True),
]
AXES = np.eye(8, dtype=np.float32)
ANIMAL, CAT, DOG, SAW, AXE, ELSE, DRAWN = (AXES[place] for place in range(7))
MIDDLE = np.zeros(8, np.float32)
KINDS = Kinds(np.stack([20 * DRAWN, MIDDLE]), np.array([0, 10], np.float32), np.stack([DRAWN, ELSE]))


def nouns(middle: Array = MIDDLE) -> Nouns:
    return Nouns(NOUNS, np.stack([ANIMAL, CAT, DOG, SAW, AXE]), middle, KINDS)


@pytest.mark.pure
@pytest.mark.parametrize(
    ("image", "noun"),
    [
        pytest.param(ANIMAL + CAT, "cat", id="the narrowest"),
        pytest.param(2 * ANIMAL + CAT + DOG, "animal", id="one of two: the wider one"),
        pytest.param(3 * ANIMAL + 1.02 * CAT + DOG, "animal", id="hardly more of one than of the other"),
        pytest.param(SAW, "saw", id="below one that is never said"),
        pytest.param(SAW + AXE, "", id="one that is never said"),
        pytest.param(ELSE, "", id="nothing that has a noun"),
        pytest.param(CAT + SAW, "", id="one of two that are not alike"),
        pytest.param(CAT + 1.5 * DRAWN, "", id="a drawing of a cat"),
    ],
)
def test_the_narrowest_noun_that_is_sure(image: Array, noun: str) -> None:
    assert nouns().of(normalised(image[None])) == [noun]


@pytest.mark.pure
def test_what_all_photos_have_in_common_speaks_for_nothing() -> None:
    images = normalised(np.stack([5 * SAW + CAT, 5 * SAW + DOG, 5 * SAW + AXE]))
    assert nouns().of(images) == ["saw"] * 3
    assert nouns(images.mean(axis=0)).of(images) == ["cat", "dog", "axe"]


@pytest.mark.pure
def test_a_file_of_nouns(tmp_path: Path) -> None:
    assert read_nouns(str(tmp_path)) is None
    path = tmp_path / NAME
    path.parent.mkdir()
    path.write_bytes(nouns_to_bytes(NOUNS, np.stack([ANIMAL, CAT, DOG, SAW, AXE]), MIDDLE, KINDS))
    found = read_nouns(str(tmp_path))
    assert found
    assert found.of(normalised(np.stack([ANIMAL + CAT, AXE, CAT + SAW]))) == ["cat", "axe", ""]
    path.write_bytes(path.read_bytes()[:-40])
    assert read_nouns(str(tmp_path)) is None


def test_the_nouns_of_the_embedded_model_are_embedded_by_its_own_text_tower() -> None:
    folder = find_checkpoint("embedded")
    found = read_nouns(folder)
    assert found
    tabby_cat = embed_texts(folder, ["tabby cat", "a photo of a tabby cat"], 1).mean(axis=0)
    assert found.vector("tabby cat") @ normalised(tabby_cat) > 0.99
