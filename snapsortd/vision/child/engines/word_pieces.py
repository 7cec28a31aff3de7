"""Split texts into the word pieces of BERT, as the embedded model needs them, without the package `tokenizers`.

That package would bring the client of the Hugging Face Hub: 36 MB with all that it needs. The ids are the same
(`tests/vision/test_word_pieces.py`). Sources: arxiv.org/abs/1609.08144 on word pieces, and the documentation of
`tokenizers` on `BertNormalizer`, `BertPreTokenizer` and `WordPiece`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

_NORMALIZER = {
    "type": "BertNormalizer",
    "clean_text": True,
    "handle_chinese_chars": True,
    "strip_accents": None,
    "lowercase": True,
}
_SPLITTER = {"type": "BertPreTokenizer"}
_TEMPLATE = ["SpecialToken", "Sequence", "SpecialToken"]
_IDEOGRAPHS = re.compile(
    r"([\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002a6df\U0002a700-\U0002b81f\U0002b920-\U0002ceaf"
    r"\U0002f800-\U0002fa1f])"
)
"""Each is a word of its own."""


class WordPieces:
    """The vocabulary of a tokenizer.json."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        """Raise KeyError if a part is missing."""
        model, post = content["model"], content["post_processor"]
        self.ids: dict[str, int] = {each["content"]: each["id"] for each in content["added_tokens"]}
        self._special = re.compile("|".join(map(re.escape, self.ids)) or r"(?!)")
        self.ids |= model["vocab"]
        self._unknown = self.ids[model["unk_token"]]
        self._prefix, self._longest = model["continuing_subword_prefix"], model["max_input_chars_per_word"]
        first, _, last = (next(iter(each.values()))["id"] for each in post["single"])
        self._first, self._last = (post["special_tokens"][each]["ids"] for each in (first, last))

    def encode(self, text: str, longest: int) -> list[int]:
        """Return the ids of a text, at most `longest`, with those that mark its beginning and end."""
        found, start = [], 0
        for special in self._special.finditer(text):
            found += [*self._ids(text[start : special.start()]), self.ids[special[0]]]
            start = special.end()
        found += self._ids(text[start:])
        return [*self._first, *found[: longest - len(self._first) - len(self._last)], *self._last]

    def _ids(self, text: str) -> list[int]:
        return [each for word in _words(text) for each in self._pieces(word)]

    def _pieces(self, word: str) -> list[int]:
        """Return the ids of the longest pieces from left to right, or that of an unknown word."""
        found, start = [], 0
        while start < len(word) <= self._longest:
            prefix = self._prefix if start else ""
            ends = (end for end in range(len(word), start, -1) if prefix + word[start:end] in self.ids)
            if (end := next(ends, None)) is None:
                break
            found.append(self.ids[prefix + word[start:end]])
            start = end
        return found if start == len(word) else [self._unknown]


def are_word_pieces(content: Mapping[str, Any]) -> bool:
    """Return whether a tokenizer.json asks for exactly what this module does."""
    single = (content.get("post_processor") or {}).get("single") or ()
    return (
        (content.get("model") or {}).get("type") == "WordPiece"
        and content.get("normalizer") == _NORMALIZER
        and content.get("pre_tokenizer") == _SPLITTER
        and [next(iter(each), None) for each in single] == _TEMPLATE
    )


def _words(text: str) -> Iterator[str]:
    """Yield the words and punctuation marks, lower case and without accents."""
    text = "".join(" " if each.isspace() else each for each in text if each in "\t\n\r" or _is_printed(each))
    text = unicodedata.normalize("NFD", _IDEOGRAPHS.sub(r" \1 ", text))
    text = "".join(each.lower() for each in text if unicodedata.category(each) != "Mn")
    for run in text.split():
        word = ""
        for each in run:
            if _is_punctuation(each):
                yield from (word, each) if word else (each,)
                word = ""
            else:
                word += each
        if word:
            yield word


def _is_printed(character: str) -> bool:
    return character != "\ufffd" and unicodedata.category(character) not in ("Cc", "Cf", "Co", "Cs")


def _is_punctuation(character: str) -> bool:
    """Return whether it is a mark by itself: of ASCII all but letters and digits, else what Unicode says."""
    if character.isascii():
        return character.isprintable() and not character.isalnum()
    return unicodedata.category(character).startswith("P")
