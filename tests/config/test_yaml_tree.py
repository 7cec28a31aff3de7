"""Test YAML that cannot be parsed, and YAML whose meaning may surprise its author."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsortd.config.yaml_tree import Node, YamlFault, read_tree

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("a:\n\t- b\n", "2:1 YAML cannot be indented with tabs; use spaces", id="tab"),
        pytest.param("ignore: [*.gif]\n", "1:11 text that starts with * or & needs quotes", id="glob"),
        pytest.param(
            "a: *b\n",
            "1:4 anchors (&) and aliases (*) are not supported; write the value in full, or quote it",
            id="alias",
        ),
        pytest.param(
            "a: &b 1\n",
            "1:4 anchors (&) and aliases (*) are not supported; write the value in full, or quote it",
            id="anchor",
        ),
        pytest.param(
            "a: !!python/object:os.system x\n",
            "1:4 tags (!) are not supported; put text that starts with ! in quotes",
            id="tag",
        ),
        pytest.param("a: @b\n", "1:4 text that starts with % @ or ` needs quotes", id="at"),
        pytest.param("size: > 20MB\n", "1:9 text that starts with > or | needs quotes", id="greater"),
        pytest.param("a: b: c\n", "1:5 unexpected ':'; check the indentation, or put the text in quotes", id="colon"),
        pytest.param("a: 'b\n", "1:4 this quote is never closed", id="quote"),
        pytest.param("a: 1\nb\nc: 2\n", "3:1 a ':' is missing on this line or the one before", id="no-colon"),
        pytest.param(
            "a: [b\nc: d\n", "2:2 a ']', '}' or ',' is missing, or text that contains one needs quotes", id="bracket"
        ),
        pytest.param("a: {b}/c\n", '1:4 text that starts with { needs quotes: "{b}/c"', id="placeholder"),
        pytest.param(
            "a:\n  - b\n c: d\n", "3:2 this line does not fit the lines above; check the indentation", id="indent"
        ),
        pytest.param(
            "{a: 1}: b\n", "1:1 a key must be text; put text that starts with { or [ in quotes", id="mapping-key"
        ),
        pytest.param(
            "a: 1\n---\nb: 1\n", "2:1 a second document starts here; a file may contain only one", id="documents"
        ),
        pytest.param("a: 1\nb: \x07\n", "2:4 a control character, which YAML does not allow", id="control"),
    ],
)
def test_a_fault_in_plain_words(text: str, fault: str) -> None:
    with pytest.raises(YamlFault) as caught:
        read_tree(text)
    assert f"{caught.value.fault.position} {caught.value.fault.message}" == fault


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 200_000, id="flow-lists"),
        pytest.param("{a: " * 100_000, id="flow-mappings"),
        pytest.param("- " * 100_000, id="block-lists"),
        pytest.param("\n".join(" " * n + "a:" for n in range(500)), id="block-mappings"),
    ],
)
def test_deep_nesting_ends_in_a_message(text: str) -> None:
    with pytest.raises(YamlFault, match="nested more than 24 levels deep"):
        read_tree(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("off", "off"),
        ("'true'", "true"),
        ("null", None),
        ("''", ""),
        ("12", 12),
        ("-3", -3),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        ("0x10", "0x10"),
        ("9" * 5000, "9" * 5000),
        ("<<", "<<"),
    ],
)
def test_a_scalar(text: str, value: object) -> None:
    read = read_tree(f"a: {text}\n")[0].plain()
    assert read == {"a": value}
    assert isinstance(read, dict)
    assert type(read["a"]) is type(value)


def test_positions_of_keys_and_values() -> None:
    root, faults = read_tree("a:\n  - b: 1\n    'c': [x, y]\n")
    assert not faults
    first = _child(_child(root, "a"), 0)
    assert str(first.position) == "2:5"
    assert str(_child(first, "c").key_position) == "3:5"
    assert str(_child(_child(first, "c"), 1).position) == "3:14"


def test_a_child_that_is_not_there() -> None:
    root, _ = read_tree("a: [1]\n")
    assert root.child("b") is None
    assert _child(root, "a").child(1) is None
    assert _child(root, "a").child(-1) is None
    assert _child(_child(root, "a"), 0).child("x") is None


@given(st.text(st.characters(codec="utf-8"), max_size=60) | st.text(" \n\t-:[]{}'\"#&*!|>%@a1?,~", max_size=40))
def test_any_text_gives_a_tree_or_a_fault_within_the_text(text: str) -> None:
    lines = text.count("\n") + text.count("\r") + text.count("\x85") + text.count("\u2028") + text.count("\u2029") + 1
    try:
        root, faults = read_tree(text)
    except YamlFault as error:
        faults = [error.fault]
    else:
        root.plain()
    assert all(1 <= fault.position.line <= lines + 1 and fault.message for fault in faults)


def _child(node: Node, step: str | int) -> Node:
    child = node.child(step)
    assert child is not None
    return child
