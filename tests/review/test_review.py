"""The page over real HTTP: unsure images are filed, left and taken back, and the other tabs show what was done."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapsortd.config import load_config
from tests.support.instance import Instance, kept
from tests.support.reviewing import CONFIG, Caller, fill, ids_by_name, names_in, port_of, review


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with kept(Instance(tmp_path_factory.mktemp("reviewed"), CONFIG)) as one:
        fill(one, 3, 2)
        yield one


def test_a_review_from_first_to_last_with_a_daemon(instance: Instance) -> None:
    instance.start()
    with review(dict(instance.env)) as address:
        page = Caller(port_of(address))
        page.let_in(address)
        ids = ids_by_name(page.get().text)
        assert set(ids) == {"IMG_2200.png", "IMG_2201.png", "IMG_2202.png", "Screenshot 00.png", "Screenshot 01.png"}

        def act(step: str, *names: str, **how: object) -> dict[str, object]:
            answer = page.post("/act", {"step": step, "images": [ids[name] for name in names], **how})
            assert answer.status == 200, answer.text
            found: dict[str, object] = json.loads(answer.text)
            return found

        act("1", "IMG_2200.png", "IMG_2201.png")
        assert names_in(instance.filed / "Receipts") == {"IMG_2200.png", "IMG_2201.png"}
        act("2", "IMG_2202.png", leave=True)
        act("3", "Screenshot 00.png", label="receipt")
        assert "Screenshot 00.png" in names_in(instance.filed / "Receipts")
        done = json.loads(page.post("/act_on_group", {"step": "4", "kind": "shadow", "rule": "Screenshots"}).text)
        assert (len(done["done"]), done["failed"]) == (1, {})
        assert names_in(instance.filed / "Screenshots") == {"Screenshot 01.png"}
        assert ids_by_name(page.get().text) == {}
        assert "Nothing to review" in page.get().text

        history = page.get("/history?rule=Receipts&text=img_2200").text
        assert "IMG_2200.png" in history
        assert "IMG_2201.png" not in history
        assert "3 images filed" in page.get("/rules").text
        assert "Filing new images" in page.get("/status").text
        assert "No new groups" in page.get("/groups").text  # too few
        image = next(iter(ids.values()))
        assert "reload the page" in page.post("/label", {"step": "9", "group": image, "name": "till"}).text
        for order in ("pause", "resume"):
            assert page.post(f"/{order}", {}).status == 200
        entries = instance.json("log", "--path", str(instance.filed / "Screenshots"))["entries"]
        (entry,) = (each for each in entries if each["state"] == "done")
        assert page.post("/take_back", {"step": "5", "entry": entry["id"]}).status == 200
        assert names_in(instance.filed / "Screenshots") == set()
        assert json.loads(page.post("/undo", {}).text)["step"] == "5"
        assert names_in(instance.filed / "Screenshots") == {"Screenshot 01.png"}
        assert page.post("/take_back", {"step": "6", "entry": entry["id"]}).status == 200

        steps = [json.loads(page.post("/undo", {}).text)["step"] for _ in range(3)]
        assert steps == ["6", "4", "3"]
        instance.ctl("undo", str(instance.filed / "Screenshots" / "Screenshot 01.png"))
        steps = [json.loads(page.post("/undo", {}).text)["step"] for _ in range(3)]
        assert steps == ["2", "1", None]
        assert names_in(instance.inbox) == {
            "IMG_2200.png",
            "IMG_2201.png",
            "IMG_2202.png",
            "Screenshot 00.png",
            "Screenshot 01.png",
        }
        assert len(ids_by_name(page.get().text)) == 5
    instance.end()


def test_a_threshold_is_tried_and_saved_without_a_daemon(instance: Instance, tmp_path: Path) -> None:
    before = instance.config.read_text()
    with review(dict(instance.env)) as address:
        page = Caller(port_of(address))
        page.let_in(address)
        tried = json.loads(page.post("/replay", {"rule": "Receipts", "value": 0.5}).text)
        assert len(tried["gained"]) == tried["counts"]["gained"] >= 3
        assert page.get(f"/picture/{tried['gained'][0]['image']}/480").status == 200
        saved = page.post("/threshold", {"step": "1", "rule": "Receipts", "value": 0.5})
        assert "0.5 now" in saved.text
        again = json.loads(page.post("/replay", {"rule": "Receipts", "value": 0.5}).text)
        assert again["counts"] == {}
        refused = page.post("/threshold", {"step": "2", "rule": "Screenshots", "value": 2})
        assert refused.status in (400, 409)
        rules = load_config(str(instance.config), {"HOME": str(tmp_path)}).rules
        assert "min_score=0.5" in repr(rules[0].filters)

        by_hand = before + "# of mine\n"
        saved_text = instance.config.read_text()
        instance.config.write_text(by_hand)
        assert "changed since" in page.post("/undo", {}).text
        assert instance.config.read_text() == by_hand
        instance.config.write_text(saved_text)
        assert json.loads(page.post("/undo", {}).text)["step"] == "1"
        assert instance.config.read_text() == before
        assert json.loads(page.post("/undo", {}).text)["step"] is None


def test_it_ends_when_nobody_uses_it(instance: Instance) -> None:
    command = "from snapsortd.review import server; server.IDLE_S = 0.2; from snapsortd.ctl.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", command, "review", "--no-browser"],
        env=dict(instance.env),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "http://127.0.0.1:" in done.stdout
    assert "without use" in done.stdout
