"""Captions: stored by content and captioner, written once, and gone when they are forgotten."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from snapsortd.journal import Journal


@pytest.mark.parametrize("everything", [False, True])
def test_a_caption_is_kept_by_content_and_captioner_until_it_is_forgotten(tmp_path: Path, everything: bool) -> None:
    path = str(tmp_path / "state" / "journal.sqlite3")
    with closing(Journal(path)) as journal:
        journal.captions.store(b"one", "llava", "a cat")
        journal.captions.store(b"one", "llava", "a dog")
        journal.captions.store(b"one", "blip", "an animal")
        journal.captions.store(b"two", "llava", "夜の赤い車")
    with closing(Journal(path)) as journal:
        assert journal.captions.of(b"one", "llava") == "a cat"
        assert journal.captions.of(b"one", "blip") == journal.captions.newest(b"one") == "an animal"
        assert journal.captions.of(b"two", "blip") is None
        journal.erasure.erase(None if everything else [b"one"])
        assert journal.captions.of(b"one", "llava") is journal.captions.of(b"one", "blip") is None
        assert (journal.captions.of(b"two", "llava") is None) is everything
        assert journal.captions.newest(b"one") == ""
