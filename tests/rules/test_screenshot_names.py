"""Test which names are those of screenshots, and what the default rules do with files that have them."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from unicodedata import normalize

import pytest

from snapsortd.config import load_config
from snapsortd.config.load import default_config_path
from snapsortd.config.screenshot_names import screenshot_names
from snapsortd.rules.evaluate import evaluate
from snapsortd.rules.filters import Facts, KnownNames, NameFilter
from tests.support.images_seen import seen

pytestmark = pytest.mark.pure

NAMES = Path(default_config_path()).with_name("screenshot_names.csv")
LIKE = NameFilter(known=KnownNames("screenshot", screenshot_names()))

SHOTS = (
    "Screenshot 2026-11-02 at 9.30.12 PM.png",
    "screenshot 2026-11-02 at 09.30.12 (2).png",
    "Screen Shot 2016-11-02 at 9.30.12 PM.png",
    "Bildschirmfoto 2026-11-02 um 09.30.12.png",
    "Bildschirmfoto vom 2026-11-02 09-30-12.png",
    "Capture d’écran 2026-11-02 à 09.30.12.png",
    normalize("NFD", "Capture d’écran 2026-11-02 093012.png"),
    "Captura de pantalla 2026-11-02 a la(s) 9.30.12 a.m..png",
    "Skärmavbild 2026-11-02 kl. 09.30.12.png",
    "Zrzut ekranu z 2026-11-02 09-30-12.png",
    "Снимок экрана 2026-11-02 в 9.30.12.png",
    "スクリーンショット 2026-11-02 9.30.12.png",
    "截屏2026-11-02 09.30.12.png",
    "スクリーンショット (3).png",
    "Screenshot_20261102-093012_Chrome.jpg",
    "Screenshot_20261102_093012.png",
    "Screenshot_2026-11-02-09-30-12-123_com.android.chrome.jpg",
    "Screenshot_2026-11-02_09-30-12.png",
    "20261102_09h30m12s_grim.png",
    "CleanShot 2026-11-02 at 09.30.12@2x.png",
)
OTHERS = (
    "IMG_20261102_093012.jpg",
    "screenshot-tips.png",
    "Best screenshots 2026.jpg",
    "Photo of Screenshot 2026-11-02 at 09.30.12.png",
    "Capture.png",
    "2026-11-02 09-30-12.png",
    "Bild 2026-11-02.png",
)


@pytest.mark.parametrize(("name", "matched"), [*((each, True) for each in SHOTS), *((each, False) for each in OTHERS)])
def test_a_name_is_that_of_a_screenshot_or_not(name: str, matched: bool) -> None:
    assert LIKE.check(seen(f"/in/{name}")).matched is matched


def test_the_reason_says_which_names_were_wanted() -> None:
    reason = LIKE.check(seen("/in/a.png")).reason
    assert reason == "name is a.png, wanted one that programs give to a screenshot"


def test_each_name_has_its_program_and_language_and_enough_that_is_its_own() -> None:
    rows = list(csv.DictReader(NAMES.read_text().splitlines()))
    assert len(rows) == len({tuple(row.values()) for row in rows}) > 200
    for row in rows:
        assert all(row.values())
        assert row["name"].count("#") >= 4 or len(row["name"].rstrip("#*.").encode()) >= 10, row
        assert not set(row["name"]) & set("[]?/")


@pytest.mark.parametrize(
    "name", ["Screenshot 2026-11-02 at 09.30.12.png", "Bildschirmfoto vom 2026-11-02 09-30-12.png"]
)
@pytest.mark.parametrize("label", ["screenshot", "document"])
def test_the_default_rules_file_by_name_what_the_model_is_unsure_of(name: str, label: str) -> None:
    decision = evaluate(load_config(default_config_path(), {"HOME": "/home/ann"}).rules, unsure(name, label))
    (action,) = decision.actions
    assert action.describe().startswith("/home/ann/Pictures/Screenshots/")


@pytest.mark.parametrize("score", [0.6, 0.99])
def test_the_default_rules_take_no_image_of_a_camera_for_a_screenshot(score: float) -> None:
    facts = unsure("Screenshot 2026-11-02 at 09.30.12.png", "screenshot", score, {"Make": "Canon", "Model": "EOS"})
    decision = evaluate(load_config(default_config_path(), {"HOME": "/home/ann"}).rules, facts)
    assert not [each for each in decision.actions if "Screenshots" in each.describe()]


def unsure(name: str, label: str, score: float = 0.6, exif: dict[str, str] | None = None) -> Facts:
    """Return the facts of an image in ~/Downloads."""
    facts = seen(f"/home/ann/Downloads/{name}", exif=exif)
    scores = {label: score, "slide": 1 - score}
    return replace(facts, classification=replace(facts.classification, scores=scores))
