"""Whatever is not HTML already is escaped."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsortd.review.markup import Html, join, tag

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (tag("p", "a", 1, None, ["b", tag("b", "c")]), "<p>a1b<b>c</b></p>"),
        (tag("img", src='"x"', alt="", hidden=True, width=None, data_id=3), None),
        (tag("p", class_="a", aria_label="<"), '<p class="a" aria-label="&lt;"></p>'),
        (join("<", Html("<hr>"), "\n\udcff"), "&lt;<hr>\\n\\xff"),
    ],
)
def test_elements(made: Html, text: str | None) -> None:
    assert made == (text or '<img src="&quot;x&quot;" alt="" hidden data-id="3">')


class Reader(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@given(st.text(st.characters(codec=None)) | st.sampled_from(["<script>", '" onload="x', "&lt;b>", "--><b>", "'x"]))
def test_no_text_becomes_an_element_or_an_attribute(text: str) -> None:
    reader = Reader()
    reader.feed(tag("p", text, title=text))
    ((name, attributes),) = reader.tags
    assert name == "p"
    assert set(attributes) == {"title"}
