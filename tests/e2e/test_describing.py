"""A daemon whose rules ask for descriptions, and a real model server: asked once, if needed, and never waited for."""

from __future__ import annotations

import shutil
from pathlib import Path

from PIL import Image

from tests.support.chat_server import RED, chat_server
from tests.support.instance import CONFIG, Instance, kept
from tests.support.waiting import wait_for

RULES = """\
rules:
  - name: Cars
    filters: [format: png, description: car]
    actions: [move: "{filed}/Cars/{{caption}}.{{ext}}"]
  - name: Others
    actions: [move: "{filed}/Others/"]
"""


def config(server: str, model: str = "llava") -> str:
    text = CONFIG[: CONFIG.index("rules:")] + RULES
    return text + f'describe: {{{{server: "{server}", model: {model}, timeout: 2s}}}}\n'


def test_images_are_described_once_and_only_if_a_rule_depends_on_it(tmp_path: Path) -> None:
    for name in ("red.png", "blue.png", "red.jpg"):
        Image.new("RGB", (640, 480), name.partition(".")[0]).save(tmp_path / name)
    with chat_server(tmp_path) as server:
        one = Instance(tmp_path, config(server.url))
        car = one.filed / "Cars" / f"{RED.rstrip('.')}.png"

        def drop(*names: str) -> None:
            for name in names:
                shutil.copy(tmp_path / name, one.inbox)

        with kept(one):
            one.start()
            drop("red.png", "blue.png", "red.jpg")
            wait_for(lambda: one.status()["filed"] == 3, what="filed")
            assert car.exists()
            assert sorted(path.name for path in (one.filed / "Others").iterdir()) == ["blue.png", "red.jpg"]
            assert len(server.asked()) == 2
            assert f"it shows: {RED.rstrip('.')}" in one.ctl("explain", str(car)).stdout

            (described,) = one.json("describe", str(car))["images"]
            assert described["description"] == described["caption"] == RED.rstrip(".")
            assert len(server.asked()) == 2

            one.ctl("undo", "--all")
            one.ctl("sort", str(one.inbox))
            assert car.exists()
            assert len(server.asked()) == 2

            one.ctl("undo", str(car))
            one.ctl("forget", str(one.inbox / "red.png"), "--yes")
            assert "parked" not in one.ctl("explain", str(one.inbox / "red.png"), "--json").stdout.replace(car.name, "")
            one.ctl("sort", str(one.inbox))
            assert car.exists()
            assert len(server.asked()) == 3

            for number, (address, model, why) in enumerate(
                [
                    (server.url, "slow", "no answer within 2 seconds"),
                    (server.url, "says markup", "is not a description"),
                    (f"unix:{tmp_path}/none", "llava", "cannot be reached"),
                ]
            ):
                one.config.write_text(config(address, model).format(inbox=one.inbox, filed=one.filed))
                one.ctl("reload")
                Image.new("RGB", (640, 480), (200, number, 0)).save(one.inbox / f"{number}.png")
                filed = one.filed / "Others" / f"{number}.png"
                wait_for(filed.exists, what=f"{number} filed")
                assert why in str(one.json("explain", str(filed))["rules"])
