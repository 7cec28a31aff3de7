"""Rendering in snapsortctl: times, durations, sizes, tables."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from click import unstyle

from snapsortd.ctl.output.render import arrow, duration, entry_note, pad, undo_line, undo_row
from snapsortd.ctl.output.tables import table
from snapsortd.ctl.times import parse_moment
from snapsortd.domain.text import size_words
from tests.support.fake_control import ENTRY

pytestmark = pytest.mark.pure

NOW = datetime(2026, 11, 23, 16, 42, 10, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2h", "2026-11-23T14:42:10+02:00", id="hours ago"),
        pytest.param("90 min", "2026-11-23T15:12:10+02:00", id="minutes ago"),
        pytest.param("1w", "2026-11-16T16:42:10+02:00", id="a week ago"),
        pytest.param("today", "2026-11-23T00:00:00+02:00", id="today"),
        pytest.param("Yesterday", "2026-11-22T00:00:00+02:00", id="yesterday"),
        pytest.param("2026-11-20T10:00:00+01:00", "2026-11-20T10:00:00+01:00", id="with an offset"),
    ],
)
def test_parse_moment(text: str, expected: str) -> None:
    assert parse_moment(text, NOW).isoformat() == expected


def test_parse_moment_takes_local_times() -> None:
    assert parse_moment("2026-11-20 10:30", NOW) == datetime(2026, 11, 20, 10, 30).astimezone()


@pytest.mark.parametrize("text", ["", "soon", "2x", "-2h", "2026-13-01", "h"])
def test_parse_moment_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_moment(text, NOW)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min 0 s"), (3_600, "1 h 0 min"), (100_000, "1 d 3 h")],
)
def test_duration(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


@pytest.mark.parametrize(
    ("size", "expected"), [(0, "0 bytes"), (999, "999 bytes"), (1_500, "1.5 kB"), (2e6, "2.0 MB"), (3e9, "3.0 GB")]
)
def test_size(size: float, expected: str) -> None:
    assert size_words(size) == expected


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        pytest.param("/in/a.png", "/out/a.png", "/in/a.png → /out/", id="keeps its name"),
        pytest.param("/in/a.png", "/out/b.png", "/in/a.png → /out/b.png", id="new name"),
        pytest.param("/in/a.png", "/in/b.png", "/in/a.png → /in/b.png", id="renamed in place"),
        pytest.param("/in/a.png", "/a.png", "/in/a.png → /", id="to the root"),
    ],
)
def test_arrow(source: str, target: str, expected: str) -> None:
    assert arrow(source, target) == expected


def test_table_lines_up_wide_characters() -> None:
    assert [line.split("|")[0] for line in table(("A", "B"), [("写真", "|x"), ("a", "|y")])][1:] == ["写真  ", "a     "]
    assert [pad("写真", 6), pad("a", 6)] == ["写真  ", "a     "]


def test_table_shows_names_as_they_are_and_in_full() -> None:
    name = f"[bold]{'a' * 4000}[/bold] :smile: \\[x]"
    head, row = table(("ID", "NAME"), [("1", name)])
    assert (head, row) == ("ID  NAME", f"1   {name}")


def test_numbers_are_right_aligned() -> None:
    assert list(table(("LABEL", "N"), [("a", "1"), ("b", "100")], numeric=True)) == [
        "LABEL    N",
        "a        1",
        "b      100",
    ]


@pytest.mark.parametrize(
    ("kind", "action", "target", "tags", "said", "note"),
    [
        pytest.param("move", "move", "/in/a.png", (), "moved /out/a.png → /in/", "→ /in/", id="move"),
        pytest.param("trash", "trash", "/in/a.png", (), "moved /out/a.png → /in/", "→ /in/", id="trash"),
        pytest.param("copy", "copy", "/in/a.png", (), "removed /out/a.png", "removed", id="copy"),
        pytest.param("symlink", "symlink", "/in/a.png", (), "removed /out/a.png", "removed", id="link"),
        pytest.param("tag", "tag", "/out/a.png", ("x", "y"), "untagged /out/a.png x y", "untagged x y", id="tag"),
        pytest.param("undo", "copy", "/in/a.png", (), "copied /out/a.png → /in/", "→ /in/", id="redo-of-a-copy"),
        pytest.param("undo", "tag", "/out/a.png", ("x",), "tagged /out/a.png x", "tagged x", id="redo-of-tags"),
        pytest.param("redo", "copy", "/in/a.png", (), "removed /out/a.png", "removed", id="undo-of-a-redone-copy"),
        pytest.param(
            "redo", "tag", "/out/a.png", ("x",), "untagged /out/a.png x", "untagged x", id="undo-of-redone-tags"
        ),
    ],
)
def test_what_an_undo_or_redo_did_is_named(
    kind: str, action: str, target: str, tags: tuple[str], said: str, note: str
) -> None:
    done = {"id": 7, "kind": kind, "action": action, "done": True, "reason": ""}
    result = done | {"from": "/out/a.png", "to": target, "tags": tags}
    words = unstyle(undo_line(result, dry_run=False)).split()
    assert words.pop(1) == "7"
    assert " ".join(words) == said
    assert undo_row(result) == ("a.png", note), "where that is too long"


@pytest.mark.parametrize(
    ("lost", "more", "note"),
    [
        pytest.param(["mode"], {}, "mode could not be kept there; undo restores it", id="one"),
        pytest.param(["2 attributes"], {}, "2 attributes could not be kept there; undo restores them", id="several"),
        pytest.param(
            ["mode", "owner", "1 attribute"],
            {},
            "mode, owner and 1 attribute could not be kept there; undo restores them",
            id="list",
        ),
        pytest.param(["mode"], {"kind": "copy"}, "mode could not be kept there", id="the original of a copy has it"),
        pytest.param(
            ["mode"], {"reversed_by": 13}, "reversed by 13, mode could not be kept there", id="restored already"
        ),
    ],
)
def test_what_a_move_lost_is_named(lost: list[str], more: dict[str, object], note: str) -> None:
    assert entry_note(ENTRY | {"reversed_by": None, "lost": lost} | more) == f"  ({note})"
