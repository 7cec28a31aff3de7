"""Test the filters on the name, folder, origin and dates of a file: the match, and the reason that is shown."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from snapsortd.config.schema.dates import date_bounds
from snapsortd.rules.filters import (
    DateFilter,
    DuplicateFilter,
    Filter,
    FolderFilter,
    NameFilter,
    Not,
    RegexFilter,
    UrlFilter,
    WeekdayFilter,
)
from tests.support.images_seen import seen

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("asked", "name", "matched"),
    [
        pytest.param(NameFilter(containing=("hot",)), "Shot.PNG", True, id="contains"),
        pytest.param(NameFilter(containing=("x", "HOT")), "Shot.PNG", True, id="contains-one-of"),
        pytest.param(NameFilter(containing=("cold",)), "Shot.PNG", False, id="contains-not"),
        pytest.param(NameFilter(containing=("*",)), "Shot.PNG", False, id="contains-is-no-pattern"),
        pytest.param(NameFilter(beginnings=("shot",)), "Shot.PNG", True, id="begins"),
        pytest.param(NameFilter(beginnings=("hot",)), "Shot.PNG", False, id="begins-not"),
        pytest.param(NameFilter(endings=(".png",)), "Shot.PNG", True, id="ends-with-suffix"),
        pytest.param(NameFilter(endings=("hot",)), "Shot.PNG", True, id="ends-before-suffix"),
        pytest.param(NameFilter(endings=("sho",)), "Shot.PNG", False, id="ends-not"),
        pytest.param(NameFilter(("sh*",), ("ho",), ("s",), ("t",)), "Shot.PNG", True, id="all-kinds"),
        pytest.param(NameFilter(("sh*",), ("ho",), ("s",), ("x",)), "Shot.PNG", False, id="one-kind-fails"),
        pytest.param(NameFilter(containing=("caf\u00e9",)), "A CAFE\u0301.png", True, id="accents"),
    ],
)
def test_name(asked: Filter, name: str, matched: bool) -> None:
    facts = seen(f"/in/{name}")
    assert asked.check(facts).matched is matched
    assert Not(asked).check(facts).matched is not matched


def test_the_reason_tells_all_that_a_name_must_have() -> None:
    verdict = NameFilter(("a*", "b*"), ("c",), ("d",), ("e", "f")).check(seen("/in/x.png"))
    assert (
        verdict.reason == "name is x.png, wanted a* or b* and containing c and beginning with d and ending with e or f"
    )


@pytest.mark.parametrize(
    ("pattern", "name", "groups"),
    [
        pytest.param(r"^inv_(?P<number>\d+)", "inv_042.png", {"number": "042"}, id="group"),
        pytest.param(r"(?P<a>\d)(?P<b>x)?", "7.png", {"a": "7"}, id="group-that-caught-nothing"),
        pytest.param(r"(\d)", "7.png", {}, id="no-name"),
        pytest.param(r"png$", "7.png", {}, id="anywhere"),
        pytest.param(r"(?i)PNG", "7.png", {}, id="case-on-demand"),
        pytest.param("caf\u00e9", "cafe\u0301.png", {}, id="accents"),
        pytest.param(r"^inv", "xinv.png", None, id="not-at-the-start"),
        pytest.param(r"PNG", "7.png", None, id="case"),
    ],
)
def test_regex(pattern: str, name: str, groups: dict[str, str] | None) -> None:
    facts = seen(f"/in/{name}")
    verdict = RegexFilter(pattern).check(facts)
    assert (verdict.matched, verdict.groups) == (groups is not None, groups or {})
    opposite = Not(RegexFilter(pattern)).check(facts)
    assert (opposite.matched, opposite.groups) == (groups is None, {})
    assert verdict.reason == f"name is {name}" + ("" if verdict.matched else f", wanted {pattern}")


@pytest.mark.parametrize(
    ("pattern", "path", "matched"),
    [
        pytest.param("*/Screenshots", "/home/ann/Screenshots/a.png", True, id="last-part"),
        pytest.param("*/screenshots", "/home/ann/Screenshots/a.png", True, id="case"),
        pytest.param("/home/*", "/home/ann/Screenshots/a.png", True, id="over-slashes"),
        pytest.param("/home/ann", "/home/ann/Screenshots/a.png", False, id="not-the-folders-below"),
        pytest.param("*Screenshots*", "/home/ann/Screenshots.png", False, id="not-the-name"),
        pytest.param("/", "/a.png", True, id="root"),
    ],
)
def test_folder(pattern: str, path: str, matched: bool) -> None:
    facts = seen(path)
    verdict = FolderFilter((pattern,)).check(facts)
    assert verdict.matched is matched
    assert verdict.reason.startswith(f"it is in {path.rpartition('/')[0] or '/'}")
    assert Not(FolderFilter((pattern,))).check(facts).matched is not matched


URLS = ("https://cdn.example.org/a?b=1", "https://GitHub.com/x/y")


@pytest.mark.parametrize(
    ("patterns", "urls", "matched", "reason"),
    [
        pytest.param(("*github.com*",), URLS, True, f"it was downloaded from {URLS[1]}", id="any-of-them"),
        pytest.param(("*a.org*", "*CDN*"), URLS, True, f"it was downloaded from {URLS[0]}", id="any-pattern"),
        pytest.param(("*.gov*",), URLS, False, f"it was downloaded from {URLS[0]}, wanted *.gov*", id="none"),
        pytest.param(("*",), (), False, "the address it was downloaded from is unknown, wanted *", id="not-known"),
        pytest.param(("*",), URLS[:1], True, f"it was downloaded from {URLS[0]}", id="known"),
        pytest.param(("*",), ("u" * 500,), True, f"it was downloaded from {'u' * 120}…", id="long"),
    ],
)
def test_url(patterns: tuple[str, ...], urls: tuple[str, ...], matched: bool, reason: str) -> None:
    verdict = UrlFilter(patterns).check(seen(urls=urls))
    assert (verdict.matched, verdict.reason) == (matched, reason)
    assert Not(UrlFilter(patterns)).check(seen(urls=urls)).matched is not matched


TAKEN = datetime(2024, 5, 17, 9, 30, 59)  # noqa: DTZ001 (as cameras write it)


@pytest.mark.parametrize(
    ("bounds", "matched"),
    [
        pytest.param("== 2024", True, id="year"),
        pytest.param("== 2024-05", True, id="month"),
        pytest.param("== 2024-05-17", True, id="day"),
        pytest.param("== 2024-05-17 09:30", True, id="minute"),
        pytest.param("== 2024-05-17 09:31", False, id="next-minute"),
        pytest.param("!= 2024-05-17", False, id="not-that-day"),
        pytest.param("!= 2024-05-18", True, id="another-day"),
        pytest.param("<= 2024-05-17", True, id="up-to-the-day"),
        pytest.param("< 2024-05-17", False, id="before-the-day"),
        pytest.param("> 2024-05-17", False, id="after-the-day"),
        pytest.param("> 2024-05-16", True, id="after-the-day-before"),
        pytest.param(">= 2024-05-17 09:30", True, id="from-the-minute"),
        pytest.param(">= 2024-01-01, < 2025-01-01", True, id="range"),
        pytest.param(">= 2024-01-01, < 2024-05", False, id="range-over"),
        pytest.param("> 2023-12, <= 2024", True, id="whole-months-and-years"),
    ],
)
def test_date(bounds: str, matched: bool) -> None:
    asked = DateFilter(date_bounds(bounds), "taken")
    assert asked.check(seen(taken=TAKEN)).matched is matched
    assert Not(asked).check(seen(taken=TAKEN)).matched is not matched
    # A camera with a time zone showed the same wall-clock time.
    aware = TAKEN.replace(tzinfo=timezone(timedelta(hours=13)))
    assert asked.check(seen(taken=aware)).matched is matched


@pytest.mark.parametrize(
    ("of", "matched", "reason"),
    [
        pytest.param("modified", True, "modified 2025-06-14 12:00", id="modified"),
        pytest.param("created", False, "created 2025-06-13 12:00, wanted == 2025-06-14", id="created"),
        pytest.param("taken", None, "the image has no date taken, wanted == 2025-06-14", id="not-taken"),
    ],
)
def test_which_date(of: str, matched: bool | None, reason: str) -> None:
    asked = DateFilter(date_bounds("== 2025-06-14"), of)
    assert (asked.check(seen()).matched, asked.check(seen()).reason) == (matched, reason)
    assert Not(asked).check(seen()).matched is (None if matched is None else not matched)


@pytest.mark.parametrize(
    ("days", "of", "matched", "reason"),
    [
        pytest.param(("Saturday",), "modified", True, "modified on Saturday", id="modified"),
        pytest.param(("Friday",), "created", True, "created on Friday", id="created"),
        pytest.param(("Monday", "Saturday"), "modified", True, "modified on Saturday", id="one-of-them"),
        pytest.param(
            ("Sunday", "Monday"), "modified", False, "modified on Saturday, wanted Sunday or Monday", id="another-day"
        ),
        pytest.param(("Saturday",), "created", False, "created on Friday, wanted Saturday", id="day-of-another-date"),
        pytest.param(("Saturday",), "taken", None, "the image has no date taken, wanted Saturday", id="not-taken"),
    ],
)
def test_weekday(days: tuple[str, ...], of: str, matched: bool | None, reason: str) -> None:
    asked = WeekdayFilter(days, of)
    assert (asked.check(seen()).matched, asked.check(seen()).reason) == (matched, reason)
    assert Not(asked).check(seen()).matched is (None if matched is None else not matched)


def test_the_opposite_of_a_weekday_tells_what_it_wanted() -> None:
    verdict = Not(WeekdayFilter(("Saturday", "Sunday"))).check(seen())
    assert verdict.reason == "modified on Saturday, wanted not Saturday or Sunday"


@pytest.mark.parametrize("hours", [-12, 0, 14])
@pytest.mark.parametrize(
    "taken",
    [
        pytest.param(datetime(2024, 5, 17), id="first-minute"),  # noqa: DTZ001 (as cameras write it)
        pytest.param(datetime(2024, 5, 17, 23, 59, 59), id="last-second"),  # noqa: DTZ001
    ],
)
def test_a_weekday_is_that_of_the_wall_clock(taken: datetime, hours: int) -> None:
    asked = WeekdayFilter(("Friday",), "taken")
    assert asked.check(seen(taken=taken)).reason == "taken on Friday"
    aware = taken.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert asked.check(seen(taken=aware)).reason == "taken on Friday"


@pytest.mark.parametrize(
    ("near", "twin", "likeness", "matched", "reason"),
    [
        pytest.param(None, "/f/a.png", ("", 0.0), True, "it has the same content as /f/a.png", id="exact"),
        pytest.param(None, "", ("/f/a.png", 1.0), False, "no filed image has the same content", id="exact-not-near"),
        pytest.param(0.97, "", ("/f/a.png", 0.98), True, "it looks like /f/a.png (0.980)", id="near"),
        pytest.param(
            0.97,
            "",
            ("/f/a.png", 0.9689),
            False,
            "it looks like /f/a.png (0.968), wanted 0.97 or more",
            id="never-rounded-up",
        ),
        pytest.param(1.0, "", ("/f/a.png", 0.99995), True, "it looks like /f/a.png (0.999)", id="rounding-is-let-go"),
        pytest.param(0.97, "/f/a.png", ("", 0.0), False, "no filed image looks like it", id="none"),
    ],
)
def test_duplicate(near: float | None, twin: str, likeness: tuple[str, float], matched: bool, reason: str) -> None:
    facts = seen(twin=twin, likeness=likeness)
    verdict = DuplicateFilter(near).check(facts)
    assert (verdict.matched, verdict.reason) == (matched, reason)
    assert Not(DuplicateFilter(near)).check(facts).matched is not matched
