"""Filing by the text in images, with the installed programs: named by what is written on them, read only once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.support.images import photo, screenshot
from tests.support.instance import CONFIG, Instance, kept
from tests.support.waiting import wait_for
from tests.support.written import RECEIPT, photographed, written

RULES = """\
rules:
  - name: Receipts
    filters:
      - extension: jpg
      - text: {{any: [rewe, edeka], regex: '^summe'}}
    actions:
      - move: "{filed}/Receipts/{{text.date:%Y-%m}}/{{text.date}} {{text.line!lower}} {{text.amount}}.{{ext}}"
  - name: Anything written
    filters: [extension: jpg]
    actions:
      - move: "{filed}/{{text.line|nothing}}/{{text.line|nothing}}.{{ext}}"
"""


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    config = CONFIG[: CONFIG.index("rules:")] + RULES
    with kept(Instance(tmp_path_factory.mktemp("reading"), config)) as one:
        one.start()
        yield one


def put(instance: Instance, name: str, image: Image.Image) -> Path:
    image.save(instance.folder / name)
    return (instance.folder / name).rename(instance.inbox / name)


def found(instance: Instance, *words: str) -> list[str]:
    return [each["path"] for each in instance.json("find", *words)["images"]]


def test_a_photographed_receipt_is_named_by_what_is_written_on_it_and_undone(instance: Instance) -> None:
    arrived = put(instance, "IMG_0815.jpg", photographed(written(RECEIPT)))
    filed = instance.filed / "Receipts" / "2026-10" / "2026-10-11 rewe 23.40.jpg"
    wait_for(filed.exists, seconds=60)
    story = instance.json("explain", str(filed))
    assert story["text"] == {"lines": 11, "line": "REWE", "date": "2026-10-11", "amount": "23.40"}
    assert "11 lines, title “REWE”, date 2026-10-11, amount 23.40" in instance.ctl("explain", str(filed)).stdout
    assert "Vollmilch" not in json.dumps(story)
    searches = (("--text", "rewe"), ("a", "till", "receipt"))
    for words in searches:
        assert str(filed) in found(instance, *words)
    (described,) = instance.json("describe", str(filed))["images"]
    name = f"{described['label']}-rewe-2026-10-11-23.40"
    assert described["slug"] == name
    assert f"{name}.jpg" in instance.ctl("describe", str(filed)).stdout
    instance.ctl("undo", "--last", "1")
    assert arrived.exists()
    for words in searches:
        assert str(arrived) in found(instance, *words)
    instance.ctl("forget", str(arrived), "--yes")
    assert "text" not in instance.json("explain", str(arrived))
    for words in searches:
        assert str(arrived) not in found(instance, *words)


def test_a_photo_without_text_is_named_by_what_it_shows(instance: Instance) -> None:
    cat = instance.folder / "cat.png"
    photo(1).save(cat)
    (described,) = instance.json("describe", str(cat))["images"]
    assert described["noun"] == "tabby cat"
    assert described["slug"].endswith("-tabby-cat")


def test_what_no_rule_asks_about_is_not_read(instance: Instance) -> None:
    path = put(instance, "unread.png", screenshot(1))
    wait_for(lambda: instance.is_idle() and "left" in instance.ctl("explain", str(path), ok=(0, 1)).stdout)
    assert "text" not in instance.json("explain", str(path))


@pytest.mark.parametrize(
    ("name", "lines", "folder"),
    [
        ("up.jpg", ["../../../etc/passwd"], None),
        ("dots.jpg", ["..."], "nothing"),
        ("home.jpg", ["~/$HOME {name}"], None),
    ],
)
def test_names_from_hostile_text_stay_inside_of_the_destination(
    instance: Instance, name: str, lines: list[str], folder: str | None
) -> None:
    before = set(instance.filed.rglob("*.jpg"))
    put(instance, name, written(lines))
    (made,) = wait_for(lambda: set(instance.filed.rglob("*.jpg")) - before, seconds=60)
    assert made.parent.parent == instance.filed
    assert folder in (None, made.parent.name)
    assert made.stem == made.parent.name
