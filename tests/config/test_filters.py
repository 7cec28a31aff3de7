"""Test filters in the configuration: each in short and long form and as `not …`, and every fault with its position."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import get_type_hints

import pytest

from snapsortd.config import load_config
from snapsortd.config.schema.filter_values import FORMATS
from snapsortd.config.schema.filters import Filters
from snapsortd.config.screenshot_names import screenshot_names
from snapsortd.domain.errors import ConfigError
from snapsortd.rules.filters import (
    AlphaFilter,
    AnimatedFilter,
    CameraFilter,
    Comparison,
    DateBound,
    DateFilter,
    DescriptionFilter,
    DimensionsFilter,
    DuplicateFilter,
    ExifFilter,
    Filter,
    FolderFilter,
    FormatFilter,
    GpsFilter,
    KnownNames,
    NameFilter,
    Not,
    RegexFilter,
    TextFilter,
    UrlFilter,
    WeekdayFilter,
    Words,
)
from snapsortd.vision.formats import sniff
from tests.support.crafted_images import sound

pytestmark = pytest.mark.pure

ENV = {"HOME": "/home/ann", "ODD": "/odd[1]*"}
TEXT = """\
version: 1
labels: {{receipt: a photo of a receipt}}
watch: [/w]
rules:
  - name: Rule
    filters:
      - {filter}
    actions: [move: /r/]
"""
YEAR_2024 = (datetime(2024, 1, 1), datetime(2025, 1, 1))  # noqa: DTZ001 (a clock on the wall)


def read(tmp_path: Path, written: str) -> Filter:
    path = tmp_path / "config.yaml"
    path.write_text(TEXT.format(filter=written), "utf-8")
    (found,) = load_config(str(path), ENV).rules[0].filters
    return found


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("name: {contains: KEEP}", NameFilter(containing=("KEEP",)), id="name-contains"),
        pytest.param(
            "name: {like: screenshot}",
            NameFilter(known=KnownNames("screenshot", screenshot_names())),
            id="name-like",
        ),
        pytest.param(
            "name: {is: a*, contains: [b, c], startswith: d, endswith: [e]}",
            NameFilter(("a*",), ("b", "c"), ("d",), ("e",)),
            id="name-all",
        ),
        pytest.param(r"regex: ^inv_(?P<number>\d+)", RegexFilter(r"^inv_(?P<number>\d+)"), id="regex"),
        pytest.param("regex: {is: '[a-z]{2}'}", RegexFilter("[a-z]{2}"), id="regex-long"),
        pytest.param("regex: '(a|aa)+b'", RegexFilter("(a|aa)+b"), id="regex-without-end"),
        pytest.param("format: JPG", FormatFilter(("jpeg",)), id="format-in-other-words"),
        pytest.param("format: [png, heif, raw]", FormatFilter(("png", "heic", "raw")), id="formats"),
        pytest.param("format: {is: pdf}", FormatFilter(("pdf",)), id="format-long"),
        pytest.param(
            'dimensions: {aspect: "16:9"}',
            DimensionsFilter(aspect=(Comparison("==", 16 / 9, "== 16:9", 0.01),)),
            id="aspect-alone",
        ),
        pytest.param(
            'dimensions: {aspect: ">= 1:1, < 1.5"}',
            DimensionsFilter(aspect=(Comparison(">=", 1, ">= 1:1", 0.01), Comparison("<", 1.5, "< 1.5", 0.01))),
            id="aspect-range",
        ),
        pytest.param(
            'dimensions: {megapixels: ">= 8, < 12.5MP"}',
            DimensionsFilter(megapixels=(Comparison(">=", 8, ">= 8"), Comparison("<", 12.5, "< 12.5MP"))),
            id="megapixels",
        ),
        pytest.param('date: "== 2024"', DateFilter((DateBound("==", *YEAR_2024, "== 2024"),)), id="date"),
        pytest.param(
            'date: {is: ">= 2024, <= 2024", of: taken}',
            DateFilter((DateBound(">=", *YEAR_2024, ">= 2024"), DateBound("<=", *YEAR_2024, "<= 2024")), "taken"),
            id="date-long",
        ),
        pytest.param("weekday: monday", WeekdayFilter(("Monday",)), id="weekday"),
        pytest.param("weekday: [sun, MON, Sunday]", WeekdayFilter(("Sunday", "Monday")), id="weekdays-as-written"),
        pytest.param(
            "weekday: Weekdays",
            WeekdayFilter(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")),
            id="monday-to-friday",
        ),
        pytest.param(
            "weekday: {is: weekend, of: taken}", WeekdayFilter(("Saturday", "Sunday"), "taken"), id="weekday-long"
        ),
        pytest.param(
            "weekday: {is: [weekend, fri], of: created}",
            WeekdayFilter(("Saturday", "Sunday", "Friday"), "created"),
            id="weekend-and-a-day",
        ),
        pytest.param("not weekday: wed", Not(WeekdayFilter(("Wednesday",))), id="not-weekday"),
        pytest.param("exif: GPSLatitude", ExifFilter((("GPSLatitude", ("*",)),)), id="exif-tag"),
        pytest.param("exif: [Make, model]", ExifFilter((("Make", ("*",)), ("Model", ("*",)))), id="exif-tags"),
        pytest.param(
            'exif: {Model: "iPhone*", FNumber: ["1.*", "2"]}',
            ExifFilter((("Model", ("iPhone*",)), ("FNumber", ("1.*", "2")))),
            id="exif-values",
        ),
        pytest.param("description: a car", DescriptionFilter(Words(all=("a car",))), id="description"),
        pytest.param(
            "description: {any: [car, truck], all: night, regex: 'c.r'}",
            DescriptionFilter(Words(any=("car", "truck"), all=("night",), pattern="c.r")),
            id="description-long",
        ),
        pytest.param('camera: "Canon*"', CameraFilter(("Canon*",)), id="camera"),
        pytest.param("camera: {is: [A, B]}", CameraFilter(("A", "B")), id="camera-long"),
        pytest.param("gps: true", GpsFilter(), id="gps"),
        pytest.param("gps: false", Not(GpsFilter()), id="no-gps"),
        pytest.param("not gps: true", Not(GpsFilter()), id="not-gps"),
        pytest.param("animated: true", AnimatedFilter(), id="animated"),
        pytest.param("alpha: true", AlphaFilter(), id="alpha"),
        pytest.param("duplicate: exact", DuplicateFilter(), id="exact"),
        pytest.param("duplicate: {near: 0.97}", DuplicateFilter(0.97), id="near"),
        pytest.param("not duplicate: {near: 1}", Not(DuplicateFilter(1)), id="not-the-same"),
        pytest.param('folder: "*/Screenshots/"', FolderFilter(("*/Screenshots",)), id="folder"),
        pytest.param('folder: ["~/a*", /]', FolderFilter(("/home/ann/a*", "/")), id="folder-home"),
        pytest.param('folder: "$ODD/*"', FolderFilter(("/odd[[]1][*]/*",)), id="variables-bring-no-pattern"),
        pytest.param("text: rewe", TextFilter(Words(all=("rewe",))), id="text"),
        pytest.param("not text: {contains: Total due}", Not(TextFilter(Words(all=("Total due",)))), id="not-text"),
        pytest.param(
            "text: {any: [rewe, Edeka], all: summe, contains: eur, regex: '(?P<n>[0-9]+)'}",
            TextFilter(Words(("rewe", "Edeka"), ("eur", "summe"), "(?P<n>[0-9]+)")),
            id="text-long",
        ),
        pytest.param('url: "*github.com*"', UrlFilter(("*github.com*",)), id="url"),
        pytest.param("url: {is: [https://a.org/b]}", UrlFilter(("https://a.org/b",)), id="url-whole"),
    ],
)
def test_a_filter_is_read(tmp_path: Path, written: str, expected: Filter) -> None:
    assert read(tmp_path, written) == expected


@pytest.mark.parametrize("written", ["text: rewe", "not text: rewe"])
def test_a_filter_on_text_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)  # as if it were not installed
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, written)
    assert caught.value.problems[0].endswith("install it: pip install 'snapsortd[text]'")


@pytest.mark.parametrize("name", [name for name in get_type_hints(Filters) if not name.startswith("not ")])
def test_every_filter_has_an_opposite(name: str) -> None:
    assert get_type_hints(Filters)[f"not {name}"] is get_type_hints(Filters)[name]


def test_a_rule_can_ask_for_every_detected_format() -> None:
    detected = {sniff(sound(kind)) for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIC")}
    assert detected <= set(FORMATS)


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        pytest.param("regx: a", "7:9: unknown key 'regx'; did you mean 'regex'?", id="name"),
        pytest.param("not gsp: true", "7:9: unknown key 'not gsp'; did you mean 'not gps'?", id="opposite"),
        pytest.param("name: {contain: x}", "7:16: unknown key 'contain'; did you mean 'contains'?", id="name-key"),
        pytest.param(
            "name: {}",
            "7:15: 'name': has no condition; give is, contains, startswith, endswith or like",
            id="empty-name",
        ),
        pytest.param(
            "regex: '(a'",
            "7:16: 'regex': '(a' is not a valid regular expression: missing ) at position 2",
            id="regex",
        ),
        pytest.param(
            "format: jpgg",
            "7:17: 'format': 'jpgg' is not a known format; did you mean 'jpeg'?",
            id="format",
        ),
        pytest.param(
            "format: [png, x]",
            "7:23: 'format' entry 2: 'x' is not a known format; "
            "known here: png, jpeg, webp, gif, bmp, tiff, heic, avif, jp2, jxl, raw, pdf",
            id="second-format",
        ),
        pytest.param(
            "dimensions: {aspect: '16:0'}",
            "7:30: 'aspect': '16:0' has a side of zero; write for example 16:9",
            id="aspect-of-nothing",
        ),
        pytest.param(
            "dimensions: {aspect: wide}",
            "7:30: 'aspect': 'wide' has no comparison operator; write for example \"> 1.5\"",
            id="aspect",
        ),
        pytest.param(
            "dimensions: {megapixels: 8}",
            "7:34: 'megapixels': must be text such as \">= 8\", not the number 8",
            id="megapixels",
        ),
        pytest.param('date: ">= 2024-13"', "7:15: 'date': '2024-13' is not in the calendar", id="month"),
        pytest.param('date: "== 9999"', "7:15: 'date': '9999' is not in the calendar", id="last-year"),
        pytest.param(
            'date: "< May 2024"',
            "7:15: 'date': 'May 2024' is not a valid date; write 2024, 2024-05, 2024-05-17 or 2024-05-17 09:30",
            id="date",
        ),
        pytest.param(
            "date: 2024-05-17",
            "7:15: 'date': '2024-05-17' has no comparison operator; write for example \">= 2024-01-01\"",
            id="bare-date",
        ),
        pytest.param(
            'date: {is: "> 2024", of: shot}',
            "7:34: 'of': must be 'added', 'created', 'modified' or 'taken', not the text 'shot'",
            id="date-of",
        ),
        pytest.param("exif: Modle", "7:15: 'exif': there is no EXIF tag 'Modle'; did you mean 'Model'?", id="exif-tag"),
        pytest.param(
            'exif: {Modle: "*"}',
            "7:16: 'Modle': there is no EXIF tag 'Modle'; did you mean 'Model'?",
            id="exif-tag-with-value",
        ),
        pytest.param(
            "exif: {Orientation: 6}",
            "7:29: 'Orientation': must be text, so put it in quotes: \"6\"",
            id="exif-number",
        ),
        pytest.param(
            "exif: {}", "7:15: 'exif': has no condition; write for example {Model: \"iPhone*\"}", id="exif-nothing"
        ),
        pytest.param(
            "exif: {Model: []}", "7:23: 'Model': is an empty list; it needs at least one text", id="exif-list"
        ),
        pytest.param("exif: [[Model]]", "7:15: 'exif': must be text such as GPSLatitude, not a list", id="exif-lists"),
        pytest.param("gps: yes", "7:14: 'gps': must be true or false, not the text 'yes'", id="gps"),
        pytest.param("animated:", "7:18: 'animated': must be true or false, not nothing", id="animated"),
        pytest.param(
            "duplicate: same", "7:20: 'duplicate': must be exact or {near: 0.97}, not the text 'same'", id="duplicate"
        ),
        pytest.param(
            "duplicate: {}", "7:20: 'duplicate': must be exact or {near: 0.97}, not a mapping", id="duplicate-nothing"
        ),
        pytest.param("duplicate: {ner: 0.97}", "7:21: unknown key 'ner'; did you mean 'near'?", id="duplicate-key"),
        pytest.param(
            "duplicate: {near: 0.5}",
            "7:27: 'near': must be between 0.9 (similar) and 1 (identical to the model), not 0.5",
            id="nearness",
        ),
        pytest.param(
            "duplicate: {near: 97%}",
            "7:27: 'near': must be a number, not the text '97%'; write 0.97",
            id="nearness-percent",
        ),
        pytest.param(
            "folder: Screenshots",
            "7:17: 'folder': 'Screenshots' matches no folder: paths begin with /; write */Screenshots",
            id="folder",
        ),
        pytest.param(
            "folder: $HOEM/x", "7:17: 'folder': the variable $HOEM is not set; did you mean 'HOME'?", id="variable"
        ),
        pytest.param("text: {any: []}", "7:21: 'any': is an empty list; it needs at least one text", id="no-text"),
        pytest.param("text: {}", "7:15: 'text': has no condition; give contains, any, all or regex", id="text-empty"),
        pytest.param(
            "text: {regex: '('}",
            "7:23: 'regex': '(' is not a valid regular expression: missing ) at position 1",
            id="text-regex",
        ),
        pytest.param(
            "url: github.com",
            "7:14: 'url': 'github.com' cannot match a whole address; write \"*github.com*\"",
            id="url",
        ),
        pytest.param(
            "description: {}",
            "7:22: 'description': has no condition; give contains, any, all or regex",
            id="description",
        ),
        pytest.param("camera: 5", "7:17: 'camera': must be text or a list of texts, not the number 5", id="camera"),
    ],
)
def test_a_fault_is_told_where_it_stands(tmp_path: Path, written: str, fault: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, written)
    assert caught.value.problems == (f"{tmp_path}/config.yaml:{fault}",)
