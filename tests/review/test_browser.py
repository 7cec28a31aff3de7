"""The review in a real Chromium: by keyboard alone, by mouse, undone, in the dark, on narrow and wide screens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import ActionChains, Keys

from tests.support.browser import Browser, chromium
from tests.support.instance import Instance, kept
from tests.support.reviewing import CONFIG, HOSTILE, fill, names_in, review
from tests.support.waiting import wait_for

pytestmark = pytest.mark.browser

RECEIPTS, SCREENSHOTS = 14, 6


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    with kept(Instance(tmp_path, CONFIG)) as one:
        fill(one, RECEIPTS, SCREENSHOTS)
        yield one


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture
def page(instance: Instance, chrome: Browser) -> Iterator[Browser]:
    """Yield the opened page."""
    with review(dict(instance.env)) as address:
        chrome.resize(1440, 900)
        chrome.open(address)
        yield chrome


def said(page: Browser, words: str) -> None:
    wait_for(lambda: words in page.one("#said").text, what=f"{words!r} said, not {page.one('#said').text!r}")


def test_twenty_images_by_keyboard_alone(page: Browser, instance: Instance) -> None:
    total = RECEIPTS + SCREENSHOTS
    assert len(page.names()) == total
    page.press(Keys.ENTER)  # as suggested
    page.press("2")  # as the second label, for which there is no rule
    page.press("l")  # left
    page.press("c")
    page.press("screenshot", Keys.ENTER)
    page.press(Keys.ARROW_RIGHT, Keys.ARROW_DOWN, Keys.ARROW_UP, Keys.ARROW_LEFT)
    page.press(" ", Keys.ARROW_RIGHT)
    ActionChains(page.driver).key_down(Keys.SHIFT).send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT).key_up(
        Keys.SHIFT
    ).perform()
    assert len(page.all(".card[aria-selected=true]")) == 3
    page.press(Keys.ENTER)
    page.press("a", Keys.ENTER)
    page.press("a", Keys.ENTER)
    wait_for(lambda: page.one("#nothing").is_displayed(), what="nothing more to review")
    said(page, f"{SCREENSHOTS} images done")
    assert len(names_in(instance.inbox)) == 2
    assert len(names_in(instance.filed / "Receipts")) == RECEIPTS - 3
    for _ in range(7):
        page.press("z")
    wait_for(lambda: len(page.names()) == total, what="all images back")
    assert len(names_in(instance.inbox)) == total
    page.press("?")
    assert page.one("#help").is_displayed()
    page.press(Keys.ESCAPE)
    page.press("f")
    assert page.one("#zoom").is_displayed()
    page.press("f")
    assert not page.one("#zoom").is_displayed()
    assert page.complaints() == []


def test_by_mouse(page: Browser, instance: Instance) -> None:
    cards = page.all(".card")
    name = cards[1].find_element("css selector", ".name").text
    ActionChains(page.driver).click(cards[1]).perform()
    assert page.one("#name").text == name
    ActionChains(page.driver).key_down(Keys.CONTROL).click(cards[3]).key_up(Keys.CONTROL).perform()
    ActionChains(page.driver).key_down(Keys.SHIFT).click(cards[4]).key_up(Keys.SHIFT).perform()
    chosen = len(page.all(".card[aria-selected=true]"))
    assert chosen == 2
    ActionChains(page.driver).click(page.one("#bars .bar")).perform()
    said(page, f"{chosen} images filed as receipt")
    assert len(names_in(instance.filed / "Receipts")) == chosen
    first = page.one(".grid")
    ActionChains(page.driver).move_to_element_with_offset(
        first, 0, -first.size["height"] // 2 - 4
    ).click_and_hold().move_by_offset(150, 60).release().perform()
    assert page.all(".card[aria-selected=true]")
    page.press(Keys.ESCAPE)
    ActionChains(page.driver).click(page.all("[data-do=leave-all]")[1]).perform()
    said(page, f"{SCREENSHOTS} images left")
    assert len(page.names()) == RECEIPTS - chosen
    ActionChains(page.driver).click(page.one("[data-do=undo]")).perform()
    wait_for(lambda: len(page.names()) == RECEIPTS - chosen + SCREENSHOTS, what="images back")


def test_history_takes_back_and_corrects(page: Browser, instance: Instance) -> None:
    page.press(Keys.ENTER)
    said(page, "1 image done")
    page.tab("history")
    page.one("[data-do=take-back]").click()
    said(page, "Back where it was")
    assert names_in(instance.filed / "Receipts") == set()
    page.press("z")
    wait_for(lambda: names_in(instance.filed / "Receipts"), what="filed again")


def test_a_threshold_by_its_slider(page: Browser, instance: Instance) -> None:
    page.tab("rules")
    slider = page.one("input[type=range]")
    slider.send_keys(Keys.HOME)
    wait_for(lambda: f"{RECEIPTS} more would be filed" in page.one(".tried").text, what="what would change")
    page.shoot("rules")
    assert len(page.all(".gained img")) == RECEIPTS
    slider.send_keys(*[Keys.ARROW_RIGHT] * 60)
    page.one("[data-do=save]").click()
    said(page, "min_score of Receipts is 0.6 now")
    assert "min_score: 0.6" in instance.config.read_text()
    page.press("z")
    wait_for(lambda: "min_score: 0.6" not in instance.config.read_text(), what="taken back")


def test_a_group_is_named_and_made_a_label(page: Browser, instance: Instance) -> None:
    page.tab("discover")
    wait_for(lambda: page.all("#found .rule"), what="groups")
    (group,) = page.all("#found .rule")
    assert "Groups of receipt have a label already." in page.one("#found").text
    assert len(page.all(".examples img")) == 4
    page.one(".examples button").click()
    wait_for(lambda: page.one("#zoom").is_displayed(), what="the image, large")
    page.press(Keys.ESCAPE)
    field = page.one("#found input")
    field.clear()
    field.send_keys("a/b", Keys.ENTER)
    said(page, "folder – use letters, digits and spaces")
    page.complaints()  # of the refused request
    field.send_keys(Keys.ESCAPE)
    assert field.get_attribute("value") == field.get_attribute("data-found")
    field.clear()
    field.send_keys("windows of programs", Keys.ENTER)
    said(page, "windows of programs is a label now, with a rule in shadow mode")
    assert "gone" in str(group.get_attribute("class"))
    text = instance.config.read_text()
    assert 'move: "~/Pictures/Windows of programs/"' in text
    assert "mode: shadow" in text.partition("name: Windows of programs")[2]
    page.tab("discover")
    wait_for(lambda: "No new groups" in page.one("#found").text, what="no new groups")
    assert page.complaints() == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_all_pages_are_for_everybody_and_fit(page: Browser, dark: bool) -> None:
    scheme = "dark" if dark else "light"
    for width, height in ((1440, 900), (360, 740), (3840, 2160)):
        page.resize(width, height, dark=dark)
        for tab in ("", "history", "rules", "discover", "status"):
            page.tab(tab)
            wait_for(lambda: not page.all("[aria-busy=true]"), what="groups")
            assert page.violations() == [], (tab, width)
            assert page.run("return document.documentElement.scrollWidth") <= width, (tab, width)
            page.shoot(f"{tab or 'review'}-{width}-{scheme}")
    assert page.complaints() == []


def test_a_hostile_name_stays_a_name(instance: Instance, chrome: Browser) -> None:
    path = instance.inbox / HOSTILE
    path.write_bytes(next(instance.inbox.glob("IMG*.png")).read_bytes()[:500])
    instance.ctl("sort", str(path), ok=(1,))
    with review(dict(instance.env)) as address:
        chrome.open(address)
        assert any("onerror=" in name for name in chrome.names())
        assert chrome.driver.title == "Review – snapsortd"
        assert chrome.all("img[src='x']") == []
