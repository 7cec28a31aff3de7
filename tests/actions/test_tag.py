"""Tags are added to the existing ones, and exactly the added ones are removed again."""

from __future__ import annotations

import os

import pytest

from snapsortd.domain.decision import ActionKind
from snapsortd.domain.entry import EntryKind, Method
from snapsortd.domain.errors import LeftAlone, MoveRefused
from snapsortd.files.tags import FINDER, XDG, missing_tags, wanted_tags, with_tags, without_tags
from tests.support.filing import PIXELS, Filing, identity_of
from tests.support.mounting import mounted
from tests.support.trees import TAGS, look, reasons, undo_all

TAG = ActionKind.TAG


@pytest.mark.parametrize(
    ("before", "words", "after", "taken_back"),
    [
        pytest.param(b"", ("a", "b"), b"a,b", b"", id="none before"),
        pytest.param(b"mine, a ,", ("a", "b"), b"mine, a ,,b", b"mine, a ,", id="kept as it is written"),
        pytest.param(b"\xff", ("a",), b"\xff,a", b"\xff", id="no UTF-8"),
    ],
)
def test_tags_are_added_and_exactly_those_taken_back(
    filing: Filing, before: bytes, words: tuple[str, ...], after: bytes, taken_back: bytes
) -> None:
    image = filing.image()
    image.chmod(0o440)
    if before:
        os.setxattr(image, TAGS, before)
    stood = identity_of(image)
    entry = filing.file(image, filing.action(image, TAG, words=words))
    assert (entry.intent.kind, entry.intent.method, entry.intent.keep_source) == (EntryKind.TAG, Method.TAG, True)
    assert entry.intent.source == entry.intent.target == str(image)
    assert os.getxattr(image, TAGS) == after
    with pytest.raises(LeftAlone, match="already"):
        filing.file(image, filing.action(image, TAG, words=words))
    os.setxattr(image, TAGS, after + b",later")
    assert reasons(undo_all(filing)) == [""]
    assert os.getxattr(image, TAGS) == (taken_back + b",later").lstrip(b",")
    assert identity_of(image) == stood


def test_tags_and_then_a_move(filing: Filing) -> None:
    """After a kill between the two, the image does not count as processed."""
    image = filing.image()
    filing.file(image, filing.action(image, TAG, words=("a",)))
    assert filing.journal.recall(str(image), identity_of(image), "any") is None
    filing.file(image)
    assert set(reasons(undo_all(filing, dry_run=True))) == {""}
    assert set(reasons(undo_all(filing))) == {""}
    assert look(filing) == {"inbox/a.png": PIXELS}


def test_tags_of_a_changed_image_stay(filing: Filing) -> None:
    image = filing.image()
    filing.file(image, filing.action(image, TAG, words=("a",)))
    image.write_bytes(b"changed")
    assert "changed since" in reasons(undo_all(filing))[0]
    assert os.getxattr(image, TAGS) == b"a"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_disk_without_attributes_takes_no_tags(filing: Filing) -> None:
    with mounted(filing.sorted, "-t", "ramfs", "none"):
        image = filing.sorted / "a.png"
        image.write_bytes(PIXELS)
        with pytest.raises(MoveRefused, match="does not support tags"):
            filing.file(image, filing.action(image, TAG, words=("a",)))
    assert filing.journal.entries() == []


@pytest.mark.parametrize("attribute", [XDG, FINDER])
def test_tags_of_both_systems(attribute: str) -> None:
    raw = with_tags(b"", ("Red", "ä"), attribute)
    assert missing_tags(raw, ("Red", "ä", "new"), attribute) == ("new",)
    more = with_tags(raw, ("new", "Red"), attribute)
    assert without_tags(more, ("new",), attribute) == raw
    assert without_tags(raw, ("Red", "ä"), attribute) == b""
    assert wanted_tags(("a, b", "", "two\nlines", "a")) == ("a", "b", "two lines")


def test_a_colour_of_the_finder_is_no_part_of_the_name() -> None:
    raw = with_tags(b"", ("Red\n6",), FINDER)
    assert missing_tags(raw, ("Red",), FINDER) == ()


@pytest.mark.parametrize("raw", [b"bplist00garbage", with_tags(b"", ("a",), FINDER)[:-3], b"<plist><dict/></plist>"])
def test_what_is_no_list_of_tags_is_not_touched(raw: bytes) -> None:
    with pytest.raises(ValueError, match="not a"):
        with_tags(raw, ("a",), FINDER)
