"""Where known images are: filed, left alone or taken in, in the journal's own file and seen by another program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from snapsortd.domain.result import Known, Outcome
from snapsortd.journal import Journal
from snapsortd.journal.readonly import ReadOnlyFile
from snapsortd.journal.search_index import KnownPlace, SearchIndex
from tests.support.entries import INTENT, done

ONE, TWO = (bytes([number]) * 32 for number in range(2))
FILE = INTENT.identity
ODD = "/old/\udcff\n.png"


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "state" / "journal.sqlite3")


@pytest.fixture
def journal(path: str) -> Iterator[Journal]:
    with closing(Journal(path)) as one:
        yield one


def paths(found: Sequence[KnownPlace]) -> list[str]:
    return [each.path for each in found]


def test_an_image_that_was_taken_in_is_known_in_this_version_alone(journal: Journal) -> None:
    journal.search.take_in(ODD, ONE, FILE)
    assert journal.search.content_of(ODD, FILE) == ONE
    for other in (replace(FILE, size=FILE.size + 1), replace(FILE, mtime_ns=7)):
        assert journal.search.content_of(ODD, other) is None
    assert journal.search.content_of("/old/other.png", FILE) is None
    (place,) = journal.search.places_of(ONE)
    assert (place.path, place.size, place.mtime_ns, place.sha256) == (ODD, FILE.size, FILE.mtime_ns, ONE)
    journal.search.take_in(ODD, TWO, replace(FILE, mtime_ns=7))
    assert journal.search.places_of(ONE) == []
    assert [place.sha256 for place in journal.search.places_at(ODD)] == [TWO]


def test_filed_and_left_images_are_known_where_they_are_now(journal: Journal) -> None:
    filed = done(journal)
    assert paths(journal.search.places_of(filed.intent.sha256)) == [filed.intent.target]
    for name, outcome, sha256 in (
        ("left", Outcome.LEFT, ONE),
        ("shadow", Outcome.SHADOW, TWO),
        ("undone", Outcome.UNDONE, TWO),
        ("ignored", Outcome.IGNORED, b""),
    ):
        journal.remember(Known(f"/in/{name}.png", FILE, outcome, "", sha256=sha256))
    journal.search.take_in("/in/left.png", ONE, FILE)
    journal.search.take_in("/in/old.png", ONE, FILE)
    assert paths(journal.search.left()) == ["/in/left.png", "/in/shadow.png"]
    assert paths(journal.search.places_of(ONE)) == ["/in/left.png", "/in/old.png"]
    assert paths(journal.search.places_of(TWO)) == ["/in/shadow.png", "/in/undone.png"]


def test_both_versions_of_a_file_that_changed_after_it_was_left_alone_are_known(journal: Journal) -> None:
    newer = replace(FILE, mtime_ns=7)
    journal.remember(Known("/in/left.png", FILE, Outcome.LEFT, "", sha256=ONE))
    journal.search.take_in("/in/left.png", TWO, newer)
    found = journal.search.places_at("/in/left.png")
    assert {(place.sha256, place.mtime_ns) for place in found} == {(ONE, FILE.mtime_ns), (TWO, 7)}


def test_embeddings_are_those_of_one_checkpoint_in_a_lasting_order(journal: Journal) -> None:
    for sha256, checkpoint in ((TWO, "a model"), (ONE, "a model"), (ONE, "another")):
        journal.embeddings.remember(sha256, checkpoint, sha256[:4])
    assert list(journal.search.embeddings("a model")) == [(ONE, ONE[:4]), (TWO, TWO[:4])]


def test_another_program_sees_what_was_committed(journal: Journal, path: str) -> None:
    journal.remember(Known("/in/left.png", FILE, Outcome.LEFT, "", sha256=ONE))
    with closing(ReadOnlyFile(path)) as file:
        assert SearchIndex(file).left() == []
    journal.commit()
    with closing(ReadOnlyFile(path)) as file:
        assert paths(SearchIndex(file).left()) == ["/in/left.png"]
