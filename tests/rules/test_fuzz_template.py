"""Fuzz destinations and file names: a template is refused when it is parsed, or its result stays inside the root."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from snapsortd.domain.errors import TemplateError
from snapsortd.domain.names import MAX_NAME_BYTES, split_name
from snapsortd.rules.parse_template import parse_destination
from snapsortd.rules.placeholders import PLACEHOLDERS
from snapsortd.rules.template import DestinationTemplate
from tests.support.fuzzing import tries

pytestmark = pytest.mark.pure

PIECES = st.one_of(
    st.sampled_from([f"{{{name}}}" for name in PLACEHOLDERS]),
    st.sampled_from(
        ["/", "//", ".", "..", "...", "/../", "/./", "{{", "}}", ".{ext}", "~", "$HOME", "\\", " ", "-", "%"]
    ),
    st.sampled_from(
        ["a", "é", "💥", "e\u0301", "\ufeff", "\u202e", "\udcff", "\n", "\0", "x" * 300, "é" * 130, "CON", "png"]
    ),
    st.sampled_from(list("aAbBcdeFfGHIjmMpRSTuUVwWxXyYzZ%DhknrsPt")).map("{{taken:%{}}}".format),
    st.text("%-aYmdcxX:{}/ ", max_size=8).map("{{created:{}}}".format),
    st.sampled_from(
        ["{name!ascii}", "{label!ascii|x}", "{ext|}", "{relative}", "{relative!ascii|..}", "{exif.Model|}"]
    ),
    st.sampled_from(["{counter:03}", "{parent|..}", "{regex.a|.}", "{host| }", "{taken:%Y|a/b}"]),
    st.text(max_size=4),
)
TEMPLATES = st.lists(PIECES, max_size=10).map("".join).map("/".__add__)
ANY_NAME = st.one_of(
    st.binary(min_size=1, max_size=255).map(os.fsdecode),
    st.text(min_size=1, max_size=300),
    st.lists(PIECES, min_size=1, max_size=4).map("".join),
)
ZONES = st.one_of(st.none(), st.just(UTC), st.integers(-1439, 1439).map(lambda each: timezone(timedelta(minutes=each))))
DATES = st.datetimes(timezones=ZONES)


def is_a_file_name(name: str) -> bool:
    return name not in (".", "..") and not set(name) & {"/", "\0"}


def assert_inside(template: DestinationTemplate, file_name: str, label: str, date: datetime, number: int) -> None:
    name, ext = split_name(file_name)
    values = {**dict.fromkeys(PLACEHOLDERS, label), "name": name, "ext": ext, "score": 0.5, "taken": date}
    try:
        destination = template.fill({**values, "created": date, "modified": date, "relative": f"{label}/{name}/.."})
    except TemplateError:
        return  # the file has no suffix, and {ext} requires one
    assert destination.root.startswith("/")
    root = [part for part in destination.root.split("/") if part]
    assert not {".", ".."} & set(root)
    parts = [*destination.folders, destination.names.nth(number)]
    for part in parts:
        assert part not in ("", ".", "..")
        assert not set(part) & {"/", "\0"}
        assert len(os.fsencode(part)) <= MAX_NAME_BYTES
    whole = os.path.join(destination.root, *parts)
    assert os.path.normpath(whole).lstrip("/").split("/") == root + parts
    assert destination.names.nth(number) != destination.names.nth(number + 1)


@tries(300)
@given(TEMPLATES, ANY_NAME.filter(is_a_file_name), st.text(min_size=1, max_size=20), DATES, st.integers(1, 10**6))
@example("/{created:%c}/", "a.png", "l", datetime(1, 1, 1, tzinfo=UTC), 1)
@example("/{created:%x}/{taken:%X}/", "a.png", "l", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), 1)
def test_a_destination_is_refused_or_never_left(
    text: str, file_name: str, label: str, date: datetime, number: int
) -> None:
    template = None
    with suppress(TemplateError):
        template = parse_destination(text)
    if template is not None:
        assert_inside(template, file_name, label, date, number)
