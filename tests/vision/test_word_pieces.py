"""Word pieces are those of the package `tokenizers`, which the embedded model does without."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from snapsortd.vision.checkpoint import find_checkpoint
from snapsortd.vision.child.engines.shipped_texts import read_shipped
from snapsortd.vision.child.engines.word_pieces import WordPieces, are_word_pieces

pytestmark = pytest.mark.pure

FOLDER = find_checkpoint("embedded")
LONGEST = 64
SCRIPTS = "".join(map(chr, (*range(0x250), *range(0x370, 0x530), *range(0x5D0, 0x5EB), *range(0x900, 0x980))))
"""Latin, Greek, Cyrillic, Hebrew and Devanagari: `tokenizers` has the categories of Unicode 8, Python newer ones."""
IDEOGRAPHS = "一猫写真鿿㐀豈\U00020000\U0002a6df\U0002f800ア가각ꀀ"


@cache
def both() -> tuple[WordPieces, Tokenizer]:
    """Return ours, and theirs without its padding."""
    path = Path(FOLDER, "tokenizer.json")
    theirs = Tokenizer.from_file(str(path))
    theirs.no_padding()
    theirs.enable_truncation(LONGEST)
    return WordPieces(json.loads(path.read_bytes())), theirs


def assert_same(text: str) -> None:
    ours, theirs = both()
    assert ours.encode(text, LONGEST) == theirs.encode(text).ids


@given(st.text(alphabet=SCRIPTS + IDEOGRAPHS + "\u200b\u2028\u3000\ufffd\uff01😀", max_size=80))
@example("a photo of a [MASK], [SEP] and [sep]")
@example("ΣΟΦΟΣ İstanbul STRAßE ﬁn e\u0301te\u0301 naïve")
@example("x" * 100 + " " + "y" * 101)
@example("word " * 100)
def test_any_text_has_the_same_pieces(text: str) -> None:
    assert_same(text)


def test_each_character_within_a_word_has_the_same_pieces() -> None:
    for character in SCRIPTS + IDEOGRAPHS:
        assert_same(f"red{character}car")


def test_shipped_texts_have_the_same_pieces() -> None:
    texts = list(read_shipped(FOLDER))
    assert len(texts) > 20
    for text in texts:
        assert_same(text)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"model": {"type": "BPE"}}, id="pairs"),
        pytest.param({"normalizer": {"type": "BertNormalizer", "lowercase": False}}, id="case"),
        pytest.param({"normalizer": None}, id="as-it-is"),
        pytest.param({"pre_tokenizer": {"type": "Whitespace"}}, id="words"),
        pytest.param({"post_processor": None}, id="no-ends"),
    ],
)
def test_what_asks_for_anything_else_is_left_to_the_package(changed: dict[str, object]) -> None:
    content = json.loads(Path(FOLDER, "tokenizer.json").read_bytes())
    assert are_word_pieces(content)
    assert not are_word_pieces(content | changed)
