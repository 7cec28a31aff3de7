"""Names for file systems that can't hold every name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsortd.domain.names import MAX_NAME_BYTES, NameSeries
from snapsortd.files.adapted_names import LOOK_ALIKES, NameRules, adapted, adapted_series, is_doubtful

pytestmark = pytest.mark.pure

DOS = frozenset('"*:<>?\\|') | frozenset(map(chr, range(1, 32))) | frozenset(map(chr, range(0xDC80, 0xDD00)))
WINDOWS = NameRules(DOS, trims_dots=True, reserved_names=True)
CODE_PAGE = NameRules(DOS | frozenset(LOOK_ALIKES.values()), trims_dots=True, reserved_names=True)
"""FAT with an 8-bit character set."""
SHORT = NameRules(max_bytes=143)
"""An encrypting file system."""


@pytest.mark.parametrize(
    ("name", "held"),
    [
        pytest.param("a photo.png", "a photo.png", id="nothing to do"),
        pytest.param("12:30?.png", "12：30？.png", id="punctuation"),
        pytest.param('<"*|\\>.png', "＜＂＊｜＼＞.png", id="more punctuation"),
        pytest.param("a\x07b\n.png", "a␇b␊.png", id="control characters"),
        pytest.param("caf\udce9.png", "caf\ufffd.png", id="a byte that is not UTF-8"),
        pytest.param("shot.", "shot_", id="a dot at the end"),
        pytest.param("shot.. ", "shot.._", id="a space at the end"),
        pytest.param(" .shot", " .shot", id="a space and a dot at the start"),
        pytest.param("...", ".._", id="dots"),
        pytest.param("CON", "CON_", id="a device"),
        pytest.param("aux.tar.gz", "aux_.tar.gz", id="a device with a suffix"),
        pytest.param("Com1 .png", "Com1_ .png", id="a device before a space"),
        pytest.param("LPT².png", "LPT²_.png", id="a device with a raised digit"),
        pytest.param("CONIN$", "CONIN$_", id="the console"),
        pytest.param("console.png", "console.png", id="not a device"),
        pytest.param("com10.png", "com10.png", id="not a port"),
    ],
)
def test_names_on_windows(name: str, held: str) -> None:
    assert adapted(name, WINDOWS) == held
    assert adapted(name, NameRules()) == name
    assert is_doubtful(name) == (name != held)


def test_a_character_that_has_no_look_alike_there_becomes_an_underscore() -> None:
    assert adapted("12:30\x07caf\udce9.png", CODE_PAGE) == "12_30_caf_.png"


def test_a_long_name_is_shortened_before_its_number_and_suffix() -> None:
    series = NameSeries(("é" * 200,), ".png")
    assert [adapted_series(series, number, SHORT) for number in (1, 12)] == ["é" * 69 + ".png", "é" * 68 + " 12.png"]
    counted = NameSeries(("x" * 200, "-", None, "-y"), ".png", digits=3)
    assert adapted_series(counted, 7, SHORT) == "x" * 133 + "-007-y.png"


DEVICES = {
    "CON",
    "PRN",
    "AUX",
    "NUL",
    "CONIN$",
    "CONOUT$",
    *(f"{port}{n}" for port in ("COM", "LPT") for n in "0123456789¹²³"),
}

ODD = st.sampled_from([*sorted(DOS)[:45], ".", " ", "é", "：", "𝄞", "con", "aux", "LPT1"])
TEXT = st.lists(ODD | st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=300).map(
    "".join
)
RULES = st.sampled_from(
    [NameRules(), WINDOWS, CODE_PAGE, SHORT, NameRules(DOS, True, True, 60), NameRules(frozenset(":"))]
)


def is_held(name: str, rules: NameRules) -> bool:
    device = name.partition(".")[0].rstrip(" ").upper() in DEVICES
    return (
        0 < len(name.encode("utf-8", "surrogateescape")) <= rules.max_bytes
        and not rules.forbidden & set(name)
        and not (rules.trims_dots and name[-1] in ". ")
        and not (rules.reserved_names and device)
    )


@given(TEXT, RULES)
def test_every_adapted_name_is_held_and_adapted_only_once(name: str, rules: NameRules) -> None:
    made = adapted(name, rules)
    assert is_held(made, rules)
    assert adapted(made, rules) == made
    if is_held(name, rules):
        assert made == name


@given(TEXT, RULES, st.lists(st.integers(1, 99_999), min_size=2, max_size=5, unique=True), st.booleans())
def test_names_of_a_series_differ_and_keep_their_suffix(
    stem: str, rules: NameRules, numbers: list[int], counted: bool
) -> None:
    series = NameSeries((stem, None) if counted else (stem,), ".png")
    made = [adapted_series(series, number, rules) for number in numbers]
    assert len(set(made)) == len(numbers)
    for name in made:
        assert is_held(name, rules)
        assert name.endswith(".png")
    assert max(len(name.encode("utf-8", "surrogateescape")) for name in made) <= MAX_NAME_BYTES
