"""Examples of another computer are taken as they were exported, and anything else is refused."""

from __future__ import annotations

import struct
from base64 import b64encode
from typing import Any

import pytest

from snapsortd.domain.embedding import cosine
from snapsortd.domain.example import Example, Source
from snapsortd.pipeline.imported import MAX_EMBEDDING, MAX_LABEL, read_example
from snapsortd.pipeline.replies import example_to_json

pytestmark = pytest.mark.pure

EXAMPLE = Example(b"\xab" * 32, "receipt", Source.IMPORTED)


def embedded(*numbers: float) -> str:
    return b64encode(struct.pack(f"<{len(numbers)}e", *numbers)).decode()


@pytest.mark.parametrize("is_not", [False, True])
def test_what_was_exported_is_read(is_not: bool) -> None:
    told = Example(EXAMPLE.sha256, EXAMPLE.label, Source.CORRECTED, is_not, "/home/me/a.png", batch=7, at=8.0, id=9)
    read, embedding = read_example(example_to_json(told) | {"embedding": embedded(0.0, 1.0)})
    assert read == Example(EXAMPLE.sha256, EXAMPLE.label, Source.IMPORTED, is_not)
    assert embedding == struct.pack("<2e", 0, 1)
    assert read_example(example_to_json(told))[1] == b""


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"sha256": "ab"}, id="short hash"),
        pytest.param({"sha256": "a b" + "ab" * 30 + "a"}, id="hash with a space"),
        pytest.param({"sha256": 5}, id="hash of another type"),
        pytest.param({"label": ""}, id="no label"),
        pytest.param({"label": "x" * (MAX_LABEL + 1)}, id="long label"),
        pytest.param({"label": "\ud800"}, id="half a character"),
        pytest.param({"label": ["receipt"]}, id="label of another type"),
        pytest.param({"is_not": "false"}, id="text in place of true or false"),
        pytest.param({"is_not": None}, id="not said"),
        pytest.param({"embedding": 5}, id="embedding of another type"),
        pytest.param({"embedding": "AAA"}, id="not base64"),
        pytest.param({"embedding": "AAAA"}, id="odd length"),
        pytest.param({"embedding": embedded(float("nan"), 1.0)}, id="not a number"),
        pytest.param({"embedding": embedded(float("inf"), 1.0)}, id="infinite"),
        pytest.param({"embedding": embedded(0.0, 0.0)}, id="without direction"),
        pytest.param({"embedding": b64encode(b"\0<" * MAX_EMBEDDING).decode()}, id="huge"),
    ],
)
def test_anything_else_is_refused(other: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_example(example_to_json(EXAMPLE) | other)


@pytest.mark.parametrize("value", [None, [], "x", 5])
def test_what_is_no_object_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="object"):
        read_example(value)


def test_an_embedding_of_another_length_is_like_nothing() -> None:
    assert cosine((1.0, 0.0), struct.pack("<2e", 1, 0)) == 1
    assert [cosine((1.0, 0.0), b"\0<" * number) for number in (0, 1, 3)] == [0, 0, 0]
