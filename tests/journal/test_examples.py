"""What persons told about images: the last word counts, an undo withdraws it, and what is forgotten is gone."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from snapsortd.domain.entry import EntryKind
from snapsortd.domain.example import Example, Source
from snapsortd.domain.image_text import ImageText, TextLine
from snapsortd.journal import Journal
from tests.support.entries import INTENT, caused, done

HASHES = [bytes([number]) * 32 for number in range(4)]
EMBEDDING = b"the embedding of one image"


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "state" / "journal.sqlite3")


@pytest.fixture
def journal(path: str) -> Iterator[Journal]:
    with closing(Journal(path, clock=lambda: 7.0)) as one:
        yield one


def told(sha256: bytes, label: str, **how: Any) -> Example:
    return replace(Example(sha256, label, Source.CORRECTED), **how)


def labels(journal: Journal) -> list[tuple[bytes, str, bool]]:
    return [(each.sha256, each.label, each.is_not) for each in journal.examples.in_effect()]


def test_the_last_word_on_an_image_counts_and_is_there_after_a_restart(journal: Journal, path: str) -> None:
    one, two, *_ = HASHES
    name = "/inbox/\udcff.png"
    journal.examples.add([told(one, "receipt", path=name, batch=3), told(two, "meme")])
    before = journal.examples.version("a model")
    journal.examples.add([told(one, "receipt", is_not=True)])
    assert journal.examples.version("a model") != before
    journal.close()
    with closing(Journal(path)) as again:
        assert labels(again) == [(two, "meme", False), (one, "receipt", True)]
        about = again.examples.about(two)
        assert about is not None
        assert (about.at, about.source) == (7.0, Source.CORRECTED)
        assert [each.path for each in again.examples.of_batch(3)] == [name]
        assert again.new_batch() == 4


def test_undo_withdraws_the_example_of_its_batch_and_redo_brings_it_back(journal: Journal) -> None:
    sha256 = INTENT.sha256
    journal.examples.add([told(sha256, "receipt")])
    journal.examples.add([told(sha256, "meme", batch=1), told(HASHES[0], "meme", batch=1)])
    filed = done(journal)
    back = replace(caused(batch=2), kind=EntryKind.UNDO, reverses=filed.id)
    undone = done(journal, back)
    assert sorted(labels(journal)) == [(HASHES[0], "meme", False), (sha256, "receipt", False)]
    done(journal, replace(caused(batch=3), kind=EntryKind.REDO, reverses=undone.id))
    assert sorted(labels(journal)) == [(HASHES[0], "meme", False), (sha256, "meme", False)]


def test_embeddings_of_images_that_nobody_told_anything_about(journal: Journal) -> None:
    for sha256 in HASHES:
        journal.embeddings.remember(sha256, "a model", sha256[:2])
    journal.embeddings.remember(HASHES[0], "another", b"xy")
    journal.examples.add([told(HASHES[1], "meme", batch=1)])
    assert journal.embeddings.of_untold("a model", 10) == [HASHES[number][:2] for number in (0, 2, 3)]
    assert journal.embeddings.of(HASHES[0], "another") == b"xy"
    assert journal.embeddings.of(HASHES[1], "another") is None
    journal.examples.withdraw([each.id for each in journal.examples.of_batch(1)])
    assert len(journal.embeddings.of_untold("a model", 10)) == 4


@pytest.mark.parametrize("everything", [False, True])
def test_what_is_forgotten_is_in_no_file_of_the_journal(journal: Journal, path: str, everything: bool) -> None:
    kept, gone = HASHES[0], INTENT.sha256
    secret = EMBEDDING * 30
    filed = done(journal)
    journal.similar_images.remember(filed.id, "a model", 1, secret)
    for sha256, embedding in ((kept, b"kept" * 30), (gone, secret)):
        journal.embeddings.remember(sha256, "a model", embedding)
        journal.examples.add([told(sha256, f"label of {embedding[:4].decode()}")])
        journal.search.take_in(f"/old/{embedding[:24].decode()}", sha256, INTENT.identity)
        journal.captions.store(sha256, "llava", f"a picture of {embedding[:24].decode()}")
        journal.texts.store(sha256, ImageText((TextLine(f"text with {embedding[:24].decode()}"),)))
    files = [path, path + "-wal"]
    assert any(EMBEDDING in Path(file).read_bytes() for file in files)
    journal.erasure.erase(None if everything else [gone])
    for file in files:
        content = Path(file).read_bytes()
        assert EMBEDDING not in content, os.path.basename(file)
        assert b"label of the" not in content
    assert len(journal.examples.in_effect()) == (0 if everything else 1)
    assert (journal.embeddings.of(kept, "a model") is None) is everything
    journal.examples.add([told(gone, "again")])


@pytest.mark.parametrize("everything", [False, True])
def test_a_deletion_that_was_interrupted_is_finished(journal: Journal, path: str, everything: bool) -> None:
    """The index keeps parts of words until it is merged; the next process does that."""
    for sha256, text in ((HASHES[0], "Quittung"), (HASHES[1], "Screenshot")):
        journal.texts.store(sha256, ImageText((TextLine(text),)))
        journal.commit()
    journal.erasure.begin(None if everything else [HASHES[0]])
    assert _in_index(path, "qui")
    journal.close()
    with closing(Journal(path)) as again:
        for _ in range(2):
            again.erasure.resume()
            again.embeddings.remember(HASHES[0], "a model", EMBEDDING)
        assert len(again.texts.search("screenshot", 9)) == (0 if everything else 1)
        assert again.embeddings.of(HASHES[0], "a model") == EMBEDDING, "the second time, nothing is left to do"
        again.commit()
        assert not _in_index(path, "qui")


def test_what_is_forgotten_from_a_large_journal_is_gone_and_others_write_meanwhile(journal: Journal, path: str) -> None:
    """Thousands of embeddings and texts: pages were split, and the index of texts has several parts."""
    everyone = [hashlib.sha256(str(number).encode()).digest() for number in range(600)]
    secret = {each: hashlib.shake_256(each).digest(768) for each in everyone}
    for number, each in enumerate(everyone):
        journal.embeddings.remember(each, "a model", secret[each])
        if number % 5 == 0:
            journal.texts.store(each, ImageText((TextLine(secret[each][:300].hex()),)))
            journal.commit()
    gone, kept = everyone[::30], everyone[1::30]
    journal.erasure.begin(gone)
    with ThreadPoolExecutor() as pool:
        others = pool.submit(lambda: [journal.examples.add([told(each, "meme")]) for each in kept])
        journal.erasure.finish(gone)
        others.result()
    journal.commit()
    content = b"".join(Path(file).read_bytes() for file in (path, path + "-wal"))
    for each in gone:
        assert not any(secret[each][start : start + 24] in content for start in (0, 300, 700))
        assert journal.texts.search(secret[each][:300].hex(), 1) == []
    assert [each.sha256 for each in journal.examples.in_effect()] == kept
    assert all(journal.embeddings.of(each, "a model") == secret[each] for each in kept)
    found = journal.texts.search(secret[everyone[10]][:300].hex(), 2)
    assert [each.sha256 for each in found] == [everyone[10]]
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(DISTINCT segid) FROM texts_index_idx").fetchone() == (1,)
    journal.erasure.erase(None)
    content = b"".join(Path(file).read_bytes() for file in (path, path + "-wal"))
    assert not any(vector[start : start + 24] in content for vector in secret.values() for start in (0, 700))


def _in_index(path: str, part: str) -> bool:
    """Return whether the index of texts has a part of a word."""
    with closing(sqlite3.connect(path)) as db:
        return any(part.encode() in block for (block,) in db.execute("SELECT block FROM texts_index_data"))
