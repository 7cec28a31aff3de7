"""Test an image in a few words: what it is composed of, and that it is empty where little is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from snapsortd.domain.caption import Caption, clean_caption
from snapsortd.domain.errors import TemplateError
from snapsortd.domain.image import Classification
from snapsortd.domain.image_text import ImageText, TextLine
from snapsortd.rules.filters import Facts
from snapsortd.rules.in_words import MAX_SLUG, slug
from snapsortd.rules.parse_template import parse_name, parse_words
from snapsortd.rules.placeholder_values import values_of
from tests.support.images_seen import seen

pytestmark = pytest.mark.pure

RECEIPT = "REWE\nSUMME EUR 23,40\n11.10.2026"


def facts(label: str, text: str | None = None, caption: str = "", noun: str = "") -> Facts:
    known = seen("/in/IMG_1.png", text=text, caption=Caption(caption))
    image = known.classification.image
    return replace(known, classification=Classification({label: 0.9}, b"", image, "embedded", noun=noun))


def filled(template: str, about: Facts) -> str:
    return parse_words(template, path=False).fill(values_of(about, "a rule", {}))


@pytest.mark.parametrize(
    ("about", "description", "slug_of_it"),
    [
        pytest.param(
            facts("receipt", RECEIPT), "receipt REWE 2026-10-11 23.40", "receipt-rewe-2026-10-11-23.40", id="receipt"
        ),
        pytest.param(facts("receipt", "Receipt"), None, None, id="a title that only repeats the label"),
        pytest.param(
            facts("chat screenshot", "Lunch on Friday?"),
            "chat screenshot Lunch on Friday?",
            "chat-screenshot-lunch-on-friday",
            id="title",
        ),
        pytest.param(facts("photo", "", "a tabby cat"), "a tabby cat", "photo-tabby-cat", id="caption"),
        pytest.param(facts("photo", "", noun="tabby cat"), "photo tabby cat", "photo-tabby-cat", id="noun"),
        pytest.param(facts("other", noun="food"), "food", "food", id="a noun alone"),
        pytest.param(facts("photo", "Café", noun="cake"), "photo cake Café", "photo-cake-café", id="noun and letters"),
        pytest.param(facts("photo", "", "a cat asleep", "dog"), "a cat asleep", "photo-cat-asleep", id="caption first"),
        pytest.param(facts("my cats", noun="cat"), None, None, id="a noun that only repeats the label"),
        pytest.param(
            facts("receipt", RECEIPT, noun="notebook"),
            "receipt REWE 2026-10-11 23.40",
            "receipt-rewe-2026-10-11-23.40",
            id="a receipt is not what else it looks like",
        ),
        pytest.param(facts("photo", "Café", "a tabby cat"), "a tabby cat", "photo-tabby-cat", id="some letters"),
        pytest.param(
            facts("receipt", RECEIPT, "a paper on a table"),
            "receipt REWE 2026-10-11 23.40",
            "receipt-rewe-2026-10-11-23.40",
            id="a receipt goes before its caption",
        ),
        pytest.param(facts("other", "Großes Café"), "Großes Café", "großes-café", id="the label for everything else"),
        pytest.param(facts("slide", "第三章"), "slide 第三章", "slide-第三章", id="another script"),
        pytest.param(facts("photo", ""), None, None, id="the label alone"),
        pytest.param(facts("photo"), None, None, id="neither text nor caption"),
    ],
)
def test_an_image_in_words(about: Facts, description: str | None, slug_of_it: str | None) -> None:
    if description is None:
        with pytest.raises(TemplateError, match="no value for"):
            filled("{description}", about)
    assert filled("{description|-}", about) == (description or "-")
    assert filled("{slug|-}", about) == (slug_of_it or "-")
    assert filled("{slug|name}.x", about) == f"{slug_of_it or 'IMG_1'}.x"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("v1.5.", "../etc/passwd", "a_b"), "v1.5-etc-passwd-a-b"),
        (("...",), ""),
        (("23.40",), "23.40"),
        (("word " * 40,), "-".join(["word"] * 16)),
        (("x" * 200,), "x" * MAX_SLUG),
        (("e\N{COMBINING ACUTE ACCENT}te\N{COMBINING ACUTE ACCENT}", "\u202egpj.exe"), "été-gpj-exe"),
    ],
)
def test_a_slug_is_words_and_hyphens(words: tuple[str, ...], text: str) -> None:
    assert slug(*words) == text


def test_a_default_is_text_everywhere_else() -> None:
    assert filled("{camera|name}", facts("photo")) == "name"
    assert parse_name("{slug|name}.{ext}", ())


@pytest.mark.parametrize(
    "hostile",
    ["../../../etc/passwd", "/" * 300, "\u202egpj.exe\x1b[31m\u2066\r\n", ". . . abc", "a" * 20_000, "~/$HOME {name}"],
)
@pytest.mark.parametrize("template", ["{description|-}.{ext}", "{slug|-}.{ext}"])
def test_a_name_from_hostile_text_is_one_name(hostile: str, template: str) -> None:
    text = ImageText((TextLine(f"abc {hostile}"),)).within_limits().text
    for about in (facts("receipt", text), facts("other", text), facts("photo", "", clean_caption(f"abc {hostile}"))):
        name = parse_name(template, ()).fill(values_of(about, "a rule", {})).nth(1)
        assert "/" not in name
        assert name.isprintable()
        assert len(name.encode()) <= 255
        assert not name.startswith("..")
