"""Test that destinations are parsed strictly, and that no file name leads out of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsortd.domain.errors import TemplateError
from snapsortd.domain.names import MAX_NAME_BYTES, split_name
from snapsortd.rules.parse_template import parse_destination

pytestmark = pytest.mark.pure

VALUES: Mapping[str, object] = {
    "name": "IMG_1",
    "ext": "JPG",
    "label": "receipt",
    "score": 0.876,
    "created": datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC),
    "modified": datetime(2025, 1, 2, tzinfo=UTC),
    "taken": datetime.fromisoformat("2023-12-31T23:59"),
    "rule": "Receipts",
}


def shown(text: str, **values: object) -> str:
    return parse_destination(text).fill({**VALUES, **values}).preferred_path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        pytest.param("/r/", "/r/IMG_1.JPG", id="folder"),
        pytest.param("/r", "/r/IMG_1.JPG", id="folder-without-slash"),
        pytest.param("/", "/IMG_1.JPG", id="top"),
        pytest.param("//r///s//", "/r/s/IMG_1.JPG", id="doubled-slashes"),
        pytest.param("/r/{label}", "/r/receipt/IMG_1.JPG", id="placeholder-folder"),
        pytest.param("/{label}/{rule}/", "/receipt/Receipts/IMG_1.JPG", id="no-fixed-root"),
        pytest.param("/r/{taken:%Y-%m}/", "/r/2023-12/IMG_1.JPG", id="date-format"),
        pytest.param("/r/{created}/{modified}/", "/r/2024-05-06/2025-01-02/IMG_1.JPG", id="default-format"),
        pytest.param("/r/{created:%H:%M %%}/", "/r/07:08 %/IMG_1.JPG", id="colon-and-percent"),
        pytest.param("/r/{score}/{ext}/", "/r/0.87/JPG/IMG_1.JPG", id="score-and-ext-folder"),
        pytest.param("/r/{name}.{ext}", "/r/IMG_1.JPG", id="file"),
        pytest.param("/r/{label} {name}.x.{ext}", "/r/receipt IMG_1.x.JPG", id="file-with-text"),
        pytest.param("/r/{counter}.{ext}", "/r/1.JPG", id="counter"),
        pytest.param("/r/{{x}}/{{{name}}}.{ext}", "/r/{x}/{IMG_1}.JPG", id="literal-braces"),
        pytest.param("/r/foo.png/", "/r/foo.png/IMG_1.JPG", id="folder-named-like-a-file"),
        pytest.param("/r/Photos.2024", "/r/Photos.2024/IMG_1.JPG", id="folder-with-a-dot"),
    ],
)
def test_a_destination(text: str, path: str) -> None:
    assert shown(text) == path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        pytest.param("/r/{regex.a}.{ext}", "/r/_-n.JPG", id="name"),
        pytest.param("/r/{regex.a}/", "/r/_-n/-IMG.JPG", id="folder-and-own-name"),
        pytest.param("/r/{regex.none|}{regex.a}/", "/r/_-n/-IMG.JPG", id="behind-nothing"),
        pytest.param("/r/{label}{regex.a}.{ext}", "/r/receipt--n.JPG", id="within"),
        pytest.param("/r/{counter}{regex.a}.{ext}", "/r/1--n.JPG", id="behind-a-number"),
        pytest.param("/r/-{regex.a}.{ext}", "/r/---n.JPG", id="by-the-rule"),
        pytest.param("/r/{name}{regex.a}.{ext}", "/r/-IMG--n.JPG", id="its-own"),
    ],
)
def test_no_value_makes_a_name_that_looks_like_an_option(text: str, path: str) -> None:
    assert shown(text, name="-IMG", **{"regex.a": "--n"}) == path


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("", "is not absolute", id="empty"),
        pytest.param("r/", "is not absolute", id="relative"),
        pytest.param("/r/\0/", "contains a NUL character", id="nul"),
        pytest.param("~/r/", "is not absolute", id="not-expanded-here"),
        pytest.param("/r/{nmae}/", "unknown placeholder {nmae}; did you mean {name}?", id="unknown"),
        pytest.param("/r/{}/", "unknown placeholder {}", id="nothing"),
        pytest.param("/r/{name/", "'{name' has no '}' at its end", id="open"),
        pytest.param("/r/name}/", "'name' has no '{' at its start", id="close"),
        pytest.param("/r/{label:x}/", "{label} takes no format", id="format"),
        pytest.param("/r/{taken:}/", "'' is not a valid date format", id="empty-date-format"),
        pytest.param("/r/{taken:YYYY}/", "'YYYY' is not a valid date format", id="date-format-without-a-code"),
        pytest.param("/r/{taken:%Q}/", "'%Q' is not a valid date format", id="unknown-code"),
        pytest.param("/r/{taken:%Y%}/", "'%Y%' is not a valid date format", id="lone-percent"),
        pytest.param("/r/{taken:%Y/%m}/", "write {taken:%Y}/{taken:%m}", id="slash-in-a-date"),
        pytest.param("/r/../s/", "'..' is not allowed in a destination", id="parent"),
        pytest.param("/r/..", "'..' is not allowed in a destination", id="parent-last"),
        pytest.param("/r/./s/", "'.' is not allowed in a destination", id="dot"),
        pytest.param("/r/{name}{ext}", "must end with '.{ext}'", id="ext-without-dot"),
        pytest.param("/r/{ext}", "end a folder named {ext} with a '/'", id="ext-alone"),
        pytest.param("/r/{name}.{ext}.bak", "must end with '.{ext}'", id="ext-in-the-middle"),
        pytest.param("/r/{ext}.{ext}", "must end with '.{ext}'", id="ext-twice"),
        pytest.param("/r/.{ext}", "the file name is empty", id="no-stem"),
        pytest.param("/r/{counter}/", "{counter} numbers files", id="counter-folder"),
        pytest.param("/r/{name} {counter}", "{counter} numbers files", id="counter-in-what-is-a-folder"),
        pytest.param("/r/{counter}{counter}.{ext}", "{counter} may appear only once", id="counter-twice"),
        pytest.param("/r/foo.png", "looks like a file name", id="file-name"),
        pytest.param("/r/{name}.JPG", "looks like a file name", id="placeholder-file-name"),
    ],
)
def test_a_bad_destination_says_why(text: str, problem: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse_destination(text)
    assert problem in str(caught.value)


def test_the_root_is_what_comes_before_the_first_placeholder() -> None:
    destination = parse_destination("/a/b/{label}/c/").fill(VALUES)
    assert (destination.root, destination.folders) == ("/a/b", ("receipt", "c"))


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a.png", ("a", "png")),
        ("a.tar.gz", ("a.tar", "gz")),
        ("a", ("a", "")),
        ("a.", ("a.", "")),
        (".png", (".png", "")),
        ("...png", ("...png", "")),
        (".a.png", (".a", "png")),
        ("a.\udcff", ("a", "\udcff")),
        ("a." + "x" * 40, ("a." + "x" * 40, "")),
    ],
)
def test_a_name_is_split(name: str, parts: tuple[str, str]) -> None:
    assert split_name(name) == parts


@pytest.mark.parametrize(
    ("name", "path"),
    [
        pytest.param("..", "/r/_/.. x.JPG", id="parent"),
        pytest.param("a/b", "/r/a_b/a_b x.JPG", id="slash"),
        pytest.param("a\nb\x1b\x7f\x00", "/r/a_b___/a_b___ x.JPG", id="control-characters"),
        pytest.param("~", "/r/~/~ x.JPG", id="tilde"),
        pytest.param("$HOME {label}", "/r/$HOME {label}/$HOME {label} x.JPG", id="never-expanded"),
        pytest.param("-rf", "/r/-rf/-rf x.JPG", id="dash"),
        pytest.param("x. . ", "/r/x/x. .  x.JPG", id="trailing-dots-and-spaces"),
        pytest.param("caf\udce9", "/r/caf\udce9/caf\udce9 x.JPG", id="not-utf8"),
    ],
)
def test_a_hostile_name_lands_inside(name: str, path: str) -> None:
    assert shown("/r/{name}/{name} x.{ext}", name=name) == path


def test_the_files_own_name_is_kept_as_it_is() -> None:
    assert shown("/r/", name="a\nb ~ $HOME {name} ", ext="") == "/r/a\nb ~ $HOME {name} "


def test_a_file_without_a_suffix_gets_no_dot() -> None:
    assert shown("/r/{name}.{ext}", ext="") == "/r/IMG_1"


def test_numbers_go_where_the_counter_stands_even_in_the_longest_name() -> None:
    names = parse_destination("/r/{name}-{counter}.{ext}").fill({**VALUES, "name": "é" * 125}).names
    assert len({names.nth(number) for number in (1, 2, 10, 99_999)}) == 4
    assert names.nth(99_999).endswith("-99999.JPG")
    assert max(len(names.nth(number).encode()) for number in (1, 99_999)) <= MAX_NAME_BYTES


NAMES = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("/.~ \0{}$\udc80\udcff"), min_size=1, max_size=300
)
TEMPLATES = st.sampled_from(
    [
        "/base/",
        "/base/{name}/",
        "/base/{label}/{name}.{ext}",
        "/base/{ext}/{name}{counter}.{ext}",
        "/base/{rule}{name}/{name} {name}.{ext}",
        "/base/.{name}/{name}.{name}.{ext}",
        "/base/{label}/x/{counter}{label}.{ext}",
    ]
)


@given(TEMPLATES, NAMES, NAMES, NAMES, st.integers(1, 10**7))
def test_no_name_ever_leaves_the_root(text: str, file_name: str, label: str, rule: str, number: int) -> None:
    name, ext = split_name(file_name)
    values = {**VALUES, "name": name, "ext": ext or "png", "label": label, "rule": rule}
    destination = parse_destination(text).fill(values)
    assert destination.root == "/base"
    for part in (*destination.folders, destination.names.nth(number)):
        assert part not in ("", ".", "..")
        assert "/" not in part
        assert "\0" not in part
        assert len(part.encode("utf-8", "surrogateescape")) <= MAX_NAME_BYTES


@given(NAMES)
def test_two_numbers_give_two_names(file_name: str) -> None:
    name, ext = split_name(file_name)
    for text in ("/r/", "/r/{name}{counter}.{ext}"):
        names = parse_destination(text).fill({**VALUES, "name": name, "ext": ext}).names
        assert names.nth(1) != names.nth(2) != names.nth(12)


@given(NAMES.filter(lambda name: name not in ("", ".", "..") and not set(name) & set("/\0")))
def test_a_move_to_a_folder_keeps_every_name_that_a_file_can_have(file_name: str) -> None:
    if len(file_name.encode("utf-8", "surrogateescape")) <= MAX_NAME_BYTES:
        name, ext = split_name(file_name)
        assert parse_destination("/r/").fill({**VALUES, "name": name, "ext": ext}).names.nth(1) == file_name
