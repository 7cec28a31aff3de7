"""A description of an image in words, and which words of a model are one."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MAX_CAPTION = 300
"""Characters. What a model writes beyond them is cut off at a word."""
MAX_RAW = 20_000
"""Characters of an answer that is considered at all."""

_THOUGHTS = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL | re.IGNORECASE)
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
"""A control sequence of terminals (ECMA-48)."""
_MARKUP = re.compile(r"<\s*(!doctype|html|head|body|script|\?xml)\b", re.IGNORECASE)
_PREAMBLE = re.compile(r"\W*(?:(?:sure|certainly|of course)[,!. ]+)?here(?: is|['’]s) [^:]{0,80}:\s*", re.IGNORECASE)
_TOKEN = re.compile(r"<\|?/?[a-z_]{1,20}\|?>|\[/?(?:INST|UNK|PAD|CLS|SEP)\]", re.IGNORECASE)
_MIN_LETTERS = 0.5
"""The share of letters, marks, digits and spaces in words of people; that of binary data is less."""


@dataclass(frozen=True, slots=True)
class Caption:
    """The words of a captioner for one image, or the reason why there are none."""

    text: str = ""
    why_not: str = ""


def clean_caption(raw: str) -> str:
    """Return what a model wrote as one line of printable text, or empty text if it is not a description.

    The text comes from outside and may be anything: control characters, markup, binary data.
    """
    if len(raw) > MAX_RAW or _MARKUP.search(raw):
        return ""
    text = _ESCAPE.sub("", _TOKEN.sub(" ", _THOUGHTS.sub(" ", raw)))
    text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    if found := _PREAMBLE.match(text):
        text = text[found.end() :]
    text = text.strip("\"'“”„»«*`# ")
    if len(text) > MAX_CAPTION:
        text = text[:MAX_CAPTION].rpartition(" ")[0] or text[:MAX_CAPTION]
    text = text.rstrip(" .…")
    readable = sum(unicodedata.category(sign)[0] in "LMNZ" for sign in text)
    has_word = any(sign.isalpha() for sign in text)
    return text if has_word and "\ufffd" not in text and readable >= _MIN_LETTERS * len(text) else ""
