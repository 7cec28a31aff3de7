"""Test every placeholder: its value, its default, and the message if it is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from snapsortd.domain.decision import PATH_MARK
from snapsortd.domain.errors import TemplateError
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.image import Classification, FileFacts, ImageFacts
from snapsortd.domain.image_text import ImageText, TextLine
from snapsortd.rules.filters import Facts
from snapsortd.rules.parse_template import parse_destination, parse_name, parse_words
from snapsortd.rules.placeholder_values import values_of
from snapsortd.rules.transliterate import to_ascii

pytestmark = pytest.mark.pure

FILE = FileFacts(
    path="/in/Trips/Rome/Été 1.JPG",
    root="/in",
    identity=FileIdentity(1, 2, 3_412_096, 4),
    created=datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC),
    modified=datetime(2025, 1, 2, tzinfo=UTC),
    format="jpeg",
    urls=("https://images.example.org/a/b.jpg", "https://example.org/"),
    added=datetime(2025, 3, 4, tzinfo=UTC),
)
EXIF = {"Make": "NIKON CORPORATION", "Model": "NIKON D750 ", "LensModel": "50mm f/1.8"}
IMAGE = ImageFacts(6000, 4000, datetime.fromisoformat("2023-12-31T23:59"), 3, exif=EXIF)
SIGHT = Classification({"receipt": 0.876, "photo": 0.124}, b"", IMAGE, "embedded")
BARE = replace(SIGHT, image=ImageFacts(10, 10))
GROUPS = {"number": "42"}
TEXT = ImageText((TextLine("REWE a/b"), TextLine("SUMME EUR 23,40"), TextLine("11.10.2026")))


def facts_of(file: FileFacts, seen: Classification, text: ImageText) -> Facts:
    return Facts(file, seen, frozenset(), FILE.created, text=text)


def values(**changes: Any) -> dict[str, object]:
    return values_of(facts_of(replace(FILE, **changes), SIGHT, TEXT), "Bills", GROUPS)


def bare(**changes: Any) -> dict[str, object]:
    """Return the values of an image without metadata."""
    return values_of(facts_of(replace(FILE, urls=(), path="/in/a", **changes), BARE, ImageText()), "Bills", {})


@pytest.mark.parametrize(
    ("placeholder", "text"),
    [
        ("name", "Été 1"),
        ("ext", "JPG"),
        ("label", "receipt"),
        ("score", "0.87"),
        ("margin", "0.75"),
        ("rule", "Bills"),
        ("created", "2024-05-06"),
        ("created:%H:%M", "07:08"),
        ("modified", "2025-01-02"),
        ("added", "2025-03-04"),
        ("taken", "2023-12-31"),
        ("taken:%Y", "2023"),
        ("taken:%Y|undated", "2023"),
        ("parent", "Rome"),
        ("relative", "Trips/Rome"),
        ("camera", "NIKON D750"),
        ("camera|unknown", "NIKON D750"),
        ("width", "6000"),
        ("height", "4000"),
        ("megapixels", "24.0"),
        ("format", "jpeg"),
        ("size", "3.4 MB"),
        ("frames", "3"),
        ("host", "images.example.org"),
        ("regex.number", "42"),
        ("exif.LensModel", "50mm f/1.8"),
        ("exif.lensmodel", "50mm f/1.8"),
        ("name!ascii", "Ete 1"),
        ("name!lower", "été 1"),
        ("text.line", "REWE a/b"),
        ("text.line!lower", "rewe a/b"),
        ("text.date", "2026-10-11"),
        ("text.date:%Y|undated", "2026"),
        ("text.amount", "23.40"),
        ("name!ascii|x", "Ete 1"),
        ("taken:%d %B!ascii", "31 December"),
    ],
)
def test_a_placeholder(placeholder: str, text: str) -> None:
    assert parse_words(f"<{{{placeholder}}}>", path=False).fill(values()) == f"<{text}>"


@pytest.mark.parametrize(
    "placeholder", ["ext", "camera", "host", "regex.number", "exif.LensModel", "exif.Model!ascii", "text.date"]
)
def test_what_there_is_nothing_for(placeholder: str) -> None:
    with pytest.raises(TemplateError, match="no value for") as caught:
        parse_words(f"{{{placeholder}}}", path=False).fill(bare())
    assert "give it a default" in caught.value.hint
    assert parse_words(f"<{{{placeholder}|un known}}>", path=False).fill(bare()) == "<un known>"
    assert parse_words(f"<{{{placeholder}|}}>", path=False).fill(bare()) == "<>"


def test_an_image_without_a_date_is_of_the_day_of_its_file_unless_there_is_a_default() -> None:
    assert parse_words("{taken:%Y}", path=False).fill(bare()) == "2024"
    assert parse_words("{taken:%Y|undated}", path=False).fill(bare()) == "undated"
    for year, expected in ((2019, "2019"), (1980, "2024"), (1970, "2024")):  # a copy keeps it; others are zeros
        modified = datetime(year, 1, 1, tzinfo=UTC)
        assert parse_words("{taken:%Y}", path=False).fill(bare(modified=modified)) == expected


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        pytest.param("Canon", "Canon EOS R6", "Canon EOS R6", id="maker-in-the-model"),
        pytest.param("Apple", "iPhone 15", "Apple iPhone 15", id="maker-added"),
        pytest.param("", "D750", "D750", id="no-maker"),
        pytest.param("Sony", " ", "Sony", id="no-model"),
        pytest.param("", "", "", id="nothing"),
    ],
)
def test_the_name_of_a_camera(make: str, model: str, camera: str) -> None:
    assert ImageFacts(1, 1, exif={"Make": make, "Model": model}).camera == camera


@pytest.mark.parametrize(
    ("root", "path", "place"),
    [
        pytest.param("/in", "/in/a/b/x.png", "/r/a/b/x.png", id="several"),
        pytest.param("/in/", "/in/a/x.png", "/r/a/x.png", id="slash"),
        pytest.param("/in", "/in/x.png", "/r/x.png", id="none"),
        pytest.param("/in", "/inbox/a/x.png", "/r/x.png", id="elsewhere"),
        pytest.param("/", "/a/x.png", "/r/a/x.png", id="top"),
        pytest.param("/in", "/in/a\nb/..x/x.png", "/r/a_b/..x/x.png", id="odd"),
        pytest.param("/in", "/in/../x.png", "/r/_/x.png", id="never-up"),
        pytest.param("/in", "/in/. ./x.png", "/r/_/x.png", id="dots"),
    ],
)
def test_relative_folders(root: str, path: str, place: str) -> None:
    found = values(root=root, path=path)
    assert parse_destination("/r/{relative}/").fill(found).preferred_path == place


def test_relative_folders_in_ascii_stay_as_many() -> None:
    found = values(path="/in/℀/é/x.png")
    assert parse_destination("/r/{relative!ascii}/").fill(found).folders == ("a_c", "e")
    assert parse_destination("/r/{relative|top}/").fill(values(path="/in/x.png")).folders == ("top",)


def test_an_empty_default_leaves_the_folder_out() -> None:
    assert parse_destination("/r/{camera|}/{label}/").fill(bare()).preferred_path == "/r/receipt/a"


@pytest.mark.parametrize(
    ("text", "first", "tenth"),
    [
        pytest.param("{counter}.{ext}", "1.JPG", "10.JPG", id="plain"),
        pytest.param("x{counter:03}.{ext}", "x001.JPG", "x010.JPG", id="three"),
        pytest.param("{counter:01}.{ext}", "1.JPG", "10.JPG", id="one"),
        pytest.param("{label}.{ext}", "receipt.JPG", "receipt 10.JPG", id="none"),
    ],
)
def test_counters(text: str, first: str, tenth: str) -> None:
    for names in (parse_destination(f"/r/{text}").fill(values()).names, parse_name(text).fill(values())):
        assert (names.nth(1), names.nth(10)) == (first, tenth)


@pytest.mark.parametrize(
    ("text", "path", "name"),
    [
        pytest.param("{taken:%Y-%m-%d} {name!ascii}.{ext}", FILE.path, "2023-12-31 Ete 1.JPG", id="usual"),
        pytest.param("{name}.{ext|png}", "/in/a", "a.png", id="default-suffix"),
        pytest.param("{name}.{ext}", "/in/a", "a", id="no-suffix"),
        pytest.param("{name}.{ext!ascii}", "/in/a.é", "a.e", id="ascii-suffix"),
        pytest.param("{exif.LensModel}.{ext}", FILE.path, "50mm f_1.8.JPG", id="slash-in-a-value"),
        pytest.param("{name!ascii}.{ext}", "/in/℀.png", "a_c.png", id="slash-from-ascii"),
    ],
)
def test_a_new_name(text: str, path: str, name: str) -> None:
    assert parse_name(text).fill(values(path=path)).nth(1) == name


def test_a_name_is_never_empty() -> None:
    with pytest.raises(TemplateError, match="would be empty"):
        parse_name("{camera|}.{ext}").fill(bare())


def test_the_path_stays_open_and_nothing_can_stand_for_it() -> None:
    template = parse_words("{name}: {path}", path=True, verbatim=True)
    assert template.fill(values(path=f"/in/{PATH_MARK}{{path}}.png")) == f"_path_{{path}}: {PATH_MARK}"


def test_control_characters_stay_in_arguments_alone() -> None:
    odd = values(path="/in/a\nb/c.png")
    assert parse_words("{parent}", path=False).fill(odd) == "a_b"
    assert parse_words("{parent}", path=True, verbatim=True).fill(odd) == "a\nb"


def test_words_may_hold_slashes() -> None:
    assert parse_words("{taken:%d/%m}/{camera|a/b}", path=False).fill(bare()) == "06/05/a/b"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("/r/{camera!asci}/", "has the unknown conversion '!asci'; did you mean 'ascii'?", id="form"),
        pytest.param("/r/{camera|x!ascii}/", "write {camera!ascii|x}", id="order"),
        pytest.param("/r/{amount}/", "did you mean {text.amount}?", id="amount"),
        pytest.param("/r/{text.lines}/", "did you mean {text.line}?", id="text"),
        pytest.param("/r/{camera|a/b}/", "the default 'a/b' contains a '/'", id="slash-in-a-default"),
        pytest.param("/r/{camera|{name}}/", "'{camera' has no '}' at its end", id="nested"),
        pytest.param("/r/x{relative}/", "put it between slashes", id="relative-and-more"),
        pytest.param("/r/{relative}.{ext}", "{relative} is a folder", id="relative-file"),
        pytest.param(
            "/r/{regex.nubmer}/", "no regex of this rule has the group 'nubmer'; did you mean 'number'?", id="g"
        ),
        pytest.param("/r/{exif.}/", "there is no EXIF tag ''", id="exif-nothing"),
        pytest.param("/r/{exif.Modle}/", "there is no EXIF tag 'Modle'; did you mean 'Model'?", id="exif-near"),
        pytest.param("/r/{Camera}/", "unknown placeholder {Camera}; did you mean {camera}?", id="case"),
        pytest.param("/r/{counter:3}.{ext}", "write {counter}, or {counter:03} for 001", id="counter-format"),
        pytest.param("/r/{counter|1}.{ext}", "{counter} takes only a number of digits", id="counter-default"),
        pytest.param("/r/{path}/", "only run and notify accept it", id="path"),
        pytest.param("/r/{path}.{ext}", "only run and notify accept it", id="path-file"),
        pytest.param("/r/{width:5}/", "{width} takes no format", id="format"),
    ],
)
def test_what_is_refused(text: str, problem: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse_destination(text, ("number",))
    assert problem in str(caught.value)


@pytest.mark.parametrize("placeholder", ["path|x", "path!ascii", "counter"])
def test_what_words_refuse(placeholder: str) -> None:
    with pytest.raises(TemplateError):
        parse_words(f"{{{placeholder}}}", path=True)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Straße", "Strasse"),
        ("smørrebrød", "smorrebrod"),
        ("Æon œuvre", "Aeon oeuvre"),
        ("Łódź", "Lodz"),
        ("über", "uber"),
        ("e\u0301te\u0301", "ete"),
        ("か\u3099", "ga"),
        ("Москва", "Moskva"),
        ("Ελλάδα", "Ellada"),
        ("東京 1", "DongJing 1"),
        ("a — ‘b’ “c”", "a - 'b' 'c'"),
        ("ﬁ …", "fi ..."),
        ("½ ／：？", "1_2 ___"),
        ("caf\udce9", "caf"),
        ("\udce9", "_"),
        ("💥", "_boom_"),
        ("👍🏽", "_thumbsup_"),
        ("é 09:30 a/b\n", "e 09:30 a/b\n"),
        ("", ""),
    ],
)
def test_ascii(text: str, plain: str) -> None:
    assert to_ascii(text) == plain


@given(st.text(), st.text())
@example("\0/\x7f\x85", "\ud800/")
def test_ascii_is_printable_and_never_leaves_its_part_of_a_path(parent: str, name: str) -> None:
    spelled = to_ascii(name)
    assert spelled.isascii()
    assert bool(spelled) is bool(name)
    assert set(spelled) & set('/\\:*?"<>|\0\x7f') <= set(name)
    found = {"parent": parent or "x", "name": name or "x", "ext": "png"}
    destination = parse_destination("/r/{parent!ascii}/{name!ascii}.{ext}").fill(found)
    for part in (*destination.folders, destination.names.nth(1)):
        assert part.isascii()
        assert part.isprintable()
        assert "/" not in part


@pytest.mark.parametrize("url", ["http://[broken", "", "data:image/png;base64,AA", "not a url"])
def test_an_odd_address_has_no_host(url: str) -> None:
    assert not values(urls=(url,))["host"]
