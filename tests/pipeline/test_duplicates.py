"""Images filed before are found again, on a real journal and real files, as long as they still exist unchanged."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from pathlib import Path
from struct import pack, unpack

import pytest

from snapsortd.domain.decision import ActionKind
from snapsortd.domain.embedding import sketch, unit_vector
from snapsortd.domain.entry import Entry
from snapsortd.domain.image import Classification, ImageFacts
from snapsortd.files.answering import Answering
from snapsortd.files.copy import hash_fd
from snapsortd.journal import Selection
from snapsortd.pipeline import search_moved
from snapsortd.pipeline.duplicates import DuplicateFinder, Found
from snapsortd.pipeline.search_moved import MovedImages
from snapsortd.pipeline.undo import redo, undo
from snapsortd.rules.duplicates_wanted import Wanted, wanted
from snapsortd.rules.filters import DuplicateFilter, Filter, GpsFilter, Not
from snapsortd.rules.rule import Rule
from tests.support.filing import PIXELS, Filing, identity_of
from tests.support.images_seen import seen

EXACT = Wanted(exact=True)
BOTH = Wanted(exact=True, near=True)
NOTHING = Found()


def embedding(seed: int, other: int = 0, part: float = 0.0) -> bytes:
    """Return a distinct direction for each seed, slightly rotated towards that of another."""
    return pack("<64e", *(a + part * b for a, b in zip(_gauss(seed), _gauss(other), strict=True)))


def _gauss(seed: int) -> list[float]:
    noise = random.Random(seed)
    return [noise.gauss() for _ in range(64)]


def classification(looks: bytes, model: str = "embedded") -> Classification:
    return Classification({"photo": 1.0}, looks, ImageFacts(4, 3), model)


class Filed:
    """File images as the pipeline does, and search for them."""

    def __init__(self, filing: Filing) -> None:
        self.filing = filing
        self.duplicates = DuplicateFinder(filing.journal, Answering())

    def file(self, path: Path, looks: bytes, kind: ActionKind = ActionKind.MOVE, model: str = "embedded") -> Entry:
        entry = self.filing.file(path, self.filing.action(path, kind))
        self.duplicates.remember(entry, classification(looks, model))
        return entry

    def find(self, path: Path, looks: bytes, asked: Wanted = BOTH, model: str = "embedded") -> Found:
        fd = os.open(path, os.O_RDONLY)
        try:
            return self.duplicates.find(str(path), identity_of(path), hash_fd(fd), classification(looks, model), asked)
        finally:
            os.close(fd)


@pytest.fixture
def filed(filing: Filing) -> Filed:
    return Filed(filing)


@pytest.mark.parametrize("kind", [ActionKind.MOVE, ActionKind.COPY])
def test_a_filed_image_is_found_by_its_content_and_by_its_looks(filed: Filed, kind: ActionKind) -> None:
    entry = filed.file(filed.filing.image("a.png"), embedding(1), kind)
    found = filed.find(filed.filing.image("b.png"), embedding(1))
    assert (found.twin, found.likeness[0]) == (entry.intent.target, entry.intent.target)
    assert found.likeness[1] == pytest.approx(1, abs=1e-4)


def test_only_what_is_asked_for_is_looked_up(filed: Filed) -> None:
    filed.file(filed.filing.image("a.png"), embedding(1))
    again = filed.filing.image("b.png")
    assert filed.find(again, embedding(1), Wanted()) == NOTHING
    assert filed.find(again, embedding(1), Wanted(exact=True)).likeness == ("", 0.0)
    assert filed.find(again, embedding(1), Wanted(near=True)).twin == ""


def test_the_likeness_is_the_cosine(filed: Filed) -> None:
    filed.file(filed.filing.image("a.png", b"1"), embedding(1))
    filed.file(filed.filing.image("b.png", b"2"), embedding(2))
    one, other = unpack("<64e", embedding(1)), unpack("<64e", embedding(1, 3, 0.4))
    product = sum(a * b for a, b in zip(one, other, strict=True))
    lengths = (sum(a * a for a in one) * sum(b * b for b in other)) ** 0.5
    found = filed.find(filed.filing.image("c.png", b"3"), embedding(1, 3, 0.4))
    assert found.twin == ""
    assert found.likeness[0] == str(filed.filing.sorted / "a.png")
    assert found.likeness[1] == pytest.approx(product / lengths, abs=1e-4)
    assert 0.85 < found.likeness[1] < 0.97


def test_another_content_is_no_twin(filed: Filed) -> None:
    filed.file(filed.filing.image("a.png"), embedding(1))
    assert filed.find(filed.filing.image("b.png", PIXELS + b"x"), embedding(1)).twin == ""


def test_looks_are_compared_within_one_model_and_length(filed: Filed) -> None:
    filed.file(filed.filing.image("a.png"), embedding(1), model="another")
    assert filed.find(filed.filing.image("b.png"), embedding(1)).likeness == ("", 0.0)
    filed.file(filed.filing.image("c.png"), embedding(1))
    assert filed.find(filed.filing.image("b.png"), embedding(1)[:64]).likeness == ("", 0.0)


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"other")])
def test_what_is_no_longer_there_as_it_was_filed_is_passed_over(filed: Filed, spoil: object) -> None:
    first = filed.file(filed.filing.image("a.png"), embedding(1))
    second = filed.file(filed.filing.image("a.png"), embedding(1))
    again = filed.filing.image("b.png")
    assert filed.find(again, embedding(1)).twin == second.intent.target
    assert callable(spoil)
    spoil(Path(second.intent.target))
    found = filed.find(again, embedding(1))
    assert (found.twin, found.likeness[0]) == (first.intent.target, first.intent.target)
    spoil(Path(first.intent.target))
    assert replace(filed.find(again, embedding(1)), gone="") == NOTHING


def test_a_twin_is_found_where_a_person_has_moved_it(filed: Filed) -> None:
    sorted_ = filed.filing.sorted
    for name in ("a.png", "b.png"):
        image = filed.filing.image(name, name.encode())
        filed.filing.file(image, filed.filing.action(image, folders=("2026", "trip")))
    (sorted_ / "2026" / "trip").rename(sorted_ / "2026" / "Lisbon")
    for name in ("a.png", "b.png"):
        twin = filed.find(filed.filing.image(f"again {name}", name.encode()), embedding(1)).twin
        assert twin == str(sorted_ / "2026" / "Lisbon" / name)
    (sorted_ / "2026" / "Lisbon").rename(filed.filing.inbox / "elsewhere")
    found = filed.find(filed.filing.inbox / "again a.png", embedding(1), EXACT)
    assert found == Found(gone=str(sorted_ / "2026" / "trip" / "a.png"))
    reason = DuplicateFilter().check(seen(gone_twin=found.gone)).reason
    assert reason == f"no filed image has the same content, as {found.gone} had, which is in no folder that is known"


def test_two_new_images_are_never_twins_of_each_other(filed: Filed) -> None:
    """Each would be trashed because of the other, which lies in a watched folder below a known one."""
    filing = filed.filing
    Path(filed.file(filing.image(), embedding(1)).intent.target).unlink()
    one, two = filing.image("one.png"), filing.image("two.png")
    for watched in (((str(filing.inbox), False),), ()):
        moved = MovedImages((str(filing.inbox),), watched)
        filed.duplicates = DuplicateFinder(filing.journal, Answering(), moved)
        found = (filed.find(one, embedding(1), EXACT).twin, filed.find(two, embedding(1), EXACT).twin)
        assert found == (("", "") if watched else (str(two), str(one)))


def test_that_it_cannot_be_found_is_reported(filed: Filed, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(filed.file(filed.filing.image("a.png"), embedding(1)).intent.target).rename(filed.filing.sorted / "z.png")
    monkeypatch.setattr(search_moved, "MAX_SEARCHED", 0)
    found = filed.find(filed.filing.image("b.png"), embedding(1), EXACT)
    assert (found.twin, "could be searched" in found.lost) == ("", True)
    verdict = DuplicateFilter().check(seen(lost_twin=found.lost))
    assert (verdict.matched, verdict.fact) == (None, found.lost)


def test_what_was_undone_is_not_filed_and_what_was_redone_is(filed: Filed) -> None:
    entry = filed.file(filed.filing.image("a.png"), embedding(1))
    again = filed.filing.image("b.png")
    journal, mover = filed.filing.journal, filed.filing.mover
    assert [each.done for each in undo(journal, mover, [entry])] == [True]
    assert filed.find(again, embedding(1)) == NOTHING
    assert [each.done for each in redo(journal, mover, journal.redoable(Selection()))] == [True]
    found = filed.find(again, embedding(1))
    assert (found.twin, found.likeness[0]) == (entry.intent.target, entry.intent.target)


def test_an_image_is_no_duplicate_of_itself(filed: Filed) -> None:
    entry = filed.file(filed.filing.image("a.png"), embedding(1))
    assert filed.find(Path(entry.intent.target), embedding(1)) == NOTHING


def test_an_image_is_no_duplicate_of_its_own_copy(filed: Filed) -> None:
    image = filed.filing.image("a.png")
    filed.file(image, embedding(1), ActionKind.COPY)
    assert filed.find(image, embedding(1)) == NOTHING


def test_a_hard_link_is_no_duplicate(filed: Filed) -> None:
    entry = filed.file(filed.filing.image("a.png"), embedding(1))
    link = filed.filing.inbox / "b.png"
    os.link(entry.intent.target, link)
    assert filed.find(link, embedding(1)) == NOTHING


def test_what_is_in_the_trash_is_not_filed(filed: Filed) -> None:
    filed.file(filed.filing.image("a.png"), embedding(1), ActionKind.TRASH)
    assert filed.find(filed.filing.image("b.png"), embedding(1)) == NOTHING


@pytest.mark.parametrize("looks", [bytes(128), pack("<64e", *[float("nan")] * 64), b""])
def test_an_embedding_without_a_direction_is_like_nothing(filed: Filed, looks: bytes) -> None:
    filed.file(filed.filing.image("a.png"), looks)
    found = filed.find(filed.filing.image("b.png"), looks)
    assert (found.twin != "", found.likeness) == (True, ("", 0.0))


def test_the_nearest_of_many_is_found(filed: Filed) -> None:
    entry = filed.file(filed.filing.image("a.png"), embedding(0))
    journal, known = filed.filing.journal, filed.filing.journal.similar_images
    for number in range(1, 250):
        other = journal.shadow(entry.intent)
        known.remember(other.id, "embedded", sketch(unit_vector(embedding(number))), embedding(number))
    found = filed.find(filed.filing.image("b.png", b"b"), embedding(0, 900, 0.3))
    assert found.likeness[0] == entry.intent.target
    near = known.nearest("embedded", sketch(unit_vector(embedding(0, 900, 0.3))), 3)
    assert near[0] == entry.id
    assert len(near) == 3


def test_what_is_known_outlives_a_restart(filing: Filing) -> None:
    entry = Filed(filing).file(filing.image("a.png"), embedding(1))
    filing.restart()
    assert Filed(filing).find(filing.image("b.png"), embedding(1)).likeness[0] == entry.intent.target


@pytest.mark.parametrize(
    ("filters", "enabled", "expected"),
    [
        pytest.param((GpsFilter(),), True, Wanted(), id="neither"),
        pytest.param((DuplicateFilter(),), True, Wanted(exact=True), id="exact"),
        pytest.param((DuplicateFilter(0.97),), True, Wanted(near=True), id="near"),
        pytest.param((GpsFilter(), Not(DuplicateFilter())), True, Wanted(exact=True), id="not"),
        pytest.param((Not(Not(DuplicateFilter(0.9))),), True, Wanted(near=True), id="not-not"),
        pytest.param((DuplicateFilter(), DuplicateFilter(0.9)), True, BOTH, id="both"),
        pytest.param((DuplicateFilter(),), False, Wanted(), id="switched-off"),
    ],
)
def test_what_the_rules_ask_for(filters: tuple[Filter, ...], enabled: bool, expected: Wanted) -> None:
    assert wanted([Rule("a", (), filters, enabled=enabled), Rule("b", ())]) == expected
