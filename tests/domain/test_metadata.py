"""Lost metadata as the journal stores it, and in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsortd.domain.errors import JournalError
from snapsortd.domain.metadata import ACCESS_LIST, NO_METADATA, Metadata, metadata_from_json

pytestmark = pytest.mark.pure

NAMES = st.binary(min_size=1, max_size=20).map(lambda name: "user." + name.decode("utf-8", "surrogateescape"))
IDS = st.none() | st.integers(0, 2**32)
TIMES = st.none() | st.tuples(st.integers(-(2**70), 2**70), st.integers(-(2**70), 2**70))


@given(
    st.builds(
        Metadata,
        mode=IDS,
        uid=IDS,
        gid=IDS,
        times=TIMES,
        rounded=st.booleans(),
        attributes=st.dictionaries(NAMES, st.binary(max_size=50), max_size=3),
    )
)
def test_the_journal_gives_back_what_it_stored(metadata: Metadata) -> None:
    text = metadata.to_json()
    assert metadata_from_json(text) == metadata
    assert bool(text) == bool(metadata)
    assert text.isascii()


@pytest.mark.parametrize("text", ["{", "[]", "1", '{"mood": 1}', '{"attributes": {"a": 1}}', '{"times": [1]}'])
def test_a_damaged_text_is_a_damaged_journal(text: str) -> None:
    with pytest.raises(JournalError, match="damaged"):
        metadata_from_json(text)


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        pytest.param(NO_METADATA, (), id="nothing"),
        pytest.param(Metadata(mode=0o640, uid=0), ("mode", "owner"), id="root's"),
        pytest.param(Metadata(gid=7, times=(1, 2)), ("group", "times"), id="group and times"),
        pytest.param(Metadata(times=(1, 2), rounded=True), (), id="nobody misses a fraction of a second"),
        pytest.param(Metadata(attributes={ACCESS_LIST: b"", "a": b""}), ("access list", "1 attribute"), id="an ACL"),
        pytest.param(Metadata(attributes={"a": b"", "b": b""}), ("2 attributes",), id="attributes"),
    ],
)
def test_what_was_lost_in_words(metadata: Metadata, words: tuple[str, ...]) -> None:
    assert metadata.words == words
